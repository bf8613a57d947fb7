//! `dossier.v1`: what prepares a person for a first conversation.

use super::{
    classification::Classification,
    text,
    violation::{Fields, Note, Violation},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

/// The schema's name.
pub const SCHEMA: &str = "dossier.v1";
/// Most words of the snapshot.
pub const SNAPSHOT_WORDS: usize = 40;
/// How many bullets there are, each time.
pub const BULLETS: usize = 3;
/// Most words of one bullet or sentence.
const SENTENCE_WORDS: usize = 40;
/// Most snippets that a model is shown.
pub const SNIPPETS: usize = 5;
/// Most characters of each.
pub const SNIPPET_CHARS: usize = 500;

/// A dossier, within every bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Who they are and where they stand.
    pub snapshot: String,
    /// Three reasons for their need.
    pub why_pain_bullets: Vec<String>,
    /// What they may not like to hear.
    pub uncomfortable_truth: String,
    /// Another way to see their task.
    pub reframe_suggestion: String,
    /// Three ways to begin the conversation.
    pub best_angle_bullets: Vec<String>,
    /// Something they have probably not heard yet.
    pub challenger_insight: String,
}

impl Dossier {
    /// The dossier as plain text, as older readers have it: the snapshot, an empty line, and the
    /// bullets, one on each line.
    #[must_use]
    pub fn as_text(&self) -> String {
        let bullets = self.why_pain_bullets.iter().chain(&self.best_angle_bullets);
        let lines: Vec<String> = bullets.map(|bullet| format!("- {bullet}")).collect();
        format!("{}\n\n{}", self.snapshot, lines.join("\n"))
    }
}

/// The fields, all required.
const FIELDS: [&str; 6] = [
    "snapshot",
    "why_pain_bullets",
    "uncomfortable_truth",
    "reframe_suggestion",
    "best_angle_bullets",
    "challenger_insight",
];

/// Checks what a model wrote.
///
/// # Errors
/// [`Violation`] for a missing, unknown, empty or ill-typed field, and for fewer bullets than
/// there must be.
pub fn check(raw: &Value) -> Result<(Dossier, Vec<Note>), Violation> {
    let mut fields = Fields::open(SCHEMA, raw, &FIELDS)?;
    let checked = Dossier {
        snapshot: filled(&mut fields, "snapshot", SNAPSHOT_WORDS)?,
        why_pain_bullets: bullets(&mut fields, "why_pain_bullets")?,
        uncomfortable_truth: sentences(&mut fields, "uncomfortable_truth", 2)?,
        reframe_suggestion: sentences(&mut fields, "reframe_suggestion", 1)?,
        best_angle_bullets: bullets(&mut fields, "best_angle_bullets")?,
        challenger_insight: sentences(&mut fields, "challenger_insight", 1)?,
    };
    Ok((checked, fields.notes))
}

fn filled(fields: &mut Fields<'_>, field: &'static str, words: usize) -> Result<String, Violation> {
    let text = fields.words(field, words)?;
    if text.is_empty() {
        return Err(fields.violation(field, "it is empty"));
    }
    Ok(text)
}

fn sentences(
    fields: &mut Fields<'_>,
    field: &'static str,
    most: usize,
) -> Result<String, Violation> {
    let text = filled(fields, field, SENTENCE_WORDS * most)?;
    let parts: Vec<&str> = text.unicode_sentences().collect();
    if parts.len() <= most {
        return Ok(text);
    }
    fields.note(field, "cut to its limit of sentences");
    let kept: String = parts.into_iter().take(most).collect();
    Ok(kept.trim_end().to_owned())
}

fn bullets(fields: &mut Fields<'_>, field: &'static str) -> Result<Vec<String>, Violation> {
    let mut texts = fields.texts(field)?;
    if texts.len() < BULLETS {
        return Err(fields.violation(field, format!("it has fewer than {BULLETS} entries")));
    }
    fields.keep_first(field, BULLETS, &mut texts);
    for text in &mut texts {
        let (kept, cut) = text::first_words(text, SENTENCE_WORDS);
        if cut {
            fields.note(field, "cut to its limit of words");
        }
        *text = kept;
    }
    Ok(texts)
}

/// What a model is told, besides what was published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DossierFacts {
    /// Beginnings of what was published.
    pub snippets: Vec<String>,
    /// What somebody is wanted for.
    pub role_type: String,
    /// Whose signal it is, where that is known.
    pub company_name: Option<String>,
    /// Names of their needs.
    pub pain_tags: Vec<String>,
    /// Where they stand.
    pub situation: String,
    /// What troubles them.
    pub problem: String,
}

/// What a model is told of one lead.
#[must_use]
pub fn facts<'a>(
    signals: impl IntoIterator<Item = &'a str>,
    company_name: Option<&str>,
    classification: &Classification,
) -> DossierFacts {
    let snippets = signals.into_iter().take(SNIPPETS);
    DossierFacts {
        snippets: snippets
            .map(|signal| text::first_chars(signal, SNIPPET_CHARS))
            .collect(),
        role_type: classification.role_type.as_str().into(),
        company_name: company_name.map(str::to_owned),
        pain_tags: classification.pain_tags.clone(),
        situation: classification.situation.clone(),
        problem: classification.problem.clone(),
    }
}

/// The schema that models are given.
#[must_use]
pub fn schema() -> Value {
    let text = json!({"type": "string"});
    let list = json!({"type": "array", "items": {"type": "string"}});
    let mut properties = serde_json::Map::new();
    for field in FIELDS {
        let shape = if field.ends_with("_bullets") {
            &list
        } else {
            &text
        };
        properties.insert(field.into(), shape.clone());
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": FIELDS,
        "additionalProperties": false,
    })
}
