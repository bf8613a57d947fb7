//! Events of constructed videos, put together by hand.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

use super::video;
use contracts::{
    MediaTime, TimeSpan,
    emotion::{EmotionLabel, EmotionScores},
    people::{GazeDirection, Rectangle},
    shots::BoundaryKind,
    sound::ClassShares,
    text::TextRole,
};
use timeline::{
    Brand, Limits,
    compute::{
        build::{Results, events},
        clock::Clock,
        coverage::{SampledSeconds, Stream},
        events::{
            Boundary, Detection, Events, ExpressionSeen, Expressions, FaceSeen, GazeSeen, Objects,
            People, PeopleFrame, Shots, Sound, Speech, Utterance, Word,
        },
        published::{Published, PublishedText},
    },
};

pub fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

pub fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(at(start), at(end))
}

/// A video of which nothing was measured.
pub fn blank(seconds: f64) -> Events {
    let input = video(seconds);
    events(&input, &Results::read(&input, &Limits::default()))
}

pub fn brand() -> Brand {
    Brand {
        names: vec!["Acme".into()],
        products: vec!["Rocket Boots".into()],
        product_classes: vec!["bottle".into()],
    }
}

/// What was looked at everywhere.
pub fn everywhere<T>(clock: Clock, events: T) -> Stream<T> {
    Stream::Measured {
        events,
        sampled: SampledSeconds::all(clock),
    }
}

/// What was looked at before `end` only.
pub fn until<T>(clock: Clock, end: f64, events: T) -> Stream<T> {
    Stream::Measured {
        events,
        sampled: SampledSeconds::until(clock, at(end)),
    }
}

/// A video looked at and listened to from end to end in which there is nothing: one shot, no
/// sound but silence.
pub fn empty(seconds: f64) -> Events {
    let clock = Clock::new(at(seconds));
    let frames: Vec<MediaTime> = (0..clock.second_count())
        .map(|second| at(second as f64))
        .collect();
    let people = People {
        frames: frames.iter().map(|time| nobody(*time)).collect(),
        gaze: Vec::new(),
    };
    let silence = ClassShares {
        speech: 0.0,
        music: 0.0,
        other: 0.0,
        silence: 1.0,
    };
    Events {
        shots: everywhere(clock, Shots::between(clock.duration(), Vec::new())),
        objects: everywhere(
            clock,
            Objects {
                frames: frames.clone(),
                ..Objects::default()
            },
        ),
        sound: everywhere(clock, Sound::default()),
        speech: everywhere(clock, Speech::default()),
        text: everywhere(clock, Vec::new()),
        people: everywhere(clock, people),
        faces: everywhere(clock, Vec::new()),
        emotions: everywhere(
            clock,
            Expressions {
                frames,
                ..Expressions::default()
            },
        ),
        published: Published {
            texts: Ok(Vec::new()),
            segments: Vec::new(),
            classes: Ok(vec![silence; clock.second_count()]),
            overall: Ok(silence),
            loudness: Ok(-70.0),
        },
        brand: brand(),
        ..blank(seconds)
    }
}

fn nobody(time: MediaTime) -> PeopleFrame {
    PeopleFrame {
        time,
        persons: Some(0),
        faces: Vec::new(),
        distance: None,
    }
}

/// The events of a stream that was measured.
pub fn within<T>(stream: &mut Stream<T>) -> &mut T {
    match stream {
        Stream::Measured { events, .. } => events,
        Stream::NotMeasured(reason) => unreachable!("not measured: {reason}"),
    }
}

/// Lets a modality be looked at before `end` only.
pub fn limit<T>(stream: &mut Stream<T>, clock: Clock, end: f64) {
    if let Stream::Measured { sampled, .. } = stream {
        *sampled = SampledSeconds::until(clock, at(end));
    }
}

pub fn cut(events: &mut Events, times: &[f64]) {
    let boundaries = times.iter().map(|time| Boundary {
        time: at(*time),
        kind: BoundaryKind::Cut,
    });
    *within(&mut events.shots) = Shots::between(events.clock.duration(), boundaries.collect());
}

pub fn say(events: &mut Events, start: f64, text: &str) {
    let words = text.split_whitespace().zip(0_u8..).map(|(word, index)| {
        let begins = start + 0.25 * f64::from(index);
        Word {
            span: span(begins, begins + 0.25),
            text: word.into(),
            confidence: 0.9,
        }
    });
    let words: Vec<Word> = words.collect();
    let end = words.last().unwrap().span.end;
    let speech = within(&mut events.speech);
    speech.voice.push(TimeSpan::new(at(start), end));
    speech.utterances.push(Utterance {
        span: TimeSpan::new(at(start), end),
        text: text.into(),
        confidence: 0.9,
        words,
    });
    events
        .published
        .segments
        .push(speech.utterances.len() as u32 - 1);
}

pub fn write(events: &mut Events, content: &str, role: TextRole, start: f64, end: f64) {
    let texts = events.published.texts.as_mut().unwrap();
    texts.push(PublishedText {
        id: format!("text_{}", texts.len() + 1),
        content: content.into(),
        role,
        overlay: Some(role != TextRole::SceneText),
        intervals: vec![span(start, end)],
        cta_keywords: Vec::new(),
    });
}

pub fn show(events: &mut Events, time: f64, class: &str, track: Option<&str>) {
    let objects = within(&mut events.objects);
    objects.detections.push(Detection {
        time: at(time),
        class: class.into(),
        confidence: 0.8,
        bbox: [0.0, 0.0, 10.0, 10.0],
        track: track.map(str::to_owned),
    });
    objects.detections.sort_by_key(|one| one.time);
}

/// A face of this width and height, which looks into the camera that much.
pub fn face(events: &mut Events, time: f64, side: f64, eye_contact: Option<f64>) {
    let people = within(&mut events.people);
    let seen = FaceSeen {
        bbox: Rectangle {
            x: 0.1,
            y: 0.1,
            width: side,
            height: side,
        },
        confidence: 0.9,
        track: Some("face_1".into()),
    };
    match people
        .frames
        .iter_mut()
        .find(|frame| frame.time == at(time))
    {
        Some(frame) => frame.faces.push(seen),
        None => people.frames.push(PeopleFrame {
            faces: vec![seen],
            ..nobody(at(time))
        }),
    }
    people.frames.sort_by_key(|frame| frame.time);
    people.gaze.extend(eye_contact.map(|contact| GazeSeen {
        time: at(time),
        rank: 1,
        eye_contact: contact,
        direction: GazeDirection::Camera,
    }));
}

pub fn express(events: &mut Events, time: f64, label: EmotionLabel, valence: f64) {
    within(&mut events.emotions).seen.push(ExpressionSeen {
        time: at(time),
        label,
        confidence: 0.9,
        scores: EmotionScores::from_fn(|other| f64::from(u8::from(other == label))),
        valence,
        intensity: 1.0,
    });
}
