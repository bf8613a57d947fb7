//! How sure detectors were, and how sure an analysis can be.

use super::{
    coverage::{Modality, completeness},
    events::{Events, Overlay, Sighting},
    measure::{Measured, Reason, given},
    numbers,
};

/// Mean confidence (0–1) of what was detected of a modality.
///
/// # Errors
/// The reason, if the modality was not measured, nothing was detected or its detections carry no
/// confidence.
pub fn mean_confidence(events: &Events, modality: Modality) -> Measured<f64> {
    let of_overlays = |all: &&Vec<Overlay>| all.iter().map(|one| one.confidence).collect();
    let of_sightings = |all: &&Vec<Sighting>| all.iter().map(|one| one.confidence).collect();
    let confidences: Vec<f64> = match modality {
        Modality::Objects => {
            let objects = events.objects.events()?;
            objects
                .detections
                .iter()
                .map(|one| one.confidence)
                .collect()
        }
        Modality::Speech => {
            let speech = events.speech.events()?;
            speech.utterances.iter().map(|one| one.confidence).collect()
        }
        Modality::Emotions => {
            let expressions = events.emotions.events()?;
            expressions.seen.iter().map(|one| one.confidence).collect()
        }
        Modality::Text => given(&events.text.events(), of_overlays)?,
        Modality::Stickers => given(&events.stickers.events(), of_overlays)?,
        Modality::Faces => given(&events.faces.events(), of_sightings)?,
        Modality::Bodies => given(&events.bodies.events(), of_sightings)?,
        Modality::Gestures => given(&events.gestures.events(), of_sightings)?,
        Modality::Shots | Modality::Sound | Modality::Labels | Modality::Safety => {
            return Err(Reason::from("its detections carry no confidence"));
        }
    };
    numbers::mean(&confidences).ok_or_else(|| Reason::from("nothing of the kind was detected"))
}

/// Completeness of the needed modalities times the mean of their known mean confidences.
///
/// # Errors
/// The reason, if the video has no duration or nothing that carries a confidence was detected.
pub fn confidence(events: &Events, needed: &[Modality]) -> Measured<f64> {
    let known: Vec<f64> = needed
        .iter()
        .filter_map(|modality| mean_confidence(events, *modality).ok())
        .collect();
    let mean =
        numbers::mean(&known).ok_or_else(|| Reason::from("no detection carries a confidence"))?;
    Ok(completeness(events, needed)? * mean)
}
