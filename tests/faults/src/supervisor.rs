//! Starting workers anew when they end, as an orchestrator does.

use crate::{fail_at::FailAt, settings::WorkerSettings, surroundings::Starter};
use std::{collections::VecDeque, os::unix::process::ExitStatusExt, time::Duration};
use tokio_util::sync::CancellationToken;

/// Longest wait for a worker to end when asked to.
const DRAIN: Duration = Duration::from_secs(120);
/// The signal of a process that aborts.
const ABORTED: i32 = 6;

/// What was seen of one worker.
#[derive(Debug, Clone, Default)]
pub struct Supervised {
    /// Where it died, in order.
    pub died_at: Vec<FailAt>,
    /// How often it aborted elsewhere.
    pub aborted: usize,
    /// Other ends than those, and than the last.
    pub ended_otherwise: Vec<String>,
}

/// Keeps one worker running until `stop` fires, each time with the next of `kills` to die at, then
/// asks it to stop.
///
/// # Panics
/// If it does not stop when asked to.
pub async fn supervise(
    starter: Starter,
    settings: WorkerSettings,
    kills: Vec<FailAt>,
    stop: CancellationToken,
) -> Supervised {
    let mut kills = VecDeque::from(kills);
    let mut seen = Supervised::default();
    while !stop.is_cancelled() {
        let settings = WorkerSettings {
            fail_at: kills.front().copied(),
            ..settings.clone()
        };
        let mut process = starter.start(&settings);
        let ended = tokio::select! {
            ended = process.ended() => ended,
            () = stop.cancelled() => {
                process.term();
                process.wait(DRAIN).await
            }
        };
        if ended.signal() == Some(ABORTED) {
            match kills.pop_front() {
                Some(at) => seen.died_at.push(at),
                None => seen.aborted += 1,
            }
        } else if !ended.success() {
            seen.ended_otherwise.push(ended.to_string());
        }
    }
    seen
}
