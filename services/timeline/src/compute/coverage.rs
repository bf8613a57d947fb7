//! Which modality was measured, in which seconds, and if not, why.

use super::{
    clock::{Clock, second_of},
    events::Events,
    measure::{Measured, Reason},
};
use contracts::MediaTime;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Modality {
    /// Shots and the boundaries between them.
    Shots,
    /// Objects.
    Objects,
    /// Energy of the sound.
    Sound,
    /// What is said.
    Speech,
    /// What is written.
    Text,
    /// Stickers laid over the picture.
    Stickers,
    /// Faces.
    Faces,
    /// Bodies.
    Bodies,
    /// Gestures.
    Gestures,
    /// Emotions of faces.
    Emotions,
    /// Labels of scenes.
    Labels,
    /// Safety of the content.
    Safety,
}

impl Modality {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 12] = [
        Self::Shots,
        Self::Objects,
        Self::Sound,
        Self::Speech,
        Self::Text,
        Self::Stickers,
        Self::Faces,
        Self::Bodies,
        Self::Gestures,
        Self::Emotions,
        Self::Labels,
        Self::Safety,
    ];
    /// Its name in published coverage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shots => "shots",
            Self::Objects => "objects",
            Self::Sound => "sound",
            Self::Speech => "speech",
            Self::Text => "text",
            Self::Stickers => "stickers",
            Self::Faces => "faces",
            Self::Bodies => "bodies",
            Self::Gestures => "gestures",
            Self::Emotions => "emotions",
            Self::Labels => "labels",
            Self::Safety => "safety",
        }
    }
    /// Key of the service that measures it, under `ml_data`.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Self::Shots => "scene_detection",
            Self::Objects => "yolo",
            Self::Sound => "audio_energy",
            Self::Speech => "whisper",
            Self::Text | Self::Stickers => "ocr",
            Self::Faces | Self::Bodies | Self::Gestures => "mediapipe",
            Self::Emotions => "emotion_detection",
            Self::Labels => "labels",
            Self::Safety => "moderation",
        }
    }
}

/// The seconds of a video in which a modality was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampledSeconds(Vec<bool>);

impl SampledSeconds {
    /// Every second.
    #[must_use]
    pub fn all(clock: Clock) -> Self {
        Self(vec![true; clock.second_count()])
    }
    /// The seconds that lie wholly before `end`.
    #[must_use]
    pub fn until(clock: Clock, end: MediaTime) -> Self {
        Self(
            (0..clock.second_count())
                .map(|second| clock.second(second).end <= end)
                .collect(),
        )
    }
    /// The seconds in which at least one of `times` lies.
    #[must_use]
    pub fn of_times(clock: Clock, times: impl IntoIterator<Item = MediaTime>) -> Self {
        let mut seconds = vec![false; clock.second_count()];
        for time in times {
            if let Some(second) = seconds.get_mut(second_of(time)) {
                *second = true;
            }
        }
        Self(seconds)
    }
    /// The same, with every second that begins at or after `end`: where there is no picture,
    /// nothing is to be seen.
    #[must_use]
    pub fn with_all_from(mut self, clock: Clock, end: MediaTime) -> Self {
        for (index, second) in self.0.iter_mut().enumerate() {
            *second |= clock.second(index).start >= end;
        }
        self
    }
    /// Whether second `index` was looked at.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
    /// Number of seconds looked at.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().filter(|sampled| **sampled).count()
    }
    /// Share (0–1) of all seconds; `None` of a video without any.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.count() as f64 / self.0.len() as f64)
    }
    /// The seconds not looked at, rising.
    #[must_use]
    pub fn missing(&self) -> Vec<usize> {
        (0..self.0.len())
            .filter(|index| !self.contains(*index))
            .collect()
    }
}

/// The events of one modality, or why there are none.
#[derive(Debug, Clone, PartialEq)]
pub enum Stream<T> {
    /// It was measured.
    Measured {
        /// What was found.
        events: T,
        /// Where was looked.
        sampled: SampledSeconds,
    },
    /// It was not.
    NotMeasured(Reason),
}

impl<T> Stream<T> {
    /// What was found.
    ///
    /// # Errors
    /// The reason, if the modality was not measured.
    pub fn events(&self) -> Measured<&T> {
        match self {
            Self::Measured { events, .. } => Ok(events),
            Self::NotMeasured(reason) => Err(reason.clone()),
        }
    }
    /// Where was looked.
    ///
    /// # Errors
    /// The reason, if the modality was not measured.
    pub fn sampled(&self) -> Measured<&SampledSeconds> {
        match self {
            Self::Measured { sampled, .. } => Ok(sampled),
            Self::NotMeasured(reason) => Err(reason.clone()),
        }
    }
}

/// Completeness of an analysis: the share (0–1) of the modalities it needs that were measured,
/// times the mean share of seconds in which those were.
///
/// # Errors
/// The reason, if the video has no duration.
pub fn completeness(events: &Events, needed: &[Modality]) -> Measured<f64> {
    if events.clock.second_count() == 0 {
        return Err(super::measure::NO_DURATION);
    }
    // From zero on: the sum of nothing is negative zero.
    let shares = needed
        .iter()
        .filter_map(|modality| events.sampled(*modality).ok()?.share())
        .fold(0.0, |sum, share| sum + share);
    // Σ shares / measured · measured / needed.
    Ok(shares / needed.len().max(1) as f64)
}

/// What an analysis that draws on these modalities is short of: `faces_not_measured` where one was
/// not measured, `faces_partly_measured` where seconds of the video were not looked at.
#[must_use]
pub fn limitations(events: &Events, drawn_on: &[Modality]) -> Vec<String> {
    let short = |modality: &Modality| {
        let what = match events.sampled(*modality) {
            Err(_) => "not_measured",
            Ok(sampled) if !sampled.missing().is_empty() => "partly_measured",
            Ok(_) => return None,
        };
        Some(format!("{}_{what}", modality.as_str()))
    };
    drawn_on.iter().filter_map(short).collect()
}

/// Coverage of every modality, as published under `processing_metadata.coverage`.
pub(super) struct PublishedCoverage<'a>(pub &'a Events);

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Row {
    Measured {
        measured: bool,
        service: &'static str,
        share: Option<f64>,
        seconds_sampled: usize,
        seconds_not_sampled: Vec<usize>,
    },
    NotMeasured {
        measured: bool,
        service: &'static str,
        reason: String,
    },
}

impl Serialize for PublishedCoverage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_map(Some(Modality::ALL.len()))?;
        for modality in Modality::ALL {
            let service = modality.service();
            let row = match self.0.sampled(modality) {
                Ok(sampled) => Row::Measured {
                    measured: true,
                    service,
                    share: sampled.share(),
                    seconds_sampled: sampled.count(),
                    seconds_not_sampled: sampled.missing(),
                },
                Err(reason) => Row::NotMeasured {
                    measured: false,
                    service,
                    reason: reason.to_string(),
                },
            };
            rows.serialize_entry(modality.as_str(), &row)?;
        }
        rows.end()
    }
}

impl JsonSchema for PublishedCoverage<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Coverage".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names = Modality::ALL.map(Modality::as_str);
        let row = generator.subschema_for::<Row>();
        let rows: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), row.clone().to_value()))
            .collect();
        json_schema!({
            "type": "object",
            "properties": rows,
            "required": names,
            "additionalProperties": false,
        })
    }
}
