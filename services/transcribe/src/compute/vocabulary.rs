//! The recogniser's tokens: text, languages, times.

use std::collections::BTreeMap;
use tokenizers::Tokenizer;

/// Sound a step of the time tokens stands for, in samples: 20 ms.
pub const TIME_STEP: usize = 320;
/// Time tokens: from 0.00 to 30.00 seconds.
const TIMES: u32 = 1501;
/// What stands for bytes that are no text yet.
const UNFINISHED: char = char::REPLACEMENT_CHARACTER;

/// A file beside the weights is not what the recogniser needs.
#[derive(Debug, thiserror::Error)]
#[error("{file} of the recogniser is unusable: {message}; run `rumiai models fetch`")]
pub struct InvalidVocabulary {
    file: &'static str,
    message: String,
}

/// Tokens with a meaning of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Ends a transcript.
    pub end: u32,
    /// Begins one.
    pub start: u32,
    /// Asks for the language that is spoken.
    pub transcribe: u32,
    /// Says that nothing is said.
    pub no_speech: u32,
    /// Asks for text without times.
    pub no_times: u32,
    /// 0.00 seconds; those after it follow in steps of 20 ms.
    pub first_time: u32,
    /// Language codes (ISO 639) and their tokens.
    pub languages: BTreeMap<String, u32>,
}

/// What the authors of the weights say about decoding.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Generation {
    /// Tokens that are never text: brackets, music signs, special tokens.
    #[serde(default)]
    pub suppress_tokens: Vec<u32>,
    /// Tokens a transcript does not begin with.
    #[serde(default)]
    pub begin_suppress_tokens: Vec<u32>,
    /// Layer and head of the attention that follows the sound; empty if not known.
    #[serde(default)]
    pub alignment_heads: Vec<(usize, usize)>,
}

impl Generation {
    /// Reads a `generation_config.json`.
    ///
    /// # Errors
    /// [`InvalidVocabulary`] if it is none.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidVocabulary> {
        serde_json::from_slice(json).map_err(|error| InvalidVocabulary {
            file: "generation_config.json",
            message: error.to_string(),
        })
    }
}

/// Tokens and their text.
pub struct Vocabulary {
    tokenizer: Tokenizer,
    special: SpecialTokens,
}

impl Vocabulary {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`InvalidVocabulary`] if it is none or not Whisper's.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidVocabulary> {
        let invalid = |message: String| InvalidVocabulary {
            file: "tokenizer.json",
            message,
        };
        let tokenizer = Tokenizer::from_bytes(json).map_err(|error| invalid(error.to_string()))?;
        let find = |name: &str| {
            let id = tokenizer.token_to_id(name);
            id.ok_or_else(|| invalid(format!("it has no token {name}")))
        };
        let start = find("<|startoftranscript|>")?;
        let translate = find("<|translate|>")?;
        let special = SpecialTokens {
            end: find("<|endoftext|>")?,
            start,
            transcribe: find("<|transcribe|>")?,
            no_speech: find("<|nocaptions|>").or_else(|_| find("<|nospeech|>"))?,
            no_times: find("<|notimestamps|>")?,
            first_time: find("<|0.00|>")?,
            languages: (start + 1..translate)
                .filter_map(|id| {
                    let name = tokenizer.id_to_token(id)?;
                    let code = name.strip_prefix("<|")?.strip_suffix("|>")?;
                    Some((code.to_owned(), id))
                })
                .collect(),
        };
        if special.languages.is_empty() {
            return Err(invalid("it knows no language".into()));
        }
        Ok(Self { tokenizer, special })
    }

    /// Tokens with a meaning of their own.
    #[must_use]
    pub fn special(&self) -> &SpecialTokens {
        &self.special
    }

    /// The text of text tokens; bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self, tokens: &[u32]) -> String {
        // Fails only for decoders that look beyond their tokens, which a byte-level one does not.
        self.tokenizer.decode(tokens, true).unwrap_or_default()
    }

    /// Groups text tokens so that each group is whole characters.
    #[must_use]
    pub fn characters(&self, tokens: &[u32]) -> Vec<TokenGroup> {
        let mut groups = Vec::new();
        let mut start = 0;
        for end in 1..=tokens.len() {
            let text = self.text(tokens.get(start..end).unwrap_or_default());
            if !text.contains(UNFINISHED) || end == tokens.len() {
                groups.push(TokenGroup { start, end, text });
                start = end;
            }
        }
        groups
    }
}

/// Neighbouring tokens and their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenGroup {
    /// Position of the first token.
    pub start: usize,
    /// Position after the last one.
    pub end: usize,
    /// Their text.
    pub text: String,
}

impl SpecialTokens {
    /// Position in the window a time token stands for, in samples; `None` for others.
    #[must_use]
    pub fn time(&self, token: u32) -> Option<usize> {
        let steps = token
            .checked_sub(self.first_time)
            .filter(|at| *at < TIMES)?;
        Some(steps as usize * TIME_STEP)
    }
    /// Whether the token is text.
    #[must_use]
    pub fn is_text(&self, token: u32) -> bool {
        token < self.end
    }
    /// What a transcript in `language` begins with.
    #[must_use]
    pub fn prompt(&self, language: u32) -> [u32; 3] {
        [self.start, language, self.transcribe]
    }
}
