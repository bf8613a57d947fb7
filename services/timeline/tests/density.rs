//! `creative_density` of series and videos whose values are known by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{json, objects, perceived::perceived, result, shots, video};
use contracts::MediaTime;
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    Input, build,
    clock::Clock,
    coverage::{SampledSeconds, Stream},
    density::{
        core, dynamics, interactions,
        key_events::{self, DeadZone},
        patterns,
        series::{Series, View},
    },
    events::{Events, Speech},
    measure::{Measured, NO_DURATION, Reason},
};

fn series(values: &[f64]) -> Series {
    known(values).unwrap()
}

fn known(values: &[f64]) -> Measured<Series> {
    Series::new(
        values.iter().copied().map(Some).collect(),
        values.len() as f64,
    )
}

#[test]
fn a_known_series() {
    let series = series(&[6.0, 4.0, 2.0, 0.0, 0.0, 0.0]);
    assert_eq!(core::total(&series), 12.0);
    assert_eq!(core::average(&series), 2.0);
    assert_eq!(core::maximum(&series), 6.0);
    assert_eq!(core::minimum(&series), 0.0);
    assert!((core::deviation(&series) - 5.333_333_333_333_333_f64.sqrt()).abs() < 1e-12);
    assert_eq!(core::timeline_coverage(&series), 0.5);
    assert_eq!(dynamics::acceleration_pattern(&series), Ok("front_loaded"));
    assert_eq!(dynamics::progression(&series), Ok("decreasing"));
    assert_eq!(dynamics::empty_seconds(&series), [3, 4, 5]);
    let zone = DeadZone {
        start: 3,
        end: 6,
        duration: 3,
    };
    assert_eq!(key_events::dead_zones(&series), [zone]);
    assert_eq!(patterns::strong_opening_hook(&series), Ok(true));
    assert_eq!(patterns::crescendo_pattern(&series), Ok(false));
    assert!(!patterns::consistent_pacing(&series));
}

#[test]
fn patterns_over_thirds() {
    let pattern = |values: &[f64]| dynamics::acceleration_pattern(&series(values)).unwrap();
    assert_eq!(pattern(&[1.0, 1.0, 5.0, 5.0]), "back_loaded");
    assert_eq!(pattern(&[2.0, 1.0, 1.0]), "front_loaded");
    // The first third is one second of four, the last one two of four.
    assert_eq!(pattern(&[1.0, 1.0, 0.0, 2.0]), "oscillating");
    assert_eq!(pattern(&[3.0, 3.0, 3.0]), "even");
    assert_eq!(pattern(&[4.0, 0.0, 4.0, 0.0, 4.0, 0.0]), "oscillating");
    assert_eq!(pattern(&[0.0, 0.0, 0.0]), "even");
    assert!(dynamics::acceleration_pattern(&series(&[1.0, 2.0])).is_err());
}

#[test]
fn progression_follows_the_least_squares_line() {
    let progression = |values: &[f64]| dynamics::progression(&series(values));
    assert_eq!(progression(&[1.0, 2.0, 3.0]), Ok("increasing"));
    assert_eq!(progression(&[2.0, 2.0, 2.0]), Ok("stable"));
    assert_eq!(progression(&[0.0, 0.0, 9.0, 9.0, 0.0, 0.0]), Ok("erratic"));
    assert!(progression(&[2.0]).is_err());
}

#[test]
fn scales_meet_at_their_bounds() {
    let classes: Vec<_> = [0.9, 1.0, 5.0, 5.1].map(patterns::classification).into();
    assert_eq!(classes, ["sparse", "moderate", "moderate", "dense"]);
    let loads: Vec<_> = [1.9, 2.0, 4.0, 4.1].map(patterns::cognitive_load).into();
    assert_eq!(loads, ["minimal", "optimal", "optimal", "challenging"]);
    let levels: Vec<_> = [0.0, 2.0, 5.0, 5.1].map(key_events::level).into();
    assert_eq!(levels, ["none", "low", "medium", "high"]);
}

#[test]
fn a_second_not_looked_at_is_neither_empty_nor_dead() {
    let values = vec![Some(0.0), None, Some(0.0), Some(2.0), Some(0.0), Some(0.0)];
    let series = Series::new(values, 5.0).unwrap();
    assert_eq!(core::average(&series), 0.4);
    assert_eq!(core::timeline_coverage(&series), 0.2);
    assert_eq!(dynamics::empty_seconds(&series), [0, 2, 4, 5]);
    let zones = key_events::dead_zones(&series);
    assert_eq!(zones.len(), 1);
    assert_eq!((zones[0].start, zones[0].end), (4, 6));
    assert!(
        key_events::shifts(&series)
            .iter()
            .all(|shift| shift.timestamp >= 3)
    );
}

#[test]
fn peaks_are_sorted_by_surprise() {
    let mut values = vec![1.0; 20];
    values[4] = 6.0;
    values[9] = 9.0;
    values[15] = 6.0;
    let seconds: Vec<usize> = key_events::peaks(&series(&values))
        .iter()
        .map(|peak| peak.0)
        .collect();
    assert_eq!(seconds, [9, 4, 15]);
}

#[test]
fn pairs_are_named_in_alphabetical_order_and_listed_by_first_occurrence() {
    let active = vec![
        Some(vec!["text", "object", "gesture"]),
        None,
        Some(vec!["text", "object"]),
        Some(vec!["object", "gesture", "expression", "transition"]),
    ];
    let pairs = interactions::cooccurrence(&active);
    let listed: Vec<(&str, u64)> = pairs.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    assert_eq!(
        &listed[..4],
        [
            ("object_text", 2),
            ("gesture_text", 1),
            ("gesture_object", 2),
            ("expression_object", 1)
        ]
    );
    assert_eq!(interactions::dominant_combination(&pairs), "object_text");
    let peaks = interactions::multi_modal_peaks(&active);
    let kinds: Vec<(&str, &str)> = peaks
        .iter()
        .map(|peak| (peak.timestamp.as_str(), peak.sync_type))
        .collect();
    assert_eq!(kinds, [("0-1s", "complementary"), ("3-4s", "reinforcing")]);
    assert!((interactions::coordination_score(&active) - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(
        interactions::dominant_combination(&interactions::cooccurrence(&vec![])),
        "none"
    );
}

#[test]
fn ties_of_kinds_are_resolved_in_their_order() {
    let name =
        |counts| View::primary(&counts).map(timeline::compute::density::series::Element::as_str);
    assert_eq!(name([1, 2, 0, 2, 0, 0]), Some("object"));
    assert_eq!(name([0, 0, 0, 0, 3, 1]), Some("sticker"));
    assert_eq!(name([0; 6]), None);
}

#[test]
fn objects_count_by_frame_not_by_sampled_frames_of_the_second() {
    // The same two persons in five frames of one second are two objects, not ten.
    let found: Vec<(f64, &str, Option<u32>)> = (0..5)
        .flat_map(|frame| {
            let time = f64::from(frame) / 5.0;
            [(time, "person", Some(1)), (time, "person", Some(2))]
        })
        .collect();
    let input = Input {
        objects: json(&objects(2.0, 5.0, &found)),
        shots: json(&shots(2.0, &[])),
        ..video(2.0)
    };
    let result = result(&input, "creative_density");
    let curve = &result["densityDynamics"]["densityCurve"];
    assert_eq!(
        curve[0],
        json!({"second": 0, "density": 2, "primaryElement": "object"})
    );
    assert_eq!(
        curve[1],
        json!({"second": 1, "density": 0, "primaryElement": "none"})
    );
    assert_eq!(result["densityCoreMetrics"]["elementCounts"]["object"], 2);
}

#[test]
fn a_burst_of_cuts_in_one_second_counts_in_full() {
    let input = Input {
        shots: json(&shots(4.0, &[1.0, 1.25, 1.5, 1.75, 2.0])),
        ..video(4.0)
    };
    let result = result(&input, "creative_density");
    let densities: Vec<&Value> = result["densityDynamics"]["densityCurve"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| &point["density"])
        .collect();
    assert_eq!(densities, [0, 4, 1, 0]);
    assert_eq!(result["densityCoreMetrics"]["sceneChangeCount"], 5);
    assert_eq!(
        result["densityCoreMetrics"]["countedElements"],
        json!(["transition"])
    );
    assert_eq!(
        result["densityCoreMetrics"]["elementCounts"]["object"],
        Value::Null
    );
}

#[test]
fn seconds_without_a_sampled_frame_are_listed_and_have_no_density() {
    // Frames at 0, 2, 4 s: seconds 1, 3 and 5 were never looked at.
    let input = Input {
        objects: json(&objects(6.0, 0.5, &[(2.0, "cup", None)])),
        ..video(6.0)
    };
    let result = result(&input, "creative_density");
    let curve = &result["densityDynamics"]["densityCurve"];
    assert_eq!(
        curve[1],
        json!({"second": 1, "density": null, "primaryElement": null})
    );
    assert_eq!(
        result["densityKeyEvents"]["unsampledSeconds"],
        json!([1, 3, 5])
    );
    assert_eq!(result["densityKeyEvents"]["deadZones"], json!([]));
    assert_eq!(result["densityDynamics"]["emptySeconds"], json!([0, 4]));
    assert_eq!(result["densityCoreMetrics"]["timelineCoverage"], 1.0 / 3.0);
    // One of six kinds, half of the seconds.
    let completeness = result["densityQuality"]["dataCompleteness"]
        .as_f64()
        .unwrap();
    assert!((completeness - 0.5 / 6.0).abs() < 1e-12);
    let reasons = &result["densityQuality"]["notMeasured"];
    assert!(reasons["densityDynamics.densityCurve[].density"].is_string());
}

#[test]
fn a_second_counts_only_if_every_measured_kind_was_looked_at() {
    let input = Input {
        objects: json(&objects(6.0, 0.5, &[])),
        shots: json(&shots(6.0, &[1.5])),
        ..video(6.0)
    };
    let result = result(&input, "creative_density");
    let unsampled = &result["densityKeyEvents"]["unsampledSeconds"];
    assert_eq!(unsampled, &json!([1, 3, 5]));
    // The cut is known all the same.
    assert_eq!(result["densityCoreMetrics"]["sceneChangeCount"], 1);
    assert_eq!(result["densityCoreMetrics"]["totalElements"], 0);
}

#[test]
fn nothing_measured_gives_nulls_and_no_confidence() {
    let result = result(&video(20.0), "creative_density");
    assert_eq!(result["densityCoreMetrics"]["avgDensity"], Value::Null);
    assert_eq!(result["densityCoreMetrics"]["totalElements"], Value::Null);
    assert_eq!(result["densityDynamics"]["densityCurve"], Value::Null);
    assert_eq!(result["densityQuality"]["overallConfidence"], Value::Null);
    assert_eq!(result["densityQuality"]["dataCompleteness"], 0.0);
    assert_eq!(
        result["densityQuality"]["notMeasured"]["densityCoreMetrics.sceneChangeCount"],
        "the shots stage left no result"
    );
}

/// The perceived video, which ends at 10.4 s and asks to follow from 8.8 s on, with another change.
fn ending(change: impl FnOnce(&mut Events)) -> Measured<bool> {
    let input = perceived();
    let limits = timeline::Limits::default();
    let mut events = build::events(&input, &build::Results::read(&input, &limits));
    change(&mut events);
    patterns::final_call_to_action(&events)
}

fn change_speech(events: &mut Events, change: impl FnOnce(&mut Speech)) {
    if let Stream::Measured { events, .. } = &mut events.speech {
        change(events);
    }
}

fn in_german(speech: &mut Speech) {
    speech.language = Some("de".into());
}

fn is_silent(events: &mut Events) {
    change_speech(events, |speech| speech.utterances.clear());
}

#[test]
fn one_call_at_the_end_is_enough() {
    assert_eq!(ending(|_| {}), Ok(true));
    assert_eq!(ending(is_silent), Ok(false));
    let unread = Reason::of("nobody read");
    // What was said is known, whatever was written.
    let without_text = |events: &mut Events| events.text = Stream::NotMeasured(unread.clone());
    assert_eq!(ending(without_text), Ok(true));
    let neither = ending(|events| {
        without_text(events);
        is_silent(events);
    });
    assert_eq!(neither, Err(unread.clone()));
}

#[test]
fn calls_are_not_looked_for_in_other_languages() {
    let found = ending(|events| change_speech(events, in_german));
    assert!(found.unwrap_err().as_str().contains("de"));
    let written = ending(|events| {
        change_speech(events, in_german);
        if let Stream::Measured { events, .. } = &mut events.text {
            // Visible until 7.75 s, while the last 15 % begin at 8.84 s.
            events[0].content = "Follow".into();
            assert_eq!(events[0].intervals.len(), 2);
            events[0].intervals[1].end = MediaTime::from_seconds(9.0);
        }
    });
    assert_eq!(written, Ok(true));
}

#[test]
fn no_call_is_known_only_if_the_whole_end_was_looked_at() {
    let found = ending(|events| {
        is_silent(events);
        if let Stream::Measured { sampled, .. } = &mut events.speech {
            *sampled = SampledSeconds::until(events.clock, MediaTime::from_seconds(9.0));
        }
    });
    assert!(found.unwrap_err().as_str().contains("not all"));
    let empty = ending(|events| events.clock = Clock::new(MediaTime::ZERO));
    assert_eq!(empty, Err(NO_DURATION));
}

proptest! {
    #[test]
    fn formulas_stay_in_their_ranges(
        values in proptest::collection::vec(proptest::option::of(0_u8..30), 1..120),
    ) {
        let values: Vec<Option<f64>> = values.into_iter().map(|v| v.map(f64::from)).collect();
        let length = values.iter().flatten().count() as f64;
        let Ok(series) = Series::new(values, length) else { return Ok(()) };
        let (low, high) = (core::minimum(&series), core::maximum(&series));
        let average = core::average(&series);
        prop_assert!(low <= average + 1e-9 && average <= high + 1e-9);
        prop_assert!((0.0..=1.0).contains(&core::timeline_coverage(&series)));
        prop_assert!(dynamics::volatility(&series).is_finite());
        let empty = dynamics::empty_seconds(&series).len();
        prop_assert_eq!(empty + core::active_seconds(&series), series.known().len());
        let dead: usize = key_events::dead_zones(&series).iter().map(|zone| zone.duration).sum();
        prop_assert!(dead <= empty);
        for shift in key_events::shifts(&series) {
            prop_assert!(shift.magnitude > 0.5 && shift.magnitude < 1.0);
        }
        for (_, density, surprise) in key_events::peaks(&series) {
            prop_assert!(density > average && surprise > 0.0);
        }
    }
}
