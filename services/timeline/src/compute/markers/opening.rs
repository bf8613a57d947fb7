//! `first_5_seconds`: what happens at the beginning.

use super::{
    Evidence, NOT_LOOKED_AT, NULL_MARKS,
    activity::{Kind, Marks},
    moments,
};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, second_of},
        events::Expressions,
        measure::{Measured, Reason, given},
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan, emotion::EmotionLabel};
use serde::Serialize;

const SECONDS: usize = 5;
/// The density of a second is cut off here.
const FULL_DENSITY: u64 = 10;

/// The first five seconds, or the whole of a shorter video.
#[must_use]
pub fn window(clock: Clock) -> TimeSpan {
    let end = MediaTime::from_seconds(SECONDS as f64);
    TimeSpan::new(MediaTime::ZERO, end.min(clock.duration()))
}

/// For each second of the opening, the weights of the marks that begin in it, at most 10 in all;
/// `None` where the second is not known.
#[must_use]
pub fn density_progression(marks: &Marks) -> Vec<Option<u64>> {
    let density = |second| {
        let kinds = marks.beginning_in(second).map(|mark| mark.kind);
        kinds
            .map(Kind::opening_weight)
            .sum::<u64>()
            .min(FULL_DENSITY)
    };
    let seconds = marks.known.iter().enumerate().take(SECONDS);
    seconds
        .map(|(second, known)| known.then(|| density(second)))
        .collect()
}

/// For each second of the opening, the expression most of its frames show, the first of equals;
/// `None` where no face shows one.
#[must_use]
pub fn emotion_sequence(expressions: &Expressions, clock: Clock) -> Vec<Option<EmotionLabel>> {
    let dominant = |second: usize| {
        let mut counts: Vec<(EmotionLabel, usize)> = Vec::new();
        let seen = expressions.seen.iter();
        for one in seen.filter(|one| second_of(one.time) == second) {
            match counts.iter_mut().find(|(label, _)| *label == one.label) {
                Some((_, count)) => *count += 1,
                None => counts.push((one.label, 1)),
            }
        }
        let most = counts.iter().map(|(_, count)| *count).max()?;
        let first = counts.into_iter().find(|(_, count)| *count == most)?;
        Some(first.0)
    };
    let seconds = clock.second_count().min(SECONDS);
    (0..seconds).map(dominant).collect()
}

/// Adds a value per second, and says why some are null.
fn put_seconds<T: Serialize>(
    block: &mut Block,
    field: &str,
    values: Measured<Vec<Option<T>>>,
    reason: Reason,
) {
    let lacks_one = |all: &Vec<Option<T>>| all.iter().any(Option::is_none);
    if values.as_ref().is_ok_and(lacks_one) {
        block.explain(&format!("{field}[]"), reason);
    }
    block.put(field, values);
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let events = evidence.events;
    let window = window(events.clock);
    let mut block = Block::new("first_5_seconds");
    let density = given(&evidence.marks, density_progression);
    put_seconds(&mut block, "density_progression", density, NOT_LOOKED_AT);
    let texts = evidence.timed(events.text.events());
    let texts = given(&texts, |all| moments::texts(all, window));
    super::closing::put_texts(&mut block, "text_moments", texts);
    let expressions = evidence.timed(events.emotions.events());
    let sequence = given(&expressions, |all| emotion_sequence(all, events.clock));
    put_seconds(&mut block, "emotion_sequence", sequence, NO_EXPRESSION);
    let gestures = evidence.timed(events.gestures.events());
    block.put(
        "gesture_moments",
        given(&gestures, |all| moments::gestures(all, window)),
    );
    let objects = evidence.timed(events.objects.events());
    block.put(
        "object_appearances",
        given(&objects, |all| moments::objects(all, window)),
    );
    let speech = evidence.timed(events.speech.events());
    block.put(
        "speech_segments",
        given(&speech, |all| moments::speech(&all.utterances, window)),
    );
    let shots = evidence.timed(events.shots.events());
    let changes = given(&shots, |all| -> Vec<f64> {
        let times = all.boundaries.iter().map(|one| one.time);
        times
            .filter(|time| window.contains(*time))
            .map(MediaTime::seconds)
            .collect()
    });
    block.put("scene_changes", changes);
    block
}

const NO_EXPRESSION: Reason = Reason::of("no expression was seen in these seconds");
/// A text without a known place.
pub(super) const NO_PLACE: Reason = Reason::of("where the text stands is not known");

const NULL_TEXT: &str = "texts were not measured, or the video has no duration";
const NULL_GESTURES: &str = "gestures were not measured, or the video has no duration";
const NULL_OBJECTS: &str = "objects were not measured, or the video has no duration";
const NULL_SPEECH: &str = "speech was not measured, or the video has no duration";

define_metrics!(
    "temporal_markers",
    "first_5_seconds",
    [
        (
            "density_progression",
            "per second: what begins in it, a text counting 3, a sentence 2, a boundary, object, gesture, sticker or expression 1, at most 10; an item is null where metadata.unsampled_seconds names the second",
            "all kinds of marks",
            "1",
            Range::ListWithGaps(&Range::Integer {
                from: 0,
                to: Some(10)
            }),
            NULL_MARKS
        ),
        (
            "text_moments[].timestamp",
            "second in which the text appears; of texts visible in the first 5 s",
            "text",
            "s",
            Range::InstantKey,
            NULL_TEXT
        ),
        (
            "text_moments[].text",
            "what it says",
            "text",
            "text",
            Range::Text("any text"),
            NULL_TEXT
        ),
        (
            "text_moments[].duration",
            "length of the interval in which it is visible",
            "text",
            "s",
            Range::AtLeast(0.0),
            NULL_TEXT
        ),
        (
            "text_moments[].position",
            "ninth of the picture it stands in",
            "text",
            "name",
            Range::TEXT_POSITION,
            "texts were not measured, or the place is not known"
        ),
        (
            "emotion_sequence",
            "per second: the expression most frames of the main face show, the first of equals; an item is null where no expression was seen",
            "emotions",
            "label",
            Range::ListWithGaps(&Range::EMOTION),
            "emotions were not measured, or the video has no duration"
        ),
        (
            "gesture_moments[].timestamp",
            "second in which the gesture begins; of gestures visible in the first 5 s",
            "gestures",
            "s",
            Range::InstantKey,
            NULL_GESTURES
        ),
        (
            "gesture_moments[].type",
            "what it is",
            "gestures",
            "label",
            Range::Text("any gesture"),
            NULL_GESTURES
        ),
        (
            "gesture_moments[].confidence",
            "detector's confidence",
            "gestures",
            "1",
            Range::Share,
            NULL_GESTURES
        ),
        (
            "object_appearances[].class",
            "class of objects seen in the first 5 s, the most frequent first, by name among equals",
            "objects",
            "COCO class",
            Range::Text("any class"),
            NULL_OBJECTS
        ),
        (
            "object_appearances[].first_appearance",
            "second in which the first of them appears",
            "objects",
            "s",
            Range::InstantKey,
            NULL_OBJECTS
        ),
        (
            "object_appearances[].count",
            "its tracks, and runs of frames that show it without a track",
            "objects",
            "objects",
            Range::count_from(1),
            NULL_OBJECTS
        ),
        (
            "speech_segments[].start",
            "second in which a sentence begins; of those said in the first 5 s",
            "speech",
            "s",
            Range::InstantKey,
            NULL_SPEECH
        ),
        (
            "speech_segments[].end",
            "second in which it ends",
            "speech",
            "s",
            Range::InstantKey,
            NULL_SPEECH
        ),
        (
            "speech_segments[].text",
            "what is said",
            "speech",
            "text",
            Range::Text("any text"),
            NULL_SPEECH
        ),
        (
            "scene_changes",
            "times of the shot boundaries in the first 5 s",
            "shots",
            "s",
            Range::ListOf(&Range::Above(0.0)),
            "shots were not measured, or the video has no duration"
        ),
    ]
);
