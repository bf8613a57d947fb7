//! `visual_overlay_analysis`.

use super::{Explanation, Reason::*, always, given, when::*};

const COUNTS: &[&str] = &[
    "visual_overlay_analysis.visualOverlayCoreMetrics.overlayDensity",
    "visual_overlay_analysis.visualOverlayCoreMetrics.overlayFrequency",
    "visual_overlay_analysis.visualOverlayCoreMetrics.totalOverlays",
    "visual_overlay_analysis.visualOverlayCoreMetrics.totalStickers",
    "visual_overlay_analysis.visualOverlayCoreMetrics.totalTextOverlays",
    "visual_overlay_analysis.visualOverlayCoreMetrics.uniqueOverlayCount",
    "visual_overlay_analysis.visualOverlayCoreMetrics.uniqueOverlayRatio",
    "visual_overlay_analysis.visualOverlayDynamics.burstPatterns",
    "visual_overlay_analysis.visualOverlayDynamics.overlayAcceleration",
    "visual_overlay_analysis.visualOverlayDynamics.overlayProgression*",
    "visual_overlay_analysis.visualOverlayDynamics.rhythmConsistency",
    "visual_overlay_analysis.visualOverlayInteractions*",
    "visual_overlay_analysis.visualOverlayKeyEvents*",
    "visual_overlay_analysis.visualOverlayPatterns*",
    "visual_overlay_analysis.visualOverlayQuality.missingDataPoints[]",
    "visual_overlay_analysis.visualOverlayQuality.timelineCoverage",
];
const EVERYTHING: &[&str] = &["visual_overlay_analysis.*"];
const COMPANY: &[&str] = &[
    "visual_overlay_analysis.visualOverlayInteractions*",
    "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques[]",
];
const WINDOWS: &[&str] = &[
    "visual_overlay_analysis.visualOverlayDynamics.overlayAcceleration",
    "visual_overlay_analysis.visualOverlayDynamics.overlayProgression*",
    "visual_overlay_analysis.visualOverlayKeyEvents.climaxMoment",
    "visual_overlay_analysis.visualOverlayKeyEvents.overlayPeaks*",
    "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques[]",
    "visual_overlay_analysis.visualOverlayPatterns.pacingPattern",
];
const CALLS: &[&str] = &[
    "visual_overlay_analysis.visualOverlayKeyEvents.ctaMoments*",
    "visual_overlay_analysis.visualOverlayPatterns.contentFocus",
    "visual_overlay_analysis.visualOverlayPatterns.engagementArchetype",
    "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques[]",
];

pub(super) const ALL: &[Explanation] = &[
    always(
        ConstantWithoutEvidence,
        &[
            "visual_overlay_analysis.visualOverlayCoreMetrics.confidence",
            "visual_overlay_analysis.visualOverlayDynamics.confidence",
            "visual_overlay_analysis.visualOverlayInteractions.confidence",
            "visual_overlay_analysis.visualOverlayKeyEvents.confidence",
            "visual_overlay_analysis.visualOverlayPatterns.confidence",
        ],
    ),
    always(
        ConfidenceFromCoverage,
        &[
            "visual_overlay_analysis.visualOverlayQuality.dataCompleteness",
            "visual_overlay_analysis.visualOverlayQuality.detectionConfidence",
            "visual_overlay_analysis.visualOverlayQuality.overallConfidence",
        ],
    ),
    always(
        InventedLength,
        &["visual_overlay_analysis.visualOverlayCoreMetrics.avgOverlayDuration"],
    ),
    always(
        UnequalWindows,
        &[
            "visual_overlay_analysis.visualOverlayDynamics.overlayProgression*",
            "visual_overlay_analysis.visualOverlayDynamics.temporalDistribution",
        ],
    ),
    given(MissingIsNotZero, EVERYTHING, no_text),
    given(
        MissingIsNotZero,
        &[
            "visual_overlay_analysis.visualOverlayCoreMetrics.timeToFirstOverlay",
            "visual_overlay_analysis.visualOverlayDynamics.overlayAcceleration",
            "visual_overlay_analysis.visualOverlayDynamics.temporalDistribution",
            "visual_overlay_analysis.visualOverlayPatterns*",
        ],
        no_overlays,
    ),
    given(
        MissingIsNotZero,
        &["visual_overlay_analysis.visualOverlayDynamics.rhythmConsistency"],
        few_overlays,
    ),
    given(
        MissingIsNotZero,
        &[
            "visual_overlay_analysis.visualOverlayCoreMetrics.uniqueOverlayRatio",
            "visual_overlay_analysis.visualOverlayInteractions.crossModalCoherence",
            "visual_overlay_analysis.visualOverlayInteractions.overlayGestureSync",
            "visual_overlay_analysis.visualOverlayInteractions.overlaySpeechAlignment",
            "visual_overlay_analysis.visualOverlayPatterns.contentFocus",
            "visual_overlay_analysis.visualOverlayPatterns.engagementArchetype",
            "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques[]",
        ],
        no_texts,
    ),
    given(
        MissingIsNotZero,
        &[
            "visual_overlay_analysis.visualOverlayCoreMetrics.totalStickers",
            "visual_overlay_analysis.visualOverlayQuality.missingDataPoints[]",
        ],
        stickers_not_looked_for,
    ),
    given(MissingIsNotZero, COMPANY, no_speech),
    given(MissingIsNotZero, COMPANY, no_people),
    given(
        MissingIsNotZero,
        &["visual_overlay_analysis.visualOverlayQuality.missingDataPoints[]"],
        no_text_speech_or_people,
    ),
    given(
        KindsIgnored,
        &["visual_overlay_analysis.visualOverlayQuality.missingDataPoints[]"],
        stickers_only,
    )
    .needs("stickers without a text"),
    given(
        KindsIgnored,
        &[
            "visual_overlay_analysis.visualOverlayDynamics.rhythmConsistency",
            "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques[]",
        ],
        stickers,
    ),
    given(NoLength, EVERYTHING, no_length),
    given(OnePerSecond, COUNTS, overlays_share_a_second),
    given(OutsideTheVideo, EVERYTHING, overlays_outside),
    given(
        SecondsNotLookedAt,
        &[
            "visual_overlay_analysis.visualOverlayCoreMetrics.overlayDensity",
            "visual_overlay_analysis.visualOverlayCoreMetrics.overlayFrequency",
            "visual_overlay_analysis.visualOverlayDynamics.overlayAcceleration",
            "visual_overlay_analysis.visualOverlayDynamics.overlayProgression*",
            "visual_overlay_analysis.visualOverlayKeyEvents*",
            "visual_overlay_analysis.visualOverlayPatterns*",
            "visual_overlay_analysis.visualOverlayQuality.timelineCoverage",
        ],
        end_not_looked_at_for_texts,
    ),
    given(SecondsNotLookedAt, EVERYTHING, never_looked_at_for_texts),
    given(
        SecondsNotLookedAt,
        &["visual_overlay_analysis.visualOverlayQuality.analysisReliability"],
        texts_overlooked,
    ),
    given(
        WholeSeconds,
        &[
            "visual_overlay_analysis.visualOverlayCoreMetrics.timeToFirstOverlay",
            "visual_overlay_analysis.visualOverlayDynamics.rhythmConsistency",
            "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques[]",
        ],
        overlays_between_seconds,
    ),
    given(
        WrongDenominator,
        &["visual_overlay_analysis.visualOverlayCoreMetrics.uniqueOverlayRatio"],
        stickers,
    ),
    given(
        RunsNotGaps,
        &["visual_overlay_analysis.visualOverlayDynamics.burstPatterns"],
        overlays,
    ),
    given(
        UnequalWindows,
        &["visual_overlay_analysis.visualOverlayKeyEvents.quietMoments[]"],
        windows_differ,
    ),
    given(UnequalWindows, WINDOWS, overlays),
    given(BeginningsCompared, COMPANY, texts_in_company),
    given(
        FirstInTime,
        &[
            "visual_overlay_analysis.visualOverlayInteractions.multimodalMoments*",
            "visual_overlay_analysis.visualOverlayKeyEvents.ctaMoments*",
        ],
        many_texts,
    ),
    given(
        OrderOfEquals,
        &[
            "visual_overlay_analysis.visualOverlayInteractions.multimodalMoments*",
            "visual_overlay_analysis.visualOverlayKeyEvents.ctaMoments*",
        ],
        texts_at_one_instant,
    ),
    given(NoGestureCounted, COMPANY, no_hand_sign),
    given(OutsideTheVideo, COMPANY, segments_outside),
    given(PartsOfWords, CALLS, texts_ask),
    given(
        ConfidenceFromCoverage,
        &["visual_overlay_analysis.visualOverlayQuality.analysisReliability"],
        texts,
    ),
    given(
        InventedLength,
        &["visual_overlay_analysis.visualOverlayQuality.timelineCoverage"],
        texts,
    ),
];
