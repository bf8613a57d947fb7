//! Settings of the stage.

use media::{DecodeParameters, InvalidSetting, Limits};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of the stage; every field may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecodeConfig {
    /// Path of the decoder program; without it, it is looked for beside the running executable
    /// and on the search path.
    pub decoder: Option<PathBuf>,
    /// What is taken from a file.
    pub parameters: DecodeParameters,
    /// What a file may cost.
    pub limits: Limits,
}

impl DecodeConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidSetting`] naming the first field that is unusable.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        self.parameters.validate()?;
        self.limits.validate()
    }
}
