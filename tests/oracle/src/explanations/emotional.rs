//! `emotional_journey`.

use super::{Explanation, Reason::*, always, given, when::*};

/// What is computed from the row of labels.
const LABELS: &[&str] = &[
    "emotional_journey.emotionalCoreMetrics.dominantEmotion",
    "emotional_journey.emotionalCoreMetrics.emotionTransitions",
    "emotional_journey.emotionalCoreMetrics.emotionalDiversity",
    "emotional_journey.emotionalCoreMetrics.emotionalIntensity",
    "emotional_journey.emotionalCoreMetrics.uniqueEmotions",
    "emotional_journey.emotionalDynamics.emotionProgression*",
    "emotional_journey.emotionalDynamics.emotionalArc",
    "emotional_journey.emotionalDynamics.peakEmotionMoments*",
    "emotional_journey.emotionalDynamics.stabilityScore",
    "emotional_journey.emotionalDynamics.transitionSmoothness",
    "emotional_journey.emotionalInteractions.emotionalContrastMoments*",
    "emotional_journey.emotionalKeyEvents.climaxMoment",
    "emotional_journey.emotionalKeyEvents.emotionalPeaks*",
    "emotional_journey.emotionalKeyEvents.resolutionMoment",
    "emotional_journey.emotionalKeyEvents.transitionPoints*",
    "emotional_journey.emotionalPatterns.emotionalTechniques[]",
    "emotional_journey.emotionalPatterns.engagementHooks*",
    "emotional_journey.emotionalPatterns.journeyArchetype",
    "emotional_journey.emotionalPatterns.pacingStrategy",
    "emotional_journey.emotionalPatterns.viewerJourneyMap",
    "emotional_journey.emotionalQuality.analysisReliability",
    "emotional_journey.emotionalQuality.detectionConfidence",
    "emotional_journey.emotionalQuality.emotionalDataCompleteness",
    "emotional_journey.emotionalQuality.missingDataPoints[]",
    "emotional_journey.emotionalQuality.overallConfidence",
    "emotional_journey.emotionalQuality.timelineCoverage",
];
/// What is computed from what follows what.
const SEQUENCE: &[&str] = &[
    "emotional_journey.emotionalCoreMetrics.emotionTransitions",
    "emotional_journey.emotionalDynamics.emotionalArc",
    "emotional_journey.emotionalDynamics.stabilityScore",
    "emotional_journey.emotionalDynamics.transitionSmoothness",
    "emotional_journey.emotionalInteractions.emotionalContrastMoments*",
    "emotional_journey.emotionalKeyEvents.transitionPoints*",
    "emotional_journey.emotionalPatterns.emotionalTechniques[]",
    "emotional_journey.emotionalPatterns.journeyArchetype",
    "emotional_journey.emotionalPatterns.pacingStrategy",
    "emotional_journey.emotionalPatterns.viewerJourneyMap",
];
const PEAKS: &[&str] = &[
    "emotional_journey.emotionalCoreMetrics.emotionalIntensity",
    "emotional_journey.emotionalDynamics.emotionProgression[].intensity",
    "emotional_journey.emotionalDynamics.peakEmotionMoments*",
    "emotional_journey.emotionalKeyEvents.climaxMoment",
    "emotional_journey.emotionalKeyEvents.emotionalPeaks*",
    "emotional_journey.emotionalPatterns.engagementHooks*",
];
const GESTURES: &[&str] = &[
    "emotional_journey.emotionalCoreMetrics.gestureEmotionAlignment",
    "emotional_journey.emotionalInteractions.gestureReinforcement",
    "emotional_journey.emotionalInteractions.multimodalCoherence",
    "emotional_journey.emotionalPatterns.emotionalTechniques[]",
];

pub(super) const ALL: &[Explanation] = &[
    always(
        ConstantWithoutEvidence,
        &[
            "emotional_journey.emotionalCoreMetrics.audioEmotionAlignment",
            "emotional_journey.emotionalCoreMetrics.captionSentiment",
            "emotional_journey.emotionalCoreMetrics.confidence",
            "emotional_journey.emotionalDynamics.confidence",
            "emotional_journey.emotionalDynamics.tempoEmotionSync",
            "emotional_journey.emotionalInteractions.confidence",
            "emotional_journey.emotionalKeyEvents.confidence",
            "emotional_journey.emotionalPatterns.confidence",
        ],
    ),
    always(
        UnequalWindows,
        &["emotional_journey.emotionalDynamics.emotionProgression*"],
    ),
    always(
        AlwaysSteady,
        &["emotional_journey.emotionalPatterns.emotionalTechniques[]"],
    ),
    always(
        InventedResolution,
        &["emotional_journey.emotionalKeyEvents.resolutionMoment"],
    ),
    given(MissingIsNotZero, LABELS, no_expression),
    given(MissingIsNotZero, GESTURES, no_expression),
    given(MissingIsNotZero, GESTURES, no_people),
    given(
        MissingIsNotZero,
        &[
            "emotional_journey.emotionalDynamics.stabilityScore",
            "emotional_journey.emotionalDynamics.transitionSmoothness",
        ],
        few_expressions,
    ),
    given(
        MissingIsNotZero,
        &["emotional_journey.emotionalQuality.missingDataPoints[]"],
        no_emotions_people_or_sound,
    ),
    given(OnePerSecond, LABELS, emotions_share_a_second),
    given(OnePerSecond, GESTURES, emotions_share_a_second),
    given(WholeStreamDropped, LABELS, bad_emotion),
    given(WholeStreamDropped, GESTURES, bad_emotion),
    given(OutsideTheVideo, LABELS, emotions_outside),
    given(OutsideTheVideo, GESTURES, emotions_outside),
    given(OutsideTheVideo, GESTURES, gestures_outside).needs("a gesture outside the video"),
    given(GapsEndSequences, SEQUENCE, gap_between_expressions),
    given(ConfidenceAsIntensity, PEAKS, emotions),
    given(
        TieAtRandom,
        &["emotional_journey.emotionalCoreMetrics.dominantEmotion"],
        labels_tie,
    ),
    given(
        DirectionOfArc,
        &["emotional_journey.emotionalDynamics.emotionalArc"],
        valence_moves,
    ),
    given(
        FirstInTime,
        &[
            "emotional_journey.emotionalInteractions.emotionalContrastMoments*",
            "emotional_journey.emotionalKeyEvents.transitionPoints*",
        ],
        many_changes,
    ),
    given(
        KeysCoverIntervals,
        &["emotional_journey.emotionalInteractions.emotionalContrastMoments*"],
        expressions_between_seconds,
    ),
    given(
        JoyNotPositive,
        &["emotional_journey.emotionalPatterns.journeyArchetype"],
        joy,
    ),
    given(NoGestureCounted, GESTURES, no_hand_sign),
    given(WholeSeconds, GESTURES, gestures),
    given(
        ConfidenceFromCoverage,
        &["emotional_journey.emotionalQuality.analysisReliability"],
        fewer_expressions_than_expected,
    ),
    given(
        ConfidenceFromCoverage,
        &["emotional_journey.emotionalQuality.overallConfidence"],
        emotions,
    ),
    given(
        WrongDenominator,
        &["emotional_journey.emotionalQuality.timelineCoverage"],
        emotions,
    ),
    given(
        WrongDenominator,
        &["emotional_journey.emotionalQuality.emotionalDataCompleteness"],
        no_length,
    ),
];
