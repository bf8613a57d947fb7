//! Blocks of an analysis, and the three files one becomes.

use super::measure::{Measured, Reason};
use crate::{Error, json};
use serde::Serialize;
use serde_json::{Map, Value};

/// Field of the last block that holds the reasons of all nulls of an analysis.
pub const NOT_MEASURED: &str = "notMeasured";

/// Version of the file format.
const FORMAT_VERSION: &str = "2.0";

/// One block under construction: every field is a value, or null with a reason.
#[derive(Debug)]
pub struct Block {
    name: &'static str,
    fields: Map<String, Value>,
    missing: Vec<(String, Reason)>,
    failure: Option<json::Error>,
}

impl Block {
    /// An empty block of this name; the fields of one without a name stand beside the blocks.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            fields: Map::new(),
            missing: Vec::new(),
            failure: None,
        }
    }
    /// Adds a field; a dot in its name makes it part of an object.
    pub fn put<T: Serialize>(&mut self, field: &str, value: Measured<T>) {
        let value = match value {
            Ok(value) => match json::tree(&value) {
                Ok(value) => value,
                // Kept until the blocks are assembled, so that adding a field stays one line.
                Err(failure) => {
                    self.failure.get_or_insert(failure);
                    return;
                }
            },
            Err(reason) => {
                self.explain(field, reason);
                Value::Null
            }
        };
        let mut fields = &mut self.fields;
        let mut name = field;
        while let Some((outer, inner)) = name.split_once('.') {
            let slot = fields.entry(outer).or_insert_with(|| Map::new().into());
            match slot {
                Value::Object(nested) => fields = nested,
                _ => return,
            }
            name = inner;
        }
        fields.insert(name.into(), value);
    }
    /// States why nulls inside a field are null, as for `"densityCurve[].density"`.
    pub fn explain(&mut self, field: &str, reason: Reason) {
        let path = if self.name.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.name)
        };
        self.missing.push((path, reason));
    }
}

/// One analysis, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Its name, as `scene_pacing`.
    pub name: &'static str,
    /// What the names of its blocks begin with; may be empty.
    pub prefix: &'static str,
    /// Whether the evidence it rests on was measured at all.
    pub success: bool,
    /// Blocks by prefixed name.
    pub blocks: Map<String, Value>,
}

/// The three files of an analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Its name, as `scene_pacing`.
    pub name: &'static str,
    /// Blocks with prefixed names.
    pub result: Vec<u8>,
    /// Blocks with generic names.
    pub ml: Vec<u8>,
    /// Both, wrapped.
    pub complete: Vec<u8>,
}

#[derive(Serialize)]
struct Complete<'a> {
    analysis_type: &'static str,
    success: bool,
    result: String,
    parsed_response: &'a Map<String, Value>,
    source: &'static str,
    processing_mode: &'static str,
    version: &'static str,
}

impl Analysis {
    /// Puts blocks together; the last one takes the reasons of all nulls.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if a number is not finite.
    pub fn assemble(
        (name, prefix): (&'static str, &'static str),
        success: bool,
        blocks: Vec<Block>,
    ) -> Result<Self, Error> {
        let mut reasons = Map::new();
        let mut assembled = Map::new();
        let last = blocks.len().saturating_sub(1);
        for (position, block) in blocks.into_iter().enumerate() {
            if let Some(source) = block.failure {
                return Err(Error::Unwritable { what: name, source });
            }
            for (field, reason) in block.missing {
                reasons.insert(field, reason.as_str().into());
            }
            let mut fields = block.fields;
            if position == last {
                fields.insert(NOT_MEASURED.into(), std::mem::take(&mut reasons).into());
            }
            if block.name.is_empty() {
                assembled.extend(fields);
            } else {
                assembled.insert(block.name.into(), fields.into());
            }
        }
        Ok(Self {
            name,
            prefix,
            success,
            blocks: assembled,
        })
    }

    /// Its blocks with generic names: without the prefix, first letter upper-cased; unchanged where
    /// there is no prefix.
    #[must_use]
    pub fn generic_blocks(&self) -> Map<String, Value> {
        let prefix = Some(self.prefix).filter(|prefix| !prefix.is_empty());
        let generic = |name: &String| match prefix.and_then(|prefix| name.strip_prefix(prefix)) {
            Some(rest) => {
                let mut letters = rest.chars();
                letters
                    .next()
                    .map(|first| first.to_uppercase().chain(letters).collect())
                    .unwrap_or_default()
            }
            None => name.clone(),
        };
        self.blocks
            .iter()
            .map(|(name, block)| (generic(name), block.clone()))
            .collect()
    }

    /// Writes its blocks as one file.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if a number is not finite.
    pub fn file(&self) -> Result<Vec<u8>, Error> {
        json::pretty(&self.blocks).map_err(|source| Error::Unwritable {
            what: self.name,
            source,
        })
    }

    /// Writes its files.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if a number is not finite.
    pub fn files(&self) -> Result<Files, Error> {
        let unwritable = |source| Error::Unwritable {
            what: self.name,
            source,
        };
        let generic = self.generic_blocks();
        let complete = Complete {
            analysis_type: self.name,
            success: self.success,
            result: json::compact(&self.blocks).map_err(unwritable)?,
            parsed_response: &generic,
            source: "rumiai",
            processing_mode: "computed",
            version: FORMAT_VERSION,
        };
        Ok(Files {
            name: self.name,
            result: json::pretty(&self.blocks).map_err(unwritable)?,
            ml: json::pretty(&generic).map_err(unwritable)?,
            complete: json::pretty(&complete).map_err(unwritable)?,
        })
    }
}
