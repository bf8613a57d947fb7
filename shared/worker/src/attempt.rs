//! One attempt of one stage: under a deadline, isolated from panics, in a scratch of its own.

use crate::any_stage::AnyStage;
use contracts::{ArtifactRef, Envelope, Upstream, job::Job};
use futures::FutureExt;
use stage::{Computations, ContextParts, StageContext, StageError};
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

/// What a stage is run on.
pub(crate) enum Work<'a> {
    /// What came before, in this process.
    Gathered(&'a Job, &'a Upstream),
    /// A message.
    Sealed(&'a Envelope),
}

/// How one attempt ended.
pub(crate) struct Attempt {
    /// The output with what was stored on the way.
    pub(crate) outcome: Result<(serde_json::Value, Vec<ArtifactRef>), StageError>,
    /// Computations that may outlive it.
    pub(crate) computations: Computations,
}

/// Runs one attempt.
pub(crate) async fn run(
    stage: &dyn AnyStage,
    work: Work<'_>,
    parts: ContextParts,
    timeout: Duration,
) -> Attempt {
    let cancel = parts.cancel.clone();
    let context = StageContext::new(parts);
    let running = async {
        match work {
            Work::Gathered(job, upstream) => stage.run(job, upstream, &context).await,
            Work::Sealed(envelope) => stage.run_sealed(envelope, &context).await,
        }
    };
    let guarded = AssertUnwindSafe(running).catch_unwind();
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
    Attempt {
        outcome: outcome.map(|output| (output, context.stored())),
        computations: context.computations(),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}
