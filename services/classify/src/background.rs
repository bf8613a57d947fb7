//! What is done after a request was answered: dossiers, and batches that nobody waits for. Both
//! wait in the store, so that the end of a process loses none.

use crate::{
    compute::{
        classification::Classification,
        dossier::{self, Dossier},
        filter::SignalInput,
        text,
    },
    failure::{Code, Failure},
    ports::DossierRequest,
    service::Service,
    store::ClaimedDossier,
};
use std::{future::Future, time::Duration};
use telemetry::signals::DossierEnded;
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

/// How long nothing is looked for if nobody says that there is something.
const IDLE: Duration = Duration::from_secs(5);
/// How often a dossier is tried.
const DOSSIER_ATTEMPTS: i64 = 3;
/// How long a dossier waits for its next attempt, if the provider does not say.
const DOSSIER_WAIT: Duration = Duration::from_secs(30);
/// What was begun this long ago is not being done any more.
const ABANDONED_AFTER_S: i64 = 3600;

/// Writes dossiers until `stop` fires; the one that was begun is given back.
pub(crate) async fn dossiers(service: Service, stop: CancellationToken) {
    let worker = service.clone();
    let asked_to_stop = stop.clone();
    until(&stop, &service.dossiers_wanted, || {
        let (worker, stop) = (worker.clone(), asked_to_stop.clone());
        async move { worker.next_dossier(&stop).await }
    })
    .await;
}

/// Works on jobs until `stop` fires; the one that was begun is given back.
pub(crate) async fn jobs(service: Service, stop: CancellationToken) {
    let worker = service.clone();
    let asked_to_stop = stop.clone();
    until(&stop, &service.jobs_wanted, || {
        let (worker, stop) = (worker.clone(), asked_to_stop.clone());
        async move { worker.next_job(&stop).await }
    })
    .await;
}

/// Keeps what asking models took, until `stop` fires.
pub(crate) async fn costs(service: Service, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(IDLE) => {}
        }
        if let Err(failure) = service.keep_costs().await {
            tracing::warn!(code = failure.code.as_str(), "costs are not kept yet");
        }
    }
}

/// Parks leads that nobody contacted, if that is wanted, until `stop` fires.
pub(crate) async fn park(service: Service, stop: CancellationToken) {
    if !service.settings.enable_auto_park {
        return;
    }
    let days = i64::from(service.settings.auto_park_days);
    while !stop.is_cancelled() {
        match service.store.auto_park(days, false).await {
            Ok(parked) if parked.is_empty() => {}
            Ok(parked) => tracing::info!(leads = parked.len(), days, "leads parked"),
            Err(error) => tracing::warn!(reason = %error, "no leads can be parked"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(service.settings.auto_park_interval) => {}
        }
    }
}

/// Makes leads of batches that are over, until `stop` fires.
pub(crate) async fn day_batches(service: Service, stop: CancellationToken) {
    let Some(batches) = service.batches.clone() else {
        return;
    };
    while !stop.is_cancelled() {
        let looked = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            looked = service.look_at_all(&batches) => looked,
        };
        if let Err(failure) = looked {
            tracing::warn!(reason = %failure, "batches cannot be looked at");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(service.settings.asking.claude_batch_look) => {}
        }
    }
}

/// Calls `next` as long as it finds something, and waits when it does not.
async fn until<F: Future<Output = Result<bool, Failure>>>(
    stop: &CancellationToken,
    wanted: &Notify,
    next: impl Fn() -> F,
) {
    while !stop.is_cancelled() {
        match next().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(failure) => tracing::warn!(code = failure.code.as_str(), "the store gave no work"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = wanted.notified() => {}
            () = sleep(IDLE) => {}
        }
    }
}

impl Service {
    /// Writes the dossier that has waited longest; `false` if none waits.
    async fn next_dossier(&self, stop: &CancellationToken) -> Result<bool, Failure> {
        self.store.recover_dossiers(ABANDONED_AFTER_S).await?;
        let Some(claimed) = self.store.claim_dossier().await? else {
            return Ok(false);
        };
        let end = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            end = self.write_dossier(&claimed) => Some(end),
        };
        let Some(end) = end else {
            let code = llm::error::Code::Cancelled.as_str();
            self.store.release_dossier(&claimed, code, 0).await?;
            return Ok(true);
        };
        let end = self.counters.note_failure(end);
        self.settle_dossier(&claimed, end).await?;
        Ok(true)
    }

    async fn write_dossier(&self, claimed: &ClaimedDossier) -> Result<Dossier, Failure> {
        let lead = self.store.lead(claimed.lead_id).await?;
        if lead.classification_hash != claimed.classification_hash {
            return Err(Failure::new(Code::Invalid, "the lead was classified anew"));
        }
        let classification: Classification = serde_json::from_value(lead.classification.clone())
            .map_err(|error| Failure::new(Code::StoreUnavailable, error.to_string()))?;
        let facts = dossier::facts(
            [lead.signal_text.as_str()],
            lead.company_name.as_deref(),
            &classification,
        );
        let request = DossierRequest {
            signal_digest: text::digest(&lead.signal_text),
            facts,
            classification: lead.classification,
        };
        let _turn = self.gate.clone().acquire_owned().await;
        let answer = self.dossiers.write(&request).await?;
        self.counters.note_dossier();
        Ok(dossier::check(&answer.raw)?.0)
    }

    async fn settle_dossier(
        &self,
        claimed: &ClaimedDossier,
        end: Result<Dossier, Failure>,
    ) -> Result<(), Failure> {
        let (status, reason) = match end {
            Ok(dossier) => {
                self.store.finish_dossier(claimed, &dossier).await?;
                ("done", None)
            }
            Err(failure) => {
                let code = failure.code.as_str();
                if failure.code.is_retryable() && claimed.attempt < DOSSIER_ATTEMPTS {
                    let wait = failure.retry_after.unwrap_or(DOSSIER_WAIT).as_secs();
                    let wait = i64::try_from(wait).unwrap_or(i64::MAX);
                    self.store.release_dossier(claimed, code, wait).await?;
                    ("again", Some(code))
                } else {
                    self.store.fail_dossier(claimed, code).await?;
                    ("failed", Some(code))
                }
            }
        };
        DossierEnded {
            lead_id: claimed.lead_id,
            status,
            reason,
        }
        .emit();
        Ok(())
    }

    /// Works on the job that has waited longest; `false` if none waits.
    async fn next_job(&self, stop: &CancellationToken) -> Result<bool, Failure> {
        self.store.recover_jobs(ABANDONED_AFTER_S).await?;
        let Some(job) = self.store.claim_job().await? else {
            return Ok(false);
        };
        let end = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            end = self.work_on(&job.request) => Some(end),
        };
        match end {
            Some(Ok(report)) => self.store.settle_job(&job.id, Ok(&report)).await?,
            Some(Err(failure)) => {
                self.store
                    .settle_job(&job.id, Err(failure.code.as_str()))
                    .await?;
            }
            None => self.store.release_job(&job.id).await?,
        }
        Ok(true)
    }

    async fn work_on(&self, request: &str) -> Result<serde_json::Value, Failure> {
        let unreadable =
            |error: serde_json::Error| Failure::new(Code::StoreUnavailable, error.to_string());
        let inputs: Vec<SignalInput> = serde_json::from_str(request).map_err(unreadable)?;
        let report = self.run_batch(&inputs).await?;
        serde_json::to_value(&report).map_err(unreadable)
    }
}
