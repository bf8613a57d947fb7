//! Writing down how a stage ended, and publishing what follows.

use super::{
    fail_points::FailPoint,
    handler::{Handler, Trouble},
    outbox::Unpublished,
    plan::plan,
};
use crate::record::{Ended, models_of};
use artifacts::job::upstream_of;
use broker::Outgoing;
use contracts::{
    Envelope, Manifest, Outcome, dispatch::seal_input, job::Job, manifest::FailureClass,
};
use std::collections::BTreeSet;
use telemetry::{
    context,
    events::{StageEnded, StageOutcome},
};

impl Handler {
    /// Writes how a stage ended, then lets follow what follows.
    pub(super) async fn finish(
        &self,
        job: &Job,
        ended: Ended,
        envelope: &Envelope,
    ) -> Result<(), Trouble> {
        let name = ended.stage;
        StageEnded {
            stage: name,
            outcome: match &ended.outcome {
                Outcome::Done { .. } => StageOutcome::Done,
                Outcome::Failed { class, .. } => StageOutcome::Failed {
                    class: class.as_str(),
                    reason: "gave_up",
                },
            },
            took: ended.took,
        }
        .emit();
        let models = models_of(&self.stages, name);
        let manifest = Manifest {
            worker: Some(self.name.clone()),
            trace_id: context::trace_id(),
            ..ended.manifest(&job.job_id, models)
        };
        let manifest = self.jobs.finish(&manifest).await?;
        self.fail_points.pass(name, FailPoint::Recorded);
        self.follow_up(job, &manifest, envelope).await
    }

    /// Publishes every stage that has just become ready, and the dead letter of a job that has
    /// no result.
    pub(super) async fn follow_up(
        &self,
        job: &Job,
        manifest: &Manifest,
        envelope: &Envelope,
    ) -> Result<(), Trouble> {
        let name = manifest.stage;
        let mut ended = BTreeSet::from([name]);
        loop {
            let manifests = self.jobs.manifests(&job.job_id).await?;
            let upstream = upstream_of(&manifests);
            let plan = plan(&job.left_out(), &upstream, &ended);
            if plan.over.is_empty() {
                for next in plan.start {
                    let message = seal_input(next, job, &upstream)?;
                    self.outbox.send(next, message).await?;
                }
                break;
            }
            for (stage, class, reason) in plan.over {
                let over = Ended::without(stage, class, reason, self.clock.now());
                let over = over.manifest(&job.job_id, Vec::new());
                self.jobs.finish(&over).await?;
                ended.insert(stage);
            }
        }
        self.bury_failed(manifest, envelope).await?;
        self.fail_points.pass(name, FailPoint::Published);
        Ok(())
    }

    /// A stage without which there is no result gave up: its message is the job's dead letter.
    async fn bury_failed(
        &self,
        manifest: &Manifest,
        envelope: &Envelope,
    ) -> Result<(), Unpublished> {
        let Outcome::Failed { reason, class } = &manifest.outcome else {
            return Ok(());
        };
        let optional = manifest.stage.spec().is_some_and(|spec| spec.optional);
        let own = !matches!(class, FailureClass::Upstream | FailureClass::SwitchedOff);
        if optional || !own {
            return Ok(());
        }
        let message = Outgoing::of(envelope)?;
        self.outbox
            .bury(manifest.stage, message, class.as_str(), reason)
            .await
    }
}
