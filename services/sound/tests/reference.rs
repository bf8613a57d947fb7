//! Recorded sounds with the values that librosa gave for them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::sound::{BurstPattern, SoundEnergy};
use serde_json::Value;
use sound::{
    Config,
    compute::{SAMPLE_RATE_HZ, Window, measure, pattern, rms_frames},
};
use std::path::{Path, PathBuf};

const TOLERANCE: f64 = 1e-5;

fn extras() -> Option<PathBuf> {
    testkit::oracle_dir().map(|dir| dir.join("extras"))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn wav(extras: &Path, name: &str) -> Vec<f32> {
    let mut reader = hound::WavReader::open(extras.join(format!("audio/{name}.wav"))).unwrap();
    assert_eq!(reader.spec().sample_rate, SAMPLE_RATE_HZ);
    assert_eq!(reader.spec().channels, 1);
    reader
        .samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect()
}

fn measured(extras: &Path, name: &str) -> SoundEnergy {
    measure(&wav(extras, name), SAMPLE_RATE_HZ, &Config::default()).unwrap()
}

fn close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= TOLERANCE,
        "{what}: {found} instead of {expected}"
    );
}

#[test]
fn rms_frames_and_climax_are_those_of_librosa() {
    let Some(extras) = extras() else { return };
    let recorded = json(&extras.join("audio_energy.json"));
    let recorded = recorded.as_object().unwrap();
    assert_eq!(recorded.len(), 8);
    for (name, expected) in recorded {
        let samples = wav(&extras, name);
        let frames = rms_frames(&samples);
        assert_eq!(
            Some(frames.len() as u64),
            expected["_rms_frames"].as_u64(),
            "{name}"
        );
        for (found, value) in frames
            .iter()
            .zip(expected["_rms_first3"].as_array().unwrap())
        {
            close(*found, value, name);
        }
        let last = &frames[frames.len() - 2..];
        for (found, value) in last.iter().zip(expected["_rms_last2"].as_array().unwrap()) {
            close(*found, value, name);
        }
        let energy = measure(&samples, SAMPLE_RATE_HZ, &Config::default()).unwrap();
        close(energy.duration.unwrap(), &expected["duration"], name);
        match energy.climax_timestamp {
            Some(climax) => close(climax, &expected["climax_timestamp"], name),
            None => assert_eq!(name, "silence_6s"),
        }
    }
}

#[test]
fn windows_are_exact_and_cover_the_audio() {
    let Some(extras) = extras() else { return };
    let keys = |name| -> Vec<String> {
        measured(&extras, name)
            .energy_level_windows
            .into_keys()
            .collect()
    };
    assert_eq!(keys("tone_3s"), ["0-3s"]);
    assert_eq!(keys("short_0_5s"), ["0-1s"]);
    assert_eq!(keys("silence_6s"), ["0-5s", "5-6s"]);
    assert_eq!(keys("front_loaded_15s"), ["0-5s", "5-10s", "10-15s"]);
    assert_eq!(keys("steady_20s"), ["0-5s", "5-10s", "10-15s", "15-20s"]);
    assert_eq!(keys("noise_bursts_33s").last().unwrap(), "30-33s");
    assert_eq!(
        measured(&extras, "tone_3s").energy_level_windows["0-3s"],
        1.0
    );
}

#[test]
fn patterns_are_as_the_sounds_are_named() {
    let Some(extras) = extras() else { return };
    let found = |name| measured(&extras, name).burst_pattern;
    assert_eq!(found("front_loaded_15s"), BurstPattern::FrontLoaded);
    assert_eq!(found("back_loaded_15s"), BurstPattern::BackLoaded);
    assert_eq!(found("middle_peak_15s"), BurstPattern::MiddlePeak);
    for name in ["steady_20s", "tone_3s", "short_0_5s", "silence_6s"] {
        assert_eq!(found(name), BurstPattern::Steady, "{name}");
    }
}

#[test]
fn silence_is_measured_as_silence() {
    let Some(extras) = extras() else { return };
    let silence = measured(&extras, "silence_6s");
    assert!(
        silence
            .energy_level_windows
            .values()
            .all(|level| *level == 0.0)
    );
    assert_eq!(silence.energy_variance, Some(0.0));
    assert_eq!(silence.climax_timestamp, None);
    assert_eq!(silence.integrated_loudness_lufs, None);
    assert_eq!(silence.silences.len(), 1);
    assert_eq!(
        (silence.silences[0].start, silence.silences[0].end),
        (0.0, 6.0)
    );
    assert!(silence.onsets.is_empty());
}

#[test]
fn the_table_of_patterns_holds_but_for_halves_and_silence() {
    let Some(extras) = extras() else { return };
    let table = json(&extras.join("burst_pattern.json"));
    // A third of nothing is not the first third, and the louder of two halves is where it is.
    let corrected = |levels: &[f64]| match levels {
        [] => Some("unknown"),
        [1.0, 1.0] => Some("steady"),
        [0.1, 1.0] => Some("back_loaded"),
        [0.0, 0.0, 0.0] => Some("steady"),
        _ => None,
    };
    let mut corrections = 0;
    for row in table.as_array().unwrap() {
        let levels: Vec<f64> = row["energies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|level| level.as_f64().unwrap())
            .collect();
        let windows: Vec<Window> = (0_u32..)
            .zip(&levels)
            .map(|(at, level)| Window {
                start: f64::from(at) * 5.0,
                end: f64::from(at + 1) * 5.0,
                level: *level,
            })
            .collect();
        let correction = corrected(&levels);
        corrections += usize::from(correction.is_some());
        let expected = correction.unwrap_or(row["pattern"].as_str().unwrap());
        let found = serde_json::to_value(pattern(&windows)).unwrap();
        assert_eq!(found, expected, "{levels:?}");
    }
    assert_eq!(corrections, 4);
}
