//! Writes the page of figures: `ocr-accuracy docs/accuracy/ocr.md`.

use anyhow::{Context, ensure};
use ocr_accuracy::{
    report::{self, Measured},
    scores::Read,
    sight,
};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const HERE: &str = env!("CARGO_MANIFEST_DIR");
/// Of the cache.
const PYTHON: &str = "tools/rapidocr-venv/bin/python";
const FONTS: &str = "tools/ocr-fonts";
const PHOTOGRAPH: &str = "media/bus.jpg";

fn main() -> anyhow::Result<()> {
    let path = env::args_os().nth(1).map(PathBuf::from);
    let path = path.context("name the file to write")?;
    ran(&mut Command::new(Path::new(HERE).join("setup.sh")))?;
    let folder = tempfile::tempdir()?;
    let measured = measure(folder.path())?;
    fs::write(&path, report::page(&measured))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn measure(folder: &Path) -> anyhow::Result<Measured> {
    let [fonts, photograph] = [FONTS, PHOTOGRAPH].map(testkit::cache_file);
    ran(python("render.py").args([&fonts, &photograph]).arg(folder))?;
    ran(python("peer.py").arg(folder))?;
    let peer = fs::read_to_string(folder.join("peer.json"))?;
    let peer: BTreeMap<String, Vec<Read>> = serde_json::from_str(&peer)?;
    let reader = sight::open()?;
    let mut measured = Measured::default();
    for page in sight::pages(folder)? {
        let ours = sight::read(&reader, &folder.join(&page.file))?;
        let theirs = peer
            .get(&page.file)
            .with_context(|| format!("RapidOCR has not read {}", page.file))?;
        measured.add(&page, &ours, theirs);
    }
    Ok(measured)
}

fn python(script: &str) -> Command {
    let mut command = Command::new(testkit::cache_file(PYTHON));
    command.arg(Path::new(HERE).join(script));
    command
}

fn ran(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status();
    let status = status.with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
