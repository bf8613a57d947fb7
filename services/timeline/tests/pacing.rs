//! `scene_pacing` of videos whose values are known by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    boundary, even_cuts, json, no_audio, objects, rapid_cuts, result, shots, shots_between, sound,
    video,
};
use contracts::{MediaTime, shots::BoundaryKind};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    Input,
    events::{Boundary, Shots},
    pacing::{
        core::{self, Rhythm},
        dynamics, interactions, key_events, patterns,
    },
};

fn pacing(input: &Input) -> Value {
    result(input, "scene_pacing")
}

fn with_shots(seconds: f64, cuts: &[f64]) -> Input {
    Input {
        shots: json(&shots(seconds, cuts)),
        ..video(seconds)
    }
}

#[test]
fn even_cuts_every_two_seconds() {
    let result = pacing(&even_cuts());
    let core = &result["scenePacingCoreMetrics"];
    assert_eq!(core["totalScenes"], 10);
    assert_eq!(core["averageSceneDuration"], 2.0);
    assert_eq!(core["scenesPerMinute"], 30.0);
    assert_eq!(core["cutsPerMinute"], 27.0);
    assert_eq!(core["pacingScore"], 0.675);
    assert_eq!(core["rhythmConsistency"], "consistent");
    assert_eq!(core["rhythmScore"], 1.0);
    let dynamics = &result["scenePacingDynamics"];
    assert_eq!(
        dynamics["pacingProgression"],
        json!([{"window": "0-10s", "cuts": 4}, {"window": "10-20s", "cuts": 5}])
    );
    assert_eq!(dynamics["sceneRhythm"], "regular");
    assert_eq!(dynamics["accelerationPoints"], json!([]));
    assert_eq!(
        dynamics["tempoBalance"],
        json!({"earlyCuts": 4, "lateCuts": 5, "balanceIndex": 4.0 / 9.0})
    );
    assert_eq!(result["scenePacingPatterns"]["editingStyle"], "rhythmic");
    assert_eq!(
        result["scenePacingPatterns"]["transitionTypes"],
        json!(["cut"])
    );
    assert_eq!(
        result["scenePacingKeyEvents"]["longestScene"]["timestamp"],
        "0-2s"
    );
    assert_eq!(result["scenePacingKeyEvents"]["climaxTiming"], 0.75);
}

#[test]
fn sixty_shots_in_ten_seconds() {
    let result = pacing(&rapid_cuts());
    let core = &result["scenePacingCoreMetrics"];
    assert_eq!(core["totalScenes"], 60);
    assert_eq!(core["averageSceneDuration"], 0.17);
    assert_eq!(core["cutsPerMinute"], 354.0);
    assert_eq!(core["pacingScore"], 1.0);
    assert_eq!(result["scenePacingPatterns"]["editingStyle"], "mtv_style");
    assert_eq!(
        result["scenePacingPatterns"]["pacingClassification"],
        "very_fast"
    );
    assert_eq!(
        result["scenePacingKeyEvents"]["montageSegments"][0]["shots"],
        60
    );
    assert_eq!(result["scenePacingInteractions"]["audioVisualSync"], 1.0);
}

#[test]
fn a_video_without_a_boundary_is_one_shot_without_rhythm() {
    let result = pacing(&with_shots(30.0, &[]));
    let core = &result["scenePacingCoreMetrics"];
    assert_eq!(core["totalScenes"], 1);
    assert_eq!(core["averageSceneDuration"], 30.0);
    assert_eq!(core["scenesPerMinute"], 2.0);
    assert_eq!(core["cutsPerMinute"], 0.0);
    assert_eq!(core["rhythmConsistency"], Value::Null);
    assert_eq!(result["scenePacingPatterns"]["editingStyle"], Value::Null);
    assert_eq!(
        result["scenePacingPatterns"]["pacingClassification"],
        "slow"
    );
    assert_eq!(result["scenePacingPatterns"]["transitionTypes"], json!([]));
    assert_eq!(
        result["scenePacingKeyEvents"]["longestScene"]["duration"],
        30.0
    );
    assert_eq!(
        result["scenePacingInteractions"]["audioVisualSync"],
        Value::Null
    );
    assert_eq!(
        result["scenePacingQuality"]["notMeasured"]["scenePacingCoreMetrics.rhythmScore"],
        "the video is one shot"
    );
}

#[test]
fn the_beginning_is_no_cut() {
    let mut list = shots(10.0, &[4.0]);
    list.boundaries.insert(0, boundary(0.0, BoundaryKind::Cut));
    let input = Input {
        shots: json(&list),
        ..video(10.0)
    };
    assert_eq!(pacing(&input)["scenePacingCoreMetrics"]["totalScenes"], 2);
}

#[test]
fn sync_needs_audio_and_cuts() {
    let synced = |sound| {
        let input = Input {
            sound,
            ..with_shots(10.0, &[2.0, 4.0, 6.0, 8.0])
        };
        let result = pacing(&input);
        (
            result["scenePacingInteractions"]["audioVisualSync"].clone(),
            result["scenePacingQuality"]["notMeasured"]["scenePacingInteractions.audioVisualSync"]
                .clone(),
        )
    };
    let onsets = [1.9, 4.11, 6.05];
    assert_eq!(
        synced(json(&sound(10.0, &onsets))),
        (json!(0.5), Value::Null)
    );
    assert_eq!(synced(json(&sound(10.0, &[]))), (json!(0.0), Value::Null));
    assert_eq!(
        synced(json(&no_audio())),
        (Value::Null, json!("the file has no audio stream"))
    );
    assert_eq!(
        synced(None),
        (Value::Null, json!("the sound stage left no result"))
    );
}

#[test]
fn sync_by_chance_is_the_share_of_time_near_an_onset() {
    let at = MediaTime::from_seconds;
    let expected = |onsets: &[f64]| {
        let onsets: Vec<MediaTime> = onsets.iter().copied().map(at).collect();
        interactions::expected_sync(&onsets, at(10.0)).unwrap()
    };
    assert!((expected(&[5.0]) - 0.02).abs() < 1e-9);
    // Overlapping surroundings count once, and only inside the video.
    assert!((expected(&[0.0, 5.0, 5.1, 10.0]) - 0.05).abs() < 1e-9);
    assert_eq!(interactions::expected_sync(&[], MediaTime::ZERO), None);
}

#[test]
fn objects_per_shot_are_the_most_in_one_frame() {
    let found = [
        (0.0, "person", Some(1)),
        (1.0, "person", Some(1)),
        (1.0, "cup", None),
        (5.0, "person", Some(2)),
    ];
    let input = Input {
        objects: json(&objects(10.0, 1.0, &found)),
        ..with_shots(10.0, &[4.0, 8.0])
    };
    let interactions = pacing(&input)["scenePacingInteractions"].clone();
    // Two in the first shot, one in the second, none in the third.
    assert_eq!(interactions["visualLoadPerScene"], 1.0);
    assert_eq!(interactions["complexityLevel"], "low");
}

#[test]
fn kinds_of_transitions_are_told_apart() {
    let boundaries = vec![
        boundary(2.0, BoundaryKind::Dissolve),
        boundary(4.0, BoundaryKind::Cut),
        boundary(6.0, BoundaryKind::Dissolve),
    ];
    let input = Input {
        shots: json(&shots_between(9.0, boundaries)),
        ..video(9.0)
    };
    let patterns = pacing(&input)["scenePacingPatterns"].clone();
    assert_eq!(patterns["transitionTypes"], json!(["cut", "dissolve"]));
    assert_eq!(
        patterns["transitionCounts"],
        json!({"cut": 1, "fade": 0, "dissolve": 2})
    );
}

#[test]
fn a_change_of_pace_is_a_shift() {
    // Five cuts in each of the first windows, then one.
    let mut cuts: Vec<f64> = (0..10).map(|index| 1.0 + f64::from(index) * 2.0).collect();
    cuts.push(25.0);
    let result = pacing(&with_shots(33.0, &cuts));
    assert_eq!(
        result["scenePacingKeyEvents"]["pacingShifts"],
        json!([{"window": "20-30s", "from": 5.0, "to": 1.0}])
    );
    assert_eq!(
        result["scenePacingPatterns"]["pacingPattern"],
        "decelerating"
    );
    let slow = &result["scenePacingDynamics"]["decelerationPoints"];
    assert_eq!(slow[0]["timestamp"], 19.0);
}

#[test]
fn rules_at_their_bounds() {
    assert_eq!(patterns::editing_style(1.4, Rhythm::Erratic), "mtv_style");
    assert_eq!(
        patterns::editing_style(3.1, Rhythm::Consistent),
        "classic_narrative"
    );
    assert_eq!(patterns::editing_style(3.0, Rhythm::Consistent), "rhythmic");
    assert_eq!(patterns::editing_style(5.0, Rhythm::Varied), "experimental");
    let classes = [9.9, 10.0, 20.0, 40.0].map(patterns::pacing_classification);
    assert_eq!(classes, ["slow", "moderate", "fast", "very_fast"]);
    let trends = [-0.31, -0.3, 0.3, 0.31].map(patterns::pacing_pattern);
    assert_eq!(trends, ["decelerating", "steady", "steady", "accelerating"]);
    assert_eq!(
        patterns::shot_distribution(&[1.9, 2.0, 4.9, 5.0]),
        [1, 2, 1]
    );
    assert_eq!(core::rhythm(0.7), Rhythm::Varied);
    assert_eq!(core::rhythm(0.4), Rhythm::Erratic);
    assert_eq!(dynamics::acceleration_score(0, 0), 0.0);
    assert_eq!(dynamics::acceleration_score(0, 3), 1.0);
    assert_eq!(dynamics::acceleration_score(4, 1), -0.75);
}

#[test]
fn a_video_cut_short_is_judged_as_far_as_it_goes() {
    let mut input = with_shots(20.0, &[2.0, 4.0, 6.0, 8.0]);
    input.completeness.complete = false;
    input.completeness.video_until = MediaTime::from_seconds(10.0);
    let result = pacing(&input);
    assert_eq!(
        result["scenePacingCoreMetrics"]["averageSceneDuration"],
        2.0
    );
    assert_eq!(result["scenePacingCoreMetrics"]["rhythmScore"], 1.0);
    assert_eq!(result["scenePacingQuality"]["dataCompleteness"], 0.25);
}

#[test]
fn nothing_measured_gives_nulls() {
    let result = pacing(&video(20.0));
    for field in [
        "totalScenes",
        "averageSceneDuration",
        "pacingScore",
        "rhythmConsistency",
    ] {
        assert_eq!(result["scenePacingCoreMetrics"][field], Value::Null);
    }
    assert_eq!(result["scenePacingQuality"]["dataCompleteness"], 0.0);
}

proptest! {
    #[test]
    fn shots_cover_the_video_and_windows_hold_every_cut(
        millis in proptest::collection::vec(0_u64..60_000, 0..200),
        length in 1_u64..60_000,
    ) {
        let end = MediaTime::from_nanos(length * 1_000_000);
        let boundaries = millis
            .iter()
            .map(|time| Boundary {
                time: MediaTime::from_nanos(time * 1_000_000),
                kind: BoundaryKind::Cut,
            })
            .collect();
        let shots = Shots::between(end, boundaries);
        prop_assert_eq!(shots.intervals.len(), shots.boundaries.len() + 1);
        prop_assert_eq!(shots.intervals.last().unwrap().end, end);
        prop_assert!(shots.intervals.windows(2).all(|pair| pair[0].end == pair[1].start));
        prop_assert!(shots.intervals.iter().all(|shot| shot.start < shot.end));
        let clock = timeline::compute::clock::Clock::new(end);
        let windows = dynamics::cuts_per_window(clock, &shots.boundaries);
        let counted: usize = windows.iter().map(|(_, cuts)| cuts).sum();
        prop_assert_eq!(counted, shots.boundaries.len());
        for (window, cuts) in &windows {
            let inside = shots.boundaries.iter().filter(|b| window.contains(b.time)).count();
            prop_assert_eq!(inside, *cuts);
        }
        if let Some(timing) = key_events::climax_timing(&windows, clock) {
            prop_assert!((0.0..=1.0).contains(&timing));
        }
        let montage: usize = key_events::montages(&shots.intervals).iter().map(|m| m.shots).sum();
        prop_assert!(montage <= shots.intervals.len());
    }
}
