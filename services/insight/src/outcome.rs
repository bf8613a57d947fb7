//! Whether a video without any answer is asked about again, and when.

use crate::Said;
use llm::error::{Code, Failure, WorkerAction};
use stage::StageError;
use std::time::Duration;

/// How long the stage is parked where a provider does not say for how long.
const PARKED: Duration = Duration::from_secs(600);

/// If nothing was answered, the stage failed: in the class of the failure that may pass soonest. If
/// it was called off, what was answered so far is no result.
pub(crate) fn check(said: &[Said]) -> Result<(), StageError> {
    let failures = || said.iter().filter_map(|one| one.failure.as_ref());
    if failures().any(|failure| failure.code == Code::Cancelled) {
        return Err(StageError::Cancelled);
    }
    if said.is_empty() || said.iter().any(|one| one.record.success) {
        return Ok(());
    }
    let of = |action| failures().find(|failure| action_after(failure) == action);
    if let Some(failure) = of(WorkerAction::Retry) {
        return Err(StageError::Transient {
            retry_after: failure.retry_after,
            source: failure.clone().into(),
            parked: false,
        });
    }
    if let Some(failure) = of(WorkerAction::Park) {
        let wait = failure.retry_after.unwrap_or(PARKED);
        return Err(StageError::parked(failure.clone(), wait));
    }
    let mut reasons: Vec<&str> = said
        .iter()
        .filter_map(|one| one.record.error.as_deref())
        .collect();
    reasons.dedup();
    Err(StageError::rejected(reasons.join("; ")))
}

/// What follows from a failure. The money of a video does not become more by waiting.
fn action_after(failure: &Failure) -> WorkerAction {
    if is_out_of_money(failure) {
        WorkerAction::Reject
    } else {
        failure.code.rule().worker
    }
}

/// Whether the money of the video was not enough: nobody outside said so, and no time ends it.
pub(crate) fn is_out_of_money(failure: &Failure) -> bool {
    let by_ourselves = failure.status.is_none() && failure.retry_after.is_none();
    failure.code == Code::QuotaExhausted && by_ourselves
}
