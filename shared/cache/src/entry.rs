//! What is kept of an answer.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Version of [`Entry`]; entries of another one are misses.
pub(crate) const ENTRY_VERSION: u16 = 1;

/// One answer with what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// [`ENTRY_VERSION`].
    pub v: u16,
    /// When it was produced, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// Until when it holds, in milliseconds since the Unix epoch.
    pub expires_ms: u64,
    /// Its task.
    pub task: String,
    /// Name of the schema that the value was checked against.
    pub schema: Option<String>,
    /// What it cost; `None` if that is not known.
    pub cost_usd: Option<f64>,
    /// How long it took.
    pub took_ms: u64,
    /// The program that made it.
    pub producer: String,
    /// Digests of whom it is about.
    pub subjects: Vec<String>,
    /// The answer.
    #[serde(with = "octets")]
    pub value: Bytes,
}

mod octets {
    use bytes::Bytes;
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(value)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        serde_bytes::deserialize::<Vec<u8>, D>(deserializer).map(Bytes::from)
    }
}
