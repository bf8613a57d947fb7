//! The first layout of an analysis: one flat object instead of six blocks, for consumers that have
//! not moved on.
//!
//! Every field of it is the value of a field of the blocks, or null where that is null; where the
//! blocks have no such field, it is always null.

use contracts::analysis::{
    AnalysisName, CREATIVE_DENSITY, EMOTIONAL_JOURNEY, METADATA_ANALYSIS, PERSON_FRAMING,
    SCENE_PACING, SPEECH_ANALYSIS, VISUAL_OVERLAY_ANALYSIS,
};
use serde_json::{Map, Value};

/// A score was the density times this.
const DENSITY_SCORE: f64 = 2.0;

/// One field of the first layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LegacyField {
    /// Its name.
    pub name: &'static str,
    /// Where its value comes from, by generic block and field; the first of these that is there.
    pub from: &'static [&'static str],
    /// What its number is multiplied by.
    pub factor: f64,
}

const fn field(name: &'static str, from: &'static [&'static str]) -> LegacyField {
    LegacyField {
        name,
        from,
        factor: 1.0,
    }
}

const CONFIDENCE: LegacyField = field("confidence", &["CoreMetrics.confidence"]);

const DENSITY: &[LegacyField] = &[
    LegacyField {
        name: "creative_density_score",
        from: &["CoreMetrics.avgDensity"],
        factor: DENSITY_SCORE,
    },
    field("elements_per_second", &["CoreMetrics.elementsPerSecond"]),
    field("density_pattern", &["Dynamics.accelerationPattern"]),
    field("peak_moments", &["KeyEvents.peakMoments"]),
    field("visual_complexity", &["Patterns.densityClassification"]),
    field("ml_tags", &["Patterns.mlTags"]),
    CONFIDENCE,
];
const EMOTIONS: &[LegacyField] = &[
    field("dominant_emotion", &["CoreMetrics.dominantEmotion"]),
    field("emotional_arc", &["Dynamics.emotionalArc"]),
    field("emotion_changes", &["CoreMetrics.emotionTransitions"]),
    field("engagement_pattern", &["Patterns.viewerJourneyMap"]),
    field("emotional_peaks", &["Dynamics.peakEmotionMoments"]),
    CONFIDENCE,
];
const FRAMING: &[LegacyField] = &[
    field("person_presence_rate", &["CoreMetrics.personPresenceRate"]),
    field("average_person_count", &["CoreMetrics.avgPersonCount"]),
    field("dominant_framing", &["CoreMetrics.dominantFraming"]),
    field("framing_quality", &["CoreMetrics.overallFramingQuality"]),
    field("production_value", &["Patterns.productionValue"]),
    CONFIDENCE,
];
const PACING: &[LegacyField] = &[
    field("total_scenes", &["CoreMetrics.totalScenes"]),
    field(
        "average_scene_duration",
        &[
            "CoreMetrics.avgSceneDuration",
            "CoreMetrics.averageSceneDuration",
        ],
    ),
    field(
        "pacing_style",
        &["Patterns.pacingStyle", "Patterns.pacingClassification"],
    ),
    field(
        "rhythm_consistency",
        &["CoreMetrics.pacingConsistency", "CoreMetrics.rhythmScore"],
    ),
    field(
        "editing_style",
        &["Patterns.editingRhythm", "Patterns.editingStyle"],
    ),
    CONFIDENCE,
];
const SPEECH: &[LegacyField] = &[
    field("total_speech_duration", &["CoreMetrics.speechDuration"]),
    field("words_per_minute", &["CoreMetrics.wordsPerMinute"]),
    field("speech_clarity", &["CoreMetrics.speechClarityScore"]),
    field("delivery_style", &["Patterns.deliveryStyle"]),
    field("key_phrases", &["KeyEvents.keyPhrases"]),
    field("pause_pattern", &["Dynamics.pausePattern"]),
    CONFIDENCE,
];
const OVERLAYS: &[LegacyField] = &[
    field("total_text_overlays", &["CoreMetrics.totalTextOverlays"]),
    field("overlay_density", &["CoreMetrics.overlayDensity"]),
    field("text_strategy", &["Patterns.overlayStrategy"]),
    field("visual_complexity", &["CoreMetrics.visualComplexityScore"]),
    field("key_text_moments", &["KeyEvents.keyTextMoments"]),
    field("production_quality", &["Patterns.productionQuality"]),
    CONFIDENCE,
];
const METADATA: &[LegacyField] = &[
    field("caption_length", &["CoreMetrics.captionLength"]),
    field("hashtag_count", &["CoreMetrics.hashtagCount"]),
    field("engagement_rate", &["CoreMetrics.engagementRate"]),
    field("viral_potential", &["Dynamics.viralPotentialScore"]),
    field("caption_sentiment", &["Dynamics.sentimentCategory"]),
    field("hashtags", &["KeyEvents.hashtags"]),
    field("hooks", &["KeyEvents.hooks"]),
    CONFIDENCE,
];

/// The fields of an analysis in the first layout; `None` if it has none of its own and stays as it
/// is.
#[must_use]
pub fn fields(analysis: &str) -> Option<&'static [LegacyField]> {
    const TABLE: [(AnalysisName, &[LegacyField]); 7] = [
        (CREATIVE_DENSITY, DENSITY),
        (EMOTIONAL_JOURNEY, EMOTIONS),
        (PERSON_FRAMING, FRAMING),
        (SCENE_PACING, PACING),
        (SPEECH_ANALYSIS, SPEECH),
        (VISUAL_OVERLAY_ANALYSIS, OVERLAYS),
        (METADATA_ANALYSIS, METADATA),
    ];
    let row = TABLE.iter().find(|(name, _)| name.name == analysis);
    row.map(|(_, fields)| *fields)
}

/// An analysis in the first layout, from its blocks under generic names.
#[must_use]
pub fn legacy(analysis: &str, blocks: &Map<String, Value>) -> Map<String, Value> {
    let Some(fields) = fields(analysis) else {
        return blocks.clone();
    };
    let value = |field: &LegacyField| {
        let found = field.from.iter().find_map(|path| {
            let (block, name) = path.split_once('.')?;
            blocks.get(block)?.get(name)
        });
        let found = found.cloned().unwrap_or_default();
        match found.as_f64() {
            Some(number) if field.factor != 1.0 => (number * field.factor).into(),
            _ => found,
        }
    };
    fields
        .iter()
        .map(|field| (field.name.to_owned(), value(field)))
        .collect()
}
