//! What a missing weight file costs: the stage that needs it, said out loud, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{json_of, rumiai};
use serde_json::Value;
use std::{collections::BTreeSet, fs, os::unix::fs::symlink, path::Path};

/// Which networks each stage opens by default.
const NEEDS: &[(&str, &[&str])] = &[
    ("detect", &["coco-ssd"]),
    (
        "people",
        &[
            "yunet",
            "face-mesh",
            "blendshapes",
            "blazepose",
            "palm-detection",
            "hand-landmarks",
            "gesture-embedder",
            "gesture-classifier",
            "face-description",
        ],
    ),
    ("emotion", &["face-expression"]),
    ("sound", &["speech-music-noise"]),
    (
        "transcribe",
        &["silero-vad", "whisper-base-encoder", "whisper-base-decoder"],
    ),
    (
        "ocr",
        &["pp-ocr-detection", "pp-ocr-recognition", "pp-ocr-direction"],
    ),
    ("moderate", &["open-nsfw"]),
    ("label", &["efficientnet-lite3", "image-embedder", "minilm"]),
];

/// Fetched by default, opened where settings name them.
const ON_REQUEST: [&str; 2] = ["whisper-tiny-encoder", "whisper-tiny-decoder"];

/// A modality that nobody measures without the stage, and a metric that depends on it.
fn lost_with(stage: &str) -> (&'static str, Option<&'static str>) {
    match stage {
        "detect" => ("objects", Some("object")),
        "people" => ("faces", Some("gesture")),
        "emotion" => ("emotions", Some("expression")),
        "sound" => ("sound", None),
        "transcribe" => ("speech", None),
        "ocr" => ("text", Some("text")),
        "moderate" => ("safety", None),
        "label" => ("labels", None),
        other => panic!("no stage {other}"),
    }
}

/// A cache with everything the real one has, but for one file of one model.
fn cache_without(folder: &Path, model: &str, file: &str) {
    let real = testkit::cache_dir();
    fs::create_dir_all(folder.join("models").join(model)).unwrap();
    symlink(real.join("onnxruntime"), folder.join("onnxruntime")).unwrap();
    for entry in fs::read_dir(real.join("models")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != model {
            symlink(entry.path(), folder.join("models").join(entry.file_name())).unwrap();
        }
    }
    for entry in fs::read_dir(real.join("models").join(model)).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != file {
            let link = folder.join("models").join(model).join(entry.file_name());
            symlink(entry.path(), link).unwrap();
        }
    }
}

/// The weight files of a model.
fn files_of(model: &str) -> Vec<String> {
    let folder = testkit::cache_dir().join("models").join(model);
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", folder.display()));
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".sha256")).collect();
    names.sort();
    names
}

/// Stages that are not looked at while `stage` is.
fn others(stage: &str) -> Vec<&'static str> {
    let kept: &[&str] = match stage {
        "emotion" => &["people", "emotion"],
        "people" => &["people"],
        "detect" => &["detect"],
        "sound" => &["sound"],
        "transcribe" => &["transcribe"],
        "ocr" => &["ocr"],
        "moderate" => &["moderate"],
        _ => &["label"],
    };
    NEEDS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !kept.contains(name))
        .collect()
}

fn read(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

fn analyse_without(store: &Path, stage: &str, model: &str, file: &str) {
    let place = format!("{stage} without {file} of {model}");
    let cache = tempfile::tempdir().unwrap();
    cache_without(cache.path(), model, file);
    let output = tempfile::tempdir().unwrap();
    let mut command = rumiai(store);
    command
        .env("RUMIAI_CACHE_DIR", cache.path())
        .args(["analyze", "--keep-artifacts", "--output-format", "json"])
        .arg(testkit::cache_file("media/demo.mp4"))
        .arg("-o")
        .arg(output.path());
    for other in others(stage) {
        command.args(["--without", other]);
    }
    let done = command.output().unwrap();
    let object = json_of(&done.stdout);
    assert_eq!(done.status.code(), Some(4), "{place}: {object:#}");
    assert_eq!(object["success"], false, "{place}");
    assert_eq!(object["report"]["degraded"], true, "{place}");
    let failures = object["report"]["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{place}: {failures:#?}");
    assert_eq!(failures[0]["stage"], stage, "{place}");
    let reason = failures[0]["reason"].as_str().unwrap();
    assert!(
        reason.contains(model) && reason.contains("rumiai models fetch"),
        "{place} says neither what is missing nor what to do: {reason}"
    );
    let manifest = format!("artifacts/demo/{stage}/manifest.json");
    let manifest = read(&output.path().join(manifest));
    assert_eq!(manifest["outcome"], "failed", "{place}");
    assert_eq!(manifest["reason"], reason, "{place}");
    let unified = read(&output.path().join("unified_analysis/demo.json"));
    let (modality, metric) = lost_with(stage);
    let row = &unified["processing_metadata"]["coverage"][modality];
    assert_eq!(row["measured"], false, "{place}");
    assert!(
        row["reason"].as_str().unwrap().contains(model),
        "{place}: {row}"
    );
    if let Some(metric) = metric {
        let folder = output.path().join("insights/demo/creative_density");
        let result = common::files_below(&folder)
            .into_iter()
            .find(|path| path.to_string_lossy().contains("_result_"))
            .unwrap();
        let density = read(&result);
        let counts = &density["densityCoreMetrics"]["elementCounts"];
        assert!(counts[metric].is_null(), "{place}: {counts}");
        let why = format!("densityCoreMetrics.elementCounts.{metric}");
        let why = &density["densityQuality"]["notMeasured"][&why];
        assert!(why.as_str().unwrap().contains(model), "{place}: {why}");
    }
}

fn each_file_of(stage: &str) {
    let store = tempfile::tempdir().unwrap();
    let (_, models) = NEEDS.iter().find(|(name, _)| *name == stage).unwrap();
    for model in *models {
        for file in files_of(model) {
            analyse_without(store.path(), stage, model, &file);
        }
    }
}

#[test]
fn every_default_model_is_needed_by_a_stage_here() {
    let folder = tempfile::tempdir().unwrap();
    let done = rumiai(folder.path())
        .args(["models", "list", "--output-format", "json"])
        .output()
        .unwrap();
    let listed = json_of(&done.stdout);
    let default: BTreeSet<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .filter(|model| model["set"] == "permissive" && model["group"].is_null())
        .map(|model| model["name"].as_str().unwrap())
        .collect();
    let known: BTreeSet<&str> = NEEDS
        .iter()
        .flat_map(|(_, models)| models.iter().copied())
        .collect();
    let opened: BTreeSet<&str> = default
        .difference(&BTreeSet::from(ON_REQUEST))
        .copied()
        .collect();
    assert_eq!(known, opened);
}

#[test]
fn detect_without_a_file() {
    each_file_of("detect");
}

#[test]
fn people_without_a_file() {
    each_file_of("people");
}

#[test]
fn emotion_without_a_file() {
    each_file_of("emotion");
}

#[test]
fn sound_without_a_file() {
    each_file_of("sound");
}

#[test]
fn transcribe_without_a_file() {
    each_file_of("transcribe");
}

#[test]
fn ocr_without_a_file() {
    each_file_of("ocr");
}

#[test]
fn moderate_without_a_file() {
    each_file_of("moderate");
}

#[test]
fn label_without_a_file() {
    each_file_of("label");
}
