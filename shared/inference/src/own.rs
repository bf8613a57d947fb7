//! Models of the user's own: files that no manifest names.

use crate::{
    golden::Golden,
    registry::{Conversion, ModelEntry, ModelSet, Registry, Source, TensorSpec},
};
use std::path::{Path, PathBuf};

/// A model of the user's own. Nobody pinned its digest and no answer of it is known: it is opened
/// as it is, results name the digest it has, and its tensors must be those stated here.
#[derive(Debug, Clone)]
pub struct OwnModel {
    /// What results call it.
    pub name: String,
    /// The ONNX file.
    pub path: PathBuf,
    /// Inputs of the graph; all of them.
    pub inputs: Vec<TensorSpec>,
    /// Outputs that are asked for; the graph may have more.
    pub outputs: Vec<TensorSpec>,
}

impl OwnModel {
    pub(crate) fn entry(&self) -> ModelEntry {
        let weights = self
            .path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        ModelEntry {
            name: self.name.clone(),
            role: "own".into(),
            set: ModelSet::Permissive,
            group: None,
            licence: "not stated".into(),
            origin: "a file of the user's own".into(),
            weights: weights.unwrap_or_default(),
            conversion: Conversion::None,
            source: Source {
                registry: Registry::Own,
                package: self.path.display().to_string(),
                version: String::new(),
                licence: "not stated".into(),
                python: None,
                platform: None,
                files: Vec::new(),
            },
            companions: Vec::new(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            golden: Golden {
                tolerance_cpu: 0.0,
                tolerance_accelerated: 0.0,
                inputs: Vec::new(),
                outputs: Vec::new(),
            },
        }
    }
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
