//! From the results of all stages to the files consumers read: pure and synchronous.

pub mod block;
pub mod brackets;
pub mod build;
pub mod clock;
pub mod coverage;
pub mod creative;
pub mod density;
pub mod emotional;
pub mod entries;
pub mod events;
pub mod framing;
pub mod legacy;
pub mod markers;
pub mod measure;
pub mod metadata;
pub mod numbers;
pub mod overlay;
pub mod pacing;
pub mod phrases;
pub mod published;
pub mod read;
pub mod reliability;
pub mod scripts;
pub mod sentiment;
pub mod spans;
pub mod speech;
pub mod style;
pub mod unified;

use crate::{Brand, Error, Limits, Metric};
use block::{Analysis, Files};
use bytes::Bytes;
use contracts::{
    analysis::AnalysisName,
    decoded::{Completeness, Probe},
    job::VideoMetadata,
    manifest::FailureClass,
    messages::StageFailure,
};
use events::Events;
use measure::Reason;
use style::Style;

/// One analysis: how it is computed and what its fields mean.
pub struct AnalysisSpec {
    /// Its name, as `scene_pacing`.
    pub name: &'static str,
    /// What the names of its blocks begin with.
    pub prefix: &'static str,
    /// Computes it.
    pub analyse: fn(&Events) -> Result<Analysis, Error>,
    /// Definitions of its fields, by block.
    pub metrics: &'static [&'static [Metric]],
}

/// The analyses, in the order in which they are reported.
pub const ANALYSES: &[AnalysisSpec] = &[
    spec(density::NAME, density::analyse, density::METRICS),
    spec(emotional::NAME, emotional::analyse, emotional::METRICS),
    spec(framing::NAME, framing::analyse, framing::METRICS),
    spec(pacing::NAME, pacing::analyse, pacing::METRICS),
    spec(speech::NAME, speech::analyse, speech::METRICS),
    spec(overlay::NAME, overlay::analyse, overlay::METRICS),
    spec(metadata::NAME, metadata::analyse, metadata::METRICS),
    spec(markers::NAME, markers::analyse, markers::METRICS),
];

/// The hook, what a video is made of and the ABCD rubric: one file, without the three of the others.
pub const CREATIVE: AnalysisSpec = spec(creative::NAME, creative::analyse, creative::METRICS);

/// Everything that has definitions, in the order in which it is reported.
pub fn all() -> impl Iterator<Item = &'static AnalysisSpec> {
    ANALYSES.iter().chain(std::iter::once(&CREATIVE))
}

const fn spec(
    AnalysisName { name, prefix }: AnalysisName,
    analyse: fn(&Events) -> Result<Analysis, Error>,
    metrics: &'static [&'static [Metric]],
) -> AnalysisSpec {
    AnalysisSpec {
        name,
        prefix,
        analyse,
        metrics,
    }
}

/// Everything the analyses are made from.
#[derive(Debug, Clone)]
pub struct Input {
    /// What is known of the video besides its bytes.
    pub metadata: VideoMetadata,
    /// What the file says of itself; its duration is the clock.
    pub probe: Probe,
    /// How much of the file could be decoded.
    pub completeness: Completeness,
    /// A [`ShotList`](contracts::shots::ShotList), JSON.
    pub shots: Option<Bytes>,
    /// [`ObjectDetections`](contracts::objects::ObjectDetections), JSON.
    pub objects: Option<Bytes>,
    /// A [`SoundEnergy`](contracts::sound::SoundEnergy), JSON.
    pub sound: Option<Bytes>,
    /// A [`SpeechTranscript`](contracts::speech::SpeechTranscript), JSON.
    pub speech: Option<Bytes>,
    /// [`TextOnScreen`](contracts::text::TextOnScreen), JSON.
    pub text: Option<Bytes>,
    /// [`People`](contracts::people::People), JSON.
    pub people: Option<Bytes>,
    /// [`Emotions`](contracts::emotion::Emotions), JSON.
    pub emotions: Option<Bytes>,
    /// [`SceneLabels`](contracts::labels::SceneLabels), JSON.
    pub labels: Option<Bytes>,
    /// A [`Moderation`](contracts::moderation::Moderation), JSON.
    pub moderation: Option<Bytes>,
    /// Stages without a result, and why.
    pub failures: Vec<StageFailure>,
    /// How the files are written.
    pub style: Style,
    /// What is advertised, as far as it was named.
    pub brand: Brand,
}

/// The files of one video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The unified analysis, JSON.
    pub unified: Vec<u8>,
    /// The analyses that could be written, in the order of [`ANALYSES`].
    pub analyses: Vec<Files>,
    /// The others, and why.
    pub failed: Vec<(&'static str, Reason)>,
    /// The creative measures, JSON; `None` if they could not be written.
    pub creative: Option<Vec<u8>>,
    /// Whether something that was asked for could not be measured.
    pub degraded: bool,
}

/// The results of all stages on one clock.
#[derive(Debug, Clone)]
pub struct Joined {
    input: Input,
    results: build::Results,
    events: Events,
}

/// Joins everything.
///
/// # Errors
/// [`Error::TooLong`] over the limit.
pub fn join(input: Input, limits: &Limits) -> Result<Joined, Error> {
    let seconds = clock::Clock::new(input.probe.duration).second_count() as u64;
    if seconds > limits.max_duration_seconds {
        return Err(Error::TooLong {
            actual_seconds: seconds,
            limit_seconds: limits.max_duration_seconds,
        });
    }
    let results = build::Results::read(&input, limits);
    let events = build::events(&input, &results);
    Ok(Joined {
        input,
        results,
        events,
    })
}

impl Joined {
    /// Computes everything that is made of it.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if the unified analysis holds a number that is not finite.
    pub fn output(&self) -> Result<Output, Error> {
        let Self {
            input,
            results,
            events,
        } = self;
        let (analyses, mut failed) = each(ANALYSES, events, input.style);
        let creative = match (CREATIVE.analyse)(events).and_then(|measures| measures.file()) {
            Ok(file) => Some(file),
            Err(error) => {
                failed.push((CREATIVE.name, Reason::new(describe(&error))));
                None
            }
        };
        let asked_for = |failure: &StageFailure| failure.class != FailureClass::SwitchedOff;
        Ok(Output {
            unified: unified::unified(input, results, events)?,
            creative,
            degraded: results.unreadable
                || !failed.is_empty()
                || !input.completeness.complete
                || input.failures.iter().any(asked_for),
            analyses,
            failed,
        })
    }
}

/// Joins everything and computes everything that is made of it.
///
/// # Errors
/// As [`join`] and [`Joined::output`].
pub fn analyse(input: &Input, limits: &Limits) -> Result<Output, Error> {
    join(input.clone(), limits)?.output()
}

/// Computes analyses one by one: what one cannot write costs the others nothing.
#[must_use]
pub fn each(
    analyses: &[AnalysisSpec],
    events: &Events,
    style: Style,
) -> (Vec<Files>, Vec<(&'static str, Reason)>) {
    let mut written = Vec::with_capacity(analyses.len());
    let mut failed = Vec::new();
    for analysis in analyses {
        match (analysis.analyse)(events).and_then(|result| result.files(style)) {
            Ok(files) => written.push(files),
            Err(error) => failed.push((analysis.name, Reason::new(describe(&error)))),
        }
    }
    (written, failed)
}

/// An error with its cause.
fn describe(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
