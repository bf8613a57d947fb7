//! How result files are laid out and what they call their origin.

use serde::{Deserialize, Serialize};

/// Layout of the ml files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// One flat object per analysis.
    V1,
    /// Six blocks.
    #[default]
    V2,
}

/// What files say of their origin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compatibility {
    /// What is true of this program.
    #[default]
    None,
    /// What consumers of the original Python system look for.
    Original,
}

/// How result files are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Their layout.
    pub layout: Layout,
    /// What they say of their origin.
    pub compatibility: Compatibility,
}

impl Layout {
    /// Its name, as settings hold it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }
}

impl Style {
    /// `source` of a file: what made it.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self.compatibility {
            Compatibility::None => "precompute",
            Compatibility::Original => "python_precompute",
        }
    }
    /// `processing_mode` of a file: how it was made.
    #[must_use]
    pub const fn processing_mode(self) -> &'static str {
        match self.compatibility {
            Compatibility::None => "computed",
            Compatibility::Original => "python_only",
        }
    }
    /// `version` of a file: that of its layout.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self.layout {
            Layout::V1 => "1.0",
            Layout::V2 => "2.0",
        }
    }
}
