//! Reading samples back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{ArtifactKey, ArtifactRef, Sha256, decoded::AudioTrack};
use media::{AudioError, audio::samples};

fn track(sample_count: u64) -> AudioTrack {
    AudioTrack {
        samples: ArtifactRef {
            key: ArtifactKey::new("media/film/audio.f32").unwrap(),
            digest: Sha256::of(b""),
            size_bytes: 0,
        },
        sample_rate_hz: 16_000,
        sample_count,
    }
}

#[test]
fn bytes_are_read_as_samples() {
    let bytes: Vec<u8> = [0.5_f32, -0.25]
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    assert_eq!(samples(&bytes, &track(2)), Ok(vec![0.5, -0.25]));
    assert_eq!(samples(&[], &track(0)), Ok(Vec::new()));
}

#[test]
fn another_length_than_stated_is_refused() {
    let length = |expected, actual| Err(AudioError::Length { expected, actual });
    assert_eq!(samples(&[0; 7], &track(1)), length(4, 7));
    assert_eq!(samples(&[0; 8], &track(3)), length(12, 8));
}

#[test]
fn a_sample_that_is_no_number_is_refused() {
    let bytes: Vec<u8> = [0.0, f32::NAN, f32::INFINITY]
        .iter()
        .flat_map(|sample: &f32| sample.to_le_bytes())
        .collect();
    assert_eq!(samples(&bytes, &track(3)), Err(AudioError::NotFinite(1)));
}
