//! Whatever speaks for a judgement can be looked up in the unified analysis of the same run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use bytes::Bytes;
use common::{
    parse,
    perceived::{people, perceived, speech, text},
    rapid_cuts, rich, run, short,
};
use serde_json::{Value, json};
use timeline::{Brand, compute::Input};

fn bytes(value: &Value) -> Option<Bytes> {
    Some(serde_json::to_vec(value).unwrap().into())
}

/// Everything a stage can find, with a brand, faces and objects without tracks, and items that
/// are dropped, so that positions and numbers differ.
fn branded() -> Input {
    let mut heard = speech();
    let segments = heard["segments"].as_array_mut().unwrap();
    let mut lost = segments[0].clone();
    lost["start"] = json!(99.0);
    for (segment, id) in segments.iter_mut().zip(1..) {
        segment["id"] = json!(id);
    }
    segments.insert(0, lost);
    let mut read = text();
    let tracks = read["tracks"].as_array_mut().unwrap();
    tracks[0]["text"] = json!("Look: follow this, Acme");
    tracks[1]["text"] = json!("Rocket Boots");
    let mut seen = people();
    let faces = seen["faces"].as_array_mut().unwrap();
    let mut lost = faces[0].clone();
    lost["timestamp"] = json!(99.0);
    faces.insert(0, lost);
    faces[2]["track_id"] = Value::Null;
    faces[2]["bbox"] = json!({"x": 0.1, "y": 0.1, "width": 0.6, "height": 0.6});
    Input {
        speech: bytes(&heard),
        text: bytes(&read),
        people: bytes(&seen),
        brand: Brand {
            names: vec!["acme".into(), "look".into()],
            products: vec!["rocket boots".into(), "more".into()],
            product_classes: vec!["dog".into(), "cup".into()],
        },
        ..perceived()
    }
}

fn items<'a>(unified: &'a Value, path: &str) -> &'a [Value] {
    let found = unified.pointer(path).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

/// Whether a stored time is that of the clock, which counts whole nanoseconds.
fn near(stored: &Value, start: f64) -> bool {
    stored
        .as_f64()
        .is_some_and(|stored| (stored - start).abs() <= 1e-9)
}

/// Whether the unified analysis has that item at that time.
fn resolves(unified: &Value, modality: &str, id: &str, start: f64) -> bool {
    if id.starts_with('/') {
        let item = unified.pointer(id).unwrap_or(&Value::Null);
        return near(&item["timestamp"], start);
    }
    let starts = |item: &Value, field: &str| near(&item[field], start);
    let numbered = |field: &Value| field.as_u64().is_some_and(|one| id.parse() == Ok(one));
    match modality {
        "shots" => items(unified, "/ml_data/scene_detection/scenes")
            .iter()
            .any(|one| numbered(&one["scene_number"]) && starts(one, "start_time")),
        "speech" => items(unified, "/ml_data/whisper/segments")
            .iter()
            .any(|one| {
                let words = one["words"].as_array().unwrap();
                let said = words.iter().any(|word| starts(word, "start"));
                numbered(&one["id"]) && (said || starts(one, "start"))
            }),
        "text" => items(unified, "/ml_data/ocr/tracks").iter().any(|one| {
            let mut intervals = one["intervals"].as_array().unwrap().iter();
            one["trackId"] == id && intervals.any(|interval| starts(interval, "start"))
        }),
        "faces" => items(unified, "/ml_data/mediapipe/faces")
            .iter()
            .any(|one| one["track_id"] == id && starts(one, "timestamp")),
        "objects" => items(unified, "/ml_data/yolo/objectAnnotations")
            .iter()
            .any(|one| one["trackId"] == id && starts(one, "timestamp")),
        other => panic!("no such modality: {other}"),
    }
}

/// Every piece of evidence as `(rubric, modality, id)`, after it was looked up.
fn looked_up(input: &Input) -> Vec<(String, String, String)> {
    let output = run(input);
    let (unified, measures) = (
        parse(&output.unified),
        parse(output.creative.as_ref().unwrap()),
    );
    let mut found = Vec::new();
    for rubric in measures["abcd"]["rubrics"].as_array().unwrap() {
        for one in rubric["evidence"].as_array().unwrap() {
            let text = |field: &str| one[field].as_str().unwrap().to_owned();
            let (modality, id) = (text("modality"), text("id"));
            let start = one["start"].as_f64().unwrap();
            assert!(
                resolves(&unified, &modality, &id, start),
                "{}: {one} is not in the unified analysis",
                rubric["id"]
            );
            found.push((rubric["id"].as_str().unwrap().to_owned(), modality, id));
        }
    }
    for call in measures["creative"]["callsInSpeech"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let start = call["start"].as_f64().unwrap();
        assert!(resolves(
            &unified,
            "speech",
            call["segment"].as_str().unwrap(),
            start
        ));
    }
    for call in measures["creative"]["callsInText"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let start = call["start"].as_f64().unwrap();
        assert!(resolves(
            &unified,
            "text",
            call["track"].as_str().unwrap(),
            start
        ));
    }
    found
}

#[test]
fn every_piece_of_evidence_can_be_looked_up() {
    let found = looked_up(&branded());
    for modality in ["shots", "objects", "speech", "text", "faces"] {
        assert!(
            found.iter().any(|(_, one, _)| one == modality),
            "{modality}"
        );
    }
    let has = |rubric: &str, id: &str| {
        let same = |(one, _, other): &(String, String, String)| one == rubric && other == id;
        assert!(found.iter().any(same), "{rubric} lacks {id}: {found:?}");
    };
    has("dynamic_start", "1");
    has("supers", "text_1");
    has("supers_with_audio", "1");
    has("brand_visuals", "text_1");
    has("product_mention_text", "text_2");
    has("brand_mention_speech", "1");
    has("product_mention_speech", "2");
    has("product_visuals", "obj_2");
    has("product_visuals", "/ml_data/yolo/objectAnnotations/6");
    has("visible_face_first_5s", "face_1");
    // The second face of four; the one before the first was dropped.
    has("visible_face_close_up", "/ml_data/mediapipe/faces/1");
    has("call_to_action_text", "text_1");
    has("call_to_action_speech", "2");
}

#[test]
fn so_can_that_of_other_videos() {
    assert!(!looked_up(&perceived()).is_empty());
    assert!(!looked_up(&rich()).is_empty());
    assert!(!looked_up(&short()).is_empty());
    let rapid = looked_up(&rapid_cuts());
    assert!(rapid.iter().any(|(rubric, ..)| rubric == "quick_pacing"));
}

#[test]
fn what_was_named_stands_among_the_settings_and_in_the_measures() {
    let output = run(&branded());
    let (unified, measures) = (
        parse(&output.unified),
        parse(output.creative.as_ref().unwrap()),
    );
    let named = json!({
        "names": ["acme", "look"],
        "products": ["rocket boots", "more"],
        "product_classes": ["dog", "cup"],
    });
    let parameters = &unified["processing_metadata"]["provenance"]["parameters"];
    assert_eq!(parameters["timeline"]["brand"], named);
    assert_eq!(measures["quality"]["brandNames"], named["names"]);
    assert_eq!(measures["quality"]["productNames"], named["products"]);
    assert_eq!(
        measures["quality"]["productClasses"],
        named["product_classes"]
    );
}
