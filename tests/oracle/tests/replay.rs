//! Recorded inputs go through the timeline stage whole, whatever is wrong with them.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::{
    emotion::Emotions, objects::ObjectDetections, people::People, shots::ShotList,
    sound::SoundEnergy, speech::SpeechTranscript, text::TextOnScreen,
};
use oracle::{
    facts::Facts,
    record::{self, Case},
    replay,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, sync::LazyLock};
use testkit::Schemas;

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Blocks of each analysis, as the definitions name them.
fn blocks(analysis: &str) -> BTreeSet<&'static str> {
    let metrics = timeline::metrics();
    let own = metrics.iter().filter(|metric| metric.analysis == analysis);
    own.map(|metric| metric.path.split(['.', '[']).next().unwrap())
        .collect()
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let all = timeline::schemas().into_iter();
    Schemas::new(all.map(|file| (file.name, file.schema)))
});

fn is_whole(case: &str, record: &Value) {
    let output = replay::replayed(record).unwrap();
    let mut names = BTreeSet::new();
    for files in &output.analyses {
        let result = parsed(&files.result);
        for block in blocks(files.name) {
            assert!(
                result.get(block).is_some(),
                "{case}: {} has no {block}",
                files.name
            );
        }
        SCHEMAS.check(case, &format!("{}_result", files.name), &result);
        SCHEMAS.check(case, &format!("{}_ml", files.name), &parsed(&files.ml));
        SCHEMAS.check(case, "complete", &parsed(&files.complete));
        names.insert(files.name);
    }
    assert_eq!(names, BTreeSet::from(record::ANALYSES), "{case}");
    SCHEMAS.check(case, "unified_analysis", &parsed(&output.unified));
    SCHEMAS.check(
        case,
        "creative_measures",
        &parsed(&output.creative.unwrap()),
    );
}

/// Numbers in JSON are finite: what is not cannot be written at all.
#[test]
fn recorded_inputs_give_whole_results() {
    for case in record::cases().unwrap() {
        is_whole(&case.name, &case.input);
    }
}

fn hostile() -> Value {
    let times = [
        json!("0-1s"),
        json!("1.5s"),
        json!(" 2 "),
        json!("0:03"),
        json!(-1),
        json!(99),
        json!(null),
        json!("abc"),
        json!([1]),
        json!({}),
        json!(1e300),
        json!(9.999),
    ];
    let at = |item: Value| -> Vec<Value> {
        let item = |time: &Value| {
            let mut item = item.clone();
            item["timestamp"] = time.clone();
            item
        };
        times.iter().map(item).collect()
    };
    let ok = |data: Value| json!({"success": true, "data": data});
    json!({
        "video_id": "../hostile", "metadata": {"duration": "10", "hashtags": [1, {"name": 2}]},
        "ml_results": {
            "yolo": ok(json!({"objectAnnotations": at(json!({
                "className": "dog", "confidence": 0.5, "bbox": [1, 2, 3, 4],
            }))})),
            "whisper": ok(json!({"segments": [
                {"start": 0, "end": 4, "text": "a"}, {"start": "2", "end": "6", "text": "b"},
                {"start": 8, "end": 40, "text": "c"}, {"start": 5, "end": 3, "text": "d"}, 7,
            ]})),
            "mediapipe": ok(json!({
                "poses": at(json!({"visibility": 0.5})), "gaze": at(json!({"eye_contact": 2})),
                "faces": at(json!({"confidence": 1, "bbox": {"x": -1, "y": 0, "width": 3, "height": 1}})),
                "gestures": at(json!({"type": "wave"})), "hands": "none",
            })),
            "ocr": ok(json!({
                "textAnnotations": at(json!({
                    "text": "x", "confidence": 0.9, "bbox": [[1, 2], [3, 2], [3, 4], [1, 4]],
                })),
                "stickers": at(json!({"type": "sticker", "confidence": 0.7, "bbox": [1, 2, 3]})),
            })),
            "scene_detection": ok(json!({"scenes": [{"start_time": "0:04"}, {"start_time": {}}]})),
            "audio_energy": ok(json!({"energy_level_windows": {"0-5s": 2, "x": 0.5, "5-10s": 0.5}})),
            "emotion_detection": ok(json!({"emotions": at(json!({"emotion": "joy", "confidence": 0.9}))})),
        },
    })
}

#[test]
fn what_is_wrong_is_dropped_and_counted_and_the_rest_counts() {
    let record = hostile();
    is_whole("hostile", &record);
    let unified = parsed(&replay::replayed(&record).unwrap().unified);
    let types = &unified["processing_metadata"]["entry_types"];
    // At 0, 1.5, 2, 3 and 9.999 s; the six others are nowhere, or outside.
    for kind in ["object", "text", "emotion"] {
        assert_eq!(types[kind], 5, "{kind} of {types}");
    }
    assert_eq!(types["scene_change"], 1);
    assert_eq!(types["speech"], 3);
    let dropped = &unified["processing_metadata"]["dropped_items"];
    assert_eq!(dropped["yolo.objectAnnotations"], 7);
    assert_eq!(dropped["emotion_detection.emotions"], 7);
    assert_eq!(unified["video_id"], "___hostile");
}

#[test]
fn failures_are_told_with_their_reasons() {
    let record = json!({
        "video_id": "failed", "metadata": {"duration": 5},
        "ml_results": {
            "yolo": {"success": false, "error": "boom"},
            "whisper": {"success": true, "data": {"segments": [], "metadata": {
                "processed": false, "error": "no audio could be read",
            }}},
            "ocr": {"success": true, "data": {"textAnnotations": [], "metadata": {"processed": false}}},
        },
    });
    let unified = parsed(&replay::replayed(&record).unwrap().unified);
    let coverage = &unified["processing_metadata"]["coverage"];
    let reason = |modality: &str| coverage[modality]["reason"].as_str().unwrap().to_owned();
    assert!(reason("objects").ends_with("boom"));
    assert!(reason("speech").ends_with("no audio could be read"));
    assert!(reason("text").ends_with("it was not processed"));
    assert!(reason("shots").ends_with("left no result"));
}

fn is_ours<T: DeserializeOwned>(case: &Case, stored: Option<&[u8]>) {
    let read = stored.map(serde_json::from_slice::<T>).transpose();
    assert!(read.is_ok(), "{}: {:?}", case.name, read.err());
}

/// What is valid in the record has the shapes our own stages write.
#[test]
fn replayed_results_have_the_shapes_of_our_stages() {
    for case in record::cases().unwrap() {
        let unified = parsed(&replay::replayed(&case.input).unwrap().unified);
        if unified["processing_metadata"]["dropped_items"] != json!({}) {
            continue;
        }
        let input = replay::replay(&case.input).input;
        is_ours::<ObjectDetections>(&case, input.objects.as_deref());
        is_ours::<SpeechTranscript>(&case, input.speech.as_deref());
        is_ours::<People>(&case, input.people.as_deref());
        is_ours::<TextOnScreen>(&case, input.text.as_deref());
        is_ours::<ShotList>(&case, input.shots.as_deref());
        is_ours::<SoundEnergy>(&case, input.sound.as_deref());
        is_ours::<Emotions>(&case, input.emotions.as_deref());
    }
}

/// Every recorded cut and detection inside the video is counted.
#[test]
fn recorded_scenes_and_objects_are_counted_in_full() {
    for case in record::cases().unwrap() {
        let facts = Facts::of(&case.input);
        let output = replay::replayed(&case.input).unwrap();
        let types = parsed(&output.unified)["processing_metadata"]["entry_types"].clone();
        let count = |kind: &str| types[kind].as_u64().unwrap_or(0) as usize;
        let objects = facts.inside(&facts.objects).len();
        assert_eq!(count("object"), objects, "{}", case.name);
        assert_eq!(count("scene_change"), facts.cuts().len(), "{}", case.name);
    }
}

#[test]
fn a_folder_is_read_as_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    assert!(record::cases_in(folder.path()).unwrap().is_empty());
    let input = json!({"video_id": "a", "metadata": {"duration": 3}, "ml_results": {}});
    let result = json!({"scenePacingCoreMetrics": {"totalScenes": 1}});
    let failed = json!({"__error__": "boom"});
    let write = |name: &str, value: &Value| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    };
    write("inputs/a.json", &input);
    write("a/scene_pacing.json", &result);
    write("a/creative_density.json", &failed);
    let made = json!({"input": input, "outputs": {
        "scene_pacing": result, "creative_density": failed, "timeline_entries": [],
    }});
    write("fuzz/00.json", &made);
    write(
        "nondeterministic_fields.json",
        &json!({
            "a/scene_pacing.json": {"/scenePacingCoreMetrics/totalScenes": [1, 2]},
        }),
    );
    let cases = record::cases_in(folder.path()).unwrap();
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["a", "fuzz/00"]);
    for case in &cases {
        let analyses: Vec<&String> = case.results.keys().collect();
        assert_eq!(analyses, ["scene_pacing"]);
    }
    assert_eq!(cases[0].undetermined.len(), 1);
    assert!(!cases[0].is_made() && cases[1].is_made());
    let compared = oracle::parity::compare(&cases).unwrap();
    assert!(compared[0].equal, "what is not determined is not compared");
    // No shots were recorded: null, for want of a measurement.
    assert!(!compared[1].equal && !compared[1].explained_by.is_empty());
}
