//! What anyone may publish to the `ingest` queue, with any AMQP client: `{"url": "https://…"}`.

use crate::{
    codec::{DecodeError, MAX_MESSAGE_BYTES, decode_exact},
    flow::StageName,
    ids::{BatchName, JobId},
    job::{Job, Source},
};
use serde::{Deserialize, Serialize};

/// A request in short: only the URL must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What to analyse: as [`Source::Url`].
    pub url: String,
    /// Name of the job; made up if left out.
    #[serde(default)]
    pub job_id: Option<JobId>,
    /// As [`Job::batch`].
    #[serde(default)]
    pub batch: Option<BatchName>,
    /// As [`Job::without`].
    #[serde(default)]
    pub without: Vec<StageName>,
    /// As [`Job::with`].
    #[serde(default)]
    pub with: Vec<StageName>,
    /// As [`Job::priority`].
    #[serde(default)]
    pub priority: Option<u8>,
    /// As [`Job::deadline_unix_ms`].
    #[serde(default)]
    pub deadline_unix_ms: Option<u64>,
}

/// Why bytes are no request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// JSON, but not of this shape.
    #[error("not a request: publish {{\"url\": \"https://…\"}} as JSON or MessagePack")]
    Json(#[from] serde_json::Error),
    /// Neither JSON nor MessagePack of this shape, or too large.
    #[error("not a request: publish {{\"url\": \"https://…\"}} as JSON or MessagePack")]
    Packed(#[from] DecodeError),
}

impl Request {
    /// Reads JSON, or MessagePack if it does not begin like a JSON object.
    ///
    /// # Errors
    /// [`RequestError`]; never panics, whatever the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, RequestError> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first == Some(&b'{') && bytes.len() <= MAX_MESSAGE_BYTES {
            return Ok(serde_json::from_slice(bytes)?);
        }
        Ok(decode_exact(bytes)?)
    }

    /// The job it asks for; `fallback` names it if the request does not.
    #[must_use]
    pub fn into_job(self, fallback: JobId) -> Job {
        Job {
            batch: self.batch,
            without: self.without,
            with: self.with,
            priority: self.priority,
            deadline_unix_ms: self.deadline_unix_ms,
            ..Job::new(self.job_id.unwrap_or(fallback), Source::Url(self.url))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::encode;
    use proptest::prelude::*;

    #[test]
    fn json_and_messagepack_are_the_same_request() {
        let json = Request::decode(br#" {"url": "https://example.com/a.mp4", "batch": "monday"}"#);
        let json = json.unwrap();
        let packed = Request::decode(&encode(&json).unwrap()).unwrap();
        assert_eq!(json, packed);
        let job = json.into_job(JobId::new("made-up").unwrap());
        assert_eq!(job.job_id.as_str(), "made-up");
        assert_eq!(job.source, Source::Url("https://example.com/a.mp4".into()));
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = Request::decode(br#"{"url": "https://example.com", "prio": 9}"#).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("prio"), "{cause}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Request::decode(&bytes);
        }
    }
}
