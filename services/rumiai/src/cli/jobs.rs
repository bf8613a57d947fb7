//! Arguments of the commands that deal with workers and their jobs.

use super::OutputFormat;
use clap::{Args, Subcommand};
use contracts::{BatchName, JobId, StageName};
use jiff::SignedDuration;
use std::path::PathBuf;

/// Arguments of `rumiai worker`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai worker detect
  rumiai worker shots sound timeline
  rumiai worker all                      # every stage in one process
  RUMIAI__BROKER__URL=amqp://detect:secret@broker/rumiai RUMIAI__STORE__S3__BUCKET=videos \\
    RUMIAI__WORKER__HEALTH_ADDRESS=0.0.0.0:8080 rumiai worker detect

SIGTERM makes it finish what it has in hand, within worker.grace_s, hand back the rest, and end with
exit code 0. /livez, /readyz and /metrics are served at worker.health_address.")]
pub struct WorkerArguments {
    /// Names of stages, or `all`
    #[arg(required = true, value_name = "STAGE")]
    pub stages: Vec<StageChoice>,
}

impl WorkerArguments {
    /// The stages that are meant, in the order of the flow.
    #[must_use]
    pub fn stages(&self) -> Vec<StageName> {
        let all = self.stages.contains(&StageChoice::All);
        let names = contracts::flow::FLOW.iter().map(|spec| spec.name);
        names
            .filter(|name| all || self.stages.contains(&StageChoice::One(*name)))
            .collect()
    }

    /// What this process is, in traces.
    #[must_use]
    pub fn role(&self) -> &'static str {
        match self.stages()[..] {
            [only] => only.as_str(),
            _ => "worker",
        }
    }
}

/// A stage, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageChoice {
    /// All of them.
    All,
    /// This one.
    One(StageName),
}

impl std::str::FromStr for StageChoice {
    type Err = contracts::flow::UnknownStage;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            name => name.parse().map(Self::One),
        }
    }
}

/// Arguments of `rumiai submit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai submit https://www.tiktok.com/@user/video/7280654844715666731
  rumiai submit clip.mp4 --wait
  rumiai submit --from urls.csv --batch monday --output-format json
  rumiai submit https://cdn.example.com/a.mp4 --priority 9 --deadline 2h

A list has a URL, path or id per line; a CSV file has a header with a column `url`.")]
pub struct SubmitArguments {
    /// URLs, ids of TikTok videos, or video files, which are uploaded
    #[arg(value_name = "URL|FILE|ID", required_unless_present = "from")]
    pub inputs: Vec<String>,
    /// List or CSV file of what to submit; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Name under which the jobs can be asked for together
    #[arg(long, value_name = "NAME")]
    pub batch: Option<BatchName>,
    /// 0 to 9; jobs over 4 go first
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=9))]
    pub priority: Option<u8>,
    /// Time from now after which a result would be too late, such as 30m or 2h
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<SignedDuration>,
    /// Leave an optional stage out, such as ocr; may be repeated
    #[arg(long, value_name = "STAGE")]
    pub without: Vec<StageName>,
    /// Let a language model comment on the analyses, where a worker for insight runs
    #[arg(long)]
    pub insight: bool,
    /// Wait until all jobs have ended; exit code 1 if one has no result
    #[arg(long)]
    pub wait: bool,
    /// How the jobs are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Which jobs are meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct JobChoice {
    /// Jobs
    #[arg(value_name = "JOB")]
    pub jobs: Vec<JobId>,
    /// All jobs of a batch
    #[arg(long, value_name = "NAME")]
    pub batch: Option<BatchName>,
}

/// Arguments of `rumiai status`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai status 01997f3e-5c1a-7c40-9f0e-1d2c3b4a5968
  rumiai status --batch monday
  rumiai status --batch monday --output-format json

Exit code 1 if a job has failed.")]
pub struct StatusArguments {
    /// Which jobs
    #[command(flatten)]
    pub choice: JobChoice,
    /// How the states are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai results`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai results 01997f3e-5c1a-7c40-9f0e-1d2c3b4a5968 -o results
  rumiai results --batch monday -o results --output-format json

Writes the same files as `rumiai analyze -o DIR`.")]
pub struct ResultsArguments {
    /// Which jobs
    #[command(flatten)]
    pub choice: JobChoice,
    /// Folder for the results
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Wait until the jobs have ended
    #[arg(long)]
    pub wait: bool,
    /// Also keep what every stage made, landmarks and embeddings among it, under DIR/artifacts
    #[arg(long)]
    pub keep_artifacts: bool,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai cancel`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai cancel 01997f3e-5c1a-7c40-9f0e-1d2c3b4a5968
  rumiai cancel --batch monday")]
pub struct CancelArguments {
    /// Which jobs
    #[command(flatten)]
    pub choice: JobChoice,
    /// How the states are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai retry`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai retry 01997f3e-5c1a-7c40-9f0e-1d2c3b4a5968
  rumiai retry --batch monday --failed
  rumiai retry --batch monday --failed --reason rate_limited

Results are written once: a repetition is a job of its own, which names the one it repeats.")]
pub struct RetryArguments {
    /// Which jobs
    #[command(flatten)]
    pub choice: JobChoice,
    /// Only those that have failed
    #[arg(long)]
    pub failed: bool,
    /// Only those that failed with these words in their reason
    #[arg(long, value_name = "TEXT", requires = "failed")]
    pub reason: Option<String>,
    /// How the new jobs are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai dlq`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai dlq ls
  rumiai dlq show --stage decode --limit 1
  rumiai dlq replay --stage ingest --reason unknown_schema --dry-run
  rumiai dlq purge --stage ingest --reason undecodable --older-than 72h")]
pub struct DeadLetterArguments {
    /// What to do with dead letters
    #[command(subcommand)]
    pub action: DeadLetterAction,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadLetterAction {
    /// Count and list them
    Ls(DeadLetterChoice),
    /// Show them with their history and content
    Show(DeadLetterChoice),
    /// Send them back to work: a message nobody could read as it is, a job that ended anew
    Replay(DeadLetterChange),
    /// Throw them away
    Purge(DeadLetterChange),
}

/// Which dead letters are meant; all of them if nothing is said.
#[derive(Debug, Args)]
pub struct DeadLetterChoice {
    /// Of this stage
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<StageName>,
    /// With this reason, or these words in their detail
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// With this id
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Of this job
    #[arg(long, value_name = "JOB")]
    pub job: Option<JobId>,
    /// Buried at least so long ago, such as 90m or 72h
    #[arg(long, value_name = "TIME")]
    pub older_than: Option<SignedDuration>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<usize>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Which dead letters are changed.
#[derive(Debug, Args)]
pub struct DeadLetterChange {
    /// Which
    #[command(flatten)]
    pub choice: DeadLetterChoice,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}
