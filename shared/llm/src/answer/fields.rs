//! What the blocks of an answer hold: fields that all analyses share, and judgements that are made
//! by one analysis alone.

use contracts::analysis::{
    AnalysisName, CREATIVE_DENSITY, EMOTIONAL_JOURNEY, METADATA_ANALYSIS, PERSON_FRAMING,
    SCENE_PACING, SPEECH_ANALYSIS, VISUAL_OVERLAY_ANALYSIS,
};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A list of objects with `statement` and `citations`.
    Claims,
    /// A list of objects with `name`, `value` and `citations`: metrics that were handed over.
    Metrics,
    /// A list of objects with `event`, `statement` and `citations`.
    Moments,
    /// A list of ids of events.
    Events,
}

/// A field that a block of every analysis has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The block.
    pub block: &'static str,
    /// The field.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
}

const fn field(block: &'static str, name: &'static str, shape: Shape) -> Field {
    Field { block, name, shape }
}

/// The fields of all analyses.
pub const FIELDS: [Field; 12] = [
    field("CoreMetrics", "summary", Shape::Claims),
    field("CoreMetrics", "key_metrics", Shape::Metrics),
    field("Dynamics", "temporal_patterns", Shape::Claims),
    field("Dynamics", "transitions", Shape::Claims),
    field("Interactions", "cross_modal_sync", Shape::Claims),
    field("Interactions", "engagement_factors", Shape::Claims),
    field("KeyEvents", "critical_moments", Shape::Moments),
    field("KeyEvents", "timestamps", Shape::Events),
    field("Patterns", "recurring_elements", Shape::Claims),
    field("Patterns", "style_signatures", Shape::Claims),
    field("Quality", "technical_quality", Shape::Claims),
    field("Quality", "creative_quality", Shape::Claims),
];

/// One judgement: an object with `value`, one of some words or null, and `citations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// The block.
    pub block: &'static str,
    /// The field.
    pub name: &'static str,
    /// The words.
    pub values: &'static [&'static str],
}

const fn of(block: &'static str, name: &'static str, values: &'static [&'static str]) -> Judgement {
    Judgement {
        block,
        name,
        values,
    }
}

const DENSITY: [Judgement; 5] = [
    of(
        "Dynamics",
        "accelerationPattern",
        &["front_loaded", "even", "back_loaded", "oscillating"],
    ),
    of(
        "Dynamics",
        "densityProgression",
        &["increasing", "decreasing", "stable", "erratic"],
    ),
    of(
        "Patterns",
        "densityClassification",
        &["sparse", "moderate", "dense", "overwhelming"],
    ),
    of(
        "Patterns",
        "pacingStyle",
        &["steady", "building", "burst_fade", "oscillating"],
    ),
    of(
        "Patterns",
        "cognitiveLoadCategory",
        &["minimal", "optimal", "challenging", "overwhelming"],
    ),
];
const EMOTIONAL: [Judgement; 6] = [
    of(
        "CoreMetrics",
        "captionSentiment",
        &["positive", "negative", "neutral"],
    ),
    of(
        "Dynamics",
        "emotionalArc",
        &["rising", "falling", "stable", "rollercoaster"],
    ),
    of(
        "Patterns",
        "journeyArchetype",
        &[
            "surprise_delight",
            "problem_solution",
            "transformation",
            "discovery",
        ],
    ),
    of(
        "Patterns",
        "pacingStrategy",
        &["gradual_build", "quick_shifts", "steady_state"],
    ),
    of(
        "Patterns",
        "viewerJourneyMap",
        &["engaged_throughout", "slow_build", "immediate_hook"],
    ),
    of("Quality", "analysisReliability", &["high", "medium", "low"]),
];
const FRAMING: [Judgement; 7] = [
    of(
        "CoreMetrics",
        "dominantFraming",
        &["close", "medium", "wide"],
    ),
    of(
        "Dynamics",
        "movementPattern",
        &["static", "gradual", "dynamic"],
    ),
    of("Dynamics", "zoomTrend", &["in", "out", "stable", "varied"]),
    of(
        "Patterns",
        "framingStrategy",
        &["intimate", "observational", "dynamic", "staged"],
    ),
    of(
        "Patterns",
        "visualNarrative",
        &["single_focus", "multi_person", "environment_aware"],
    ),
    of(
        "Patterns",
        "technicalExecution",
        &["professional", "casual", "experimental"],
    ),
    of("Patterns", "productionValue", &["high", "medium", "low"]),
];
const PACING: [Judgement; 8] = [
    of(
        "Dynamics",
        "accelerationPattern",
        &["steady", "building", "declining", "variable"],
    ),
    of(
        "Dynamics",
        "pacingMomentum",
        &["maintaining", "accelerating", "decelerating"],
    ),
    of(
        "Interactions",
        "viewerAdaptationCurve",
        &["smooth", "jarring", "engaging"],
    ),
    of(
        "Patterns",
        "pacingStyle",
        &["music_video", "narrative", "montage", "documentary"],
    ),
    of(
        "Patterns",
        "editingRhythm",
        &["metronomic", "syncopated", "free_form", "accelerando"],
    ),
    of(
        "Patterns",
        "visualTempo",
        &["slow", "moderate", "fast", "variable"],
    ),
    of(
        "Patterns",
        "cutMotivation",
        &["action_driven", "beat_driven", "emotion_driven", "random"],
    ),
    of(
        "Quality",
        "technicalQuality",
        &["professional", "amateur", "mixed"],
    ),
];
const SPEECH: [Judgement; 8] = [
    of(
        "Dynamics",
        "speechRhythm",
        &["steady", "variable", "accelerating", "decelerating"],
    ),
    of(
        "Dynamics",
        "pausePattern",
        &["natural", "dramatic", "rushed", "irregular"],
    ),
    of(
        "Interactions",
        "conversationalDynamics",
        &["monologue", "dialogue", "mixed"],
    ),
    of(
        "Patterns",
        "deliveryStyle",
        &[
            "conversational",
            "instructional",
            "narrative",
            "promotional",
        ],
    ),
    of(
        "Patterns",
        "toneCategory",
        &["enthusiastic", "calm", "urgent", "informative"],
    ),
    of(
        "Patterns",
        "linguisticComplexity",
        &["simple", "moderate", "complex"],
    ),
    of(
        "Patterns",
        "engagementStrategy",
        &["storytelling", "demonstration", "explanation"],
    ),
    of("Quality", "audioQuality", &["clear", "moderate", "poor"]),
];
const OVERLAY: [Judgement; 9] = [
    of(
        "Dynamics",
        "appearancePattern",
        &["gradual", "burst", "rhythmic", "random"],
    ),
    of(
        "Dynamics",
        "densityProgression",
        &["building", "front_loaded", "even", "climactic"],
    ),
    of(
        "Dynamics",
        "visualPacing",
        &["slow", "moderate", "fast", "variable"],
    ),
    of(
        "Interactions",
        "multiLayerComplexity",
        &["simple", "moderate", "complex"],
    ),
    of(
        "Patterns",
        "overlayStrategy",
        &["minimal", "moderate", "heavy", "dynamic"],
    ),
    of(
        "Patterns",
        "textStyle",
        &["clean", "decorative", "mixed", "chaotic"],
    ),
    of(
        "Patterns",
        "communicationApproach",
        &["reinforcing", "supplementary", "dominant"],
    ),
    of(
        "Patterns",
        "productionQuality",
        &["professional", "casual", "amateur"],
    ),
    of("Quality", "visualAccessibility", &["high", "medium", "low"]),
];
const METADATA: [Judgement; 4] = [
    of(
        "Dynamics",
        "hashtagStrategy",
        &["minimal", "moderate", "heavy", "spam"],
    ),
    of(
        "Dynamics",
        "captionStyle",
        &["storytelling", "direct", "question", "list", "minimal"],
    ),
    of(
        "Dynamics",
        "sentimentCategory",
        &["positive", "negative", "neutral", "mixed"],
    ),
    of(
        "Dynamics",
        "urgencyLevel",
        &["high", "medium", "low", "none"],
    ),
];

/// The judgements an analysis makes; none for one that models are not asked for.
#[must_use]
pub fn judgements(analysis: AnalysisName) -> &'static [Judgement] {
    let all: [(AnalysisName, &'static [Judgement]); 7] = [
        (CREATIVE_DENSITY, &DENSITY),
        (EMOTIONAL_JOURNEY, &EMOTIONAL),
        (PERSON_FRAMING, &FRAMING),
        (SCENE_PACING, &PACING),
        (SPEECH_ANALYSIS, &SPEECH),
        (VISUAL_OVERLAY_ANALYSIS, &OVERLAY),
        (METADATA_ANALYSIS, &METADATA),
    ];
    let found = all.into_iter().find(|(one, _)| *one == analysis);
    found.map_or(&[], |(_, judgements)| judgements)
}
