//! `visualOverlayKeyEvents`: the moments that stand out.

use super::{
    Evidence, LISTED, NEEDED, NULL_CONFIDENCE, NULL_OVERLAYS, OVERLAYS, Overlays, TEXT,
    dynamics::{self, WindowOverlays},
    first_seen, layers, telling, wording,
};
use crate::{
    compute::{
        block::Block,
        clock::second_of,
        events::Overlay,
        measure::{Measured, Reason},
        numbers,
        phrases::{self, OVERLAY_CALLS},
    },
    metrics::{Range, define_metrics},
};
use serde::Serialize;

const PEAK: f64 = 1.5;

/// A window with far more overlays than most.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OverlayPeak {
    /// Key of the window.
    pub timestamp: String,
    /// Overlays visible in it.
    pub overlay_count: usize,
    /// The same as a share of the most in one window.
    pub intensity: f64,
}

/// A text that asks viewers to do something.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallMoment {
    /// The second in which it appears first, as `"7s"`.
    pub timestamp: String,
    /// When it appears first, in seconds.
    pub start: f64,
    /// The word or phrase that asks.
    pub cta_type: String,
    /// What the text says.
    pub text_content: String,
}

/// Windows with more than 1.5 times the mean number of overlays.
#[must_use]
pub fn peaks(windows: &[WindowOverlays]) -> Vec<OverlayPeak> {
    let counts: Vec<f64> = windows.iter().map(|w| w.overlay_count as f64).collect();
    let mean = numbers::mean(&counts).unwrap_or(0.0);
    let most = counts.iter().copied().fold(0.0, f64::max);
    windows
        .iter()
        .filter(|window| window.overlay_count as f64 > PEAK * mean)
        .map(|window| OverlayPeak {
            timestamp: window.timestamp.clone(),
            overlay_count: window.overlay_count,
            intensity: window.overlay_count as f64 / most,
        })
        .collect()
}

/// The first of the peaks with the most overlays.
#[must_use]
pub fn climax(peaks: &[OverlayPeak]) -> Option<&OverlayPeak> {
    peaks.iter().reduce(|best, peak| {
        if peak.overlay_count > best.overlay_count {
            peak
        } else {
            best
        }
    })
}

/// What a text asks for: the first of the listed words that it holds, else the first phrase it
/// was found to hold when it was read.
#[must_use]
pub fn call_of(text: &Overlay) -> Option<String> {
    let words = phrases::words(&text.content);
    let listed = OVERLAY_CALLS
        .iter()
        .find(|call| !phrases::find(&words, &[**call]).is_empty());
    match listed {
        Some(call) => Some(call.kind.to_owned()),
        None => text.cta_keywords.first().cloned(),
    }
}

/// The texts that ask viewers to do something, by first appearance.
#[must_use]
pub fn calls(texts: &[Overlay]) -> Vec<CallMoment> {
    let moment = |text: &Overlay| {
        let start = first_seen(text);
        Some(CallMoment {
            timestamp: format!("{}s", second_of(start)),
            start: start.seconds(),
            cta_type: call_of(text)?,
            text_content: text.content.clone(),
        })
    };
    telling(texts).into_iter().filter_map(moment).collect()
}

fn measured_climax(evidence: &Evidence<'_>) -> Measured<String> {
    evidence.some_of_some(|overlays| {
        let peaks = peaks(&dynamics::progression(overlays));
        let climax = climax(&peaks).map(|peak| peak.timestamp.clone());
        climax.ok_or_else(|| Reason::from("no window stands out"))
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("visualOverlayKeyEvents");
    block.put(
        "overlayPeaks",
        evidence.of(|overlays| peaks(&dynamics::progression(overlays))),
    );
    block.put(
        "ctaMoments",
        evidence.of_texts(|overlays| calls(overlays.texts())),
    );
    block.put("climaxMoment", measured_climax(evidence));
    let quiet = |overlays: &Overlays| -> Vec<String> {
        let windows = dynamics::progression(overlays).into_iter();
        let quiet = windows.filter(|window| window.overlay_count == 0);
        quiet.map(|window| window.timestamp).collect()
    };
    block.put("quietMoments", evidence.of(quiet));
    block.put(
        "overlayBursts",
        evidence.of(|overlays| dynamics::runs(&overlays.starts())),
    );
    evidence.put_confidence(&mut block, NEEDED);
    let key_texts = evidence.of_texts(|overlays| wording::key_texts(overlays.texts()));
    block.put("keyTextMoments", key_texts);
    block.put("clutterWindows", evidence.of_texts(layers::clutter));
    block
}

define_metrics!(
    "visual_overlay_analysis",
    "visualOverlayKeyEvents",
    [
        (
            "overlayPeaks[].timestamp",
            "key of a window of overlayProgression with overlayCount > 1.5 × the mean of all; by time",
            OVERLAYS,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "overlayPeaks[].overlayCount",
            "overlays visible in it",
            OVERLAYS,
            "overlays",
            Range::count_from(1),
            LISTED
        ),
        (
            "overlayPeaks[].intensity",
            "overlayCount / the most in one window",
            OVERLAYS,
            "1",
            Range::Share,
            LISTED
        ),
        (
            "ctaMoments[].timestamp",
            "second in which a text that asks for something appears first; all of them, by time",
            TEXT,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "ctaMoments[].start",
            "when it appears first",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "ctaMoments[].ctaType",
            "the first of buy, shop, click, link, follow, subscribe, comment, share, order, get that is one of its words; else the first call that was found when it was read",
            TEXT,
            "text",
            Range::Text("a word or phrase"),
            LISTED
        ),
        (
            "ctaMoments[].textContent",
            "what it says",
            TEXT,
            "text",
            Range::Text("not empty"),
            LISTED
        ),
        (
            "climaxMoment",
            "the first of the overlayPeaks with the highest intensity",
            OVERLAYS,
            "s",
            Range::SpanKey,
            "as timeToFirstOverlay; there is no peak"
        ),
        (
            "quietMoments",
            "windows of overlayProgression without an overlay",
            OVERLAYS,
            "s",
            Range::ListOf(&Range::SpanKey),
            NULL_OVERLAYS
        ),
        (
            "overlayBursts[].start",
            "beginning of the first appearance of a run, as counted by burstPatterns; by time",
            OVERLAYS,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "overlayBursts[].end",
            "beginning of the last appearance of the run",
            OVERLAYS,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "overlayBursts[].appearances",
            "appearances in the run",
            OVERLAYS,
            "appearances",
            Range::count_from(3),
            LISTED
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
            "keyTextMoments[].timestamp",
            "second in which a text that is a title at the beginning, a call to action or a price appears first; all of them, by time; the list is null as totalTextOverlays",
            TEXT,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "keyTextMoments[].start",
            "when it appears first",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "keyTextMoments[].textContent",
            "what it says",
            TEXT,
            "text",
            Range::Text("not empty"),
            LISTED
        ),
        (
            "keyTextMoments[].role",
            "what it is for, as judged when it was read",
            TEXT,
            "name",
            Range::OneOf(&["hook_title", "cta", "price"]),
            LISTED
        ),
        (
            "clutterWindows[].timestamp",
            "key, widened to whole seconds, of a stretch in which at least 3 texts are visible at the same time; all of them, by time; the list is null as totalTextOverlays",
            TEXT,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "clutterWindows[].start",
            "its beginning",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "clutterWindows[].end",
            "its end",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "clutterWindows[].textCount",
            "the most texts visible at the same time in it",
            TEXT,
            "texts",
            Range::count_from(3),
            LISTED
        ),
    ]
);
