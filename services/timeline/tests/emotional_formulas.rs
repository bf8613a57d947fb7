//! The formulas of `emotional_journey`, one by one.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::{
    MediaTime, TimeSpan,
    emotion::{EmotionLabel, EmotionScores},
};
use proptest::prelude::*;
use timeline::compute::{
    clock::Clock,
    emotional::{self, Journey, core, dynamics, interactions, key_events, patterns, quality},
    events::{EnergyWindow, ExpressionSeen, Expressions, Sighting},
    measure::NO_DURATION,
    numbers,
    sentiment::{Sentiment, Tally},
};

use EmotionLabel::{Anger, Joy, Neutral, Sadness, Surprise};

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

fn seen(seconds: f64, label: EmotionLabel, intensity: f64, valence: f64) -> ExpressionSeen {
    ExpressionSeen {
        time: at(seconds),
        label,
        confidence: 0.8,
        scores: EmotionScores::default(),
        valence,
        intensity,
    }
}

/// A video of which one frame per second was looked at.
fn journey(seconds: u32, seen: Vec<ExpressionSeen>) -> Journey {
    let expressions = Expressions {
        frames: (0..seconds).map(|second| at(f64::from(second))).collect(),
        seen,
        stretches: Vec::new(),
    };
    Journey::of(Clock::new(at(f64::from(seconds))), &expressions).unwrap()
}

/// Labels of which one is seen per second, all alike in everything else.
fn labelled(seconds: u32, labels: &[EmotionLabel]) -> Journey {
    let one = |(second, label): (u32, &EmotionLabel)| seen(f64::from(second), *label, 0.5, 0.0);
    journey(seconds, (0..).zip(labels).map(one).collect())
}

#[test]
fn sentiment_counts_whole_words_and_emoji() {
    let tally = |text| {
        let tally = Tally::of(text);
        (tally.positive, tally.negative, tally.sentiment())
    };
    assert_eq!(tally(""), (0, 0, Sentiment::Neutral));
    assert_eq!(tally("likely notable"), (0, 0, Sentiment::Neutral));
    assert_eq!(
        tally("LOVE it, #love \u{2764}\u{fe0f}"),
        (3, 0, Sentiment::Positive)
    );
    assert_eq!(
        tally("I don\u{2019}t 'hate' it"),
        (0, 2, Sentiment::Negative)
    );
    assert_eq!(tally("good good bad"), (2, 1, Sentiment::Positive));
    assert_eq!(tally("good good good bad bad"), (3, 2, Sentiment::Neutral));
}

#[test]
fn changes_need_neighbours() {
    // Four and a half seconds without a face are a gap; two are not.
    let split = journey(
        10,
        vec![
            seen(0.0, Joy, 0.5, 1.0),
            seen(2.0, Anger, 0.5, -0.8),
            seen(6.5, Joy, 0.5, 1.0),
        ],
    );
    assert_eq!(split.changes().len(), 1);
    assert_eq!(split.labels(), 2);
    let contrasts = interactions::contrasts(&split);
    assert_eq!(contrasts.len(), 1);
    assert_eq!(contrasts[0].timestamp, "0-2s");
    assert_eq!(
        (contrasts[0].from_emotion, contrasts[0].to_emotion),
        (Joy, Anger)
    );
    let softened = labelled(10, &[Joy, Neutral, Anger]);
    assert_eq!(interactions::contrasts(&softened), []);
    assert_eq!(key_events::transitions(&softened)[1].timestamp, "1s");
}

#[test]
fn no_length_or_no_frame_is_no_journey() {
    let none = Expressions::default();
    assert_eq!(
        Journey::of(Clock::new(MediaTime::ZERO), &none),
        Err(NO_DURATION)
    );
    assert_eq!(
        Journey::of(Clock::new(at(3.0)), &none)
            .unwrap_err()
            .as_str(),
        "no frame was looked at for expressions"
    );
}

#[test]
fn ties_go_to_confidence_then_to_the_first() {
    let of = |labels: &[(EmotionLabel, f64)]| {
        let all: Vec<ExpressionSeen> = labels
            .iter()
            .map(|(label, confidence)| ExpressionSeen {
                confidence: *confidence,
                ..seen(0.0, *label, 0.5, 0.0)
            })
            .collect();
        emotional::most_frequent(&all)
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[(Anger, 0.5), (Joy, 0.5)]), Some(Anger));
    assert_eq!(of(&[(Anger, 0.5), (Joy, 0.6)]), Some(Joy));
    assert_eq!(of(&[(Anger, 0.9), (Joy, 0.2), (Joy, 0.2)]), Some(Joy));
}

#[test]
fn peaks_are_the_strongest_of_their_stretch() {
    // Mean intensity 0.4, so 0.48 is the least.
    let video = journey(
        20,
        vec![
            seen(0.0, Neutral, 0.1, 0.0),
            seen(1.0, Joy, 0.5, 0.5),
            seen(2.0, Joy, 0.7, 0.7),
            seen(3.0, Joy, 0.7, 0.7),
            seen(4.0, Joy, 0.2, 0.2),
            seen(5.0, Neutral, 0.5, 0.0),
            seen(12.0, Anger, 0.9, -0.9),
            seen(13.0, Sadness, 0.1, 0.0),
            seen(14.0, Neutral, 0.1, 0.0),
            seen(19.0, Neutral, 0.2, 0.0),
        ],
    );
    let peaks = dynamics::peaks(&video);
    let times: Vec<&str> = peaks.iter().map(|peak| peak.timestamp.as_str()).collect();
    assert_eq!(times, ["2s", "12s"]);
    let strongest = key_events::strongest(peaks.clone());
    assert_eq!(strongest[0].emotion, Anger);
    assert_eq!(strongest[1].intensity, 0.7);
    assert_eq!(key_events::climax(&video), Some(at(12.0)));
    let hooks = patterns::hooks(peaks);
    assert_eq!(hooks.len(), 1);
    assert_eq!(hooks[0].time, 2.0);
    let blank = labelled(5, &[Neutral, Neutral]);
    assert_eq!(key_events::climax(&blank), None);
}

#[test]
fn a_resolution_is_a_late_return() {
    let of = |labels: &[EmotionLabel]| key_events::resolution(&labelled(10, labels));
    let mut labels = [Anger; 10];
    assert_eq!(of(&labels), None);
    labels[8] = Neutral;
    labels[9] = Neutral;
    assert_eq!(of(&labels), Some(at(8.0)));
    labels[9] = Surprise;
    assert_eq!(of(&labels), Some(at(9.0)));
    let mut early = [Anger; 10];
    early[7..].fill(Joy);
    assert_eq!(of(&early), None, "a change at 7 s of 10");
    assert_eq!(
        of(&[Joy, Joy, Joy, Joy, Joy, Joy, Joy, Joy, Joy, Anger]),
        None
    );
}

#[test]
fn arcs_techniques_and_strategies() {
    assert_eq!(dynamics::arc((4, 10), 2, Some(1.0)), "dynamic");
    assert_eq!(dynamics::arc((3, 10), 2, Some(0.3)), "rising");
    assert_eq!(dynamics::arc((3, 10), 2, Some(-0.3)), "falling");
    assert_eq!(dynamics::arc((3, 10), 2, Some(0.2)), "evolving");
    assert_eq!(dynamics::arc((0, 10), 1, None), "stable");
    assert_eq!(patterns::strategy((5, 10), 2), "dynamic_pacing");
    assert_eq!(patterns::strategy((4, 10), 2), "gradual_build");
    assert_eq!(patterns::strategy((0, 10), 1), "steady_state");
    assert_eq!(
        patterns::techniques(3, 3, Some(0.6)),
        ["emotional_variety", "gesture_reinforcement"]
    );
    assert_eq!(patterns::techniques(1, 0, Some(0.5)), ["steady_state"]);
    let archetype = |labels: &[EmotionLabel]| patterns::archetype(&labelled(10, labels));
    assert_eq!(archetype(&[Joy, Joy]), "steady_state");
    assert_eq!(archetype(&[Neutral, Joy]), "positive_journey");
    assert_eq!(archetype(&[Neutral, Anger]), "discovery");
    assert_eq!(
        archetype(&[Neutral, Anger, Joy, Sadness]),
        "complex_journey"
    );
}

#[test]
fn valence_of_the_last_third_against_the_first() {
    let rising = journey(
        9,
        vec![
            seen(0.0, Sadness, 0.5, -0.5),
            seen(2.0, Sadness, 0.5, -0.1),
            seen(4.0, Joy, 0.5, 0.9),
            seen(6.0, Joy, 0.5, 0.4),
        ],
    );
    let change = dynamics::valence_change(&rising).unwrap();
    assert!((change - 0.7).abs() < 1e-12);
    assert_eq!(dynamics::valence_change(&labelled(9, &[Joy])), None);
}

#[test]
fn gestures_and_sound_near_expressions() {
    let gesture = |start, end| Sighting {
        span: TimeSpan::new(at(start), at(end)),
        label: "thumbs_up".into(),
        confidence: 0.8,
    };
    let all = [0.0, 2.0, 4.0, 6.0].map(|time| seen(time, Joy, 0.5, time / 10.0));
    assert_eq!(core::gesture_alignment(&all, &[gesture(3.0, 3.0)]), 0.5);
    assert_eq!(core::gesture_alignment(&all, &[gesture(0.5, 6.5)]), 1.0);
    assert_eq!(core::gesture_alignment(&all, &[]), 0.0);
    let window = |start, level| EnergyWindow {
        span: TimeSpan::new(at(start), at(start + 2.0)),
        level,
    };
    let energy = |levels: [f64; 3]| {
        let [first, second, third] = levels;
        [window(0.0, first), window(2.0, second), window(4.0, third)]
    };
    // The last expression lies in no window.
    let rising = core::audio_alignment(&all, &energy([0.1, 0.2, 0.3])).unwrap();
    assert!((rising - 1.0).abs() < 1e-12);
    let falling = core::audio_alignment(&all, &energy([0.3, 0.2, 0.1])).unwrap();
    assert!((falling + 1.0).abs() < 1e-12);
    assert_eq!(core::audio_alignment(&all, &energy([0.2; 3])), None);
    assert_eq!(
        core::audio_alignment(&all[..1], &energy([0.1, 0.2, 0.3])),
        None
    );
}

#[test]
fn coverage_and_completeness_are_shares() {
    let clock = |seconds| Clock::new(at(seconds));
    let many: Vec<ExpressionSeen> = (0..50)
        .map(|index| seen(f64::from(index) / 10.0, Joy, 0.5, 0.0))
        .collect();
    assert_eq!(quality::timeline_coverage(&many, clock(10.0)), 0.5);
    assert_eq!(quality::data_completeness(1, clock(19.0)), 1.0);
    assert_eq!(quality::data_completeness(1, clock(40.0)), 0.25);
    assert_eq!(quality::reliability(1, 0.25), "medium");
}

proptest! {
    #[test]
    fn numbers_stay_in_their_ranges(
        values in prop::collection::vec((0.0f64..30.0, 0usize..7, 0.0f64..=1.0, -1.0f64..=1.0), 0..60),
        levels in prop::collection::vec(0.0f64..=1.0, 6),
    ) {
        let mut all: Vec<ExpressionSeen> = values
            .into_iter()
            .map(|(time, label, intensity, valence)| {
                seen(time, EmotionLabel::ALL[label], intensity, valence)
            })
            .collect();
        all.sort_by_key(|one| one.time);
        let energy: Vec<EnergyWindow> = (0..)
            .zip(&levels)
            .map(|(index, level)| EnergyWindow {
                span: TimeSpan::new(at(f64::from(index) * 5.0), at(f64::from(index) * 5.0 + 5.0)),
                level: *level,
            })
            .collect();
        let within = |value: Option<f64>, low: f64, high: f64| {
            value.is_none_or(|value| (low..=high).contains(&value))
        };
        prop_assert!(within(core::audio_alignment(&all, &energy), -1.0, 1.0));
        prop_assert!(within(core::intensity(&all), 0.0, 1.0));
        prop_assert!(within(core::diversity(journey(30, all.clone()).labels()), 0.0, 1.0));
        let journey = journey(30, all.clone());
        let changes = journey.changes().len();
        prop_assert!(within(dynamics::smoothness(changes, all.len()), 0.0, 1.0));
        prop_assert!(within(dynamics::valence_change(&journey), -2.0, 2.0));
        prop_assert!(within(Some(quality::timeline_coverage(&all, journey.clock())), 0.0, 1.0));
        prop_assert!(within(Some(quality::data_completeness(all.len(), journey.clock())), 0.0, 1.0));
        prop_assert!(within(
            interactions::caption_alignment(&all, Sentiment::Negative), 0.0, 1.0
        ));
        let progression = dynamics::progression(&journey);
        prop_assert_eq!(progression.len(), 10);
        prop_assert!(progression.iter().all(|one| within(one.intensity, 0.0, 1.0)));
        let peaks = dynamics::peaks(&journey);
        prop_assert!(peaks.windows(2).all(|two| two[0].time <= two[1].time));
    }

    #[test]
    fn parts_cover_the_video(nanos in 1u64..30_000_000_000) {
        let clock = Clock::new(MediaTime::from_nanos(nanos));
        let parts = dynamics::parts(clock);
        prop_assert_eq!(parts[0].start, MediaTime::ZERO);
        prop_assert_eq!(parts[parts.len() - 1].end, clock.duration());
        prop_assert!(parts.windows(2).all(|two| two[0].end == two[1].start));
        prop_assert!(parts.len() <= 10);
        prop_assert!(parts.len() == 1 || parts[0].duration().as_secs_f64() >= 1.0);
    }

    #[test]
    fn correlation_is_within_one(points in prop::collection::vec((-9.0f64..9.0, -9.0f64..9.0), 0..20)) {
        let value = numbers::correlation(&points);
        prop_assert!(value.is_none_or(|value| (-1.0..=1.0).contains(&value)));
    }
}
