//! `visual_overlay_analysis`: texts and stickers laid over the picture.
//!
//! T is the length of the video as far as frames were looked at. An overlay is one text or one
//! sticker, however often it returns; an appearance is one interval in which it is visible. Kinds
//! that were not measured do not count, and `missingDataPoints` names them. Texts known to be part
//! of what was filmed are no overlays.

pub mod core;
pub mod dynamics;
pub mod interactions;
pub mod key_events;
pub mod layers;
pub mod pace;
pub mod patterns;
pub mod quality;
pub mod reading;
pub mod wording;

use super::{
    block::{Analysis, Block},
    clock::Clock,
    coverage::{Modality, Stream},
    events::{Events, Overlay},
    measure::{Measured, NO_DURATION, Reason, given, given_some, given_that},
    reliability, spans,
};
use crate::{Error, Metric};
use contracts::analysis::{AnalysisName, VISUAL_OVERLAY_ANALYSIS};
use contracts::{MediaTime, TimeSpan};
use std::collections::BTreeSet;

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = VISUAL_OVERLAY_ANALYSIS;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    core::METRICS,
    dynamics::METRICS,
    interactions::METRICS,
    key_events::METRICS,
    patterns::METRICS,
    quality::METRICS,
];

const OVERLAYS: &str = "text, stickers";
const TEXT: &str = "text";
const LISTED: &str = "never, for an item that is listed";
const NULL_OVERLAYS: &str = "neither text nor stickers were measured, no second was looked at, or the video has no duration";
const NULL_TEXT: &str = "text was not measured";
const NULL_NONE: &str = "as totalOverlays; there is no overlay";
const NULL_NO_TEXT: &str = "text was not measured, or there is no text";
const NULL_CONFIDENCE: &str = "as totalOverlays; there is no overlay";
/// Why there is nothing to measure in a video without overlays.
const NO_OVERLAY: &str = "nothing is laid over the picture";
/// Why there is nothing to measure in a video without texts.
const NO_TEXT: &str = "no text is laid over the picture";

/// The overlays of a video with a length.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlays {
    clock: Clock,
    texts: Option<Vec<Overlay>>,
    stickers: Option<Vec<Overlay>>,
}

impl Overlays {
    /// The overlays in the part of a video that was looked at, of the kinds that were measured.
    ///
    /// # Errors
    /// The reason, if no kind was measured, no second was looked at or the video has no length.
    pub fn of(
        clock: Clock,
        texts: &Stream<Vec<Overlay>>,
        stickers: &Stream<Vec<Overlay>>,
    ) -> Measured<Self> {
        if clock.duration() == MediaTime::ZERO {
            return Err(NO_DURATION);
        }
        let measured = |stream: &Stream<Vec<Overlay>>| stream.events().ok().cloned();
        let (texts_found, stickers_found) = (measured(texts), measured(stickers));
        if texts_found.is_none() && stickers_found.is_none() {
            texts.events()?;
        }
        let looked = |stream: &Stream<Vec<Overlay>>| {
            let sampled = stream.sampled().ok();
            sampled.map(|sampled| spans::looked_until(clock, sampled))
        };
        let end = looked(texts).max(looked(stickers)).unwrap_or_default();
        if end == MediaTime::ZERO {
            return Err(Reason::from("no second was looked at"));
        }
        let clock = Clock::new(end);
        let inside = |overlays: Vec<Overlay>| {
            let cut = overlays.into_iter().map(|one| within(one, clock));
            cut.filter(|one| !one.intervals.is_empty()).collect()
        };
        Ok(Self {
            clock,
            texts: texts_found.map(inside),
            stickers: stickers_found.map(inside),
        })
    }
    /// The clock, as far as the video was looked at.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }
    /// T in seconds, above zero.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.clock.seconds()
    }
    /// The texts; none if they were not measured.
    #[must_use]
    pub fn texts(&self) -> &[Overlay] {
        self.texts.as_deref().unwrap_or_default()
    }
    /// The stickers; none if they were not measured.
    #[must_use]
    pub fn stickers(&self) -> &[Overlay] {
        self.stickers.as_deref().unwrap_or_default()
    }
    /// Texts, then stickers.
    pub fn all(&self) -> impl Iterator<Item = &Overlay> {
        self.texts().iter().chain(self.stickers())
    }
    /// Number of overlays.
    #[must_use]
    pub fn count(&self) -> usize {
        self.texts().len() + self.stickers().len()
    }
    /// Beginnings of all appearances in seconds, rising.
    #[must_use]
    pub fn starts(&self) -> Vec<f64> {
        let appearances = self.all().flat_map(|one| &one.intervals);
        let mut starts: Vec<f64> = appearances.map(|span| span.start.seconds()).collect();
        starts.sort_by(f64::total_cmp);
        starts
    }
    /// Different texts, trimmed and in lower case; empty ones are none.
    #[must_use]
    pub fn distinct_texts(&self) -> usize {
        let texts = self.texts().iter();
        let texts: BTreeSet<String> = texts.map(|one| one.content.trim().to_lowercase()).collect();
        texts.iter().filter(|text| !text.is_empty()).count()
    }
}

/// An overlay as far as it lies on the clock.
fn within(mut overlay: Overlay, clock: Clock) -> Overlay {
    let cut = |span: &TimeSpan| spans::common(*span, clock.span());
    let intervals = overlay.intervals.iter();
    overlay.intervals = intervals
        .filter(|span| span.start < clock.duration())
        .map(cut)
        .collect();
    overlay
}

/// When an overlay is seen first.
fn first_seen(overlay: &Overlay) -> MediaTime {
    let starts = overlay.intervals.iter().map(|span| span.start);
    starts.min().unwrap_or_default()
}

/// The texts that say something, by first appearance, then by what they say.
fn telling(texts: &[Overlay]) -> Vec<&Overlay> {
    let says = |one: &&Overlay| !one.content.trim().is_empty();
    let mut telling: Vec<&Overlay> = texts.iter().filter(says).collect();
    telling.sort_by(|a, b| (first_seen(a), &a.content).cmp(&(first_seen(b), &b.content)));
    telling
}

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    overlays: Measured<Overlays>,
    /// The same, if there is an overlay.
    some: Measured<Overlays>,
    /// The same, if texts were measured.
    texts: Measured<Overlays>,
}

/// Computes the analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let overlays = Overlays::of(events.clock, &events.text, &events.stickers);
    let no_overlay = Reason::from(NO_OVERLAY);
    let some = given_that(&overlays, |overlays| overlays.count() > 0, no_overlay);
    let texts = given_some(&overlays, |overlays| {
        events.text.events().map(|_| overlays.clone())
    });
    let evidence = Evidence {
        events,
        overlays,
        some,
        texts,
    };
    Analysis::assemble(
        NAME,
        given(&evidence.overlays, |_| ()),
        vec![
            core::block(&evidence),
            dynamics::block(&evidence),
            interactions::block(&evidence),
            key_events::block(&evidence),
            patterns::block(&evidence),
            quality::block(&evidence),
        ],
    )
}

impl Evidence<'_> {
    /// Applies a formula to the overlays.
    fn of<R>(&self, formula: impl FnOnce(&Overlays) -> R) -> Measured<R> {
        given(&self.overlays, formula)
    }
    /// Applies a formula that needs at least one overlay.
    fn of_some<R>(&self, formula: impl FnOnce(&Overlays) -> R) -> Measured<R> {
        given(&self.some, formula)
    }
    /// Applies a formula with a null rule of its own that needs at least one overlay.
    fn some_of_some<R>(&self, formula: impl FnOnce(&Overlays) -> Measured<R>) -> Measured<R> {
        given_some(&self.some, formula)
    }
    /// Applies a formula that needs texts to have been looked for.
    fn of_texts<R>(&self, formula: impl FnOnce(&Overlays) -> R) -> Measured<R> {
        given(&self.texts, formula)
    }
    /// Applies a formula with a null rule of its own that needs texts to have been looked for.
    fn some_of_texts<R>(&self, formula: impl FnOnce(&Overlays) -> Measured<R>) -> Measured<R> {
        given_some(&self.texts, formula)
    }
    /// How sure a block can be that rests on these modalities.
    fn confidence(&self, needed: &[Modality]) -> Measured<f64> {
        self.some_of_some(|_| reliability::confidence(self.events, needed))
    }
    fn put_confidence(&self, block: &mut Block, needed: &[Modality]) {
        block.put("confidence", self.confidence(needed));
    }
}

/// The modalities overlays are found by.
const NEEDED: &[Modality] = &[Modality::Text, Modality::Stickers];
