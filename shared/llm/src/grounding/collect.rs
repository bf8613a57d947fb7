//! Events of a unified analysis, by id.

use super::evidence::Event;
use contracts::analysis::{
    AnalysisName, EMOTIONAL_JOURNEY, METADATA_ANALYSIS, PERSON_FRAMING, SCENE_PACING,
    SPEECH_ANALYSIS, VISUAL_OVERLAY_ANALYSIS,
};
use serde_json::Value;

/// The kinds of events that an analysis may cite.
pub(super) fn kinds(analysis: AnalysisName) -> &'static [&'static str] {
    match analysis {
        EMOTIONAL_JOURNEY => &[
            "emotion",
            "emotion_change",
            "face",
            "gesture",
            "speech",
            "text",
            "loudest",
            "silence",
        ],
        PERSON_FRAMING => &["face", "object", "gesture", "shot", "emotion_change"],
        SCENE_PACING => &[
            "shot", "cut", "flash", "speech", "text", "loudest", "silence",
        ],
        SPEECH_ANALYSIS => &[
            "speech",
            "silence",
            "loudest",
            "gesture",
            "emotion_change",
            "text",
            "shot",
        ],
        VISUAL_OVERLAY_ANALYSIS => &["text", "sticker", "speech", "gesture", "cut", "shot"],
        METADATA_ANALYSIS => &["speech", "text", "sticker", "object"],
        _ => &[
            "shot",
            "cut",
            "text",
            "sticker",
            "object",
            "face",
            "gesture",
            "emotion_change",
            "speech",
            "loudest",
            "silence",
        ],
    }
}

/// Every event of a unified analysis.
pub(super) fn events(unified: &Value) -> Vec<Event> {
    let data = Data(unified);
    [
        cuts(data),
        overlays(data),
        things(data),
        emotions(data),
        sounds(data),
    ]
    .concat()
}

/// What the stages found.
#[derive(Clone, Copy)]
struct Data<'a>(&'a Value);

impl<'a> Data<'a> {
    fn at(self, path: &str) -> Option<&'a Value> {
        self.0.pointer(&format!("/ml_data/{path}"))
    }
    fn list(self, path: &str) -> &'a [Value] {
        let list = self.at(path).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }
}

fn cuts(data: Data<'_>) -> Vec<Event> {
    let shots = data.list("scene_detection/scenes").iter().filter_map(shot);
    let cuts = numbered(data.list("scene_detection/boundaries"));
    let cuts = cuts.filter_map(|(number, one)| {
        let kind = text_at(one, "kind");
        span("cut", number, one, ("transition_start", "time"), kind)
    });
    let flashes = instants("flash", data.list("scene_detection/flashes"), "time", "");
    shots.chain(cuts).chain(flashes).collect()
}

fn overlays(data: Data<'_>) -> Vec<Event> {
    let texts = data.list("ocr/tracks").iter();
    let texts = texts.filter_map(|one| overlay("text", ("trackId", "text"), one));
    let stickers = data.list("ocr/stickers").iter();
    let stickers = stickers.filter_map(|one| overlay("sticker", ("stickerId", "type"), one));
    texts.chain(stickers).collect()
}

fn things(data: Data<'_>) -> Vec<Event> {
    let objects = data.list("yolo/tracks").iter().filter_map(|one| {
        let names = ("trackId", "className");
        track("object", names, ("firstSeen", "lastSeen"), one)
    });
    let faces = data.list("mediapipe/face_tracks").iter().filter_map(|one| {
        let names = ("track_id", "identity");
        track("face", names, ("first_seen", "last_seen"), one)
    });
    let gestures = data.list("mediapipe/gestures");
    let gestures = instants("gesture", gestures, "timestamp", "type");
    objects.chain(faces).chain(gestures).collect()
}

fn emotions(data: Data<'_>) -> Vec<Event> {
    let read = data.list("emotion_detection/emotions");
    let read = instants("emotion", read, "timestamp", "emotion");
    let changes = numbered(data.list("emotion_detection/emotion_transitions"));
    let changes = changes.filter_map(|(number, one)| {
        let label = format!("{} to {}", text_at(one, "from")?, text_at(one, "to")?);
        let times = ("timestamp", "timestamp");
        span("emotion_change", number, one, times, Some(label))
    });
    read.chain(changes).collect()
}

fn sounds(data: Data<'_>) -> Vec<Event> {
    let speech = data.list("whisper/segments").iter().filter_map(segment);
    let silences = numbered(data.list("audio_energy/silences"));
    let silences =
        silences.filter_map(|(number, one)| span("silence", number, one, ("start", "end"), None));
    let loudest = data.at("audio_energy/climax_timestamp");
    let loudest = loudest.and_then(Value::as_f64);
    let loudest =
        loudest.map(|time| event("loudest_1".into(), "loudest", None, vec![(time, time)]));
    speech.chain(silences).chain(loudest).collect()
}

fn numbered(list: &[Value]) -> impl Iterator<Item = (usize, &Value)> {
    (1..).zip(list)
}

fn event(id: String, kind: &str, label: Option<String>, times: Vec<(f64, f64)>) -> Event {
    Event {
        id,
        kind: kind.to_owned(),
        label,
        times,
    }
}

fn seconds(value: &Value, field: &str) -> Option<f64> {
    value.get(field)?.as_f64()
}

fn text_at(value: &Value, field: &str) -> Option<String> {
    value.get(field)?.as_str().map(str::to_owned)
}

fn shot(one: &Value) -> Option<Event> {
    let number = one.get("scene_number")?.as_u64()?;
    let times = vec![(seconds(one, "start_time")?, seconds(one, "end_time")?)];
    Some(event(format!("shot_{number}"), "shot", None, times))
}

fn segment(one: &Value) -> Option<Event> {
    let number = one.get("id")?.as_u64()?;
    let times = vec![(seconds(one, "start")?, seconds(one, "end")?)];
    Some(event(
        format!("speech_{number}"),
        "speech",
        text_at(one, "text"),
        times,
    ))
}

fn overlay(kind: &str, (id, label): (&str, &str), one: &Value) -> Option<Event> {
    let intervals = one.get("intervals")?.as_array()?.iter();
    let times = intervals.map(|span| Some((seconds(span, "start")?, seconds(span, "end")?)));
    let times: Option<Vec<(f64, f64)>> = times.collect();
    Some(event(text_at(one, id)?, kind, text_at(one, label), times?))
}

fn track(
    kind: &str,
    (id, label): (&str, &str),
    (from, to): (&str, &str),
    one: &Value,
) -> Option<Event> {
    let times = vec![(seconds(one, from)?, seconds(one, to)?)];
    Some(event(text_at(one, id)?, kind, text_at(one, label), times))
}

fn span(
    kind: &str,
    number: usize,
    one: &Value,
    (from, to): (&str, &str),
    label: Option<String>,
) -> Option<Event> {
    let times = vec![(seconds(one, from)?, seconds(one, to)?)];
    Some(event(format!("{kind}_{number}"), kind, label, times))
}

fn instants<'a>(
    kind: &'a str,
    list: &'a [Value],
    time: &'a str,
    label: &'a str,
) -> impl Iterator<Item = Event> + 'a {
    numbered(list)
        .filter_map(move |(number, one)| span(kind, number, one, (time, time), text_at(one, label)))
}
