//! `classification.v1`: what a model says of one signal, checked before anything is made of it.

use super::{
    text,
    violation::{Fields, Note, Violation},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The schema's name.
pub const SCHEMA: &str = "classification.v1";
/// Most points for the fit.
pub const MAX_FIT: f64 = 50.0;
/// Most points for the pain.
pub const MAX_PAIN: f64 = 40.0;
/// Most points for the quality of the data.
pub const MAX_QUALITY: f64 = 10.0;
/// Most words of the reason.
pub const REASON_WORDS: usize = 25;
/// Most words of the other sentences.
pub const SENTENCE_WORDS: usize = 40;
/// Most entries of a list.
pub const LIST_ENTRIES: usize = 10;
/// Most characters of one entry; longer ones are dropped.
const ENTRY_CHARS: usize = 120;

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every value with its name.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)*];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value of that name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
            }
        }
    };
}
pub(crate) use choices;

choices! {
    /// How many people work there.
    SizeBucket {
        /// One.
        One = "1",
        /// Two to five.
        TwoToFive = "2-5",
        /// Six to ten.
        SixToTen = "6-10",
        /// Eleven to twenty.
        ElevenToTwenty = "11-20",
        /// The signal does not say.
        Unknown = "unknown",
    }
}
choices! {
    /// Where.
    Region {
        /// In India.
        India = "india",
        /// Elsewhere.
        Other = "other",
        /// The signal does not say.
        Unknown = "unknown",
    }
}
choices! {
    /// What somebody is wanted for.
    RoleType {
        /// The first who does marketing.
        FirstMarketer = "first_marketer",
        /// Instead of an agency.
        AgencyReplacement = "agency_replacement",
        /// One more of several.
        ExtraHeadcount = "extra_headcount",
        /// The signal does not say.
        Unclear = "unclear",
    }
}
choices! {
    /// Who would pay.
    Buyer {
        /// Whoever founded it.
        Founder = "founder",
        /// Whoever leads it.
        Ceo = "ceo",
        /// A general manager.
        Gm = "gm",
        /// Somebody else.
        Other = "other",
        /// The signal does not say.
        Unknown = "unknown",
    }
}

/// What a model said of one signal, within every bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// Whether it comes from a customer as described.
    pub icp_match: bool,
    /// How large they are.
    pub size_bucket: SizeBucket,
    /// Where they are.
    pub region: Region,
    /// What somebody is wanted for.
    pub role_type: RoleType,
    /// Names of their needs, in snake case.
    pub pain_tags: Vec<String>,
    /// Points for the fit, from 0 to 50.
    pub score_fit: f64,
    /// Points for the pain, from 0 to 40.
    pub score_pain: f64,
    /// Points for how much the signal lets one know, from 0 to 10.
    pub score_data_quality: f64,
    /// Why, in 25 words at most.
    pub reason_short: String,
    /// Where they stand.
    pub situation: String,
    /// What troubles them.
    pub problem: String,
    /// What follows from it.
    pub implication: String,
    /// What they would gain.
    pub need_payoff: String,
    /// Who would pay.
    pub economic_buyer_guess: Buyer,
    /// What troubles them most.
    pub key_pain: String,
    /// Signs of disorder.
    pub chaos_flags: Vec<String>,
    /// Wording of the signal that expects one measure to solve everything.
    pub silver_bullet_phrases: Vec<String>,
}

/// The fields, all required.
const FIELDS: [&str; 17] = [
    "icp_match",
    "size_bucket",
    "region",
    "role_type",
    "pain_tags",
    "score_fit",
    "score_pain",
    "score_data_quality",
    "reason_short",
    "situation",
    "problem",
    "implication",
    "need_payoff",
    "economic_buyer_guess",
    "key_pain",
    "chaos_flags",
    "silver_bullet_phrases",
];

/// Checks what a model said of `signal`.
///
/// Small excesses are put right and noted; whatever else is wrong makes the answer unusable, so
/// that nothing is ever stored that nobody said.
///
/// # Errors
/// [`Violation`] for a missing, unknown or ill-typed field, a value outside its list, and a score
/// more than a tenth of its range outside.
pub fn check(raw: &Value, signal: &str) -> Result<(Classification, Vec<Note>), Violation> {
    let mut fields = Fields::open(SCHEMA, raw, &FIELDS)?;
    let checked = Classification {
        icp_match: fields.truth("icp_match")?,
        size_bucket: fields.choice("size_bucket", SizeBucket::ALL)?,
        region: fields.choice("region", Region::ALL)?,
        role_type: fields.choice("role_type", RoleType::ALL)?,
        pain_tags: tags(&mut fields, "pain_tags")?,
        score_fit: fields.score("score_fit", MAX_FIT)?,
        score_pain: fields.score("score_pain", MAX_PAIN)?,
        score_data_quality: fields.score("score_data_quality", MAX_QUALITY)?,
        reason_short: fields.words("reason_short", REASON_WORDS)?,
        situation: fields.words("situation", SENTENCE_WORDS)?,
        problem: fields.words("problem", SENTENCE_WORDS)?,
        implication: fields.words("implication", SENTENCE_WORDS)?,
        need_payoff: fields.words("need_payoff", SENTENCE_WORDS)?,
        economic_buyer_guess: fields.choice("economic_buyer_guess", Buyer::ALL)?,
        key_pain: fields.words("key_pain", SENTENCE_WORDS)?,
        chaos_flags: entries(&mut fields, "chaos_flags")?,
        silver_bullet_phrases: quotes(&mut fields, "silver_bullet_phrases", signal)?,
    };
    Ok((checked, fields.notes))
}

fn entries(fields: &mut Fields<'_>, field: &'static str) -> Result<Vec<String>, Violation> {
    let mut texts = fields.texts(field)?;
    let before = texts.len();
    texts.retain(|entry| entry.chars().count() <= ENTRY_CHARS);
    if texts.len() < before {
        fields.note(field, "entries dropped that are too long");
    }
    fields.keep_first(field, LIST_ENTRIES, &mut texts);
    Ok(texts)
}

fn tags(fields: &mut Fields<'_>, field: &'static str) -> Result<Vec<String>, Violation> {
    let said = entries(fields, field)?;
    let mut tags: Vec<String> = Vec::new();
    for tag in said.iter().map(|entry| snake_case(entry)) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags != said {
        fields.note(field, "written in snake case");
    }
    Ok(tags)
}

fn snake_case(text: &str) -> String {
    let folded = text::normalised(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// Only what the signal says can be quoted from it.
fn quotes(
    fields: &mut Fields<'_>,
    field: &'static str,
    signal: &str,
) -> Result<Vec<String>, Violation> {
    let mut phrases = entries(fields, field)?;
    let signal = text::normalised(signal);
    let before = phrases.len();
    phrases.retain(|phrase| text::contains_words(&signal, &text::normalised(phrase)));
    if phrases.len() < before {
        fields.note(field, "phrases dropped that the signal does not hold");
    }
    Ok(phrases)
}

fn names<T>(all: &[(&'static str, T)]) -> Value {
    all.iter().map(|(name, _)| json!(name)).collect()
}

/// The schema that models are given. Ranges and lengths are checked here, because not every
/// provider takes them.
#[must_use]
pub fn schema() -> Value {
    let text = json!({"type": "string"});
    let list = json!({"type": "array", "items": {"type": "string"}});
    let number = json!({"type": "number"});
    let choice = |names: Value| json!({"type": "string", "enum": names});
    let mut properties = serde_json::Map::new();
    for field in FIELDS {
        let shape = match field {
            "icp_match" => json!({"type": "boolean"}),
            "size_bucket" => choice(names(SizeBucket::ALL)),
            "region" => choice(names(Region::ALL)),
            "role_type" => choice(names(RoleType::ALL)),
            "economic_buyer_guess" => choice(names(Buyer::ALL)),
            "pain_tags" | "chaos_flags" | "silver_bullet_phrases" => list.clone(),
            "score_fit" | "score_pain" | "score_data_quality" => number.clone(),
            _ => text.clone(),
        };
        properties.insert(field.into(), shape);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": FIELDS,
        "additionalProperties": false,
    })
}
