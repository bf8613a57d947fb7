//! What this program and PySceneDetect find in a film.

use contracts::shots::ShotList;
use media::{DecodeParameters, Decoder, DecoderCommand, Limits};
use serde::Deserialize;
use shots::{Config, compute::find_shots};
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};
use tokio_util::sync::CancellationToken;

/// The shots that this program finds, on the real decode path.
///
/// # Panics
/// If the film cannot be decoded; the message says why.
pub async fn shots_in(video: &Path) -> ShotList {
    let command = DecoderCommand::locate(None).unwrap();
    let decoder = Decoder::new(command, DecodeParameters::default(), Limits::default()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = File::open(video).unwrap();
    let cancel = CancellationToken::new();
    let decoded = decoder
        .decode(&file, scratch.path(), &cancel, &|_| {})
        .await;
    let decoded = decoded.unwrap_or_else(|error| panic!("{}: {error}", video.display()));
    find_shots(&decoded.signals, decoded.probe.duration, &Config::default()).unwrap()
}

/// What PySceneDetect finds in one film.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Reference {
    /// Frames a second.
    pub frame_rate: f64,
    /// Number of frames.
    pub frames: u64,
    /// First frame of every new shot.
    pub cuts: Vec<u64>,
}

impl Reference {
    /// First instant of every new shot, in seconds.
    #[must_use]
    pub fn times(&self) -> Vec<f64> {
        let cuts = self.cuts.iter();
        cuts.map(|frame| *frame as f64 / self.frame_rate).collect()
    }
}

/// What PySceneDetect's `AdaptiveDetector` finds in films.
///
/// # Panics
/// If it is not installed; the message names `make setup`.
#[must_use]
pub fn reference(videos: &[PathBuf]) -> BTreeMap<PathBuf, Reference> {
    let python = testkit::cache_file("tools/scenedetect-venv/bin/python");
    let shortest = Config::default().min_shot_ms as f64 / 1000.0;
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/reference.py"))
        .arg(shortest.to_string())
        .args(videos)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "run `make setup`; {complaint}");
    serde_json::from_slice(&output.stdout).unwrap()
}
