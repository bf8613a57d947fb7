//! What is asked of the cache, and what it gives.

use crate::key::{Key, subject_digest};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a request does with the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Takes what is there, stores what is not.
    #[default]
    On,
    /// Neither looks nor stores nor waits for others.
    Off,
    /// Takes what is there, stores nothing.
    ReadOnly,
    /// Produces, and stores that; waits for nobody.
    WriteOnly,
    /// Produces anew in place of what is there, everywhere.
    Refresh,
}

impl Mode {
    /// The mode of this name, as in a header: `on`, `off`, `read_only`, `write_only`, `refresh`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "on" => Some(Self::On),
            "off" => Some(Self::Off),
            "read_only" => Some(Self::ReadOnly),
            "write_only" => Some(Self::WriteOnly),
            "refresh" => Some(Self::Refresh),
            _ => None,
        }
    }
    pub(crate) fn reads(self) -> bool {
        matches!(self, Self::On | Self::ReadOnly)
    }
    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::On | Self::WriteOnly | Self::Refresh)
    }
}

/// One question.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which answer is wanted.
    pub key: Key,
    /// What to do with the cache.
    pub mode: Mode,
    /// Oldest answer that will do.
    pub max_age: Option<Duration>,
    /// How long the answer holds, instead of what the settings say; zero stores nothing.
    pub ttl: Option<Duration>,
    /// Name or digest of the schema the answer must have passed; another one's is a miss.
    pub schema: Option<String>,
    /// Whom the answer is about, see [`Request::about`].
    pub subjects: Subjects,
}

/// Digests of whom an answer is about; their names are kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subjects(Vec<String>);

impl Request {
    /// A question with nothing special about it.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self {
            key,
            mode: Mode::On,
            max_age: None,
            ttl: None,
            schema: None,
            subjects: Subjects::default(),
        }
    }

    /// Notes whom the answer is about, for [`Cache::forget`](crate::Cache::forget). Only a digest
    /// is kept.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Self {
        let digest = subject_digest(subject);
        if !self.subjects.0.contains(&digest) {
            self.subjects.0.push(digest);
        }
        self
    }

    pub(crate) fn subjects(&self) -> &[String] {
        &self.subjects.0
    }
}

/// An answer that was checked; there is no other way to have one stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validated(Bytes);

impl Validated {
    /// Takes an answer if `check` finds nothing wrong: complete, of its schema, within its ranges.
    ///
    /// # Errors
    /// What `check` found.
    pub fn new<X>(
        value: impl Into<Bytes>,
        check: impl FnOnce(&[u8]) -> Result<(), X>,
    ) -> Result<Self, X> {
        let value = value.into();
        check(&value)?;
        Ok(Self(value))
    }
    /// The answer.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }
}

/// What was produced.
#[derive(Debug, Clone, PartialEq)]
pub struct Produced {
    pub(crate) value: Bytes,
    pub(crate) cost_usd: Option<f64>,
    /// Why it may not be stored.
    pub(crate) unstorable: Option<&'static str>,
}

impl Produced {
    /// An answer to give and to store.
    #[must_use]
    pub fn validated(value: Validated, cost_usd: Option<f64>) -> Self {
        Self {
            value: value.0,
            cost_usd,
            unstorable: None,
        }
    }

    /// An answer to give now and never again: a refusal, one that was cut short, a record of defaults.
    /// `reason` is a word for the metric, the same for every such answer.
    #[must_use]
    pub fn unstorable(
        value: impl Into<Bytes>,
        cost_usd: Option<f64>,
        reason: &'static str,
    ) -> Self {
        Self {
            value: value.into(),
            cost_usd,
            unstorable: Some(reason),
        }
    }
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was produced for this request.
    Miss,
    /// This process had it.
    L1,
    /// The shared tier had it.
    L2,
    /// It was produced for somebody who asked the same at the same time.
    Coalesced,
    /// The cache was not asked.
    Bypass,
}

impl State {
    /// As in a result: `miss`, `l1`, `l2`, `coalesced`, `bypass`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::Coalesced => "coalesced",
            Self::Bypass => "bypass",
        }
    }
    /// As in the header `X-Cache`.
    #[must_use]
    pub fn header(self) -> &'static str {
        match self {
            Self::Miss => "MISS",
            Self::L1 => "HIT-L1",
            Self::L2 => "HIT-L2",
            Self::Coalesced => "COALESCED",
            Self::Bypass => "BYPASS",
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The answer itself.
    pub value: Bytes,
    /// Where it came from.
    pub state: State,
    /// How long ago it was produced.
    pub age: Duration,
    /// What producing it cost, whenever that was; what this request cost is nothing unless it is a
    /// [`State::Miss`] or a [`State::Bypass`].
    pub produced_cost_usd: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_fails_its_check_cannot_be_stored() {
        let check = |bytes: &[u8]| {
            if bytes == b"good" { Ok(()) } else { Err("bad") }
        };
        assert!(Validated::new("good", check).is_ok());
        assert_eq!(Validated::new("other", check), Err("bad"));
    }

    #[test]
    fn modes_have_names() {
        for (name, reads, writes) in [
            ("on", true, true),
            ("off", false, false),
            ("read_only", true, false),
            ("write_only", false, true),
            ("refresh", false, true),
        ] {
            let mode = Mode::parse(name).unwrap();
            assert_eq!((mode.reads(), mode.writes()), (reads, writes), "{name}");
        }
        assert_eq!(Mode::parse("ON"), None);
    }
}
