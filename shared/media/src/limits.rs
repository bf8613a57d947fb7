//! What a file may cost before it is refused.

use contracts::{
    MediaTime,
    decoded::{Probe, Rational},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Default for [`Limits::file_bytes`]: 500 MiB.
pub const DEFAULT_FILE_BYTES: u64 = 500 * 1024 * 1024;
/// Default for [`Limits::duration_s`]: a quarter of an hour, half again what short-video platforms accept.
pub const DEFAULT_DURATION_S: u32 = 900;
/// Default for [`Limits::frame_pixels`]: 4096 × 2304, so 4K passes and 8K does not.
pub const DEFAULT_FRAME_PIXELS: u64 = 4096 * 2304;
/// Default for [`Limits::frames_per_second`].
pub const DEFAULT_FRAMES_PER_SECOND: u32 = 240;
/// Default for [`Limits::streams`].
pub const DEFAULT_STREAMS: u32 = 8;
/// Default for [`Limits::frames`]: a quarter of an hour at 120 per second.
pub const DEFAULT_FRAMES: u64 = 108_000;
/// Default for [`Limits::total_pixels`]: 1080 × 1920 at 30 per second for 900 s, rounded up.
pub const DEFAULT_TOTAL_PIXELS: u64 = 60_000_000_000;
/// Default for [`Limits::wall_time_s`].
pub const DEFAULT_WALL_TIME_S: u32 = 600;
/// Default for [`Limits::silence_s`].
pub const DEFAULT_SILENCE_S: u32 = 60;
/// Default for [`Limits::cpu_time_s`].
pub const DEFAULT_CPU_TIME_S: u32 = 900;
/// Default for [`Limits::address_space_bytes`]: 2 GiB.
pub const DEFAULT_ADDRESS_SPACE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Default for [`Limits::output_bytes`]: 2 GiB.
pub const DEFAULT_OUTPUT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Smallest address space in which the decoder can start at all.
pub const MIN_ADDRESS_SPACE_BYTES: u64 = 512 * 1024 * 1024;

/// Bounds on what a file may ask for. They are checked against what its header claims before
/// anything is decoded, and again while decoding, because a header may lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Duration in seconds.
    pub duration_s: u32,
    /// Pixels of one frame, width × height.
    pub frame_pixels: u64,
    /// Frames per second.
    pub frames_per_second: u32,
    /// Streams of any kind in the container.
    pub streams: u32,
    /// Frames in all.
    pub frames: u64,
    /// Pixels in all: width × height × frames.
    pub total_pixels: u64,
    /// Time on the clock in seconds; the child is killed after it.
    pub wall_time_s: u32,
    /// How long the child may say nothing, in seconds; then it counts as crashed. Threads of a
    /// codec library that wait for each other over a damaged stream never come back.
    pub silence_s: u32,
    /// Processor time of the child in seconds, over all its threads.
    pub cpu_time_s: u32,
    /// Address space of the child in bytes.
    pub address_space_bytes: u64,
    /// What the child may send back, in bytes.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: DEFAULT_FILE_BYTES,
            duration_s: DEFAULT_DURATION_S,
            frame_pixels: DEFAULT_FRAME_PIXELS,
            frames_per_second: DEFAULT_FRAMES_PER_SECOND,
            streams: DEFAULT_STREAMS,
            frames: DEFAULT_FRAMES,
            total_pixels: DEFAULT_TOTAL_PIXELS,
            wall_time_s: DEFAULT_WALL_TIME_S,
            silence_s: DEFAULT_SILENCE_S,
            cpu_time_s: DEFAULT_CPU_TIME_S,
            address_space_bytes: DEFAULT_ADDRESS_SPACE_BYTES,
            output_bytes: DEFAULT_OUTPUT_BYTES,
        }
    }
}

/// A setting no decoder can work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}; {requirement}")]
pub struct InvalidSetting {
    /// Name of the field.
    pub field: &'static str,
    /// Its value.
    pub value: u64,
    /// What it must be.
    pub requirement: &'static str,
}

pub(crate) fn require(
    holds: bool,
    field: &'static str,
    value: u64,
    requirement: &'static str,
) -> Result<(), InvalidSetting> {
    if holds {
        return Ok(());
    }
    Err(InvalidSetting {
        field,
        value,
        requirement,
    })
}

impl Limits {
    /// Checks that something can be decoded within these limits.
    ///
    /// # Errors
    /// [`InvalidSetting`] naming the first field that is zero or too small.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let positive = [
            ("file_bytes", self.file_bytes),
            ("duration_s", self.duration_s.into()),
            ("frame_pixels", self.frame_pixels),
            ("frames_per_second", self.frames_per_second.into()),
            ("streams", self.streams.into()),
            ("frames", self.frames),
            ("total_pixels", self.total_pixels),
            ("wall_time_s", self.wall_time_s.into()),
            ("silence_s", self.silence_s.into()),
            ("cpu_time_s", self.cpu_time_s.into()),
            ("output_bytes", self.output_bytes),
        ];
        for (field, value) in positive {
            require(value > 0, field, value, "must be above zero")?;
        }
        require(
            self.address_space_bytes >= MIN_ADDRESS_SPACE_BYTES,
            "address_space_bytes",
            self.address_space_bytes,
            "must be at least 536870912, the decoder cannot start in less",
        )
    }
    /// [`Limits::silence_s`] as a duration.
    #[must_use]
    pub fn silence(&self) -> Duration {
        Duration::from_secs(self.silence_s.into())
    }
    /// [`Limits::wall_time_s`] as a duration.
    #[must_use]
    pub fn wall_time(&self) -> Duration {
        Duration::from_secs(self.wall_time_s.into())
    }
}

/// What a header claims a file will cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Duration in nanoseconds.
    pub duration: MediaTime,
    /// Width of the larger of stored and shown picture, in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Frame rate, if one is stated.
    pub frame_rate: Option<Rational>,
}

impl From<&Probe> for Claim {
    fn from(probe: &Probe) -> Self {
        Self {
            file_bytes: probe.size_bytes,
            duration: probe.duration,
            width: probe.video.width,
            height: probe.video.height,
            frame_rate: probe.video.frame_rate,
        }
    }
}

impl Limits {
    /// Checks by arithmetic alone whether a file that claims this may be decoded.
    ///
    /// # Errors
    /// What is over which limit, for people.
    pub fn admit(&self, claim: &Claim) -> Result<(), String> {
        let (seconds, pixels) = (
            claim.duration.seconds(),
            u64::from(claim.width) * u64::from(claim.height),
        );
        if claim.file_bytes > self.file_bytes {
            return Err(format!(
                "file of {} bytes, limit is {}",
                claim.file_bytes, self.file_bytes
            ));
        }
        if seconds > f64::from(self.duration_s) {
            return Err(format!(
                "duration of {seconds:.1} s, limit is {} s",
                self.duration_s
            ));
        }
        if pixels > self.frame_pixels {
            return Err(format!(
                "{}x{} is {pixels} pixels, limit is {}",
                claim.width, claim.height, self.frame_pixels
            ));
        }
        let Some(rate) = claim.frame_rate.and_then(Rational::value) else {
            return Ok(());
        };
        if rate > f64::from(self.frames_per_second) {
            return Err(format!(
                "{rate:.1} frames per second, limit is {}",
                self.frames_per_second
            ));
        }
        let frames = seconds * rate;
        if frames > self.frames as f64 {
            return Err(format!("{frames:.0} frames, limit is {}", self.frames));
        }
        let total = pixels as f64 * frames;
        if total > self.total_pixels as f64 {
            return Err(format!(
                "{total:.0} pixels in all, limit is {}",
                self.total_pixels
            ));
        }
        Ok(())
    }
}
