//! What the program hands to the templates it knows: a template that could never be rendered is
//! refused when it is loaded.

use crate::{
    error::LoadProblem,
    variable::{Declaration, Kind},
};
use contracts::analysis::ANALYSES;
use std::collections::BTreeMap;

/// A variable the program hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handed {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether its text was written by us.
    pub trusted: bool,
    /// Whether a template may leave it out.
    pub may_be_unused: bool,
}

const fn outside(name: &'static str, kind: Kind) -> Handed {
    Handed {
        name,
        kind,
        trusted: false,
        may_be_unused: false,
    }
}

const fn ours(name: &'static str, kind: Kind) -> Handed {
    Handed {
        name,
        kind,
        trusted: true,
        may_be_unused: true,
    }
}

const CLASSIFICATION: [Handed; 2] = [
    outside("icp_context", Kind::String),
    outside("signal_text", Kind::String),
];
const DOSSIER: [Handed; 2] = [
    outside("signal_text", Kind::String),
    outside("classification_json", Kind::Json),
];
const ICP_EMBEDDING: [Handed; 1] = [outside("icp_text", Kind::String)];
const SIGNAL_EMBEDDING: [Handed; 1] = [outside("signal_text", Kind::String)];
/// In the order in which a text without places gets them as sections.
const ANALYSIS: [Handed; 5] = [
    outside("precomputed_metrics", Kind::Json),
    ours("video_duration", Kind::Number),
    ours("video_id", Kind::String),
    ours("prompt_type", Kind::String),
    Handed {
        name: "evidence",
        kind: Kind::Json,
        trusted: false,
        may_be_unused: true,
    },
];

/// What is known of a template before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// What it is for.
    pub task: &'static str,
    /// The variables it is given.
    pub variables: &'static [Handed],
    /// Whether it belongs to an analysis of videos.
    pub is_analysis: bool,
}

/// Names of the templates that belong to no analysis.
const SIGNALS: [(&str, Expected); 4] = [
    (
        "classification",
        signals("signal.classify", &CLASSIFICATION),
    ),
    ("dossier", signals("signal.dossier", &DOSSIER)),
    ("icp_embedding", signals("icp.embed", &ICP_EMBEDDING)),
    (
        "signal_embedding",
        signals("signal.embed", &SIGNAL_EMBEDDING),
    ),
];

const fn signals(task: &'static str, variables: &'static [Handed]) -> Expected {
    Expected {
        task,
        variables,
        is_analysis: false,
    }
}

/// Names of all templates the program itself uses.
pub const NAMES: [&str; 11] = [
    "classification",
    "dossier",
    "icp_embedding",
    "signal_embedding",
    "creative_density",
    "emotional_journey",
    "person_framing",
    "scene_pacing",
    "speech_analysis",
    "visual_overlay_analysis",
    "metadata_analysis",
];

/// What the program hands to the template of this name; `None` if it uses none of that name.
#[must_use]
pub fn expected(name: &str) -> Option<Expected> {
    let signal = SIGNALS.iter().find(|(known, _)| *known == name);
    let analysis = || {
        let is_known = ANALYSES
            .iter()
            .any(|analysis| analysis.name == name && !analysis.prefix.is_empty());
        is_known.then_some(Expected {
            task: "video.analyse",
            variables: &ANALYSIS,
            is_analysis: true,
        })
    };
    signal.map(|(_, expected)| *expected).or_else(analysis)
}

impl Expected {
    /// The declaration of a variable of this name, with the limit of the default.
    #[must_use]
    pub fn declaration(&self, name: &str) -> Option<Declaration> {
        let handed = self.variables.iter().find(|handed| handed.name == name)?;
        Some(Declaration {
            kind: handed.kind,
            trusted: handed.trusted,
            ..Declaration::text()
        })
    }

    /// Whether a template that declares these variables can be rendered with what it is handed.
    pub(crate) fn check(
        &self,
        place: &str,
        declared: &BTreeMap<String, Declaration>,
    ) -> Result<(), LoadProblem> {
        let problem = |what: String| Err(LoadProblem::new(place, what));
        for handed in self.variables {
            if !handed.may_be_unused && !declared.contains_key(handed.name) {
                return problem(format!("it has no place for '{}'", handed.name));
            }
        }
        for (name, declaration) in declared {
            let Some(handed) = self.variables.iter().find(|handed| handed.name == name) else {
                let known: Vec<&str> = self.variables.iter().map(|handed| handed.name).collect();
                let known = known.join(", ");
                return problem(format!("'{name}' is not handed to it; it is given {known}"));
            };
            if handed.kind != declaration.kind {
                let kind = handed.kind.name();
                return problem(format!("'{name}' is a {kind}; declare it so"));
            }
            if declaration.trusted && !handed.trusted {
                return problem(format!("'{name}' comes from outside; it cannot be trusted"));
            }
        }
        Ok(())
    }
}
