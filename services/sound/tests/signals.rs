//! Made sounds whose measures are known beforehand, and what holds for every sound.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::sound::{BurstPattern, SoundEnergy};
use proptest::prelude::*;
use sound::{
    Config,
    compute::{Error, SAMPLE_RATE_HZ, measure, without_audio},
};

fn tone(hertz: f64, amplitude: f64, seconds: f64) -> Vec<f32> {
    let rate = f64::from(SAMPLE_RATE_HZ);
    (0..(seconds * rate).round() as usize)
        .map(|at| (amplitude * (std::f64::consts::TAU * hertz * at as f64 / rate).sin()) as f32)
        .collect()
}

fn energy(samples: &[f32]) -> SoundEnergy {
    measure(samples, SAMPLE_RATE_HZ, &Config::default()).unwrap()
}

#[test]
fn a_sine_at_997_hertz_has_its_standard_loudness() {
    // BS.1770: full scale on one channel is -3.01 LUFS.
    let measured = energy(&tone(997.0, 0.1, 10.0))
        .integrated_loudness_lufs
        .unwrap();
    assert!((measured + 23.01).abs() < 0.1, "{measured}");
}

#[test]
fn tones_begin_where_their_onsets_are() {
    let mut sound = tone(440.0, 0.01, 1.0);
    sound.extend(tone(440.0, 0.3, 0.5));
    sound.extend(vec![0.0; 12_000]);
    sound.extend(tone(880.0, 0.2, 0.75));
    let onsets = energy(&sound).onsets;
    assert_eq!(onsets.len(), 2, "{onsets:?}");
    for (found, expected) in onsets.iter().zip([1.0, 2.25]) {
        assert!(
            (found - expected).abs() <= 0.016,
            "{found} instead of {expected}"
        );
    }
}

/// A square wave, whose RMS is its amplitude.
fn square(amplitude: f32, seconds: usize) -> Vec<f32> {
    let sign = |at: usize| {
        if (at / 20).is_multiple_of(2) {
            1.0
        } else {
            -1.0
        }
    };
    (0..seconds * 16_000)
        .map(|at| amplitude * sign(at))
        .collect()
}

#[test]
fn windows_are_shares_of_the_95th_percentile() {
    let sound: Vec<f32> = [0.1, 0.2, 0.3, 0.4]
        .iter()
        .flat_map(|level| square(*level, 5))
        .collect();
    let measured = energy(&sound);
    // 95 % of the way through four values lies 0.85 of the way from the third to the fourth.
    let full = 0.3 + 0.85 * 0.1;
    let shares = measured.energy_level_windows.values();
    for (found, expected) in shares.zip([0.1 / full, 0.2 / full, 0.3 / full, 1.0]) {
        assert!(
            (found - expected).abs() < 0.01,
            "{found} instead of {expected}"
        );
    }
    assert!((measured.energy_variance.unwrap() - 0.0125).abs() < 5e-4);
    assert_eq!(measured.burst_pattern, BurstPattern::BackLoaded);
}

#[test]
fn a_steady_tone_has_no_onset_and_no_silence() {
    let measured = energy(&tone(200.0, 0.3, 5.0));
    assert!(measured.onsets.is_empty() && measured.silences.is_empty());
}

#[test]
fn silences_are_bounded_to_a_block() {
    let mut sound = tone(440.0, 0.3, 1.0);
    sound.extend(vec![0.0005; 16_000]);
    sound.extend(tone(440.0, 0.3, 1.0));
    sound.extend(vec![0.0; 4_000]);
    let silences = energy(&sound).silences;
    assert_eq!(
        silences.len(),
        1,
        "a quarter of a second is too short to count"
    );
    assert!((silences[0].start - 1.0).abs() <= 0.032);
    assert!((silences[0].end - 2.0).abs() <= 0.032);
}

#[test]
fn a_last_window_too_short_for_a_frame_is_left_out() {
    let measured = energy(&tone(200.0, 0.3, 10.01));
    let keys: Vec<&String> = measured.energy_level_windows.keys().collect();
    assert_eq!(keys, ["0-5s", "5-10s"]);
    let measured = energy(&tone(200.0, 0.3, 10.5));
    assert_eq!(
        measured.energy_level_windows.keys().last().unwrap(),
        "10-11s"
    );
}

#[test]
fn the_rounding_of_a_codec_is_silence() {
    let noise: Vec<f32> = (0..160_000)
        .map(|at| if at % 3 == 0 { 2e-5 } else { -1e-5 })
        .collect();
    let measured = energy(&noise);
    assert_eq!(measured.climax_timestamp, None);
    assert_eq!(measured.burst_pattern, BurstPattern::Steady);
    assert!(
        measured
            .energy_level_windows
            .values()
            .all(|share| *share == 0.0)
    );
}

#[test]
fn a_stream_without_samples_has_nothing_to_measure() {
    let measured = energy(&[]);
    assert!(measured.has_audio && !measured.metadata.processed);
    assert_eq!(measured.duration, Some(0.0));
    assert_eq!(measured.burst_pattern, BurstPattern::Unknown);
}

#[test]
fn no_audio_is_stated_and_not_made_up() {
    let none = without_audio();
    assert!(!none.has_audio && !none.metadata.processed && none.metadata.success);
    assert!(none.energy_level_windows.is_empty() && none.onsets.is_empty());
    assert_eq!((none.duration, none.energy_variance), (None, None));
    assert_eq!(none.burst_pattern, BurstPattern::Unknown);
}

#[test]
fn another_rate_is_refused() {
    assert!(matches!(
        measure(&[0.0], 44_100, &Config::default()),
        Err(Error::Rate(44_100))
    ));
}

#[test]
fn settings_are_checked_by_name() {
    assert_eq!(Config::default().validate(), Ok(()));
    let loud = Config {
        silence_dbfs: 3.0,
        ..Config::default()
    };
    assert!(
        loud.validate()
            .unwrap_err()
            .to_string()
            .contains("sound.silence_dbfs")
    );
}

/// Stretches of noise, each with its own level, as whole windows.
fn any_levels() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(0.01_f32..0.5, 1..6)
}

fn noise(levels: &[f32]) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / f64::from(1 << 23) - 1.0) as f32
    };
    levels
        .iter()
        .flat_map(|level| (0..80_000).map(|_| level * next()).collect::<Vec<_>>())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gain_changes_no_share_no_pattern_and_no_climax(levels in any_levels(), gain in 0.1_f32..2.0) {
        let sound = noise(&levels);
        let louder: Vec<f32> = sound.iter().map(|sample| sample * gain).collect();
        let (before, after) = (energy(&sound), energy(&louder));
        for ((key, share), (other, found)) in before.energy_level_windows.iter().zip(&after.energy_level_windows) {
            prop_assert_eq!(key, other);
            prop_assert!((share - found).abs() < 1e-5);
        }
        prop_assert_eq!(before.burst_pattern, after.burst_pattern);
        let moved = f64::from(gain).log10() * 20.0;
        let (a, b) = (before.integrated_loudness_lufs.unwrap(), after.integrated_loudness_lufs.unwrap());
        prop_assert!((b - a - moved).abs() < 0.3, "{} {} {}", a, b, moved);
    }

    #[test]
    fn sound_run_backwards_mirrors_its_windows(levels in any_levels()) {
        let sound = noise(&levels);
        let backwards: Vec<f32> = sound.iter().rev().copied().collect();
        let (there, back) = (energy(&sound), energy(&backwards));
        let mirrored: Vec<f64> = back.energy_level_windows.values().rev().copied().collect();
        for (a, b) in there.energy_level_windows.values().zip(mirrored) {
            prop_assert!((a - b).abs() < 0.02, "{} {}", a, b);
        }
        let (a, b) = (there.energy_variance.unwrap(), back.energy_variance.unwrap());
        prop_assert!((a - b).abs() < 1e-4);
    }

    #[test]
    fn everything_lies_inside_the_sound(values in prop::collection::vec(-1.5_f32..1.5, 1..30_000)) {
        let measured = energy(&values);
        let duration = measured.duration.unwrap();
        prop_assert!(measured.energy_level_windows.values().all(|share| (0.0..=1.0).contains(share)));
        prop_assert!(measured.energy_variance.unwrap() >= 0.0);
        prop_assert!(measured.climax_timestamp.is_none_or(|at| at <= duration));
        prop_assert!(measured.onsets.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(measured.onsets.iter().all(|at| (0.0..duration).contains(at)));
        prop_assert!(measured.silences.iter().all(|silence| silence.start < silence.end && silence.end <= duration));
    }
}
