//! `person_framing` of videos whose values are known by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    failure, json, no_audio,
    perceived::{self, perceived},
    result, video,
};
use contracts::{StageName, manifest::FailureClass};
use serde_json::{Value, json};
use timeline::compute::Input;

fn person_framing(input: &Input) -> Value {
    result(input, "person_framing")
}

/// The perceived video with other people.
fn with(change: impl FnOnce(&mut Value)) -> Input {
    let mut people = perceived::people();
    change(&mut people);
    Input {
        people: json(&people),
        ..perceived()
    }
}

fn near(value: &Value, expected: f64) {
    let number = value.as_f64().unwrap();
    assert!((number - expected).abs() < 1e-9, "{number} for {expected}");
}

#[test]
fn somebody_for_two_seconds() {
    let result = person_framing(&perceived());
    let core = &result["personFramingCoreMetrics"];
    assert_eq!(core["primarySubject"], "single");
    near(&core["averageFaceSize"], 3.0);
    assert_eq!(core["faceVisibilityRate"], 4.0 / 21.0);
    assert_eq!(core["framingConsistency"], 1.0);
    assert_eq!(core["subjectCount"], 1);
    assert_eq!(core["dominantFraming"], "wide");
    assert_eq!(core["eyeContactRate"], 0.5);
    assert_eq!(core["personPresenceRate"], 1.0);
    assert_eq!(core["avgPersonCount"], 1.0);
    assert_eq!(core["maxSimultaneousPeople"], 1);
    near(&core["confidence"], 0.93);
    let dynamics = &result["personFramingDynamics"];
    assert_eq!(dynamics["gazeSteadiness"], "low");
    assert_eq!(
        dynamics["framingProgression"],
        json!([
            {
                "timestamp": "0-2s", "type": "wide", "distance": "wide", "coverage": 3.0,
                "start": 0.0, "end": 2.0, "duration": 2.0,
            },
            {
                "timestamp": "2-11s", "type": "none", "distance": "none", "coverage": 0.0,
                "start": 2.0, "end": 10.4, "duration": 8.4,
            },
        ])
    );
    near(&dynamics["distanceVariation"], 0.0);
    assert_eq!(dynamics["framingTransitions"], 1);
    assert_eq!(dynamics["movementPattern"], "static");
    near(&dynamics["stabilityScore"], 1.0);
    let interactions = &result["personFramingInteractions"];
    assert_eq!(
        interactions["multiPersonDynamics"],
        json!({"max": 1, "mean": 4.0 / 21.0, "secondsWithTwoOrMore": 0})
    );
    assert_eq!(
        interactions["speakerFraming"],
        json!({"dominantShot": "wide", "faceShare": 0.4})
    );
    assert_eq!(interactions["interactionZones"], Value::Null);
    assert_eq!(interactions["socialDistance"], "social");
}

#[test]
fn moments_and_rules_of_the_same_video() {
    let result = person_framing(&perceived());
    let events = &result["personFramingKeyEvents"];
    assert_eq!(events["closeUpMoments"], json!([]));
    assert_eq!(events["groupShots"], json!([]));
    let moments = events["keySubjectMoments"].as_array().unwrap();
    let of = |index: usize, field: &str| moments[index][field].clone();
    assert_eq!(moments.len(), 3);
    assert_eq!(of(0, "type"), "first_appearance");
    assert_eq!(of(0, "timestamp"), "0-1s");
    assert_eq!(of(1, "type"), "last_appearance");
    assert_eq!(of(1, "time"), 1.5);
    assert_eq!(of(2, "type"), "largest_face");
    assert_eq!(of(2, "time"), 0.0);
    assert_eq!(
        events["framingChanges"],
        json!([{"timestamp": "2-3s", "from": "wide", "to": "none"}])
    );
    assert_eq!(
        events["absenceSegments"],
        json!([{"start": 2.0, "end": 10.4, "duration": 8.4}])
    );
    let patterns = &result["personFramingPatterns"];
    assert_eq!(
        patterns["framingDistribution"],
        json!({
            "close": 0.0, "medium": 0.0, "wide": 2.0 / 11.0, "none": 9.0 / 11.0,
            "extreme_close": null, "full": null,
        })
    );
    assert_eq!(patterns["compositionRule"], "center");
    assert_eq!(patterns["cinematicStyle"], Value::Null);
    let quality = &result["personFramingQuality"];
    assert_eq!(quality["overallScore"], Value::Null);
    assert_eq!(quality["dataCompleteness"], 1.0);
    near(&quality["overallConfidence"], 0.93);
}

#[test]
fn nobody_in_view_is_no_subject() {
    let result = person_framing(&with(|people| {
        people["faces"] = json!([]);
        people["gaze"] = json!([]);
        people["presence"] = json!([]);
    }));
    let core = &result["personFramingCoreMetrics"];
    assert_eq!(core["primarySubject"], "none");
    assert_eq!(core["subjectCount"], 0);
    assert_eq!(core["faceVisibilityRate"], 0.0);
    assert_eq!(core["dominantFraming"], "none");
    let reasons = &result["personFramingQuality"]["notMeasured"];
    for (field, reason) in [
        ("CoreMetrics.averageFaceSize", "no face was seen"),
        ("CoreMetrics.framingConsistency", "no face was seen"),
        (
            "CoreMetrics.eyeContactRate",
            "where the main face looks was not measured in any frame",
        ),
        (
            "CoreMetrics.personPresenceRate",
            "persons were not looked for",
        ),
        ("CoreMetrics.confidence", "no face was seen"),
        (
            "Dynamics.gazeSteadiness",
            "where the main face looks was measured in fewer than two frames",
        ),
        ("Dynamics.distanceVariation", "no face was seen"),
        ("Dynamics.movementPattern", "no face was seen"),
        ("Interactions.socialDistance", "no face was seen"),
        ("Patterns.compositionRule", "no face was seen"),
        ("Quality.overallConfidence", "no face was seen"),
    ] {
        assert_eq!(reasons[format!("personFraming{field}")], reason, "{field}");
    }
    let events = &result["personFramingKeyEvents"];
    assert_eq!(events["keySubjectMoments"], json!([]));
    assert_eq!(events["absenceSegments"][0]["end"], 10.4);
    assert_eq!(
        result["personFramingInteractions"]["speakerFraming"],
        json!({"dominantShot": "none", "faceShare": 0.0})
    );
}

#[test]
fn without_people_every_value_names_the_stage() {
    let result = person_framing(&Input {
        people: None,
        failures: vec![failure(
            StageName::People,
            FailureClass::SwitchedOff,
            "switched off",
        )],
        ..perceived()
    });
    let reasons = &result["personFramingQuality"]["notMeasured"];
    for field in [
        "CoreMetrics.primarySubject",
        "CoreMetrics.confidence",
        "Dynamics.framingProgression",
        "Interactions.multiPersonDynamics.max",
        "Interactions.speakerFraming.dominantShot",
        "KeyEvents.framingChanges",
        "Patterns.framingDistribution.none",
        "Quality.detectionReliability",
    ] {
        assert_eq!(
            reasons[format!("personFraming{field}")],
            "the people stage is switched off",
            "{field}"
        );
    }
    assert_eq!(result["personFramingQuality"]["dataCompleteness"], 0.5);
}

#[test]
fn who_speaks_needs_speech() {
    let reason = |input: Input| {
        let name = "personFramingInteractions.speakerFraming.dominantShot";
        person_framing(&input)["personFramingQuality"]["notMeasured"][name].clone()
    };
    let failed = Input {
        speech: None,
        ..perceived()
    };
    assert_eq!(reason(failed), "the transcribe stage left no result");
    let mut silent = perceived::speech();
    silent["segments"] = json!([]);
    silent["voice_activity"] = json!([]);
    let silent = Input {
        speech: json(&silent),
        sound: json(&no_audio()),
        ..perceived()
    };
    assert_eq!(
        reason(silent),
        "no voice is active in a second that was looked at"
    );
}

#[test]
fn a_video_without_length_has_no_framing() {
    let result = person_framing(&video(0.0));
    let quality = &result["personFramingQuality"];
    assert_eq!(quality["overallConfidence"], Value::Null);
    assert_eq!(quality["dataCompleteness"], Value::Null);
}
