//! From scores to tokens: the most probable token at every step, under Whisper's rules for times.

use super::vocabulary::{Generation, SpecialTokens};
use std::ops::Range;

/// Most tokens in a window: half of what the recogniser can remember, as in Whisper.
pub const MAX_TOKENS: usize = 224;
/// Latest time a window may begin with, in steps of 20 ms.
const LATEST_BEGINNING: usize = 50;

/// A network that continues a text.
pub trait Continue {
    /// What it fails with.
    type Error;
    /// Reads `tokens` after all it has read so far.
    ///
    /// # Errors
    /// If the network fails.
    fn read(&mut self, tokens: &[u32]) -> Result<Step, Self::Error>;
}

/// What a network says after reading tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Score of every token to come next.
    pub next: Vec<f32>,
    /// Score of every token to come after the first token read.
    pub after_first: Vec<f32>,
    /// Where each aligned head looks in the sound while it chooses the next token.
    pub attention: Vec<Vec<f32>>,
}

/// A chosen token.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Which.
    pub token: u32,
    /// Natural logarithm of its probability among the tokens allowed there.
    pub log_probability: f64,
    /// Where the aligned heads looked when it was chosen.
    pub attention: Vec<Vec<f32>>,
}

/// The transcript of a window, in tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Text and times.
    pub tokens: Vec<Chosen>,
    /// Where the aligned heads looked when the end was chosen; `None` if it was not reached.
    pub end_attention: Option<Vec<Vec<f32>>>,
    /// Probability that nothing is said, 0–1.
    pub no_speech: f64,
    /// Mean logarithm of the probability of all tokens and the end.
    pub mean_log_probability: f64,
}

/// What may follow what.
#[derive(Debug, Clone)]
pub struct Rules {
    special: SpecialTokens,
    never: Vec<u32>,
    not_first: Vec<u32>,
}

impl Rules {
    /// Rules of a recogniser.
    #[must_use]
    pub fn new(special: &SpecialTokens, generation: &Generation) -> Self {
        let mut never = generation.suppress_tokens.clone();
        never.push(special.no_times);
        Self {
            special: special.clone(),
            never,
            not_first: generation.begin_suppress_tokens.clone(),
        }
    }

    /// Makes scores of tokens that may not follow `tokens` minus infinity.
    ///
    /// Times come in pairs but for the first and do not fall; text stands between them; where all
    /// times together are more probable than any text, a time follows. Source: Whisper's
    /// `ApplyTimestampRules`.
    pub fn apply(&self, scores: &mut [f32], tokens: &[Chosen]) {
        let ids: Vec<usize> = tokens.iter().map(|chosen| chosen.token as usize).collect();
        let (end, times) = (self.special.end as usize, self.special.first_time as usize);
        let all = scores.len();
        self.never
            .iter()
            .for_each(|token| forbid_one(scores, *token));
        // Languages, tasks and the like.
        forbid(scores, end + 1..times);
        let is_time = |at: Option<&usize>| at.is_some_and(|token| *token >= times);
        match ids.as_slice() {
            [] => {
                self.not_first
                    .iter()
                    .for_each(|token| forbid_one(scores, *token));
                forbid(scores, 0..times);
                forbid(scores, times + LATEST_BEGINNING + 1..all);
                return;
            }
            [.., last] if *last >= times => {
                let before = ids.len().checked_sub(2).and_then(|at| ids.get(at));
                if ids.len() == 1 || is_time(before) {
                    forbid(scores, times..all);
                } else {
                    forbid(scores, 0..end);
                }
            }
            _ => {}
        }
        if let Some(last) = ids.iter().rev().find(|token| **token >= times) {
            // The second of a pair may equal the first; a later one is later.
            let closed = is_time(ids.last());
            forbid(
                scores,
                times..(if closed { *last } else { *last + 1 }).min(all),
            );
        }
        let text = scores.get(..times).unwrap_or_default();
        let best_text = text.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all_times = log_sum(scores.get(times..).unwrap_or_default());
        if all_times > f64::from(best_text) {
            forbid(scores, 0..times);
        }
    }
}

fn forbid(scores: &mut [f32], range: Range<usize>) {
    if let Some(scores) = scores.get_mut(range) {
        scores.fill(f32::NEG_INFINITY);
    }
}

fn forbid_one(scores: &mut [f32], token: u32) {
    if let Some(score) = scores.get_mut(token as usize) {
        *score = f32::NEG_INFINITY;
    }
}

/// Logarithm of the sum of exponentials; minus infinity for nothing.
fn log_sum(scores: &[f32]) -> f64 {
    let highest = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    if highest == f64::NEG_INFINITY {
        return highest;
    }
    let sum: f64 = scores
        .iter()
        .map(|score| (f64::from(*score) - highest).exp())
        .sum();
    highest + sum.ln()
}

/// The first token with the highest score, and the logarithm of its probability.
fn best(scores: &[f32]) -> Option<(u32, f64)> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if highest == f32::NEG_INFINITY {
        return None;
    }
    let place = scores.iter().position(|score| *score == highest)?;
    Some((
        u32::try_from(place).ok()?,
        f64::from(highest) - log_sum(scores),
    ))
}

/// Probability of every language, given the scores of what follows the start of a transcript.
#[must_use]
pub fn languages(scores: &[f32], special: &SpecialTokens) -> Vec<(String, f64)> {
    let score = |token: u32| {
        let score = scores.get(token as usize);
        score.copied().unwrap_or(f32::NEG_INFINITY)
    };
    let known: Vec<f32> = special
        .languages
        .values()
        .map(|token| score(*token))
        .collect();
    let total = log_sum(&known);
    let names = special.languages.keys().cloned();
    names
        .zip(known)
        .map(|(name, score)| (name, (f64::from(score) - total).exp()))
        .collect()
}

/// Continues `prompt` with the most probable token until the end or [`MAX_TOKENS`].
///
/// # Errors
/// What the network fails with.
pub fn greedy<N: Continue>(
    network: &mut N,
    prompt: &[u32],
    rules: &Rules,
) -> Result<Found, N::Error> {
    let mut step = network.read(prompt)?;
    let mut found = Found {
        no_speech: no_speech(&step.after_first, rules.special.no_speech),
        ..Found::default()
    };
    let mut sum = 0.0;
    while found.tokens.len() < MAX_TOKENS {
        let mut scores = std::mem::take(&mut step.next);
        rules.apply(&mut scores, &found.tokens);
        let Some((token, log_probability)) = best(&scores) else {
            break;
        };
        sum += log_probability;
        if token == rules.special.end {
            found.end_attention = Some(step.attention);
            break;
        }
        found.tokens.push(Chosen {
            token,
            log_probability,
            attention: step.attention,
        });
        step = network.read(&[token])?;
    }
    found.mean_log_probability = sum / (found.tokens.len() + 1) as f64;
    Ok(found)
}

fn no_speech(scores: &[f32], token: u32) -> f64 {
    let score = scores.get(token as usize).copied().map(f64::from);
    score.map_or(0.0, |score| (score - log_sum(scores)).exp())
}
