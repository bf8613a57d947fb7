//! Packing speech into windows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use transcribe::{
    WindowConfig,
    compute::{
        Stretch, WINDOW_SAMPLES,
        windows::{Window, pack},
    },
};

const SECOND: usize = 16_000;

fn stretch(start: f64, end: f64) -> Stretch {
    let sample = |seconds: f64| (seconds * SECOND as f64) as usize;
    Stretch {
        start: sample(start),
        end: sample(end),
    }
}

fn packed(speech: &[(f64, f64)], length: f64) -> Vec<Vec<(f64, f64)>> {
    let speech: Vec<Stretch> = speech.iter().map(|(a, b)| stretch(*a, *b)).collect();
    let seconds = |piece: &Stretch| {
        let at = |sample: usize| sample as f64 / SECOND as f64;
        (at(piece.start), at(piece.end))
    };
    pack(
        &speech,
        (length * SECOND as f64) as usize,
        &WindowConfig::default(),
    )
    .iter()
    .map(|window| window.pieces.iter().map(seconds).collect())
    .collect()
}

#[test]
fn short_pauses_stay_and_long_ones_are_cut_out_but_for_a_margin() {
    assert_eq!(
        packed(&[(1.0, 2.0), (3.5, 5.0), (20.0, 22.0)], 40.0),
        [[(0.6, 5.4), (19.6, 22.4)]]
    );
    assert!(packed(&[], 40.0).is_empty());
}

#[test]
fn margins_end_at_the_ends_of_the_audio() {
    assert_eq!(packed(&[(0.1, 4.9)], 5.0), [[(0.0, 5.0)]]);
}

#[test]
fn what_does_not_fit_begins_a_window() {
    let all = packed(&[(0.0, 20.0), (25.0, 40.0)], 60.0);
    assert_eq!(all, [[(0.0, 20.4)], [(24.6, 40.4)]]);
}

#[test]
fn long_speech_is_cut_in_its_longest_late_pause() {
    let all = packed(
        &[
            (0.0, 5.0),
            (6.0, 18.0),
            (18.2, 25.0),
            (25.6, 28.0),
            (28.1, 50.0),
        ],
        50.0,
    );
    assert_eq!(all, [[(0.0, 25.3)], [(25.3, 50.0)]]);
}

#[test]
fn speech_without_a_pause_is_cut_with_an_overlap() {
    let all = packed(&[(0.0, 70.0)], 70.0);
    assert_eq!(all, [[(0.0, 30.0)], [(26.0, 56.0)], [(52.0, 70.0)]]);
}

#[test]
fn places_lead_back_to_the_audio() {
    let window = Window {
        pieces: vec![stretch(1.0, 3.0), stretch(10.0, 11.0)],
    };
    assert_eq!(window.length(), 3 * SECOND);
    let place = |start, end| window.to_audio(start, end);
    assert_eq!(place(0, SECOND), stretch(1.0, 2.0));
    // At the joint, an end looks back and a start looks ahead.
    assert_eq!(place(SECOND, 2 * SECOND), stretch(2.0, 3.0));
    assert_eq!(place(2 * SECOND, 3 * SECOND), stretch(10.0, 11.0));
    assert_eq!(place(5 * SECOND, 9 * SECOND), stretch(11.0, 11.0));
    assert_eq!(
        window.after(10 * SECOND).unwrap().pieces,
        [stretch(10.0, 11.0)]
    );
    assert_eq!(window.after(11 * SECOND), None);
}

fn speech() -> impl Strategy<Value = Vec<Stretch>> {
    let lengths = prop::collection::vec((1_usize..10 * SECOND, 1_600_usize..60 * SECOND), 0..20);
    lengths.prop_map(|lengths| {
        let mut at = 0;
        let mut all = Vec::new();
        for (pause, length) in lengths {
            let start = at + pause;
            at = start + length;
            all.push(Stretch { start, end: at });
        }
        all
    })
}

proptest! {
    #[test]
    fn all_speech_is_in_a_window_and_no_window_is_too_long(
        speech in speech(),
        overlap_ms in 0_u64..10_000,
        margin_ms in 0_u64..5_000,
        tail in 0_usize..SECOND,
    ) {
        let length = speech.last().map_or(0, |last| last.end) + tail;
        let config = WindowConfig { overlap_ms, margin_ms, ..WindowConfig::default() };
        let windows = pack(&speech, length, &config);
        let pieces: Vec<Stretch> = windows.iter().flat_map(|window| window.pieces.clone()).collect();
        for window in &windows {
            prop_assert!(window.length() <= WINDOW_SAMPLES);
            prop_assert!(window.pieces.iter().all(|piece| piece.start < piece.end));
        }
        for pair in pieces.windows(2) {
            prop_assert!(pair[0].start < pair[1].start && pair[0].end < pair[1].end);
        }
        prop_assert!(pieces.last().is_none_or(|last| last.end <= length));
        for stretch in &speech {
            let mut at = stretch.start;
            for piece in &pieces {
                if piece.start <= at {
                    at = at.max(piece.end);
                }
            }
            prop_assert!(at >= stretch.end, "{stretch:?} is not in {pieces:?}");
        }
    }

    #[test]
    fn places_in_a_window_keep_their_order(
        speech in speech().prop_filter("some", |all| !all.is_empty()),
        mut at in prop::collection::vec(0_usize..WINDOW_SAMPLES, 2..6),
    ) {
        let length = speech.last().unwrap().end;
        at.sort_unstable();
        for window in pack(&speech, length, &WindowConfig::default()) {
            let places: Vec<Stretch> = at
                .windows(2)
                .map(|pair| window.to_audio(pair[0].min(window.length()), pair[1].min(window.length())))
                .collect();
            for place in &places {
                prop_assert!(place.start <= place.end);
                prop_assert!(window.start() <= place.start && place.end <= window.end());
            }
            for pair in places.windows(2) {
                prop_assert!(pair[0].start <= pair[1].start && pair[0].end <= pair[1].end);
            }
        }
    }
}
