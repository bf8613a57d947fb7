//! What differs anywhere where items are damaged.

use super::{Explanation, Reason::*, given, when::*};

const EVERYTHING: &[&str] = &[
    "creative_density.*",
    "emotional_journey.*",
    "person_framing.*",
    "scene_pacing.*",
    "speech_analysis.*",
    "visual_overlay_analysis.*",
    "temporal_markers.*",
];
const SPEECH: &[&str] = &[
    "speech_analysis.*",
    "visual_overlay_analysis.visualOverlayInteractions*",
    "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques[]",
    "temporal_markers.*",
];

pub(super) const ALL: &[Explanation] = &[
    given(TimesOfAllForms, SPEECH, segment_time_written_out)
        .needs("a segment of speech whose time is a range or has minutes"),
    given(TimeByFrameNumber, EVERYTHING, time_by_frame_number)
        .needs("an item of which only the number of its frame can be read"),
    given(ToldTwice, EVERYTHING, told_twice).needs("an item that is listed twice"),
];
