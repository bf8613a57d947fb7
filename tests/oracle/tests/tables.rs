//! Recorded tables of single functions: ours give the same, or differ for a named reason.
//!
//! Those of the sound, of gaze and of the aggregation of emotions are compared where the functions
//! are: in the tests of `sound`, `people` and `emotion`.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::MediaTime;
use oracle::{
    record,
    replay::{self, sampling},
    times,
};
use serde_json::{Value, json};
use std::time::Duration;

fn table(name: &str) -> Option<Value> {
    let folder = testkit::oracle_dir()?;
    record::load(&folder.join("extras").join(format!("{name}.json"))).ok()
}

fn rows(name: &str) -> Vec<Value> {
    let table = table(name).unwrap_or_default();
    table.as_array().cloned().unwrap_or_default()
}

#[test]
fn times_are_read_as_recorded() {
    for row in rows("timestamps") {
        let ours = times::seconds(&row["json"]);
        let theirs = row["seconds"].as_f64();
        match &row["json"] {
            // What lies before the video stays there, to be dropped.
            Value::Number(number) if number.as_f64().unwrap() < 0.0 => {
                assert_eq!(theirs, Some(0.0));
                assert_eq!(ours, number.as_f64());
            }
            // A truth is no time.
            Value::Bool(_) => assert_eq!((ours, theirs), (None, Some(1.0))),
            written => assert_eq!(ours, theirs, "{written}"),
        }
    }
}

#[test]
fn times_of_every_form_are_read() {
    let read = [
        (json!(2.5), 2.5),
        (json!("7"), 7.0),
        (json!(" 7.25s "), 7.25),
        (json!("1.5-2.5s"), 1.5),
        (json!("3-4 and more"), 3.0),
        (json!("1:05"), 65.0),
        (json!("1:02:03"), 3723.0),
        (json!(-3), -3.0),
    ];
    for (written, seconds) in read {
        assert_eq!(times::seconds(&written), Some(seconds), "{written}");
    }
    let unread = [
        "", " ", "abc", "7 s", "1:02.5", "1e3", "5.s", ".5s", "10-", "-1-0s", "12s34", "\u{221e}",
    ];
    for written in unread {
        assert_eq!(times::seconds(&json!(written)), None, "{written}");
    }
    for written in [json!(null), json!(true), json!([1]), json!({"a": 1})] {
        assert_eq!(times::seconds(&written), None, "{written}");
    }
}

#[test]
fn sampling_of_the_record_is_rebuilt() {
    for row in rows("frame_sampling") {
        let duration = row["duration"].as_f64().unwrap();
        let rate = row["source_fps"].as_f64().unwrap();
        let extracted = sampling::extracted(duration, rate);
        assert_eq!(
            extracted.len() as u64,
            row["extracted"].as_u64().unwrap(),
            "{duration}"
        );
        let ours = [
            ("yolo", sampling::of_objects(&extracted)),
            ("mediapipe", extracted.clone()),
            ("ocr", sampling::of_texts(&extracted)),
        ];
        for (service, frames) in ours {
            let theirs = &row["services"][service]["frames"];
            assert_eq!(
                json!(frames),
                *theirs,
                "{service} of {duration} s at {rate}"
            );
        }
    }
}

/// The holes of the original are not there: a second between two looks at most.
#[test]
fn no_hole_is_left_where_text_is_looked_for() {
    let config = ocr::Config::default().sampling;
    for row in rows("frame_sampling") {
        let duration = row["duration"].as_f64().unwrap();
        let step = ocr::compute::sampling::step(
            MediaTime::from_seconds(duration),
            config.target_looks,
            Duration::from_millis(config.shortest_step_ms),
            Duration::from_millis(config.longest_step_ms),
        );
        assert!(step <= Duration::from_secs(1), "{duration}");
    }
}

/// Rows of the table of checks of results that are taken otherwise here, and why.
const TAKEN_OTHERWISE: &[(&str, usize, bool, &str)] = &[
    ("ocr", 2, false, "a text without a time cannot be placed"),
    ("ocr", 9, true, "a list that is null is empty"),
    (
        "yolo",
        2,
        true,
        "the number of a frame and a class is no track",
    ),
    (
        "mediapipe",
        0,
        true,
        "what was not looked for is not there, and the rest counts",
    ),
    (
        "mediapipe",
        2,
        true,
        "bodies may be described by other points",
    ),
    (
        "mediapipe",
        3,
        false,
        "a face without a box cannot be placed, and is dropped and counted",
    ),
    (
        "mediapipe",
        4,
        true,
        "hands are counted in their frame, one if the number is missing",
    ),
    ("whisper", 0, true, "no segments are no speech"),
    ("whisper", 2, true, "a segment may be an instant"),
    (
        "audio_energy",
        0,
        true,
        "windows that are not there were not measured",
    ),
    ("audio_energy", 3, true, "an unknown pattern is not judged"),
    ("audio_energy", 4, true, "a variance is any number"),
    (
        "scene_detection",
        0,
        true,
        "a video without scenes has one shot",
    ),
    (
        "scene_detection",
        1,
        true,
        "a video without scenes has one shot",
    ),
    ("scene_detection", 4, true, "shots are numbered anew"),
    (
        "scene_detection",
        5,
        true,
        "shots end where the next one begins",
    ),
    (
        "scene_detection",
        6,
        true,
        "the length of a shot is computed",
    ),
    (
        "scene_detection",
        7,
        true,
        "shots end where the next one begins",
    ),
];

/// Whether everything in a result of a service counts.
fn taken(service: &str, output: &Value) -> bool {
    let record = json!({
        "video_id": "table", "metadata": {"duration": 10},
        "ml_results": {service: {"success": true, "data": output}},
    });
    let replay = replay::replay(&record);
    let unified = replay::replayed(&record).unwrap().unified;
    let unified: Value = serde_json::from_slice(&unified).unwrap();
    let dropped = &unified["processing_metadata"]["dropped_items"];
    replay.dropped.is_empty() && replay.input.failures.is_empty() && *dropped == json!({})
}

#[test]
fn results_are_checked_as_recorded() {
    let table = table("ml_contract_validators").unwrap_or_default();
    let mut seen = 0;
    for (service, rows) in table.as_object().into_iter().flatten() {
        if !replay::SERVICES.iter().any(|(name, _)| name == service) {
            continue;
        }
        for (index, row) in rows.as_array().unwrap().iter().enumerate() {
            let mut output = row["output"].clone();
            // Items of the table that are complete but for a time get one.
            if service == "ocr" && index > 2 {
                for item in output["textAnnotations"]
                    .as_array_mut()
                    .into_iter()
                    .flatten()
                {
                    item["timestamp"] = json!(1.0);
                }
            }
            let ours = taken(service, &output);
            let theirs = row["result"][0].as_bool().unwrap();
            let otherwise = TAKEN_OTHERWISE
                .iter()
                .find(|(name, at, ..)| name == service && *at == index);
            match otherwise {
                Some((.., expected, why)) => {
                    assert_eq!(ours, *expected, "{service} {index}: {why}");
                    seen += 1;
                }
                None => assert_eq!(ours, theirs, "{service} {index}: {output}"),
            }
        }
    }
    assert!(seen == TAKEN_OTHERWISE.len() || table.is_null(), "{seen}");
}

/// Lengths for which the original gives nothing are analysed; what is no length is none.
#[test]
fn every_length_is_analysed() {
    let lengths = rows("compute_contract")
        .into_iter()
        .map(|row| row["duration"].clone())
        .chain([
            json!(0),
            json!(-1),
            json!("10"),
            json!(true),
            json!(null),
            json!(3600.5),
        ]);
    for length in lengths {
        let record =
            json!({"video_id": "table", "metadata": {"duration": length}, "ml_results": {}});
        let output = replay::replayed(&record).unwrap();
        assert_eq!(output.analyses.len(), record::ANALYSES.len(), "{length}");
        let seconds = replay::duration(&record);
        assert!((0.0..=3600.5).contains(&seconds), "{length}");
    }
}
