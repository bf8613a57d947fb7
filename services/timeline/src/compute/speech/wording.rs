//! The wording of speech: phrases that return, fillers, calls close together, and how hard it is to
//! follow.

use super::{
    Said, Spoken,
    key_events::SpokenCall,
    patterns::{self, PHRASE_WORDS},
};
use crate::compute::phrases::{self, FILLERS};
use serde::Serialize;
use std::{cmp::Reverse, collections::BTreeMap};
use unicode_segmentation::UnicodeSegmentation;

/// How many phrases are told.
const MOST_PHRASES: usize = 5;
/// How far apart two calls may begin and still belong together, in seconds.
const CLUSTER_SECONDS: f64 = 5.0;
const CLUSTER_CALLS: usize = 2;
/// How long the opening lasts, in seconds.
const OPENING_SECONDS: f64 = 3.0;
/// Hooks in the opening that make it as strong as it gets.
const FULL_OPENING: f64 = 2.0;
/// Letters above which a word is long, as LIX counts them (Björnsson 1968).
const LONG_LETTERS: usize = 6;
const PERCENT: f64 = 100.0;
/// LIX from which a text is of medium difficulty, as newspapers are (Björnsson 1968).
const MODERATE_LIX: f64 = 40.0;
/// LIX from which it is difficult, as official texts are.
const COMPLEX_LIX: f64 = 50.0;
/// ISO 639 codes of the languages LIX was compared in: the eleven of Björnsson (1983), Norwegian by
/// all its codes.
pub const LIX_LANGUAGES: &[&str] = &[
    "da", "de", "en", "es", "fi", "fr", "it", "nb", "nn", "no", "pt", "ru", "sv",
];

/// A phrase that is said more than once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyPhrase {
    /// When it is first said, in seconds.
    pub timestamp: f64,
    /// The phrase in lower case, without punctuation.
    pub phrase: String,
    /// Share (0–1) of all words that belong to it.
    pub significance: f64,
    /// How often it is said.
    pub count: usize,
}

/// Calls that follow one another closely.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CallCluster {
    /// When the first begins, in seconds.
    pub start: f64,
    /// When the last begins, in seconds.
    pub end: f64,
    /// Number of calls.
    pub count: usize,
}

/// A phrase, and where it is said: the segment and the word in it.
type Placed<'a> = (Vec<&'a str>, Vec<(usize, usize)>);

/// Phrases of two or three words within a segment that are said at least twice; what overlaps
/// itself counts once.
fn repeated(all: &[Said]) -> Vec<Placed<'_>> {
    let mut phrases: BTreeMap<Vec<&str>, Vec<(usize, usize)>> = BTreeMap::new();
    for (segment, said) in all.iter().enumerate() {
        for length in PHRASE_WORDS {
            for (first, phrase) in said.words.windows(length).enumerate() {
                let phrase = phrase.iter().map(|word| word.text.as_str()).collect();
                let places = phrases.entry(phrase).or_default();
                let ended = |last: &(usize, usize)| last.0 < segment || last.1 + length <= first;
                if places.last().is_none_or(ended) {
                    places.push((segment, first));
                }
            }
        }
    }
    phrases.retain(|_, places| places.len() > 1);
    phrases.into_iter().collect()
}

/// The five phrases of two or three words within a segment that hold most of the words, of those
/// that are said at least twice; longer ones first among equals, then those said first. A phrase
/// within a better one that is said as often is left out.
#[must_use]
pub fn key_phrases(spoken: &Spoken) -> Vec<KeyPhrase> {
    let held = |(phrase, places): &Placed<'_>| phrase.len() * places.len();
    let mut repeated = repeated(spoken.all());
    repeated.sort_by_key(|one| {
        (
            Reverse(held(one)),
            Reverse(one.0.len()),
            one.1.first().copied(),
        )
    });
    let mut best: Vec<Placed<'_>> = Vec::new();
    for one in repeated {
        let within = |better: &Placed<'_>| {
            let holds = better.0.windows(one.0.len()).any(|part| part == one.0);
            holds && one.1.len() <= better.1.len()
        };
        if best.len() < MOST_PHRASES && !best.iter().any(within) {
            best.push(one);
        }
    }
    let words = spoken.words().count().max(1) as f64;
    best.into_iter()
        .filter_map(|one| {
            let (segment, first) = *one.1.first()?;
            let word = spoken.all().get(segment)?.words.get(first)?;
            Some(KeyPhrase {
                timestamp: word.span.start.seconds(),
                significance: held(&one) as f64 / words,
                count: one.1.len(),
                phrase: one.0.join(" "),
            })
        })
        .collect()
}

/// Runs of at least two calls that begin less than 5 s after one another, by time.
#[must_use]
pub fn call_clusters(calls: &[SpokenCall]) -> Vec<CallCluster> {
    let mut times: Vec<f64> = calls.iter().map(|call| call.timestamp).collect();
    times.sort_by(f64::total_cmp);
    times
        .chunk_by(|a, b| b - a < CLUSTER_SECONDS)
        .filter(|run| run.len() >= CLUSTER_CALLS)
        .filter_map(|run| {
            Some(CallCluster {
                start: *run.first()?,
                end: *run.last()?,
                count: run.len(),
            })
        })
        .collect()
}

/// Share (0–1) of the words that fill, as `um` and `you know`; `None` without words.
#[must_use]
pub fn filler_ratio(spoken: &Spoken) -> Option<f64> {
    let row: Vec<&str> = spoken.words().map(|word| word.text.as_str()).collect();
    let fillers = phrases::find(&row, FILLERS);
    let words: usize = fillers.iter().map(|found| found.length).sum();
    (!row.is_empty()).then(|| words as f64 / row.len() as f64)
}

/// min(1, hooks before 3 s / 2).
#[must_use]
pub fn opening_strength(spoken: &Spoken) -> f64 {
    let hooks = patterns::hooks(spoken);
    let early = hooks.iter().filter(|hook| hook.timestamp < OPENING_SECONDS);
    (early.count() as f64 / FULL_OPENING).min(1.0)
}

/// LIX: words per sentence + percent of words with more than six letters; `None` without words.
/// Sentences are those of Unicode Standard Annex #29, within segments.
#[must_use]
pub fn lix(spoken: &Spoken) -> Option<f64> {
    let (mut words, mut long) = (0_usize, 0_usize);
    for word in spoken.words() {
        let letters = word.text.chars().filter(|letter| letter.is_alphabetic());
        words += 1;
        long += usize::from(letters.count() > LONG_LETTERS);
    }
    let sentences: usize = spoken.all().iter().map(sentences).sum();
    (words > 0).then(|| {
        let (words, long, sentences) = (words as f64, long as f64, sentences.max(1) as f64);
        words / sentences + PERCENT * long / words
    })
}

fn sentences(said: &Said) -> usize {
    said.text.unicode_sentences().count().max(1)
}

/// `simple` below a LIX of 40, `moderate` below 50, else `complex`.
#[must_use]
pub fn complexity(lix: f64) -> &'static str {
    if lix < MODERATE_LIX {
        "simple"
    } else if lix < COMPLEX_LIX {
        "moderate"
    } else {
        "complex"
    }
}
