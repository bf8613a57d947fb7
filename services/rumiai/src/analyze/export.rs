//! Writing results where consumers look for them: whole files, all of an analysis or none.

use super::{outcome::Failure, published::Published, summary::Summary};
use contracts::{
    ArtifactRef, StageName, Upstream, VideoId,
    analysis::{CREATIVE_MEASURES, TEMPORAL_MARKERS},
    messages::{Analysed, AnalysisFailure, AnalysisFiles, Commented, Transcribed},
};
use jiff::{Timestamp, tz::TimeZone};
use stage::Artifacts;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};
use tempfile::NamedTempFile;
use worker::JobReport;

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Folder for results.
    pub root: PathBuf,
    /// Folder for unified analyses.
    pub unified: PathBuf,
    /// Folder for analyses, with a folder per video in it.
    pub insights: PathBuf,
}

impl Folders {
    /// Everything below `root`.
    #[must_use]
    pub fn below(root: PathBuf) -> Self {
        Self {
            unified: root.join("unified_analysis"),
            insights: root.join("insights"),
            root,
        }
    }
}

/// Where results go, and when they were made.
pub struct Destination<'a> {
    /// Where they go.
    pub folders: &'a Folders,
    /// Time for file names.
    pub now: SystemTime,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Exported {
    /// What consumers call the video.
    pub video_id: VideoId,
    /// The unified analysis.
    pub unified: PathBuf,
    /// Folder of the analyses.
    pub insights: PathBuf,
    /// The file of the temporal markers that wraps the others; `None` if there are none.
    pub temporal: Option<PathBuf>,
    /// The creative measures; `None` if there are none.
    pub creative: Option<PathBuf>,
    /// What a language model's comments came to; `None` if there are none.
    pub insight: Option<PathBuf>,
    /// Names of the analyses that were written.
    pub analyses: Vec<String>,
    /// Analyses without files, and why.
    pub failed: Vec<AnalysisFailure>,
    /// Whether the timeline says that something is missing.
    pub degraded: bool,
}

impl Destination<'_> {
    /// `YYYYmmdd_HHMMSS` in local time.
    fn stamp(&self) -> String {
        let time = Timestamp::try_from(self.now).unwrap_or(Timestamp::UNIX_EPOCH);
        time.to_zoned(TimeZone::system())
            .strftime("%Y%m%d_%H%M%S")
            .to_string()
    }

    fn insights(&self, video_id: &VideoId) -> PathBuf {
        self.folders.insights.join(video_id.as_str())
    }
}

/// Writes the unified analysis, calls `saved`, then writes every analysis.
///
/// # Errors
/// [`Failure`] naming the file that cannot be written.
pub async fn export(
    store: &dyn Artifacts,
    upstream: &Upstream,
    destination: &Destination<'_>,
    saved: impl Fn(),
) -> Result<Exported, Failure> {
    let analysed: Analysed = upstream
        .required(StageName::Timeline)
        .map_err(|error| Failure::of_result(&error))?;
    let unified = destination
        .folders
        .unified
        .join(format!("{}.json", analysed.video_id));
    write_all(vec![(
        unified.clone(),
        bytes(store, &analysed.unified).await?,
    )])?;
    saved();
    let insights = destination.insights(&analysed.video_id);
    let stamp = destination.stamp();
    let mut temporal = None;
    for analysis in &analysed.analyses {
        let files = trio(store, analysis, &insights, &stamp).await?;
        if analysis.name == TEMPORAL_MARKERS.name {
            temporal = files.first().map(|(path, _)| path.clone());
        }
        write_all(files)?;
    }
    let mut creative = None;
    if let Some(measures) = &analysed.creative {
        let path = insights.join(format!("{}.json", CREATIVE_MEASURES.name));
        write_all(vec![(path.clone(), bytes(store, measures).await?)])?;
        creative = Some(path);
    }
    write_all(subtitles(store, upstream, &insights).await?)?;
    let insight = comments(store, upstream, &insights).await?;
    Ok(Exported {
        video_id: analysed.video_id,
        unified,
        insights,
        temporal,
        creative,
        insight,
        failed: analysed.failed,
        analyses: analysed
            .analyses
            .into_iter()
            .map(|analysis| analysis.name)
            .collect(),
        degraded: analysed.degraded,
    })
}

/// The transcript as subtitles; nothing if nothing is said.
async fn subtitles(
    store: &dyn Artifacts,
    upstream: &Upstream,
    insights: &Path,
) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let transcribed: Option<Transcribed> = upstream
        .optional(StageName::Transcribe)
        .map_err(|error| Failure::of_result(&error))?;
    let mut contents = Vec::new();
    if let Some(transcribed) = transcribed {
        let files = [
            ("transcript.srt", transcribed.srt),
            ("transcript.vtt", transcribed.vtt),
        ];
        for (name, reference) in files {
            if let Some(reference) = reference {
                contents.push((insights.join(name), bytes(store, &reference).await?));
            }
        }
    }
    Ok(contents)
}

/// What a language model said, in a folder of its own; where its report was written.
async fn comments(
    store: &dyn Artifacts,
    upstream: &Upstream,
    insights: &Path,
) -> Result<Option<PathBuf>, Failure> {
    let commented: Option<Commented> = upstream
        .optional(StageName::Insight)
        .map_err(|error| Failure::of_result(&error))?;
    let Some(commented) = commented else {
        return Ok(None);
    };
    let folder = insights.join("insight");
    let report = folder.join("report.json");
    let mut contents = vec![(report.clone(), bytes(store, &commented.report).await?)];
    for comment in &commented.analyses {
        let path = folder.join(format!("{}.json", comment.name));
        contents.push((path, bytes(store, &comment.record).await?));
    }
    write_all(contents)?;
    Ok(Some(report))
}

/// Copies the manifests of a job and what its stages stored to `artifacts/<video>/<stage>`, beside
/// the results.
///
/// # Errors
/// [`Failure`] naming the file that cannot be written.
pub async fn export_artifacts(
    store: &dyn Artifacts,
    report: &JobReport,
    root: &Path,
    video_id: &VideoId,
) -> Result<(), Failure> {
    for manifest in report.manifests.values() {
        let folder = root
            .join("artifacts")
            .join(video_id.as_str())
            .join(manifest.stage.as_str());
        // Frames and audio stay in the store, where they are shared between jobs.
        let own = manifest
            .artifacts
            .iter()
            .filter(|artifact| artifact.key.as_str().starts_with("jobs/"));
        for artifact in own {
            let path = folder.join(artifact.key.file_name());
            write_all(vec![(path, bytes(store, artifact).await?)])?;
        }
        let json =
            serde_json::to_vec_pretty(manifest).map_err(|error| Failure::of_result(&error))?;
        write_all(vec![(folder.join("manifest.json"), json)])?;
    }
    Ok(())
}

/// Writes `summary.json`, the one file that says when and how fast.
///
/// # Errors
/// [`Failure`] naming the file that cannot be written.
pub fn write_summary(destination: &Destination<'_>, summary: &Summary) -> Result<(), Failure> {
    let path = destination
        .insights(&summary.files.video_id)
        .join("summary.json");
    let json = serde_json::to_vec_pretty(&Published::of(summary))
        .map_err(|error| Failure::of_result(&error))?;
    write_all(vec![(path, json)])
}

async fn bytes(store: &dyn Artifacts, reference: &ArtifactRef) -> Result<Vec<u8>, Failure> {
    let bytes = store.get(reference).await;
    bytes
        .map(Into::into)
        .map_err(|error| Failure::of_result(&error))
}

async fn trio(
    store: &dyn Artifacts,
    files: &AnalysisFiles,
    insights: &Path,
    stamp: &str,
) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let name = &files.name;
    let mut contents = Vec::new();
    for (kind, reference) in [
        ("complete", &files.complete),
        ("ml", &files.ml),
        ("result", &files.result),
    ] {
        let path = insights
            .join(name)
            .join(format!("{name}_{kind}_{stamp}.json"));
        contents.push((path, bytes(store, reference).await?));
    }
    Ok(contents)
}

/// Writes files beside their places, then renames them all; on any error none of them stays.
fn write_all(contents: Vec<(PathBuf, Vec<u8>)>) -> Result<(), Failure> {
    let mut partial = Vec::new();
    for (path, bytes) in contents {
        let file = write_beside(&path, &bytes)
            .map_err(|error| Failure::at_path("write", &path, &error))?;
        partial.push((file, path));
    }
    let mut written = Vec::new();
    for (file, path) in partial {
        if let Err(error) = file.persist(&path) {
            for earlier in written {
                // The first error is the one to report.
                let _ = fs::remove_file(earlier);
            }
            return Err(Failure::at_path("write", &path, &error.error));
        }
        written.push(path);
    }
    Ok(())
}

fn write_beside(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    readable_by_all(&file)?;
    Ok(file)
}

/// Temporary files are private; results are as readable as any file the user makes.
fn readable_by_all(file: &NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(0o644))
}
