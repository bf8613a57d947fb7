//! `temporal_markers`.

use super::{Explanation, Reason::*, given, when::*};

const TEXTS: &[&str] = &[
    "temporal_markers.first_5_seconds.text_moments*",
    "temporal_markers.cta_window.text_overlays*",
];
const GESTURES: &[&str] = &[
    "temporal_markers.first_5_seconds.gesture_moments*",
    "temporal_markers.cta_window.gesture_sync.gesture_count",
    "temporal_markers.cta_window.gesture_sync.sync_ratio",
];
const OBJECTS: &[&str] = &[
    "temporal_markers.first_5_seconds.object_appearances*",
    "temporal_markers.cta_window.object_focus*",
];
const SPEECH: &[&str] = &[
    "temporal_markers.first_5_seconds.speech_segments*",
    "temporal_markers.cta_window.speech_emphasis*",
    "temporal_markers.cta_window.gesture_sync.speech_count",
    "temporal_markers.cta_window.gesture_sync.sync_ratio",
];
const CUTS: &[&str] = &["temporal_markers.first_5_seconds.scene_changes[]"];
const CALLS: &[&str] = &["temporal_markers.cta_window.cta_appearances*"];
/// What is told of texts that may reach into the end.
const REACHING: &[&str] = &[
    "temporal_markers.cta_window.cta_appearances*",
    "temporal_markers.cta_window.text_overlays*",
];
const ACTIVITY: &[&str] = &[
    "temporal_markers.first_5_seconds.density_progression[]",
    "temporal_markers.peak_moments*",
    "temporal_markers.engagement_curve[]",
];
const AVAILABLE: &[&str] = &["temporal_markers.metadata.ml_data_available*"];
const BORDERS: &[&str] = &[
    "temporal_markers.first_5_seconds.text_moments*",
    "temporal_markers.first_5_seconds.gesture_moments*",
    "temporal_markers.first_5_seconds.speech_segments*",
    "temporal_markers.first_5_seconds.scene_changes[]",
    "temporal_markers.cta_window.text_overlays*",
    "temporal_markers.cta_window.cta_appearances*",
    "temporal_markers.cta_window.gesture_sync*",
    "temporal_markers.cta_window.speech_emphasis*",
];

pub(super) const ALL: &[Explanation] = &[
    given(MissingIsNotZero, TEXTS, no_text),
    given(MissingIsNotZero, GESTURES, no_people),
    given(MissingIsNotZero, OBJECTS, no_objects),
    given(MissingIsNotZero, SPEECH, no_speech),
    given(MissingIsNotZero, CUTS, no_shots),
    given(MissingIsNotZero, CALLS, no_text_or_no_speech),
    given(MissingIsNotZero, ACTIVITY, nothing_marked),
    given(
        MissingIsNotZero,
        &["temporal_markers.first_5_seconds.emotion_sequence[]"],
        no_expression,
    ),
    given(
        MissingIsNotZero,
        &["temporal_markers.cta_window.gesture_sync.sync_ratio"],
        nothing_at_the_end,
    ),
    given(
        MissingIsNotZero,
        &["temporal_markers.cta_window.speech_emphasis.words_per_second"],
        nothing_at_the_end,
    ),
    given(NoLength, &["temporal_markers.*"], no_length),
    given(
        EmotionsFromWords,
        &["temporal_markers.first_5_seconds.emotion_sequence[]"],
        emotions,
    ),
    given(
        EveryGestureIsMovement,
        &["temporal_markers.first_5_seconds.gesture_moments[].type"],
        gestures,
    ),
    given(SamplesCounted, GESTURES, gestures_repeat),
    given(
        WrongDenominator,
        &["temporal_markers.cta_window.gesture_sync.sync_ratio"],
        gestures,
    ),
    given(NoGestureCounted, GESTURES, no_hand_sign),
    given(ObjectsNeverArrive, OBJECTS, objects),
    given(ObjectsNeverArrive, ACTIVITY, objects),
    given(BeginningCountedAsCut, CUTS, changes),
    given(BeginningCountedAsCut, ACTIVITY, changes),
    given(SecondsNotLookedAt, ACTIVITY, elements_overlooked),
    given(BothEndsIncluded, ACTIVITY, anything_or_speech),
    given(BothEndsIncluded, BORDERS, on_a_border),
    given(SamplesCounted, ACTIVITY, samples),
    given(LastSecondLeftOut, ACTIVITY, ends_within_a_second),
    given(
        KeysCoverIntervals,
        &["temporal_markers.cta_window.time_range"],
        ends_within_a_second,
    ),
    given(
        PixelsTakenForShares,
        &[
            "temporal_markers.first_5_seconds.text_moments[].position",
            "temporal_markers.cta_window.text_overlays[].position",
        ],
        texts,
    ),
    given(
        InventedLength,
        &[
            "temporal_markers.first_5_seconds.text_moments[].duration",
            "temporal_markers.cta_window.text_overlays[].duration",
        ],
        texts,
    ),
    given(InventedLength, REACHING, text_reaches_the_end),
    given(InventedLength, GESTURES, gesture_reaches_the_end),
    given(FirstInTime, TEXTS, more_than_ten_texts),
    given(FirstInTime, GESTURES, more_than_five_gestures),
    given(FirstInTime, SPEECH, more_than_five_segments)
        .needs("more than five segments of speech in the first five seconds"),
    given(OrderOfEquals, TEXTS, texts_at_one_instant),
    given(OrderOfEquals, CALLS, two_calls_in_one),
    given(WindowsClip, CALLS, segment_across_the_beginning_of_the_end),
    given(PolygonsLoseTexts, TEXTS, polygon),
    given(PolygonsLoseTexts, CALLS, polygon).needs("a call in a text whose box is a polygon"),
    given(PolygonsLoseTexts, ACTIVITY, polygon),
    given(OutsideTheVideo, TEXTS, texts_outside),
    given(OutsideTheVideo, GESTURES, gestures_outside).needs("a gesture outside the video"),
    given(OutsideTheVideo, SPEECH, segments_outside),
    given(OutsideTheVideo, CALLS, segments_outside),
    given(OutsideTheVideo, CALLS, texts_outside),
    given(OutsideTheVideo, ACTIVITY, elements_outside),
    given(OutsideTheVideo, ACTIVITY, segments_outside),
    given(
        QuotationsCutShort,
        &["temporal_markers.cta_window.cta_appearances[].context"],
        texts_or_speech,
    ),
    given(
        QuotationsCutShort,
        &["temporal_markers.first_5_seconds.speech_segments[].text"],
        long_segment,
    ),
    given(
        WordsNotTimed,
        &[
            "temporal_markers.cta_window.speech_emphasis.word_count",
            "temporal_markers.cta_window.speech_emphasis.words_per_second",
        ],
        speech,
    ),
    given(
        OverlapCountedTwice,
        &["temporal_markers.cta_window.speech_emphasis.speech_duration"],
        segment_across_the_beginning_of_the_end,
    ),
    given(PartsOfWords, CALLS, call_within_a_word),
    given(FailureTakenForSuccess, AVAILABLE, soft_failure),
    given(
        NamesMadeSafe,
        &["temporal_markers.metadata.video_id"],
        unsafe_name,
    ),
];
