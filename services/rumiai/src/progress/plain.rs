//! The line protocol other programs read: `📊 <step>... (<n>%)` on standard output, one line per
//! step, only for steps that really begin.

use contracts::{JobId, StageName};
use stage::{Progress, ProgressEvent};
use std::sync::{Mutex, PoisonError};

/// Steps of the protocol with the share of the work that lies before them, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlainSteps {
    /// What is known of the video is gathered.
    ScrapingMetadata,
    /// Its bytes are fetched.
    DownloadingVideo,
    /// It is decoded and looked at.
    RunningMlAnalysis,
    /// Everything is joined.
    BuildingTimeline,
    /// Analyses and temporal markers are computed.
    GeneratingTemporalMarkers,
    /// The unified analysis is written.
    SavingAnalysis,
    /// The analyses are written.
    RunningPrecomputeFunctions,
    /// The summary is made.
    GeneratingReport,
    /// All is done.
    Completed,
}

impl PlainSteps {
    /// The line that says that this step begins.
    #[must_use]
    pub fn line(self) -> &'static str {
        match self {
            Self::ScrapingMetadata => "📊 scraping_metadata... (0%)",
            Self::DownloadingVideo => "📊 downloading_video... (10%)",
            Self::RunningMlAnalysis => "📊 running_ml_analysis... (20%)",
            Self::BuildingTimeline => "📊 building_timeline... (50%)",
            Self::GeneratingTemporalMarkers => "📊 generating_temporal_markers... (60%)",
            Self::SavingAnalysis => "📊 saving_analysis... (65%)",
            Self::RunningPrecomputeFunctions => "📊 running_precompute_functions... (70%)",
            Self::GeneratingReport => "📊 generating_report... (95%)",
            Self::Completed => "📊 completed... (100%)",
        }
    }
}

/// Prints the lines of one video.
pub struct Plain {
    video_id: String,
    location: String,
    last: Mutex<Option<PlainSteps>>,
}

impl Plain {
    /// Lines for the video called `video_id`, whose bytes are then at `location`.
    #[must_use]
    pub fn new(video_id: &str, location: &str) -> Self {
        Self {
            video_id: video_id.to_owned(),
            location: location.to_owned(),
            last: Mutex::default(),
        }
    }

    /// Prints a step unless it, or a later one, was printed before.
    fn step(&self, step: PlainSteps) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last < step) {
            println!("{}", step.line());
            *last = Some(step);
        }
    }
}

impl Progress for Plain {
    fn notify(&self, _: &JobId, event: ProgressEvent) {
        match event {
            ProgressEvent::Started {
                stage: StageName::Ingest,
                attempt: 1,
            } => {
                self.step(PlainSteps::ScrapingMetadata);
                println!("✅ Video ID: {}", self.video_id);
                self.step(PlainSteps::DownloadingVideo);
            }
            ProgressEvent::Ended {
                stage: StageName::Ingest,
                failure: None,
                ..
            } => {
                println!("✅ Downloaded to: {}", self.location);
            }
            ProgressEvent::Started {
                stage: StageName::Decode,
                ..
            } => {
                self.step(PlainSteps::RunningMlAnalysis);
            }
            ProgressEvent::Started {
                stage: StageName::Timeline,
                ..
            } => {
                self.step(PlainSteps::BuildingTimeline);
            }
            ProgressEvent::Advanced {
                stage: StageName::Timeline,
                ..
            } => {
                self.step(PlainSteps::GeneratingTemporalMarkers);
            }
            _ => {}
        }
    }
}
