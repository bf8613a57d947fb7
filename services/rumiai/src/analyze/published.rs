//! The object that says what came of a video, as `summary.json` and standard output hold it.

use super::{
    findings::Findings,
    resources::{Gpu, Memory, processor_time},
    summary::{Hole, StageTime, Summary},
};
use crate::exit::Exit;
use contracts::{PROGRAM_VERSION, StageName, manifest::ModelStamp};
use indexmap::IndexMap;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

const BYTES_PER_GIGABYTE: f64 = 1024.0 * 1024.0 * 1024.0;
/// Services without which an analysis counts as incomplete.
const REQUIRED: [&str; 6] = [
    "yolo",
    "whisper",
    "mediapipe",
    "ocr",
    "scene_detection",
    "audio_energy",
];

/// What came of one video.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Published<'a> {
    /// Whether everything that was asked for could be measured.
    success: bool,
    /// What consumers call the video.
    video_id: &'a str,
    /// Where the files are.
    outputs: Outputs<'a>,
    /// What was found, and what was not measured.
    report: Report<'a>,
    /// What it took.
    metrics: Metrics,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Outputs<'a> {
    /// The video.
    video: &'a str,
    /// The unified analysis.
    unified: &'a PathBuf,
    /// The file of the temporal markers that wraps the others; null if there are none.
    temporal: Option<&'a PathBuf>,
    /// The creative measures; null if there are none.
    creative: Option<&'a PathBuf>,
    /// Folder of the analyses.
    insights: &'a PathBuf,
    /// This object.
    summary: PathBuf,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Report<'a> {
    video_id: &'a str,
    /// Trace in which the run can be followed, 32 hexadecimal digits; null without telemetry.
    trace_id: Option<&'a str>,
    /// In seconds.
    duration: f64,
    /// As shown, in pixels.
    width: u32,
    /// As shown, in pixels.
    height: u32,
    /// Whether all services without which an analysis is incomplete have a result.
    ml_analyses_complete: bool,
    /// Whether each service has a result.
    ml_completion_details: BTreeMap<&'static str, bool>,
    temporal_markers_generated: bool,
    /// Analyses that were written.
    prompts_successful: usize,
    /// Analyses in all.
    prompts_total: usize,
    /// Every analysis.
    prompt_details: BTreeMap<&'a str, PromptDetails<'a>>,
    /// Cost of language models, in US dollars; null if a price is not known.
    total_cost: Option<f64>,
    /// Tokens of language models.
    total_tokens: u64,
    /// `off`, or what a language model's comments came to: cost, grounding rate, a row for each
    /// analysis.
    insight: Value,
    memory_usage: MemoryUsage,
    feature_flags: &'a FeatureFlags,
    /// What the models ran on; null if the stages ran on other machines.
    gpu: Option<&'a Gpu>,
    /// Names of the analyses that were written.
    analyses: &'a [String],
    /// Whether something that was asked for could not be measured.
    degraded: bool,
    /// Stages that were asked for and gave up.
    failures: Vec<FailedStage<'a>>,
    /// Stages that were not asked for.
    switched_off: Vec<&'static str>,
    /// What could not be decoded.
    decoding_problems: &'a [String],
    /// Which modality was measured in which seconds, and if not, why.
    coverage: &'a Value,
    /// Models that took part.
    models: &'a [ModelStamp],
    program_version: &'static str,
    #[serde(flatten)]
    findings: &'a Findings,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PromptDetails<'a> {
    /// Whether it has files.
    success: bool,
    /// Why it has none; null if it has.
    reason: Option<&'a str>,
    /// Tokens of language models.
    tokens: u64,
    /// Cost of language models, in US dollars; null if a price is not known.
    cost: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FailedStage<'a> {
    stage: &'static str,
    reason: &'a str,
}

/// In gigabytes of 1024³ bytes; null where the system does not tell.
#[derive(Debug, Serialize, JsonSchema)]
struct MemoryUsage {
    /// Of this process at the end.
    final_process_gb: Option<f64>,
    /// The most this process had.
    peak_process_gb: Option<f64>,
    /// Of the whole machine, not available, in percent.
    system_percent: Option<f64>,
}

/// How the run was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FeatureFlags {
    /// Whether metrics are computed rather than asked of a language model: always.
    pub ml_precompute: bool,
    /// Whether a language model takes part.
    pub language_model: bool,
    /// Layout of the analyses.
    pub output_format: &'static str,
}

/// What a run took, as far as it came.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Metrics {
    /// The job; null if none was begun.
    job_id: Option<String>,
    /// From the first stage to the last written file, in milliseconds.
    total_ms: u64,
    /// Processing time over media time; null without a length.
    real_time_factor: Option<f64>,
    /// Every stage that ran, in the order of the flow.
    stages: IndexMap<String, StageMetrics>,
    memory: Memory,
    /// Processor time of this program and of its decoders since it began, in milliseconds.
    processor_time_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
struct StageMetrics {
    /// Of its last attempt, in milliseconds.
    duration_ms: u64,
    attempts: u32,
}

/// The JSON Schema of `summary.json`.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Published<'_>>()
}

/// The JSON Schema of a file that is written of `T`.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

impl Metrics {
    /// What the stages took, and what the machine gave.
    #[must_use]
    pub fn of(job_id: &str, stages: &[StageTime], took: Duration, media: Option<Duration>) -> Self {
        let media = media.map(|media| media.as_secs_f64());
        let media = media.filter(|seconds| *seconds > 0.0);
        Self {
            job_id: Some(job_id.to_owned()).filter(|id| !id.is_empty()),
            total_ms: milliseconds(took),
            real_time_factor: media.map(|media| took.as_secs_f64() / media),
            stages: stages
                .iter()
                .map(|time| {
                    let metrics = StageMetrics {
                        duration_ms: milliseconds(time.took),
                        attempts: time.attempts,
                    };
                    (time.stage.to_string(), metrics)
                })
                .collect(),
            memory: Memory::now(),
            processor_time_ms: processor_time().map(milliseconds),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl<'a> Published<'a> {
    /// The object of a summary.
    #[must_use]
    pub fn of(summary: &'a Summary) -> Self {
        let files = &summary.files;
        Self {
            success: summary.exit() == Exit::Success,
            video_id: files.video_id.as_str(),
            outputs: Outputs {
                video: &summary.video,
                unified: &files.unified,
                temporal: files.temporal.as_ref(),
                creative: files.creative.as_ref(),
                insights: &files.insights,
                summary: files.insights.join("summary.json"),
            },
            report: Report::of(summary),
            metrics: Metrics::of(
                &summary.job_id,
                &summary.stages,
                summary.took,
                Some(Duration::from_nanos(summary.probe.duration.nanos())),
            ),
        }
    }
}

impl<'a> Report<'a> {
    fn of(summary: &'a Summary) -> Self {
        let files = &summary.files;
        let details = completion(&summary.pipeline_status);
        let memory = Memory::now();
        let gigabytes = |bytes: u64| bytes as f64 / BYTES_PER_GIGABYTE;
        Self {
            video_id: files.video_id.as_str(),
            trace_id: summary.trace_id.as_deref(),
            duration: summary.probe.duration.seconds(),
            width: summary.probe.video.width,
            height: summary.probe.video.height,
            ml_analyses_complete: REQUIRED.iter().all(|service| details[service]),
            ml_completion_details: details,
            temporal_markers_generated: files.temporal.is_some(),
            prompts_successful: files.analyses.len(),
            prompts_total: files.analyses.len() + files.failed.len(),
            prompt_details: prompt_details(summary),
            total_cost: spent(&summary.insight),
            total_tokens: summary.insight["tokens_used"].as_u64().unwrap_or_default(),
            insight: insight(summary),
            memory_usage: MemoryUsage {
                final_process_gb: memory.resident_bytes.map(gigabytes),
                peak_process_gb: memory.peak_bytes.map(gigabytes),
                system_percent: memory.system_percent,
            },
            feature_flags: &summary.feature_flags,
            gpu: summary.gpu.as_ref(),
            analyses: &files.analyses,
            degraded: summary.degraded(),
            failures: summary.failures.iter().map(FailedStage::of).collect(),
            switched_off: summary
                .switched_off
                .iter()
                .map(|one| one.as_str())
                .collect(),
            decoding_problems: &summary.problems,
            coverage: &summary.coverage,
            models: &summary.models,
            program_version: PROGRAM_VERSION,
            findings: &summary.findings,
        }
    }
}

impl<'a> FailedStage<'a> {
    fn of(hole: &'a Hole) -> Self {
        Self {
            stage: hole.stage.as_str(),
            reason: &hole.reason,
        }
    }
}

/// What language models cost; 0 if none was asked.
fn spent(insight: &Value) -> Option<f64> {
    if insight.is_null() {
        Some(0.0)
    } else {
        insight["cost_usd"].as_f64()
    }
}

/// What is told of the comments of a language model: nothing was asked, or what came of it.
fn insight(summary: &Summary) -> Value {
    let failed = summary
        .failures
        .iter()
        .find(|hole| hole.stage == StageName::Insight);
    match failed {
        Some(hole) => serde_json::json!({ "error": hole.reason }),
        None if summary.insight.is_null() => "off".into(),
        None => summary.insight.clone(),
    }
}

/// Whether each service has a result, from the states the unified analysis publishes.
fn completion(status: &Value) -> BTreeMap<&'static str, bool> {
    [
        ("yolo", "yolo"),
        ("whisper", "whisper"),
        ("mediapipe", "mediapipe"),
        ("ocr", "ocr"),
        ("scene_detection", "scene"),
        ("audio_energy", "audio_energy"),
        ("emotion_detection", "emotion_detection"),
        ("labels", "labels"),
        ("moderation", "moderation"),
    ]
    .map(|(service, state)| (service, status[state] == true))
    .into()
}

impl<'a> PromptDetails<'a> {
    /// Of an analysis without files for this reason, or with files if there is none; `comment` is
    /// its row in the report of a language model's comments.
    fn of(reason: Option<&'a str>, comment: Option<&Value>) -> Self {
        let tokens = comment.and_then(|row| row["tokens_used"].as_u64());
        Self {
            success: reason.is_none(),
            reason,
            tokens: tokens.unwrap_or_default(),
            // Only who was asked can cost something.
            cost: tokens.map_or(Some(0.0), |_| comment?["cost_usd"].as_f64()),
        }
    }
}

fn prompt_details(summary: &Summary) -> BTreeMap<&str, PromptDetails<'_>> {
    let rows = summary.insight["analyses"].as_array();
    let comment = |name: &str| rows?.iter().find(|row| row["name"] == name);
    let written = summary.files.analyses.iter();
    let failed = summary.files.failed.iter();
    written
        .map(|name| (name.as_str(), PromptDetails::of(None, comment(name))))
        .chain(failed.map(|one| {
            (
                one.name.as_str(),
                PromptDetails::of(Some(&one.reason), None),
            )
        }))
        .collect()
}
