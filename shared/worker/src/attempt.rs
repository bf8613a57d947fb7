//! One attempt of one stage: under a deadline, isolated from panics, in a scratch of its own.

use crate::any_stage::AnyStage;
use contracts::{ArtifactRef, Upstream, job::Job};
use futures::FutureExt;
use stage::{ContextParts, StageContext, StageError};
use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

/// A stage panicked. Another attempt may do better; the process goes on either way.
#[derive(Debug, thiserror::Error)]
#[error("stage panicked: {0}")]
struct Panicked(String);

/// An attempt took longer than it may.
#[derive(Debug, thiserror::Error)]
#[error(
    "attempt took longer than {0:?}; raise `worker.attempt_timeout_s` if the video deserves it"
)]
struct TimedOut(Duration);

/// Runs one attempt and returns the output with what was stored on the way.
pub(crate) async fn run(
    stage: &dyn AnyStage,
    job: &Job,
    upstream: &Upstream,
    parts: ContextParts,
    timeout: Duration,
) -> Result<(serde_json::Value, Vec<ArtifactRef>), StageError> {
    let cancel = parts.cancel.clone();
    let context = StageContext::new(parts);
    let guarded = AssertUnwindSafe(stage.run(job, upstream, &context)).catch_unwind();
    let outcome = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(StageError::Cancelled),
        ended = tokio::time::timeout(timeout, guarded) => match ended {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(StageError::transient(Panicked(text_of(&*panic)))),
            Err(_) => Err(StageError::transient(TimedOut(timeout))),
        },
    };
    // Whatever still runs in the background of this attempt has nobody to work for any more.
    cancel.cancel();
    outcome.map(|output| (output, context.stored()))
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}
