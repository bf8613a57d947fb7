//! The text of published JSON.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use timeline::json::{Error, compact, pretty, tree};

#[test]
fn text_is_ascii_with_an_indent_of_two_and_no_trailing_newline() {
    let value = json!({"b": ["é🔥", {}, []], "a": "\u{7f}\n\"\\/", "n": 1.0});
    let text = String::from_utf8(pretty(&value).unwrap()).unwrap();
    let expected = "{\n  \"b\": [\n    \"\\u00e9\\ud83d\\udd25\",\n    {},\n    []\n  ],\n  \
                    \"a\": \"\\u007f\\n\\\"\\\\/\",\n  \"n\": 1.0\n}";
    assert_eq!(text, expected);
}

#[test]
fn compact_text_has_a_space_after_commas_and_colons() {
    let value = json!({"b": [1, 2.5, null], "a": {"x": "é, y: z"}});
    assert_eq!(
        compact(&value).unwrap(),
        "{\"b\": [1, 2.5, null], \"a\": {\"x\": \"\\u00e9, y: z\"}}"
    );
}

#[test]
fn numbers_that_json_cannot_hold_are_refused_wherever_they_are() {
    #[derive(serde::Serialize)]
    struct Inner {
        values: Vec<Option<f64>>,
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let nested = BTreeMap::from([(
            "key",
            Inner {
                values: vec![Some(1.0), None, Some(bad)],
            },
        )]);
        assert!(matches!(pretty(&nested), Err(Error::NotFinite)));
        assert!(matches!(compact(&nested), Err(Error::NotFinite)));
        assert!(matches!(tree(&nested), Err(Error::NotFinite)));
        assert!(matches!(pretty(&(bad as f32)), Err(Error::NotFinite)));
    }
}

proptest! {
    #[test]
    fn any_text_survives_and_is_ascii(text in "\\PC*", control in any::<Vec<char>>()) {
        let value = json!({ &text: control.iter().collect::<String>() });
        for bytes in [pretty(&value).unwrap(), compact(&value).unwrap().into_bytes()] {
            prop_assert!(bytes.is_ascii());
            prop_assert_eq!(&serde_json::from_slice::<Value>(&bytes).unwrap(), &value);
        }
    }

    #[test]
    fn any_finite_number_survives(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let bytes = pretty(&number).unwrap();
        prop_assert_eq!(serde_json::from_slice::<f64>(&bytes).unwrap(), number);
    }
}
