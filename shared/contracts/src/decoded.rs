//! What the decode pass leaves behind: probe, frames, audio and change signals.

use crate::{artifact::ArtifactRef, time::MediaTime};
use serde::{Deserialize, Serialize};

/// Containers the decoder opens; everything else is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// ISO base media: MP4, M4V, MOV.
    Mp4,
    /// Matroska and its subset WebM.
    Matroska,
}

/// A ratio of two integers, as containers state frame rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rational {
    /// Above the line.
    pub numerator: u32,
    /// Below the line; zero means unknown.
    pub denominator: u32,
}

impl Rational {
    /// The quotient; `None` if the denominator is zero.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.denominator != 0).then(|| f64::from(self.numerator) / f64::from(self.denominator))
    }
}

/// The video stream, as probed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoStream {
    /// `h264`, `h265`, `vp8`, `vp9` or `av1`.
    pub codec: String,
    /// Width in pixels as shown, rotation applied.
    pub width: u32,
    /// Height in pixels as shown, rotation applied.
    pub height: u32,
    /// Clockwise rotation from stored to shown picture: 0, 90, 180 or 270 degrees.
    pub rotation_degrees: u16,
    /// Frame rate stated by the container or codec; `None` if it states none or varies.
    pub frame_rate: Option<Rational>,
}

/// The audio stream, as probed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioStream {
    /// `aac`, `mp3`, `opus` or `vorbis`.
    pub codec: String,
    /// Number of channels.
    pub channels: u32,
    /// Samples per second in the file.
    pub sample_rate_hz: u32,
}

/// What the file says of itself, read without decoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The container.
    pub container: Container,
    /// Duration of the longest stream, in nanoseconds.
    pub duration: MediaTime,
    /// The video stream.
    pub video: VideoStream,
    /// The audio stream; `None` if the file has none, which is a valid state.
    pub audio: Option<AudioStream>,
    /// Size of the file.
    pub size_bytes: u64,
}

/// How much of the file could really be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Whether everything the container promised was decoded.
    pub complete: bool,
    /// End of the last decoded video frame, in nanoseconds.
    pub video_until: MediaTime,
    /// Number of decoded video frames.
    pub frames_decoded: u64,
    /// What went wrong, for people; empty when complete.
    pub problems: Vec<String>,
}

/// JPEG pictures laid end to end in one object, with an index beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureSet {
    /// The concatenated JPEG files.
    pub data: ArtifactRef,
    /// A [`PictureIndex`], MessagePack.
    pub index: ArtifactRef,
    /// Number of pictures.
    pub count: u32,
}

/// Where each picture of a [`PictureSet`] lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureIndex {
    /// Width of every picture in pixels.
    pub width: u32,
    /// Height of every picture in pixels.
    pub height: u32,
    /// The pictures by rising time.
    pub pictures: Vec<PictureEntry>,
}

/// One picture of a [`PictureSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureEntry {
    /// Presentation time of the frame, in nanoseconds.
    pub time: MediaTime,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// First byte within the data.
    pub offset: u64,
    /// Number of bytes.
    pub length: u32,
    /// CRC-32 (IEEE 802.3) of those bytes, so that a ranged read is checked too.
    pub crc32: u32,
}

/// Mono audio at 16 kHz on the clock of the video: sample 0 is at media time zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Little-endian `f32` samples in [-1, 1].
    pub samples: ArtifactRef,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// Number of samples.
    pub sample_count: u64,
}

/// How each decoded frame differs from the one before it, at full frame rate; one entry of each
/// list per frame. The first frame has no predecessor, so its differences are zero.
///
/// Differences are means of absolute differences over a picture about 256 pixels wide in HSV as
/// OpenCV scales it (hue 0–179, saturation and value 0–255), as in PySceneDetect's
/// `ContentDetector`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangeSignals {
    /// Presentation times, in nanoseconds, rising.
    pub times: Vec<MediaTime>,
    /// Mean absolute hue difference.
    pub delta_hue: Vec<f32>,
    /// Mean absolute saturation difference.
    pub delta_saturation: Vec<f32>,
    /// Mean absolute value difference.
    pub delta_value: Vec<f32>,
    /// Mean absolute difference of luma to the frame *two* before (0–255): a flash returns to
    /// where it came from, a cut does not. Zero for the first two frames.
    pub delta_luma_two_back: Vec<f32>,
    /// Mean value (brightness) of the frame itself, 0–255: fades go through black or white.
    pub mean_value: Vec<f32>,
    /// Standard deviation of value within the frame, 0–255: near zero on a blank frame.
    pub value_deviation: Vec<f32>,
}

impl ChangeSignals {
    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }
    /// Whether no frame was decoded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
    /// Whether every list has one entry per frame and times rise strictly.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let lists = [
            &self.delta_hue,
            &self.delta_saturation,
            &self.delta_value,
            &self.delta_luma_two_back,
            &self.mean_value,
            &self.value_deviation,
        ];
        lists
            .iter()
            .all(|list| list.len() == self.times.len() && list.iter().all(|v| v.is_finite()))
            && self.times.windows(2).all(|pair| pair[0] < pair[1])
    }
    /// The HSV content value of frame `index`: the mean of the three differences (0–255).
    #[must_use]
    pub fn content_value(&self, index: usize) -> Option<f32> {
        let hue = self.delta_hue.get(index)?;
        Some((hue + self.delta_saturation.get(index)? + self.delta_value.get(index)?) / 3.0)
    }
}
