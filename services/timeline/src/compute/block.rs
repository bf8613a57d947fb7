//! Blocks of an analysis, and the three files one becomes.

use super::{
    legacy::legacy,
    measure::{Measured, Reason},
    style::{Layout, Style},
};
use crate::{Error, json};
use contracts::analysis::{AnalysisName, generic_block};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value};

/// Field of the last block that holds the reasons of all nulls of an analysis.
pub const NOT_MEASURED: &str = "notMeasured";

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
    /// Whether the evidence it rests on was measured at all, and if not, why.
    pub measured: Measured<()>,
    /// Blocks by prefixed name.
    pub blocks: Map<String, Value>,
}

/// The JSON Schema of the file that wraps both others.
#[must_use]
pub fn schema(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<Complete<'_>>()
}

/// The three files of an analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Its name, as `scene_pacing`.
    pub name: &'static str,
    /// Blocks with prefixed names.
    pub result: Vec<u8>,
    /// Blocks with generic names, or the flat object of the first layout.
    pub ml: Vec<u8>,
    /// Both, wrapped.
    pub complete: Vec<u8>,
    /// Whether the evidence was measured at all. Files of nothing but nulls are not published.
    pub measured: Measured<()>,
}

/// One analysis in one file, as consumers of the earliest files read it.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Complete<'a> {
    /// Which analysis.
    analysis_type: &'static str,
    /// Whether the evidence it rests on was measured at all.
    success: bool,
    /// The result file as text.
    result: String,
    /// The ml file.
    parsed_response: &'a Map<String, Value>,
    /// What made it.
    source: &'static str,
    /// How it was made.
    processing_mode: &'static str,
    /// Version of the file format.
    version: &'static str,
}

impl Analysis {
    /// Puts blocks together; the last one takes the reasons of all nulls.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if a number is not finite.
    pub fn assemble(
        AnalysisName { name, prefix }: AnalysisName,
        measured: Measured<()>,
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
            measured,
            blocks: assembled,
        })
    }

    /// Its blocks with generic names.
    #[must_use]
    pub fn generic_blocks(&self) -> Map<String, Value> {
        self.blocks
            .iter()
            .map(|(name, block)| (generic_block(self.prefix, name), block.clone()))
            .collect()
    }

    /// Writes its blocks as one file.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if a number is not finite.
    pub fn file(&self) -> Result<Vec<u8>, Error> {
        json::pretty_tree(&self.blocks).map_err(|source| Error::Unwritable {
            what: self.name,
            source,
        })
    }

    /// Writes its files.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if a number is not finite.
    pub fn files(&self, style: Style) -> Result<Files, Error> {
        let unwritable = |source| Error::Unwritable {
            what: self.name,
            source,
        };
        let generic = self.generic_blocks();
        let ml = match style.layout {
            Layout::V1 => legacy(self.name, &generic),
            Layout::V2 => generic,
        };
        let complete = Complete {
            analysis_type: self.name,
            success: self.measured.is_ok(),
            result: json::compact_tree(&self.blocks).map_err(unwritable)?,
            parsed_response: &ml,
            source: style.source(),
            processing_mode: style.processing_mode(),
            version: style.version(),
        };
        Ok(Files {
            name: self.name,
            result: json::pretty_tree(&self.blocks).map_err(unwritable)?,
            ml: json::pretty_tree(&ml).map_err(unwritable)?,
            complete: json::pretty_tree(&complete).map_err(unwritable)?,
            measured: self.measured.clone(),
        })
    }
}
