//! What one run found and what it took, in one place: everything that differs between two runs
//! of the same file stands here and nowhere else.

use super::{
    export::Exported,
    findings::{self, Findings},
    outcome::Failure,
};
use crate::exit::Exit;
use contracts::{
    Manifest, Outcome, PROGRAM_VERSION, StageName,
    decoded::Probe,
    flow::FLOW,
    manifest::{FailureClass, ModelStamp},
    messages::Decoded,
};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};
use stage::Artifacts;
use std::time::Duration;
use worker::JobReport;

/// What one run found and what it took.
pub struct Summary {
    /// Where the results are.
    pub files: Exported,
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
    /// Time and attempts of every stage that ran.
    pub stages: Vec<StageTime>,
    /// Models that took part.
    pub models: Vec<ModelStamp>,
    /// The job.
    pub job_id: String,
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
    let unified = std::fs::read(&files.unified).map_err(|error| unreadable(&error))?;
    let unified: Value = serde_json::from_slice(&unified).map_err(|error| unreadable(&error))?;
    Ok(Summary {
        probe: decoded.probe,
        problems: decoded.completeness.problems,
        findings: findings::gather(store, &upstream).await?,
        failures: holes(report),
        switched_off: switched_off(report),
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
    off.map(|manifest| manifest.stage).collect()
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

    /// Whether something that was asked for could not be measured.
    #[must_use]
    pub fn degraded(&self) -> bool {
        self.files.degraded || !self.failures.is_empty() || !self.problems.is_empty()
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
        let mut report = json!({
            "video_id": self.files.video_id,
            "duration": self.probe.duration.seconds(),
            "width": self.probe.video.width,
            "height": self.probe.video.height,
            "analyses": self.files.analyses,
            "degraded": self.degraded(),
            "failures": failures,
            "switched_off": self.switched_off,
            "decoding_problems": self.problems,
            "coverage": self.coverage,
            "models": self.models,
            "program_version": PROGRAM_VERSION,
        });
        if let (Some(report), Ok(Value::Object(findings))) =
            (report.as_object_mut(), serde_json::to_value(&self.findings))
        {
            report.extend(findings);
        }
        report
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
