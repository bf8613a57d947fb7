//! What goes in and what comes out, as a whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{
    even_cuts, failure, json, objects, parse, rapid_cuts, rich, run, shots, sound, unified, video,
};
use contracts::{
    MediaTime, StageName, analysis::AnalysisName, manifest::FailureClass,
    objects::ObjectDetections, shots::ShotList, sound::SoundEnergy,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::{
    Error, Limits, Style,
    compute::{
        ANALYSES, AnalysisSpec, Input, analyse,
        block::{Analysis, Block},
        build::Results,
        each,
        events::Events,
    },
};

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn keys_come_in_the_published_order() {
    let unified = unified(&rich());
    assert_eq!(
        keys(&unified),
        [
            "video_id",
            "metadata",
            "duration",
            "pipeline_status",
            "processing_metadata",
            "timeline",
            "speechTimeline",
            "textTimeline",
            "objectTimeline",
            "ml_data"
        ]
    );
    assert_eq!(
        keys(&unified["ml_data"]),
        [
            "yolo",
            "whisper",
            "mediapipe",
            "ocr",
            "scene_detection",
            "audio_energy",
            "emotion_detection",
            "labels",
            "moderation"
        ]
    );
    assert_eq!(
        keys(&unified["timeline"]),
        ["video_id", "duration", "entry_count", "entries"]
    );
    assert_eq!(
        keys(&unified["timeline"]["entries"][1]),
        ["start", "entry_type", "data", "end"]
    );
}

#[test]
fn a_service_without_a_result_is_empty_and_explained() {
    let unified = unified(&even_cuts());
    assert_eq!(unified["ml_data"]["yolo"], json!({}));
    assert_eq!(unified["ml_data"]["whisper"], json!({}));
    assert_eq!(unified["ml_data"]["audio_energy"]["has_audio"], false);
    let status = &unified["pipeline_status"];
    assert_eq!(
        (&status["yolo"], &status["scene"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(status["temporal"], true);
    let nothing = common::unified(&video(20.0));
    assert_eq!(nothing["pipeline_status"]["temporal"], false);
    let coverage = &unified["processing_metadata"]["coverage"];
    assert_eq!(
        coverage["objects"]["reason"],
        "the detect stage failed: model file is missing"
    );
    assert_eq!(coverage["sound"]["reason"], "the file has no audio stream");
    assert_eq!(
        coverage["speech"]["reason"],
        "the transcribe stage left no result"
    );
    assert_eq!(coverage["shots"]["share"], 1.0);
}

#[test]
fn results_are_published_as_they_were_stored() {
    let input = rich();
    let unified = unified(&input);
    assert_eq!(unified["ml_data"]["yolo"], parse(&input.objects.unwrap()));
    assert_eq!(
        unified["ml_data"]["scene_detection"],
        parse(&input.shots.unwrap())
    );
    assert_eq!(
        unified["ml_data"]["audio_energy"],
        parse(&input.sound.unwrap())
    );
}

#[test]
fn the_clock_is_the_probe() {
    let mut input = rich();
    input.metadata.duration = Some(10.0);
    let unified = unified(&input);
    assert_eq!(unified["duration"], 10.4);
    assert_eq!(unified["metadata"]["duration"], 10.4);
    assert_eq!(unified["timeline"]["duration"], 10.4);
}

#[test]
fn entries_are_sorted_and_detections_are_among_them() {
    let unified = unified(&rich());
    let entries = unified["timeline"]["entries"].as_array().unwrap();
    let starts: Vec<f64> = entries
        .iter()
        .map(|e| e["start"].as_f64().unwrap())
        .collect();
    assert!(starts.is_sorted());
    assert_eq!(
        unified["processing_metadata"]["entry_types"],
        json!({"object": 11, "scene": 6, "scene_change": 5})
    );
    assert_eq!(unified["objectTimeline"]["2s"].as_array().unwrap().len(), 4);
    // At two seconds: tracks by number, then what has none, then the cut and its shot.
    let at_two: Vec<&Value> = entries
        .iter()
        .filter(|entry| entry["start"] == 2.0)
        .map(|entry| &entry["data"])
        .collect();
    assert_eq!(at_two[0]["track_id"], "obj_3");
    assert_eq!(at_two[1]["track_id"], "obj_4");
    assert_eq!(at_two[2]["track_id"], Value::Null);
    assert_eq!(
        at_two[3],
        &json!({"transition_type": "cut", "scene_index": 0})
    );
    assert_eq!(at_two[4], &json!({"scene_index": 1, "duration": 0.5}));
    assert!(
        entries
            .iter()
            .all(|e| e["entry_type"] != "scene_change" || e["start"] != 0.0)
    );
}

fn spoil(value: &mut Value, list: &str, item: Value) {
    value[list].as_array_mut().unwrap().push(item);
}

#[test]
fn bad_items_are_dropped_and_counted_and_the_rest_stays() {
    let input = rich();
    let clean = run(&input);
    let mut found = parse(input.objects.as_ref().unwrap());
    let good = found["objectAnnotations"][0].clone();
    for (field, bad) in [
        ("confidence", json!(1.5)),
        ("timestamp", json!(-1.0)),
        ("timestamp", json!(10.4)),
        ("timestamp", json!("soon")),
        ("className", json!("")),
        ("bbox", json!([5.0, 5.0, 1.0, 9.0])),
        ("bbox", json!([[1.0, 2.0], [3.0, 4.0]])),
    ] {
        let mut item = good.clone();
        item[field] = bad;
        spoil(&mut found, "objectAnnotations", item);
    }
    spoil(&mut found, "tracks", json!({"trackId": "obj_9"}));
    found["metadata"]["frame_times"]
        .as_array_mut()
        .unwrap()
        .push(json!(99.0));
    let mut list = parse(input.shots.as_ref().unwrap());
    spoil(&mut list, "boundaries", json!({"time": -4.0}));
    let mut energy = parse(input.sound.as_ref().unwrap());
    spoil(&mut energy, "onsets", json!(null));
    energy["energy_level_windows"]["all"] = json!(0.5);
    let spoiled = Input {
        objects: json(&found),
        shots: json(&list),
        sound: json(&energy),
        ..input
    };
    let output = run(&spoiled);
    assert_eq!(output.analyses, clean.analyses);
    let dropped = &parse(&output.unified)["processing_metadata"]["dropped_items"];
    assert_eq!(
        dropped,
        &json!({
            "audio_energy.energy_level_windows": 1,
            "audio_energy.onsets": 1,
            "scene_detection.boundaries": 1,
            "yolo.metadata.frame_times": 1,
            "yolo.objectAnnotations": 7,
            "yolo.tracks": 1,
        })
    );
    assert_eq!(
        parse(&output.unified)["ml_data"],
        parse(&clean.unified)["ml_data"]
    );
}

#[test]
fn a_result_that_is_none_counts_as_not_measured() {
    for bytes in ["", "[]", "{}", "{\"objectAnnotations\": 3}", "nonsense"] {
        let input = Input {
            objects: Some(bytes.as_bytes().into()),
            ..rich()
        };
        let output = run(&input);
        assert!(output.degraded);
        let unified = parse(&output.unified);
        assert_eq!(unified["ml_data"]["yolo"], json!({}));
        let reason = unified["processing_metadata"]["coverage"]["objects"]["reason"].clone();
        assert!(reason.as_str().unwrap().contains("yolo"), "{reason}");
        assert_eq!(unified["pipeline_status"]["scene"], true);
    }
}

#[test]
fn lists_over_the_limit_count_as_not_measured() {
    let limits = Limits {
        max_list_items: 3,
        ..Limits::default()
    };
    let output = analyse(&rich(), &limits).unwrap();
    assert!(output.degraded);
    assert_eq!(parse(&output.unified)["ml_data"]["yolo"], json!({}));
}

#[test]
fn a_video_over_the_limit_is_rejected() {
    let limits = Limits {
        max_duration_seconds: 10,
        ..Limits::default()
    };
    assert!(analyse(&video(10.0), &limits).is_ok());
    assert!(matches!(
        analyse(&video(10.1), &limits),
        Err(Error::TooLong {
            actual_seconds: 11,
            limit_seconds: 10
        })
    ));
    let mut endless = video(1.0);
    endless.probe.duration = MediaTime::from_nanos(u64::MAX);
    assert!(analyse(&endless, &Limits::default()).is_err());
    assert!(
        Limits {
            max_list_items: 0,
            ..limits
        }
        .validate()
        .is_err()
    );
}

#[test]
fn a_video_without_length_gives_nulls_and_no_number_that_is_none() {
    let input = Input {
        shots: json(&shots(0.0, &[])),
        objects: json(&objects(0.0, 5.0, &[])),
        sound: json(&sound(0.0, &[])),
        ..video(0.0)
    };
    for files in &run(&input).analyses {
        let is_told = files.name == "metadata_analysis";
        assert_eq!(parse(&files.complete)["success"], is_told);
        assert_eq!(files.measured.is_ok(), is_told);
        let result = parse(&files.result);
        let reasons =
            result.as_object().unwrap().values().next_back().unwrap()["notMeasured"].clone();
        let least = match files.name {
            // The source tells of a video without length as of any other.
            "metadata_analysis" => 10,
            "temporal_markers" => 15,
            _ => 20,
        };
        assert!(reasons.as_object().unwrap().len() > least);
    }
    assert_eq!(unified(&input)["timeline"]["duration"], 0.0);
}

#[test]
fn an_analysis_that_cannot_be_written_costs_the_others_nothing() {
    fn unwritable(_: &Events) -> Result<Analysis, Error> {
        let mut block = Block::new("oddCoreMetrics");
        block.put("ratio", Ok(f64::NAN));
        let odd = AnalysisName {
            name: "odd",
            prefix: "odd",
        };
        Analysis::assemble(odd, Ok(()), vec![block])
    }
    let input = common::rich();
    let results = Results::read(&input, &Limits::default());
    let events = timeline::compute::build::events(&input, &results);
    let specs = [
        AnalysisSpec {
            name: "odd",
            prefix: "odd",
            analyse: unwritable,
            metrics: &[],
        },
        AnalysisSpec {
            metrics: &[],
            ..ANALYSES[0]
        },
    ];
    let (written, failed) = each(&specs, &events, Style::default());
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].name, ANALYSES[0].name);
    let [(name, reason)] = failed.as_slice() else {
        panic!("{failed:?}");
    };
    assert_eq!(*name, "odd");
    assert!(reason.as_str().contains("not finite"), "{reason}");
}

#[test]
fn degraded_says_whether_something_asked_for_is_missing() {
    let with = |class| Input {
        failures: vec![failure(StageName::Sound, class, "no")],
        sound: None,
        ..rich()
    };
    assert!(!run(&rich()).degraded);
    assert!(!run(&with(FailureClass::SwitchedOff)).degraded);
    assert!(run(&with(FailureClass::Exhausted)).degraded);
    let mut cut_short = rich();
    cut_short.completeness.complete = false;
    assert!(run(&cut_short).degraded);
}

#[test]
fn running_twice_gives_the_same_bytes() {
    for input in [rich(), even_cuts(), rapid_cuts()] {
        assert_eq!(run(&input), run(&input));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_stored_items_does_not_matter(seed in any::<u64>()) {
        let input = rich();
        // A permutation from a seed: sort by a hash of seed and position.
        fn shuffle<T>(items: &mut Vec<T>, seed: u64) {
            let mut keyed: Vec<(u64, T)> = items
                .drain(..)
                .zip(0_u64..)
                .map(|(item, index)| ((index ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17), item))
                .collect();
            keyed.sort_by_key(|(key, _)| *key);
            items.extend(keyed.into_iter().map(|(_, item)| item));
        }
        let mut found: ObjectDetections = serde_json::from_slice(input.objects.as_ref().unwrap()).unwrap();
        shuffle(&mut found.object_annotations, seed);
        shuffle(&mut found.tracks, seed);
        shuffle(&mut found.metadata.frame_times, seed);
        let mut list: ShotList = serde_json::from_slice(input.shots.as_ref().unwrap()).unwrap();
        shuffle(&mut list.boundaries, seed);
        shuffle(&mut list.scenes, seed);
        shuffle(&mut list.scene_changes, seed);
        let mut energy: SoundEnergy = serde_json::from_slice(input.sound.as_ref().unwrap()).unwrap();
        shuffle(&mut energy.onsets, seed);
        energy.energy_level_windows.reverse();
        let shuffled = Input {
            objects: json(&found),
            shots: json(&list),
            sound: json(&energy),
            ..input.clone()
        };
        prop_assert_eq!(run(&shuffled), run(&input));
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let input = Input {
            shots: Some(bytes.clone().into()),
            objects: Some(bytes.clone().into()),
            sound: Some(bytes.into()),
            ..video(3.0)
        };
        prop_assert!(run(&input).unified.is_ascii());
    }
}
