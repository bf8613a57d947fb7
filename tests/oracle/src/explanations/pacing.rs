//! `scene_pacing`.

use super::{Explanation, Reason::*, always, given, when::*};

const CORE: &[&str] = &[
    "scene_pacing.scenePacingCoreMetrics.averageSceneDuration",
    "scene_pacing.scenePacingCoreMetrics.rhythmConsistency",
    "scene_pacing.scenePacingCoreMetrics.scenesPerMinute",
    "scene_pacing.scenePacingCoreMetrics.totalScenes",
    "scene_pacing.scenePacingPatterns.editingStyle",
];

pub(super) const ALL: &[Explanation] = &[
    always(
        ConstantWithoutEvidence,
        &[
            "scene_pacing.scenePacingCoreMetrics.pacingScore",
            "scene_pacing.scenePacingCoreMetrics.transitionSmoothing",
            "scene_pacing.scenePacingDynamics*",
            "scene_pacing.scenePacingInteractions*",
            "scene_pacing.scenePacingKeyEvents*",
            "scene_pacing.scenePacingPatterns.pacingPattern",
            "scene_pacing.scenePacingPatterns.rhythmStructure",
            "scene_pacing.scenePacingPatterns.transitionTypes[]",
            "scene_pacing.scenePacingQuality*",
        ],
    ),
    given(MissingIsNotZero, CORE, no_shots),
    given(NoLength, CORE, no_length),
    given(
        MissingIsNotZero,
        &[
            "scene_pacing.scenePacingCoreMetrics.rhythmConsistency",
            "scene_pacing.scenePacingPatterns.editingStyle",
        ],
        no_cut,
    ),
    given(
        BeginningCountedAsCut,
        &["scene_pacing.scenePacingCoreMetrics.scenesPerMinute"],
        no_cut,
    ),
    given(BeginningCountedAsCut, CORE, changes),
    given(SecondsWithCutsLost, CORE, cuts),
    given(OutsideTheVideo, CORE, changes_outside).needs("a shot boundary outside the video"),
];
