//! `creative`: what a video is made of, as shares of the time that was looked at or listened to.

use super::{advertised, calls, finding, hook, timed};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, second_of},
        coverage::SampledSeconds,
        events::Events,
        framing::{Framing, ShotType},
        measure::{Measured, Reason, given, given_some},
        published::{self, PublishedText},
        spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan, text::TextRole};
use std::collections::BTreeSet;

/// How far a picture may be off a named ratio: what an even number of pixels costs.
pub const RATIO_TOLERANCE: f64 = 0.01;
/// Ratios that have a name, as width and height.
pub const RATIOS: [(&str, f64, f64); 8] = [
    ("9:16", 9.0, 16.0),
    ("16:9", 16.0, 9.0),
    ("1:1", 1.0, 1.0),
    ("4:5", 4.0, 5.0),
    ("5:4", 5.0, 4.0),
    ("2:3", 2.0, 3.0),
    ("3:4", 3.0, 4.0),
    ("4:3", 4.0, 3.0),
];
const RATIO_NAMES: &[&str] = &["9:16", "16:9", "1:1", "4:5", "5:4", "2:3", "3:4", "4:3"];

/// The seconds that were looked at, as intervals.
#[must_use]
pub fn looked_at(clock: Clock, sampled: &SampledSeconds) -> Vec<TimeSpan> {
    let seconds = (0..clock.second_count()).filter(|second| sampled.contains(*second));
    spans::union(seconds.map(|second| clock.second(second)))
}

/// Seconds of the union of `events` that lie in `windows`, and the length of those.
#[must_use]
pub fn within(events: impl IntoIterator<Item = TimeSpan>, windows: &[TimeSpan]) -> (f64, f64) {
    let events = spans::union(events);
    let mut shared = 0.0;
    for window in windows {
        let first = events.partition_point(|event| event.end <= window.start);
        let near = events.iter().skip(first);
        for event in near.take_while(|event| event.start < window.end) {
            shared += spans::length(spans::common(*event, *window));
        }
    }
    (shared, spans::total_seconds(windows))
}

/// Share (0–1) of `part` in `whole`.
///
/// # Errors
/// That nothing was looked at.
fn share((part, whole): (f64, f64)) -> Measured<f64> {
    if whole > 0.0 {
        Ok((part / whole).min(1.0))
    } else {
        Err("no second was looked at".into())
    }
}

/// Seconds with a sight among those looked at, and the number of those.
#[must_use]
pub fn seconds_with(
    times: impl IntoIterator<Item = MediaTime>,
    sampled: &SampledSeconds,
) -> (usize, usize) {
    let seconds: BTreeSet<usize> = times.into_iter().map(second_of).collect();
    let seen = seconds.iter().filter(|second| sampled.contains(**second));
    (seen.count(), sampled.count())
}

fn share_of_seconds(
    times: impl IntoIterator<Item = MediaTime>,
    sampled: &SampledSeconds,
) -> Measured<f64> {
    let (with, all) = seconds_with(times, sampled);
    share((with as f64, all as f64))
}

fn is_caption(text: &PublishedText) -> bool {
    text.is_super() && text.role == TextRole::Caption
}

fn is_no_caption(text: &PublishedText) -> bool {
    text.is_super() && text.role != TextRole::Caption
}

fn text_time(events: &Events, wanted: fn(&PublishedText) -> bool) -> Measured<(f64, f64)> {
    let texts = events.published.texts.as_ref().map_err(Clone::clone)?;
    let looked = looked_at(events.clock, events.text.sampled()?);
    if looked.is_empty() {
        return Err("no second was looked at".into());
    }
    let texts = texts.iter().filter(|text| wanted(text));
    let intervals = texts.flat_map(|text| text.intervals.iter().copied());
    Ok(within(intervals, &looked))
}

/// The named ratio a picture has, within one percent.
#[must_use]
pub fn named_ratio(width: u32, height: u32) -> Option<&'static str> {
    let ratio = f64::from(width) / f64::from(height);
    let near = |(_, w, h): &&(&str, f64, f64)| {
        let named = w / h;
        (ratio / named - 1.0).abs() <= RATIO_TOLERANCE
    };
    RATIOS.iter().find(near).map(|(name, ..)| *name)
}

/// `portrait`, `landscape` or `square`.
#[must_use]
pub fn orientation(width: u32, height: u32) -> &'static str {
    match width.cmp(&height) {
        std::cmp::Ordering::Less => "portrait",
        std::cmp::Ordering::Equal => "square",
        std::cmp::Ordering::Greater => "landscape",
    }
}

/// Whether anything is to be heard: there is an audio stream, and it is not silent throughout.
///
/// # Errors
/// The reason, if the sound was not measured, or is silent as far as it was.
pub fn sound_present(events: &Events) -> Measured<bool> {
    if !events.has_audio {
        return Ok(false);
    }
    let sound = events.sound.events()?;
    if sound.climax.is_some() {
        return Ok(true);
    }
    finding::covers(events.sound.sampled(), events.clock.span())?;
    Ok(false)
}

fn put_text(block: &mut Block, events: &Events) {
    let fields = [
        (
            "textOnScreenSeconds",
            "textOnScreenShare",
            text_time(events, is_no_caption),
        ),
        (
            "captionSeconds",
            "captionShare",
            text_time(events, is_caption),
        ),
    ];
    for (seconds, part, time) in fields {
        let time = timed(events, time);
        block.put(seconds, given(&time, |(seconds, _)| *seconds));
        block.put(part, given_some(&time, |time| share(*time)));
    }
}

fn put_presence(block: &mut Block, events: &Events) {
    let product = advertised::products_seen(events).and_then(|sights| {
        let times = sights.into_iter().map(|sight| sight.time);
        Ok(seconds_with(times, events.objects.sampled()?))
    });
    let product = timed(events, product);
    block.put("productSeconds", given(&product, |(with, _)| *with));
    let part = given_some(&product, |(with, all)| share((*with as f64, *all as f64)));
    block.put("productShare", part);
    let person = hook::persons(events).and_then(|sights| {
        let times = sights.into_iter().map(|(_, sight)| sight.time);
        share_of_seconds(times, events.objects.sampled()?)
    });
    block.put("personShare", timed(events, person));
    let face = published::faces(events).and_then(|sights| {
        let times = sights.into_iter().map(|sight| sight.time);
        share_of_seconds(times, events.people.sampled()?)
    });
    block.put("faceShare", timed(events, face));
    let people = events.people.events();
    let close = given_some(&people, |all| {
        let framing = Framing::of(events.clock, all)?;
        let seconds: Vec<_> = framing.seconds().iter().flatten().collect();
        let close = seconds.iter().filter(|one| one.shot == ShotType::Close);
        share((close.count() as f64, seconds.len() as f64))
    });
    block.put("closeUpShare", timed(events, close));
}

fn put_sound(block: &mut Block, events: &Events) {
    block.put("soundPresent", timed(events, sound_present(events)));
    let speech = events.speech.events();
    let voice = given_some(&speech, |speech| {
        let heard = looked_at(events.clock, events.speech.sampled()?);
        share(within(speech.voice.iter().copied(), &heard))
    });
    block.put("speechShare", timed(events, voice));
    let published = &events.published;
    block.put(
        "musicShare",
        timed(events, given(&published.overall, |all| all.music)),
    );
    block.put(
        "integratedLoudnessLufs",
        timed(events, published.loudness.clone()),
    );
}

pub(super) fn block(events: &Events) -> Block {
    let mut block = Block::new("creative");
    put_text(&mut block, events);
    block.put("callsInText", timed(events, calls::written(events)));
    block.put("callsInSpeech", timed(events, calls::spoken(events)));
    put_presence(&mut block, events);
    put_sound(&mut block, events);
    let (width, height) = events.picture;
    let sized = |value: f64| {
        let known = width > 0 && height > 0;
        known.then_some(value).ok_or(NO_PICTURE)
    };
    let ratio = named_ratio(width, height);
    let ratio = sized(0.0).and_then(|_| ratio.ok_or_else(|| Reason::from(NO_NAME)));
    block.put("aspectRatio", ratio);
    let value = sized(f64::from(width) / f64::from(height.max(1)));
    block.put("aspectRatioValue", value);
    let shown = sized(0.0).map(|_| orientation(width, height));
    block.put("orientation", shown);
    block.put("widthPixels", sized(0.0).map(|_| width));
    block.put("heightPixels", sized(0.0).map(|_| height));
    block.put("lengthSeconds", timed(events, Ok(events.clock.seconds())));
    block
}

const NO_PICTURE: Reason = Reason::of("the size of the picture is not known");
const NO_NAME: &str = "the ratio has no name; aspectRatioValue holds it";

const NULL_TEXT: &str = "text was not read, no second was looked at, or the video has no duration";
const NULL_CALL_TEXT: &str = "text was not read, or the video has no duration";
const NULL_CALL_SPEECH: &str =
    "nothing was listened to, the language is not English, or the video has no duration";
const NULL_PRODUCT: &str = "no product classes are set, objects were not looked for, no second was looked at, or the video has no duration";
const NULL_FACES: &str =
    "faces were not looked for, no second was looked at, or the video has no duration";
const NULL_PICTURE: &str = "the size of the picture is not known";

define_metrics!(
    "creative_measures",
    "creative",
    [
        (
            "textOnScreenSeconds",
            "length of the union of the appearances of texts laid over the picture that are neither captions nor watermarks, in the seconds looked at",
            "text",
            "s",
            Range::WITHIN_VIDEO,
            NULL_TEXT
        ),
        (
            "textOnScreenShare",
            "textOnScreenSeconds / length of the seconds looked at",
            "text",
            "1",
            Range::Share,
            NULL_TEXT
        ),
        (
            "captionSeconds",
            "the same of captions",
            "text",
            "s",
            Range::WITHIN_VIDEO,
            NULL_TEXT
        ),
        (
            "captionShare",
            "captionSeconds / length of the seconds looked at",
            "text",
            "1",
            Range::Share,
            NULL_TEXT
        ),
        (
            "callsInText[].phrase",
            "first of the listed English phrases that a text laid over the picture holds, else of those found when it was read",
            "text",
            "text",
            Range::Text("any phrase"),
            NULL_CALL_TEXT
        ),
        (
            "callsInText[].text",
            "what the text says",
            "text",
            "text",
            Range::Text("any text"),
            NULL_CALL_TEXT
        ),
        (
            "callsInText[].start",
            "when it appears, once per appearance",
            "text",
            "s",
            Range::WITHIN_VIDEO,
            NULL_CALL_TEXT
        ),
        (
            "callsInText[].end",
            "when it disappears",
            "text",
            "s",
            Range::WITHIN_VIDEO,
            NULL_CALL_TEXT
        ),
        (
            "callsInText[].track",
            "track of the text",
            "text",
            "id",
            Range::Text("any id"),
            NULL_CALL_TEXT
        ),
        (
            "callsInSpeech[].phrase",
            "one of the listed English phrases, said as whole words",
            "speech",
            "text",
            Range::Text("any phrase"),
            NULL_CALL_SPEECH
        ),
        (
            "callsInSpeech[].kind",
            "what it asks for",
            "speech",
            "name",
            Range::OneOf(&["engagement", "traffic", "conversion", "save", "viral"]),
            NULL_CALL_SPEECH
        ),
        (
            "callsInSpeech[].start",
            "when its first word begins",
            "speech",
            "s",
            Range::WITHIN_VIDEO,
            NULL_CALL_SPEECH
        ),
        (
            "callsInSpeech[].end",
            "when its last word ends",
            "speech",
            "s",
            Range::WITHIN_VIDEO,
            NULL_CALL_SPEECH
        ),
        (
            "callsInSpeech[].segment",
            "number of the segment of speech",
            "speech",
            "id",
            Range::Text("any id"),
            NULL_CALL_SPEECH
        ),
        (
            "productSeconds",
            "number of seconds looked at in which an object of one of the product classes is seen",
            "objects, settings",
            "seconds",
            Range::COUNT,
            NULL_PRODUCT
        ),
        (
            "productShare",
            "productSeconds / number of seconds looked at",
            "objects, settings",
            "1",
            Range::Share,
            NULL_PRODUCT
        ),
        (
            "personShare",
            "share of the seconds looked at for objects in which a face or an object of class person is seen",
            "objects, faces",
            "1",
            Range::Share,
            "objects were not looked for, no second was looked at, or the video has no duration"
        ),
        (
            "faceShare",
            "share of the seconds looked at in which a face is seen",
            "faces",
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "closeUpShare",
            "share of the seconds looked at whose main face is close",
            "faces",
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "soundPresent",
            "whether there is an audio stream that is not silent throughout",
            "probe, sound",
            "flag",
            Range::Boolean,
            "the sound was not measured, or is silent as far as it was, or the video has no duration"
        ),
        (
            "speechShare",
            "share of the seconds listened to in which a voice is active",
            "speech",
            "1",
            Range::Share,
            "nothing was listened to, or the video has no duration"
        ),
        (
            "musicShare",
            "share of the sound that is music, also with singing",
            "classes of sound",
            "1",
            Range::Share,
            "the sound was not classified, or the video has no duration"
        ),
        (
            "integratedLoudnessLufs",
            "integrated loudness of all of the sound (EBU R 128)",
            "sound",
            "LUFS",
            Range::Number,
            "the sound was not measured, there is none above the gate, or the video has no duration"
        ),
        (
            "aspectRatio",
            "the named ratio of width and height, within 1 %",
            "probe",
            "name",
            Range::OneOf(RATIO_NAMES),
            "the ratio has no name, or the size of the picture is not known"
        ),
        (
            "aspectRatioValue",
            "width / height of the picture as shown",
            "probe",
            "1",
            Range::Above(0.0),
            NULL_PICTURE
        ),
        (
            "orientation",
            "which side is longer",
            "probe",
            "name",
            Range::OneOf(&["portrait", "landscape", "square"]),
            NULL_PICTURE
        ),
        (
            "widthPixels",
            "width of the picture as shown",
            "probe",
            "pixels",
            Range::count_from(1),
            NULL_PICTURE
        ),
        (
            "heightPixels",
            "height of the picture as shown",
            "probe",
            "pixels",
            Range::count_from(1),
            NULL_PICTURE
        ),
        (
            "lengthSeconds",
            "D",
            "probe",
            "s",
            Range::Above(0.0),
            "the video has no duration"
        ),
    ]
);
