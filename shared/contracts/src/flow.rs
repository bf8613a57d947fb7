//! The one table of stages: who feeds whom. Everything that knows an order reads it here.

use crate::manifest::{Outcome, Upstream};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The stages, in the order in which results are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// Fetches the video and stores its bytes.
    Ingest,
    /// Decodes once: probe, frames, audio, change signals, thumbnails.
    Decode,
    /// Finds shot boundaries.
    Shots,
    /// Finds and tracks objects.
    Detect,
    /// Finds faces, bodies and hands.
    People,
    /// Reads the emotions faces show.
    Emotion,
    /// Measures the energy of the sound.
    Sound,
    /// Finds where a voice is active and writes down what it says.
    Transcribe,
    /// Reads what is written on screen.
    Ocr,
    /// Looks for explicit content.
    Moderate,
    /// Names what scenes show, from a list.
    Label,
    /// Joins everything into the analyses.
    Timeline,
    /// Lets a language model comment on the analyses.
    Insight,
}

/// What a stage mostly spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Processor time.
    Cpu,
    /// Accelerator time, where there is one.
    Gpu,
}

/// One row of the flow table.
#[derive(Debug, Clone, Copy)]
pub struct StageSpec {
    /// The stage.
    pub name: StageName,
    /// Stages whose output it cannot do without.
    pub requires: &'static [StageName],
    /// Stages it waits for, and uses if they have an output.
    pub uses: &'static [StageName],
    /// What it mostly spends.
    pub device: Device,
    /// Whether a job without its output is still worth finishing.
    pub optional: bool,
    /// Whether it only runs for jobs that ask for it: it costs money, or needs what not everybody
    /// has.
    pub on_request: bool,
    /// What it does, in one line for people.
    pub purpose: &'static str,
}

/// The flow, in an order in which every stage follows those it needs.
pub const FLOW: &[StageSpec] = &[
    StageSpec {
        name: StageName::Ingest,
        requires: &[],
        uses: &[],
        device: Device::Cpu,
        optional: false,
        on_request: false,
        purpose: "fetch the video and store its bytes once",
    },
    StageSpec {
        name: StageName::Decode,
        requires: &[StageName::Ingest],
        uses: &[],
        device: Device::Cpu,
        optional: false,
        on_request: false,
        purpose: "one pass: frames, audio, change signals, thumbnails",
    },
    StageSpec {
        name: StageName::Shots,
        requires: &[StageName::Decode],
        uses: &[],
        device: Device::Cpu,
        optional: true,
        on_request: false,
        purpose: "shot boundaries with kind and score",
    },
    StageSpec {
        name: StageName::Detect,
        requires: &[StageName::Decode],
        uses: &[StageName::Shots],
        device: Device::Gpu,
        optional: true,
        on_request: false,
        purpose: "objects and object tracks",
    },
    StageSpec {
        name: StageName::People,
        requires: &[StageName::Decode],
        uses: &[StageName::Shots, StageName::Detect],
        device: Device::Gpu,
        optional: true,
        on_request: false,
        purpose: "faces and their tracks, bodies, hands, gestures, gaze",
    },
    StageSpec {
        name: StageName::Emotion,
        requires: &[StageName::Decode, StageName::People],
        uses: &[],
        device: Device::Gpu,
        optional: true,
        on_request: false,
        purpose: "emotions that faces show",
    },
    StageSpec {
        name: StageName::Sound,
        requires: &[StageName::Decode],
        uses: &[],
        device: Device::Cpu,
        optional: true,
        on_request: false,
        purpose: "energy windows, loudness, onsets, silence",
    },
    StageSpec {
        name: StageName::Transcribe,
        requires: &[StageName::Decode],
        uses: &[],
        device: Device::Gpu,
        optional: true,
        on_request: false,
        purpose: "voice activity, words with their times, subtitles",
    },
    StageSpec {
        name: StageName::Ocr,
        requires: &[StageName::Decode],
        uses: &[StageName::Shots, StageName::Transcribe],
        device: Device::Gpu,
        optional: true,
        on_request: false,
        purpose: "text on screen, its tracks and roles, graphics",
    },
    StageSpec {
        name: StageName::Moderate,
        requires: &[StageName::Decode],
        uses: &[],
        device: Device::Gpu,
        optional: true,
        on_request: false,
        purpose: "how likely frames show explicit content",
    },
    StageSpec {
        name: StageName::Label,
        requires: &[StageName::Decode],
        uses: &[],
        device: Device::Gpu,
        optional: true,
        on_request: false,
        purpose: "what scenes show, from a list of labels; embeddings of frames",
    },
    StageSpec {
        name: StageName::Timeline,
        requires: &[StageName::Ingest, StageName::Decode],
        uses: &[
            StageName::Shots,
            StageName::Detect,
            StageName::People,
            StageName::Emotion,
            StageName::Sound,
            StageName::Transcribe,
            StageName::Ocr,
            StageName::Moderate,
            StageName::Label,
        ],
        device: Device::Cpu,
        optional: false,
        on_request: false,
        purpose: "unified analysis and the professional analyses",
    },
    StageSpec {
        name: StageName::Insight,
        requires: &[StageName::Timeline],
        uses: &[],
        device: Device::Cpu,
        optional: true,
        on_request: true,
        purpose: "what a language model says of the analyses, checked against them",
    },
];

/// Whether a stage may start, must wait, or can never start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Everything it needs has ended well, everything it uses has ended.
    Ready,
    /// Something it needs or uses has not ended.
    Waiting,
    /// This stage, which it cannot do without, gave up.
    Blocked(StageName),
}

impl StageName {
    /// Its name in keys, queues and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Decode => "decode",
            Self::Shots => "shots",
            Self::Detect => "detect",
            Self::People => "people",
            Self::Emotion => "emotion",
            Self::Sound => "sound",
            Self::Transcribe => "transcribe",
            Self::Ocr => "ocr",
            Self::Moderate => "moderate",
            Self::Label => "label",
            Self::Timeline => "timeline",
            Self::Insight => "insight",
        }
    }
    /// Its row of the flow table.
    #[must_use]
    pub fn spec(self) -> Option<&'static StageSpec> {
        FLOW.iter().find(|spec| spec.name == self)
    }
}

impl StageSpec {
    /// Whether the stage may start, given how the others ended.
    #[must_use]
    pub fn readiness(&self, upstream: &Upstream) -> Readiness {
        for needed in self.requires {
            match upstream.outcome(*needed) {
                Some(Outcome::Done { .. }) => {}
                Some(Outcome::Failed { .. }) => return Readiness::Blocked(*needed),
                None => return Readiness::Waiting,
            }
        }
        let ended = self
            .uses
            .iter()
            .all(|used| upstream.outcome(*used).is_some());
        if ended {
            Readiness::Ready
        } else {
            Readiness::Waiting
        }
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A name that no stage has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no stage is called '{0}'; there are: {known}", known = names())]
pub struct UnknownStage(String);

fn names() -> String {
    FLOW.iter()
        .map(|spec| spec.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

impl FromStr for StageName {
    type Err = UnknownStage;
    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        FLOW.iter()
            .map(|spec| spec.name)
            .find(|name| name.as_str() == text)
            .ok_or_else(|| UnknownStage(text.chars().take(40).collect()))
    }
}
