//! From what is seen in single frames to how long it was there.

use super::streams::{name_of, span};
use crate::compute::{
    events::Sighting,
    measure::{Measured, Reason},
};
use contracts::{
    MediaTime, TimeSpan,
    emotion::Emotions,
    people::{People, Side},
};
use std::{collections::BTreeMap, time::Duration};

/// Frames at most this many sampling steps apart show the same thing, if they show the same.
const JOINED_STEPS: f64 = 1.5;

/// One sight in one frame.
struct Sight {
    time: MediaTime,
    label: String,
    confidence: f64,
}

/// Face tracks, and faces that have none.
pub(super) fn faces(people: &People) -> Vec<Sighting> {
    let tracks = people.face_tracks.iter().map(|track| Sighting {
        span: span(track.first_seen, track.last_seen),
        label: "face".into(),
        confidence: track.confidence,
    });
    let fleeting = people
        .faces
        .iter()
        .filter(|face| face.track_id.is_none())
        .map(|face| Sighting {
            span: span(face.timestamp, face.timestamp),
            label: "face".into(),
            confidence: face.confidence,
        });
    by_time(tracks.chain(fleeting).collect())
}

/// Stretches with a body in view.
///
/// # Errors
/// The reason, if bodies were not looked for.
pub(super) fn bodies(people: &People) -> Measured<Vec<Sighting>> {
    let Some(poses) = &people.poses else {
        let reason = people.metadata.unmeasured.get("poses");
        return Err(Reason::new(
            reason
                .cloned()
                .unwrap_or_else(|| "persons were not looked for".into()),
        ));
    };
    let sights = poses
        .iter()
        .filter(|pose| pose.rank == 1)
        .map(|pose| Sight {
            time: MediaTime::from_seconds(pose.timestamp),
            label: "body".into(),
            confidence: pose.confidence,
        });
    Ok(runs(sights, reach(&people.metadata.frame_times)))
}

/// Stretches in which a hand makes one gesture.
pub(super) fn gestures(people: &People) -> Vec<Sighting> {
    let mut by_hand: BTreeMap<(Side, String), Vec<Sight>> = BTreeMap::new();
    for gesture in &people.gestures {
        let label = name_of(&gesture.kind);
        let sight = Sight {
            time: MediaTime::from_seconds(gesture.timestamp),
            label: label.clone(),
            confidence: gesture.confidence,
        };
        by_hand
            .entry((gesture.hand, label))
            .or_default()
            .push(sight);
    }
    let reach = reach(&people.metadata.frame_times);
    let all = by_hand.into_values().flat_map(|sights| runs(sights, reach));
    by_time(all.collect())
}

/// Stretches in which the main face shows one expression.
pub(super) fn expressions(emotions: &Emotions) -> Vec<Sighting> {
    let sights = emotions.emotions.iter().map(|reading| Sight {
        time: MediaTime::from_seconds(reading.timestamp),
        label: name_of(&reading.emotion),
        confidence: reading.confidence,
    });
    runs(sights, reach(&emotions.metadata.frame_times))
}

/// Joins sights of the same label that follow each other closely; confidence is their mean.
fn runs(sights: impl IntoIterator<Item = Sight>, reach: Duration) -> Vec<Sighting> {
    let mut runs: Vec<(Sighting, Vec<f64>)> = Vec::new();
    for sight in sights {
        match runs.last_mut() {
            Some((run, confidences))
                if run.label == sight.label && run.span.end.distance(sight.time) <= reach =>
            {
                run.span = TimeSpan::new(run.span.start, sight.time);
                confidences.push(sight.confidence);
            }
            _ => runs.push((
                Sighting {
                    span: TimeSpan::new(sight.time, sight.time),
                    label: sight.label,
                    confidence: 0.0,
                },
                vec![sight.confidence],
            )),
        }
    }
    runs.into_iter()
        .map(|(mut run, confidences)| {
            run.confidence = confidences.iter().sum::<f64>() / confidences.len() as f64;
            run
        })
        .collect()
}

/// How far apart two frames may be to show one thing: a little more than the median step.
fn reach(frame_times: &[f64]) -> Duration {
    let mut steps: Vec<f64> = frame_times.windows(2).map(|two| two[1] - two[0]).collect();
    steps.sort_by(f64::total_cmp);
    let step = steps.get(steps.len() / 2).copied().unwrap_or_default();
    Duration::try_from_secs_f64(step * JOINED_STEPS).unwrap_or_default()
}

fn by_time(mut sightings: Vec<Sighting>) -> Vec<Sighting> {
    sightings.sort_by(|a, b| {
        (a.span.start, a.span.end)
            .cmp(&(b.span.start, b.span.end))
            .then_with(|| a.label.cmp(&b.label))
    });
    sightings
}
