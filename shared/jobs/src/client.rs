//! Submitting, following, calling off and repeating jobs.

use crate::status::{JobState, JobStatus, status};
use artifacts::Jobs;
use broker::{Outgoing, PublishError, Transport};
use contracts::{
    BatchName, JobId, Manifest, StageName, Upstream,
    codec::EncodeError,
    dispatch::{SealError, seal_input},
    flow::FLOW,
    job::Job,
    queue,
};
use stage::{ArtifactError, Artifacts, Clock};
use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::SystemTime};
use telemetry::{context, messaging};
use tracing::Instrument;

/// Why something could not be done with a job.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody asked for it.
    #[error("there is no job {0}")]
    Unknown(JobId),
    /// It would leave out what every result needs.
    #[error("there is no result without stage {0}; leave out optional stages only")]
    Needed(StageName),
    /// It has not ended.
    #[error("job {0} is {1}; wait for its end or cancel it first")]
    NotEnded(JobId, JobState),
    /// The store failed.
    #[error("the store does not answer as it should")]
    Store(#[from] ArtifactError),
    /// The message could not be published.
    #[error("the job is written down, but its message is not out; submit it again")]
    Publish(#[from] PublishError),
    /// The broker could not be asked.
    #[error("the broker does not answer as it should")]
    Broker(#[source] broker::BrokerError),
    /// The message could not be made.
    #[error("the message cannot be made")]
    Seal(#[from] SealError),
    /// The message could not be written.
    #[error("the message cannot be written")]
    Encode(#[from] EncodeError),
}

/// Looks after jobs that were submitted: all it takes is the store.
#[derive(Clone)]
pub struct Reader {
    jobs: Jobs,
}

/// Does what people ask for.
#[derive(Clone)]
pub struct Client {
    pub(crate) transport: Arc<dyn Transport>,
    reader: Reader,
    clock: Arc<dyn Clock>,
}

impl Deref for Client {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    /// A reader of the jobs in this store.
    #[must_use]
    pub fn new(store: Arc<dyn Artifacts>) -> Self {
        Self {
            jobs: Jobs::new(store),
        }
    }

    /// The jobs of the store.
    #[must_use]
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// How far a job is.
    ///
    /// # Errors
    /// [`ClientError::Unknown`] if nobody asked for it.
    pub async fn status(&self, id: &JobId) -> Result<JobStatus, ClientError> {
        let (job, manifests) = self.look_up(id).await?;
        let cancelled = self.jobs.is_cancelled(id).await?;
        Ok(status(&job, &manifests, cancelled))
    }

    /// What was asked, and how every stage ended that has.
    ///
    /// # Errors
    /// [`ClientError::Unknown`] if nobody asked for it.
    pub async fn look_up(
        &self,
        id: &JobId,
    ) -> Result<(Job, BTreeMap<StageName, Manifest>), ClientError> {
        let job = self.jobs.find(id).await?;
        let job = job.ok_or_else(|| ClientError::Unknown(id.clone()))?;
        Ok((job, self.jobs.manifests(id).await?))
    }

    /// The jobs of a batch, sorted by id.
    ///
    /// # Errors
    /// [`ClientError::Store`].
    pub async fn of_batch(&self, batch: &BatchName) -> Result<Vec<JobId>, ClientError> {
        Ok(self.jobs.of_batch(batch).await?)
    }

    /// Calls a job off, unless it has ended; returns its state from now on.
    ///
    /// # Errors
    /// [`ClientError::Unknown`] if nobody asked for it.
    pub async fn cancel(&self, id: &JobId) -> Result<JobState, ClientError> {
        let state = self.status(id).await?.state;
        if state.is_final() {
            return Ok(state);
        }
        self.jobs.cancel(id).await?;
        Ok(JobState::Cancelled)
    }
}

impl Client {
    /// A client of this broker and store.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        store: Arc<dyn Artifacts>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            transport,
            reader: Reader::new(store),
            clock,
        }
    }

    pub(crate) fn now_unix_ms(&self) -> u64 {
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
    }

    /// Writes a job down and publishes its first message. Submitting the same job again is safe.
    ///
    /// # Errors
    /// [`ClientError`]; after [`ClientError::Publish`] the job may be submitted again.
    pub async fn submit(&self, job: &Job) -> Result<Job, ClientError> {
        let needed = FLOW
            .iter()
            .find(|spec| !spec.optional && job.without.contains(&spec.name));
        if let Some(spec) = needed {
            return Err(ClientError::Needed(spec.name));
        }
        let job = Job {
            submitted_unix_ms: job.submitted_unix_ms.or(Some(self.now_unix_ms())),
            ..job.clone()
        };
        let job = self.jobs().accept(&job).await?;
        let mut envelope = seal_input(StageName::Ingest, &job, &Upstream::default())?;
        envelope.published_unix_ms = Some(self.now_unix_ms());
        let queue = queue::work(StageName::Ingest);
        let span =
            messaging::publish_span(queue, &envelope.message_id.to_string(), &envelope.job_id);
        if let Some(context) = context::traceparent(&span) {
            envelope.traceparent = Some(context);
        }
        let message = Outgoing::of(&envelope)?;
        let publishing = self.transport.publish(queue, &message);
        publishing.instrument(span).await?;
        Ok(job)
    }

    /// Submits a job that has ended anew, as `new_id`: results are written once, so that a
    /// repetition is a job of its own. What was decoded before is not decoded again.
    ///
    /// # Errors
    /// [`ClientError::NotEnded`] while it has not.
    pub async fn retry(&self, id: &JobId, new_id: JobId) -> Result<Job, ClientError> {
        let status = self.status(id).await?;
        if !status.state.is_final() {
            return Err(ClientError::NotEnded(id.clone(), status.state));
        }
        let (job, _) = self.look_up(id).await?;
        let again = Job {
            job_id: new_id,
            retry_of: Some(id.clone()),
            submitted_unix_ms: None,
            deadline_unix_ms: None,
            traceparent: None,
            ..job
        };
        self.submit(&again).await
    }
}
