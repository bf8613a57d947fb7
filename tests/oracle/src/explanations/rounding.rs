//! How the original rounds.

/// Decimals to which the original rounds a field; `None` if it does not.
#[must_use]
pub fn digits(field: &str) -> Option<u32> {
    let (analysis, path) = field.split_once('.')?;
    let name = path.rsplit('.').next()?;
    let digits = match (analysis, name) {
        ("speech_analysis", "wordsPerMinute" | "wpmProgression[]") => 1,
        ("speech_analysis", "energy") => 3,
        (
            "speech_analysis",
            "speechDensity"
            | "vocabularyDiversity"
            | "silenceRatio"
            | "speechCoverage"
            | "avgSegmentDuration"
            | "body_language_congruence",
        ) => 2,
        ("speech_analysis", "duration") if path.contains("longestSegment") => 2,
        (
            "visual_overlay_analysis",
            "overlayDensity"
            | "uniqueOverlayRatio"
            | "density"
            | "rhythmConsistency"
            | "overlaySpeechAlignment"
            | "overlayGestureSync"
            | "crossModalCoherence",
        ) => 3,
        (
            "visual_overlay_analysis",
            "timeToFirstOverlay" | "overlayFrequency" | "intensity" | "dataCompleteness"
            | "timelineCoverage" | "overallConfidence",
        )
        | (
            "emotional_journey",
            "emotionalDiversity"
            | "gestureEmotionAlignment"
            | "gestureReinforcement"
            | "multimodalCoherence"
            | "emotionalIntensity"
            | "transitionSmoothness"
            | "stabilityScore"
            | "detectionConfidence"
            | "timelineCoverage"
            | "emotionalDataCompleteness"
            | "overallConfidence",
        )
        | ("person_framing", "faceVisibilityRate" | "eyeContactRate")
        | ("scene_pacing", "averageSceneDuration" | "scenesPerMinute")
        | (
            "metadata_analysis",
            "engagementRate" | "emojiDensity" | "mentionDensity" | "genericRatio",
        )
        | ("temporal_markers", "engagement_curve[]") => 2,
        ("emotional_journey", "intensity") if path.contains("emotionProgression") => 2,
        _ => return None,
    };
    Some(digits)
}
