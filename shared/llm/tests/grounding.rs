//! Answers held against what was measured.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{evidence, unified};
use contracts::analysis::{ANALYSES, SCENE_PACING, VISUAL_OVERLAY_ANALYSIS};
use llm::grounding::{Event, Evidence, Fault, MAX_EVENTS_PER_KIND, ground};
use serde_json::{Map, Value, json};

fn blocks(block: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(block.to_owned(), value)])
}

fn claim(statement: &str, citations: &[&str]) -> Value {
    json!({"statement": statement, "citations": citations})
}

/// Why a claim is dropped; none if it is kept.
fn faults(statement: &str, citations: &[&str]) -> Vec<Fault> {
    faults_of(claim(statement, citations))
}

fn faults_of(statement: Value) -> Vec<Fault> {
    let (kept, told) = ground(
        &blocks("Patterns", json!({"style_signatures": [statement]})),
        &evidence(),
    );
    let is_kept = !kept["Patterns"]["style_signatures"]
        .as_array()
        .unwrap()
        .is_empty();
    assert_eq!(is_kept, told.dropped.is_empty());
    let reasons = told.dropped.iter().flat_map(|one| &one.reasons);
    reasons.map(|reason| reason.fault).collect()
}

const TRUE: [(&str, &[&str]); 27] = [
    ("It ends at 0:07.", &["text_1"]),
    ("The longest shot lasts 5.2 s.", &["shot_5"]),
    ("It runs from 3.4 to 8.6 seconds.", &["shot_5"]),
    ("A cut comes at 0:02.", &["cut_1"]),
    ("The first cut comes at 2.0 s, the last at 8.6 s.", &[]),
    ("There are 6 scenes and 5 cuts.", &[]),
    ("The pacing score is 0.72.", &[]),
    ("The pacing score is 72 %.", &[]),
    ("About 35 scenes per minute.", &[]),
    ("At 8.8 s a voice says \"Follow for more!\"", &["speech_1"]),
    ("“follow  FOR more” is said last.", &["speech_1"]),
    ("The text \"3 THINGS\" opens the video.", &["text_1"]),
    ("The text returns at 6 s until 7.75 s.", &["text_1"]),
    ("Shots last 1.73 s on average.", &[]),
    ("All of it takes 10.4 seconds.", &[]),
    ("A 10 second video.", &[]),
    ("At 3 s the pace changes.", &["shot_4"]),
    ("As shot_2 shows, it is quick: 500 ms.", &[]),
    ("Two shots of 0.5 s each.", &["shot_2", "shot_3"]),
    ("These 2 shots are short.", &["shot_2", "shot_3"]),
    ("Between 2 and 2.5 s it hurries.", &["shot_2"]),
    (
        "A pause of 7.4 s lies between what is said.",
        &["speech_0", "speech_1"],
    ),
    ("The \"pacingScore\" is high.", &[]),
    ("Cuts at 2, 2.5 and 3.", &["cut_1", "cut_2", "cut_3"]),
    ("The window 0-10 s holds 5 cuts.", &[]),
    ("It names 3 things.", &["text_1"]),
    ("A calm rhythm.", &[]),
];

#[test]
fn what_is_true_is_kept() {
    for (statement, citations) in TRUE {
        assert_eq!(faults(statement, citations), [], "{statement}");
    }
}

#[test]
fn what_is_not_true_is_dropped_and_named() {
    use Fault::{
        BeyondTheEnd, NumberNotMeasured, QuoteNotFound, ShareNotMeasured, TimeNotMeasured,
        UnknownEvent,
    };
    let cases: [(&str, &[&str], &[Fault]); 23] = [
        (
            "The longest shot lasts 6.1 s.",
            &["shot_5"],
            &[TimeNotMeasured],
        ),
        ("It begins at 4.1 s.", &["shot_5"], &[TimeNotMeasured]),
        ("It begins at 6.25 s.", &["speech_1"], &[TimeNotMeasured]),
        ("It turns at 0:42.", &["shot_5"], &[BeyondTheEnd]),
        ("It turns at 0:42.", &[], &[BeyondTheEnd]),
        ("It turns at 5 s.", &[], &[TimeNotMeasured]),
        ("It turns at 3 s.", &["shot_9"], &[UnknownEvent]),
        ("See shot_9.", &[], &[UnknownEvent]),
        ("There are 7 scenes.", &[], &[NumberNotMeasured]),
        ("There are 4 scenes.", &[], &[NumberNotMeasured]),
        ("There are 6 cuts.", &[], &[NumberNotMeasured]),
        ("The pacing score is 0.82.", &[], &[NumberNotMeasured]),
        ("Some 66 % of it is calm.", &[], &[ShareNotMeasured]),
        ("It says \"Mind = Blown\".", &["text_1"], &[QuoteNotFound]),
        ("It says \"THING\".", &["text_1"], &[QuoteNotFound]),
        ("From 3.4 to 9.1 s.", &["shot_5"], &[TimeNotMeasured]),
        (
            "Between 4.77 and 7.33 s.",
            &[],
            &[TimeNotMeasured, TimeNotMeasured],
        ),
        ("Twelve seconds of speech.", &["speech_0"], &[BeyondTheEnd]),
        (
            "99 shots, 88 %, at 77 s.",
            &["shot_1"],
            &[NumberNotMeasured, ShareNotMeasured, BeyondTheEnd],
        ),
        (
            "These 9 shots are short.",
            &["shot_2", "shot_3"],
            &[NumberNotMeasured],
        ),
        ("At 1234.", &[], &[BeyondTheEnd]),
        ("In second 7.", &[], &[TimeNotMeasured]),
        ("At 1 minute 12 seconds.", &["shot_1"], &[BeyondTheEnd]),
    ];
    for (statement, citations, expected) in cases {
        assert_eq!(faults(statement, citations), expected, "{statement}");
    }
}

#[test]
fn fields_are_checked_like_texts() {
    let metric = |name: &str, value: Value| json!({"name": name, "value": value, "citations": []});
    for (statement, expected) in [
        (metric("totalScenes", json!(6)), vec![]),
        (metric("CoreMetrics.pacingScore", json!(0.72)), vec![]),
        (metric("rhythmConsistency", json!("erratic")), vec![]),
        (metric("transitionSmoothing", Value::Null), vec![]),
        (
            metric("transitionSmoothing", json!(0.5)),
            vec![Fault::MetricDiffers],
        ),
        (metric("totalScenes", json!(7)), vec![Fault::MetricDiffers]),
        (metric("pacingScore", json!(1)), vec![Fault::MetricDiffers]),
        (
            metric("rhythmConsistency", json!("steady")),
            vec![Fault::MetricDiffers],
        ),
        (metric("viralScore", json!(6)), vec![Fault::UnknownMetric]),
        (metric("", json!(6)), vec![Fault::UnknownMetric]),
        (
            json!({"event": "cut_1", "statement": "It turns.", "citations": []}),
            vec![],
        ),
        (
            json!({"event": "cut_7", "statement": "It turns.", "citations": []}),
            vec![Fault::UnknownEvent],
        ),
        (json!({"timestamp": 3.4, "sceneDuration": 5.2}), vec![]),
        (
            json!({"timestamp": 3.9, "sceneDuration": 5.2}),
            vec![Fault::TimeNotMeasured],
        ),
        (json!({"timestamp": "0:12"}), vec![Fault::BeyondTheEnd]),
        (json!({"timestamp": "4.1"}), vec![Fault::TimeNotMeasured]),
        (json!({"second": 2, "cutsPerSecond": 2}), vec![]),
        (
            json!({"second": 2, "cutsPerSecond": 9}),
            vec![Fault::MetricDiffers],
        ),
        (json!({"start": 3.4, "end": 8.6, "duration": 5.2}), vec![]),
        (
            json!({"start": 3.4, "end": 8.6, "duration": 4.1}),
            vec![Fault::TimeNotMeasured],
        ),
        (
            json!({"citations": ["shot_1", "shot_77"], "statement": "Calm."}),
            vec![Fault::UnknownEvent],
        ),
        (
            json!({"citations": [3], "statement": "Calm."}),
            vec![Fault::UnknownEvent],
        ),
        (
            json!({"deep": {"deeper": [{"note": "at 77 s"}]}}),
            vec![Fault::BeyondTheEnd],
        ),
        (json!("At 77 s."), vec![Fault::BeyondTheEnd]),
        (json!(4711), vec![Fault::NumberNotMeasured]),
        (json!(true), vec![]),
        (json!({"timestamp": 2.0, "event": "zoom in"}), vec![]),
        (
            json!({"timestamp": 2.0, "event": "zoom at 77 s"}),
            vec![Fault::BeyondTheEnd],
        ),
    ] {
        assert_eq!(faults_of(statement.clone()), expected, "{statement}");
    }
}

#[test]
fn the_unit_is_the_statement_and_its_place_keeps_its_shape() {
    let answer = json!({
        "CoreMetrics": {
            "summary": [claim("At 77 s.", &["shot_1"]), claim("At 2 s.", &["shot_1"]), claim("Calm.", &[])],
            "note": "Ends at 77 s.",
            "totalScenes": 6,
            "longTakesCount": 9,
            "nothing": null,
            "empty": "",
            "none": [], "gaps": [null, ""],
            "nested": {"note": "Ends at 10.4 s."},
        },
        "KeyEvents": {"timestamps": ["cut_1", "cut_77", 2.0, 4.1]},
        "Patterns": {
            "pacingStyle": {"value": "montage", "citations": ["shot_1"]},
            "visualTempo": {"value": "fast", "citations": ["shot_77"]},
            "cutMotivation": {"value": null, "citations": []},
        },
        "Quality": "The cuts are sure.\n\nIt ends at 77 s.\nIt ends at 10.4 s.",
    });
    let (kept, told) = ground(answer.as_object().unwrap(), &evidence());
    assert_eq!(
        Value::Object(kept),
        json!({
            "CoreMetrics": {
                "summary": [claim("At 2 s.", &["shot_1"]), claim("Calm.", &[])],
                "note": null,
                "totalScenes": 6,
                "longTakesCount": null,
                "nothing": null,
                "empty": "",
                "none": [], "gaps": [null, ""],
                "nested": {"note": "Ends at 10.4 s."},
            },
            "KeyEvents": {"timestamps": ["cut_1", 2.0]},
            "Patterns": {
                "pacingStyle": {"value": "montage", "citations": ["shot_1"]},
                "visualTempo": {"value": null, "citations": []},
                "cutMotivation": {"value": null, "citations": []},
            },
            "Quality": "The cuts are sure.\n\nIt ends at 10.4 s.",
        })
    );
    let paths: Vec<&str> = told.dropped.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/CoreMetrics/summary/0",
            "/CoreMetrics/note",
            "/CoreMetrics/longTakesCount",
            "/KeyEvents/timestamps/1",
            "/KeyEvents/timestamps/3",
            "/Patterns/visualTempo",
            "/Quality/2"
        ]
    );
    assert_eq!((told.statements, told.grounded, told.unchecked), (16, 7, 2));
    assert_eq!(told.grounding_rate, Some(0.5));
    assert_eq!(told.faults[&Fault::BeyondTheEnd], 3);
    assert_eq!(told.faults[&Fault::UnknownEvent], 2);
    let written = serde_json::to_value(&told).unwrap();
    assert_eq!(
        written["dropped"][0]["reasons"][0],
        json!({"fault": "beyond_the_end", "said": "77"})
    );
    assert_eq!(written["faults"]["metric_differs"], 1);
    assert_eq!(
        serde_json::from_value::<llm::grounding::Grounding>(written).unwrap(),
        told
    );
}

#[test]
fn numbers_on_the_screen_may_be_named_where_they_are_cited() {
    assert_eq!(faults("The number 42 is shown.", &["text_2"]), []);
    assert_eq!(
        faults("The number 42 is shown.", &["text_1"]),
        [Fault::NumberNotMeasured]
    );
}

#[test]
fn the_length_of_a_list_of_times_is_no_time() {
    let evidence = Evidence::new(Some(100.0), vec![], &json!({"durations": [7.7, 8.8, 9.9]}));
    let held = |text: &str| {
        let (_, told) = ground(&blocks("a", json!([text])), &evidence);
        told.dropped.is_empty()
    };
    assert!(held("It turns at 7.7 s."));
    assert!(held("There are 3."));
    assert!(!held("It turns at 3 s."));
}

/// What real models gave back when prompts held examples: findings of a video that had nothing of
/// the kind.
#[test]
fn b93_findings_about_what_was_not_measured_are_dropped() {
    let nothing = Evidence::of_unified(
        VISUAL_OVERLAY_ANALYSIS,
        &json!({"duration": 10.4, "ml_data": {"ocr": {}}}),
        &json!({"CoreMetrics": {"totalTextOverlays": 0, "timeToFirstText": null}}),
    );
    assert!(nothing.events().is_empty());
    let answer = json!({"KeyEvents": {"keyTextMoments": [
        {"timestamp": 3, "text": "\"Mind = Blown\""},
        {"statement": "\"Wait for it\" appears.", "citations": ["text_1"]},
        {"statement": "12 transitions of emotion.", "citations": []},
        {"statement": "There are 0 overlays.", "citations": []},
    ]}});
    let (kept, told) = ground(answer.as_object().unwrap(), &nothing);
    let left = json!([{"statement": "There are 0 overlays.", "citations": []}]);
    assert_eq!(kept["KeyEvents"]["keyTextMoments"], left);
    assert_eq!(
        (told.grounded, told.dropped.len(), told.grounding_rate),
        (1, 3, Some(0.25))
    );
}

#[test]
fn an_answer_with_nothing_to_check_has_no_rate() {
    let answer = json!({"Patterns": {"a": ["Calm."], "b": "Quick."}});
    let (kept, told) = ground(answer.as_object().unwrap(), &evidence());
    assert_eq!(Some(&kept), answer.as_object());
    assert_eq!(
        (told.statements, told.unchecked, told.grounding_rate),
        (2, 2, None)
    );
}

#[test]
fn the_events_of_an_analysis_are_those_of_the_unified_analysis() {
    for analysis in ANALYSES {
        let evidence = Evidence::of_unified(analysis, &unified(), &json!({}));
        assert!(!evidence.events().is_empty(), "{}", analysis.name);
        let prompt = evidence.for_prompt();
        assert_eq!(prompt.as_array().unwrap().len(), evidence.ids().len());
        for event in evidence.events() {
            assert_eq!(evidence.event(&event.id), Some(event));
            for (start, end) in &event.times {
                assert!((0.0..=10.4).contains(start) && start <= end, "{event:?}");
            }
        }
    }
    let evidence = Evidence::of_unified(SCENE_PACING, &unified(), &json!({}));
    let of = |id: &str| evidence.event(id).unwrap().clone();
    assert_eq!(of("shot_5").times, [(3.4, 8.6)]);
    assert_eq!(
        (of("cut_3").kind.as_str(), of("cut_3").label.as_deref()),
        ("cut", Some("fade"))
    );
    assert_eq!(of("text_1").times, [(0.0, 1.25), (6.25, 7.75)]);
    assert_eq!(of("speech_1").label.as_deref(), Some("Follow for more!"));
    assert_eq!(
        evidence.event("obj_1"),
        None,
        "objects are no matter of pacing"
    );
    assert_eq!(
        Evidence::of_unified(SCENE_PACING, &json!({}), &json!({})).events(),
        []
    );
}

#[test]
fn of_many_events_every_so_many_is_handed_over_and_all_are_counted() {
    let event = |number: usize| Event {
        id: format!("cut_{number}"),
        kind: "cut".into(),
        label: None,
        times: vec![(number as f64, number as f64)],
    };
    let all: Vec<Event> = (0..1000).chain(0..10).map(event).collect();
    let evidence = Evidence::new(Some(1000.0), all, &json!({}));
    assert_eq!(evidence.events().len(), MAX_EVENTS_PER_KIND);
    let held = |text: &str| {
        ground(&blocks("a", json!([text])), &evidence)
            .1
            .dropped
            .is_empty()
    };
    assert!(held("There are 1000 cuts."));
    assert!(!held("There are 60 cuts."));
    assert!(!held("cut_0 comes first."), "it was not handed over");
}
