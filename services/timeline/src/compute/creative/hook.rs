//! `hook`: what comes first, and how soon.

use super::{finding, first_seconds, terms, timed};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, second_of},
        coverage::SampledSeconds,
        events::Events,
        framing::core::LOOKING,
        measure::{Measured, Reason, given, given_some},
        published::{self, Sight},
        spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan};
use std::collections::BTreeMap;

/// Length of the opening and of the windows shots are counted in, in seconds: what the ABCD
/// detector calls early.
pub const OPENING_SECONDS: f64 = 5.0;
/// A first shot shorter than this is a dynamic start, in seconds: `dynamic_cutoff_ms` of the ABCD
/// detector.
pub const DYNAMIC_START_SECONDS: f64 = 3.0;

const NOT_LOOKED_BEFORE: Reason =
    Reason::of("not every second before the first sight of it was looked at");

/// The earliest of `times`, in seconds.
///
/// # Errors
/// `none` if there is none, or that an earlier one may have been missed.
pub fn first(
    times: impl IntoIterator<Item = MediaTime>,
    sampled: &SampledSeconds,
    clock: Clock,
    none: Reason,
) -> Measured<f64> {
    let first = times.into_iter().min();
    let before = first.map_or(clock.second_count(), second_of);
    if !(0..before).all(|second| sampled.contains(second)) {
        return Err(NOT_LOOKED_BEFORE);
    }
    first.map(MediaTime::seconds).ok_or(none)
}

/// Position of the first shot of the window of five seconds in which most shots begin, and how
/// many do; zero of none.
#[must_use]
pub fn busiest(shots: &[TimeSpan]) -> (usize, usize) {
    let reach = MediaTime::from_seconds(OPENING_SECONDS).nanos();
    let mut best = (0, 0);
    let mut end = 0;
    for (position, shot) in shots.iter().enumerate() {
        let limit = MediaTime::from_nanos(shot.start.nanos().saturating_add(reach));
        while shots.get(end).is_some_and(|other| other.start < limit) {
            end += 1;
        }
        if end - position > best.1 {
            best = (position, end - position);
        }
    }
    best
}

/// Number of shots that begin in a window.
#[must_use]
pub fn beginning_in(shots: &[TimeSpan], window: TimeSpan) -> usize {
    shots
        .iter()
        .filter(|shot| window.contains(shot.start))
        .count()
}

/// Length of the first shot, in seconds.
///
/// # Errors
/// The reason, if shots were not looked for as far as it goes.
pub fn first_shot(events: &Events) -> Measured<f64> {
    let shots = events.shots.events()?;
    let first = shots.intervals.first().copied();
    let first = first.ok_or_else(|| Reason::from("there is no shot"))?;
    if shots.boundaries.is_empty() {
        finding::covers(events.shots.sampled(), events.clock.span())?;
    }
    Ok(spans::length(first))
}

/// Where persons are seen: faces, and objects of class person.
///
/// # Errors
/// The reason, if neither was looked for.
pub fn persons(events: &Events) -> Measured<Vec<(&'static str, Sight)>> {
    let faces = published::faces(events);
    let persons = published::objects(events, |class| class == "person");
    if faces.is_err() {
        persons.as_ref().map_err(Clone::clone)?;
    }
    let named = |modality, sights: Measured<Vec<Sight>>| {
        let sights = sights.unwrap_or_default().into_iter();
        sights.map(move |sight| (modality, sight))
    };
    Ok(named("faces", faces)
        .chain(named("objects", persons))
        .collect())
}

/// Share (0–1) of the measurements of the main face's gaze in `window` that look into the camera.
///
/// # Errors
/// The reason, if there is none.
pub fn eye_contact(events: &Events, window: TimeSpan) -> Measured<f64> {
    let people = events.people.events()?;
    let gaze = people.gaze.iter();
    let main: Vec<f64> = gaze
        .filter(|one| one.rank == 1 && window.contains(one.time))
        .map(|one| one.eye_contact)
        .collect();
    if main.is_empty() {
        return Err("where the main face looks was not measured there".into());
    }
    let looking = main.iter().filter(|contact| **contact > LOOKING).count();
    Ok(looking as f64 / main.len() as f64)
}

/// Share (0–1) of the frames looked at while a voice is active in which the main face looks into
/// the camera.
///
/// # Errors
/// The reason, if nobody was looked at or listened to, or no frame falls into the voice.
pub fn talking_to_camera(events: &Events) -> Measured<f64> {
    let voice = spans::union(events.speech.events()?.voice.iter().copied());
    let people = events.people.events()?;
    if voice.is_empty() {
        return Err("no voice is active".into());
    }
    let mut frames: BTreeMap<MediaTime, bool> = BTreeMap::new();
    for frame in &people.frames {
        let next = voice.partition_point(|span| span.end <= frame.time);
        if voice
            .get(next)
            .is_some_and(|span| span.contains(frame.time))
        {
            frames.insert(frame.time, false);
        }
    }
    for gaze in people.gaze.iter().filter(|one| one.rank == 1) {
        if let Some(looks) = frames.get_mut(&gaze.time) {
            *looks |= gaze.eye_contact > LOOKING;
        }
    }
    if frames.is_empty() {
        return Err("no frame was looked at while a voice is active".into());
    }
    let looking = frames.values().filter(|looks| **looks).count();
    Ok(looking as f64 / frames.len() as f64)
}

fn first_text(events: &Events) -> Measured<f64> {
    let texts = events.published.texts.as_ref().map_err(Clone::clone)?;
    let supers = texts.iter().filter(|text| text.is_super());
    let starts = supers.flat_map(|text| text.intervals.iter().map(|span| span.start));
    let none = Reason::from("no text is laid over the picture");
    first(starts, events.text.sampled()?, events.clock, none)
}

fn first_speech(events: &Events, voices: bool) -> Measured<f64> {
    let speech = events.speech.events()?;
    let words = speech.utterances.iter().flat_map(terms::timed_words);
    let said = words.map(|(_, span)| span.start);
    let voice = speech.voice.iter().filter(|_| voices).map(|one| one.start);
    let none = Reason::from("nothing is said");
    first(
        said.chain(voice),
        events.speech.sampled()?,
        events.clock,
        none,
    )
}

fn first_person(events: &Events) -> Measured<f64> {
    let times = persons(events)?.into_iter().map(|(_, sight)| sight.time);
    let earliest = times.min();
    // Faces alone do not tell that nobody is there.
    let sampled = match events.objects.sampled() {
        Err(_) if earliest.is_some() => events.people.sampled(),
        sampled => sampled,
    };
    let none = Reason::from("no person is seen");
    first(earliest, sampled?, events.clock, none)
}

fn first_product(events: &Events) -> Measured<f64> {
    let products = super::advertised::products_seen(events)?.into_iter();
    let none = Reason::from("no object of the product classes is seen");
    let times = products.map(|sight| sight.time);
    first(times, events.objects.sampled()?, events.clock, none)
}

fn put_first(block: &mut Block, events: &Events) {
    let faces = published::faces(events).and_then(|faces| {
        let times = faces.into_iter().map(|sight| sight.time);
        let none = Reason::from("no face is seen");
        first(times, events.people.sampled()?, events.clock, none)
    });
    let cut = events.shots.events().and_then(|shots| {
        let times = shots.boundaries.iter().map(|one| one.time);
        let none = Reason::from("there is only one shot");
        first(times, events.shots.sampled()?, events.clock, none)
    });
    for (field, value) in [
        ("timeToFirstFace", faces),
        ("timeToFirstText", first_text(events)),
        ("timeToFirstSpeech", first_speech(events, true)),
        ("timeToFirstWord", first_speech(events, false)),
        ("timeToFirstCut", cut),
        ("timeToFirstPerson", first_person(events)),
        ("timeToFirstProduct", first_product(events)),
    ] {
        block.put(field, timed(events, value));
    }
}

pub(super) fn block(events: &Events) -> Block {
    let mut block = Block::new("hook");
    put_first(&mut block, events);
    let shots = events.shots.events();
    let window = finding::opening(events.clock, OPENING_SECONDS);
    let sampled = || events.shots.sampled();
    let early = finding::covers(sampled(), window);
    let early = early.and_then(|()| given(&shots, |all| beginning_in(&all.intervals, window)));
    block.put("shotsInFirst5Seconds", early);
    let whole = finding::covers(sampled(), events.clock.span());
    let most = whole.and_then(|()| given(&shots, |all| busiest(&all.intervals).1));
    block.put("mostShotsIn5Seconds", most);
    let length = timed(events, first_shot(events));
    let dynamic = given_some(&length, |length| Ok(*length < DYNAMIC_START_SECONDS));
    block.put("firstShotLength", length);
    block.put("dynamicStart", dynamic);
    let three = first_seconds::window(events.clock);
    block.put(
        "eyeContactShareFirst3Seconds",
        timed(events, eye_contact(events, three)),
    );
    block.put(
        "talkingToCameraShare",
        timed(events, talking_to_camera(events)),
    );
    first_seconds::put(&mut block, events);
    block
}

const NULL_FACES: &str = "faces were not looked for, none is seen, or not every second before the first was looked at, or the video has no duration";
const NULL_TEXT: &str = "text was not read, none is laid over the picture, or not every second before the first was looked at, or the video has no duration";
const NULL_SPEECH: &str = "nothing was listened to or is said, or not every second before was listened to, or the video has no duration";
const NULL_SHOTS: &str =
    "shots were not looked for in all of the window, or the video has no duration";

define_metrics!(
    "creative_measures",
    "hook",
    [
        (
            "timeToFirstFace",
            "time of the first frame with a face",
            "faces",
            "s",
            Range::WITHIN_VIDEO,
            NULL_FACES
        ),
        (
            "timeToFirstText",
            "beginning of the first text laid over the picture, but for watermarks",
            "text",
            "s",
            Range::WITHIN_VIDEO,
            NULL_TEXT
        ),
        (
            "timeToFirstSpeech",
            "beginning of the first active voice or word, whichever is earlier",
            "speech",
            "s",
            Range::WITHIN_VIDEO,
            NULL_SPEECH
        ),
        (
            "timeToFirstWord",
            "beginning of the first word",
            "speech",
            "s",
            Range::WITHIN_VIDEO,
            NULL_SPEECH
        ),
        (
            "timeToFirstCut",
            "time of the first boundary between two shots",
            "shots",
            "s",
            Range::WITHIN_VIDEO,
            "shots were not looked for, there is only one, or not every second before was looked at, or the video has no duration"
        ),
        (
            "timeToFirstPerson",
            "time of the first frame with a face or an object of class person",
            "faces, objects",
            "s",
            Range::WITHIN_VIDEO,
            "neither was looked for, nobody is seen, or not every second before was looked at, or the video has no duration"
        ),
        (
            "timeToFirstProduct",
            "time of the first frame with an object of one of the classes in `brand.product_classes`",
            "objects, settings",
            "s",
            Range::WITHIN_VIDEO,
            "no classes are set, objects were not looked for, none is seen, or not every second before was looked at, or the video has no duration"
        ),
        (
            "shotsInFirst5Seconds",
            "number of shots that begin in the first 5 s, the first one included",
            "shots",
            "shots",
            Range::count_from(1),
            NULL_SHOTS
        ),
        (
            "mostShotsIn5Seconds",
            "largest number of shots that begin within any 5 s",
            "shots",
            "shots",
            Range::count_from(1),
            NULL_SHOTS
        ),
        (
            "firstShotLength",
            "length of the first shot",
            "shots",
            "s",
            Range::WITHIN_VIDEO,
            "shots were not looked for as far as it goes, or the video has no duration"
        ),
        (
            "dynamicStart",
            "firstShotLength < 3 s",
            "shots",
            "flag",
            Range::Boolean,
            "as firstShotLength"
        ),
        (
            "eyeContactShareFirst3Seconds",
            "share of the measurements of the main face's gaze in the first 3 s with an eye contact above 0.5",
            "gaze",
            "1",
            Range::Share,
            "gaze was not measured there, or the video has no duration"
        ),
        (
            "talkingToCameraShare",
            "of the frames looked at while a voice is active, the share in which the main face looks into the camera (eye contact above 0.5); a frame without a measurement of it does not look",
            "gaze, speech",
            "1",
            Range::Share,
            "faces were not looked for, nothing was listened to, no voice is active, no frame falls into it, or the video has no duration"
        ),
    ]
);
