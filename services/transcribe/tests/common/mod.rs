//! A decoded video made of samples, and the stage with real weights.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{
    ArtifactKey, ArtifactRef, MediaTime, StageName,
    decoded::AudioTrack,
    messages::{Decoded, TranscribeInput, Transcribed},
    speech::SpeechTranscript,
};
use inference::ModelSet;
use stage::{Artifacts, Stage};
use testkit::Bench;
use transcribe::{Config, Transcribe};

/// Samples per second of all audio here.
pub const RATE: usize = 16_000;

/// The stage on the CPU.
pub fn stage(config: Config) -> Transcribe {
    Transcribe::open(&testkit::engine(ModelSet::Permissive), config).unwrap()
}

/// Samples of a recording that `make setup` fetches.
pub fn recording(name: &str) -> Vec<f32> {
    let path = testkit::cache_file(&format!("media/{name}"));
    samples(hound::WavReader::open(path).unwrap())
}

/// Samples of a wave file.
pub fn samples(mut reader: hound::WavReader<impl std::io::Read>) -> Vec<f32> {
    let spec = reader.spec();
    assert_eq!((spec.sample_rate, spec.channels), (16_000, 1));
    reader
        .samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect()
}

/// The input of the stage for audio of these samples, or for a video without audio.
pub async fn input(bench: &Bench, samples: Option<&[f32]>) -> TranscribeInput {
    let bytes: Vec<u8> = samples
        .unwrap_or_default()
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let key = ArtifactKey::new("media/film/audio.f32").unwrap();
    let stored = bench.artifacts.put(&key, bytes.into()).await.unwrap();
    let audio = samples.map(|samples| AudioTrack {
        samples: stored.clone(),
        sample_rate_hz: 16_000,
        sample_count: samples.len() as u64,
    });
    TranscribeInput {
        decoded: Decoded {
            audio,
            ..testkit::decoded(&stored, MediaTime::from_seconds(60.0))
        },
    }
}

/// What the stage makes of audio, and the place it ran in.
pub async fn transcribe(
    stage: &Transcribe,
    samples: Option<&[f32]>,
) -> (Transcribed, SpeechTranscript, Bench) {
    let bench = Bench::default();
    let input = input(&bench, samples).await;
    let context = bench.context(StageName::Transcribe);
    let output = stage.run(input, &context).await.unwrap();
    let transcript: SpeechTranscript = context.load_json(&output.transcript).await.unwrap();
    (output, transcript, bench)
}

/// Text stored as an artifact.
pub async fn text(bench: &Bench, reference: &ArtifactRef) -> String {
    let bytes = bench.artifacts.get(reference).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Silence of so many seconds.
pub fn silence(seconds: f64) -> Vec<f32> {
    vec![0.0; (seconds * RATE as f64) as usize]
}

/// Noise of so many seconds, the same every time.
pub fn noise(seconds: f64, height: f32) -> Vec<f32> {
    // A linear congruential generator (Knuth's MMIX constants); no test needs better.
    let mut state = 1_u64;
    (0..(seconds * RATE as f64) as usize)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * height
        })
        .collect()
}

/// A melody of decaying chords with overtones, as a piano has them.
pub fn piano(seconds: f64) -> Vec<f32> {
    const NOTES: [f64; 8] = [261.6, 329.6, 392.0, 523.3, 440.0, 349.2, 293.7, 246.9];
    (0..(seconds * RATE as f64) as usize)
        .map(|at| {
            let time = at as f64 / RATE as f64;
            let (note, since) = ((time * 2.0) as usize % NOTES.len(), time % 0.5);
            let overtones = (1..=4).map(|n| {
                let turns = NOTES[note] * f64::from(n) * time;
                (std::f64::consts::TAU * turns).sin() / f64::from(n * n)
            });
            (overtones.sum::<f64>() * 0.3 * (-3.0 * since).exp()) as f32
        })
        .collect()
}
