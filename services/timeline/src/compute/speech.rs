//! `speech_analysis`: what is said, how fast, and what goes with it.
//!
//! T is the length of the video as far as it was listened to, W the words, S the union of the
//! intervals in which something is said. Descriptions of sound in brackets are no words.

pub mod core;
pub mod dynamics;
pub mod emphasis;
pub mod interactions;
pub mod key_events;
pub mod patterns;
pub mod quality;
pub mod rhythm;
pub mod wording;

use super::{
    block::{Analysis, Block},
    brackets::timed_words,
    clock::Clock,
    coverage::{Modality, SampledSeconds},
    events::{Events, Speech, Utterance},
    measure::{Measured, NO_DURATION, Reason, given, given_some, given_that},
    phrases, reliability, spans,
};
use crate::{Error, Metric};
use contracts::analysis::{AnalysisName, SPEECH_ANALYSIS};
use contracts::{MediaTime, TimeSpan};

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = SPEECH_ANALYSIS;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    core::METRICS,
    dynamics::METRICS,
    interactions::METRICS,
    key_events::METRICS,
    patterns::METRICS,
    quality::METRICS,
];

const SPEECH: &str = "speech";
const LISTED: &str = "never, for an item that is listed";
const NEVER: &str = "always: no definition that evidence supports";
const NULL_SPEECH: &str = "speech was not measured, or the video has no duration";
const NULL_SILENT: &str = "as totalWords; nothing is said";
const NULL_CONFIDENCE: &str = "as totalWords; nothing is said";
/// Why there is nothing to measure in a video in which nobody speaks.
const NOTHING_SAID: &str = "nothing is said";

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidWord {
    /// While it is said; of a word without times of its own, while all around it is said.
    pub span: TimeSpan,
    /// The word in lower case, without punctuation.
    pub text: String,
}

/// Something said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// From the first to the last word.
    pub span: TimeSpan,
    /// What is said, as recognised.
    pub text: String,
    /// Its words; at least one.
    pub words: Vec<SaidWord>,
}

/// What is said in a video with a length.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    clock: Clock,
    all: Vec<Said>,
    voiced: Vec<TimeSpan>,
    language: Option<String>,
}

impl Spoken {
    /// What is said in the part of a video that was listened to.
    ///
    /// # Errors
    /// The reason, if the video has no length or none of it was listened to.
    pub fn of(speech: &Speech, clock: Clock, sampled: &SampledSeconds) -> Measured<Self> {
        if clock.duration() == MediaTime::ZERO {
            return Err(NO_DURATION);
        }
        // A recording that breaks off within a second was heard as far as somebody speaks.
        let last = speech.utterances.iter().map(|one| one.span.end).max();
        let end = last
            .unwrap_or(MediaTime::ZERO)
            .max(spans::looked_until(clock, sampled))
            .min(clock.duration());
        if end == MediaTime::ZERO {
            return Err(Reason::from("no second was listened to"));
        }
        let clock = Clock::new(end);
        let said = |one: &Utterance| {
            let words = words_of(one, clock);
            (!words.is_empty()).then(|| Said {
                span: spans::common(one.span, clock.span()),
                text: one.text.clone(),
                words,
            })
        };
        let all: Vec<Said> = speech.utterances.iter().filter_map(said).collect();
        Ok(Self {
            voiced: spans::union(all.iter().map(|one| one.span)),
            clock,
            all,
            language: speech.language.clone(),
        })
    }
    /// The clock, as far as the video was listened to.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }
    /// T in seconds, above zero.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.clock.seconds()
    }
    /// What is said, by rising time.
    #[must_use]
    pub fn all(&self) -> &[Said] {
        &self.all
    }
    /// W: the words of everything said.
    pub fn words(&self) -> impl Iterator<Item = &SaidWord> {
        self.all.iter().flat_map(|one| &one.words)
    }
    /// The union of the intervals in which something is said.
    #[must_use]
    pub fn voiced(&self) -> &[TimeSpan] {
        &self.voiced
    }
    /// ISO 639 code of the language, if it is known.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }
    /// S in seconds, 0–T.
    #[must_use]
    pub fn voiced_seconds(&self) -> f64 {
        spans::total_seconds(&self.voiced)
    }
    /// Whether something is said during an event.
    #[must_use]
    pub fn during(&self, event: TimeSpan) -> bool {
        self.voiced.iter().any(|span| spans::overlap(*span, event))
    }
}

/// Words without the descriptions of sound in brackets, which may go over several of them. Brackets
/// that do not close or open describe nothing.
fn words_of(utterance: &Utterance, clock: Clock) -> Vec<SaidWord> {
    timed_words(utterance, phrases::words)
        .into_iter()
        .map(|(text, span)| SaidWord {
            span: spans::common(span, clock.span()),
            text,
        })
        .filter(|word| word.span.start < clock.duration())
        .collect()
}

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    spoken: Measured<Spoken>,
    /// The same, if something is said.
    voiced: Measured<Spoken>,
}

/// Computes the analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let spoken = events.speech.events().and_then(|speech| {
        let sampled = events.speech.sampled()?;
        Spoken::of(speech, events.clock, sampled)
    });
    let nothing_said = Reason::from(NOTHING_SAID);
    let voiced = given_that(&spoken, |spoken| !spoken.all.is_empty(), nothing_said);
    let evidence = Evidence {
        events,
        spoken,
        voiced,
    };
    Analysis::assemble(
        NAME,
        given(&evidence.spoken, |_| ()),
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
    /// Applies a formula to what is said.
    fn of<R>(&self, formula: impl FnOnce(&Spoken) -> R) -> Measured<R> {
        given(&self.spoken, formula)
    }
    /// Applies a formula with a null rule of its own to what is said.
    fn some<R>(&self, formula: impl FnOnce(&Spoken) -> Measured<R>) -> Measured<R> {
        given_some(&self.spoken, formula)
    }
    /// Applies a formula that needs at least one word.
    fn of_voiced<R>(&self, formula: impl FnOnce(&Spoken) -> R) -> Measured<R> {
        given(&self.voiced, formula)
    }
    /// Applies a formula with a null rule of its own that needs at least one word.
    fn some_of_voiced<R>(&self, formula: impl FnOnce(&Spoken) -> Measured<R>) -> Measured<R> {
        given_some(&self.voiced, formula)
    }
    /// Applies a formula that looks for English phrases.
    fn in_english<R>(&self, formula: impl FnOnce(&Spoken) -> R) -> Measured<R> {
        self.some(|spoken| match spoken.language.as_deref() {
            None | Some("en") => Ok(formula(spoken)),
            Some(other) => Err(Reason::new(format!(
                "phrases are known in English only, the language is {other}"
            ))),
        })
    }
    /// How sure a block can be that rests on these modalities.
    fn confidence(&self, needed: &[Modality]) -> Measured<f64> {
        self.some_of_voiced(|_| reliability::confidence(self.events, needed))
    }
    fn put_confidence(&self, block: &mut Block, needed: &[Modality]) {
        block.put("confidence", self.confidence(needed));
    }
}
