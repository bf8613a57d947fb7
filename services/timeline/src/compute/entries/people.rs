//! Who is seen, and what they do.

use super::{Data, Timed, instant};
use crate::compute::measure::Measured;
use contracts::{emotion::Emotions, people::People};

pub(super) fn poses(people: &Measured<People>) -> Vec<Timed<'_>> {
    let poses = people.iter().flat_map(|found| found.poses.iter().flatten());
    poses
        .map(|pose| {
            let data = Data::Pose {
                landmarks: pose.landmarks,
                confidence: pose.confidence,
                visibility: pose.visibility,
                person_id: pose.person_id.as_deref(),
            };
            instant(pose.timestamp, "pose", data)
        })
        .collect()
}

pub(super) fn gaze(people: &Measured<People>) -> Vec<Timed<'_>> {
    let gaze = people.iter().flat_map(|found| &found.gaze);
    gaze.map(|one| {
        let data = Data::Gaze {
            eye_contact: one.eye_contact,
            gaze_direction: one.gaze_direction,
            track_id: one.track_id.as_deref(),
        };
        instant(one.timestamp, "gaze", data)
    })
    .collect()
}

pub(super) fn faces(people: &Measured<People>) -> Vec<Timed<'_>> {
    let faces = people.iter().flat_map(|found| &found.faces);
    faces
        .map(|face| {
            let data = Data::Face {
                bbox: face.bbox,
                confidence: face.confidence,
                count: face.count,
                track_id: face.track_id.as_deref(),
            };
            instant(face.timestamp, "face", data)
        })
        .collect()
}

pub(super) fn gestures(people: &Measured<People>) -> Vec<Timed<'_>> {
    let gestures = people.iter().flat_map(|found| &found.gestures);
    gestures
        .map(|one| {
            let data = Data::Gesture {
                kind: one.kind,
                hand: one.hand,
                confidence: one.confidence,
            };
            instant(one.timestamp, "gesture", data)
        })
        .collect()
}

pub(super) fn emotions(read: &Measured<Emotions>) -> Vec<Timed<'_>> {
    let readings = read.iter().flat_map(|read| &read.emotions);
    readings
        .map(|one| {
            let data = Data::Emotion {
                emotion: one.emotion,
                confidence: one.confidence,
                all_scores: one.all_scores,
                valence: one.valence,
                track_id: one.track_id.as_deref(),
            };
            instant(one.timestamp, "emotion", data)
        })
        .collect()
}
