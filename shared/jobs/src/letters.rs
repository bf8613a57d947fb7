//! Dead letters: looking at them, sending them back, throwing them away.

use crate::client::{Client, ClientError};
use broker::{Delivery, HEADER_BURIED, HEADER_DETAIL, HEADER_REASON, HEADER_REPLAYS, Outgoing};
use contracts::{
    Envelope, JobId, Sha256, StageName,
    codec::{FailedAttempt, decode_exact},
    flow::FLOW,
    queue,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// Most dead letters of a stage that are looked at at once.
pub const MAX_LETTERS: usize = 10_000;

/// Reasons after which the message itself can be sent back: its job has not ended by it.
const UNREAD: [&str; 4] = ["undecodable", "unknown_schema", "too_large", "unsealable"];

/// One dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Letter {
    /// What names it: its message id, or the digest of its bytes if it has none.
    pub id: String,
    /// The stage it was meant for.
    #[schemars(with = "String")]
    pub stage: StageName,
    /// Why it is dead, in one word.
    pub reason: String,
    /// What happened, for people.
    pub detail: String,
    /// The job; null if the message does not say.
    pub job_id: Option<String>,
    /// When it was buried, in milliseconds since the Unix epoch; null if the broker did it.
    pub buried_unix_ms: Option<u64>,
    /// How often it was sent back before.
    pub replays: u32,
    /// Length of the message.
    pub size_bytes: usize,
    /// Trace in which the job can be followed; null without telemetry.
    pub trace_id: Option<String>,
    /// Attempts that failed before, oldest first.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub history: Vec<FailedAttempt>,
}

/// Which dead letters are meant. What is not said leaves all.
#[derive(Debug, Clone, Default)]
pub struct LetterFilter {
    /// Of this stage.
    pub stage: Option<StageName>,
    /// With this word as their reason, or these words in their detail.
    pub reason: Option<String>,
    /// With this id.
    pub id: Option<String>,
    /// Of this job.
    pub job: Option<JobId>,
    /// Buried at least so long ago.
    pub older_than: Option<Duration>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// What became of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Replayed {
    /// The letter.
    pub letter: Letter,
    /// The job that repeats the one that ended; null if the message itself was sent back.
    pub new_job_id: Option<String>,
}

/// The dead letters.
pub struct Letters<'a>(pub &'a Client);

impl Letters<'_> {
    /// Those that match, by stage, oldest first.
    ///
    /// # Errors
    /// [`ClientError::Broker`].
    pub async fn list(&self, filter: &LetterFilter) -> Result<Vec<Letter>, ClientError> {
        let taken = self.take(filter).await?;
        Ok(taken.into_iter().map(|(letter, _)| letter).collect())
    }

    /// The messages of those that match, as bytes.
    ///
    /// # Errors
    /// [`ClientError::Broker`].
    pub async fn show(
        &self,
        filter: &LetterFilter,
    ) -> Result<Vec<(Letter, Outgoing)>, ClientError> {
        let taken = self.take(filter).await?;
        Ok(taken
            .into_iter()
            .map(|(letter, delivery)| (letter, delivery.message.clone()))
            .collect())
    }

    /// Sends those that match back to work. A message that nobody could read goes back as it is;
    /// a job that ended without a result is submitted anew, under an id of `new_id`.
    ///
    /// # Errors
    /// [`ClientError`]; what was sent back until then is not a dead letter any more.
    pub async fn replay(
        &self,
        filter: &LetterFilter,
        new_id: impl Fn() -> JobId,
    ) -> Result<Vec<Replayed>, ClientError> {
        let mut replayed = Vec::new();
        for (letter, delivery) in self.take(filter).await? {
            let new_job_id = self.send_back(&letter, &delivery, &new_id).await?;
            delivery.accept().await;
            replayed.push(Replayed { letter, new_job_id });
        }
        Ok(replayed)
    }

    /// Throws those that match away.
    ///
    /// # Errors
    /// [`ClientError::Broker`].
    pub async fn purge(&self, filter: &LetterFilter) -> Result<Vec<Letter>, ClientError> {
        let mut purged = Vec::new();
        for (letter, delivery) in self.take(filter).await? {
            delivery.accept().await;
            purged.push(letter);
        }
        Ok(purged)
    }

    async fn send_back(
        &self,
        letter: &Letter,
        delivery: &Delivery,
        new_id: &impl Fn() -> JobId,
    ) -> Result<Option<String>, ClientError> {
        let ended = letter.job_id.as_deref().and_then(|id| JobId::new(id).ok());
        if let Some(job) = ended.filter(|_| !UNREAD.contains(&letter.reason.as_str())) {
            let again = self.0.retry(&job, new_id()).await?;
            return Ok(Some(again.job_id.to_string()));
        }
        let mut message = delivery.message.clone();
        for header in [HEADER_REASON, HEADER_DETAIL, HEADER_BURIED] {
            message.headers.remove(header);
        }
        let replays = (letter.replays + 1).to_string();
        message.headers.insert(HEADER_REPLAYS.into(), replays);
        let queue = queue::work(letter.stage);
        self.0.transport.publish(queue, &message).await?;
        Ok(None)
    }

    /// Takes all that match; what is not settled goes back when it is dropped.
    async fn take(&self, filter: &LetterFilter) -> Result<Vec<(Letter, Delivery)>, ClientError> {
        let stages = FLOW
            .iter()
            .map(|spec| spec.name)
            .filter(|stage| filter.stage.is_none_or(|wanted| wanted == *stage));
        let now = self.0.now_unix_ms();
        let mut taken = Vec::new();
        for stage in stages {
            let found = self
                .0
                .transport
                .browse(&queue::dead(stage), MAX_LETTERS)
                .await
                .map_err(ClientError::Broker)?;
            for delivery in found {
                let letter = letter(stage, &delivery.message);
                let room = filter.limit.is_none_or(|limit| taken.len() < limit);
                if room && filter.matches(&letter, now) {
                    taken.push((letter, delivery));
                }
            }
        }
        Ok(taken)
    }
}

impl LetterFilter {
    fn matches(&self, letter: &Letter, now_unix_ms: u64) -> bool {
        let about = |wanted: &String| letter.reason == *wanted || letter.detail.contains(wanted);
        let old = |age: Duration| {
            let buried = letter.buried_unix_ms.unwrap_or_default();
            u128::from(now_unix_ms.saturating_sub(buried)) >= age.as_millis()
        };
        self.reason.as_ref().is_none_or(about)
            && self.id.as_ref().is_none_or(|id| letter.id == *id)
            && self
                .job
                .as_ref()
                .is_none_or(|job| letter.job_id.as_deref() == Some(job.as_str()))
            && self.older_than.is_none_or(old)
    }
}

fn letter(stage: StageName, message: &Outgoing) -> Letter {
    let header = |name: &str| message.headers.get(name).cloned();
    let number = |name: &str| header(name).and_then(|text| text.parse().ok());
    let envelope = decode_exact::<Envelope>(&message.body).ok();
    let digest = || Sha256::of(&message.body).to_string();
    let traceparent = envelope
        .as_ref()
        .and_then(|envelope| envelope.traceparent.as_deref());
    Letter {
        id: message.message_id.clone().unwrap_or_else(digest),
        stage,
        // A message the broker buried itself was handed over too often without being settled.
        reason: header(HEADER_REASON).unwrap_or_else(|| "delivery_limit".into()),
        detail: header(HEADER_DETAIL).unwrap_or_default(),
        job_id: message.correlation_id.clone(),
        buried_unix_ms: number(HEADER_BURIED),
        replays: message
            .headers
            .get(HEADER_REPLAYS)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
        size_bytes: message.body.len(),
        trace_id: traceparent
            .and_then(|context| context.split('-').nth(1))
            .map(str::to_owned),
        history: envelope
            .map(|envelope| envelope.history)
            .unwrap_or_default(),
    }
}

/// How many dead letters there are, by stage and reason.
#[must_use]
pub fn counts(letters: &[Letter]) -> BTreeMap<(StageName, String), usize> {
    let mut counts = BTreeMap::new();
    for letter in letters {
        *counts
            .entry((letter.stage, letter.reason.clone()))
            .or_default() += 1;
    }
    counts
}
