#![doc = include_str!("../README.md")]

pub mod analysis;
pub mod artifact;
mod canonical;
pub mod codec;
pub mod decoded;
pub mod dispatch;
pub mod emotion;
pub mod flow;
pub mod ids;
pub mod job;
pub mod labels;
pub mod manifest;
pub mod messages;
pub mod moderation;
pub mod objects;
pub mod people;
pub mod queue;
pub mod request;
pub mod shots;
pub mod sound;
pub mod speech;
pub mod text;
pub mod time;

pub use artifact::{ArtifactKey, ArtifactRef};
pub use canonical::canonical_json;
pub use codec::{DecodeError, Envelope, Message};
pub use flow::StageName;
pub use ids::{BatchName, InvalidId, JobId, MessageId, Sha256, VideoId};
pub use job::Job;
pub use manifest::{Manifest, Outcome, Upstream};
pub use time::{MediaTime, TimeSpan};

/// Version of this program, as every result names it.
pub const PROGRAM_VERSION: &str = env!("CARGO_PKG_VERSION");
