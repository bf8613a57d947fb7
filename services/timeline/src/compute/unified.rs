//! The unified analysis: everything known of one video in one file.

use super::{
    Input,
    build::Results,
    coverage::{Modality, PublishedCoverage},
    entries::{self, Data, Entry},
    events::Events,
    measure::Measured,
    pacing::{dynamics::WINDOW_SECONDS, interactions::SYNC_TOLERANCE},
    read::Dropped,
};
use crate::{Error, json};
use contracts::{
    PROGRAM_VERSION, VideoId, decoded::Completeness, job::VideoMetadata, manifest::ModelStamp,
    objects::ObjectDetections, shots::ShotList, sound::SoundEnergy,
};
use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Unified<'a> {
    video_id: &'a VideoId,
    metadata: &'a VideoMetadata,
    duration: f64,
    pipeline_status: PipelineStatus,
    processing_metadata: ProcessingMetadata<'a>,
    timeline: Timeline<'a>,
    #[serde(rename = "speechTimeline")]
    speech: IndexMap<String, Vec<&'a Data<'a>>>,
    #[serde(rename = "textTimeline")]
    text: IndexMap<String, Vec<&'a Data<'a>>>,
    #[serde(rename = "objectTimeline")]
    objects: IndexMap<String, Vec<&'a Data<'a>>>,
    ml_data: MlData<'a>,
}

/// Whether each service really has a result.
#[derive(Serialize)]
struct PipelineStatus {
    yolo: bool,
    mediapipe: bool,
    ocr: bool,
    scene: bool,
    whisper: bool,
    temporal: bool,
    audio_energy: bool,
    emotion_detection: bool,
}

#[derive(Serialize)]
struct ProcessingMetadata<'a> {
    timeline_entries: usize,
    entry_types: IndexMap<&'static str, usize>,
    duration: f64,
    coverage: PublishedCoverage<'a>,
    dropped_items: &'a Dropped,
    decode: Decode<'a>,
    provenance: Provenance<'a>,
}

#[derive(Serialize)]
struct Decode<'a> {
    complete: bool,
    video_until: f64,
    frames_decoded: u64,
    problems: &'a [String],
}

#[derive(Serialize)]
struct Provenance<'a> {
    program_version: &'static str,
    models: Vec<&'a ModelStamp>,
    parameters: BTreeMap<&'static str, Value>,
}

#[derive(Serialize)]
struct Timeline<'a> {
    video_id: &'a VideoId,
    duration: f64,
    entry_count: usize,
    entries: &'a [Entry<'a>],
}

#[derive(Serialize)]
struct MlData<'a> {
    yolo: OrEmpty<'a, ObjectDetections>,
    whisper: OrEmpty<'a, ()>,
    mediapipe: OrEmpty<'a, ()>,
    ocr: OrEmpty<'a, ()>,
    scene_detection: OrEmpty<'a, ShotList>,
    audio_energy: OrEmpty<'a, SoundEnergy>,
    emotion_detection: OrEmpty<'a, ()>,
}

/// A result, or `{}` where there is none; `coverage` says why.
struct OrEmpty<'a, T>(Option<&'a T>);

impl<T: Serialize> Serialize for OrEmpty<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(result) => result.serialize(serializer),
            None => serializer.collect_map(std::iter::empty::<((), ())>()),
        }
    }
}

fn or_empty<T>(result: &Measured<T>) -> OrEmpty<'_, T> {
    OrEmpty(result.as_ref().ok())
}

/// Writes the unified analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a number is not finite.
pub fn unified(input: &Input, results: &Results, events: &Events) -> Result<Vec<u8>, Error> {
    let metadata = VideoMetadata {
        duration: Some(events.clock.seconds()),
        ..input.metadata.clone()
    };
    let entries = entries::entries(events);
    let unified = Unified {
        video_id: &metadata.id,
        metadata: &metadata,
        duration: events.clock.seconds(),
        pipeline_status: pipeline_status(results, events),
        processing_metadata: processing_metadata(input, results, events, &entries),
        timeline: Timeline {
            video_id: &metadata.id,
            duration: events.clock.seconds(),
            entry_count: entries.len(),
            entries: &entries,
        },
        speech: entries::by_second(&entries, "speech"),
        text: entries::by_second(&entries, "text"),
        objects: entries::by_second(&entries, "object"),
        ml_data: MlData {
            yolo: or_empty(&results.objects),
            whisper: OrEmpty(None),
            mediapipe: OrEmpty(None),
            ocr: OrEmpty(None),
            scene_detection: or_empty(&results.shots),
            audio_energy: or_empty(&results.sound),
            emotion_detection: OrEmpty(None),
        },
    };
    json::pretty(&unified).map_err(|source| Error::Unwritable {
        what: "unified_analysis",
        source,
    })
}

fn pipeline_status(results: &Results, events: &Events) -> PipelineStatus {
    let measured = |modality| events.sampled(modality).is_ok();
    PipelineStatus {
        yolo: results.objects.is_ok(),
        mediapipe: measured(Modality::Faces),
        ocr: measured(Modality::Text),
        scene: results.shots.is_ok(),
        whisper: measured(Modality::Speech),
        // Temporal markers are not part of this program version.
        temporal: false,
        audio_energy: results.sound.is_ok(),
        emotion_detection: measured(Modality::Emotions),
    }
}

fn processing_metadata<'a>(
    input: &'a Input,
    results: &'a Results,
    events: &'a Events,
    entries: &[Entry<'_>],
) -> ProcessingMetadata<'a> {
    let Completeness {
        complete,
        video_until,
        frames_decoded,
        ref problems,
    } = input.completeness;
    ProcessingMetadata {
        timeline_entries: entries.len(),
        entry_types: entries::entry_types(entries),
        duration: events.clock.seconds(),
        coverage: PublishedCoverage(events),
        dropped_items: &results.dropped,
        decode: Decode {
            complete,
            video_until: video_until.seconds(),
            frames_decoded,
            problems,
        },
        provenance: Provenance {
            program_version: PROGRAM_VERSION,
            models: results
                .objects
                .iter()
                .map(|objects| &objects.metadata.model)
                .collect(),
            parameters: parameters(results),
        },
    }
}

/// Settings the results depend on, by service.
fn parameters(results: &Results) -> BTreeMap<&'static str, Value> {
    let mut parameters = BTreeMap::from([(
        "timeline",
        json!({
            "pacing_window_seconds": WINDOW_SECONDS,
            "sync_tolerance_seconds": SYNC_TOLERANCE.as_secs_f64(),
        }),
    )]);
    if let Ok(objects) = &results.objects {
        let threshold = objects.metadata.confidence_threshold;
        parameters.insert("yolo", json!({ "confidence_threshold": threshold }));
    }
    if let Ok(shots) = &results.shots {
        let method = &shots.metadata.method;
        parameters.insert("scene_detection", json!({ "method": method }));
    }
    if let Ok(sound) = &results.sound {
        let metadata = &sound.metadata;
        let settings = json!({
            "method": metadata.method,
            "sample_rate": metadata.sample_rate,
            "window_seconds": metadata.window_seconds,
        });
        parameters.insert("audio_energy", settings);
    }
    parameters
}
