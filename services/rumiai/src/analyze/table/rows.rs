//! A row or two for everything that was looked for.

use crate::analyze::findings::{
    ClassCount, EmotionSummary, Findings, LabelSummary, PeopleSummary, SafetySummary, SoundSummary,
    SpeechSummary, TextSummary,
};
use contracts::speech::SpeechStatus;
use serde::Serialize;
use serde_json::Value;
use std::{cmp::Reverse, collections::BTreeMap};

/// One row: a label and what it says.
pub(super) type Row = (&'static str, String);

const LISTED_TEXTS: usize = 6;
const LISTED_LABELS: usize = 5;
const QUOTED_CHARS: usize = 60;
const TRANSCRIPT_CHARS: usize = 160;

/// What was found, a row each.
pub(super) fn findings(found: &Findings) -> Vec<Row> {
    let or_not = |text: Option<String>| text.unwrap_or_else(|| "not measured".into());
    let mut rows = vec![
        ("shots", or_not(found.shots.map(|count| count.to_string()))),
        ("objects", or_not(found.objects.as_ref().map(objects))),
        ("people", or_not(found.people.as_ref().map(people))),
        ("emotions", or_not(found.emotions.as_ref().map(emotions))),
    ];
    match &found.text {
        Some(texts) => rows.extend(text(texts)),
        None => rows.push(("text", or_not(None))),
    }
    rows.push(("speech", or_not(found.speech.as_ref().map(speech))));
    rows.push(("sound", or_not(found.sound.as_ref().map(sound))));
    rows.push(("labels", or_not(found.labels.as_deref().map(labels))));
    rows.push((
        "safety",
        found.safety.map_or_else(
            || "unavailable: nothing is said about it".into(),
            |found| safety(&found),
        ),
    ));
    rows
}

/// When each thing first comes, in seconds; nothing if none of them was measured.
pub(super) fn hook(hook: &Value) -> Option<String> {
    let firsts = [
        ("face", "timeToFirstFace"),
        ("text", "timeToFirstText"),
        ("speech", "timeToFirstSpeech"),
        ("cut", "timeToFirstCut"),
    ];
    let told: Vec<String> = firsts
        .iter()
        .filter_map(|(name, field)| {
            let seconds = hook[field].as_f64()?;
            Some(format!("{name} at {seconds:.1} s"))
        })
        .collect();
    (!told.is_empty()).then(|| format!("first {}", told.join(", ")))
}

fn objects(classes: &BTreeMap<String, ClassCount>) -> String {
    if classes.is_empty() {
        return "none".into();
    }
    let mut classes: Vec<_> = classes.iter().collect();
    classes.sort_by_key(|(name, count)| (Reverse(count.tracks), Reverse(count.detections), *name));
    let tracked = classes.iter().filter(|(_, count)| count.tracks > 0);
    let tracked: Vec<_> = tracked
        .map(|(name, count)| format!("{name} {}", plural(count.tracks as usize, "track")))
        .collect();
    let fleeting: Vec<_> = classes
        .iter()
        .filter(|(_, count)| count.tracks == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    let mut parts = Vec::new();
    if !tracked.is_empty() {
        parts.push(tracked.join(", "));
    }
    if !fleeting.is_empty() {
        parts.push(format!("too briefly for a track: {}", fleeting.join(", ")));
    }
    parts.join("; ")
}

fn people(found: &PeopleSummary) -> String {
    let tracks = plural(found.face_tracks, "face track");
    let mut parts = vec![match found.identities {
        Some(identities) => format!("{tracks} of {}", plural(identities, "known face")),
        None => tracks,
    }];
    if found.most_faces > 1 {
        parts.push(format!("up to {} faces at once", found.most_faces));
    }
    if let Some(share) = found.presence_percentage {
        parts.push(format!("somebody in {share:.0} % of frames"));
    }
    if let Some(contact) = found.mean_eye_contact {
        parts.push(format!("eye contact {contact:.2}"));
    }
    parts.extend(
        found
            .gestures
            .iter()
            .map(|(kind, count)| format!("{} in {}", name(kind), plural(*count as usize, "frame"))),
    );
    parts.join(", ")
}

fn emotions(found: &EmotionSummary) -> String {
    let mut labels: Vec<_> = found.frames.iter().collect();
    labels.sort_by_key(|(_, frames)| Reverse(**frames));
    let labels: Vec<_> = labels
        .into_iter()
        .map(|(label, frames)| format!("{} {}", name(label), plural(*frames as usize, "frame")))
        .collect();
    let seen = match found.detection_rate {
        Some(rate) => format!("faces read in {:.0} % of frames", rate * 100.0),
        None => "there are no frames".into(),
    };
    match (labels.is_empty(), &found.dominant) {
        (true, _) => format!("none: {seen}"),
        (false, None) => format!("{}; {seen}, too few for a verdict", labels.join(", ")),
        (false, Some(dominant)) => format!(
            "mostly {} ({}), {}; {seen}",
            name(dominant),
            labels.join(", "),
            plural(found.transitions, "change"),
        ),
    }
}

fn text(texts: &[TextSummary]) -> Vec<Row> {
    if texts.is_empty() {
        return vec![("text", "none".into())];
    }
    let label = |index: usize| if index == 0 { "text" } else { "" };
    let mut rows: Vec<Row> = texts
        .iter()
        .take(LISTED_TEXTS)
        .enumerate()
        .map(|(index, text)| {
            let times: Vec<_> = text
                .intervals
                .iter()
                .map(|[start, end]| format!("{start:.1}-{end:.1} s"))
                .collect();
            let quoted = quote(&text.text, QUOTED_CHARS);
            let row = format!("{quoted} {}, {}", name(&text.role), times.join(", "));
            (label(index), row)
        })
        .collect();
    if texts.len() > LISTED_TEXTS {
        rows.push(("", format!("and {} more", texts.len() - LISTED_TEXTS)));
    }
    rows
}

fn speech(heard: &SpeechSummary) -> String {
    match heard.status {
        SpeechStatus::NoAudio => "none: no audio stream".into(),
        SpeechStatus::NoSpeech => "no speech".into(),
        SpeechStatus::Speech => {
            let language = heard.language.as_deref().unwrap_or("unknown language");
            let sure = heard.language_probability;
            let sure = sure.map(|share| format!(" {:.0} %", share * 100.0));
            format!(
                "{language}{}, {}: {}",
                sure.unwrap_or_default(),
                plural(heard.words, "word"),
                quote(&heard.text, TRANSCRIPT_CHARS)
            )
        }
    }
}

fn sound(sound: &SoundSummary) -> String {
    if !sound.has_audio {
        return "none: no audio stream".into();
    }
    let mut parts = Vec::new();
    if let Some(classes) = &sound.classes {
        let shares = [
            ("speech", classes.speech),
            ("music", classes.music),
            ("other", classes.other),
            ("silence", classes.silence),
        ];
        parts.extend(shares.map(|(class, share)| format!("{class} {:.0} %", share * 100.0)));
    }
    if let Some(loudness) = sound.integrated_loudness_lufs {
        parts.push(format!("{loudness:.1} LUFS"));
    }
    if let Some(tempo) = sound.tempo_bpm {
        parts.push(format!("{tempo:.0} beats per minute"));
    }
    let windows = plural(sound.energy_windows, "energy window");
    parts.push(format!("{windows} ({})", name(&sound.burst_pattern)));
    parts.join(", ")
}

fn labels(labels: &[LabelSummary]) -> String {
    if labels.is_empty() {
        return "none fits well enough".into();
    }
    let listed: Vec<_> = labels
        .iter()
        .take(LISTED_LABELS)
        .map(|label| format!("{} {:.2}", label.label, label.confidence))
        .collect();
    listed.join(", ")
}

fn safety(found: &SafetySummary) -> String {
    match (&found.rating, found.max_nsfw_score) {
        (Some(rating), Some(score)) => format!(
            "{}: highest score {score:.2} in {}",
            name(rating),
            plural(found.frames as usize, "frame")
        ),
        _ => "unavailable: no frame was looked at".into(),
    }
}

/// Which modalities were measured, in what share of the seconds, and which were not.
pub(super) fn coverage(coverage: &Value) -> String {
    let rows: Vec<_> = coverage.as_object().into_iter().flatten().collect();
    let measured = |row: &&(&String, &Value)| row.1["measured"] == true;
    let share = |(name, row): &(&String, &Value)| match row["share"].as_f64() {
        Some(share) => format!("{name} {:.0} %", share * 100.0),
        None => (*name).clone(),
    };
    let present: Vec<_> = rows.iter().filter(measured).map(share).collect();
    let absent: Vec<_> = rows
        .iter()
        .filter(|row| !measured(row))
        .map(|(name, _)| name.as_str())
        .collect();
    match (present.is_empty(), absent.is_empty()) {
        (true, _) => format!("nothing measured ({})", absent.join(", ")),
        (false, true) => present.join(", "),
        (false, false) => format!(
            "{}; not measured: {}",
            present.join(", "),
            absent.join(", ")
        ),
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// The published name of a value, in words.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name.replace('_', " "),
        _ => String::new(),
    }
}

fn quote(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}
