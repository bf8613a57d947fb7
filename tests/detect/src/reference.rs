//! What Python sees.

use crate::Seen;
use anyhow::{Context, ensure};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

/// Detections by model and picture: class, score, box.
type Answer = BTreeMap<String, BTreeMap<PathBuf, Vec<(usize, f64, [f64; 4])>>>;

/// What both models see in each picture when Python drives them, by the model's name.
///
/// # Errors
/// If Python cannot be started, or complains.
pub fn ask(pictures: &[PathBuf]) -> anyhow::Result<BTreeMap<String, Vec<Vec<Seen>>>> {
    let cache = testkit::cache_dir();
    let python = cache.join("tools/rapidocr-venv/bin/python");
    let output = Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("reference.py"))
        .arg(testkit::cache_file("models/coco-ssd/coco-ssd.onnx"))
        .arg(testkit::cache_file("models/yolo11n/yolo11n.onnx"))
        .args(pictures)
        .output()
        .with_context(|| format!("cannot start {}; run tests/ocr/setup.sh", python.display()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "reference.py: {complaint}");
    let answer: Answer = serde_json::from_slice(&output.stdout)?;
    let seen = |found: &Vec<(usize, f64, [f64; 4])>| -> Vec<Seen> {
        let all = found.iter().copied();
        all.map(|(class, score, edges)| Seen {
            class,
            score,
            edges,
        })
        .collect()
    };
    let by_model = answer.into_iter().map(|(model, found)| {
        let per_picture = pictures.iter().map(|path| {
            let found = found.get(path).context("a picture without an answer")?;
            Ok(seen(found))
        });
        Ok((model, per_picture.collect::<anyhow::Result<_>>()?))
    });
    by_model.collect()
}
