//! Making jobs of requests.

use super::{
    handler::{Handler, STORE_DELAY, Trouble, Verdict},
    intake::{Named, job_of},
};
use crate::record::unix_ms;
use broker::{Delivery, HEADER_TRACEPARENT};
use contracts::{StageName, Upstream, dispatch::seal_input, request::Request};

impl Handler {
    /// Makes a job of a request: the job is written down and its first message published, then
    /// the request is settled.
    pub(super) async fn adopt(&self, request: Request, delivery: Delivery) -> Verdict {
        let adopted = self.try_adopt(request, &delivery).await;
        let (outcome, named) = match adopted {
            Ok((verdict, named)) => (Ok(verdict), named),
            Err(Trouble::Unpublished(error)) => (Err(error), None),
            Err(trouble) => {
                tracing::warn!(error = %stage::chain(&trouble), "cannot take a request, putting off");
                let message = delivery.message.clone();
                let put_off = self
                    .outbox
                    .put_off(StageName::Ingest, &message, STORE_DELAY)
                    .await;
                (put_off.map(|()| Verdict::Troubled), None)
            }
        };
        let verdict = self.settle(StageName::Ingest, delivery, outcome).await;
        if let Some(named) = named
            && let Err(error) = self.intake.settle(&named).await
        {
            tracing::warn!(%error, "a settled request is not noted as such");
        }
        verdict
    }

    async fn try_adopt(
        &self,
        request: Request,
        delivery: &Delivery,
    ) -> Result<(Verdict, Option<Named>), Trouble> {
        let message = &delivery.message;
        let redelivered = delivery.redelivered || delivery.delivery_count > 0;
        let message_id = message.message_id.as_deref();
        let named = self
            .intake
            .name(&request, message_id, &message.body, redelivered)
            .await?;
        let mut job = match job_of(request, named.id.clone()) {
            Ok(job) => job,
            Err(needed) => {
                let detail = format!("there is no result without {needed}");
                self.outbox
                    .bury(StageName::Ingest, message.clone(), "undecodable", &detail)
                    .await?;
                return Ok((Verdict::Idle, Some(named)));
            }
        };
        job.submitted_unix_ms = Some(unix_ms(self.clock.now()));
        job.traceparent = message.headers.get(HEADER_TRACEPARENT).cloned();
        let job = self.jobs.accept(&job).await?;
        let envelope = seal_input(StageName::Ingest, &job, &Upstream::default())?;
        self.outbox.send(StageName::Ingest, envelope).await?;
        Ok((Verdict::Idle, Some(named)))
    }
}
