//! What an input holds, as explanations ask for it.

mod emotions;
mod metadata;
mod overlays;
mod people;
mod speech;

pub(super) use emotions::*;
pub(super) use metadata::*;
pub(super) use overlays::*;
pub(super) use people::*;
pub(super) use speech::*;

use crate::facts::{Facts, several_frames_in_a_second};

pub(in crate::explanations) fn no_text(facts: &Facts) -> bool {
    facts.is_missing("ocr")
}

pub(in crate::explanations) fn no_objects(facts: &Facts) -> bool {
    facts.is_missing("yolo")
}

pub(in crate::explanations) fn no_people(facts: &Facts) -> bool {
    facts.is_missing("mediapipe")
}

pub(in crate::explanations) fn no_shots(facts: &Facts) -> bool {
    facts.is_missing("scene_detection")
}

pub(in crate::explanations) fn no_speech(facts: &Facts) -> bool {
    facts.is_missing("whisper")
}

pub(in crate::explanations) fn no_sound(facts: &Facts) -> bool {
    facts.is_missing("audio_energy")
}

pub(in crate::explanations) fn no_emotions(facts: &Facts) -> bool {
    facts.is_missing("emotion_detection")
}

/// No kind of element was measured.
pub(in crate::explanations) fn something_missing(facts: &Facts) -> bool {
    facts.something_missing()
}

pub(in crate::explanations) fn no_length(facts: &Facts) -> bool {
    facts.has_no_length()
}

pub(in crate::explanations) fn ends_within_a_second(facts: &Facts) -> bool {
    facts.ends_within_a_second()
}

/// Fewer than three seconds: thirds of it are not known.
pub(in crate::explanations) fn very_short(facts: &Facts) -> bool {
    facts.duration.ceil() < 3.0
}

pub(in crate::explanations) fn longer_than_100_seconds(facts: &Facts) -> bool {
    facts.duration > 100.0
}

/// Texts, stickers, gestures or expressions, which the original counts by their fields.
pub(in crate::explanations) fn records(facts: &Facts) -> bool {
    let lists = [
        &facts.texts,
        &facts.stickers,
        &facts.gestures,
        &facts.emotions,
    ];
    lists.iter().any(|list| !list.is_empty())
}

/// Anything that counts.
pub(in crate::explanations) fn anything(facts: &Facts) -> bool {
    records(facts) || !facts.objects.is_empty() || !facts.changes.is_empty()
}

pub(in crate::explanations) fn stickers_or_expressions(facts: &Facts) -> bool {
    stickers(facts) || emotions(facts)
}

pub(in crate::explanations) fn objects(facts: &Facts) -> bool {
    !facts.objects.is_empty()
}

pub(in crate::explanations) fn cuts(facts: &Facts) -> bool {
    !facts.cuts().is_empty()
}

/// Cuts, or the beginning of the video listed as one.
pub(in crate::explanations) fn changes(facts: &Facts) -> bool {
    !facts.changes.is_empty()
}

pub(in crate::explanations) fn objects_in_several_frames(facts: &Facts) -> bool {
    several_frames_in_a_second(&facts.objects)
}

pub(in crate::explanations) fn elements_outside(facts: &Facts) -> bool {
    let lists = [
        &facts.texts,
        &facts.stickers,
        &facts.objects,
        &facts.gestures,
        &facts.emotions,
    ];
    lists.iter().any(|list| facts.outside(list)) || changes_outside(facts)
}

pub(in crate::explanations) fn changes_outside(facts: &Facts) -> bool {
    let inside = |time: &f64| *time >= 0.0 && *time < facts.duration;
    !facts.changes.iter().all(inside)
}

pub(in crate::explanations) fn elements_overlooked(facts: &Facts) -> bool {
    let services = ["yolo", "mediapipe", "ocr", "emotion_detection"];
    services.iter().any(|service| facts.overlooked(service))
}

pub(in crate::explanations) fn no_cut(facts: &Facts) -> bool {
    !cuts(facts)
}

pub(in crate::explanations) fn no_text_or_no_speech(facts: &Facts) -> bool {
    no_text(facts) || no_speech(facts)
}

pub(in crate::explanations) fn anything_or_speech(facts: &Facts) -> bool {
    anything(facts) || speech(facts)
}

fn end_begins(facts: &Facts) -> f64 {
    0.85 * facts.duration
}

/// No speech, or no gesture, at the end.
pub(in crate::explanations) fn nothing_at_the_end(facts: &Facts) -> bool {
    let begins = end_begins(facts);
    let said = facts
        .segments
        .iter()
        .any(|one| one.end.is_some_and(|end| end > begins));
    let made = facts
        .inside(&facts.gestures)
        .iter()
        .any(|(time, gesture)| *time >= begins && gesture["type"] != "none");
    !said || !made
}

/// Something just at the end of the first five seconds or where the end begins, or that lasts
/// until then.
pub(in crate::explanations) fn on_a_border(facts: &Facts) -> bool {
    let borders = [5.0, end_begins(facts)];
    let near = |time: f64| borders.iter().any(|border| (time - border).abs() < 1e-6);
    let lists = [&facts.texts, &facts.gestures];
    let times = lists.into_iter().flatten().filter_map(|one| one.time);
    let ends = facts
        .segments
        .iter()
        .flat_map(|one| [one.start, one.end])
        .flatten();
    times
        .chain(ends)
        .chain(facts.changes.iter().copied())
        .any(near)
}

/// Bodies, faces, gaze, emotions, stickers, gestures or scenes.
pub(in crate::explanations) fn samples(facts: &Facts) -> bool {
    let people = !nobody(facts) || !facts.gaze.is_empty();
    people || emotions(facts) || stickers(facts) || gestures(facts) || changes(facts)
}

pub(in crate::explanations) fn soft_failure(facts: &Facts) -> bool {
    facts.soft_failure
}

/// None of what enters the density was measured.
pub(in crate::explanations) fn nothing_counted(facts: &Facts) -> bool {
    let rest = no_text(facts) && no_objects(facts) && no_people(facts);
    rest && no_shots(facts) && no_emotions(facts)
}

pub(in crate::explanations) fn nothing_marked(facts: &Facts) -> bool {
    nothing_counted(facts) && no_speech(facts)
}

/// Fewer than three of texts, objects, gestures, expressions and cuts.
pub(in crate::explanations) fn few_kinds_measured(facts: &Facts) -> bool {
    let kinds = [no_text, no_objects, no_people, no_shots, no_emotions];
    kinds.iter().filter(|missing| !missing(facts)).count() < 3
}

pub(in crate::explanations) fn no_emotions_people_or_sound(facts: &Facts) -> bool {
    no_emotions(facts) || no_people(facts) || no_sound(facts)
}

pub(in crate::explanations) fn no_text_speech_or_people(facts: &Facts) -> bool {
    no_text(facts) || no_speech(facts) || no_people(facts)
}

pub(in crate::explanations) fn longer_than_10_seconds(facts: &Facts) -> bool {
    facts.duration > 10.0
}

pub(in crate::explanations) fn told_twice(facts: &Facts) -> bool {
    facts.told_twice
}

pub(in crate::explanations) fn time_by_frame_number(facts: &Facts) -> bool {
    facts.time_by_frame_number
}
