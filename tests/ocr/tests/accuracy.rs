//! Characters read right on rendered overlays, beside RapidOCR on the same pictures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use inference::{CacheDir, Engine, EngineConfig, Provider};
use media::pictures;
use ocr::{Config, Reader};
use ocr_accuracy::{Page, Read, Scores, table};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// Least share of characters read right, over all lines.
const CHARACTERS: f64 = 0.97;
/// How far below RapidOCR this may be.
const BEHIND: f64 = 0.005;

fn python(script: &str, arguments: &[&Path]) {
    let venv = testkit::cache_file("tools/rapidocr-venv/bin/python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let ran = Command::new(venv)
        .arg(&script)
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}: {said}", script.display());
}

fn reader() -> Reader {
    let settings = EngineConfig {
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    let engine = Engine::start(CacheDir::new(testkit::cache_dir()), settings).unwrap();
    Reader::open(&engine, Config::default()).unwrap()
}

/// What the stage's models read in a picture.
fn ours(reader: &Reader, path: &Path) -> Vec<Read> {
    let picture = pictures::decode_jpeg(&fs::read(path).unwrap()).unwrap();
    let size = (f64::from(picture.width), f64::from(picture.height));
    let lines = reader.read(&[picture]).unwrap().remove(0);
    let edges = |line: &ocr::compute::tracks::TextLine| line.quad.scaled(size).bounds().edges();
    lines
        .iter()
        .map(|line| Read {
            text: line.reading.text.clone(),
            edges: edges(line),
        })
        .collect()
}

#[test]
fn overlays_are_read_as_well_as_by_rapidocr() {
    let folder = tempfile::tempdir().unwrap();
    let fonts = testkit::cache_file("tools/ocr-fonts");
    let photograph = testkit::cache_file("media/bus.jpg");
    python("render.py", &[&fonts, &photograph, folder.path()]);
    python("peer.py", &[folder.path()]);
    let json = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let pages: Vec<Page> = serde_json::from_str(&json("pages.json")).unwrap();
    let peer: BTreeMap<String, Vec<Read>> = serde_json::from_str(&json("peer.json")).unwrap();
    assert_eq!(pages.len(), peer.len());

    let reader = reader();
    let (mut own_scores, mut peer_scores) = (Scores::default(), Scores::default());
    for page in &pages {
        let read = ours(&reader, &folder.path().join(&page.file));
        own_scores.add(page, &read);
        peer_scores.add(page, &peer[&page.file]);
    }
    println!("{}", table(&own_scores, &peer_scores));
    println!(
        "lines read where none was drawn: {} ({})",
        own_scores.invented, peer_scores.invented
    );
    let (own, other) = (own_scores.all, peer_scores.all);
    assert!(own.lines >= 200, "{} lines were drawn", own.lines);
    assert!(own.character_accuracy() >= CHARACTERS, "{own:?}");
    assert!(
        own.character_accuracy() >= other.character_accuracy() - BEHIND,
        "{own:?} against {other:?}"
    );
}
