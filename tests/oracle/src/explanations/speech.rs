//! `speech_analysis`.

use super::{Explanation, Reason::*, always, given, when::*};

/// What is computed from the words.
const WORDS: &[&str] = &[
    "speech_analysis.speechCoreMetrics.totalWords",
    "speech_analysis.speechCoreMetrics.speechDensity",
    "speech_analysis.speechCoreMetrics.wordsPerMinute",
];
const VOCABULARY: &[&str] = &[
    "speech_analysis.speechCoreMetrics.uniqueWords",
    "speech_analysis.speechCoreMetrics.vocabularyDiversity",
];
/// What is computed from how long somebody speaks.
const LENGTHS: &[&str] = &[
    "speech_analysis.speechCoreMetrics.avgSegmentDuration",
    "speech_analysis.speechCoreMetrics.silenceRatio",
    "speech_analysis.speechCoreMetrics.speechCoverage",
    "speech_analysis.speechCoreMetrics.wordsPerMinute",
    "speech_analysis.speechKeyEvents.longestSegment.duration",
];
const SPOKEN: &[&str] = &[
    "speech_analysis.speechCoreMetrics*",
    "speech_analysis.speechDynamics.speechBursts*",
    "speech_analysis.speechDynamics.temporalAlignment.body_language_congruence",
    "speech_analysis.speechDynamics.wpmProgression[]",
    "speech_analysis.speechKeyEvents.longestSegment.duration",
];
const SOUND: &[&str] = &[
    "speech_analysis.speechDynamics.burstPattern",
    "speech_analysis.speechDynamics.energyVariance",
    "speech_analysis.speechDynamics.hasAudioEnergy",
    "speech_analysis.speechKeyEvents.climaxMoment.timestamp",
];

pub(super) const ALL: &[Explanation] = &[
    always(
        ConstantWithoutEvidence,
        &[
            "speech_analysis.speechCoreMetrics.confidence",
            "speech_analysis.speechDynamics.pacingVariation",
            "speech_analysis.speechDynamics.silencePeriods*",
            "speech_analysis.speechDynamics.temporalAlignment.expression_peaks_during_speech*",
            "speech_analysis.speechDynamics.temporalAlignment.gesture_emphasis_moments*",
            "speech_analysis.speechDynamics.temporalAlignment.lip_sync_quality",
            "speech_analysis.speechInteractions*",
            "speech_analysis.speechKeyEvents.climaxMoment.intensity",
            "speech_analysis.speechKeyEvents.longestSegment.timestamp",
            "speech_analysis.speechKeyEvents.longestSegment.words",
            "speech_analysis.speechKeyEvents.silentMoments*",
            "speech_analysis.speechPatterns*",
            "speech_analysis.speechQuality*",
        ],
    ),
    always(
        FirstTenSeconds,
        &["speech_analysis.speechDynamics.wpmProgression[]"],
    ),
    always(
        LoudnessTakenForSpeech,
        &["speech_analysis.speechDynamics.speechBursts*"],
    ),
    always(
        InventedClimax,
        &["speech_analysis.speechKeyEvents.climaxMoment.timestamp"],
    ),
    always(
        FirstSecondIgnored,
        &["speech_analysis.speechDynamics.temporalAlignment.body_language_congruence"],
    ),
    given(MissingIsNotZero, SPOKEN, nothing_said),
    given(MissingIsNotZero, SOUND, no_sound),
    given(
        MissingIsNotZero,
        &["speech_analysis.speechDynamics.temporalAlignment.body_language_congruence"],
        no_people,
    ),
    given(NoLength, SPOKEN, no_length),
    given(WordsAsUnicodeDividesThem, WORDS, words_divided_differently),
    given(
        WordsAsUnicodeDividesThem,
        VOCABULARY,
        words_written_differently,
    ),
    given(WordsAsUnicodeDividesThem, LENGTHS, wordless_segment)
        .needs("a segment of speech without a word"),
    given(OverlapCountedTwice, LENGTHS, segments_overlap).needs("segments of speech that overlap"),
    given(OutsideTheVideo, LENGTHS, segments_outside),
    given(OutsideTheVideo, WORDS, segments_outside)
        .needs("a segment of speech wholly outside the video"),
    given(OutsideTheVideo, VOCABULARY, segments_outside)
        .needs("a segment of speech wholly outside the video"),
    given(
        WindowWithoutLength,
        &["speech_analysis.speechDynamics.hasAudioEnergy"],
        window_without_length,
    ),
];
