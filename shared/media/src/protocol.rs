//! What the decoder is asked and what it answers: length-prefixed MessagePack records.
//!
//! The request is one command-line argument, JSON. The file is the child's standard input. The
//! answer is a sequence of records on its standard output, each a little-endian `u32` length and
//! that many bytes of MessagePack with named fields. Its log goes to standard error.

use crate::{limits::Limits, parameters::DecodeParameters};
use contracts::{
    MediaTime,
    codec::{DecodeError, decode_exact_unbounded},
    decoded::{ChangeSignals, Completeness, Probe},
};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Version of this protocol; parent and child must agree exactly.
pub const PROTOCOL_VERSION: u16 = 1;
/// Largest record, in bytes.
pub const MAX_RECORD_BYTES: usize = 40 * 1024 * 1024;
/// Samples per second of the audio that is sent.
pub const AUDIO_RATE_HZ: u32 = 16_000;
/// The one environment variable without which the decoder does not start: no plugin is looked
/// for, only those it names itself are loaded.
pub const REGISTRY_VARIABLE: (&str, &str) = ("GST_REGISTRY_DISABLE", "yes");

/// Everything was decoded as asked.
pub const EXIT_DONE: i32 = 0;
/// The request could not be understood: parent and child are of different versions.
pub const EXIT_USAGE: i32 = 64;
/// The file was refused; the last record says why.
pub const EXIT_REFUSED: i32 = 65;
/// The installation lacks something, as a plugin; the log says what.
pub const EXIT_UNAVAILABLE: i32 = 69;
/// The decoder itself failed.
pub const EXIT_INTERNAL: i32 = 70;
/// The parent no longer listens.
pub const EXIT_NO_LISTENER: i32 = 74;

/// What the decoder shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Say what this installation can decode; no file is opened.
    Check,
    /// Read the headers and nothing else.
    Probe,
    /// Decode everything in one pass.
    Decode,
}

/// The whole request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// [`PROTOCOL_VERSION`] of the parent.
    pub protocol: u16,
    /// What to do.
    pub task: Task,
    /// What it may cost.
    pub limits: Limits,
    /// What to take.
    pub parameters: DecodeParameters,
}

/// Which of the child's defences are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Whether the file system is closed (Landlock).
    pub file_system: bool,
    /// Whether system calls are filtered (seccomp).
    pub system_calls: bool,
    /// What could not be put in force and why, for people.
    pub missing: Vec<String>,
}

/// First record of every answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`] of the child.
    pub protocol: u16,
    /// Version of the decoder program.
    pub program: String,
    /// Version of the media library it runs on, which takes part in what comes out.
    pub library: String,
    /// Its defences.
    pub confinement: Confinement,
}

/// Which set a picture belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureKind {
    /// A sampled frame.
    Frame,
    /// A thumbnail.
    Thumbnail,
}

/// One encoded picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The set it belongs to.
    pub kind: PictureKind,
    /// Presentation time of the frame, in nanoseconds.
    pub time: MediaTime,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Width in pixels; the same for all pictures of a set.
    pub width: u32,
    /// Height in pixels; the same for all pictures of a set.
    pub height: u32,
    /// The JPEG file.
    #[serde(with = "serde_bytes")]
    pub jpeg: Vec<u8>,
}

/// What the child used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Largest resident memory in bytes.
    pub peak_memory_bytes: u64,
    /// Processor time in milliseconds, user and system, all threads.
    pub cpu_time_ms: u64,
}

/// Last record of a decode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// How much could be decoded.
    pub completeness: Completeness,
    /// Whether the streams themselves are damaged, as opposed to cut off. How damage is hidden
    /// depends on the pace of the decoder's threads, unless there is only one.
    pub damaged: bool,
    /// Whether the distances between frames really vary, whatever the header claims.
    pub frame_rate_varies: bool,
    /// What it took.
    pub usage: Usage,
}

/// One codec of the allow-list, and whether it can be decoded here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodecState {
    /// Its name in a probe.
    pub name: String,
    /// The element that is missing; `None` if it can be decoded.
    pub missing: Option<String>,
}

/// What an installation can decode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Every codec of the allow-list.
    pub codecs: Vec<CodecState>,
    /// Plugins that could not be loaded, for people.
    pub missing_plugins: Vec<String>,
}

/// One record of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// First of all.
    Hello(Hello),
    /// What this installation can decode; the last record of a check.
    Checked(Inventory),
    /// What the file says of itself; the last record of a probe.
    Probed(Probe),
    /// A picture; those of one kind come by rising time.
    Picture(Picture),
    /// The next little-endian `f32` samples, mono, at [`AUDIO_RATE_HZ`], without holes.
    Audio(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The change signals of the next frames.
    Signals(ChangeSignals),
    /// How far the video has been decoded, in nanoseconds.
    Progress(MediaTime),
    /// Everything has been sent.
    Finished(Finished),
    /// The file is refused, and why; nothing follows.
    Refused(String),
}

/// Why the answer cannot be understood. Whatever the child sends, this is the worst that follows.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The stream ended within a record or before the last one.
    #[error("the decoder's answer ends early")]
    Truncated,
    /// A length over [`MAX_RECORD_BYTES`].
    #[error("the decoder sent a record of {0} bytes, limit is {MAX_RECORD_BYTES}")]
    TooLarge(usize),
    /// Not a record.
    #[error("the decoder sent a malformed record")]
    Malformed(#[from] DecodeError),
    /// A record that may not come here, or that contradicts an earlier one.
    #[error("the decoder sent a record that makes no sense: {0}")]
    Senseless(String),
    /// The pipe failed.
    #[error("cannot read the decoder's answer")]
    Read(#[source] io::Error),
}

/// Writes one record.
///
/// # Errors
/// If the other side no longer listens, or a record is over [`MAX_RECORD_BYTES`].
pub fn write_record(writer: &mut impl Write, record: &Record) -> io::Result<()> {
    let bytes = rmp_serde::to_vec_named(record).map_err(io::Error::other)?;
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(io::Error::other(format!(
            "record of {} bytes, limit is {MAX_RECORD_BYTES}",
            bytes.len()
        )));
    }
    writer.write_all(&(bytes.len() as u32).to_le_bytes())?;
    writer.write_all(&bytes)
}

/// Reads the next record; `None` at the end of the stream.
///
/// Memory is only taken for bytes that really arrive, not for the length that is claimed.
///
/// # Errors
/// [`ProtocolError`].
pub async fn read_record(
    reader: &mut (impl AsyncRead + Unpin),
) -> Result<Option<Record>, ProtocolError> {
    let mut prefix = Vec::with_capacity(4);
    read_up_to(reader, 4, &mut prefix).await?;
    let Ok(prefix) = <[u8; 4]>::try_from(prefix.as_slice()) else {
        return if prefix.is_empty() {
            Ok(None)
        } else {
            Err(ProtocolError::Truncated)
        };
    };
    let length = u32::from_le_bytes(prefix) as usize;
    if length > MAX_RECORD_BYTES {
        return Err(ProtocolError::TooLarge(length));
    }
    let mut bytes = Vec::new();
    read_up_to(reader, length, &mut bytes).await?;
    if bytes.len() < length {
        return Err(ProtocolError::Truncated);
    }
    Ok(Some(decode_exact_unbounded(&bytes)?))
}

async fn read_up_to(
    reader: &mut (impl AsyncRead + Unpin),
    length: usize,
    into: &mut Vec<u8>,
) -> Result<(), ProtocolError> {
    reader
        .take(length as u64)
        .read_to_end(into)
        .await
        .map(drop)
        .map_err(ProtocolError::Read)
}
