//! Folders of templates, and what they are rendered with.
#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "tests")]

use contracts::{VideoId, analysis::AnalysisName};
use prompts::{
    AnalysisContext, Report, Repository, Settings, SignalEmbeddingContext, framing::Marks,
};
use serde_json::json;
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;

pub fn marks() -> Marks {
    Marks::seeded([7; 32])
}

pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn settings(folder: &Path) -> Settings {
    Settings {
        folder: Some(folder.to_owned()),
        ..Settings::default()
    }
}

pub fn open(folder: &Path) -> (Arc<Repository>, Report) {
    let (repository, report) = Repository::open(settings(folder)).unwrap();
    (Arc::new(repository), report)
}

/// What is wrong with a folder of one file.
pub fn problem(name: &str, text: &str) -> String {
    let folder = folder(&[(name, text)]);
    let (repository, report) = open(folder.path());
    assert_eq!(
        repository.set().names().count(),
        prompts::NAMES.len(),
        "{text}"
    );
    let [failure] = &report.failures[..] else {
        panic!("{name} is wrong: {report:?}");
    };
    assert_eq!(failure.file.as_deref(), Some(Path::new(name)));
    failure.message.clone()
}

pub fn signal(text: &str) -> SignalEmbeddingContext {
    SignalEmbeddingContext {
        signal_text: text.into(),
    }
}

/// The text of a signal embedding, rendered for a unit.
pub fn rendered(repository: &Repository, unit: &str) -> String {
    let set = repository.set();
    set.render(&signal("hello"), unit, &marks()).unwrap().user
}

pub fn analysis(analysis: AnalysisName) -> AnalysisContext {
    AnalysisContext {
        analysis,
        precomputed_metrics: json!({"CoreMetrics": {"totalScenes": 6, "missing": null}}),
        video_duration: 10.4,
        video_id: VideoId::from_name("clip_1"),
        evidence: json!([{"id": "shot_1", "kind": "shot", "start": 0.0, "end": 2.0}]),
    }
}
