//! A bar per stage on standard error.

use contracts::{JobId, StageName, flow::FLOW};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use stage::{Progress, ProgressEvent};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Steps of every bar; stages count in units of their own.
const STEPS: u64 = 1000;
/// How often a bar that does not advance shows that it lives.
const TICK: Duration = Duration::from_millis(120);

/// A bar per stage that has begun.
pub struct Bars {
    all: MultiProgress,
    bars: Mutex<BTreeMap<StageName, ProgressBar>>,
}

impl Bars {
    /// Bars under the name of the video.
    #[must_use]
    pub fn new(video_id: &str) -> Self {
        let all = MultiProgress::new();
        // Where there is no terminal to draw on, the heading has no use either.
        let _ = all.println(format!("analysing {video_id}"));
        Self {
            all,
            bars: Mutex::default(),
        }
    }

    fn bar(&self, stage: StageName) -> ProgressBar {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || {
            let place = FLOW
                .iter()
                .position(|spec| spec.name == stage)
                .unwrap_or(FLOW.len());
            let bar = self.all.insert(place, ProgressBar::new(STEPS));
            bar.set_style(style());
            bar.set_prefix(stage.as_str());
            bar.enable_steady_tick(TICK);
            bar
        };
        bars.entry(stage).or_insert_with(begin).clone()
    }
}

fn style() -> ProgressStyle {
    let template = "  {prefix:10} {bar:30.cyan/dim} {percent:>3}% {elapsed:>4}  {msg}";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bars {
    fn notify(&self, _: &JobId, event: ProgressEvent) {
        match event {
            ProgressEvent::Started { stage, attempt } => {
                let bar = self.bar(stage);
                bar.set_position(0);
                if attempt > 1 {
                    bar.set_message(format!("attempt {attempt}"));
                }
            }
            ProgressEvent::Advanced { stage, done, total } => {
                let share = done
                    .min(total)
                    .saturating_mul(STEPS)
                    .checked_div(total)
                    .unwrap_or(0);
                self.bar(stage).set_position(share);
            }
            ProgressEvent::Retrying {
                stage,
                after,
                reason,
            } => {
                self.bar(stage)
                    .set_message(format!("again in {} s: {reason}", after.as_secs()));
            }
            ProgressEvent::Ended {
                stage,
                failure: None,
                ..
            } => {
                let bar = self.bar(stage);
                bar.set_position(STEPS);
                bar.finish_with_message("done");
            }
            ProgressEvent::Ended {
                stage,
                failure: Some(reason),
                ..
            } => {
                self.bar(stage).abandon_with_message(reason);
            }
        }
    }
}
