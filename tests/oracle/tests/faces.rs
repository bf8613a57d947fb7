//! The formulas for faces against recorded results of the original Python system.
//!
//! The original kept one expression, face and look per second and took the confidence of a label
//! for its intensity; what it kept is fed to the formulas, which must then give what it published.
//! Where `ORACLE_DIR` does not name the recordings, the tests say so and pass.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "common/recorded.rs"]
mod recorded;

use contracts::{
    MediaTime, TimeSpan,
    emotion::{EmotionLabel, EmotionScores},
    people::{GazeDirection, Rectangle},
};
use recorded::{FEW, cases, load, same};
use serde_json::{Value, json};
use std::path::Path;
use timeline::compute::{
    clock::Clock,
    emotional::{self, Journey},
    events::{ExpressionSeen, Expressions, FaceSeen, GazeSeen, People, PeopleFrame, Sighting},
    framing::{self, Framing},
    numbers::{mean, round_to},
};

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

/// The first number of a key.
fn start(key: &str) -> f64 {
    key.split('-').next().unwrap().parse().unwrap()
}

fn duration(case: &Path) -> f64 {
    let unified = load(&case.join("unified_analysis.json")).unwrap();
    unified["duration"].as_f64().unwrap()
}

/// Entries of a recorded timeline, in its order.
fn entries(timelines: &Value, timeline: &str) -> Vec<(f64, Value)> {
    let entries = timelines[timeline].as_object().unwrap().iter();
    let mut all: Vec<(f64, Value)> = entries
        .map(|(key, value)| (start(key), value.clone()))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

fn expression((seconds, value): &(f64, Value)) -> Option<ExpressionSeen> {
    let confidence = value["confidence"].as_f64().unwrap_or(0.5);
    let label: EmotionLabel = serde_json::from_value(value["emotion"].clone()).ok()?;
    Some(ExpressionSeen {
        time: at(*seconds),
        label,
        confidence,
        scores: EmotionScores::default(),
        valence: 0.0,
        intensity: confidence,
    })
}

/// The expressions of a recording, of which all that follow each other are neighbours.
fn journey(timelines: &Value, duration: f64) -> Option<Journey> {
    let recorded = entries(timelines, "expressionTimeline");
    let seen: Option<Vec<ExpressionSeen>> = recorded.iter().map(expression).collect();
    let expressions = Expressions {
        frames: vec![MediaTime::ZERO, at(1e6)],
        seen: seen?,
        stretches: Vec::new(),
    };
    let journey = Journey::of(Clock::new(at(duration)), &expressions).ok()?;
    (journey.seen().len() > 1).then_some(journey)
}

#[test]
fn formulas_for_expressions_give_what_was_recorded() {
    let mut compared = 0;
    for case in cases() {
        let (Some(timelines), Some(result)) = (
            load(&case.join("basic/timelines.json")),
            load(&case.join("emotional_journey.json")),
        ) else {
            continue;
        };
        if timelines.get("expressionTimeline").is_none() {
            continue;
        }
        if result.get("emotionalCoreMetrics").is_none() {
            continue;
        }
        let duration = duration(&case);
        let Some(journey) = journey(&timelines, duration) else {
            continue;
        };
        compare_core(&name(&case), &journey, &timelines, &result);
        compare_changes(&name(&case), &journey, &result);
        let complete = emotional::quality::data_completeness(journey.seen().len(), journey.clock());
        same(
            &name(&case),
            "emotionalDataCompleteness",
            &json!(round_to(complete, 2)),
            &result["emotionalQuality"]["emotionalDataCompleteness"],
        );
        compared += 1;
    }
    eprintln!("compared emotional_journey of {compared} recordings");
    assert!(compared > 0 || cases().len() < FEW, "nothing was compared");
}

fn compare_core(name: &str, journey: &Journey, timelines: &Value, result: &Value) {
    let seen = journey.seen();
    let gestures: Vec<Sighting> = entries(timelines, "gestureTimeline")
        .iter()
        .map(|(seconds, _)| Sighting {
            span: TimeSpan::new(at(*seconds), at(*seconds)),
            label: String::new(),
            confidence: 1.0,
        })
        .collect();
    let alignment = emotional::core::gesture_alignment(seen, &gestures);
    let diversity = emotional::core::diversity(journey.labels()).unwrap();
    let intensity = emotional::core::intensity(seen).unwrap();
    let theirs = &result["emotionalCoreMetrics"];
    for (field, ours) in [
        ("uniqueEmotions", json!(journey.labels())),
        ("emotionTransitions", json!(journey.changes().len())),
        ("emotionalDiversity", json!(round_to(diversity, 2))),
        ("gestureEmotionAlignment", json!(round_to(alignment, 2))),
        ("emotionalIntensity", json!(round_to(intensity, 2))),
    ] {
        same(name, field, &ours, &theirs[field]);
    }
}

fn compare_changes(name: &str, journey: &Journey, result: &Value) {
    let counts = (journey.changes().len(), journey.seen().len());
    let theirs = &result["emotionalDynamics"];
    let smoothness = emotional::dynamics::smoothness(counts.0, counts.1).unwrap();
    let smoothness = json!(round_to(smoothness, 2));
    same(
        name,
        "transitionSmoothness",
        &smoothness,
        &theirs["transitionSmoothness"],
    );
    let arc = emotional::dynamics::arc(counts, journey.labels(), None);
    same(name, "emotionalArc", &json!(arc), &theirs["emotionalArc"]);
    let strategy = emotional::patterns::strategy(counts, journey.labels());
    let theirs = &result["emotionalPatterns"]["pacingStrategy"];
    same(name, "pacingStrategy", &json!(strategy), theirs);
    // Theirs end after a few.
    let lists = [
        (
            emotional::key_events::transitions(journey),
            &result["emotionalKeyEvents"]["transitionPoints"],
        ),
        (
            emotional::interactions::contrasts(journey),
            &result["emotionalInteractions"]["emotionalContrastMoments"],
        ),
    ];
    for (ours, theirs) in lists {
        let theirs = theirs.as_array().unwrap();
        assert!(ours.len() >= theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(theirs) {
            for field in ["timestamp", "fromEmotion", "toEmotion"] {
                same(name, field, &json!(ours)[field], &theirs[field]);
            }
        }
    }
}

/// The faces and looks of a recording, one frame in every whole second of it.
fn framing(timelines: &Value, duration: f64) -> Option<Framing> {
    let seconds = duration.trunc();
    let persons = entries(timelines, "personTimeline");
    let faces = |second: f64| {
        let recorded = persons.iter().find(|(time, _)| *time == second);
        let bbox = recorded.map(|(_, value)| value["face_bbox"].clone())?;
        let bbox: Rectangle = serde_json::from_value(bbox).ok()?;
        Some(FaceSeen {
            bbox,
            confidence: 1.0,
            track: None,
        })
    };
    let frames = (0..seconds as u32).map(|second| PeopleFrame {
        time: at(f64::from(second)),
        persons: None,
        faces: faces(f64::from(second)).into_iter().collect(),
        distance: None,
    });
    let gaze = entries(timelines, "gazeTimeline").into_iter();
    let people = People {
        frames: frames.collect(),
        gaze: gaze
            .filter_map(|(time, value)| {
                Some(GazeSeen {
                    time: at(time),
                    rank: 1,
                    eye_contact: value["eye_contact"].as_f64()?,
                    direction: GazeDirection::Camera,
                })
            })
            .collect(),
    };
    Framing::of(Clock::new(at(seconds)), &people).ok()
}

fn reaches_beyond_the_picture(timelines: &Value) -> bool {
    entries(timelines, "personTimeline").iter().any(|(_, one)| {
        let side = |name: &str| one["face_bbox"][name].as_f64().unwrap_or_default();
        let beyond = |start: f64, extent: f64| start < 0.0 || start + extent > 1.0;
        beyond(side("x"), side("width")) || beyond(side("y"), side("height"))
    })
}

#[test]
fn formulas_for_framing_give_what_was_recorded() {
    let (mut compared, mut looked) = (0, 0);
    for case in cases() {
        let (Some(timelines), Some(result)) = (
            load(&case.join("basic/timelines.json")),
            load(&case.join("person_framing.json")),
        ) else {
            continue;
        };
        if result.get("personFramingCoreMetrics").is_none()
            || timelines["personTimeline"] == json!({})
        {
            continue;
        }
        // Such a face is as large as its part inside; the original took all of it.
        if reaches_beyond_the_picture(&timelines) {
            continue;
        }
        let duration = duration(&case);
        let Some(framing) = framing(&timelines, duration) else {
            continue;
        };
        let name = name(&case);
        let progression = framing::dynamics::progression(&framing);
        let theirs = &result["personFramingDynamics"]["framingProgression"];
        same(&name, "framingProgression", &json!(progression), theirs);
        let changes = framing::dynamics::changes(&framing);
        let theirs = &result["personFramingKeyEvents"]["framingChanges"];
        same(&name, "framingChanges", &json!(changes.len()), theirs);
        compare_size(&name, &framing, &timelines, &result);
        looked += compare_gaze(&name, &framing, duration, &result);
        compared += 1;
    }
    eprintln!("compared person_framing of {compared} recordings, {looked} with gaze");
    assert!(compared > 0 || cases().len() < FEW, "nothing was compared");
}

fn compare_size(name: &str, framing: &Framing, timelines: &Value, result: &Value) {
    let entries = entries(timelines, "personTimeline");
    let faces = entries
        .iter()
        .filter(|(_, one)| !one["face_bbox"].is_null());
    if faces.count() != framing.main_faces().count() {
        // They also had one at the very end.
        return;
    }
    let size = mean(&framing.areas()).unwrap_or_default();
    let theirs = &result["personFramingCoreMetrics"]["averageFaceSize"];
    same(name, "averageFaceSize", &json!(size), theirs);
}

fn compare_gaze(name: &str, framing: &Framing, duration: f64, result: &Value) -> usize {
    let gaze = framing.gaze();
    let Some(rate) = framing::core::eye_contact_rate(gaze) else {
        return 0;
    };
    // Theirs is a share of all seconds, ours of those in which it was measured.
    let rate = round_to(rate * gaze.len() as f64 / duration.trunc(), 2);
    let theirs = &result["personFramingCoreMetrics"]["eyeContactRate"];
    same(name, "eyeContactRate", &json!(rate), theirs);
    // Theirs leaves looking away out.
    if gaze.iter().all(|one| one.eye_contact > 0.0)
        && let Some(steadiness) = framing::dynamics::gaze_steadiness(gaze)
    {
        let theirs = &result["personFramingDynamics"]["gazeSteadiness"];
        same(name, "gazeSteadiness", &json!(steadiness), theirs);
    }
    1
}
