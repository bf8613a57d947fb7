//! `visual_overlay_analysis` of overlays whose values are known by hand.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod common;

use common::{
    failure,
    perceived::{self, perceived},
    result, video,
};
use contracts::{MediaTime, StageName, TimeSpan, manifest::FailureClass, text::TextOnScreen};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    Input,
    clock::Clock,
    coverage::{SampledSeconds, Stream},
    events::Overlay,
    measure::Reason,
    overlay::{
        Overlays, core, dynamics,
        interactions::{self, Occasions},
        key_events, patterns, quality,
    },
};

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(at(start), at(end))
}

fn overlay(content: &str, intervals: &[(f64, f64)]) -> Overlay {
    Overlay {
        intervals: intervals
            .iter()
            .map(|(start, end)| span(*start, *end))
            .collect(),
        content: content.into(),
        confidence: 0.9,
        role: None,
        position: None,
        cta_keywords: Vec::new(),
    }
}

fn found(clock: Clock, overlays: &[Overlay]) -> Stream<Vec<Overlay>> {
    Stream::Measured {
        events: overlays.to_vec(),
        sampled: SampledSeconds::all(clock),
    }
}

fn overlays(seconds: f64, texts: &[Overlay], stickers: &[Overlay]) -> Overlays {
    let clock = Clock::new(at(seconds));
    Overlays::of(clock, &found(clock, texts), &found(clock, stickers)).unwrap()
}

fn analysed(input: &Input) -> Value {
    result(input, "visual_overlay_analysis")
}

fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

/// The input with another result of reading texts.
fn with_text(change: impl FnOnce(&mut Value)) -> Input {
    let mut text = perceived::text();
    change(&mut text);
    let typed: TextOnScreen = serde_json::from_value(text).unwrap();
    Input {
        text: common::json(&typed),
        ..perceived()
    }
}

#[test]
fn a_title_that_returns_and_a_sticker() {
    let result = analysed(&perceived());
    let core = &result["visualOverlayCoreMetrics"];
    // The number of the bus was filmed.
    assert_eq!(core["totalOverlays"], 2);
    assert_eq!(core["totalTextOverlays"], 1);
    assert_eq!(core["totalStickers"], 1);
    assert_eq!(core["uniqueOverlayCount"], 1);
    close(&core["overlayDensity"], 2.0 / 10.4);
    close(&core["overlayFrequency"], 120.0 / 10.4);
    close(&core["uniqueOverlayRatio"], 1.0);
    close(&core["timeToFirstOverlay"], 0.0);
    close(&core["avgOverlayDuration"], 2.125);
    close(&core["confidence"], 0.68);
    let dynamics = &result["visualOverlayDynamics"];
    let counts: Vec<u64> = dynamics["overlayProgression"]
        .as_array()
        .unwrap()
        .iter()
        .map(|window| window["overlayCount"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [1, 1, 1, 1, 0, 0, 1, 1, 0, 0]);
    assert_eq!(dynamics["overlayProgression"][1]["timestamp"], "1-3s");
    close(&dynamics["overlayProgression"][1]["start"], 1.04);
    close(&dynamics["overlayProgression"][1]["density"], 1.0 / 1.04);
    close(
        &dynamics["rhythmConsistency"],
        1.0 - 1.75 / 2_f64.sqrt() / 3.125,
    );
    assert_eq!(dynamics["overlayAcceleration"], "decelerating");
    assert_eq!(dynamics["temporalDistribution"], "front_loaded");
    assert_eq!(dynamics["burstPatterns"], 0);
    let interactions = &result["visualOverlayInteractions"];
    assert_eq!(interactions["overlaySpeechAlignment"], 1.0);
    assert_eq!(interactions["overlayGestureSync"], 1.0);
    assert_eq!(interactions["crossModalCoherence"], 1.0);
    assert_eq!(interactions["multimodalReinforcementCount"], 1);
    assert_eq!(
        interactions["multimodalMoments"],
        json!([{
            "timestamp": "0s", "start": 0.0, "textContent": "3 THINGS",
            "hasSpeech": true, "hasGesture": true,
        }])
    );
    let events = &result["visualOverlayKeyEvents"];
    assert_eq!(events["overlayPeaks"].as_array().unwrap().len(), 6);
    assert_eq!(events["climaxMoment"], "0-2s");
    assert_eq!(
        events["quietMoments"],
        json!(["4-6s", "5-7s", "8-10s", "9-11s"])
    );
    assert_eq!(events["ctaMoments"], json!([]));
    let patterns = &result["visualOverlayPatterns"];
    assert_eq!(patterns["overlayStrategy"], "minimal");
    assert_eq!(
        patterns["overlayTechniques"],
        json!(["dynamic_pacing", "multimodal_reinforcement"])
    );
    assert_eq!(patterns["engagementArchetype"], "informational");
    assert_eq!(patterns["pacingPattern"], "decelerating");
    let quality = &result["visualOverlayQuality"];
    close(&quality["detectionConfidence"], 0.96);
    assert_eq!(quality["dataCompleteness"], 1.0);
    assert_eq!(quality["analysisReliability"], "medium");
    assert_eq!(quality["missingDataPoints"], json!([]));
    close(&quality["timelineCoverage"], 2.75 / 10.4);
    assert_eq!(quality["notMeasured"], json!({}));
}

#[test]
fn nothing_laid_over_the_picture() {
    let result = analysed(&with_text(|text| {
        text["tracks"] = json!([]);
        text["textAnnotations"] = json!([]);
        text["stickers"] = json!([]);
    }));
    assert!(!result.to_string().contains("-0.0"));
    let core = &result["visualOverlayCoreMetrics"];
    for field in [
        "totalOverlays",
        "totalTextOverlays",
        "totalStickers",
        "uniqueOverlayCount",
    ] {
        assert_eq!(core[field], 0, "{field}");
    }
    assert_eq!(core["overlayDensity"], 0.0);
    let reasons = &result["visualOverlayQuality"]["notMeasured"];
    for path in [
        "visualOverlayCoreMetrics.timeToFirstOverlay",
        "visualOverlayCoreMetrics.avgOverlayDuration",
        "visualOverlayCoreMetrics.confidence",
        "visualOverlayDynamics.rhythmConsistency",
        "visualOverlayDynamics.temporalDistribution",
        "visualOverlayKeyEvents.climaxMoment",
        "visualOverlayPatterns.overlayStrategy",
        "visualOverlayQuality.overallConfidence",
    ] {
        assert_eq!(reasons[path], "nothing is laid over the picture", "{path}");
    }
    for path in [
        "visualOverlayCoreMetrics.uniqueOverlayRatio",
        "visualOverlayInteractions.overlaySpeechAlignment",
        "visualOverlayInteractions.crossModalCoherence",
        "visualOverlayPatterns.contentFocus",
    ] {
        assert_eq!(reasons[path], "no text is laid over the picture", "{path}");
    }
    let quality = &result["visualOverlayQuality"];
    assert_eq!(quality["analysisReliability"], "low");
    assert_eq!(
        quality["missingDataPoints"],
        json!(["no_overlays_detected"])
    );
    assert_eq!(quality["timelineCoverage"], 0.0);
    let quiet = &result["visualOverlayKeyEvents"]["quietMoments"];
    assert_eq!(quiet.as_array().unwrap().len(), 10);
    assert_eq!(
        result["visualOverlayPatterns"]["overlayTechniques"],
        json!([])
    );
}

#[test]
fn texts_that_were_not_looked_for_are_not_zero() {
    let input = Input {
        text: None,
        failures: vec![failure(
            StageName::Ocr,
            FailureClass::Exhausted,
            "model file is missing",
        )],
        ..perceived()
    };
    let result = analysed(&input);
    let quality = &result["visualOverlayQuality"];
    for path in [
        "visualOverlayCoreMetrics.totalOverlays",
        "visualOverlayCoreMetrics.totalStickers",
        "visualOverlayKeyEvents.quietMoments",
        "visualOverlayQuality.analysisReliability",
    ] {
        let (block, field) = path.split_once('.').unwrap();
        assert_eq!(result[block][field], Value::Null, "{path}");
        assert_eq!(
            quality["notMeasured"][path],
            "the ocr stage failed: model file is missing"
        );
    }
    assert_eq!(quality["dataCompleteness"], 0.0);
    assert_eq!(
        quality["missingDataPoints"],
        json!(["text_not_measured", "stickers_not_measured"])
    );
}

#[test]
fn stickers_that_were_not_looked_for_leave_the_texts() {
    let result = analysed(&with_text(|text| {
        text["stickers"] = json!([]);
        text["metadata"]["stickers"] = json!({"measured": false, "reason": "too few frames"});
    }));
    let core = &result["visualOverlayCoreMetrics"];
    assert_eq!(core["totalOverlays"], 1);
    assert_eq!(core["totalStickers"], Value::Null);
    close(&core["confidence"], 0.48);
    let quality = &result["visualOverlayQuality"];
    assert_eq!(
        quality["missingDataPoints"],
        json!(["stickers_not_measured"])
    );
    assert_eq!(
        quality["notMeasured"]["visualOverlayCoreMetrics.totalStickers"],
        "too few frames"
    );
}

#[test]
fn company_that_was_not_looked_for_is_unknown() {
    let input = Input {
        people: None,
        ..perceived()
    };
    let result = analysed(&input);
    let interactions = &result["visualOverlayInteractions"];
    assert_eq!(interactions["overlayGestureSync"], Value::Null);
    assert_eq!(interactions["crossModalCoherence"], 1.0);
    assert_eq!(
        interactions["multimodalMoments"][0]["hasGesture"],
        Value::Null
    );
    let neither = Input {
        speech: None,
        ..input
    };
    let interactions = &analysed(&neither)["visualOverlayInteractions"];
    assert_eq!(interactions["multimodalMoments"], Value::Null);
    assert_eq!(interactions["multimodalReinforcementCount"], Value::Null);
    assert_eq!(interactions["crossModalCoherence"], Value::Null);
}

#[test]
fn a_video_without_duration_has_no_overlays() {
    let result = analysed(&video(0.0));
    assert_eq!(
        result["visualOverlayQuality"]["notMeasured"]["visualOverlayCoreMetrics.totalOverlays"],
        "the video has no duration"
    );
}

#[test]
fn overlays_count_as_far_as_frames_were_looked_at() {
    let clock = Clock::new(at(20.0));
    let until = |seconds| Stream::Measured {
        events: vec![
            overlay("a", &[(1.0, 3.0), (9.0, 12.0)]),
            overlay("b", &[(15.0, 16.0)]),
        ],
        sampled: SampledSeconds::until(clock, at(seconds)),
    };
    let unmeasured = Stream::NotMeasured(Reason::from("switched off"));
    let cut = Overlays::of(clock, &until(10.0), &unmeasured).unwrap();
    assert_eq!(cut.duration(), 10.0);
    assert_eq!(cut.count(), 1);
    assert_eq!(cut.starts(), [1.0, 9.0]);
    assert_eq!(core::average_seconds(cut.all()), Some(3.0));
    let stickers = Overlays::of(clock, &unmeasured, &until(10.0)).unwrap();
    assert_eq!((stickers.duration(), stickers.count()), (10.0, 1));
    let none = Overlays::of(clock, &until(0.0), &unmeasured).unwrap_err();
    assert_eq!(none.as_str(), "no second was looked at");
    let neither = Overlays::of(clock, &unmeasured, &unmeasured).unwrap_err();
    assert_eq!(neither.as_str(), "switched off");
}

#[test]
fn different_texts_differ_in_more_than_case_and_space() {
    let texts = [
        overlay(" Sale ", &[(0.0, 1.0)]),
        overlay("SALE", &[(2.0, 3.0)]),
        overlay("  ", &[(4.0, 5.0)]),
    ];
    let overlays = overlays(10.0, &texts, &[]);
    assert_eq!(overlays.distinct_texts(), 1);
    assert_eq!(core::unique_ratio(&overlays), Some(1.0 / 3.0));
    assert_eq!(quality::timeline_coverage(&overlays), 0.2);
}

#[test]
fn rhythm_of_even_and_uneven_gaps() {
    assert_eq!(dynamics::rhythm(&[0.0, 2.0, 4.0, 6.0]), Some(1.0));
    assert_eq!(dynamics::rhythm(&[0.0, 0.0, 0.0, 9.0]), Some(0.0));
    assert_eq!(dynamics::rhythm(&[1.0, 1.0, 1.0]), None);
    assert_eq!(dynamics::rhythm(&[0.0, 2.0]), None);
    assert_eq!(dynamics::rhythm(&[]), None);
}

#[test]
fn windows_are_ten_even_in_a_short_video() {
    let overlays = overlays(0.5, &[overlay("a", &[(0.1, 0.2)])], &[]);
    let counts: Vec<usize> = dynamics::progression(&overlays)
        .iter()
        .map(|window| window.overlay_count)
        .collect();
    assert_eq!(counts, [0, 0, 1, 1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn halves_and_thirds() {
    assert_eq!(dynamics::acceleration(&[1, 1, 1, 2]), "accelerating");
    assert_eq!(dynamics::acceleration(&[2, 2, 1, 1]), "decelerating");
    assert_eq!(dynamics::acceleration(&[10, 13]), "stable");
    assert_eq!(dynamics::acceleration(&[0, 1]), "accelerating");
    assert_eq!(
        dynamics::distribution(&[0.0, 1.0, 8.0], 9.0),
        Some("front_loaded")
    );
    assert_eq!(
        dynamics::distribution(&[3.0, 5.9], 9.0),
        Some("middle_loaded")
    );
    assert_eq!(dynamics::distribution(&[9.0], 9.0), Some("back_loaded"));
    assert_eq!(dynamics::distribution(&[0.0, 8.0], 9.0), Some("balanced"));
    assert_eq!(dynamics::distribution(&[], 9.0), None);
}

#[test]
fn runs_begin_within_two_seconds() {
    let runs = dynamics::runs(&[0.0, 3.0, 4.0, 4.9, 5.0, 6.0, 9.0]);
    let found: Vec<_> = runs
        .iter()
        .map(|run| (run.start, run.end, run.appearances))
        .collect();
    assert_eq!(found, [(3.0, 4.9, 3)]);
    assert!(dynamics::runs(&[0.0, 1.0, 2.0]).is_empty());
    assert!(dynamics::runs(&[]).is_empty());
}

#[test]
fn texts_and_long_speech_overlap_wherever_they_meet() {
    let clock = Clock::new(at(20.0));
    let sampled = SampledSeconds::until(clock, at(10.0));
    let spans = [span(0.0, 8.0)];
    let speech = Occasions {
        spans: &spans,
        sampled: &sampled,
    };
    let texts = [
        overlay("b", &[(9.0, 9.5)]),
        overlay("a", &[(6.0, 7.0)]),
        overlay("c", &[(15.0, 16.0)]),
        overlay(" ", &[(1.0, 2.0)]),
    ];
    assert_eq!(interactions::share_with(&texts, &speech), Some(0.5));
    assert_eq!(interactions::share_with(&texts[2..], &speech), None);
    let moments = interactions::moments(&texts, Some(&speech), None);
    assert_eq!(moments.len(), 1);
    assert_eq!(
        (moments[0].timestamp.as_str(), moments[0].has_gesture),
        ("6s", None)
    );
}

#[test]
fn calls_are_whole_words() {
    let mut tapped = overlay("\u{70b9}\u{51fb}", &[(9.0, 10.0)]);
    tapped.cta_keywords = vec!["\u{70b9}\u{51fb}".into()];
    let texts = [
        overlay("better together", &[(0.0, 1.0)]),
        tapped,
        overlay("Get yours, SHOP now", &[(4.5, 6.0)]),
    ];
    let calls: Vec<_> = key_events::calls(&texts)
        .into_iter()
        .map(|call| (call.timestamp, call.cta_type))
        .collect();
    assert_eq!(
        calls,
        [
            ("4s".into(), "shop".into()),
            ("9s".into(), "\u{70b9}\u{51fb}".to_owned())
        ]
    );
}

#[test]
fn names_change_at_their_thresholds() {
    let strategies = [1.1, 1.0, 0.5].map(patterns::strategy);
    assert_eq!(strategies, ["heavy", "moderate", "minimal"]);
    assert_eq!(patterns::archetype(3, 0.0), "conversion_focused");
    assert_eq!(patterns::archetype(2, 0.9), "attention_grabbing");
    assert_eq!(patterns::archetype(2, 0.8), "informational");
    assert_eq!(patterns::content_focus(2), "product_focused");
    assert_eq!(patterns::content_focus(1), "informational");
    assert_eq!(quality::reliability_of(5, Some(0.7)), "high");
    assert_eq!(quality::reliability_of(5, Some(0.5)), "medium");
    assert_eq!(quality::reliability_of(5, Some(0.3)), "low");
    assert_eq!(quality::reliability_of(0, Some(0.9)), "low");
    assert_eq!(quality::reliability_of(5, None), "low");
}

proptest! {
    #[test]
    fn shares_stay_shares_and_nothing_is_lost(
        seconds in 1_u32..40,
        texts in prop::collection::vec((0.0_f64..40.0, 0.0_f64..10.0, "[ a-c]{0,2}"), 0..12),
    ) {
        let duration = f64::from(seconds);
        let texts: Vec<Overlay> = texts
            .iter()
            .map(|(start, length, content)| overlay(content, &[(*start, start + length)]))
            .collect();
        let inside = texts.iter().filter(|one| one.intervals[0].start < at(duration)).count();
        let overlays = overlays(duration, &texts, &[]);
        prop_assert_eq!(overlays.count(), inside);
        prop_assert!((0.0..=1.0).contains(&quality::timeline_coverage(&overlays)));
        prop_assert!(core::unique_ratio(&overlays).is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
        prop_assert!(core::average_seconds(overlays.all()).is_none_or(|mean| (0.0..=duration).contains(&mean)));
        let starts = overlays.starts();
        prop_assert!(dynamics::rhythm(&starts).is_none_or(|rhythm| (0.0..=1.0).contains(&rhythm)));
        let windows = dynamics::progression(&overlays);
        prop_assert_eq!(windows.len(), 10);
        let shown: usize = windows.iter().map(|window| window.overlay_count).sum();
        prop_assert!(shown >= inside);
        for peak in key_events::peaks(&windows) {
            prop_assert!(peak.intensity > 0.0 && peak.intensity <= 1.0);
        }
        let runs: usize = dynamics::runs(&starts).iter().map(|run| run.appearances).sum();
        prop_assert!(runs <= starts.len());
    }
}
