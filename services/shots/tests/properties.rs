//! What holds for every video, whatever its signals.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Film, scene};
use contracts::{MediaTime, decoded::ChangeSignals};
use proptest::prelude::*;
use shots::{Config, compute::find_shots};

/// Signals that no decoder ever made, but any might.
fn any_signals() -> impl Strategy<Value = (ChangeSignals, MediaTime)> {
    let value = || 0_f32..=255.0;
    let calm = prop_oneof![8 => 0_f32..3.0, 1 => 0_f32..=255.0];
    let frame = (1_u64..400, calm, value(), value(), value());
    (prop::collection::vec(frame, 1..150), 0_u64..1000).prop_map(|(frames, rest)| {
        let mut signals = ChangeSignals::default();
        let mut now = 0;
        for (step, change, luma, mean, deviation) in frames {
            signals.times.push(MediaTime::from_nanos(now * 1_000_000));
            now += step;
            signals.delta_hue.push(change);
            signals.delta_saturation.push(change);
            signals.delta_value.push(change);
            signals.delta_luma_two_back.push(luma);
            signals.mean_value.push(mean);
            signals.value_deviation.push(deviation / 4.0);
        }
        (signals, MediaTime::from_nanos((now + rest) * 1_000_000))
    })
}

/// Lengths in frames of shots that are long enough.
fn shot_lengths() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(9_usize..40, 1..10)
}

fn film(lengths: &[usize]) -> Film {
    let parts: Vec<_> = (1..)
        .zip(lengths)
        .map(|(seed, length)| (scene(seed), *length))
        .collect();
    Film::of(&parts)
}

proptest! {
    #[test]
    fn shots_are_contiguous_and_cover_the_video((signals, end) in any_signals()) {
        let list = find_shots(&signals, end, &Config::default()).unwrap();
        prop_assert_eq!(list.scenes.len(), list.boundaries.len() + 1);
        prop_assert_eq!(list.total_scenes as usize, list.scenes.len());
        prop_assert_eq!(list.scenes[0].start_time, 0.0);
        prop_assert_eq!(list.scenes[list.scenes.len() - 1].end_time, end.seconds());
        for pair in list.scenes.windows(2) {
            prop_assert_eq!(pair[0].end_time, pair[1].start_time);
            prop_assert_eq!(pair[0].scene_number + 1, pair[1].scene_number);
        }
        for shot in &list.scenes {
            prop_assert!((shot.end_time - shot.start_time - shot.duration).abs() < 1e-6);
        }
    }

    #[test]
    fn boundaries_are_frames_strictly_inside_and_apart((signals, end) in any_signals()) {
        let config = Config::default();
        let list = find_shots(&signals, end, &config).unwrap();
        let shortest = config.min_shot_ms as f64 / 1000.0 - 1e-9;
        for shot in list.scenes.iter().filter(|_| list.scenes.len() > 1) {
            prop_assert!(shot.duration >= shortest);
        }
        let mut changes = list.scene_changes.iter();
        for boundary in &list.boundaries {
            prop_assert_eq!(Some(&boundary.time), changes.next());
            prop_assert!(boundary.time > 0.0 && boundary.time < end.seconds());
            prop_assert!(boundary.transition_start <= boundary.time);
            prop_assert!(boundary.score >= boundary.threshold);
            prop_assert!((0.0..=255.0).contains(&boundary.score));
            prop_assert!(signals.times.iter().any(|time| time.seconds() == boundary.time));
        }
    }

    #[test]
    fn every_hard_cut_of_a_film_is_found_and_nothing_else(lengths in shot_lengths()) {
        let film = film(&lengths);
        let list = find_shots(&film.signals(), film.end, &Config::default()).unwrap();
        let mut frames = 0;
        let expected: Vec<f64> = lengths[..lengths.len() - 1]
            .iter()
            .map(|length| { frames += length; film.frames[frames].0.seconds() })
            .collect();
        prop_assert_eq!(list.scene_changes, expected);
    }

    #[test]
    fn a_film_run_backwards_has_its_cuts_mirrored(lengths in shot_lengths()) {
        let film = film(&lengths);
        let mut backwards = Film::default();
        for (_, picture) in film.frames.iter().rev() {
            backwards.show(picture.clone(), 40);
        }
        let there = find_shots(&film.signals(), film.end, &Config::default()).unwrap();
        let back = find_shots(&backwards.signals(), film.end, &Config::default()).unwrap();
        let mirrored: Vec<f64> = back.scene_changes.iter().rev()
            .map(|time| film.end.seconds() - time).collect();
        prop_assert_eq!(there.scene_changes.len(), mirrored.len());
        for (a, b) in there.scene_changes.iter().zip(mirrored) {
            prop_assert!((a - b).abs() < 1e-9);
        }
    }
}
