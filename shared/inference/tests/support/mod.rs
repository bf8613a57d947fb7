//! What the tests of this crate share.
#![allow(
    clippy::disallowed_methods,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use contracts::ids::Sha256;
use inference::{
    CacheDir, Engine, EngineConfig, Manifest, ModelSet, Provider,
    fetch::Tools,
    registry::{MediaEntry, MediaPurpose, Registry, Source, SourceFile},
};
use std::{
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The real cache. Tests that need its content fail without it: they are not skipped.
pub fn real_cache() -> CacheDir {
    let cache = CacheDir::resolve(|name| std::env::var_os(name)).expect("HOME is set");
    assert!(
        cache.root().join("onnxruntime").is_dir(),
        "no ONNX Runtime under {}: run `make setup`",
        cache.root().display()
    );
    cache
}

pub fn real_library() -> PathBuf {
    let version = &Manifest::models()
        .unwrap()
        .runtime()
        .unwrap()
        .version
        .clone();
    real_cache().runtime_library(version)
}

pub fn config() -> EngineConfig {
    EngineConfig {
        set: ModelSet::Agpl,
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    }
}

pub fn engine() -> Engine {
    Engine::start(real_cache(), config())
        .unwrap_or_else(|error| panic!("{error}; run `make setup`"))
}

/// A media manifest of one package with one file.
pub fn manifest(registry: Registry, path: &str, content: &[u8]) -> Manifest {
    let file = SourceFile {
        path: path.into(),
        inside: vec![],
        name: "clip.bin".into(),
        bytes: content.len() as u64,
        sha256: Sha256::of(content),
    };
    Manifest {
        media: vec![MediaEntry {
            content: "bytes".into(),
            licence: "none".into(),
            purpose: MediaPurpose::Test,
            source: Source {
                registry,
                package: "sample".into(),
                version: "1.0.0".into(),
                licence: "MIT".into(),
                python: None,
                platform: None,
                files: vec![file],
            },
        }],
        ..Manifest::default()
    }
}

/// An npm package; names are written as they are given, however hostile.
pub fn tgz(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("sample-1.0.0.tgz");
    let file = std::fs::File::create(&path).unwrap();
    let encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    tar(encoder, entries).finish().unwrap();
    path
}

/// What the stand-in for dpkg-deb takes for a Debian package: the archive it would give, bare.
pub fn deb(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("sample_1.0.0_all.deb");
    tar(std::fs::File::create(&path).unwrap(), entries);
    path
}

fn tar<W: Write>(writer: W, entries: &[(&str, &[u8])]) -> W {
    let mut builder = tar::Builder::new(writer);
    for (name, content) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Past the check of `set_path`, which refuses what we want to try.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A wheel.
pub fn wheel(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("sample-1.0.0-py3-none-any.whl");
    std::fs::write(&path, zipped(entries)).unwrap();
    path
}

/// A zip archive.
pub fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub fn script(path: &Path, body: &str) -> PathBuf {
    std::fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.into()
}

/// Clients that deliver `archive` whatever they are asked for, and count their calls.
pub fn clients(folder: &Path, archive: &Path) -> Tools {
    let body = format!(
        r#"echo called >> '{calls}'
while [ $# -gt 0 ]; do
  case "$1" in --dest|--pack-destination) cp '{archive}' "$2"; exit 0;; esac
  shift
done
exit 1"#,
        calls = folder.join("calls").display(),
        archive = archive.display(),
    );
    Tools {
        python: script(&folder.join("python"), &body),
        npm: script(&folder.join("npm"), &body),
        apt: script(
            &folder.join("apt"),
            &format!(
                "echo called >> '{}'\ncp '{}' .",
                folder.join("calls").display(),
                archive.display()
            ),
        ),
        dpkg: script(&folder.join("dpkg"), "cat \"$2\""),
    }
}

pub fn calls(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("calls")).map_or(0, |text| text.lines().count())
}

/// Every file below `folder`, relative, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}
