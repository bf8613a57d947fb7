//! A constructed video in which every modality was measured.

use contracts::{
    MediaTime, TimeSpan, VideoId,
    emotion::{EmotionLabel, EmotionScores},
    job::VideoMetadata,
    people::{GazeDirection, Rectangle},
    shots::BoundaryKind,
    sound::{BurstPattern, ClassShares},
    text::{TextPosition, TextRole},
};
use timeline::{
    Brand,
    compute::{
        clock::Clock,
        coverage::{SampledSeconds, Stream},
        events::{
            Boundary, Detection, EnergyWindow, Events, ExpressionSeen, Expressions, FaceSeen,
            GazeSeen, Objects, Overlay, People, PeopleFrame, Shots, Sighting, Sound, Speech,
            Utterance, Word,
        },
        published::{Published, PublishedText},
    },
};

/// One face that looks into the camera, comes near beside another one and is gone for the last seven
/// seconds.
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
    let frame = |half: u32| PeopleFrame {
        time: at(f64::from(half) / 2.0),
        persons: Some(u32::from(half < 30)),
        faces: match half {
            6 | 7 => vec![face(0.6), face(0.1)],
            30.. => Vec::new(),
            _ => vec![face(0.2)],
        },
        distance: None,
    };
    People {
        frames: (0..44).map(frame).collect(),
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
        utterance(6.0, "Follow, share, follow, share."),
    ]
}

/// Texts and shares of sound of that video.
fn published() -> Published {
    let at = MediaTime::from_seconds;
    let text = |id: &str, content: &str, role, start, end| PublishedText {
        id: id.into(),
        content: content.into(),
        role,
        overlay: Some(true),
        intervals: vec![TimeSpan::new(at(start), at(end))],
        cta_keywords: Vec::new(),
    };
    let shares = ClassShares {
        speech: 0.25,
        music: 0.5,
        other: 0.0,
        silence: 0.25,
    };
    Published {
        texts: Ok(vec![
            text(
                "text_1",
                "50% off, follow for more",
                TextRole::Price,
                0.5,
                2.0,
            ),
            text("text_2", "Hello, amazing you!", TextRole::Caption, 0.0, 2.0),
        ]),
        segments: vec![0, 1],
        classes: Ok(vec![shares; 22]),
        overall: Ok(shares),
        loudness: Ok(-14.2),
    }
}

/// A video in which every modality was measured, those of later stages included.
pub fn everything() -> Events {
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
            description: Some("POV: follow me! #fyp @friend \u{1f525}".into()),
            views: Some(1_000),
            likes: Some(100),
            comments: Some(10),
            shares: Some(5),
            saves: Some(7),
            hashtags: vec!["fyp".into()],
            author: Some(serde_json::json!({"name": "friend", "verified": true})),
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
                onsets: vec![at(1.05), at(6.52)],
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
            vec![
                overlay(0.5, 2.0),
                overlay(1.0, 1.5),
                overlay(1.1, 1.4),
                overlay(19.0, 21.0),
            ],
        ),
        stickers: all(clock, vec![overlay(1.2, 1.9)]),
        people: all(clock, people()),
        faces: all(clock, vec![sighting(0.0, 3.0)]),
        bodies: all(clock, vec![sighting(0.0, 2.5)]),
        gestures: all(clock, vec![sighting(1.0, 2.5), sighting(6.2, 7.0)]),
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
        published: published(),
        brand: Brand {
            names: vec!["Acme".into()],
            products: vec!["Rocket".into()],
            product_classes: vec!["dog".into()],
        },
    }
}
