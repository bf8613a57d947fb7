//! The stage's models and pages to show them.

use crate::scores::{Page, Read};
use anyhow::Context;
use inference::{CacheDir, Engine, EngineConfig, Provider};
use media::pictures;
use ocr::{Config, Reader};
use std::{fs, path::Path};

/// Opens the stage's models on the CPU.
///
/// # Errors
/// If they cannot be opened.
///
/// # Panics
/// If there is no cache directory.
pub fn open() -> anyhow::Result<Reader> {
    let settings = EngineConfig {
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    let engine = Engine::start(CacheDir::new(testkit::cache_dir()), settings)?;
    Reader::open(&engine, Config::default()).context("run `make setup`")
}

/// The pages of a folder, as its `pages.json` lists them.
///
/// # Errors
/// If it cannot be read.
pub fn pages(folder: &Path) -> anyhow::Result<Vec<Page>> {
    let path = folder.join("pages.json");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// What the models read in a picture.
///
/// # Errors
/// If it is no picture, or the models fail.
pub fn read(reader: &Reader, path: &Path) -> anyhow::Result<Vec<Read>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let picture = pictures::decode_jpeg(&bytes)?;
    let size = (f64::from(picture.width), f64::from(picture.height));
    let lines = reader.read(&[picture])?.into_iter().flatten();
    let found = lines.map(|line| Read {
        edges: line.quad.scaled(size).bounds().edges(),
        text: line.reading.text,
    });
    Ok(found.collect())
}
