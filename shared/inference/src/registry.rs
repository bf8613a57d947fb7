//! The manifest of everything that is fetched: which file, from which package, under which
//! licence, with which digest; and the check of a cache against it.

mod check;
mod names;

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

/// What is chosen out of a manifest. Everything that takes one takes a bare [`ModelSet`] too,
/// which chooses no group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Which licences are accepted.
    pub set: ModelSet,
    /// Which optional groups are wanted, by name.
    pub groups: BTreeSet<String>,
}

impl Selection {
    /// Whether `model` is chosen.
    #[must_use]
    pub fn includes(&self, model: &ModelEntry) -> bool {
        let wanted = |group: &String| self.groups.contains(group);
        self.set.includes(model.set) && model.group.as_ref().is_none_or(wanted)
    }
}
impl From<ModelSet> for Selection {
    fn from(set: ModelSet) -> Self {
        Self {
            set,
            groups: BTreeSet::new(),
        }
    }
}

/// The package registry a package comes from. Which host answers is the business of `pip`, `npm`
/// and `apt-get` and their own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registry {
    /// Python packages; wheels only, because a source archive runs its own code when fetched.
    Pypi,
    /// Node packages.
    Npm,
    /// Packages of Debian, whatever the architecture; downloaded, not installed.
    Debian,
    /// None: a file of the user's own, which nothing fetches. No manifest can name it.
    #[serde(skip)]
    Own,
}

/// A file inside a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Path inside the package, without npm's leading `package/` or Debian's leading `./`.
    pub path: String,
    /// Where that is itself a zip archive: the names of the entries to go through, the outermost
    /// first. Length and digest are those of the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<String>,
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
            Registry::Debian => "Debian",
            Registry::Own => "own file",
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
    /// True or false.
    Bool,
}
impl fmt::Display for ElementType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::U8 => "u8",
            Self::F32 => "f32",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::Bool => "bool",
        })
    }
}

/// A declared input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorSpec {
    /// Name in the graph. In the file, `{a,b}` stands for both, so that a row of tensors that
    /// differ by a number takes one line.
    pub name: String,
    /// Type of its elements.
    pub element: ElementType,
    /// Extent of each axis; -1 where any is accepted.
    pub shape: Vec<i64>,
    /// Whether the -1 axes of an input may be empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_empty: bool,
    /// What the axes and values mean, for people.
    pub meaning: String,
}

/// How the fetched files become the served one. What a converter makes is not the same to the
/// byte on every machine, so it is accepted by its golden sample and its digest recorded then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conversion {
    /// They already are: one ONNX file.
    None,
    /// TensorFlow.js graph model (`model.json` and shards) through tf2onnx.
    TfjsToOnnx,
    /// One TensorFlow Lite file through tf2onnx.
    TfliteToOnnx,
    /// One Keras HDF5 file through tf2onnx.
    KerasToOnnx,
    /// The face-api expression network (weights manifest and quantised weights), whose graph
    /// exists only as JavaScript and is written down in the converter.
    FaceApiToOnnx,
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
    /// The optional group it is fetched with; without one it is always fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
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
    /// Files kept beside the weights: vocabularies, label lists.
    #[serde(default, rename = "companion", skip_serializing_if = "Vec::is_empty")]
    pub companions: Vec<Source>,
    /// Inputs of the graph; all of them.
    pub inputs: Vec<TensorSpec>,
    /// Outputs that are asked for; the graph may have more.
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
    /// The companion called `name`, with where it lies.
    #[must_use]
    pub fn companion(&self, cache: &CacheDir, name: &str) -> Option<(PathBuf, &SourceFile)> {
        let file = self.companion_files().find(|file| file.name == name)?;
        Some((cache.model(&self.name).join(&file.name), file))
    }
    /// All companions.
    pub fn companion_files(&self) -> impl Iterator<Item = &SourceFile> {
        self.companions.iter().flat_map(|source| &source.files)
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
        let mut manifest: Self = toml::from_str(text).map_err(|error| Error::Manifest {
            file: file.into(),
            message: error.to_string(),
        })?;
        for model in &mut manifest.models {
            names::expand(model);
        }
        check::manifest(&manifest).map_err(|message| Error::Manifest {
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

    /// Whether every one of `groups` has a model; a manifest without models answers for none.
    ///
    /// # Errors
    /// [`Error::UnknownGroup`].
    pub(crate) fn check_groups(&self, groups: &BTreeSet<String>) -> Result<()> {
        let groups_of = self
            .models
            .iter()
            .filter_map(|model| model.group.as_deref());
        let known: BTreeSet<_> = groups_of.collect();
        let unknown = |group: &&String| !known.contains(group.as_str());
        match groups.iter().find(unknown) {
            Some(name) if !self.models.is_empty() => Err(Error::UnknownGroup {
                name: name.clone(),
                known: known.into_iter().collect::<Vec<_>>().join(", "),
            }),
            _ => Ok(()),
        }
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
}
