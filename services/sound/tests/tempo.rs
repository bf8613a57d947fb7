//! The beat of made sounds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use sound::{
    Config,
    compute::{SAMPLE_RATE_HZ, measure},
};

const RATE: f64 = SAMPLE_RATE_HZ as f64;

/// Decaying strokes so many to the minute, every fourth one stronger.
fn beats(bpm: f64, seconds: f64) -> Vec<f32> {
    let period = 60.0 / bpm;
    (0..(seconds * RATE) as usize)
        .map(|at| {
            let time = at as f64 / RATE;
            let (stroke, since) = ((time / period) as usize, time % period);
            let strength = if stroke % 4 == 0 { 0.6 } else { 0.35 };
            let tone = (std::f64::consts::TAU * 180.0 * time).sin();
            (strength * (-25.0 * since).exp() * tone) as f32
        })
        .collect()
}

fn noise(seconds: f64) -> Vec<f32> {
    let mut state = 1_u64;
    (0..(seconds * RATE) as usize)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * 0.1
        })
        .collect()
}

fn tempo(samples: &[f32]) -> (Option<f64>, Option<f64>, Option<String>) {
    let measured = measure(samples, SAMPLE_RATE_HZ, &Config::default()).unwrap();
    (
        measured.tempo_bpm,
        measured.tempo_confidence,
        measured.tempo_reason,
    )
}

#[test]
fn a_beat_has_its_tempo() {
    for bpm in [70.0, 96.0, 120.0, 128.0, 150.0] {
        let (found, confidence, reason) = tempo(&beats(bpm, 12.0));
        let found = found.unwrap_or_else(|| panic!("{bpm}: {reason:?}"));
        assert!((found - bpm).abs() < 1.0, "{found} instead of {bpm}");
        assert!(confidence.unwrap() > 0.5 && reason.is_none());
    }
}

#[test]
fn sound_without_a_beat_has_none_and_says_so() {
    let tone = |hertz: f64| -> Vec<f32> {
        let turns = (0..160_000).map(|at| hertz * f64::from(at) / RATE);
        turns
            .map(|turn| (0.3 * (std::f64::consts::TAU * turn).sin()) as f32)
            .collect()
    };
    let silence = vec![0.0; 160_000];
    let short = beats(120.0, 3.0);
    for (name, samples) in [
        ("noise", noise(12.0)),
        ("tone", tone(440.0)),
        ("high tone", tone(997.0)),
        ("silence", silence),
        ("short", short),
    ] {
        let (found, confidence, reason) = tempo(&samples);
        assert_eq!(found, None, "{name} {confidence:?}");
        assert!(reason.is_some());
    }
}

#[test]
fn a_beat_over_noise_is_still_heard() {
    let beat = beats(112.0, 12.0);
    let mixed: Vec<f32> = beat
        .iter()
        .zip(noise(12.0))
        .map(|(a, b)| a + 0.1 * b)
        .collect();
    let (found, _, reason) = tempo(&mixed);
    assert!((found.unwrap_or_else(|| panic!("{reason:?}")) - 112.0).abs() < 1.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn loudness_and_a_later_beginning_change_no_tempo(
        gain in 0.05_f32..1.5,
        shift in 0_usize..8_000,
    ) {
        let beat = beats(100.0, 9.0);
        let moved: Vec<f32> = beat.iter().skip(shift).map(|sample| sample * gain).collect();
        let found = tempo(&moved).0;
        prop_assert!(found.is_some_and(|found| (found - 100.0).abs() < 1.0), "{found:?}");
    }
}
