//! Whether a server keeps the promise that keys are written once.

use super::{S3, failure};
use aws_sdk_s3::primitives::ByteStream;
use stage::ArtifactError;
use tokio::task::JoinSet;

/// Writers that race for one key.
const WRITERS: usize = 8;
/// Races run; one alone may be won fairly by luck.
const ROUNDS: usize = 4;
/// Bytes each writer sends, so that writes overlap.
const WRITER_BYTES: usize = 64 << 10;

/// What a server makes of `PUT` with `If-None-Match: *`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionalWrites {
    /// One writer wins, all others are told.
    Honoured,
    /// A later writer overwrites an earlier one.
    Ignored,
    /// Writers one after the other are told apart, writers at the same time are not.
    NotAtomic,
}

impl S3 {
    /// Races writers for keys under `probe/<name>`, which nobody else may use, and removes them.
    ///
    /// Without conditional writes a second delivery of a message could overwrite what the first
    /// stored. The bytes would be the same unless a stage differs between two runs.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] if the server fails, or refuses for another reason.
    pub async fn probe(&self, name: &str) -> Result<ConditionalWrites, ArtifactError> {
        let place = |round: &str| format!("{}probe/{name}/{round}", self.prefix);
        let races: Vec<String> = (0..ROUNDS).map(|round| place(&round.to_string())).collect();
        let row = place("in-a-row");
        let outcome = self.race_all(&row, &races).await;
        for key in races.iter().chain([&row]) {
            let request = self.client.delete_object().bucket(&self.bucket).key(key);
            if let Err(error) = request.send().await {
                let code = failure::code(&error);
                tracing::debug!(key, code, "a key of the probe stays until it expires");
            }
        }
        outcome
    }

    async fn race_all(
        &self,
        row: &str,
        races: &[String],
    ) -> Result<ConditionalWrites, ArtifactError> {
        self.wins(row.to_owned(), 0).await?;
        if self.wins(row.to_owned(), 1).await? {
            return Ok(ConditionalWrites::Ignored);
        }
        for key in races {
            if self.winners(key).await? > 1 {
                return Ok(ConditionalWrites::NotAtomic);
            }
        }
        Ok(ConditionalWrites::Honoured)
    }

    /// How many of the writers that start together are told that they won.
    async fn winners(&self, key: &str) -> Result<usize, ArtifactError> {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, key) = (self.clone(), key.to_owned());
            writers.spawn(async move { store.wins(key, writer).await });
        }
        let mut winners = 0;
        for won in writers.join_all().await {
            winners += usize::from(won?);
        }
        Ok(winners)
    }

    async fn wins(&self, key: String, writer: usize) -> Result<bool, ArtifactError> {
        let bytes = vec![u8::try_from(writer).unwrap_or(u8::MAX); WRITER_BYTES];
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .if_none_match("*")
            .body(ByteStream::from(bytes));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if matches!(failure::status(&error), Some(409 | 412)) => Ok(false),
            Err(error) => Err(failure::io("probe", key, error)),
        }
    }
}
