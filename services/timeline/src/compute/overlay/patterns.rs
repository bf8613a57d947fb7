//! `visualOverlayPatterns`: what the overlays are for.

use super::{
    Evidence, NEEDED, NO_TEXT, NULL_CONFIDENCE, NULL_NO_TEXT, NULL_NONE, NULL_OVERLAYS, NULL_TEXT,
    OVERLAYS, TEXT, core, dynamics, interactions, key_events, telling, wording,
    wording::SemanticGroups,
};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, Reason, given},
    },
    metrics::{Range, define_metrics},
};

const HEAVY_DENSITY: f64 = 1.0;
const MODERATE_DENSITY: f64 = 0.5;
const GRABBING_DENSITY: f64 = 0.8;
const RHYTHMIC: f64 = 0.7;
const REINFORCED_SHARE: f64 = 0.3;
const CONVERSION_CALLS: usize = 3;
const PRODUCT_CALLS: usize = 2;

/// What [`techniques`] can name.
const TECHNIQUES: &[&str] = &[
    "direct_cta",
    "rhythmic_timing",
    "dynamic_pacing",
    "multimodal_reinforcement",
];

/// `heavy` above one overlay per second, `moderate` above a half, else `minimal`.
#[must_use]
pub fn strategy(density: f64) -> &'static str {
    if density > HEAVY_DENSITY {
        "heavy"
    } else if density > MODERATE_DENSITY {
        "moderate"
    } else {
        "minimal"
    }
}

/// `conversion_focused` from three calls on, else `attention_grabbing` above 0.8 overlays per
/// second, else `informational`.
#[must_use]
pub fn archetype(calls: usize, density: f64) -> &'static str {
    if calls >= CONVERSION_CALLS {
        "conversion_focused"
    } else if density > GRABBING_DENSITY {
        "attention_grabbing"
    } else {
        "informational"
    }
}

/// `product_focused` from two calls on, else `informational`.
#[must_use]
pub fn content_focus(calls: usize) -> &'static str {
    if calls >= PRODUCT_CALLS {
        "product_focused"
    } else {
        "informational"
    }
}

/// Number of texts that ask for something, of a video with text.
fn call_count(evidence: &Evidence<'_>) -> Measured<usize> {
    evidence.some_of_texts(|overlays| {
        if telling(overlays.texts()).is_empty() {
            return Err(Reason::from(NO_TEXT));
        }
        Ok(key_events::calls(overlays.texts()).len())
    })
}

fn techniques(evidence: &Evidence<'_>) -> Measured<Vec<&'static str>> {
    let calls = call_count(evidence).unwrap_or(0);
    let rhythmic = dynamics::measured_rhythm(evidence).is_ok_and(|rhythm| rhythm > RHYTHMIC);
    let dynamic = dynamics::measured_acceleration(evidence).is_ok_and(|name| name != "stable");
    let moments = interactions::measured_moments(evidence).map_or(0, |moments| moments.len());
    evidence.of(|overlays| {
        let texts = telling(overlays.texts()).len();
        let reinforced = moments as f64 > REINFORCED_SHARE * texts as f64;
        [
            ("direct_cta", calls > 0),
            ("rhythmic_timing", rhythmic),
            ("dynamic_pacing", dynamic),
            ("multimodal_reinforcement", reinforced),
        ]
        .into_iter()
        .filter(|(_, holds)| *holds)
        .map(|(name, _)| name)
        .collect()
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("visualOverlayPatterns");
    let density = evidence.of_some(core::density);
    let calls = call_count(evidence);
    block.put("overlayStrategy", density.clone().map(strategy));
    let techniques = techniques(evidence);
    block.put("overlayTechniques", techniques.clone());
    let archetype = calls
        .clone()
        .and_then(|calls| Ok(archetype(calls, density?)));
    block.put("engagementArchetype", archetype);
    block.put("pacingPattern", dynamics::measured_acceleration(evidence));
    block.put("contentFocus", calls.map(content_focus));
    evidence.put_confidence(&mut block, NEEDED);
    block.put(
        "communicationApproach",
        interactions::measured_approach(evidence),
    );
    block.put("visualTechniques", techniques);
    put_contents(&mut block, evidence);
    block
}

fn put_contents(block: &mut Block, evidence: &Evidence<'_>) {
    let groups = evidence.of_texts(|overlays| wording::semantic_groups(overlays.texts()));
    let mut put = |field: &str, of: fn(&SemanticGroups) -> usize| {
        block.put(field, given(&groups, of));
    };
    put("semanticGroups.product", |groups| groups.product);
    put("semanticGroups.urgency", |groups| groups.urgency);
    put("semanticGroups.socialProof", |groups| groups.social_proof);
    put("semanticGroups.question", |groups| groups.question);
    let positions = evidence.of_texts(|overlays| wording::positions(overlays.texts()));
    block.put("positionDistribution", positions);
}

define_metrics!(
    "visual_overlay_analysis",
    "visualOverlayPatterns",
    [
        (
            "overlayStrategy",
            "heavy if overlayDensity > 1, moderate if > 0.5, else minimal",
            OVERLAYS,
            "name",
            Range::OneOf(&["heavy", "moderate", "minimal"]),
            NULL_NONE
        ),
        (
            "overlayTechniques",
            "those that hold: direct_cta (a ctaMoment), rhythmic_timing (rhythmConsistency > 0.7), dynamic_pacing (overlayAcceleration is not stable), multimodal_reinforcement (multimodalReinforcementCount > 0.3 × texts)",
            "text, stickers, speech, gestures",
            "names",
            Range::ListOf(&Range::OneOf(TECHNIQUES)),
            NULL_OVERLAYS
        ),
        (
            "engagementArchetype",
            "conversion_focused if there are more than 2 ctaMoments; else attention_grabbing if overlayDensity > 0.8; else informational",
            OVERLAYS,
            "name",
            Range::OneOf(&["conversion_focused", "attention_grabbing", "informational"]),
            NULL_NO_TEXT
        ),
        (
            "pacingPattern",
            "overlayAcceleration, under its second name",
            OVERLAYS,
            "name",
            Range::OneOf(&["accelerating", "decelerating", "stable"]),
            NULL_NONE
        ),
        (
            "contentFocus",
            "product_focused if there are more than 1 ctaMoments, else informational",
            TEXT,
            "name",
            Range::OneOf(&["product_focused", "informational"]),
            NULL_NO_TEXT
        ),
        (
            "confidence",
            "as that of visualOverlayCoreMetrics",
            "coverage, text, stickers",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
        (
            "communicationApproach",
            "dominant if nothing is said during any text; else reinforcing if at least half of the words of the texts are among those said while they are visible, else supplementary",
            "text, speech",
            "name",
            Range::OneOf(&["reinforcing", "supplementary", "dominant"]),
            "text or speech not measured; there is no text"
        ),
        (
            "visualTechniques",
            "overlayTechniques, under its second name",
            "text, stickers, speech, gestures",
            "names",
            Range::ListOf(&Range::OneOf(TECHNIQUES)),
            NULL_OVERLAYS
        ),
        (
            "semanticGroups.product",
            "texts with one of the English words product, item, brand, quality, feature, benefit",
            TEXT,
            "texts",
            Range::COUNT,
            NULL_TEXT
        ),
        (
            "semanticGroups.urgency",
            "texts with one of the English words now, today, limited, last, hurry, quick, fast",
            TEXT,
            "texts",
            Range::COUNT,
            NULL_TEXT
        ),
        (
            "semanticGroups.socialProof",
            "texts with one of the English words everyone, viral, trending, popular, love, favorite",
            TEXT,
            "texts",
            Range::COUNT,
            NULL_TEXT
        ),
        (
            "semanticGroups.question",
            "texts with a question mark, full-width and Arabic ones included, outside links",
            TEXT,
            "texts",
            Range::COUNT,
            NULL_TEXT
        ),
        (
            "positionDistribution[].position",
            "ninth of the picture in which a text stands; those with most texts first, then in reading order; the list is null as totalTextOverlays",
            TEXT,
            "name",
            Range::TEXT_POSITION,
            "never, for an item that is listed"
        ),
        (
            "positionDistribution[].texts",
            "texts that stand in it",
            TEXT,
            "texts",
            Range::count_from(1),
            "never, for an item that is listed"
        ),
        (
            "positionDistribution[].share",
            "the same / texts whose place is known",
            TEXT,
            "1",
            Range::Share,
            "never, for an item that is listed"
        ),
    ]
);
