//! `visualOverlayInteractions`: what goes together with the texts.

use super::{
    Evidence, NULL_CONFIDENCE, NULL_NONE, OVERLAYS, Overlays, TEXT, first_seen, layers, reading,
    telling, wording,
};
use crate::{
    compute::{
        block::Block,
        clock::second_of,
        coverage::{Modality, SampledSeconds, Stream},
        events::{Overlay, Sighting},
        measure::{Measured, Reason},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::TimeSpan;
use serde::Serialize;

/// A text with something said or a gesture.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// The second in which the text appears first, as `"7s"`.
    pub timestamp: String,
    /// When it appears first, in seconds.
    pub start: f64,
    /// What it says.
    pub text_content: String,
    /// Whether something is said while it is visible; null if that is not known.
    pub has_speech: Option<bool>,
    /// Whether a gesture is made while it is visible; null if that is not known.
    pub has_gesture: Option<bool>,
}

/// Intervals of something, and where it was looked for.
#[derive(Debug, Clone, Copy)]
pub struct Occasions<'a> {
    /// The intervals.
    pub spans: &'a [TimeSpan],
    /// Where was looked.
    pub sampled: &'a SampledSeconds,
}

impl Occasions<'_> {
    /// Whether one of them falls together with an overlay; `None` if nobody looked then.
    #[must_use]
    pub fn meet(&self, overlay: &Overlay) -> Option<bool> {
        let visible = &overlay.intervals;
        let meets = |span: &TimeSpan| visible.iter().any(|one| spans::overlap(*one, *span));
        let looked = || {
            visible
                .iter()
                .any(|one| spans::looked_at(*one, self.sampled))
        };
        if self.spans.iter().any(meets) {
            Some(true)
        } else {
            looked().then_some(false)
        }
    }
}

/// Share (0–1) of the texts that say something, as far as it is known of them, that fall together
/// with one of the occasions; `None` if it is known of none.
#[must_use]
pub fn share_with(texts: &[Overlay], occasions: &Occasions<'_>) -> Option<f64> {
    let known: Vec<bool> = telling(texts)
        .into_iter()
        .filter_map(|text| occasions.meet(text))
        .collect();
    let with = known.iter().filter(|meets| **meets).count();
    (!known.is_empty()).then(|| with as f64 / known.len() as f64)
}

/// The texts that fall together with speech or a gesture, by first appearance.
#[must_use]
pub fn moments(
    texts: &[Overlay],
    speech: Option<&Occasions<'_>>,
    gestures: Option<&Occasions<'_>>,
) -> Vec<Moment> {
    let moment = |text: &Overlay| {
        let start = first_seen(text);
        Moment {
            timestamp: format!("{}s", second_of(start)),
            start: start.seconds(),
            text_content: text.content.clone(),
            has_speech: speech.and_then(|speech| speech.meet(text)),
            has_gesture: gestures.and_then(|gestures| gestures.meet(text)),
        }
    };
    telling(texts)
        .into_iter()
        .map(moment)
        .filter(|one| one.has_speech == Some(true) || one.has_gesture == Some(true))
        .collect()
}

/// The intervals of a stream.
fn intervals<T>(
    stream: &Stream<T>,
    spans: impl FnOnce(&T) -> Vec<TimeSpan>,
) -> Measured<(Vec<TimeSpan>, &SampledSeconds)> {
    Ok((spans(stream.events()?), stream.sampled()?))
}

/// Speech and gestures, as far as they were measured.
struct Company<'a> {
    speech: Measured<(Vec<TimeSpan>, &'a SampledSeconds)>,
    gestures: Measured<(Vec<TimeSpan>, &'a SampledSeconds)>,
}

fn occasions<'a>(
    measured: &'a Measured<(Vec<TimeSpan>, &'a SampledSeconds)>,
) -> Measured<Occasions<'a>> {
    let (spans, sampled) = measured.as_ref().map_err(Clone::clone)?;
    Ok(Occasions { spans, sampled })
}

impl<'a> Company<'a> {
    fn of(evidence: &Evidence<'a>) -> Self {
        Self {
            speech: intervals(&evidence.events.speech, |speech| {
                speech.utterances.iter().map(|one| one.span).collect()
            }),
            gestures: intervals(&evidence.events.gestures, |all| {
                all.iter().flat_map(Sighting::visible).collect()
            }),
        }
    }
    /// Texts with company.
    fn moments(&self, overlays: &Overlays) -> Measured<Vec<Moment>> {
        let (speech, gestures) = (occasions(&self.speech), occasions(&self.gestures));
        if let (Err(reason), Err(_)) = (&speech, &gestures) {
            return Err(reason.clone());
        }
        let (speech, gestures) = (speech.ok(), gestures.ok());
        let (speech, gestures) = (speech.as_ref(), gestures.as_ref());
        Ok(moments(overlays.texts(), speech, gestures))
    }
}

/// The texts that fall together with speech or a gesture.
pub(super) fn measured_moments(evidence: &Evidence<'_>) -> Measured<Vec<Moment>> {
    let company = Company::of(evidence);
    evidence.some_of_texts(|overlays| company.moments(overlays))
}

/// States why it is not known of some moments whether there is speech or a gesture.
fn explain(block: &mut Block, company: &Company<'_>, moments: &[Moment]) {
    let unseen = || Reason::from("nobody looked while the text is visible");
    if moments.iter().any(|one| one.has_speech.is_none()) {
        let reason = occasions(&company.speech).err().unwrap_or_else(unseen);
        block.explain("multimodalMoments[].hasSpeech", reason);
    }
    if moments.iter().any(|one| one.has_gesture.is_none()) {
        let reason = occasions(&company.gestures).err().unwrap_or_else(unseen);
        block.explain("multimodalMoments[].hasGesture", reason);
    }
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("visualOverlayInteractions");
    let company = Company::of(evidence);
    let share = |measured: &Measured<(Vec<TimeSpan>, &SampledSeconds)>| {
        evidence.some_of_texts(|overlays| {
            if telling(overlays.texts()).is_empty() {
                return Err(Reason::from(super::NO_TEXT));
            }
            share_with(overlays.texts(), &occasions(measured)?)
                .ok_or_else(|| Reason::from("nobody looked while a text is visible"))
        })
    };
    let (speech, gestures) = (share(&company.speech), share(&company.gestures));
    let known: Vec<f64> = [&speech, &gestures]
        .into_iter()
        .filter_map(|value| value.as_ref().ok().copied())
        .collect();
    let (text_speech, text_gestures) = (speech.clone(), gestures.clone());
    block.put("overlaySpeechAlignment", speech.clone());
    block.put("overlayGestureSync", gestures);
    let moments = evidence.some_of_texts(|overlays| company.moments(overlays));
    block.put(
        "multimodalReinforcementCount",
        moments.clone().map(|moments| moments.len()),
    );
    if let Ok(moments) = &moments {
        explain(&mut block, &company, moments);
    }
    block.put("multimodalMoments", moments);
    let coherence = match (numbers::mean(&known), speech) {
        (Some(mean), _) => Ok(mean),
        (None, Err(reason)) => Err(reason),
        (None, Ok(_)) => Err(Reason::from(super::NO_TEXT)),
    };
    block.put("crossModalCoherence", coherence);
    evidence.put_confidence(
        &mut block,
        &[Modality::Text, Modality::Speech, Modality::Gestures],
    );
    block.put("textSpeechSync", text_speech);
    block.put("overlayGestureCoordination", text_gestures);
    put_layers(&mut block, evidence);
    block
}

fn put_layers(block: &mut Block, evidence: &Evidence<'_>) {
    let complexity = evidence.of_some(|overlays| {
        layers::complexity(layers::most_at_once(&layers::layers(overlays.all())))
    });
    block.put("multiLayerComplexity", complexity);
    let flow = evidence.some_of_texts(|overlays| {
        reading::flow(overlays.texts()).ok_or_else(|| Reason::from("no text is judged"))
    });
    block.put("readingFlowScore", flow);
}

/// What texts are to what is said.
pub(super) fn measured_approach(evidence: &Evidence<'_>) -> Measured<&'static str> {
    let company = Company::of(evidence);
    evidence.some_of_texts(|overlays| {
        if telling(overlays.texts()).is_empty() {
            return Err(Reason::from(super::NO_TEXT));
        }
        let speech = occasions(&company.speech)?;
        let said = &evidence.events.speech.events()?.utterances;
        wording::approach(overlays.texts(), said, &speech)
            .ok_or_else(|| Reason::from("nobody listened while a text is visible"))
    })
}

const LISTED: &str = super::LISTED;

define_metrics!(
    "visual_overlay_analysis",
    "visualOverlayInteractions",
    [
        (
            "overlaySpeechAlignment",
            "texts during which something is said / texts during which speech was listened for",
            "text, speech",
            "1",
            Range::Share,
            "text or speech not measured; there is no text"
        ),
        (
            "overlayGestureSync",
            "texts during which a gesture is made / texts during which gestures were looked for",
            "text, gestures",
            "1",
            Range::Share,
            "text or gestures not measured; there is no text"
        ),
        (
            "multimodalReinforcementCount",
            "texts during which something is said or a gesture is made",
            "text, speech, gestures",
            "texts",
            Range::COUNT,
            "text not measured, or neither speech nor gestures"
        ),
        (
            "multimodalMoments[].timestamp",
            "second in which such a text appears first; all of them, by time",
            TEXT,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "multimodalMoments[].start",
            "when it appears first",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "multimodalMoments[].textContent",
            "what it says",
            TEXT,
            "text",
            Range::Text("not empty"),
            LISTED
        ),
        (
            "multimodalMoments[].hasSpeech",
            "whether something is said while it is visible",
            "text, speech",
            "flag",
            Range::Boolean,
            "speech was not listened for then"
        ),
        (
            "multimodalMoments[].hasGesture",
            "whether a gesture is made while it is visible",
            "text, gestures",
            "flag",
            Range::Boolean,
            "gestures were not looked for then"
        ),
        (
            "crossModalCoherence",
            "mean of those of overlaySpeechAlignment and overlayGestureSync that are not null",
            "text, speech, gestures",
            "1",
            Range::Share,
            "both are null"
        ),
        (
            "confidence",
            "completeness of text, speech and gestures × mean of the mean confidences of their detections",
            "coverage, detections",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
        (
            "textSpeechSync",
            "overlaySpeechAlignment, under its second name",
            "text, speech",
            "1",
            Range::Share,
            "as overlaySpeechAlignment"
        ),
        (
            "overlayGestureCoordination",
            "overlayGestureSync, under its second name",
            "text, gestures",
            "1",
            Range::Share,
            "as overlayGestureSync"
        ),
        (
            "multiLayerComplexity",
            "by the most overlays visible at the same time: complex ≥ 3, moderate 2, else simple",
            OVERLAYS,
            "name",
            Range::OneOf(&["simple", "moderate", "complex"]),
            NULL_NONE
        ),
        (
            "readingFlowScore",
            "share of the texts whose longest appearance lasts max(1 s, characters / 15 per second), 15 being 180 words of five letters a minute, the most that Ofcom and the BBC advise for subtitles; each as if alone; texts that follow what is said or hold Chinese, Japanese or Korean characters are not judged",
            TEXT,
            "1",
            Range::Share,
            "text was not measured, or no text is judged"
        ),
    ]
);
