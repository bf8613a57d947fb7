//! Where fetched files live, outside of any checkout.

use crate::error::{Error, Result};
use contracts::ids::Sha256;
use std::{
    ffi::OsString,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Name of our folder below the user's cache.
const FOLDER: &str = "rumiai";
const READ_CHUNK_BYTES: usize = 1 << 20;

/// The cache directory and its layout.
///
/// ```text
/// onnxruntime/<version>/libonnxruntime.so
/// models/<name>/<weights>.onnx      and <weights>.onnx.sha256 beside converted ones
/// media/<file>
/// tools/                            virtual environments
/// partial/                          downloads under way; emptied by the next fetch
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheDir {
    root: PathBuf,
}

impl CacheDir {
    /// The cache at `root`; nothing is created.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `RUMIAI_CACHE_DIR`, else `$XDG_CACHE_HOME/rumiai`, else `$HOME/.cache/rumiai`; `None` when
    /// `lookup` knows none of the three. Pass `|name| std::env::var_os(name)`.
    #[must_use]
    pub fn resolve(lookup: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let set = |name: &str| {
            lookup(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        set("RUMIAI_CACHE_DIR")
            .or_else(|| set("XDG_CACHE_HOME").map(|base| base.join(FOLDER)))
            .or_else(|| set("HOME").map(|home| home.join(".cache").join(FOLDER)))
            .map(Self::new)
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// ONNX Runtime's shared library of `version`.
    #[must_use]
    pub fn runtime_library(&self, version: &str) -> PathBuf {
        self.root
            .join("onnxruntime")
            .join(version)
            .join("libonnxruntime.so")
    }

    /// Folder of a model.
    #[must_use]
    pub fn model(&self, name: &str) -> PathBuf {
        self.root.join("models").join(name)
    }

    /// Demo and test media.
    #[must_use]
    pub fn media(&self) -> PathBuf {
        self.root.join("media")
    }

    /// Tools installed for ourselves.
    #[must_use]
    pub fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// Downloads under way.
    pub(crate) fn partial(&self) -> PathBuf {
        self.root.join("partial")
    }
}

/// Digest of the file at `path`, or `None` where there is none.
///
/// # Errors
/// [`Error::File`] if it exists and cannot be read.
pub(crate) fn digest_of(path: &Path) -> Result<Option<Sha256>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file("open", path)(error)),
    };
    let mut hasher = <sha2::Sha256 as sha2::Digest>::new();
    let mut chunk = vec![0; READ_CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk).map_err(Error::file("read", path))?;
        if read == 0 {
            return Ok(Some(hasher.into()));
        }
        sha2::Digest::update(&mut hasher, chunk.get(..read).unwrap_or_default());
    }
}
