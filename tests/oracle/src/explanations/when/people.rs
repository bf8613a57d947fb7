//! People, faces and gestures.

use super::{end_begins, no_people};
use crate::facts::{Facts, share_a_second};
use std::collections::BTreeSet;

pub(in crate::explanations) fn gestures(facts: &Facts) -> bool {
    !facts.gestures.is_empty()
}

pub(in crate::explanations) fn no_hand_sign(facts: &Facts) -> bool {
    facts.gestures.iter().any(|one| one.value["type"] == "none")
}

pub(in crate::explanations) fn faces_share_a_second(facts: &Facts) -> bool {
    share_a_second(&facts.faces)
}

pub(in crate::explanations) fn gaze_shares_a_second(facts: &Facts) -> bool {
    share_a_second(&facts.gaze)
}

pub(in crate::explanations) fn gestures_outside(facts: &Facts) -> bool {
    facts.outside(&facts.gestures)
}

pub(in crate::explanations) fn people_outside(facts: &Facts) -> bool {
    let lists = [&facts.poses, &facts.faces, &facts.gaze];
    lists.iter().any(|list| facts.outside(list))
}

pub(in crate::explanations) fn people_overlooked(facts: &Facts) -> bool {
    facts.overlooked("mediapipe")
}

/// No face whose box is known.
pub(in crate::explanations) fn no_face(facts: &Facts) -> bool {
    let faces = facts.inside(&facts.faces);
    no_people(facts) || !faces.iter().any(|(_, face)| face["bbox"].is_object())
}

pub(in crate::explanations) fn no_gaze(facts: &Facts) -> bool {
    no_people(facts) || facts.inside(&facts.gaze).is_empty()
}

/// Gaze was not measured in just as many seconds as the video has.
pub(in crate::explanations) fn gaze_not_in_every_second(facts: &Facts) -> bool {
    let seconds = facts.inside(&facts.gaze).into_iter();
    let mut seconds: Vec<usize> = seconds.map(|(time, _)| time as usize).collect();
    seconds.dedup();
    seconds.len() != facts.whole_seconds()
}

pub(in crate::explanations) fn nobody(facts: &Facts) -> bool {
    facts.poses.is_empty() && facts.faces.is_empty()
}

pub(in crate::explanations) fn face_beyond_the_picture(facts: &Facts) -> bool {
    facts.faces.iter().any(|face| {
        let side = |name: &str| face.value["bbox"][name].as_f64().unwrap_or_default();
        let (x, y) = (side("x"), side("y"));
        let (width, height) = (side("width"), side("height"));
        x < 0.0 || y < 0.0 || x + width > 1.0 || y + height > 1.0 || width < 0.0 || height < 0.0
    })
}

/// The same gesture more than once, which may be one.
pub(in crate::explanations) fn gestures_repeat(facts: &Facts) -> bool {
    let mut seen = BTreeSet::new();
    let kinds = facts
        .gestures
        .iter()
        .map(|one| one.value["type"].to_string());
    kinds.into_iter().any(|kind| !seen.insert(kind))
}

pub(in crate::explanations) fn more_than_five_gestures(facts: &Facts) -> bool {
    facts.gestures.len() > 5
}

/// A gesture just before the end begins, or just before the video ends.
pub(in crate::explanations) fn gesture_reaches_the_end(facts: &Facts) -> bool {
    let begins = end_begins(facts);
    let times = facts.gestures.iter().filter_map(|one| one.time);
    times
        .into_iter()
        .any(|time| time < begins && time + 0.5 >= begins)
}
