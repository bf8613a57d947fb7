//! What was measured of one clip.
#![allow(clippy::unwrap_used, dead_code, reason = "tests")]

use contracts::analysis::SCENE_PACING;
use llm::grounding::Evidence;
use serde_json::Value;
use std::{fs, path::Path, sync::LazyLock};

fn golden(file: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/timeline/tests/golden");
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

/// A unified analysis in which everything was measured.
pub fn unified() -> Value {
    golden("perceived/unified_analysis.json")
}

/// The pacing of the same clip.
pub fn metrics() -> Value {
    golden("rich/scene_pacing_ml.json")
}

pub fn evidence() -> Evidence {
    static EVIDENCE: LazyLock<Evidence> =
        LazyLock::new(|| Evidence::of_unified(SCENE_PACING, &unified(), &metrics()));
    EVIDENCE.clone()
}
