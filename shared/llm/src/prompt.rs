//! The text of a prompt: a template, then the context of the analysis, a section for each part.

use serde_json::{Map, Value};

/// Bytes of the unit in which prompts are measured.
const KIB: usize = 1024;
/// Size from which on a prompt is not sent.
pub const MAX_PROMPT_KIB: usize = 1024;
/// Key of the measured values; they come first.
const METRICS: &str = "precomputed_metrics";
/// Key of the length of the video in seconds.
const DURATION: &str = "video_duration";

/// A prompt that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "prompt is {actual_kib} KiB, limit is below {MAX_PROMPT_KIB}; leave parts of the context out"
)]
pub struct TooLarge {
    /// Its size.
    pub actual_kib: usize,
}

/// Puts a prompt together: the template, the measured values, the length of the video, then every
/// other part of the context in its order, under its key in title case.
///
/// # Errors
/// [`TooLarge`] if it could not be sent.
pub fn prompt(template: &str, context: &Map<String, Value>) -> Result<String, TooLarge> {
    let mut text = format!("{template}\n\n");
    if !context.is_empty() {
        text.push_str("### Context Data:\n\n");
        text.push_str(&sections(context).join("\n"));
    }
    check_size(text.len())?;
    Ok(text)
}

/// Checks the size of a prompt, in bytes of UTF-8.
///
/// # Errors
/// [`TooLarge`] from [`MAX_PROMPT_KIB`] on.
pub const fn check_size(bytes: usize) -> Result<(), TooLarge> {
    let actual_kib = kib(bytes);
    if actual_kib < MAX_PROMPT_KIB {
        Ok(())
    } else {
        Err(TooLarge { actual_kib })
    }
}

/// Whole KiB of a prompt.
#[must_use]
pub const fn kib(bytes: usize) -> usize {
    bytes / KIB
}

fn sections(context: &Map<String, Value>) -> Vec<String> {
    let metrics = context.get(METRICS).map(|value| section(METRICS, value));
    let duration = context
        .get(DURATION)
        .map(|value| format!("## Video Duration: {} seconds\n", written(value)));
    let others = context
        .iter()
        .filter(|(key, _)| *key != METRICS && *key != DURATION)
        .map(|(key, value)| section(key, value));
    metrics.into_iter().chain(duration).chain(others).collect()
}

fn section(key: &str, value: &Value) -> String {
    format!("## {}:\n{}\n", title(key), written(value))
}

/// Objects and lists as indented JSON, text as it is.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    }
}

/// `video_id` becomes `Video Id`.
fn title(key: &str) -> String {
    let words = key.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters.flat_map(char::to_lowercase)).collect()
    });
    words.collect::<Vec<String>>().join(" ")
}

/// How a model is asked for JSON of a schema where nothing else holds it to one.
#[must_use]
pub fn json_instruction(schema: &Value) -> String {
    format!(
        "Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{schema}"
    )
}
