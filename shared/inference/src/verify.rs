//! The check of a cache against a manifest.

use crate::{
    cache::{CacheDir, digest_of},
    error::Result,
    registry::{Manifest, Selection},
};
use contracts::ids::Sha256;
use std::path::PathBuf;

/// State of one file of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// It is what was pinned or recorded.
    Ok,
    /// It is not there.
    Missing,
    /// Something else is there.
    WrongDigest {
        /// Pinned or recorded.
        expected: Sha256,
        /// Found.
        found: Sha256,
    },
}

/// One line of [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// What the file belongs to: a model's name, `onnxruntime`, or the media file's name.
    pub item: String,
    /// Licence of the content.
    pub licence: String,
    /// The file.
    pub path: PathBuf,
    /// How it is.
    pub state: FileState,
}

impl FileReport {
    /// What mends it; `None` when nothing has to be.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self.state {
            FileState::Ok => None,
            FileState::Missing => Some("run `rumiai models fetch`"),
            FileState::WrongDigest { .. } => {
                Some("the file was changed or damaged; run `rumiai models fetch` to replace it")
            }
        }
    }
}

/// Compares every file that the selection needs with its digest; the manifest's order.
///
/// # Errors
/// [`crate::Error::File`] if one exists and cannot be read, [`crate::Error::NoRuntimeFor`] on an unknown
/// architecture.
pub fn verify(
    manifest: &Manifest,
    cache: &CacheDir,
    selection: impl Into<Selection>,
) -> Result<Vec<FileReport>> {
    let selection = selection.into();
    let mut reports = Vec::new();
    if !manifest.runtimes.is_empty() {
        let runtime = manifest.runtime()?;
        let path = cache.runtime_library(&runtime.version);
        let expected = runtime.source.files.first().map(|file| file.sha256);
        reports.push(report("onnxruntime", &runtime.licence, path, expected)?);
    }
    for model in manifest
        .models
        .iter()
        .filter(|model| selection.includes(model))
    {
        let expected = model.expected_digest(cache)?;
        reports.push(report(
            &model.name,
            &model.licence,
            model.path(cache),
            expected,
        )?);
        for file in model.companion_files() {
            let path = cache.model(&model.name).join(&file.name);
            reports.push(report(
                &model.name,
                &model.licence,
                path,
                Some(file.sha256),
            )?);
        }
    }
    for media in &manifest.media {
        for file in &media.source.files {
            let path = cache.media().join(&file.name);
            reports.push(report(&file.name, &media.licence, path, Some(file.sha256))?);
        }
    }
    Ok(reports)
}

fn report(
    item: &str,
    licence: &str,
    path: PathBuf,
    expected: Option<Sha256>,
) -> Result<FileReport> {
    let state = match (expected, digest_of(&path)?) {
        (Some(expected), Some(found)) if expected == found => FileState::Ok,
        (Some(expected), Some(found)) => FileState::WrongDigest { expected, found },
        // A converted file without its record is worth nothing: nobody vouches for it.
        (None, _) | (_, None) => FileState::Missing,
    };
    Ok(FileReport {
        item: item.into(),
        licence: licence.into(),
        path,
        state,
    })
}
