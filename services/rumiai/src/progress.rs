//! Showing how far a job has come.

mod bars;
mod plain;

use crate::cli::ProgressStyle;
use contracts::JobId;
use stage::{Progress, ProgressEvent};
use std::{io::IsTerminal, sync::Arc};

pub use bars::Bars;
pub use plain::{Plain, PlainSteps};

/// Says nothing.
struct Silent;

impl Progress for Silent {
    fn notify(&self, _: &JobId, _: ProgressEvent) {}
}

/// The listener of the chosen style for the video called `video_id`, whose bytes are at `location`
/// once they are taken in.
#[must_use]
pub fn listener(style: ProgressStyle, video_id: &str, location: &str) -> Arc<dyn Progress> {
    let style = match style {
        ProgressStyle::Auto if std::io::stderr().is_terminal() => ProgressStyle::Bars,
        ProgressStyle::Auto => ProgressStyle::None,
        chosen => chosen,
    };
    match style {
        ProgressStyle::Bars => Arc::new(Bars::new(video_id)),
        ProgressStyle::Plain => Arc::new(Plain::new(video_id, location)),
        ProgressStyle::Auto | ProgressStyle::None => Arc::new(Silent),
    }
}
