//! Writes the page of figures: `emotion-accuracy docs/accuracy/emotion.md`.

use anyhow::Context;
use std::path::PathBuf;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.context("name the file to write")?;
    let page = emotion_accuracy::table(&emotion_accuracy::measure().await);
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}
