//! What a batch took, stage by stage.

use super::classification::choices;
use serde::{Deserialize, Serialize};
use std::time::Duration;

choices! {
    /// The stages a batch goes through, in their order.
    StageName {
        /// What cannot be classified is an error.
        Validate = "validate",
        /// What was there already shares its result.
        Dedupe = "dedupe",
        /// What the rules of thumb call hopeless is filtered.
        Rules = "rules",
        /// What was asked before is known.
        Cache = "cache",
        /// What is far from every description is filtered.
        Embedding = "embedding",
        /// What is left is shown to a model.
        Model = "model",
        /// What has too few points is filtered.
        Score = "score",
        /// What is left is stored.
        Persist = "persist",
        /// What has many points gets a dossier.
        Dossier = "dossier",
    }
}

/// What one stage did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Which.
    pub name: StageName,
    /// Items that came to it.
    #[serde(rename = "in")]
    pub entered: u64,
    /// Items that went on.
    pub out: u64,
    /// Time spent in it, all items together, in milliseconds.
    pub ms: u64,
}

/// What all stages did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    stages: Vec<(StageName, u64, u64, Duration)>,
}

impl Default for Statistics {
    fn default() -> Self {
        let stages = StageName::ALL.iter();
        Self {
            stages: stages
                .map(|(_, name)| (*name, 0, 0, Duration::ZERO))
                .collect(),
        }
    }
}

impl Statistics {
    /// Notes that an item came to a stage, whether it went on, and how long that took.
    pub fn note(&mut self, stage: StageName, went_on: bool, took: Duration) {
        if let Some((_, entered, out, spent)) = self.stages.iter_mut().find(|one| one.0 == stage) {
            *entered += 1;
            *out += u64::from(went_on);
            *spent += took;
        }
    }

    /// Items that came to a stage.
    #[must_use]
    pub fn entered(&self, stage: StageName) -> u64 {
        let found = self.stages.iter().find(|one| one.0 == stage);
        found.map_or(0, |one| one.1)
    }

    /// The report, stages in their order.
    #[must_use]
    pub fn report(&self) -> Vec<StageReport> {
        let rows = self.stages.iter();
        rows.map(|(name, entered, out, spent)| StageReport {
            name: *name,
            entered: *entered,
            out: *out,
            ms: u64::try_from(spent.as_millis()).unwrap_or(u64::MAX),
        })
        .collect()
    }
}
