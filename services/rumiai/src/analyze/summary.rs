//! What one run found and what it took, in one place: everything that differs between two runs
//! of the same file stands here and nowhere else.

use super::{
    export::Exported,
    findings::{self, Findings},
    outcome::Failure,
    published::FeatureFlags,
    resources::Gpu,
};
use crate::exit::Exit;
use contracts::{
    Manifest, Outcome, StageName,
    decoded::Probe,
    flow::FLOW,
    manifest::{FailureClass, ModelStamp},
    messages::Decoded,
};
use serde_json::Value;
use stage::Artifacts;
use std::{path::Path, time::Duration};
use worker::JobReport;

/// What one run found and what it took.
pub struct Summary {
    /// Where the results are.
    pub files: Exported,
    /// Where the video is.
    pub video: String,
    /// What the file says of itself.
    pub probe: Probe,
    /// What could not be decoded, for people.
    pub problems: Vec<String>,
    /// What the stages found.
    pub findings: Findings,
    /// Stages that were asked for and gave up.
    pub failures: Vec<Hole>,
    /// Stages that were not asked for.
    pub switched_off: Vec<StageName>,
    /// Coverage as the unified analysis states it.
    pub coverage: Value,
    /// Which services have a result, as the unified analysis states it.
    pub pipeline_status: Value,
    /// The hook, as the creative measures state it; null without them.
    pub hook: Value,
    /// What a language model's comments came to, as its report states it; null without them.
    pub insight: Value,
    /// How the run was set up.
    pub feature_flags: FeatureFlags,
    /// What the models ran on; `None` if that was elsewhere.
    pub gpu: Option<Gpu>,
    /// Time and attempts of every stage that ran.
    pub stages: Vec<StageTime>,
    /// Models that took part.
    pub models: Vec<ModelStamp>,
    /// The job.
    pub job_id: String,
    /// Trace in which it can be followed; `None` without telemetry.
    pub trace_id: Option<String>,
    /// From the first stage to the last written file.
    pub took: Duration,
}

/// Something that was asked for and is missing.
#[derive(Debug, Clone)]
pub struct Hole {
    /// The stage that gave up.
    pub stage: StageName,
    /// The exit code it leads to.
    pub exit: Exit,
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

/// What a summary takes from the surroundings of a run.
pub struct Surroundings {
    /// Where the video is.
    pub video: String,
    /// How the run was set up.
    pub feature_flags: FeatureFlags,
    /// What the models ran on; `None` if that was elsewhere.
    pub gpu: Option<Gpu>,
    /// From the first stage to the last written file.
    pub took: Duration,
}

/// Gathers the summary of a job that has a result.
///
/// # Errors
/// [`Failure`] if something the stages stored cannot be read back.
pub async fn summarise(
    store: &dyn Artifacts,
    report: &JobReport,
    files: Exported,
    surroundings: Surroundings,
) -> Result<Summary, Failure> {
    let upstream = report.upstream();
    let decoded: Decoded = upstream
        .required(StageName::Decode)
        .map_err(|error| Failure::of_result(&error))?;
    let unified = read(&files.unified).map_err(|error| Failure::of_result(&error))?;
    let Surroundings {
        video,
        feature_flags,
        gpu,
        took,
    } = surroundings;
    Ok(Summary {
        video,
        feature_flags,
        gpu,
        probe: decoded.probe,
        problems: decoded.completeness.problems,
        findings: findings::gather(store, &upstream).await?,
        failures: holes(report),
        switched_off: switched_off(report),
        coverage: unified["processing_metadata"]["coverage"].clone(),
        pipeline_status: unified["pipeline_status"].clone(),
        hook: match &files.creative {
            Some(path) => read(path).map_err(|error| Failure::of_result(&error))?["hook"].clone(),
            None => Value::Null,
        },
        insight: match &files.insight {
            Some(path) => read(path).map_err(|error| Failure::of_result(&error))?,
            None => Value::Null,
        },
        stages: times(report),
        models: report
            .manifests
            .values()
            .flat_map(|manifest| manifest.models.clone())
            .collect(),
        job_id: job_id(report),
        trace_id: report
            .manifests
            .values()
            .find_map(|manifest| manifest.trace_id.clone()),
        files,
        took,
    })
}

fn read(path: &Path) -> std::io::Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// The job a report is about; empty if nothing ran.
#[must_use]
pub fn job_id(report: &JobReport) -> String {
    let first = report.manifests.values().next();
    first
        .map(|manifest| manifest.job_id.to_string())
        .unwrap_or_default()
}

fn holes(report: &JobReport) -> Vec<Hole> {
    let hole = |manifest: &Manifest| match &manifest.outcome {
        Outcome::Failed { reason, class } if *class != FailureClass::SwitchedOff => Some(Hole {
            stage: manifest.stage,
            exit: Exit::of_stage(manifest),
            reason: reason.clone(),
        }),
        _ => None,
    };
    report.manifests.values().filter_map(hole).collect()
}

fn switched_off(report: &JobReport) -> Vec<StageName> {
    let off = report.manifests.values().filter(|manifest| {
        matches!(
            manifest.outcome,
            Outcome::Failed {
                class: FailureClass::SwitchedOff,
                ..
            }
        )
    });
    // What only runs on request is not left out by anybody.
    let on_request = |stage: &StageName| stage.spec().is_some_and(|spec| spec.on_request);
    off.map(|manifest| manifest.stage)
        .filter(|stage| !on_request(stage))
        .collect()
}

/// Time and attempts of every stage that ran, in the order of the flow.
#[must_use]
pub fn times(report: &JobReport) -> Vec<StageTime> {
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

    /// The exit code it asks for. A result with a hole in it is not a success.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let holes = self.failures.iter().map(|hole| hole.exit);
        holes.max().unwrap_or(Exit::Success)
    }

    /// Whether something that was asked for could not be measured.
    #[must_use]
    pub fn degraded(&self) -> bool {
        self.files.degraded || !self.failures.is_empty() || !self.problems.is_empty()
    }
}
