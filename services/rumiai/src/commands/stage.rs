//! `rumiai stage`: one stage alone, on what earlier ones left in a folder.

use crate::source::source_of;
use crate::{
    cli::{OutputFormat, StageArguments},
    exit::Exit,
    progress,
    settings::Settings,
    shutdown,
    stages::Opener,
};
use anyhow::{Context, bail};
use artifacts::Directory;
use contracts::{
    ArtifactKey, JobId, Manifest, Outcome, StageName, Upstream,
    flow::FLOW,
    job::{Job, Source},
    manifest::FailureClass,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use stage::Artifacts;
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::{Embedded, EmbeddedParts, SystemClock};

const JOB_FILE: &str = "job.json";
const MANIFEST_FILE: &str = "manifest.json";

/// Runs the stage, and before it those it cannot do without.
///
/// # Errors
/// If the input is neither a video nor a folder that earlier stages wrote, if the output cannot be
/// written, or if the run is interrupted.
pub fn run(arguments: &StageArguments, settings: &Settings) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let manifests = runtime.block_on(async {
        let cancel = CancellationToken::new();
        let mut signals = JoinSet::new();
        signals.spawn(shutdown::cancel_on_signal(cancel.clone()));
        let folder = WorkFolder::prepare(arguments).await?;
        run_stages(&folder, arguments, settings, &cancel).await
    })?;
    print(arguments, &manifests)?;
    Ok(manifests.last().map_or(Exit::Failure, Exit::of_stage))
}

/// A store that holds one job.
struct WorkFolder {
    store: Directory,
    job: Job,
}

impl WorkFolder {
    /// The output folder with the job in it, and everything the input folder holds.
    async fn prepare(arguments: &StageArguments) -> anyhow::Result<Self> {
        let input = Path::new(&arguments.input);
        let open = |path: &Path| {
            Directory::open(path).with_context(|| format!("cannot open {}", path.display()))
        };
        if !input.is_dir() {
            let job = Job::new(
                JobId::new(Uuid::now_v7().to_string())?,
                existing(&arguments.input)?,
            );
            let store = open(&arguments.output)?;
            if let Some(held) = find_job(&store).await? {
                bail!(
                    "{} holds job {held} already: name another folder, or that one as --input",
                    arguments.output.display()
                );
            }
            let key = ArtifactKey::new(format!("jobs/{}/{JOB_FILE}", job.job_id))?;
            store
                .put(&key, serde_json::to_vec_pretty(&job)?.into())
                .await?;
            return Ok(Self { store, job });
        }
        let from = open(input)?;
        let Some(job_id) = find_job(&from).await? else {
            bail!(
                "{} holds no job: begin with `rumiai stage decode --input clip.mp4 --output {0}`",
                input.display()
            );
        };
        let store = open(&arguments.output)?;
        let redone = format!("jobs/{job_id}/{}/", arguments.name);
        // Written once: what an earlier run of this stage made goes first.
        let earlier = store.root().join(&redone);
        if earlier.exists() {
            fs::remove_dir_all(&earlier)
                .with_context(|| format!("cannot remove {}", earlier.display()))?;
        }
        copy(&from, &store, &redone).await?;
        let key = format!("jobs/{job_id}/{JOB_FILE}");
        let job = load(&store, &key).await?;
        let job =
            job.with_context(|| format!("{} is missing", store.root().join(&key).display()))?;
        Ok(Self { store, job })
    }

    /// How the stages ended so far; those that were not run count as switched off.
    async fn upstream(&self) -> anyhow::Result<Upstream> {
        let mut upstream = Upstream::default();
        for spec in FLOW {
            let key = format!("jobs/{}/{}/{MANIFEST_FILE}", self.job.job_id, spec.name);
            if let Some(manifest) = load::<Manifest>(&self.store, &key).await? {
                upstream.record(spec.name, manifest.outcome);
            }
        }
        Ok(upstream)
    }
}

/// The job a folder holds, if it holds one.
async fn find_job(store: &Directory) -> anyhow::Result<Option<String>> {
    let keys = store.list("jobs/").await?;
    let jobs: BTreeSet<&str> = keys
        .iter()
        .filter_map(|key| key.as_str().split('/').nth(1))
        .collect();
    match jobs.len() {
        0 | 1 => Ok(jobs.first().map(|job| (*job).to_owned())),
        count => bail!(
            "{} holds {count} jobs: use a folder per video",
            store.root().display()
        ),
    }
}

/// Copies everything but what begins with `except`.
async fn copy(from: &Directory, to: &Directory, except: &str) -> anyhow::Result<()> {
    if fs::canonicalize(from.root())? == fs::canonicalize(to.root())? {
        return Ok(());
    }
    for prefix in ["media/", "jobs/"] {
        for key in from.list(prefix).await? {
            if key.as_str().starts_with(except) || to.find(&key).await?.is_some() {
                continue;
            }
            to.put_file(&key, &from.root().join(key.as_str())).await?;
        }
    }
    Ok(())
}

async fn load<T: DeserializeOwned>(store: &Directory, key: &str) -> anyhow::Result<Option<T>> {
    let key = ArtifactKey::new(key)?;
    let Some(reference) = store.find(&key).await? else {
        return Ok(None);
    };
    let bytes = store.get(&reference).await?;
    let value = serde_json::from_slice(&bytes)
        .with_context(|| format!("{key} was written by another version; begin anew"))?;
    Ok(Some(value))
}

/// The stage and those it cannot do without that have not ended well, in the order of the flow.
fn plan(name: StageName, upstream: &Upstream) -> Vec<StageName> {
    let mut wanted = BTreeSet::from([name]);
    for spec in FLOW.iter().rev() {
        if wanted.contains(&spec.name) {
            let missing = |needed: &&StageName| {
                !matches!(upstream.outcome(**needed), Some(Outcome::Done { .. }))
            };
            wanted.extend(spec.requires.iter().filter(missing));
        }
    }
    let order = FLOW.iter().map(|spec| spec.name);
    order.filter(|name| wanted.contains(name)).collect()
}

async fn run_stages(
    folder: &WorkFolder,
    arguments: &StageArguments,
    settings: &Settings,
    cancel: &CancellationToken,
) -> anyhow::Result<Vec<Manifest>> {
    let mut upstream = folder.upstream().await?;
    let plan = plan(arguments.name, &upstream);
    let not_run = Outcome::Failed {
        reason: "not run".into(),
        class: FailureClass::SwitchedOff,
    };
    for spec in FLOW.iter().filter(|spec| !plan.contains(&spec.name)) {
        if upstream.outcome(spec.name).is_none() {
            upstream.record(spec.name, not_run.clone());
        }
    }
    let scratch = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(folder.store.partial())?;
    let video = ingest::video_id(&folder.job.source);
    let location = folder.store.root().join("media").display().to_string();
    let runner = Embedded::new(EmbeddedParts {
        stages: Opener::new(settings)
            .all(|stage| plan.contains(&stage))
            .await
            .map_err(|failure| anyhow::anyhow!(failure.message))?,
        artifacts: Arc::new(folder.store.clone()),
        clock: Arc::new(SystemClock::start()),
        progress: progress::listener(arguments.progress, video.as_str(), &location),
        policy: settings.worker.policy(),
        scratch: scratch.path().to_owned(),
    });
    let mut manifests = Vec::new();
    for stage in plan {
        // A stage that failed before is tried again: its old manifest would be in the way.
        let earlier = format!("jobs/{}/{stage}", folder.job.job_id);
        let earlier = folder.store.root().join(earlier);
        if earlier.exists() {
            fs::remove_dir_all(&earlier)?;
        }
        let manifest = runner
            .run_one(&folder.job, stage, &mut upstream, cancel)
            .await?;
        let failed = matches!(manifest.outcome, Outcome::Failed { .. });
        manifests.push(manifest);
        if failed {
            break;
        }
    }
    Ok(manifests)
}

fn print(arguments: &StageArguments, manifests: &[Manifest]) -> anyhow::Result<()> {
    let Some(last) = manifests.last() else {
        return Ok(());
    };
    let root = &arguments.output;
    let files = last.artifacts.iter();
    let files: Vec<_> = files.map(|one| root.join(one.key.as_str())).collect();
    if arguments.output_format == OutputFormat::Json {
        let success = matches!(last.outcome, Outcome::Done { .. });
        let object = json!({
            "success": success && last.stage == arguments.name,
            "manifest": last,
            "files": files,
        });
        println!("{}", serde_json::to_string_pretty(&object)?);
        return Ok(());
    }
    for manifest in manifests {
        match &manifest.outcome {
            Outcome::Done { .. } => println!(
                "{}: done in {:.2} s",
                manifest.stage,
                manifest.duration_ms as f64 / 1000.0
            ),
            Outcome::Failed { reason, .. } => eprintln!("error: {}: {reason}", manifest.stage),
        }
    }
    for file in files {
        println!("  {}", file.display());
    }
    Ok(())
}

/// What the command line names, which must be there if it is a file.
fn existing(input: &str) -> anyhow::Result<Source> {
    let source = source_of(input);
    match &source {
        Source::LocalFile(path) if !Path::new(path).exists() => {
            bail!("no file or folder at {path}: check --input")
        }
        _ => Ok(source),
    }
}
