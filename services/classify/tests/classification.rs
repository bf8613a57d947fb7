//! Answers of models are taken within their bounds, and refused outside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use classify::compute::{classification, dossier, text::word_count};
use common::answer;
use proptest::prelude::*;
use serde_json::{Value, json};

const SIGNAL: &str = "Hiring our first marketing hire. We want a Growth Hacking ninja!";

fn with(field: &str, value: Value) -> Value {
    let mut raw = answer(40.0, 20.0, 5.0);
    raw[field] = value;
    raw
}

fn checked(raw: &Value) -> classification::Classification {
    classification::check(raw, SIGNAL).unwrap().0
}

fn refused(raw: &Value) -> String {
    classification::check(raw, SIGNAL).unwrap_err().field
}

#[test]
fn every_field_must_be_there_and_no_other() {
    let whole = answer(40.0, 20.0, 5.0);
    for name in whole.as_object().unwrap().keys() {
        let mut raw = whole.clone();
        raw.as_object_mut().unwrap().remove(name);
        assert_eq!(&refused(&raw), name);
        assert_eq!(&refused(&with(name, Value::Null)), name);
    }
    assert_eq!(refused(&with("surprise", json!(1))), "surprise");
    assert!(classification::check(&json!([]), SIGNAL).is_err());
    assert!(classification::check(&json!("text"), SIGNAL).is_err());
}

#[test]
fn scores_near_their_bounds_are_moved_and_noted() {
    for (said, kept) in [(55.0, 50.0), (-5.0, 0.0), (50.0, 50.0), (0.0, 0.0)] {
        let (checked, notes) =
            classification::check(&with("score_fit", json!(said)), SIGNAL).unwrap();
        assert_eq!(checked.score_fit, kept);
        assert_eq!(notes.len(), usize::from(said != kept), "{said}");
    }
    assert_eq!(refused(&with("score_fit", json!(55.1))), "score_fit");
    assert_eq!(refused(&with("score_pain", json!(44.1))), "score_pain");
    assert_eq!(refused(&with("score_pain", json!(-4.1))), "score_pain");
    assert_eq!(
        refused(&with("score_data_quality", json!(11.1))),
        "score_data_quality"
    );
    assert_eq!(refused(&with("score_fit", json!("40"))), "score_fit");
}

#[test]
fn values_of_lists_are_known_in_any_case_and_no_others() {
    let folded = checked(&with("region", json!("India")));
    assert_eq!(folded.region, classification::Region::India);
    let folded = checked(&with("role_type", json!(" FIRST_MARKETER ")));
    assert_eq!(folded.role_type, classification::RoleType::FirstMarketer);
    assert_eq!(refused(&with("size_bucket", json!("3"))), "size_bucket");
    assert_eq!(
        refused(&with("economic_buyer_guess", json!(""))),
        "economic_buyer_guess"
    );
}

#[test]
fn long_texts_are_cut_at_their_limit_of_words() {
    let long = "word ".repeat(60);
    let (checked, notes) =
        classification::check(&with("reason_short", json!(long)), SIGNAL).unwrap();
    assert_eq!(word_count(&checked.reason_short), 25);
    assert_eq!(notes[0].field, "reason_short");
    let (checked, _) = classification::check(&with("problem", json!(long)), SIGNAL).unwrap();
    assert_eq!(word_count(&checked.problem), 40);
}

#[test]
fn only_phrases_of_the_signal_are_quotes_of_it() {
    let said = json!([
        "growth hacking  NINJA",
        "score 100",
        "first market",
        "ninja"
    ]);
    let (checked, notes) =
        classification::check(&with("silver_bullet_phrases", said), SIGNAL).unwrap();
    assert_eq!(
        checked.silver_bullet_phrases,
        ["growth hacking  NINJA", "ninja"]
    );
    assert_eq!(notes[0].field, "silver_bullet_phrases");
}

#[test]
fn lists_are_short_and_tags_are_in_snake_case() {
    let many: Vec<String> = (0..30).map(|number| format!("Tag {number}")).collect();
    let checked = checked(&with("pain_tags", json!(many)));
    assert_eq!(checked.pain_tags.len(), 10);
    assert_eq!(checked.pain_tags[0], "tag_0");
}

#[test]
fn a_checked_answer_is_taken_again_as_it_is() {
    let first = checked(&answer(50.0, 40.0, 10.0));
    let raw = serde_json::to_value(&first).unwrap();
    let (again, notes) = classification::check(&raw, SIGNAL).unwrap();
    assert_eq!(again, first);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn schemas_name_every_field_and_forbid_others() {
    for schema in [classification::schema(), dossier::schema()] {
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(
            properties.len(),
            schema["required"].as_array().unwrap().len()
        );
        assert_eq!(schema["additionalProperties"], json!(false));
    }
    let schema = classification::schema();
    assert_eq!(
        schema["properties"]["region"]["enum"],
        json!(["india", "other", "unknown"])
    );
}

#[test]
fn dossiers_are_whole_or_refused() {
    let whole = common::dossier();
    let (taken, notes) = dossier::check(&whole).unwrap();
    assert!(notes.is_empty());
    assert_eq!(
        taken.as_text(),
        "A young brand.\n\n- One.\n- Two.\n- Three.\n- Ask.\n- Show.\n- Listen."
    );
    let with = |field: &str, value: Value| {
        let mut raw = whole.clone();
        raw[field] = value;
        dossier::check(&raw)
    };
    assert!(with("why_pain_bullets", json!(["One.", "Two."])).is_err());
    assert!(with("snapshot", json!("  ")).is_err());
    assert!(with("extra", json!("x")).is_err());
    let four = with("best_angle_bullets", json!(["a", "b", "c", "d"])).unwrap();
    assert_eq!(four.0.best_angle_bullets.len(), 3);
    let three = with("uncomfortable_truth", json!("One. Two. Three.")).unwrap();
    assert_eq!(three.0.uncomfortable_truth, "One. Two.");
}

#[test]
fn models_are_shown_the_beginnings_of_few_snippets() {
    let classification = checked(&answer(40.0, 20.0, 5.0));
    let long = "é".repeat(900);
    let snippets = vec![long.as_str(); 9];
    let facts = dossier::facts(snippets, Some("SkinLab"), &classification);
    assert_eq!(facts.snippets.len(), 5);
    assert!(
        facts
            .snippets
            .iter()
            .all(|text| text.chars().count() == 500)
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_model_says_is_within_bounds_or_refused(
        fit in -200.0f64..200.0, pain in -200.0f64..200.0, quality in -50.0f64..50.0,
        field in 0usize..17, value in any_json(), signal in any::<String>(),
    ) {
        let mut raw = answer(fit, pain, quality);
        let name = raw.as_object().unwrap().keys().nth(field).unwrap().clone();
        raw[name] = value;
        if let Ok((taken, _)) = classification::check(&raw, &signal) {
            prop_assert!((0.0..=50.0).contains(&taken.score_fit));
            prop_assert!((0.0..=40.0).contains(&taken.score_pain));
            prop_assert!((0.0..=10.0).contains(&taken.score_data_quality));
            prop_assert!(word_count(&taken.reason_short) <= 25);
            prop_assert!(word_count(&taken.key_pain) <= 40);
            prop_assert!(taken.pain_tags.len() <= 10 && taken.chaos_flags.len() <= 10);
        }
    }

    #[test]
    fn a_score_is_refused_exactly_where_it_is_a_tenth_outside(fit in -60.0f64..110.0) {
        let taken = classification::check(&with("score_fit", json!(fit)), SIGNAL);
        prop_assert_eq!(taken.is_ok(), (-5.0..=55.0).contains(&fit));
    }
}
