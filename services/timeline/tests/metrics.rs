//! Every published field has one definition, and every definition a published field.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod common;

use common::{even_cuts, parse, perceived::perceived, rapid_cuts, rich, run, short, video};
use contracts::{
    MediaTime, TimeSpan, VideoId,
    emotion::{EmotionLabel, EmotionScores},
    job::VideoMetadata,
    people::{GazeDirection, Rectangle},
    shots::BoundaryKind,
    sound::BurstPattern,
    text::{TextPosition, TextRole},
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};
use timeline::{
    compute::{
        ANALYSES, Input,
        block::Analysis,
        clock::Clock,
        coverage::{SampledSeconds, Stream},
        events::{
            Boundary, Detection, EnergyWindow, Events, ExpressionSeen, Expressions, FaceSeen,
            GazeSeen, Objects, Overlay, People, PeopleFrame, Shots, Sighting, Sound, Speech,
            Utterance, Word,
        },
    },
    explain, metrics, metrics_markdown, suggest,
};

/// One face that looks into the camera, comes near beside another one and is gone in the end.
fn people() -> People {
    let at = MediaTime::from_seconds;
    let face = |side: f64| FaceSeen {
        bbox: Rectangle {
            x: 0.4,
            y: 0.2,
            width: side,
            height: side,
        },
        confidence: 0.9,
        track: Some("face_1".into()),
    };
    let frame = |second: u32| PeopleFrame {
        time: at(f64::from(second)),
        persons: Some(u32::from(second < 21)),
        faces: match second {
            3 => vec![face(0.6), face(0.1)],
            21 => Vec::new(),
            _ => vec![face(0.2)],
        },
        distance: None,
    };
    People {
        frames: (0..22).map(frame).collect(),
        gaze: vec![GazeSeen {
            time: at(1.0),
            rank: 1,
            eye_contact: 0.8,
            direction: GazeDirection::Camera,
        }],
    }
}

fn expression(seconds: f64, label: EmotionLabel) -> ExpressionSeen {
    let score = |other| if other == label { 0.9 } else { 0.1 / 6.0 };
    ExpressionSeen {
        time: MediaTime::from_seconds(seconds),
        label,
        confidence: 0.9,
        scores: EmotionScores::from_fn(score),
        valence: 0.5,
        intensity: 1.0 - score(EmotionLabel::Neutral),
    }
}

/// Two sentences with a pause of four seconds between them.
fn utterances() -> Vec<Utterance> {
    let at = MediaTime::from_seconds;
    let utterance = |start: f64, text: &str| {
        let words = text.split_whitespace().zip(0_u8..).map(|(word, index)| {
            let begins = start + 0.5 * f64::from(index);
            Word {
                span: TimeSpan::new(at(begins), at(begins + 0.5)),
                text: word.into(),
                confidence: 0.9,
            }
        });
        Utterance {
            span: TimeSpan::new(at(start), at(start + 2.0)),
            text: text.into(),
            confidence: 0.9,
            words: words.collect(),
        }
    };
    vec![
        utterance(0.0, "Hello, amazing you!"),
        utterance(6.0, "Follow for more tricks."),
    ]
}

/// A video in which every modality was measured, those of later stages included.
fn everything() -> Events {
    let at = MediaTime::from_seconds;
    let span = |start, end| TimeSpan::new(at(start), at(end));
    let clock = Clock::new(at(22.0));
    let overlay = |start, end| Overlay {
        intervals: vec![span(start, end)],
        content: "50% off, follow for more".into(),
        confidence: 0.9,
        role: Some(TextRole::Price),
        position: Some(TextPosition::TopCenter),
        cta_keywords: vec!["follow".into()],
    };
    let sighting = |start, end| Sighting {
        span: span(start, end),
        label: "thumbs_up".into(),
        confidence: 0.8,
    };
    let cuts = [1.0, 1.5, 2.0, 2.5, 9.0].map(|time| Boundary {
        time: at(time),
        kind: BoundaryKind::Cut,
    });
    let detection = |time, class: &str| Detection {
        time: at(time),
        class: class.into(),
        confidence: 0.7,
        bbox: [0.0; 4],
        track: None,
    };
    fn all<T>(clock: Clock, events: T) -> Stream<T> {
        Stream::Measured {
            events,
            sampled: SampledSeconds::all(clock),
        }
    }
    Events {
        clock,
        has_audio: true,
        metadata: VideoMetadata {
            description: Some("Follow me! #fyp @friend \u{1f525}".into()),
            views: Some(1_000),
            likes: Some(100),
            comments: Some(10),
            shares: Some(5),
            hashtags: vec!["fyp".into()],
            create_time: Some("2026-01-02T03:04:05.000Z".into()),
            ..VideoMetadata::unknown(VideoId::new("clip_1").unwrap())
        },
        picture: (1080, 1920),
        shots: all(clock, Shots::between(clock.duration(), cuts.to_vec())),
        objects: all(
            clock,
            Objects {
                frames: (0..22).map(|second| at(f64::from(second))).collect(),
                detections: vec![
                    detection(1.0, "person"),
                    detection(1.0, "dog"),
                    detection(20.0, "person"),
                ],
                tracks: Vec::new(),
            },
        ),
        sound: all(
            clock,
            Sound {
                onsets: vec![at(1.05)],
                energy: [(0.0, 5.0, 0.2), (5.0, 10.0, 0.9), (10.0, 22.0, 0.2)]
                    .map(|(start, end, level)| EnergyWindow {
                        span: span(start, end),
                        level,
                    })
                    .to_vec(),
                climax: Some(at(7.0)),
                energy_variance: Some(0.1),
                burst_pattern: Some(BurstPattern::MiddlePeak),
                ..Sound::default()
            },
        ),
        speech: all(
            clock,
            Speech {
                utterances: utterances(),
                language: Some("en".into()),
                voice: vec![span(0.0, 2.0), span(6.0, 8.0)],
            },
        ),
        text: all(
            clock,
            vec![overlay(0.5, 2.0), overlay(1.0, 1.5), overlay(19.0, 21.0)],
        ),
        stickers: all(clock, vec![overlay(1.2, 1.9)]),
        people: all(clock, people()),
        faces: all(clock, vec![sighting(0.0, 3.0)]),
        bodies: all(clock, vec![sighting(0.0, 2.5)]),
        gestures: all(clock, vec![sighting(1.0, 2.5)]),
        emotions: all(
            clock,
            Expressions {
                frames: (0..22).map(|second| at(f64::from(second))).collect(),
                seen: vec![
                    expression(1.0, EmotionLabel::Joy),
                    expression(2.0, EmotionLabel::Anger),
                    expression(3.0, EmotionLabel::Neutral),
                    ExpressionSeen {
                        intensity: 0.1,
                        ..expression(3.0, EmotionLabel::Neutral)
                    },
                    ExpressionSeen {
                        intensity: 0.1,
                        ..expression(4.0, EmotionLabel::Neutral)
                    },
                    ExpressionSeen {
                        intensity: 0.1,
                        ..expression(5.0, EmotionLabel::Neutral)
                    },
                ],
                stretches: vec![sighting(1.0, 2.0), sighting(1.3, 1.8)],
            },
        ),
        labels: all(clock, ()),
        safety: all(clock, ()),
    }
}

/// Paths of all leaves below `value`; `[]` for items of a list of objects.
fn leaves(path: &str, value: &Value, found: &mut Vec<(String, bool)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(&format!("{path}.{name}"), field, found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                leaves(&format!("{path}[]"), item, found);
            }
        }
        // A list of numbers may hold nulls.
        Value::Array(items) if items.iter().any(Value::is_null) => {
            found.push((path.to_owned(), false));
            found.push((format!("{path}[]"), true));
        }
        leaf => found.push((path.to_owned(), leaf.is_null())),
    }
}

fn fields(analysis: &Analysis) -> (Vec<(String, bool)>, BTreeSet<String>) {
    let mut found = Vec::new();
    let mut reasons = BTreeSet::new();
    for (block, value) in &analysis.blocks {
        let mut value = value.clone();
        // What stands beside the blocks may be a list.
        let Some(fields) = value.as_object_mut() else {
            leaves(block, &value, &mut found);
            continue;
        };
        if let Some(Value::Object(all)) = fields.remove("notMeasured") {
            reasons.extend(all.into_iter().map(|(path, reason)| {
                assert!(!reason.as_str().unwrap().is_empty(), "{path} has no reason");
                path
            }));
            found.push((format!("{block}.notMeasured.*"), false));
        }
        // Keys of this map depend on the video.
        if let Some(Value::Object(pairs)) = fields.remove("elementCooccurrence") {
            if !pairs.is_empty() {
                found.push((format!("{block}.elementCooccurrence.*"), false));
            }
        } else if block == "densityInteractions" {
            found.push((format!("{block}.elementCooccurrence"), true));
        }
        leaves(block, &value, &mut found);
    }
    (found, reasons)
}

/// The events the stage makes of an input, and what becomes of them.
fn analyses_of(input: &Input) -> Vec<Analysis> {
    let results = timeline::compute::build::Results::read(input, &timeline::Limits::default());
    let events = timeline::compute::build::events(input, &results);
    analyse(&events)
}

fn analyse(events: &Events) -> Vec<Analysis> {
    ANALYSES
        .iter()
        .map(|analysis| (analysis.analyse)(events).unwrap())
        .collect()
}

fn videos() -> Vec<Vec<Analysis>> {
    let mut all = vec![analyse(&everything())];
    for input in [
        rich(),
        even_cuts(),
        rapid_cuts(),
        short(),
        video(20.0),
        video(0.0),
    ] {
        all.push(analyses_of(&input));
    }
    all
}

#[test]
fn every_published_field_is_defined() {
    let defined: BTreeSet<&str> = metrics().iter().map(|metric| metric.path).collect();
    for analysis in videos().iter().flatten() {
        for (path, null) in fields(analysis).0 {
            // A list may be null, or empty, as a whole.
            let within = |metric: &&str| {
                metric
                    .strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.starts_with("[]") || (null && rest.starts_with('.')))
            };
            assert!(
                defined.contains(path.trim_end_matches("[]")) || defined.iter().any(within),
                "{path} has no definition"
            );
        }
    }
}

#[test]
fn every_definition_is_published() {
    let published: BTreeSet<String> = videos()
        .iter()
        .flatten()
        .flat_map(|analysis| fields(analysis).0)
        .map(|(path, _)| path)
        .collect();
    for metric in metrics() {
        assert!(
            published.contains(metric.path),
            "{} is never published",
            metric.path
        );
    }
}

#[test]
fn every_null_has_a_reason_and_every_reason_a_null() {
    for analysis in videos().iter().flatten() {
        let (found, reasons) = fields(analysis);
        let nulls: BTreeSet<String> = found
            .into_iter()
            .filter(|(_, null)| *null)
            .map(|(path, _)| path)
            .collect();
        assert_eq!(nulls, reasons, "{}", analysis.name);
    }
}

#[test]
fn paths_are_unique_and_definitions_complete() {
    let all = metrics();
    let paths: BTreeSet<&str> = all.iter().map(|metric| metric.path).collect();
    assert_eq!(paths.len(), all.len());
    for metric in all {
        for part in [
            metric.formula,
            metric.inputs,
            metric.unit,
            &metric.range.to_string(),
            metric.null_rule,
        ] {
            assert!(!part.trim().is_empty(), "{}", metric.path);
        }
    }
}

#[test]
fn blocks_begin_with_the_prefix_of_their_analysis() {
    let has_prefix = |analysis: &&Analysis| !analysis.prefix.is_empty();
    for analysis in videos().iter().flatten().filter(has_prefix) {
        assert_eq!(analysis.blocks.len(), 6);
        for name in analysis.blocks.keys() {
            assert!(name.starts_with(analysis.prefix));
        }
        let generic: Vec<String> = analysis.generic_blocks().keys().cloned().collect();
        assert_eq!(
            generic,
            [
                "CoreMetrics",
                "Dynamics",
                "Interactions",
                "KeyEvents",
                "Patterns",
                "Quality"
            ]
        );
    }
}

#[test]
fn explaining_finds_paths_names_and_blocks_in_any_case() {
    let by_path = explain("densityCoreMetrics.avgDensity");
    assert_eq!(by_path.len(), 1);
    assert_eq!(by_path[0].unit, "elements/s");
    assert_eq!(
        explain("CREATIVE_DENSITY.densitycoremetrics.avgdensity"),
        by_path
    );
    assert_eq!(explain(" AvgDensity "), by_path);
    assert!(explain("confidence").len() > 5);
    assert_eq!(explain("deadZones").len(), 3);
    assert_eq!(explain("longestscene").len(), 4);
    assert!(explain("scene_pacing").len() > 50);
    assert!(explain("avgDensty").is_empty());
}

#[test]
fn unknown_names_get_suggestions() {
    assert_eq!(suggest("avgDensty")[0], "avgDensity");
    assert_eq!(
        suggest("scenePacingCoreMetrics.cutPerMinute")[0],
        "cutsPerMinute"
    );
    assert!(suggest("zzzzqqqq").is_empty());
}

#[test]
fn the_page_of_metrics_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = metrics_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        text,
        "docs/metrics.md is not current; run UPDATE_DOCS=1 cargo test -p timeline --test metrics"
    );
}

#[test]
fn files_hold_the_same_blocks() {
    for files in &run(&perceived()).analyses {
        let (result, ml) = (parse(&files.result), parse(&files.ml));
        let complete = parse(&files.complete);
        assert_eq!(complete["analysis_type"], files.name);
        assert_eq!(complete["success"], true);
        assert_eq!(complete["version"], "2.0");
        assert_eq!(complete["parsed_response"], ml);
        let text = complete["result"].as_str().unwrap();
        assert!(!text.contains('\n') && text.contains("\": {\""));
        assert_eq!(parse(text.as_bytes()), result);
    }
}
