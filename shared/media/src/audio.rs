//! Reading audio back: from bytes of the store to samples.

use contracts::decoded::AudioTrack;

/// Why audio cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// Fewer or more bytes than the track states.
    #[error("audio has {actual} bytes, its track states {expected}; decode the video again")]
    Length {
        /// Bytes the track states.
        expected: u64,
        /// Bytes found.
        actual: u64,
    },
    /// A sample that is no number.
    #[error("audio sample {0} is not a finite number; decode the video again")]
    NotFinite(usize),
}

/// Reads the samples of `track` from its bytes: little-endian `f32`.
///
/// # Errors
/// [`AudioError::Length`] unless there are as many as the track states, [`AudioError::NotFinite`]
/// if one is no number.
pub fn samples(bytes: &[u8], track: &AudioTrack) -> Result<Vec<f32>, AudioError> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    if chunks.len() as u64 != track.sample_count || !rest.is_empty() {
        return Err(AudioError::Length {
            expected: track.sample_count.saturating_mul(4),
            actual: bytes.len() as u64,
        });
    }
    let samples: Vec<f32> = chunks
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    match samples.iter().position(|sample| !sample.is_finite()) {
        Some(at) => Err(AudioError::NotFinite(at)),
        None => Ok(samples),
    }
}
