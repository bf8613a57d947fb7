//! What a model said, taken apart: six blocks of the analysis it was asked for, or what is wrong.

mod fields;
mod record;
mod schema;

pub use fields::{FIELDS, Field, Judgement, Shape, judgements};
pub use record::{Record, Source, timestamp};
pub use schema::{Citable, schema};

use contracts::analysis::{ANALYSES, AnalysisName, PERSON_FRAMING, VISUAL_OVERLAY_ANALYSIS};
use serde_json::{Map, Value};

/// The blocks of an answer, in their order.
pub const BLOCKS: [&str; 6] = [
    "CoreMetrics",
    "Dynamics",
    "Interactions",
    "KeyEvents",
    "Patterns",
    "Quality",
];
/// Longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Shortest JSON of all blocks that is no torso, in bytes.
pub const LEAST_JSON_BYTES: usize = 500;

/// Prefixes models were asked for at times, besides that of the result file.
const OTHER_PREFIXES: [(AnalysisName, &str); 2] = [
    (PERSON_FRAMING, "framing"),
    (VISUAL_OVERLAY_ANALYSIS, "overlays"),
];

/// One thing that is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is too long to be read.
    #[error("answer is {0} bytes, limit is {MAX_ANSWER_BYTES}")]
    TooLong(usize),
    /// There is no JSON object in it.
    #[error("answer holds no JSON object")]
    NoObject,
    /// Blocks are missing.
    #[error("missing blocks: {0}")]
    Missing(String),
    /// It has a field that is no block.
    #[error("'{0}' is no block of this analysis")]
    Unexpected(String),
    /// A block belongs to another analysis.
    #[error("'{block}' is a block of {analysis}")]
    OtherAnalysis {
        /// The block.
        block: String,
        /// Where it belongs.
        analysis: &'static str,
    },
    /// A block is not an object.
    #[error("block {0} is not a JSON object")]
    NotAnObject(&'static str),
    /// A block has no fields.
    #[error("block {0} is empty")]
    Empty(&'static str),
    /// A block is there twice, under two spellings.
    #[error("block {0} is there twice")]
    Repeated(&'static str),
    /// A block with a generic name lacks a field that such blocks have.
    #[error("{block} has no field '{field}'")]
    NoField {
        /// The block.
        block: &'static str,
        /// The field.
        field: &'static str,
    },
    /// All of it together is too little.
    #[error("blocks are {0} bytes of JSON in all, at least {LEAST_JSON_BYTES} are expected")]
    TooShort(usize),
}

/// The six blocks of an answer under generic names.
///
/// # Errors
/// Everything that is wrong with it.
pub fn blocks(analysis: AnalysisName, text: &str) -> Result<Map<String, Value>, Vec<Problem>> {
    if text.len() > MAX_ANSWER_BYTES {
        return Err(vec![Problem::TooLong(text.len())]);
    }
    let object = object(text).ok_or_else(|| vec![Problem::NoObject])?;
    named_blocks(analysis, object)
}

/// The same of an object that was read already.
///
/// # Errors
/// Everything that is wrong with it.
pub fn named_blocks(
    analysis: AnalysisName,
    object: Map<String, Value>,
) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut found = Map::new();
    for (name, value) in object {
        match generic(analysis, &name) {
            Some(block) => {
                if found.insert(block.to_owned(), value).is_some() {
                    problems.push(Problem::Repeated(block));
                }
            }
            None => problems.push(foreign(name)),
        }
    }
    let missing: Vec<&str> = BLOCKS
        .into_iter()
        .filter(|block| !found.contains_key(*block))
        .collect();
    if !missing.is_empty() {
        problems.push(Problem::Missing(missing.join(", ")));
    }
    problems.extend(
        BLOCKS
            .into_iter()
            .filter_map(|block| match found.get(block)? {
                Value::Object(fields) if fields.is_empty() => Some(Problem::Empty(block)),
                Value::Object(_) => None,
                _ => Some(Problem::NotAnObject(block)),
            }),
    );
    let length: usize = found.values().map(|block| block.to_string().len()).sum();
    if problems.is_empty() && length < LEAST_JSON_BYTES {
        problems.push(Problem::TooShort(length));
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// How an answer was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As JSON.
    Json,
    /// As text below the names of the blocks.
    Text,
}

/// An answer that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its six blocks under generic names, in their order.
    pub blocks: Map<String, Value>,
    /// How it was written; blocks of a text are texts.
    pub form: Form,
}

/// Reads an answer to the prompt of an analysis: as JSON, else as text below headings, if all six
/// are there. Blocks with generic names must have the [`FIELDS`] that such blocks have; what
/// blocks with the names of the analysis hold is the matter of [`schema()`].
///
/// # Errors
/// Everything that is wrong with it as JSON.
pub fn validate(analysis: AnalysisName, text: &str) -> Result<Answer, Vec<Problem>> {
    let json = |blocks| Answer {
        blocks: ordered(blocks),
        form: Form::Json,
    };
    let problems = match checked(analysis, text) {
        Ok(blocks) => return Ok(json(blocks)),
        Err(problems) => problems,
    };
    // What begins as JSON was meant as such: its faults are not papered over.
    let is_text = !text.trim_start().starts_with(['{', '[', '`']);
    let second = if is_text { text_blocks(text) } else { None };
    second.ok_or(problems).map(|blocks| Answer {
        blocks: ordered(blocks),
        form: Form::Text,
    })
}

/// What is wrong with an answer that was read as JSON and fits its [`schema()`], in words for the
/// model.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(analysis: AnalysisName, answer: &Value) -> Result<(), Vec<String>> {
    let object = answer.as_object().cloned().unwrap_or_default();
    let told = |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect();
    named_blocks(analysis, object).map(drop).map_err(told)
}

fn checked(analysis: AnalysisName, text: &str) -> Result<Map<String, Value>, Vec<Problem>> {
    let blocks = blocks(analysis, text)?;
    let generic = object(text).unwrap_or_default();
    let missing: Vec<Problem> = FIELDS
        .iter()
        .filter(|field| {
            let block = generic.get(field.block).and_then(Value::as_object);
            block.is_some_and(|block| !block.contains_key(field.name))
        })
        .map(|field| Problem::NoField {
            block: field.block,
            field: field.name,
        })
        .collect();
    if missing.is_empty() {
        Ok(blocks)
    } else {
        Err(missing)
    }
}

fn ordered(mut blocks: Map<String, Value>) -> Map<String, Value> {
    BLOCKS
        .into_iter()
        .filter_map(|block| Some((block.to_owned(), blocks.remove(block)?)))
        .collect()
}

/// The six blocks of an answer that names them as headings instead of writing JSON: the text below
/// each. A second chance, and only if all six are there.
#[must_use]
pub fn text_blocks(text: &str) -> Option<Map<String, Value>> {
    let mut found: Map<String, Value> = Map::new();
    let mut lines: Vec<&str> = Vec::new();
    let mut current = None;
    for line in text.lines().map(Some).chain([None]) {
        let heading = line.and_then(|line| {
            let name = line.trim().trim_end_matches(':');
            BLOCKS.into_iter().find(|block| *block == name)
        });
        if heading.is_some() || line.is_none() {
            if let Some(block) = current {
                let said = std::mem::take(&mut lines).join("\n");
                found.insert(String::from(block), said.trim().into());
            }
            lines.clear();
            current = heading;
        } else {
            lines.extend(line);
        }
    }
    (found.len() == BLOCKS.len()).then_some(found)
}

/// The object in a text: all of it, within a fence of Markdown, or the outermost braces.
fn object(text: &str) -> Option<Map<String, Value>> {
    let parsed = |text: &str| serde_json::from_str::<Map<String, Value>>(text).ok();
    let text = text.trim();
    let fenced = || {
        let inside = text.strip_prefix("```")?.strip_suffix("```")?;
        let (_, body) = inside.split_once('\n')?;
        parsed(body)
    };
    let within = || {
        let (start, end) = (text.find('{')?, text.rfind('}')?);
        parsed(text.get(start..=end)?)
    };
    // A list is not an object that happens to stand in brackets.
    let is_list = text.starts_with('[');
    parsed(text)
        .or_else(fenced)
        .or_else(|| if is_list { None } else { within() })
}

/// The generic name of a block, whether it has the prefix of the analysis, another it was asked
/// for, or none.
fn generic(analysis: AnalysisName, name: &str) -> Option<&'static str> {
    let prefixes = OTHER_PREFIXES
        .into_iter()
        .filter(|(other, _)| *other == analysis)
        .map(|(_, prefix)| prefix)
        .chain([analysis.prefix, ""]);
    let bare: Vec<&str> = prefixes
        .filter_map(|prefix| name.strip_prefix(prefix))
        .collect();
    BLOCKS.into_iter().find(|block| bare.contains(block))
}

fn foreign(name: String) -> Problem {
    let other = ANALYSES
        .into_iter()
        .find(|other| !other.prefix.is_empty() && generic(*other, &name).is_some());
    match other {
        Some(other) => Problem::OtherAnalysis {
            block: name,
            analysis: other.name,
        },
        None => Problem::Unexpected(name),
    }
}
