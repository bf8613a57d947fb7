//! `creative_density`.

use super::{Explanation, Reason::*, always, given, when::*};

/// What is computed from whether a second holds anything.
const PRESENCE: &[&str] = &[
    "creative_density.densityCoreMetrics.timelineCoverage",
    "creative_density.densityDynamics.emptySeconds[]",
    "creative_density.densityInteractions.coordinationScore",
    "creative_density.densityInteractions.dominantCombination",
    "creative_density.densityInteractions.elementCooccurrence",
    "creative_density.densityInteractions.multiModalPeaks*",
    "creative_density.densityKeyEvents.deadZones*",
];
/// What is computed from how much a second holds.
const VALUES: &[&str] = &[
    "creative_density.densityCoreMetrics.avgDensity",
    "creative_density.densityCoreMetrics.maxDensity",
    "creative_density.densityCoreMetrics.minDensity",
    "creative_density.densityCoreMetrics.stdDeviation",
    "creative_density.densityCoreMetrics.totalElements",
    "creative_density.densityCoreMetrics.elementsPerSecond",
    "creative_density.densityDynamics.densityCurve*",
    "creative_density.densityDynamics.volatility",
    "creative_density.densityDynamics.accelerationPattern",
    "creative_density.densityKeyEvents.densityShifts*",
    "creative_density.densityKeyEvents.peakMoments*",
    "creative_density.densityPatterns.cognitiveLoadCategory",
    "creative_density.densityPatterns.densityClassification",
    "creative_density.densityPatterns.mlTags[]",
    "creative_density.densityPatterns.pacingStyle",
    "creative_density.densityPatterns.structuralFlags*",
];
/// All of these.
const SECONDS: &[&str] = &[
    "creative_density.densityCoreMetrics.timelineCoverage",
    "creative_density.densityCoreMetrics.avgDensity",
    "creative_density.densityCoreMetrics.maxDensity",
    "creative_density.densityCoreMetrics.minDensity",
    "creative_density.densityCoreMetrics.stdDeviation",
    "creative_density.densityCoreMetrics.totalElements",
    "creative_density.densityCoreMetrics.elementsPerSecond",
    "creative_density.densityDynamics*",
    "creative_density.densityInteractions*",
    "creative_density.densityKeyEvents*",
    "creative_density.densityPatterns*",
];
pub(super) const ALL: &[Explanation] = &[
    always(
        ConstantWithoutEvidence,
        &[
            "creative_density.densityCoreMetrics.confidence",
            "creative_density.densityDynamics.confidence",
            "creative_density.densityDynamics.densityProgression",
            "creative_density.densityInteractions.confidence",
            "creative_density.densityKeyEvents.confidence",
            "creative_density.densityPatterns.confidence",
            "creative_density.densityQuality*",
        ],
    ),
    always(
        DensityTakenForCall,
        &["creative_density.densityPatterns.structuralFlags.finalCallToAction"],
    ),
    given(MissingIsNotZero, SECONDS, nothing_counted),
    given(
        MissingIsNotZero,
        &["creative_density.densityInteractions*"],
        few_kinds_measured,
    ),
    given(
        MissingIsNotZero,
        &["creative_density.densityCoreMetrics.elementCounts.text"],
        no_text,
    ),
    given(
        MissingIsNotZero,
        &["creative_density.densityCoreMetrics.elementCounts.sticker"],
        stickers_not_looked_for,
    ),
    given(
        MissingIsNotZero,
        &["creative_density.densityCoreMetrics.elementCounts.object"],
        no_objects,
    ),
    given(
        MissingIsNotZero,
        &["creative_density.densityCoreMetrics.elementCounts.gesture"],
        no_people,
    ),
    given(
        MissingIsNotZero,
        &["creative_density.densityCoreMetrics.elementCounts.expression"],
        no_emotions,
    ),
    given(
        MissingIsNotZero,
        &[
            "creative_density.densityCoreMetrics.elementCounts.transition",
            "creative_density.densityCoreMetrics.sceneChangeCount",
        ],
        no_shots,
    ),
    given(
        MissingIsNotZero,
        &["creative_density.densityKeyEvents.peakMoments[].elementBreakdown*"],
        something_missing,
    ),
    given(CountedRecordFields, VALUES, records),
    given(
        CountedRecordFields,
        &["creative_density.densityCoreMetrics.elementCounts.text"],
        texts,
    ),
    given(
        CountedRecordFields,
        &["creative_density.densityCoreMetrics.elementCounts.sticker"],
        stickers,
    ),
    given(
        CountedRecordFields,
        &["creative_density.densityCoreMetrics.elementCounts.gesture"],
        gestures,
    ),
    given(
        CountedRecordFields,
        &["creative_density.densityCoreMetrics.elementCounts.expression"],
        emotions,
    ),
    given(CutsNotCounted, PRESENCE, cuts),
    given(CutsNotCounted, VALUES, cuts),
    given(
        BeginningCountedAsCut,
        &[
            "creative_density.densityCoreMetrics.elementCounts.transition",
            "creative_density.densityCoreMetrics.sceneChangeCount",
        ],
        changes,
    ),
    given(CountedInEveryFrame, VALUES, objects_in_several_frames),
    given(
        CountedInEveryFrame,
        &["creative_density.densityCoreMetrics.elementCounts.object"],
        objects,
    ),
    given(
        KindsIgnored,
        &["creative_density.densityDynamics.densityCurve[].primaryElement"],
        stickers_or_expressions,
    ),
    given(SecondsNotLookedAt, SECONDS, elements_overlooked),
    given(LastSecondLeftOut, SECONDS, ends_within_a_second),
    given(NoGestureCounted, SECONDS, no_hand_sign),
    given(
        NoGestureCounted,
        &["creative_density.densityCoreMetrics.elementCounts.gesture"],
        no_hand_sign,
    ),
    given(InventedLength, SECONDS, seen_across_a_second),
    given(WholeStreamDropped, SECONDS, bad_emotion),
    given(OutsideTheVideo, SECONDS, elements_outside),
    given(
        OutsideTheVideo,
        &["creative_density.densityCoreMetrics.elementCounts.text"],
        texts_outside,
    ),
    given(
        OutsideTheVideo,
        &["creative_density.densityCoreMetrics.elementCounts.transition"],
        changes_outside,
    )
    .needs("a shot boundary outside the video"),
    given(NoLength, SECONDS, no_length),
    given(
        FirstInTime,
        &["creative_density.densityDynamics.densityCurve*"],
        longer_than_100_seconds,
    ),
    given(
        FirstInTime,
        &[
            "creative_density.densityInteractions.multiModalPeaks*",
            "creative_density.densityKeyEvents.deadZones*",
            "creative_density.densityKeyEvents.peakMoments*",
        ],
        longer_than_10_seconds,
    ),
    given(
        ClearDifferenceNeeded,
        &["creative_density.densityPatterns.structuralFlags.crescendoPattern"],
        anything,
    ),
    given(
        MissingIsNotZero,
        &[
            "creative_density.densityDynamics.accelerationPattern",
            "creative_density.densityPatterns.pacingStyle",
            "creative_density.densityPatterns.structuralFlags*",
        ],
        very_short,
    ),
];
