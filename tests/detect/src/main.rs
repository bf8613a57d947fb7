//! Writes the page of figures: `detect-accuracy docs/accuracy/detect.md`.

use anyhow::Context;
use detect::compute::Detector;
use detect_accuracy::{Agreement, Row, agreement, page, reference, sight};
use media::RgbPicture;
use std::path::{Path, PathBuf};

const SCALED: &str = "the same pixels, scaled";
const DETECTORS: [Detector; 2] = [Detector::CocoSsd, Detector::Yolo11n];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.context("name the file to write")?;
    let folder = tempfile::tempdir()?;
    let files = sight::pictures(folder.path()).await?;
    let pictures: Vec<RgbPicture> = files
        .iter()
        .map(|file| sight::open(file))
        .collect::<anyhow::Result<_>>()?;
    let mut rows = rows(&DETECTORS, "the JPEG file", &files, &pictures)?;
    let same = stored(folder.path(), &pictures)?;
    rows.extend(self::rows(&DETECTORS, "the same pixels", &same, &pictures)?);
    for detector in DETECTORS {
        let scaled = pictures.iter().map(|one| sight::scaled(detector, one));
        let scaled: Vec<RgbPicture> = scaled.collect::<anyhow::Result<_>>()?;
        let same = stored(folder.path(), &scaled)?;
        rows.extend(self::rows(&[detector], SCALED, &same, &scaled)?);
    }
    rows.sort_by_key(|row| row.model);
    std::fs::write(&path, page(files.len(), &rows))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The pictures as this program opened them, for the other side.
fn stored(folder: &Path, pictures: &[RgbPicture]) -> anyhow::Result<Vec<PathBuf>> {
    let numbered = pictures.iter().enumerate();
    let paths = numbered.map(|(number, picture)| {
        let path = folder.join(format!("{number}.png"));
        sight::store(picture, &path)?;
        Ok(path)
    });
    paths.collect()
}

/// These models, with what the other side is given in `files`.
fn rows(
    detectors: &[Detector],
    given: &'static str,
    files: &[PathBuf],
    pictures: &[RgbPicture],
) -> anyhow::Result<Vec<Row>> {
    let theirs = reference::ask(files)?;
    let rows = detectors.iter().map(|detector| {
        let eye = sight::Eye::open(*detector)?;
        let model = detector.name();
        let theirs = theirs.get(model).context("a model without an answer")?;
        let mut all = Agreement::default();
        for (picture, theirs) in pictures.iter().zip(theirs) {
            all.extend(agreement(&eye.see(picture)?, theirs));
        }
        Ok(Row {
            model,
            given,
            agreement: all,
        })
    });
    rows.collect()
}
