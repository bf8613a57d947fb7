//! One text for one meaning: what keys are digests of.

use serde_json::{Map, Value};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Writes `value` as canonical JSON: keys sorted, no whitespace, all texts in Unicode's normal form
/// C. Two documents that differ only in the order of their keys, or in how accents are composed, are
/// one text; any other difference stays one, because JSON marks where each part ends.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => write_text(text, out),
        Value::Array(items) => write_list(items, out),
        Value::Object(fields) => write_fields(fields, out),
        // Numbers, booleans and null have one form each.
        other => out.push_str(&other.to_string()),
    }
}

fn write_text(text: &str, out: &mut String) {
    // ASCII is in its normal form, and most of it is written as it is.
    if text.bytes().all(is_plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    out.push_str(&Value::String(normal(text).into_owned()).to_string());
}

/// Whether JSON writes a byte as itself.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_control() && byte != b'"' && byte != b'\\'
}

fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    text.nfc().collect()
}

fn write_list(items: &[Value], out: &mut String) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

fn write_fields(fields: &Map<String, Value>, out: &mut String) {
    let mut sorted: Vec<(Cow<'_, str>, &String, &Value)> = fields
        .iter()
        .map(|(name, value)| (normal(name), name, value))
        .collect();
    // Names that are the same only in their normal form are told apart by how they were written.
    sorted.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    out.push('{');
    for (index, (normal, _, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(&normal, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth_and_nothing_else_is() {
        let one = json!({"b": [2, 1, {"y": null, "x": true}], "a": {"d": 1.5, "c": "t"}});
        assert_eq!(
            canonical_json(&one),
            r#"{"a":{"c":"t","d":1.5},"b":[2,1,{"x":true,"y":null}]}"#
        );
    }

    #[test]
    fn every_text_is_written_as_json_writes_it() {
        let odd = "\u{0}\u{1f}\u{7f}\u{80}\u{2028}é\"\\/\n\t<&";
        let all = (0..=0x7f).map(char::from).map(String::from);
        for text in all.chain([odd.into(), "a\\b".into(), String::new()]) {
            assert_eq!(canonical_json(&json!(text)), json!(text).to_string());
            let named = json!({text.clone(): 1});
            assert_eq!(canonical_json(&named), named.to_string());
        }
    }

    #[test]
    fn composed_and_decomposed_accents_are_one_text() {
        let composed = json!({"caf\u{e9}": "na\u{ef}ve"});
        let decomposed = json!({"cafe\u{301}": "nai\u{308}ve"});
        assert_eq!(canonical_json(&composed), canonical_json(&decomposed));
        assert_ne!(
            canonical_json(&json!("naive")),
            canonical_json(&json!("na\u{ef}ve"))
        );
    }

    #[test]
    fn names_equal_in_their_normal_form_do_not_depend_on_their_order() {
        let one = json!({"\u{e9}": 1, "e\u{301}": 2});
        let other = json!({"e\u{301}": 2, "\u{e9}": 1});
        assert_eq!(canonical_json(&one), canonical_json(&other));
    }

    #[test]
    fn texts_cannot_pretend_to_be_structure() {
        assert_ne!(
            canonical_json(&json!(["a|b", "c"])),
            canonical_json(&json!(["a", "b|c"]))
        );
        assert_ne!(
            canonical_json(&json!(["a\",\"b"])),
            canonical_json(&json!(["a", "b"]))
        );
        assert_ne!(canonical_json(&json!("1")), canonical_json(&json!(1)));
        assert_ne!(canonical_json(&json!(null)), canonical_json(&json!("")));
    }
}
