//! JSON in what a model said: found, read strictly, held against its schema. Never repaired.

mod schema;
mod strict;

pub use schema::{Schema, SchemaError, Violation};
pub use strict::{MAX_DEPTH, parse_strict};

use serde_json::Value;

/// Longest text that is read, in bytes.
pub const MAX_JSON_BYTES: usize = 256 * 1024;
/// Most things in braces that are tried.
const MAX_CANDIDATES: usize = 16;

/// Why there is no JSON in a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is too long to be read.
    #[error("answer is {0} bytes, limit is {MAX_JSON_BYTES}")]
    TooLong(usize),
    /// It holds no JSON that could be read; what was wrong with all of it.
    #[error("answer holds no JSON: {0}")]
    None(String),
}

/// The JSON in a text: all of it, what one fence of Markdown holds, or the first object in braces.
///
/// # Errors
/// [`Problem`] if there is none. A text that breaks off in the middle of an object has none.
pub fn extract(text: &str) -> Result<Value, Problem> {
    if text.len() > MAX_JSON_BYTES {
        return Err(Problem::TooLong(text.len()));
    }
    let text = text.trim().trim_start_matches('\u{feff}').trim();
    let error = match parse_strict(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let fenced = fenced(text).and_then(|inside| parse_strict(inside).ok());
    // A list is not an object that happens to stand in brackets.
    let within = || {
        let candidates = Objects { text, at: 0 }.take(MAX_CANDIDATES);
        let mut read = candidates.filter_map(|candidate| parse_strict(candidate).ok());
        if text.starts_with('[') {
            None
        } else {
            read.next()
        }
    };
    fenced.or_else(within).ok_or(Problem::None(error))
}

/// What a fence of Markdown holds, if the whole text is one.
fn fenced(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("```")?.strip_suffix("```")?;
    let (_, body) = inside.split_once('\n')?;
    Some(body.trim())
}

/// Stretches in balanced braces, the outermost ones, in their order. Braces within texts do not
/// count. It ends at one that is never closed: what follows lies inside of it.
struct Objects<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Objects<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = self.at + self.text.get(self.at..)?.find('{')?;
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        for (offset, byte) in self.text.get(start..)?.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                b'{' if !in_text => depth += 1,
                b'}' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at = start + offset + 1;
                return self.text.get(start..self.at);
            }
        }
        self.at = self.text.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_object_is_found_alone_fenced_or_among_words() {
        let object = json!({"a": "}{\"", "b": [1, {"c": null}]});
        let written = object.to_string();
        for text in [
            written.clone(),
            format!("\u{feff} {written}\n"),
            format!("```json\n{written}\n```"),
            format!("```\n{written}\n```\n"),
            format!("Sure, with {{braces}}: {written} Anything else? {{}}"),
        ] {
            assert_eq!(extract(&text), Ok(object.clone()), "{text}");
        }
        assert_eq!(extract("{\"a\":1} {\"b\":2}"), Ok(json!({"a": 1})));
        assert_eq!(extract("[1]"), Ok(json!([1])));
    }

    #[test]
    fn what_breaks_off_is_nothing_even_if_it_holds_objects() {
        for text in [
            "",
            "no",
            r#"{"a": {"b": 1}"#,
            r#"{"a": {"b": 1}, "c": "#,
            "```json\n{\"a\": {\"b\": 1},\n```",
            r#"[{"a": 1}, {"b""#,
            r#"{"a": NaN}"#,
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": 1e999}"#,
        ] {
            assert!(matches!(extract(text), Err(Problem::None(_))), "{text}");
        }
        let long = format!("\"{}\"", "x".repeat(MAX_JSON_BYTES));
        assert_eq!(extract(&long), Err(Problem::TooLong(long.len())));
    }

    proptest! {
        #[test]
        fn a_cut_object_is_never_read(key in "[a-z{}\"\\\\]{0,6}", inner in "\\PC{0,12}", cut in 0usize..200) {
            let text = json!({key: {"inner": inner, "more": [{}]}}).to_string();
            let end = cut % text.len();
            if text.is_char_boundary(end) {
                prop_assert!(extract(&text[..end]).is_err());
            }
            prop_assert!(extract(&text).is_ok());
        }

        #[test]
        fn nothing_breaks_it(text in "\\PC{0,200}") {
            let _ = extract(&text);
        }
    }
}
