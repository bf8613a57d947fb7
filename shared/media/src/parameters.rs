//! What is taken from a file: how many pictures, how large, how good.

use crate::limits::{InvalidSetting, require};
use contracts::MediaTime;
use serde::{Deserialize, Serialize};

/// Default for [`DecodeParameters::long_side`].
pub const DEFAULT_LONG_SIDE: u32 = 1280;
/// Default for [`DecodeParameters::jpeg_quality`].
pub const DEFAULT_JPEG_QUALITY: u8 = 88;
/// Default for [`DecodeParameters::thumbnails`].
pub const DEFAULT_THUMBNAILS: u32 = 8;
/// Default for [`DecodeParameters::thumbnail_long_side`].
pub const DEFAULT_THUMBNAIL_LONG_SIDE: u32 = 320;
/// Default for [`DecodeParameters::decoder_threads`].
pub const DEFAULT_DECODER_THREADS: u32 = 2;
/// Default rates: five frames per second below 30 s, three below 60 s, two below 120 s, else one.
pub const DEFAULT_RATES: [(Option<u32>, u32); 4] =
    [(Some(30), 5), (Some(60), 3), (Some(120), 2), (None, 1)];
/// Longest picture side that may be asked for.
pub const MAX_LONG_SIDE: u32 = 4096;
/// Highest sampling rate that may be asked for, in frames per second.
pub const MAX_RATE: u32 = 60;

/// How many frames per second are kept of a video of a certain length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingRate {
    /// Videos shorter than this many seconds; `None` for all that are left.
    #[serde(default)]
    pub below_s: Option<u32>,
    /// Frames per second.
    pub frames_per_second: u32,
}

/// What is taken from a file. Two runs with equal parameters give equal bytes, except for
/// [`DecodeParameters::decoder_threads`], which changes none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecodeParameters {
    /// Sampling rates by duration; the first that fits counts.
    pub rates: Vec<SamplingRate>,
    /// Longest side of a frame's picture in pixels; smaller videos are not enlarged.
    pub long_side: u32,
    /// JPEG quality, 1–100, of frames and thumbnails.
    pub jpeg_quality: u8,
    /// Number of thumbnails.
    pub thumbnails: u32,
    /// Longest side of a thumbnail in pixels.
    pub thumbnail_long_side: u32,
    /// Threads of the video decoder.
    pub decoder_threads: u32,
}

impl Default for DecodeParameters {
    fn default() -> Self {
        let rate = |(below_s, frames_per_second)| SamplingRate {
            below_s,
            frames_per_second,
        };
        Self {
            rates: DEFAULT_RATES.into_iter().map(rate).collect(),
            long_side: DEFAULT_LONG_SIDE,
            jpeg_quality: DEFAULT_JPEG_QUALITY,
            thumbnails: DEFAULT_THUMBNAILS,
            thumbnail_long_side: DEFAULT_THUMBNAIL_LONG_SIDE,
            decoder_threads: DEFAULT_DECODER_THREADS,
        }
    }
}

impl DecodeParameters {
    /// Frames per second kept of a video of this duration.
    #[must_use]
    pub fn rate_for(&self, duration: MediaTime) -> u32 {
        let fits = |rate: &&SamplingRate| {
            rate.below_s
                .is_none_or(|below| duration.seconds() < f64::from(below))
        };
        self.rates
            .iter()
            .find(fits)
            .or(self.rates.last())
            .map_or(1, |rate| rate.frames_per_second)
    }

    /// Checks that every value can be worked with.
    ///
    /// # Errors
    /// [`InvalidSetting`] naming the first field that cannot.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        require(!self.rates.is_empty(), "rates", 0, "must not be empty")?;
        for rate in &self.rates {
            require(
                (1..=MAX_RATE).contains(&rate.frames_per_second),
                "rates.frames_per_second",
                rate.frames_per_second.into(),
                "must be from 1 to 60",
            )?;
        }
        let sides = [
            ("long_side", self.long_side),
            ("thumbnail_long_side", self.thumbnail_long_side),
        ];
        for (field, side) in sides {
            require(
                (16..=MAX_LONG_SIDE).contains(&side),
                field,
                side.into(),
                "must be from 16 to 4096",
            )?;
        }
        require(
            (1..=100).contains(&self.jpeg_quality),
            "jpeg_quality",
            self.jpeg_quality.into(),
            "must be from 1 to 100",
        )?;
        require(
            self.thumbnails <= 1000,
            "thumbnails",
            self.thumbnails.into(),
            "must be at most 1000",
        )?;
        require(
            (1..=64).contains(&self.decoder_threads),
            "decoder_threads",
            self.decoder_threads.into(),
            "must be from 1 to 64",
        )
    }
}
