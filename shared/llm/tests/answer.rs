//! Answers of models, good and bad.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::analysis::{
    ANALYSES, CREATIVE_DENSITY, EMOTIONAL_JOURNEY, PERSON_FRAMING, VISUAL_OVERLAY_ANALYSIS,
};
use llm::answer::{BLOCKS, MAX_ANSWER_BYTES, Problem, blocks, text_blocks};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn answer(prefix: &str) -> Map<String, Value> {
    BLOCKS
        .into_iter()
        .map(|block| (format!("{prefix}{block}"), json!({"note": "x".repeat(90)})))
        .collect()
}

fn text(answer: &Map<String, Value>) -> String {
    Value::Object(answer.clone()).to_string()
}

#[test]
fn every_spelling_of_the_blocks_is_read() {
    for analysis in ANALYSES.into_iter().filter(|one| !one.prefix.is_empty()) {
        for prefix in [analysis.prefix, ""] {
            let found = blocks(analysis, &text(&answer(prefix))).unwrap();
            assert_eq!(found.keys().collect::<Vec<_>>(), BLOCKS);
        }
    }
    assert!(blocks(PERSON_FRAMING, &text(&answer("framing"))).is_ok());
    assert!(blocks(VISUAL_OVERLAY_ANALYSIS, &text(&answer("overlays"))).is_ok());
}

#[test]
fn fences_and_words_around_the_object_do_no_harm() {
    let plain = text(&answer("density"));
    for said in [
        format!("```json\n{plain}\n```"),
        format!("```\n{plain}\n```"),
        format!("Here you are:\n{plain}\nAnything else?"),
    ] {
        assert!(blocks(CREATIVE_DENSITY, &said).is_ok(), "{said}");
    }
}

#[test]
fn blocks_of_another_analysis_are_refused() {
    let problems = blocks(EMOTIONAL_JOURNEY, &text(&answer("density"))).unwrap_err();
    assert_eq!(
        problems[0],
        Problem::OtherAnalysis {
            block: "densityCoreMetrics".into(),
            analysis: "creative_density",
        }
    );
    assert!(matches!(problems.last(), Some(Problem::Missing(_))));
}

#[test]
fn everything_that_is_wrong_is_said() {
    let mut spoilt = answer("density");
    spoilt.remove("densityQuality");
    spoilt.insert("densityPatterns".into(), json!({}));
    spoilt.insert("densityDynamics".into(), json!([1]));
    spoilt.insert("surprise".into(), json!(1));
    let problems = blocks(CREATIVE_DENSITY, &text(&spoilt)).unwrap_err();
    assert_eq!(
        problems,
        [
            Problem::Unexpected("surprise".into()),
            Problem::Missing("Quality".into()),
            Problem::NotAnObject("Dynamics"),
            Problem::Empty("Patterns"),
        ]
    );
    let short: Map<String, Value> = BLOCKS
        .map(|block| (block.to_owned(), json!({"a": 1})))
        .into_iter()
        .collect();
    assert!(matches!(
        blocks(CREATIVE_DENSITY, &text(&short)).unwrap_err()[..],
        [Problem::TooShort(_)]
    ));
    for nothing in ["", "oops", "[{}]", "{\"a\": "] {
        assert_eq!(
            blocks(CREATIVE_DENSITY, nothing),
            Err(vec![Problem::NoObject])
        );
    }
    let long = " ".repeat(MAX_ANSWER_BYTES + 1);
    assert!(matches!(
        blocks(CREATIVE_DENSITY, &long).unwrap_err()[..],
        [Problem::TooLong(_)]
    ));
}

#[test]
fn headings_are_a_second_chance_if_all_are_there() {
    let said: Vec<String> = BLOCKS
        .map(|block| format!("{block}:\n line\n second"))
        .into();
    let found = text_blocks(&said.join("\n")).unwrap();
    assert_eq!(found["Quality"], "line\n second");
    assert_eq!(found.keys().collect::<Vec<_>>(), BLOCKS);
    assert_eq!(text_blocks("CoreMetrics\nx\nDynamics\ny"), None);
}

proptest! {
    #[test]
    fn no_text_makes_it_fall_over(said in ".{0,300}") {
        let _ = blocks(CREATIVE_DENSITY, &said);
        prop_assert_eq!(text_blocks(&said), None);
    }
}
