//! From probabilities of a voice to stretches of speech.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use transcribe::{
    ActivityConfig,
    compute::{
        Stretch,
        activity::{CHUNK, stretches},
    },
};

fn plain() -> ActivityConfig {
    ActivityConfig {
        margin_ms: 0,
        ..ActivityConfig::default()
    }
}

/// Stretches of chunks, each given as probability and count.
fn found(runs: &[(f32, usize)], config: &ActivityConfig) -> Vec<(usize, usize)> {
    let probabilities: Vec<f32> = runs
        .iter()
        .flat_map(|(probability, count)| std::iter::repeat_n(*probability, *count))
        .collect();
    let all = stretches(&probabilities, probabilities.len() * CHUNK, config);
    let chunks = |stretch: Stretch| (stretch.start / CHUNK, stretch.end / CHUNK);
    all.into_iter().map(chunks).collect()
}

#[test]
fn speech_begins_high_and_ends_low() {
    let runs = [(0.1, 10), (0.6, 20), (0.4, 10), (0.2, 10)];
    assert_eq!(found(&runs, &plain()), [(10, 40)]);
    assert_eq!(found(&[(0.4, 60)], &plain()), []);
}

#[test]
fn a_short_pause_does_not_end_it_and_a_long_one_does() {
    let short = [(0.9, 20), (0.1, 3), (0.9, 20), (0.1, 10)];
    assert_eq!(found(&short, &plain()), [(0, 43)]);
    let long = [(0.9, 20), (0.1, 6), (0.9, 20), (0.1, 10)];
    assert_eq!(found(&long, &plain()), [(0, 20), (26, 46)]);
}

#[test]
fn a_click_is_no_speech() {
    assert_eq!(found(&[(0.1, 10), (0.99, 5), (0.1, 10)], &plain()), []);
}

#[test]
fn speech_to_the_end_ends_there() {
    assert_eq!(found(&[(0.1, 5), (0.9, 30)], &plain()), [(5, 35)]);
    assert_eq!(found(&[(0.9, 30), (0.1, 2)], &plain()), [(0, 30)]);
}

#[test]
fn neighbours_share_the_pause_between_their_margins() {
    let config = ActivityConfig {
        margin_ms: 1_000,
        ..ActivityConfig::default()
    };
    let runs = [(0.9, 20), (0.1, 8), (0.9, 20), (0.1, 100)];
    // A second is 31.25 chunks; the pause of eight is divided in the middle.
    let all = found(&runs, &config);
    assert_eq!(all, [(0, 24), (24, 79)]);
}

proptest! {
    #[test]
    fn stretches_are_ordered_apart_and_inside(
        probabilities in prop::collection::vec(0.0_f32..1.0, 0..300),
        beyond in 0_usize..CHUNK,
        margin_ms in 0_u64..2_000,
    ) {
        let length = (probabilities.len() * CHUNK).saturating_sub(beyond);
        let config = ActivityConfig { margin_ms, ..ActivityConfig::default() };
        let found = stretches(&probabilities, length, &config);
        for stretch in &found {
            prop_assert!(stretch.start < stretch.end && stretch.end <= length);
        }
        for pair in found.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
        }
        // A wider margin only widens.
        let narrow = stretches(&probabilities, length, &plain());
        prop_assert_eq!(narrow.len(), found.len());
        for (narrow, wide) in narrow.iter().zip(&found) {
            prop_assert!(wide.start <= narrow.start && narrow.end <= wide.end);
        }
    }
}
