//! Choosing tokens: Whisper's rules for times, with a network that says what it is told to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use std::{collections::BTreeMap, convert::Infallible};
use transcribe::compute::{
    search::{Continue, MAX_TOKENS, Rules, Step, greedy, languages},
    vocabulary::{Generation, SpecialTokens},
};

/// Text 0–9, end 10, start 11, two languages, transcribe 14, no speech 15, no times 16, then
/// times.
const END: u32 = 10;
const FIRST_TIME: u32 = 17;
const ALL: usize = FIRST_TIME as usize + 1501;

fn special() -> SpecialTokens {
    SpecialTokens {
        end: END,
        start: 11,
        transcribe: 14,
        no_speech: 15,
        no_times: 16,
        first_time: FIRST_TIME,
        languages: BTreeMap::from([("de".into(), 12), ("en".into(), 13)]),
    }
}

fn rules() -> Rules {
    let generation = Generation {
        suppress_tokens: vec![9],
        begin_suppress_tokens: vec![8, END],
        alignment_heads: Vec::new(),
    };
    Rules::new(&special(), &generation)
}

/// Answers with prepared scores, one after the other; then with nothing but the end.
struct Prepared(Vec<Vec<f32>>, usize);

impl Continue for Prepared {
    type Error = Infallible;
    fn read(&mut self, _: &[u32]) -> Result<Step, Infallible> {
        let scores = self
            .0
            .get(self.1)
            .cloned()
            .unwrap_or_else(|| wanting(&[END]));
        self.1 += 1;
        Ok(Step {
            after_first: scores.clone(),
            next: scores,
            attention: Vec::new(),
        })
    }
}

/// Scores in which the given tokens stand out, the first most.
fn wanting(tokens: &[u32]) -> Vec<f32> {
    let mut scores = vec![0.0; ALL];
    for (rank, token) in tokens.iter().enumerate() {
        scores[*token as usize] = 60.0 - 10.0 * rank as f32;
    }
    scores
}

fn chosen(scores: Vec<Vec<f32>>) -> Vec<u32> {
    let found = greedy(&mut Prepared(scores, 0), &[11, 13, 14], &rules()).unwrap();
    found.tokens.iter().map(|chosen| chosen.token).collect()
}

const fn time(step: u32) -> u32 {
    FIRST_TIME + step
}

#[test]
fn a_transcript_begins_with_an_early_time() {
    let scores = vec![wanting(&[3, time(900), time(40)]), wanting(&[END])];
    assert_eq!(chosen(scores)[0], time(40));
}

#[test]
fn text_follows_a_time_and_times_come_in_pairs() {
    let scores = vec![
        wanting(&[time(0)]),
        wanting(&[time(5), 3]),
        wanting(&[time(100)]),
        wanting(&[4, time(100), time(120)]),
        wanting(&[time(130), 5]),
        wanting(&[time(90), time(200)]),
        wanting(&[END]),
    ];
    assert_eq!(
        chosen(scores),
        [time(0), 3, time(100), time(100), 5, time(200)]
    );
}

#[test]
fn forbidden_tokens_are_never_chosen() {
    let scores = vec![
        wanting(&[time(0)]),
        wanting(&[9, 16, 15, 12, 2]),
        wanting(&[END]),
    ];
    assert_eq!(chosen(scores), [time(0), 2]);
}

#[test]
fn all_times_together_outweigh_one_word() {
    let mut scores = wanting(&[]);
    scores[3] = 2.0;
    // Each time is less probable than the word, all of them together are not.
    let found = chosen(vec![wanting(&[time(0)]), wanting(&[1]), scores]);
    assert_eq!(found[..2], [time(0), 1]);
    assert!(found[2] >= FIRST_TIME);
}

#[test]
fn a_network_that_never_ends_is_stopped() {
    let scores = vec![wanting(&[time(0)])];
    let endless = scores.into_iter().chain(vec![wanting(&[1]); 1_000]);
    assert_eq!(chosen(endless.collect()).len(), MAX_TOKENS);
}

#[test]
fn probabilities_are_those_of_the_scores() {
    let mut first = wanting(&[]);
    first.fill(f32::NEG_INFINITY);
    first[time(0) as usize] = 0.0;
    first[15] = 0.0;
    let mut second = vec![f32::NEG_INFINITY; ALL];
    second[1] = 3.0_f32.ln();
    second[END as usize] = 0.0;
    let found = greedy(&mut Prepared(vec![first, second], 0), &[11], &rules()).unwrap();
    assert!((found.no_speech - 0.5).abs() < 1e-6);
    assert!((found.tokens[1].log_probability - 0.75_f64.ln()).abs() < 1e-6);
    assert!((found.mean_log_probability - 0.75_f64.ln() / 3.0).abs() < 1e-6);
}

#[test]
fn languages_share_one_probability() {
    let mut scores = vec![50.0; ALL];
    (scores[12], scores[13]) = (0.0, 3.0_f32.ln());
    let found = languages(&scores, &special());
    assert_eq!(found[0].0, "de");
    assert!((found[0].1 - 0.25).abs() < 1e-6 && (found[1].1 - 0.75).abs() < 1e-6);
}

proptest! {
    #[test]
    fn whatever_the_network_says_times_never_fall(
        wants in prop::collection::vec(prop::collection::vec(0..ALL as u32, 1..6), 1..60),
    ) {
        let scores = wants.iter().map(|tokens| wanting(tokens)).collect();
        let tokens = chosen(scores);
        let times: Vec<u32> = tokens.iter().copied().filter(|token| *token >= FIRST_TIME).collect();
        prop_assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(tokens.iter().all(|token| *token < 9 || *token >= FIRST_TIME));
        prop_assert!(tokens[0] >= FIRST_TIME && tokens[0] <= time(50));
        // Never three times in a row.
        prop_assert!(tokens.windows(3).all(|three| three.iter().any(|token| *token < FIRST_TIME)));
    }
}
