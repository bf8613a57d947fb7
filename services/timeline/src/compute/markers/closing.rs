//! `cta_window`: what is asked for, shown and said at the end.

use super::{
    Evidence, moments,
    moments::{TextMoment, second},
    opening::NO_PLACE,
};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, span_key},
        events::{Overlay, Sighting, Utterance},
        measure::{Measured, Reason, given, given_some},
        phrases::{Found, MARKER_CALLS, find, find_in, readable, words},
        spans::{common, overlap, total_seconds, union},
    },
    metrics::{Horizon, Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan};
use serde::Serialize;
use std::collections::BTreeSet;

/// The window begins after this share of the video, in hundredths.
const BEGINS_AT: u128 = 85;

/// Where something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// In a text on the screen.
    Text,
    /// In what is said.
    Speech,
}

/// Something that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CallAppearance {
    #[serde(skip)]
    time: MediaTime,
    /// The second in which it is first seen or said inside the window.
    pub timestamp: String,
    /// The word or phrase that asks.
    pub keyword: &'static str,
    /// The text or sentence it stands in.
    pub context: String,
    /// Where it stands.
    #[serde(rename = "type")]
    pub medium: Medium,
}

/// The last 15 % of the video.
#[must_use]
pub fn window(clock: Clock) -> TimeSpan {
    let begin = u128::from(clock.duration().nanos()) * BEGINS_AT / 100;
    let begin = u64::try_from(begin).map_or(clock.duration(), MediaTime::from_nanos);
    TimeSpan::new(begin, clock.duration())
}

/// Every word or phrase that asks for something, once for each interval of a text.
#[must_use]
pub fn written_calls(texts: &[Overlay], window: TimeSpan) -> Vec<CallAppearance> {
    let mut calls = Vec::new();
    for text in texts {
        let found = find_in(&text.content, MARKER_CALLS);
        let visible = text.intervals.iter().filter(|span| overlap(**span, window));
        for span in visible {
            let at = span.start.max(window.start);
            let times = found.iter().map(|one| (at, *one));
            calls.extend(appearances(times, &text.content, Medium::Text));
        }
    }
    calls
}

/// Every word or phrase that asks for something, once for each sentence that begins to say it in
/// the window. A sentence without timed words says all of them when it begins.
#[must_use]
pub fn spoken_calls(utterances: &[Utterance], window: TimeSpan) -> Vec<CallAppearance> {
    let mut calls = Vec::new();
    for one in utterances.iter().filter(|one| overlap(one.span, window)) {
        // A written word may be several words, as in `link-in-bio`.
        let row: Vec<(String, TimeSpan)> = one
            .words
            .iter()
            .flat_map(|word| words(&word.text).into_iter().map(|part| (part, word.span)))
            .collect();
        let parts: Vec<&str> = row.iter().map(|(part, _)| part.as_str()).collect();
        let found: Vec<(MediaTime, Found)> = if row.is_empty() {
            let all = find_in(&one.text, MARKER_CALLS).into_iter();
            all.map(|call| (one.span.start.max(window.start), call))
                .collect()
        } else {
            let all = find(&parts, MARKER_CALLS).into_iter();
            let timed = all.filter_map(|call| Some((row.get(call.first)?.1, call)));
            timed
                .filter(|(span, _)| overlap(*span, window))
                .map(|(span, call)| (span.start.max(window.start), call))
                .collect()
        };
        calls.extend(appearances(found, &one.text, Medium::Speech));
    }
    calls
}

/// One appearance per phrase, the first.
fn appearances(
    found: impl IntoIterator<Item = (MediaTime, Found)>,
    context: &str,
    medium: Medium,
) -> Vec<CallAppearance> {
    let mut known = BTreeSet::new();
    let first = |(_, call): &(MediaTime, Found)| known.insert(call.phrase.text);
    let appearance = |(time, call): (MediaTime, Found)| CallAppearance {
        time,
        timestamp: second(time),
        keyword: call.phrase.text,
        context: context.into(),
        medium,
    };
    found.into_iter().filter(first).map(appearance).collect()
}

/// Share (0–1) of the gestures in the window that coincide with speech in it.
///
/// # Errors
/// The reason, if there is no gesture in the window.
pub fn sync_ratio(gestures: &[Sighting], speech: &[Utterance], window: TimeSpan) -> Measured<f64> {
    let said: Vec<TimeSpan> = clipped(speech, window);
    let seen: Vec<TimeSpan> = gestures
        .iter()
        .filter(|gesture| overlap(gesture.span, window))
        .map(|gesture| common(gesture.span, window))
        .collect();
    if seen.is_empty() {
        return Err("no gesture is visible in the window".into());
    }
    let coincides = |gesture: &&TimeSpan| said.iter().any(|one| overlap(*one, **gesture));
    Ok(seen.iter().filter(coincides).count() as f64 / seen.len() as f64)
}

fn clipped(speech: &[Utterance], window: TimeSpan) -> Vec<TimeSpan> {
    let inside = speech.iter().filter(|one| overlap(one.span, window));
    inside.map(|one| common(one.span, window)).collect()
}

/// Seconds of the window in which something is said.
#[must_use]
pub fn speech_seconds(speech: &[Utterance], window: TimeSpan) -> f64 {
    total_seconds(&union(clipped(speech, window)))
}

/// Words whose middle lies in the window.
///
/// # Errors
/// The reason, if the words of a sentence said in it are not timed.
pub fn word_count(speech: &[Utterance], window: TimeSpan) -> Measured<usize> {
    let inside = || speech.iter().filter(|one| overlap(one.span, window));
    if inside().any(|one| one.words.is_empty()) {
        return Err("the words of a sentence are not timed".into());
    }
    let middle = |span: TimeSpan| {
        let nanos = u64::midpoint(span.start.nanos(), span.end.nanos());
        MediaTime::from_nanos(nanos)
    };
    let words = inside().flat_map(|one| &one.words);
    Ok(words
        .filter(|word| window.contains(middle(word.span)))
        .count())
}

/// Adds texts, and says why the place of one is null.
pub(super) fn put_texts(block: &mut Block, field: &str, texts: Measured<Vec<TextMoment>>) {
    let lacks_place = |all: &Vec<TextMoment>| all.iter().any(|one| one.position.is_none());
    if texts.as_ref().is_ok_and(lacks_place) {
        block.explain(&format!("{field}[].position"), NO_PLACE);
    }
    block.put(field, texts);
}

fn calls(evidence: &Evidence<'_>, window: TimeSpan) -> Measured<Vec<CallAppearance>> {
    let texts = evidence.events.text.events();
    let speech = evidence.events.speech.events();
    let speech = speech.and_then(|all| readable(all.language.as_deref()).map(|()| all));
    if let (Err(reason), Err(_)) = (&texts, &speech) {
        return Err(reason.clone());
    }
    let mut calls = texts.map_or_else(|_| Vec::new(), |all| written_calls(all, window));
    calls.extend(
        speech
            .into_iter()
            .flat_map(|all| spoken_calls(&all.utterances, window)),
    );
    calls.sort_by(|a, b| {
        let key = |one: &CallAppearance| (one.time, one.medium);
        key(a).cmp(&key(b)).then_with(|| a.context.cmp(&b.context))
    });
    Ok(calls)
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let events = evidence.events;
    let window = window(events.clock);
    let mut block = Block::new("cta_window");
    block.put("time_range", evidence.timed(Ok(span_key(window))));
    block.put("cta_appearances", evidence.timed(calls(evidence, window)));
    let gestures = evidence.timed(events.gestures.events());
    let speech = evidence.timed(events.speech.events().map(|all| &all.utterances));
    let in_window =
        |all: &&Vec<Sighting>| all.iter().filter(|one| overlap(one.span, window)).count();
    let said = given(&speech, |all| moments::speech(all, window).len());
    block.put("gesture_sync.gesture_count", given(&gestures, in_window));
    block.put("gesture_sync.speech_count", said.clone());
    let sync = gestures.and_then(|seen| given_some(&speech, |said| sync_ratio(seen, said, window)));
    block.put("gesture_sync.sync_ratio", sync);
    let objects = evidence.timed(events.objects.events());
    block.put(
        "object_focus",
        given(&objects, |all| moments::objects(all, window)),
    );
    let seconds = given(&speech, |all| speech_seconds(all, window));
    let words = given_some(&speech, |all| word_count(all, window));
    let pace = words.clone().and_then(|words| match seconds.clone()? {
        seconds if seconds > 0.0 => Ok(words as f64 / seconds),
        _ => Err(Reason::of("nothing is said in the window")),
    });
    block.put("speech_emphasis.speech_duration", seconds);
    block.put("speech_emphasis.word_count", words);
    block.put("speech_emphasis.words_per_second", pace);
    block.put("speech_emphasis.segment_count", said);
    let texts = evidence.timed(events.text.events());
    let texts = given(&texts, |all| moments::texts(all, window));
    put_texts(&mut block, "text_overlays", texts);
    block
}

const NULL_TEXT: &str = "texts were not measured, or the video has no duration";
const NULL_CALLS: &str =
    "neither texts nor speech in English were measured, or the video has no duration";
const NULL_GESTURES: &str = "gestures were not measured, or the video has no duration";
const NULL_OBJECTS: &str = "objects were not measured, or the video has no duration";
const NULL_SPEECH: &str = "speech was not measured, or the video has no duration";
const NULL_WORDS: &str =
    "speech was not measured, its words are not timed, or the video has no duration";

define_metrics!(
    "temporal_markers",
    "cta_window",
    [
        (
            "time_range",
            "[0.85 D, D), widened to whole seconds; the other fields use the exact window",
            "probe",
            "s",
            Range::SpanKey,
            "the video has no duration"
        ),
        (
            "cta_appearances[].timestamp",
            "second of the window in which a call is first visible or begins to be said",
            "text, speech",
            "s",
            Range::InstantKey,
            NULL_CALLS
        ),
        (
            "cta_appearances[].keyword",
            "follow, like, subscribe, comment, share, link, bio, check out, click, tap, swipe, buy, shop or order, as whole words; each once per text interval or sentence; English words, so that speech in another language is not searched",
            "text, speech",
            "phrase",
            Range::Text("one of the list"),
            NULL_CALLS
        ),
        (
            "cta_appearances[].context",
            "the text or sentence it stands in",
            "text, speech",
            "text",
            Range::Text("any text"),
            NULL_CALLS
        ),
        (
            "cta_appearances[].type",
            "whether it is written or said",
            "text, speech",
            "name",
            Range::OneOf(&["text", "speech"]),
            NULL_CALLS
        ),
        (
            "gesture_sync.gesture_count",
            "gestures visible in the window",
            "gestures",
            "gestures",
            Range::COUNT,
            NULL_GESTURES
        ),
        (
            "gesture_sync.speech_count",
            "sentences said in the window",
            "speech",
            "sentences",
            Range::COUNT,
            NULL_SPEECH
        ),
        (
            "gesture_sync.sync_ratio",
            "share of the gestures in the window that coincide with speech in it; not the quotient gesture_count / speech_count, which has no upper bound and says nothing of time",
            "gestures, speech",
            "1",
            Range::Share,
            "gestures or speech were not measured, no gesture is visible in the window, or the video has no duration"
        ),
        (
            "object_focus[].class",
            "class of objects seen in the window, the most frequent first, by name among equals",
            "objects",
            "COCO class",
            Range::Text("any class"),
            NULL_OBJECTS
        ),
        (
            "object_focus[].first_appearance",
            "second in which the first of them appears",
            "objects",
            "s",
            Range::InstantKey,
            NULL_OBJECTS
        ),
        (
            "object_focus[].count",
            "its tracks, and runs of frames that show it without a track",
            "objects",
            "objects",
            Range::count_from(1),
            NULL_OBJECTS
        ),
        (
            "speech_emphasis.speech_duration",
            "time of the window in which something is said",
            "speech",
            "s",
            Range::UpTo(0.15, Horizon::Duration),
            NULL_SPEECH
        ),
        (
            "speech_emphasis.word_count",
            "words whose middle lies in the window",
            "speech",
            "words",
            Range::COUNT,
            NULL_WORDS
        ),
        (
            "speech_emphasis.words_per_second",
            "word_count / speech_duration",
            "speech",
            "words/s",
            Range::AtLeast(0.0),
            "as word_count; nothing is said in the window"
        ),
        (
            "speech_emphasis.segment_count",
            "sentences said in the window",
            "speech",
            "sentences",
            Range::COUNT,
            NULL_SPEECH
        ),
        (
            "text_overlays[].timestamp",
            "second in which the text appears; of texts visible in the window",
            "text",
            "s",
            Range::InstantKey,
            NULL_TEXT
        ),
        (
            "text_overlays[].text",
            "what it says",
            "text",
            "text",
            Range::Text("any text"),
            NULL_TEXT
        ),
        (
            "text_overlays[].duration",
            "length of the interval in which it is visible",
            "text",
            "s",
            Range::AtLeast(0.0),
            NULL_TEXT
        ),
        (
            "text_overlays[].position",
            "ninth of the picture it stands in",
            "text",
            "name",
            Range::TEXT_POSITION,
            "texts were not measured, or the place is not known"
        ),
    ]
);
