//! What one run found and what it took, in one place: everything that differs between two runs
//! of the same file stands here and nowhere else.

use super::{export::Exported, outcome::Failure};
use crate::exit::Exit;
use contracts::{
    Manifest, Outcome, PROGRAM_VERSION, StageName,
    decoded::Probe,
    flow::{Device, FLOW},
    manifest::{FailureClass, ModelStamp},
    messages::{Decoded, Detected, ShotsFound, SoundMeasured},
    objects::ObjectDetections,
    sound::{BurstPattern, SoundEnergy},
};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use stage::Artifacts;
use std::{collections::BTreeMap, time::Duration};
use worker::JobReport;

/// What one run found and what it took.
pub struct Summary {
    /// Where the results are.
    pub files: Exported,
    /// What the file says of itself.
    pub probe: Probe,
    /// What could not be decoded, for people.
    pub problems: Vec<String>,
    /// Number of shots; `None` if not measured.
    pub shots: Option<u32>,
    /// Objects by class; `None` if not measured.
    pub objects: Option<BTreeMap<String, ClassCount>>,
    /// The sound; `None` if not measured.
    pub sound: Option<SoundSummary>,
    /// Stages that were asked for and gave up.
    pub failures: Vec<Hole>,
    /// Coverage as the unified analysis states it.
    pub coverage: Value,
    /// Time and attempts of every stage that ran.
    pub stages: Vec<StageTime>,
    /// Models that took part.
    pub models: Vec<ModelStamp>,
    /// The job.
    pub job_id: String,
    /// From the first stage to the last written file.
    pub took: Duration,
}

/// How often a class was seen.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ClassCount {
    /// Confirmed tracks.
    pub tracks: u32,
    /// Detections in sampled frames.
    pub detections: u32,
}

/// The sound in short.
#[derive(Debug, Clone, Serialize)]
pub struct SoundSummary {
    /// Whether there is an audio stream.
    pub has_audio: bool,
    /// Number of energy windows.
    pub energy_windows: usize,
    /// Where the energy lies.
    pub burst_pattern: BurstPattern,
}

/// Something that was asked for and is missing.
#[derive(Debug, Clone)]
pub struct Hole {
    /// The stage that gave up.
    pub stage: StageName,
    /// What it would have spent.
    pub device: Device,
    /// Why it gave up.
    pub reason: String,
}

/// What a stage took.
#[derive(Debug, Clone, Copy)]
pub struct StageTime {
    /// Which.
    pub stage: StageName,
    /// Length of its last attempt.
    pub took: Duration,
    /// How many attempts it took.
    pub attempts: u32,
}

/// Gathers the summary of a job that has a result.
///
/// # Errors
/// [`Failure`] if something the stages stored cannot be read back.
pub async fn summarise(
    store: &dyn Artifacts,
    report: &JobReport,
    files: Exported,
    took: Duration,
) -> Result<Summary, Failure> {
    let upstream = report.upstream();
    let unreadable =
        |error: &dyn std::error::Error| Failure::new(Exit::Failure, "ResultError", error);
    let decoded: Decoded = upstream
        .required(StageName::Decode)
        .map_err(|error| unreadable(&error))?;
    let shots: Option<ShotsFound> = upstream
        .optional(StageName::Shots)
        .map_err(|error| unreadable(&error))?;
    let objects: Option<Detected> = upstream
        .optional(StageName::Detect)
        .map_err(|error| unreadable(&error))?;
    let sound: Option<SoundMeasured> = upstream
        .optional(StageName::Sound)
        .map_err(|error| unreadable(&error))?;
    let objects = match objects {
        Some(found) => Some(count_classes(&load(store, &found.objects).await?)),
        None => None,
    };
    let sound = match sound {
        Some(measured) => Some(shorten(&load(store, &measured.sound).await?)),
        None => None,
    };
    let unified = std::fs::read(&files.unified).map_err(|error| unreadable(&error))?;
    let unified: Value = serde_json::from_slice(&unified).map_err(|error| unreadable(&error))?;
    Ok(Summary {
        probe: decoded.probe,
        problems: decoded.completeness.problems,
        shots: shots.map(|found| found.shot_count),
        objects,
        sound,
        failures: holes(report),
        coverage: unified["processing_metadata"]["coverage"].clone(),
        stages: times(report),
        models: report
            .manifests
            .values()
            .flat_map(|manifest| manifest.models.clone())
            .collect(),
        job_id: report
            .manifests
            .values()
            .next()
            .map(|manifest| manifest.job_id.to_string())
            .unwrap_or_default(),
        files,
        took,
    })
}

async fn load<T: DeserializeOwned>(
    store: &dyn Artifacts,
    reference: &contracts::ArtifactRef,
) -> Result<T, Failure> {
    let bytes = store
        .get(reference)
        .await
        .map_err(|error| Failure::new(Exit::Failure, "ResultError", &error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::new(Exit::Failure, "ResultError", &error))
}

fn count_classes(found: &ObjectDetections) -> BTreeMap<String, ClassCount> {
    let mut classes: BTreeMap<String, ClassCount> = BTreeMap::new();
    for track in &found.tracks {
        classes.entry(track.class_name.clone()).or_default().tracks += 1;
    }
    for annotation in &found.object_annotations {
        classes
            .entry(annotation.class_name.clone())
            .or_default()
            .detections += 1;
    }
    classes
}

fn shorten(energy: &SoundEnergy) -> SoundSummary {
    SoundSummary {
        has_audio: energy.has_audio,
        energy_windows: energy.energy_level_windows.len(),
        burst_pattern: energy.burst_pattern,
    }
}

fn holes(report: &JobReport) -> Vec<Hole> {
    let hole = |manifest: &Manifest| match &manifest.outcome {
        Outcome::Failed { reason, class } if *class != FailureClass::SwitchedOff => Some(Hole {
            stage: manifest.stage,
            device: manifest
                .stage
                .spec()
                .map_or(Device::Cpu, |spec| spec.device),
            reason: reason.clone(),
        }),
        _ => None,
    };
    report.manifests.values().filter_map(hole).collect()
}

fn times(report: &JobReport) -> Vec<StageTime> {
    let ran = FLOW
        .iter()
        .filter_map(|spec| report.manifests.get(&spec.name));
    ran.filter(|manifest| manifest.attempts > 0)
        .map(|manifest| StageTime {
            stage: manifest.stage,
            took: Duration::from_millis(manifest.duration_ms),
            attempts: manifest.attempts,
        })
        .collect()
}

impl Summary {
    /// Processing time over media time; below 1 is faster than real time. `None` for a video of
    /// no length.
    #[must_use]
    pub fn real_time_factor(&self) -> Option<f64> {
        let media = self.probe.duration.seconds();
        (media > 0.0).then(|| self.took.as_secs_f64() / media)
    }

    /// The summary as published.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "video_id": self.files.video_id,
            "outputs": {
                "unified": self.files.unified,
                "insights": self.files.insights,
                "summary": self.files.insights.join("summary.json"),
            },
            "report": self.report(),
            "metrics": self.metrics(),
        })
    }

    fn report(&self) -> Value {
        let failures: Vec<_> = self
            .failures
            .iter()
            .map(|hole| json!({"stage": hole.stage, "reason": hole.reason}))
            .collect();
        json!({
            "video_id": self.files.video_id,
            "duration": self.probe.duration.seconds(),
            "width": self.probe.video.width,
            "height": self.probe.video.height,
            "analyses": self.files.analyses,
            "degraded": self.files.degraded || !self.failures.is_empty() || !self.problems.is_empty(),
            "failures": failures,
            "decoding_problems": self.problems,
            "shots": self.shots,
            "objects": self.objects,
            "sound": self.sound,
            "coverage": self.coverage,
            "models": self.models,
            "program_version": PROGRAM_VERSION,
        })
    }

    fn metrics(&self) -> Value {
        let stages: serde_json::Map<_, _> = self
            .stages
            .iter()
            .map(|time| {
                let value =
                    json!({"duration_ms": time.took.as_millis() as u64, "attempts": time.attempts});
                (time.stage.to_string(), value)
            })
            .collect();
        json!({
            "job_id": self.job_id,
            "total_ms": self.took.as_millis() as u64,
            "real_time_factor": self.real_time_factor(),
            "stages": stages,
            "peak_memory_bytes": peak_memory_bytes(),
        })
    }
}

/// Largest resident memory of this process so far; `None` if the system does not tell.
fn peak_memory_bytes() -> Option<u64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    u64::try_from(usage.max_rss())
        .ok()
        .map(|kibibytes| kibibytes * 1024)
}
