//! The unified analysis: everything known of one video in one file.

mod provenance;

use super::{
    Input,
    build::Results,
    coverage::PublishedCoverage,
    entries::{self, Data, Entry},
    events::Events,
    markers,
    measure::Measured,
    read::Dropped,
};
use crate::{Error, json};
use contracts::{
    VideoId, decoded::Completeness, emotion::Emotions, job::VideoMetadata, labels::SceneLabels,
    moderation::Moderation, objects::ObjectDetections, people::People, shots::ShotList,
    sound::SoundEnergy, speech::SpeechTranscript, text::TextOnScreen,
};
use indexmap::IndexMap;
use provenance::{Provenance, provenance};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

#[derive(Serialize, JsonSchema)]
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
#[derive(Serialize, JsonSchema)]
struct PipelineStatus {
    yolo: bool,
    mediapipe: bool,
    ocr: bool,
    scene: bool,
    whisper: bool,
    temporal: bool,
    audio_energy: bool,
    emotion_detection: bool,
    labels: bool,
    moderation: bool,
}

#[derive(Serialize, JsonSchema)]
struct ProcessingMetadata<'a> {
    timeline_entries: usize,
    entry_types: IndexMap<&'static str, usize>,
    duration: f64,
    coverage: PublishedCoverage<'a>,
    dropped_items: &'a Dropped,
    decode: Decode<'a>,
    provenance: Provenance<'a>,
}

#[derive(Serialize, JsonSchema)]
struct Decode<'a> {
    complete: bool,
    video_until: f64,
    frames_decoded: u64,
    problems: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct Timeline<'a> {
    video_id: &'a VideoId,
    duration: f64,
    entry_count: usize,
    entries: &'a [Entry<'a>],
}

#[derive(Serialize, JsonSchema)]
struct MlData<'a> {
    yolo: OrEmpty<'a, ObjectDetections>,
    whisper: OrEmpty<'a, SpeechTranscript>,
    mediapipe: OrEmpty<'a, People>,
    ocr: OrEmpty<'a, TextOnScreen>,
    scene_detection: OrEmpty<'a, ShotList>,
    audio_energy: OrEmpty<'a, SoundEnergy>,
    emotion_detection: OrEmpty<'a, Emotions>,
    labels: OrEmpty<'a, SceneLabels>,
    moderation: OrEmpty<'a, Moderation>,
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

impl<T: JsonSchema> JsonSchema for OrEmpty<'_, T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}OrEmpty", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<T>(),
                {"type": "object", "maxProperties": 0, "description": "Not measured; coverage says why."},
            ],
        })
    }
}

/// The JSON Schema of the unified analysis.
#[must_use]
pub fn schema(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<Unified<'_>>()
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
    let entries = entries::entries(events, results);
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
            whisper: or_empty(&results.speech),
            mediapipe: or_empty(&results.people),
            ocr: or_empty(&results.text),
            scene_detection: or_empty(&results.shots),
            audio_energy: or_empty(&results.sound),
            emotion_detection: or_empty(&results.emotions),
            labels: or_empty(&results.labels),
            moderation: or_empty(&results.moderation),
        },
    };
    json::pretty(&unified).map_err(|source| Error::Unwritable {
        what: "unified_analysis",
        source,
    })
}

fn pipeline_status(results: &Results, events: &Events) -> PipelineStatus {
    PipelineStatus {
        yolo: results.objects.is_ok(),
        mediapipe: results.people.is_ok(),
        ocr: results.text.is_ok(),
        scene: results.shots.is_ok(),
        whisper: results.speech.is_ok(),
        temporal: markers::are_made(events),
        audio_energy: results.sound.is_ok(),
        emotion_detection: results.emotions.is_ok(),
        labels: results.labels.is_ok(),
        moderation: results.moderation.is_ok(),
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
        provenance: provenance(results, events),
    }
}
