//! What made the results: program, weights, settings.

use crate::compute::{
    build::Results,
    events::Events,
    pacing::{dynamics::WINDOW_SECONDS, interactions::SYNC_TOLERANCE},
};
use contracts::{PROGRAM_VERSION, manifest::ModelStamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Serialize, JsonSchema)]
pub(super) struct Provenance<'a> {
    program_version: &'static str,
    models: Vec<&'a ModelStamp>,
    parameters: BTreeMap<&'static str, Value>,
}

pub(super) fn provenance<'a>(results: &'a Results, events: &Events) -> Provenance<'a> {
    Provenance {
        program_version: PROGRAM_VERSION,
        models: models(results),
        parameters: parameters(results, events),
    }
}

/// Every network that took part, once, in the order of the services.
fn models(results: &Results) -> Vec<&ModelStamp> {
    let classes = results.sound.iter().flat_map(|sound| &sound.classes);
    let all = (results.objects.iter().map(|one| &one.metadata.model))
        .chain(results.people.iter().flat_map(|one| &one.metadata.models))
        .chain(results.emotions.iter().map(|one| &one.metadata.model))
        .chain(results.speech.iter().flat_map(|one| &one.metadata.models))
        .chain(results.text.iter().flat_map(|one| &one.metadata.models))
        .chain(classes.map(|classes| &classes.model))
        .chain(results.labels.iter().flat_map(|one| &one.metadata.models))
        .chain(results.moderation.iter().map(|one| &one.metadata.model));
    let mut models: Vec<&ModelStamp> = Vec::new();
    for model in all {
        if !models.contains(&model) {
            models.push(model);
        }
    }
    models
}

/// Settings the results depend on, by service.
fn parameters(results: &Results, events: &Events) -> BTreeMap<&'static str, Value> {
    let mut parameters = BTreeMap::from([(
        "timeline",
        json!({
            "pacing_window_seconds": WINDOW_SECONDS,
            "sync_tolerance_seconds": SYNC_TOLERANCE.as_secs_f64(),
            "brand": events.brand,
        }),
    )]);
    let settings = [
        ("yolo", objects(results)),
        ("scene_detection", shots(results)),
        ("audio_energy", sound(results)),
        ("whisper", speech(results)),
        ("ocr", text(results)),
        ("emotion_detection", emotions(results)),
        ("labels", labels(results)),
        ("moderation", moderation(results)),
    ];
    parameters.extend(
        settings
            .into_iter()
            .filter_map(|(service, settings)| Some((service, settings?))),
    );
    parameters
}

fn objects(results: &Results) -> Option<Value> {
    let metadata = &results.objects.as_ref().ok()?.metadata;
    Some(json!({ "confidence_threshold": metadata.confidence_threshold }))
}

fn shots(results: &Results) -> Option<Value> {
    let metadata = &results.shots.as_ref().ok()?.metadata;
    Some(json!({ "method": metadata.method }))
}

fn sound(results: &Results) -> Option<Value> {
    let metadata = &results.sound.as_ref().ok()?.metadata;
    Some(json!({
        "method": metadata.method,
        "sample_rate": metadata.sample_rate,
        "window_seconds": metadata.window_seconds,
    }))
}

fn speech(results: &Results) -> Option<Value> {
    let metadata = &results.speech.as_ref().ok()?.metadata;
    Some(json!({ "model": metadata.model }))
}

fn text(results: &Results) -> Option<Value> {
    let metadata = &results.text.as_ref().ok()?.metadata;
    Some(json!({ "confidence_threshold": metadata.confidence_threshold }))
}

fn emotions(results: &Results) -> Option<Value> {
    let metadata = &results.emotions.as_ref().ok()?.metadata;
    Some(json!({ "smoothing_seconds": metadata.smoothing_seconds }))
}

fn labels(results: &Results) -> Option<Value> {
    let metadata = &results.labels.as_ref().ok()?.metadata;
    Some(json!({ "method": metadata.method, "threshold": metadata.threshold }))
}

fn moderation(results: &Results) -> Option<Value> {
    let metadata = &results.moderation.as_ref().ok()?.metadata;
    Some(json!({ "method": metadata.method, "threshold": metadata.threshold }))
}
