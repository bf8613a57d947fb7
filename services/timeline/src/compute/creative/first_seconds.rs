//! `hook.first3Seconds`: what is seen, said, written, felt and heard at the very beginning.

use super::{finding, timed};
use crate::{
    compute::{
        block::Block,
        clock::Clock,
        coverage::Modality,
        events::{Events, Expressions, Objects},
        framing::{Framing, ShotType},
        measure::{Measured, Reason, given, given_some},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan, emotion::EmotionLabel, sound::ClassShares, text::TextRole};
use serde::Serialize;
use std::collections::BTreeMap;

/// What platforms count as a view of a few seconds: three, as Meta does.
pub const HOOK_SECONDS: f64 = 3.0;

/// The first three seconds, or all of a shorter video.
#[must_use]
pub fn window(clock: Clock) -> TimeSpan {
    finding::opening(clock, HOOK_SECONDS)
}

/// A class of objects and when one is first seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassSeen {
    /// COCO class.
    pub class: String,
    /// First sight, in seconds.
    pub start: f64,
    /// Last sight in the window, in seconds.
    pub end: f64,
}

/// Classes of objects seen in a window, by first sight, then by name.
#[must_use]
pub fn classes(objects: &Objects, window: TimeSpan) -> Vec<ClassSeen> {
    let mut seen: BTreeMap<&str, (MediaTime, MediaTime)> = BTreeMap::new();
    let inside = objects.detections.iter();
    for one in inside.filter(|one| window.contains(one.time)) {
        let span = seen.entry(&one.class).or_insert((one.time, one.time));
        *span = (span.0.min(one.time), span.1.max(one.time));
    }
    let mut classes: Vec<ClassSeen> = seen
        .into_iter()
        .map(|(class, (start, end))| ClassSeen {
            class: class.to_owned(),
            start: start.seconds(),
            end: end.seconds(),
        })
        .collect();
    classes.sort_by(|a, b| {
        a.start
            .total_cmp(&b.start)
            .then_with(|| a.class.cmp(&b.class))
    });
    classes
}

/// Most persons in one frame of a window.
#[must_use]
pub fn most_persons(objects: &Objects, window: TimeSpan) -> u64 {
    let mut frames: BTreeMap<MediaTime, u64> = BTreeMap::new();
    let persons = objects.detections.iter();
    for one in persons.filter(|one| one.class == "person" && window.contains(one.time)) {
        *frames.entry(one.time).or_insert(0) += 1;
    }
    frames.into_values().max().unwrap_or_default()
}

/// How near the main face is in one second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShotTypeSeen {
    /// Beginning of the second.
    pub start: f64,
    /// Its end, in seconds.
    pub end: f64,
    /// How near.
    #[serde(rename = "type")]
    pub shot: ShotType,
}

/// The shot types of the seconds of a window that were looked at.
#[must_use]
pub fn shot_types(framing: &Framing, window: TimeSpan) -> Vec<ShotTypeSeen> {
    let clock = framing.clock();
    let seconds = framing.seconds().iter().enumerate();
    seconds
        .map(|(index, second)| (spans::common(clock.second(index), window), second))
        .filter(|(span, _)| span.start < span.end)
        .filter_map(|(span, second)| {
            Some(ShotTypeSeen {
                start: span.start.seconds(),
                end: span.end.seconds(),
                shot: second.as_ref()?.shot,
            })
        })
        .collect()
}

#[derive(Serialize)]
struct Said<'a> {
    word: &'a str,
    start: f64,
    end: f64,
}

fn said(events: &Events, window: TimeSpan) -> Measured<Vec<Said<'_>>> {
    let speech = events.speech.events()?;
    let words = speech.utterances.iter().flat_map(|one| &one.words);
    let inside = words.filter(|word| window.contains(word.span.start));
    Ok(inside
        .map(|word| Said {
            word: &word.text,
            start: word.span.start.seconds(),
            end: word.span.end.seconds(),
        })
        .collect())
}

#[derive(Serialize)]
struct Written<'a> {
    text: &'a str,
    role: TextRole,
    start: f64,
    end: f64,
}

fn written(events: &Events, window: TimeSpan) -> Measured<Vec<Written<'_>>> {
    let texts = events.published.texts.as_ref().map_err(Clone::clone)?;
    let supers = texts.iter().filter(|text| text.is_super());
    let mut written: Vec<Written<'_>> = supers
        .flat_map(|text| text.intervals.iter().map(move |span| (text, *span)))
        .filter(|(_, span)| spans::overlap(*span, window))
        .map(|(text, span)| Written {
            text: &text.content,
            role: text.role,
            start: span.start.seconds(),
            end: span.end.seconds(),
        })
        .collect();
    // Stable: among equals the order of the tracks stays.
    written.sort_by(|a, b| a.start.total_cmp(&b.start));
    Ok(written)
}

/// The expression most frames of a window show, the first of equals.
#[must_use]
pub fn dominant(expressions: &Expressions, window: TimeSpan) -> Option<EmotionLabel> {
    let mut counts: Vec<(EmotionLabel, usize)> = Vec::new();
    let seen = expressions.seen.iter();
    for one in seen.filter(|one| window.contains(one.time)) {
        match counts.iter_mut().find(|(label, _)| *label == one.label) {
            Some((_, count)) => *count += 1,
            None => counts.push((one.label, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    let first = counts.into_iter().find(|(_, count)| *count == most);
    first.map(|(label, _)| label)
}

/// Mean valence of the expressions in a window.
#[must_use]
pub fn mean_valence(expressions: &Expressions, window: TimeSpan) -> Option<f64> {
    let seen = expressions.seen.iter();
    let inside = seen.filter(|one| window.contains(one.time));
    numbers::mean(&inside.map(|one| one.valence).collect::<Vec<_>>())
}

/// Shares of a window that are speech, music, other sound and silence: the mean over its seconds,
/// each by its length.
///
/// # Errors
/// The reason, if not all of the window was classified.
pub fn heard(seconds: &[ClassShares], clock: Clock, window: TimeSpan) -> Measured<ClassShares> {
    let mut sum = ClassShares {
        speech: 0.0,
        music: 0.0,
        other: 0.0,
        silence: 0.0,
    };
    let whole = spans::length(window);
    if whole <= 0.0 {
        return Err(crate::compute::measure::NO_DURATION);
    }
    for index in 0..clock.second_count() {
        let length = spans::length(spans::common(clock.second(index), window));
        if length <= 0.0 {
            continue;
        }
        let shares = seconds.get(index);
        let shares = shares.ok_or_else(|| Reason::from("the sound ends before the window does"))?;
        let weight = length / whole;
        sum.speech += weight * shares.speech;
        sum.music += weight * shares.music;
        sum.other += weight * shares.other;
        sum.silence += weight * shares.silence;
    }
    Ok(sum)
}

/// Modalities that were measured, but not in all of the window.
fn partly(events: &Events, window: TimeSpan) -> Vec<&'static str> {
    let partly = |modality: &&Modality| {
        let sampled = events.sampled(**modality);
        sampled.is_ok() && finding::covers(sampled, window).is_err()
    };
    let partial = super::NEEDED.iter().filter(partly);
    partial.map(|modality| modality.as_str()).collect()
}

pub(super) fn put(block: &mut Block, events: &Events) {
    let window = window(events.clock);
    let objects = timed(events, events.objects.events());
    let field = |name: &str| format!("first3Seconds.{name}");
    block.put(
        &field("seen.objects"),
        given(&objects, |all| classes(all, window)),
    );
    block.put(
        &field("seen.mostPersons"),
        given(&objects, |all| most_persons(all, window)),
    );
    let people = events.people.events();
    let framing = given_some(&people, |all| Framing::of(events.clock, all));
    let types = given(&framing, |framing| shot_types(framing, window));
    block.put(&field("seen.shotTypes"), timed(events, types));
    block.put(&field("said"), timed(events, said(events, window)));
    block.put(&field("written"), timed(events, written(events, window)));
    let expressions = timed(events, events.emotions.events());
    let none = || Reason::from("no expression was seen in the first three seconds");
    let label = given_some(&expressions, |all| dominant(all, window).ok_or_else(none));
    block.put(&field("felt.dominantExpression"), label);
    let valence = given_some(&expressions, |all| {
        mean_valence(all, window).ok_or_else(none)
    });
    block.put(&field("felt.meanValence"), valence);
    let classes = timed(
        events,
        events.published.classes.as_ref().map_err(Clone::clone),
    );
    let heard = given_some(&classes, |all| heard(all, events.clock, window));
    let share = |of: fn(&ClassShares) -> f64| given(&heard, |shares| of(shares).min(1.0));
    block.put(&field("heard.speechShare"), share(|all| all.speech));
    block.put(&field("heard.musicShare"), share(|all| all.music));
    block.put(&field("heard.otherShare"), share(|all| all.other));
    block.put(&field("heard.silenceShare"), share(|all| all.silence));
    block.put(
        &field("partlyLookedAt"),
        timed(events, Ok(partly(events, window))),
    );
}

const NULL_OBJECTS: &str = "objects were not looked for, or the video has no duration";
const NULL_FACES: &str = "faces were not looked for, or the video has no duration";
const NULL_SPEECH: &str = "nothing was listened to, or the video has no duration";
const NULL_TEXT: &str = "text was not read, or the video has no duration";
const NULL_EMOTIONS: &str =
    "expressions were not measured, none is seen, or the video has no duration";
const NULL_SOUND: &str =
    "the sound was not classified over all of it, or the video has no duration";
const CLASSES: &str = "classes of sound";

define_metrics!(
    "creative_measures",
    "hook",
    [
        (
            "first3Seconds.seen.objects[].class",
            "class of objects seen in the first 3 s, by first sight, then by name",
            "objects",
            "COCO class",
            Range::Text("any class"),
            NULL_OBJECTS
        ),
        (
            "first3Seconds.seen.objects[].start",
            "time of its first sight",
            "objects",
            "s",
            Range::WITHIN_VIDEO,
            NULL_OBJECTS
        ),
        (
            "first3Seconds.seen.objects[].end",
            "time of its last sight in the first 3 s",
            "objects",
            "s",
            Range::WITHIN_VIDEO,
            NULL_OBJECTS
        ),
        (
            "first3Seconds.seen.mostPersons",
            "most objects of class person in one frame of the first 3 s",
            "objects",
            "persons",
            Range::COUNT,
            NULL_OBJECTS
        ),
        (
            "first3Seconds.seen.shotTypes[].start",
            "beginning of a second that was looked at",
            "faces",
            "s",
            Range::WITHIN_VIDEO,
            NULL_FACES
        ),
        (
            "first3Seconds.seen.shotTypes[].end",
            "end of that second, at most 3 s",
            "faces",
            "s",
            Range::WITHIN_VIDEO,
            NULL_FACES
        ),
        (
            "first3Seconds.seen.shotTypes[].type",
            "how near the main face is in that second",
            "faces",
            "name",
            Range::FRAMING,
            NULL_FACES
        ),
        (
            "first3Seconds.said[].word",
            "a word that begins in the first 3 s",
            "speech",
            "text",
            Range::Text("any text"),
            NULL_SPEECH
        ),
        (
            "first3Seconds.said[].start",
            "when it begins",
            "speech",
            "s",
            Range::WITHIN_VIDEO,
            NULL_SPEECH
        ),
        (
            "first3Seconds.said[].end",
            "when it ends",
            "speech",
            "s",
            Range::WITHIN_VIDEO,
            NULL_SPEECH
        ),
        (
            "first3Seconds.written[].text",
            "a text laid over the picture in the first 3 s, but for watermarks",
            "text",
            "text",
            Range::Text("any text"),
            NULL_TEXT
        ),
        (
            "first3Seconds.written[].role",
            "what it is for",
            "text",
            "name",
            Range::OneOf(&[
                "hook_title",
                "caption",
                "cta",
                "price",
                "handle",
                "hashtag",
                "other"
            ]),
            NULL_TEXT
        ),
        (
            "first3Seconds.written[].start",
            "when it appears",
            "text",
            "s",
            Range::WITHIN_VIDEO,
            NULL_TEXT
        ),
        (
            "first3Seconds.written[].end",
            "when it disappears",
            "text",
            "s",
            Range::WITHIN_VIDEO,
            NULL_TEXT
        ),
        (
            "first3Seconds.felt.dominantExpression",
            "the expression most frames of the first 3 s show, the first of equals",
            "expressions of the main face",
            "label",
            Range::EMOTION,
            NULL_EMOTIONS
        ),
        (
            "first3Seconds.felt.meanValence",
            "mean valence of the expressions of the first 3 s",
            "expressions of the main face",
            "1",
            Range::Between(-1.0, 1.0),
            NULL_EMOTIONS
        ),
        (
            "first3Seconds.heard.speechShare",
            "share of the first 3 s that is speech, also over music",
            CLASSES,
            "1",
            Range::Share,
            NULL_SOUND
        ),
        (
            "first3Seconds.heard.musicShare",
            "share that is music, also with singing",
            CLASSES,
            "1",
            Range::Share,
            NULL_SOUND
        ),
        (
            "first3Seconds.heard.otherShare",
            "share that is any other sound",
            CLASSES,
            "1",
            Range::Share,
            NULL_SOUND
        ),
        (
            "first3Seconds.heard.silenceShare",
            "share below the level of silence",
            CLASSES,
            "1",
            Range::Share,
            NULL_SOUND
        ),
        (
            "first3Seconds.partlyLookedAt",
            "modalities that were measured, but not in every one of these seconds",
            "coverage",
            "names",
            Range::ListOf(&Range::OneOf(super::NEEDED_NAMES)),
            "the video has no duration"
        ),
    ]
);
