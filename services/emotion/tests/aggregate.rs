//! Figures about a video, smoothing and valence, on made readings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    MediaTime, Sha256,
    emotion::{EmotionLabel, EmotionScores, EmotionSecond, FrameState, VideoType},
    manifest::ModelStamp,
};
use emotion::{
    Config,
    compute::{
        Frame, Reading, Scene, Seen, aggregate, emotions,
        scores::{Smoother, intensity, most_probable, normalised, valence},
    },
};
use proptest::prelude::*;
use serde_json::Value;
use std::time::Duration;

const NO_FACE_SHARE: f64 = 0.8;

fn label(value: &Value) -> EmotionLabel {
    serde_json::from_value(value.clone()).unwrap()
}

/// Readings half a second apart, as recorded; `None` where there is no face.
fn recorded(detections: &[Value]) -> Vec<Seen> {
    let all = detections.iter().enumerate();
    all.filter(|(_, one)| one.get("emotion").is_some())
        .map(|(at, one)| Seen {
            time: MediaTime::from_seconds(at as f64 * 0.5),
            emotion: label(&one["emotion"]),
            confidence: one["confidence"].as_f64().unwrap(),
        })
        .collect()
}

/// Agrees with the recorded aggregation, except for three definitions: without frames the kind of
/// a video is unknown and nothing is zero, and the rate of detection is never set to zero.
#[test]
fn figures_agree_with_recorded_ones() {
    let Some(folder) = testkit::oracle_dir() else {
        return;
    };
    let text = std::fs::read(folder.join("extras/feat_aggregate.json")).unwrap();
    let cases: serde_json::Map<String, Value> = serde_json::from_slice(&text).unwrap();
    let mut compared = 0;
    for (name, case) in &cases {
        let Some(detections) = case.get("detections").and_then(Value::as_array) else {
            continue;
        };
        let found = aggregate(&recorded(detections), detections.len(), NO_FACE_SHARE);
        let (result, metrics) = (&case["result"], &case["result"]["metrics"]);
        if detections.is_empty() {
            assert_eq!(found.stats.video_type, VideoType::Unknown);
            assert_eq!(found.metrics.avg_confidence, None);
            continue;
        }
        let same = |ours: Value, theirs: &Value, what: &str| {
            let close = match (ours.as_f64(), theirs.as_f64()) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-6,
                _ => ours == *theirs,
            };
            assert!(close, "{name}: {what}: {ours} and {theirs}");
        };
        let json = |value: &dyn erased::Json| value.json();
        same(json(&found.stats), &result["processing_stats"], "stats");
        same(
            json(&found.dominant),
            &result["dominant_emotion"],
            "dominant",
        );
        same(
            json(&found.transitions),
            &result["emotion_transitions"],
            "transitions",
        );
        for key in [
            "unique_emotions",
            "transition_count",
            "avg_confidence",
            "emotion_diversity",
        ] {
            same(json(&found.metrics)[key].clone(), &metrics[key], key);
        }
        same(
            json(&found.metrics)["video_type"].clone(),
            &metrics["video_type"],
            "video_type",
        );
        let suitable = &metrics["suitable_for_emotion_analysis"];
        same(
            found.metrics.suitable_for_emotion_analysis.into(),
            suitable,
            "suitable",
        );
        if found.metrics.suitable_for_emotion_analysis {
            same(
                json(&found.metrics)["detection_rate"].clone(),
                &metrics["detection_rate"],
                "rate",
            );
        }
        compared += 1;
    }
    assert!(compared >= 5, "{compared}");
}

mod erased {
    /// Anything as JSON, so that one closure takes all.
    pub trait Json {
        fn json(&self) -> serde_json::Value;
    }
    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> serde_json::Value {
            serde_json::to_value(self).unwrap()
        }
    }
}

fn seen(labels: &[(EmotionLabel, f64)]) -> Vec<Seen> {
    let all = labels.iter().enumerate();
    all.map(|(at, (emotion, confidence))| Seen {
        time: MediaTime::from_seconds(at as f64),
        emotion: *emotion,
        confidence: *confidence,
    })
    .collect()
}

#[test]
fn of_equally_frequent_labels_the_surer_dominates_then_the_earlier() {
    use EmotionLabel::{Joy, Sadness};
    let surer = seen(&[(Joy, 0.5), (Sadness, 0.9), (Joy, 0.6), (Sadness, 0.4)]);
    assert_eq!(aggregate(&surer, 4, NO_FACE_SHARE).dominant, Some(Sadness));
    let earlier = seen(&[(Joy, 0.5), (Sadness, 0.5)]);
    assert_eq!(aggregate(&earlier, 2, NO_FACE_SHARE).dominant, Some(Joy));
}

#[test]
fn a_video_of_few_faces_is_not_about_faces_and_says_so() {
    let found = aggregate(&seen(&[(EmotionLabel::Joy, 0.9)]), 10, NO_FACE_SHARE);
    assert_eq!(found.stats.video_type, VideoType::NoPeople);
    assert_eq!(found.dominant, None);
    assert_eq!(found.metrics.unique_emotions, None);
    assert_eq!(found.metrics.detection_rate, Some(0.1));
    assert!(found.metrics.reason.unwrap().contains("1 of 10"));
}

fn only(label: EmotionLabel) -> EmotionScores {
    EmotionScores::from_fn(|one| f64::from(u8::from(one == label)))
}

#[test]
fn valence_and_intensity_follow_the_label() {
    assert!((valence(&only(EmotionLabel::Joy)) - 1.0).abs() < 1e-12);
    assert!((valence(&only(EmotionLabel::Anger)) + 0.8).abs() < 1e-12);
    assert!(valence(&only(EmotionLabel::Neutral)).abs() < 1e-12);
    assert!((intensity(&only(EmotionLabel::Neutral))).abs() < 1e-12);
    assert!((intensity(&only(EmotionLabel::Fear)) - 1.0).abs() < 1e-12);
    let half = EmotionScores {
        joy: 0.5,
        sadness: 0.5,
        ..EmotionScores::default()
    };
    assert!((valence(&half) - 0.25).abs() < 1e-12);
}

fn scores() -> impl Strategy<Value = EmotionScores> {
    prop::array::uniform7(0.001_f64..1.0).prop_map(|parts| {
        let mut at = 0;
        let raw = EmotionLabel::ALL.map(|label| {
            at += 1;
            (label, parts[at - 1])
        });
        normalised(&EmotionScores::from_fn(|label| {
            raw.iter().find(|(one, _)| *one == label).unwrap().1
        }))
    })
}

fn total(scores: &EmotionScores) -> f64 {
    EmotionLabel::ALL
        .iter()
        .map(|label| scores.of(*label))
        .sum()
}

proptest! {
    #[test]
    fn smoothing_keeps_distributions(all in prop::collection::vec((scores(), 0.0_f64..3.0), 1..20)) {
        let mut smoother = Smoother::new(Duration::from_millis(500));
        for (scores, gap) in all {
            let smoothed = smoother.next(&scores, Duration::from_secs_f64(gap));
            prop_assert!((total(&smoothed) - 1.0).abs() < 1e-9);
            prop_assert!(EmotionLabel::ALL.iter().all(|label| (0.0..=1.0).contains(&smoothed.of(*label))));
            prop_assert!((-0.8..=1.0).contains(&valence(&smoothed)));
        }
    }

    /// The same thing shown for the same time ends in the same place, however often it is sampled.
    #[test]
    fn smoothing_does_not_depend_on_how_densely_is_sampled(
        first in scores(), then in scores(), seconds in 0.1_f64..3.0, samples in 1_u32..20,
    ) {
        let end = |samples: u32| {
            let mut smoother = Smoother::new(Duration::from_millis(500));
            let mut last = smoother.next(&first, Duration::ZERO);
            for _ in 0..samples {
                last = smoother.next(&then, Duration::from_secs_f64(seconds / f64::from(samples)));
            }
            last
        };
        let (dense, single) = (end(samples), end(1));
        for label in EmotionLabel::ALL {
            prop_assert!((dense.of(label) - single.of(label)).abs() < 1e-6);
        }
    }

    #[test]
    fn without_a_constant_nothing_is_smoothed(all in prop::collection::vec(scores(), 1..9)) {
        let mut smoother = Smoother::new(Duration::ZERO);
        for scores in all {
            prop_assert_eq!(smoother.next(&scores, Duration::from_secs(1)), scores);
        }
    }
}

fn reading(track: Option<&str>, rank: u32, scores: EmotionScores) -> Reading {
    Reading {
        rank,
        track_id: track.map(Into::into),
        scores,
        face_bbox: [0.0, 0.0, 10.0, 10.0],
    }
}

fn frame(seconds: f64, faces: u32, readings: Vec<Reading>) -> Frame {
    Frame {
        time: MediaTime::from_seconds(seconds),
        number: (seconds * 30.0) as u64,
        faces,
        readings,
    }
}

fn scene() -> Scene {
    Scene {
        duration: MediaTime::from_seconds(4.0),
        model: ModelStamp {
            name: "made".into(),
            version: "made-up-models 1.0".into(),
            digest: Sha256::of(b"made"),
        },
    }
}

#[test]
fn a_single_odd_frame_does_not_change_a_track_but_is_kept() {
    let (neutral, anger) = (only(EmotionLabel::Neutral), only(EmotionLabel::Anger));
    let frames: Vec<Frame> = [neutral, neutral, anger, neutral, neutral]
        .into_iter()
        .zip(0..)
        .map(|(scores, at)| {
            frame(
                f64::from(at) * 0.2,
                1,
                vec![reading(Some("face_1"), 1, scores)],
            )
        })
        .collect();
    let found = emotions(&frames, &scene(), &Config::default());
    assert!(
        found
            .emotions
            .iter()
            .all(|one| one.emotion == EmotionLabel::Neutral)
    );
    assert_eq!(found.emotions[2].raw.emotion, EmotionLabel::Anger);
    assert_eq!(found.metrics.unique_emotions, Some(1));
    assert!(found.emotion_transitions.is_empty());
    // 1 − e^(−0.2/0.5) of the anger shows.
    assert!((found.emotions[2].all_scores.anger - 0.3297).abs() < 1e-9);

    let config = Config {
        smoothing_ms: 0,
        ..Config::default()
    };
    let raw = emotions(&frames, &scene(), &config);
    assert_eq!(raw.emotions[2].emotion, EmotionLabel::Anger);
    assert_eq!(raw.metrics.transition_count, Some(2));
}

#[test]
fn another_track_begins_afresh() {
    let (neutral, anger) = (only(EmotionLabel::Neutral), only(EmotionLabel::Anger));
    let frames = [
        frame(0.0, 1, vec![reading(Some("face_1"), 1, neutral)]),
        frame(0.1, 1, vec![reading(Some("face_2"), 1, anger)]),
        frame(0.2, 1, vec![reading(None, 1, neutral)]),
    ];
    let found = emotions(&frames, &scene(), &Config::default());
    let labels: Vec<_> = found.emotions.iter().map(|one| one.emotion).collect();
    assert_eq!(
        labels,
        [
            EmotionLabel::Neutral,
            EmotionLabel::Anger,
            EmotionLabel::Neutral
        ]
    );
    let tracks: Vec<_> = found
        .tracks
        .iter()
        .map(|one| one.track_id.as_str())
        .collect();
    assert_eq!(tracks, ["face_1", "face_2"]);
}

#[test]
fn frames_and_seconds_without_a_face_say_so() {
    let joy = only(EmotionLabel::Joy);
    let frames = [
        frame(
            0.0,
            2,
            vec![
                reading(Some("face_1"), 1, joy),
                reading(Some("face_2"), 2, joy),
            ],
        ),
        frame(1.2, 0, Vec::new()),
        frame(3.5, 1, Vec::new()),
    ];
    let found = emotions(&frames, &scene(), &Config::default());
    let states: Vec<_> = found.frames.iter().map(|one| one.state).collect();
    assert_eq!(
        states,
        [FrameState::Read, FrameState::NoFace, FrameState::TooSmall]
    );
    assert_eq!(found.emotions.len(), 1, "the main face of each frame");
    assert_eq!(found.faces.len(), 2, "and all of them");
    let seconds: Vec<_> = found.timeline.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        seconds,
        ["0-1s", "1-2s", "3-4s"],
        "nobody looked at the third second"
    );
    assert_eq!(
        found.timeline["1-2s"],
        EmotionSecond::NoFace { no_face: true }
    );
    assert!(matches!(
        found.timeline["0-1s"],
        EmotionSecond::Face {
            emotion: EmotionLabel::Joy,
            ..
        }
    ));
    assert_eq!(found.metadata.faces_left_out, 1);
    assert_eq!(found.processing_stats.no_face_frames, 2);
    assert_eq!(found.sample_rate, Some(0.75));
    assert!(found.metadata.unmeasured.contains_key("action_units"));
}

#[test]
fn a_video_without_frames_is_unknown_and_invents_nothing() {
    let scene = Scene {
        duration: MediaTime::ZERO,
        ..scene()
    };
    let found = emotions(&[], &scene, &Config::default());
    assert_eq!(found.metrics.video_type, VideoType::Unknown);
    assert_eq!(found.metrics.detection_rate, None);
    assert_eq!((found.dominant_emotion, found.sample_rate), (None, None));
    assert!(found.metrics.reason.is_some());
}

#[test]
fn the_first_of_equally_probable_labels_is_taken() {
    let equal = EmotionScores::from_fn(|_| 1.0 / 7.0);
    assert_eq!(most_probable(&equal).0, EmotionLabel::Anger);
}
