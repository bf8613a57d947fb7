//! The curve of the pace, its extremes and its regularity, on shots whose values are known by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{even_cuts, json, rapid_cuts, result, shots, video};
use contracts::{MediaTime, TimeSpan, shots::BoundaryKind};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    Input,
    clock::Clock,
    events::{Boundary, Shots},
    pacing::{
        core::{Rhythm, long_takes},
        curve::{self, consistency, dynamic_range, regularity},
        dynamics::{acceleration_pattern, cuts_per_window},
        interactions::contrasts,
        key_events::{pacing_shifts, rhythm_breaks},
        patterns::{editing_rhythm, visual_tempo},
    },
};

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

fn cuts(times: &[f64]) -> Vec<Boundary> {
    let cut = |time: &f64| Boundary {
        time: at(*time),
        kind: BoundaryKind::Cut,
    };
    times.iter().map(cut).collect()
}

/// Windows of ten seconds with so many cuts each; the last one may be shorter.
fn rates(seconds: f64, times: &[f64]) -> Vec<(TimeSpan, f64)> {
    curve::rates(&cuts_per_window(Clock::new(at(seconds)), &cuts(times)))
}

fn with_cuts(seconds: f64, times: &[f64]) -> Input {
    Input {
        shots: json(&shots(seconds, times)),
        ..video(seconds)
    }
}

#[test]
fn the_curve_counts_the_cuts_of_every_second() {
    let points = curve::curve(Clock::new(at(2.5)), &cuts(&[0.2, 0.9, 2.0]));
    let counts: Vec<usize> = points.iter().map(|one| one.cuts_per_second).collect();
    assert_eq!(counts, [2, 0, 1]);
    let intensities: Vec<_> = points.iter().map(|one| one.intensity).collect();
    assert_eq!(intensities, [Some(1.0), Some(0.0), Some(0.5)]);
    let still = curve::curve(Clock::new(at(1.0)), &[]);
    assert_eq!(still[0].intensity, None);
}

#[test]
fn peaks_and_valleys_stand_out_from_the_windows_beside_them() {
    let times = [1.0, 11.0, 12.0, 21.0, 22.0, 41.0];
    let rates = rates(54.0, &times);
    // 1, 2, 2, 0, 1 cuts; the rest of 4 s is left out.
    assert_eq!(rates.len(), 5);
    let told = |all: Vec<curve::PaceExtreme>| -> Vec<(String, f64)> {
        all.into_iter()
            .map(|one| (one.timestamp, one.cuts))
            .collect()
    };
    assert_eq!(
        told(curve::peaks(&rates)),
        [("10-30s".to_owned(), 2.0), ("40-50s".to_owned(), 1.0)]
    );
    assert_eq!(
        told(curve::valleys(&rates)),
        [("0-10s".to_owned(), 1.0), ("30-40s".to_owned(), 0.0)]
    );
    // One pace all along, or one window, has neither.
    let even = even_windows();
    assert!(curve::peaks(&even).is_empty() && curve::valleys(&even).is_empty());
    assert!(curve::peaks(&even[..1]).is_empty());
    assert!(curve::peaks(&[]).is_empty());
}

fn even_windows() -> Vec<(TimeSpan, f64)> {
    rates(20.0, &[5.0, 15.0])
}

#[test]
fn transitions_change_the_class_of_the_pace() {
    // 1 cut in 10 s is 6 per minute, 4 are 24.
    let rates = rates(20.0, &[5.0, 11.0, 12.0, 13.0, 14.0]);
    let all = curve::transitions(&rates);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].timestamp, "10-20s");
    assert_eq!((all[0].from_pace, all[0].to_pace), ("slow", "fast"));
    assert!(curve::transitions(&even_windows()).is_empty());
    let contrast = contrasts(pacing_shifts(&rates));
    assert_eq!(contrast[0].timestamp, "10-20s");
    assert_eq!(contrast[0].shift, 3.0);
}

#[test]
fn breaks_are_shots_of_an_unexpected_length() {
    let list = Shots::between(at(25.0), cuts(&[4.0, 5.0, 18.0]));
    let breaks = rhythm_breaks(&list.intervals);
    assert_eq!(breaks.len(), 2);
    assert_eq!(breaks[0].timestamp, 4.0);
    assert_eq!(breaks[0].expected_duration, 4.0);
    assert_eq!(breaks[0].actual_duration, 1.0);
    assert_eq!(breaks[1].timestamp, 5.0);
    assert_eq!(breaks[1].expected_duration, 2.5);
    assert_eq!(breaks[1].actual_duration, 13.0);
    assert!(rhythm_breaks(&list.intervals[..1]).is_empty());
}

#[test]
fn regularity_compares_neighbours_and_consistency_all() {
    assert_eq!(regularity(&[2.0, 2.0, 2.0]), Some(1.0));
    // Neighbours differ by a half of their sum.
    assert_eq!(regularity(&[1.0, 3.0, 1.0]), Some(0.5));
    assert_eq!(regularity(&[1.0]), None);
    assert_eq!(consistency(&[2.0, 2.0]), Some(1.0));
    // Standard deviation √2 of the mean 2.
    let expected = 1.0 / (1.0 + f64::sqrt(0.5));
    assert!((consistency(&[1.0, 3.0]).unwrap() - expected).abs() < 1e-12);
    // The same whatever the pace.
    assert!((consistency(&[10.0, 30.0]).unwrap() - expected).abs() < 1e-12);
    assert_eq!(consistency(&[1.0]), None);
    assert_eq!(dynamic_range(&[2.0, 5.0, 4.0]), Some(2.5));
    assert_eq!(dynamic_range(&[]), None);
    assert_eq!(long_takes(&[5.0, 5.1, 1.0]), 1);
}

#[test]
fn names_of_the_pace_follow_their_rules() {
    assert_eq!(acceleration_pattern(0.4, Rhythm::Erratic), "building");
    assert_eq!(acceleration_pattern(-0.4, Rhythm::Consistent), "declining");
    assert_eq!(acceleration_pattern(0.3, Rhythm::Consistent), "steady");
    assert_eq!(acceleration_pattern(0.0, Rhythm::Varied), "variable");
    assert_eq!(
        editing_rhythm("building", Rhythm::Consistent),
        "accelerando"
    );
    assert_eq!(editing_rhythm("steady", Rhythm::Consistent), "metronomic");
    assert_eq!(editing_rhythm("variable", Rhythm::Varied), "free_form");
    assert_eq!(visual_tempo("very_fast", 0), "fast");
    assert_eq!(visual_tempo("slow", 0), "slow");
    assert_eq!(visual_tempo("slow", 1), "variable");
}

#[test]
fn even_cuts_are_metronomic() {
    let result = result(&even_cuts(), "scene_pacing");
    let core = &result["scenePacingCoreMetrics"];
    assert_eq!(core["sceneChangeRate"], 0.45);
    assert_eq!(core["avgSceneDuration"], 2.0);
    assert_eq!(core["minSceneDuration"], 2.0);
    assert_eq!(core["maxSceneDuration"], 2.0);
    assert_eq!(core["sceneDurationVariance"], 0.0);
    assert_eq!(core["quickCutsCount"], 0);
    assert_eq!(core["longTakesCount"], 0);
    assert_eq!(core["sceneRhythmScore"], 1.0);
    assert_eq!(core["pacingConsistency"], 1.0);
    assert_eq!(core["videoDuration"], 20.0);
    let dynamics = &result["scenePacingDynamics"];
    assert_eq!(dynamics["rhythmRegularity"], 1.0);
    assert_eq!(dynamics["dynamicRange"], 1.0);
    assert_eq!(dynamics["accelerationPattern"], "steady");
    assert_eq!(dynamics["pacingMomentum"], "maintaining");
    assert_eq!(dynamics["pacingCurve"].as_array().unwrap().len(), 20);
    let patterns = &result["scenePacingPatterns"];
    assert_eq!(patterns["editingRhythm"], "metronomic");
    // 24 and 30 cuts per minute are one class.
    assert_eq!(patterns["visualTempo"], "fast");
    assert_eq!(patterns["pacingTechniques"], json!([]));
    let quality = &result["scenePacingQuality"];
    assert_eq!(
        quality["pacingDataCompleteness"],
        quality["dataCompleteness"]
    );
    // The file has audio, of which nothing was measured here, and objects failed.
    assert_eq!(
        quality["analysisLimitations"],
        json!(["sound_not_measured", "objects_not_measured"])
    );
}

#[test]
fn short_shots_are_a_montage() {
    let result = result(&rapid_cuts(), "scene_pacing");
    assert_eq!(result["scenePacingCoreMetrics"]["quickCutsCount"], 60);
    let techniques = &result["scenePacingPatterns"]["pacingTechniques"];
    assert_eq!(techniques, &json!(["montage"]));
}

#[test]
fn one_shot_has_no_rhythm() {
    let result = result(&with_cuts(12.0, &[]), "scene_pacing");
    let dynamics = &result["scenePacingDynamics"];
    for field in [
        "accelerationPattern",
        "rhythmRegularity",
        "pacingMomentum",
        "dynamicRange",
    ] {
        assert_eq!(dynamics[field], Value::Null, "{field}");
    }
    assert_eq!(
        dynamics["pacingCurve"][0],
        json!({"second": 0, "cutsPerSecond": 0, "intensity": null})
    );
    assert_eq!(
        result["scenePacingQuality"]["notMeasured"]["scenePacingDynamics.pacingCurve[].intensity"],
        "the video is one shot"
    );
    let core = &result["scenePacingCoreMetrics"];
    assert_eq!(core["sceneChangeRate"], 0.0);
    assert_eq!(core["longTakesCount"], 1);
    assert_eq!(core["pacingConsistency"], Value::Null);
    assert_eq!(result["scenePacingPatterns"]["editingRhythm"], Value::Null);
    assert_eq!(result["scenePacingPatterns"]["visualTempo"], "slow");
}

#[test]
fn a_video_without_length_has_no_pace() {
    let result = result(&video(0.0), "scene_pacing");
    assert_eq!(
        result["scenePacingCoreMetrics"]["videoDuration"],
        Value::Null
    );
    assert_eq!(result["scenePacingDynamics"]["pacingCurve"], Value::Null);
    assert_eq!(result["scenePacingKeyEvents"]["pacingPeaks"], Value::Null);
}

proptest! {
    #[test]
    fn numbers_of_the_pace_keep_their_ranges(
        seconds in 0.5..120.0_f64,
        places in prop::collection::vec(0.0..1.0_f64, 0..40),
    ) {
        let boundaries = cuts(&places.iter().map(|place| place * seconds).collect::<Vec<_>>());
        let list = Shots::between(at(seconds), boundaries);
        let lengths: Vec<f64> = list.intervals.iter().map(|one| one.duration().as_secs_f64()).collect();
        for share in [regularity(&lengths), consistency(&lengths)].into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&share));
        }
        prop_assert!(dynamic_range(&lengths).unwrap() >= 1.0);
        let clock = Clock::new(at(seconds));
        let points = curve::curve(clock, &list.boundaries);
        let counted: usize = points.iter().map(|one| one.cuts_per_second).sum();
        prop_assert_eq!(counted, list.boundaries.len());
        let all_shares = points.iter().filter_map(|one| one.intensity).all(|i| (0.0..=1.0).contains(&i));
        prop_assert!(all_shares);
        let rates = curve::rates(&cuts_per_window(clock, &list.boundaries));
        prop_assert!(curve::peaks(&rates).iter().all(|one| one.cuts > 0.0));
        prop_assert!(curve::valleys(&rates).iter().all(|one| one.cuts >= 0.0));
        for one in rhythm_breaks(&list.intervals) {
            prop_assert!(one.expected_duration > 0.0 && one.actual_duration > 0.0);
            let ratio = one.actual_duration / one.expected_duration;
            prop_assert!(!(0.5..=2.0).contains(&ratio));
        }
    }
}
