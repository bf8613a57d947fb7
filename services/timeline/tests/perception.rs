//! What becomes of people, words, emotions, labels and safety.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    failure, json,
    perceived::{self, perceived},
    result, run, unified,
};
use contracts::{StageName, manifest::FailureClass};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::Input;

fn entries<'a>(unified: &'a Value, entry_type: &str) -> Vec<&'a Value> {
    let all = unified["timeline"]["entries"].as_array().unwrap();
    all.iter()
        .filter(|entry| entry["entry_type"] == entry_type)
        .collect()
}

#[test]
fn results_stand_whole_under_their_keys() {
    let unified = unified(&perceived());
    for (key, whole) in [
        ("whisper", perceived::speech()),
        ("ocr", perceived::text()),
        ("mediapipe", perceived::people()),
        ("emotion_detection", perceived::emotions()),
        ("labels", perceived::labels()),
        ("moderation", perceived::moderation()),
    ] {
        assert_eq!(unified["ml_data"][key], whole, "{key}");
        assert_eq!(unified["pipeline_status"][key], true, "{key}");
    }
    let models: Vec<&str> = unified["processing_metadata"]["provenance"]["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["name"].as_str().unwrap())
        .collect();
    for model in [
        "yunet",
        "face-expression",
        "whisper-base",
        "pp-ocr-detection",
        "open-nsfw",
    ] {
        assert!(models.contains(&model), "{model} is not among {models:?}");
    }
}

#[test]
fn everything_found_is_on_the_timeline() {
    let unified = unified(&perceived());
    let counts = &unified["processing_metadata"]["entry_types"];
    for (entry_type, count) in [
        ("speech", 2),
        ("text", 3),
        ("sticker", 1),
        ("pose", 1),
        ("gaze", 3),
        ("face", 4),
        ("gesture", 3),
        ("emotion", 4),
    ] {
        assert_eq!(counts[entry_type], count, "{entry_type}");
    }
    let spoken = entries(&unified, "speech");
    assert_eq!(
        (spoken[1]["start"].as_f64(), spoken[1]["end"].as_f64()),
        (Some(8.8), Some(10.2))
    );
    assert_eq!(spoken[0]["data"]["language"], "en");
    assert_eq!(
        unified["speechTimeline"]["8s"][0]["text"],
        "Follow for more!"
    );
    let texts = entries(&unified, "text");
    assert_eq!(
        texts[2]["start"], 6.25,
        "a text that returns has an entry of its own"
    );
    assert_eq!(texts[2]["data"]["role"], "hook_title");
    assert_eq!(unified["textTimeline"]["2s"][0]["text"], "42");
    assert_eq!(
        entries(&unified, "gaze")[2]["data"]["gaze_direction"],
        "left"
    );
    let starts: Vec<f64> = unified["timeline"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["start"].as_f64().unwrap())
        .collect();
    assert!(starts.is_sorted());
}

#[test]
fn elements_are_counted_as_people_would_count_them() {
    let density = result(&perceived(), "creative_density");
    let counts = &density["densityCoreMetrics"]["elementCounts"];
    assert_eq!(
        counts["text"], 1,
        "one title twice is one text, a filmed number is none"
    );
    assert_eq!(counts["sticker"], 1);
    assert_eq!(
        counts["gesture"], 2,
        "a thumb held over two frames is one gesture"
    );
    assert_eq!(counts["expression"], 2, "joy, then surprise");
    assert_eq!(density["densityQuality"]["dataCompleteness"], 1.0);
    let curve = density["densityDynamics"]["densityCurve"]
        .as_array()
        .unwrap();
    // A person and a cup in one frame; the title; a thumb; a face.
    assert_eq!(curve[0]["density"], 2.0 + 1.0 + 1.0 + 1.0);
    // The title only.
    assert_eq!(curve[7]["density"], 1.0);
}

#[test]
fn a_text_that_flickers_counts_once_in_a_second_and_ends_with_the_video() {
    let mut read = perceived::text();
    let mut again = read["tracks"][0]["intervals"][1].clone();
    (again["start"], again["end"]) = (json!(7.8), json!(7.9));
    read["tracks"][0]["intervals"]
        .as_array_mut()
        .unwrap()
        .push(again.clone());
    (again["start"], again["end"]) = (json!(10.0), json!(11.0));
    read["tracks"][0]["intervals"]
        .as_array_mut()
        .unwrap()
        .push(again);
    let input = Input {
        text: json(&read),
        ..perceived()
    };
    let density = result(&input, "creative_density");
    let curve = density["densityDynamics"]["densityCurve"].clone();
    assert_eq!(curve[7]["density"], 1.0, "visible twice within the second");
    let whole = unified(&input);
    assert_eq!(entries(&whole, "text")[4]["end"], 10.4);
}

#[test]
fn a_network_that_took_part_twice_is_named_once() {
    let mut labelled = perceived::labels();
    labelled["metadata"]["models"] = perceived::people()["metadata"]["models"].clone();
    let input = Input {
        labels: json(&labelled),
        ..perceived()
    };
    let whole = unified(&input);
    let models = whole["processing_metadata"]["provenance"]["models"].as_array();
    let named = models
        .unwrap()
        .iter()
        .filter(|model| model["name"] == "yunet");
    assert_eq!(named.count(), 1);
}

#[test]
fn what_a_stage_did_not_leave_is_null_with_its_reason() {
    type Take = fn(&mut Input);
    let cases: [(StageName, &str, &[&str], Take); 6] = [
        (StageName::Transcribe, "whisper", &["speech"], |input| {
            input.speech = None
        }),
        (StageName::Ocr, "ocr", &["text", "stickers"], |input| {
            input.text = None
        }),
        (
            StageName::People,
            "mediapipe",
            &["faces", "bodies", "gestures"],
            |input| {
                input.people = None;
            },
        ),
        (
            StageName::Emotion,
            "emotion_detection",
            &["emotions"],
            |input| {
                input.emotions = None;
            },
        ),
        (StageName::Label, "labels", &["labels"], |input| {
            input.labels = None
        }),
        (StageName::Moderate, "moderation", &["safety"], |input| {
            input.moderation = None
        }),
    ];
    for (stage, key, modalities, take) in cases {
        let mut input = perceived();
        take(&mut input);
        input.failures = vec![failure(
            stage,
            FailureClass::Exhausted,
            "weights are missing",
        )];
        let output = run(&input);
        assert!(output.degraded, "{stage}");
        let whole = common::parse(&output.unified);
        assert_eq!(whole["ml_data"][key], json!({}), "{stage}");
        assert_eq!(whole["pipeline_status"][key], false, "{stage}");
        for modality in modalities {
            let row = &whole["processing_metadata"]["coverage"][modality];
            assert_eq!(row["measured"], false, "{modality}");
            let reason = format!("the {stage} stage failed: weights are missing");
            assert_eq!(row["reason"], reason, "{modality}");
        }
    }
    let mut input = perceived();
    input.text = None;
    input.failures = vec![failure(
        StageName::Ocr,
        FailureClass::Exhausted,
        "weights are missing",
    )];
    let density = result(&input, "creative_density");
    assert!(density["densityCoreMetrics"]["elementCounts"]["text"].is_null());
    assert_eq!(
        density["densityQuality"]["notMeasured"]["densityCoreMetrics.elementCounts.text"],
        "the ocr stage failed: weights are missing"
    );
}

#[test]
fn nothing_is_safe_for_want_of_a_look() {
    let mut judged = perceived::moderation();
    judged["explicitContent"] = Value::Null;
    judged["reason"] = json!("the video has no frames");
    let input = Input {
        moderation: json(&judged),
        ..perceived()
    };
    let row = unified(&input)["processing_metadata"]["coverage"]["safety"].clone();
    assert_eq!(row["measured"], false);
    assert_eq!(row["reason"], "the video has no frames");
}

#[test]
fn stickers_nobody_looked_for_are_not_none() {
    let mut read = perceived::text();
    read["stickers"] = json!([]);
    read["metadata"]["stickers"] = json!({"measured": false, "reason": "there are no shots"});
    read["metadata"]["stickers_detected"] = Value::Null;
    let input = Input {
        text: json(&read),
        ..perceived()
    };
    let density = result(&input, "creative_density");
    assert!(density["densityCoreMetrics"]["elementCounts"]["sticker"].is_null());
    assert_eq!(
        density["densityQuality"]["notMeasured"]["densityCoreMetrics.elementCounts.sticker"],
        "there are no shots"
    );
}

#[test]
fn bodies_nobody_looked_for_are_not_none() {
    let mut found = perceived::people();
    found["poses"] = Value::Null;
    found["metadata"]["unmeasured"]["poses"] = json!("persons are not known");
    let input = Input {
        people: json(&found),
        ..perceived()
    };
    let row = unified(&input)["processing_metadata"]["coverage"]["bodies"].clone();
    assert_eq!(row["reason"], "persons are not known");
}

#[test]
fn silence_of_words_is_a_result() {
    let mut heard = perceived::speech();
    heard["status"] = json!("no_speech");
    heard["text"] = json!("");
    heard["segments"] = json!([]);
    heard["language"] = Value::Null;
    let quiet = |status: &str| {
        let mut heard = heard.clone();
        heard["status"] = json!(status);
        if status == "no_audio" {
            heard["duration"] = Value::Null;
        }
        let input = Input {
            speech: json(&heard),
            ..perceived()
        };
        assert!(!run(&input).degraded);
        unified(&input)["processing_metadata"]["coverage"]["speech"].clone()
    };
    assert_eq!(quiet("no_speech")["share"], 1.0);
    assert_eq!(quiet("no_audio")["reason"], "the file has no audio stream");
}

#[test]
fn bad_items_are_dropped_and_counted() {
    let mut heard = perceived::speech();
    let mut late = heard["segments"][0].clone();
    late["start"] = json!(400.0);
    heard["segments"].as_array_mut().unwrap().push(late);
    let mut read = perceived::text();
    read["tracks"]
        .as_array_mut()
        .unwrap()
        .push(json!({"trackId": "text_9"}));
    let mut found = perceived::people();
    let mut face = found["faces"][0].clone();
    face["confidence"] = json!(7);
    found["faces"].as_array_mut().unwrap().push(face);
    let mut judged = perceived::moderation();
    judged["frame_results"]
        .as_array_mut()
        .unwrap()
        .push(json!(null));
    let input = Input {
        speech: json(&heard),
        text: json(&read),
        people: json(&found),
        moderation: json(&judged),
        ..perceived()
    };
    let spoiled = unified(&input);
    assert_eq!(
        spoiled["processing_metadata"]["dropped_items"],
        json!({
            "mediapipe.faces": 1, "moderation.frame_results": 1, "ocr.tracks": 1,
            "whisper.segments": 1,
        })
    );
    assert_eq!(spoiled["ml_data"], unified(&perceived())["ml_data"]);
}

#[test]
fn what_is_told_twice_happened_once() {
    let repeat = |list: &mut Value| {
        let items = list.as_array_mut().unwrap();
        items.push(items[0].clone());
    };
    let mut heard = perceived::speech();
    repeat(&mut heard["segments"][0]["words"]);
    repeat(&mut heard["segments"]);
    let mut read = perceived::text();
    repeat(&mut read["tracks"][0]["intervals"]);
    repeat(&mut read["tracks"]);
    let mut found = perceived::people();
    repeat(&mut found["faces"]);
    repeat(&mut found["metadata"]["frame_times"]);
    let input = Input {
        speech: json(&heard),
        text: json(&read),
        people: json(&found),
        ..perceived()
    };
    let told_twice = unified(&input);
    assert_eq!(
        told_twice["processing_metadata"]["dropped_items"],
        json!({
            "mediapipe.faces": 1, "mediapipe.metadata.frame_times": 1, "ocr.tracks": 1,
            "whisper.segments": 1,
        })
    );
    assert_eq!(told_twice["ml_data"], unified(&perceived())["ml_data"]);
}

/// Seen at 0.5 s and at 1 s: in both seconds.
#[test]
fn a_gesture_is_there_in_its_last_frame() {
    let density = result(&perceived(), "creative_density");
    let together = &density["densityInteractions"]["elementCooccurrence"];
    assert_eq!(together["gesture_text"], 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = Some(bytes::Bytes::from(bytes));
        let input = Input {
            speech: bytes.clone(),
            text: bytes.clone(),
            people: bytes.clone(),
            emotions: bytes.clone(),
            labels: bytes.clone(),
            moderation: bytes,
            ..perceived()
        };
        prop_assert!(run(&input).degraded);
    }

    #[test]
    fn speech_that_outlasts_the_picture_ends_with_it(end in 8.9_f64..40.0) {
        let mut heard = perceived::speech();
        heard["segments"][1]["end"] = json!(end);
        let input = Input { speech: json(&heard), ..perceived() };
        let whole = unified(&input);
        let last = entries(&whole, "speech")[1]["end"].as_f64().unwrap();
        prop_assert_eq!(last, end.min(10.4));
    }
}
