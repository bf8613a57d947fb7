//! The spectrogram against values that NumPy computed in double precision.
//!
//! `golden/jfk-log-mel.json` holds values (band, frame, value) of the first 30 seconds of
//! `jfk.wav` and filter weights (band, bin, weight), by Whisper's definition.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{noise, recording, silence};
use serde_json::Value;
use transcribe::compute::mel::{BANDS, FRAMES, LogMel};

/// Values lie between -1 and 2; the difference is that of single precision.
const TOLERANCE: f64 = 2e-4;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/jfk-log-mel.json")).unwrap()
}

fn triples(list: &Value) -> Vec<(usize, usize, f64)> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| {
        let place = |at: usize| one[at].as_u64().unwrap() as usize;
        (place(0), place(1), one[2].as_f64().unwrap())
    })
    .collect()
}

#[test]
fn filters_are_those_of_whisper() {
    let mel = LogMel::default();
    let expected = triples(&golden()["filters"]);
    assert!(expected.len() > 10);
    for (band, bin, weight) in &expected {
        let found = f64::from(mel.weights(*band)[*bin]);
        assert!((found - weight).abs() < 1e-7, "{band} {bin}: {found}");
    }
    for band in [0, 1, 5, 40, 79] {
        let others = mel.weights(band);
        let known = expected.iter().filter(|(other, _, _)| *other == band);
        let nonzero = others.iter().filter(|weight| **weight > 1e-9).count();
        assert_eq!(nonzero, known.count(), "band {band}");
    }
}

#[test]
fn a_recording_has_the_expected_spectrogram() {
    let values = LogMel::default().spectrogram(&recording("jfk.wav"));
    assert_eq!(values.len(), BANDS * FRAMES);
    let golden = golden();
    for (band, frame, expected) in triples(&golden["values"]) {
        let found = f64::from(values[band * FRAMES + frame]);
        assert!(
            (found - expected).abs() < TOLERANCE,
            "band {band}, frame {frame}: {found} instead of {expected}"
        );
    }
    let mean = values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
    assert!((mean - golden["mean"].as_f64().unwrap()).abs() < 1e-5);
}

#[test]
fn silence_is_flat_and_what_is_beyond_thirty_seconds_does_not_count() {
    let mel = LogMel::default();
    let flat = mel.spectrogram(&[]);
    assert!(flat.iter().all(|value| *value == flat[0]));
    assert_eq!(flat, mel.spectrogram(&silence(2.0)));
    let long = noise(31.0, 0.1);
    assert_eq!(mel.spectrogram(&long), mel.spectrogram(&long[..480_000]));
}
