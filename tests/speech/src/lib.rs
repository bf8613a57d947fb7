#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "for measurements only"
)]

use contracts::{
    ArtifactKey, ArtifactRef, MediaTime, Sha256, StageName,
    decoded::{AudioTrack, Completeness, Container, PictureSet, Probe, VideoStream},
    messages::{Decoded, TranscribeInput},
    speech::SpeechTranscript,
};
use inference::{CacheDir, Engine, EngineConfig, Provider};
use stage::{Artifacts, Stage};
use testkit::Bench;
use transcribe::{Config, Recogniser, Transcribe};

/// A recording and what is said in it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Name of its file.
    pub file: String,
    /// ISO 639 code of what is spoken.
    pub language: String,
    /// Where it comes from.
    pub source: String,
    /// What is said.
    pub text: String,
    /// Mono, 16 kHz.
    pub samples: Vec<f32>,
}

/// Edits and words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Errors {
    /// Substitutions, deletions and insertions.
    pub edits: usize,
    /// Words in the reference.
    pub words: usize,
}

impl Errors {
    /// Edits per word of the reference.
    #[must_use]
    pub fn rate(self) -> f64 {
        self.edits as f64 / self.words.max(1) as f64
    }
}

impl std::ops::AddAssign for Errors {
    fn add_assign(&mut self, other: Self) {
        self.edits += other.edits;
        self.words += other.words;
    }
}

/// Compares texts word by word.
#[must_use]
pub fn errors(reference: &str, hypothesis: &str) -> Errors {
    let (reference, hypothesis) = (words(reference), words(hypothesis));
    Errors {
        edits: strsim::generic_levenshtein(&reference, &hypothesis),
        words: reference.len(),
    }
}

/// Small letters without punctuation.
fn words(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .replace('’', "'")
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '\'' {
                c
            } else {
                ' '
            }
        })
        .collect();
    let words = plain.split_whitespace();
    words
        .map(|word| if word == "mr" { "mister" } else { word }.to_owned())
        .collect()
}

/// All recordings that `setup.sh` prepares.
///
/// # Panics
/// If they are not there.
#[must_use]
pub fn recordings() -> Vec<Recording> {
    let lines = include_str!("../references.tsv").lines().skip(1);
    lines
        .map(|line| {
            let mut fields = line.split('\t').map(str::to_owned);
            let mut field = || fields.next().expect("four fields in every line");
            let (file, language, source, text) = (field(), field(), field(), field());
            let path = testkit::cache_file(&format!("media/speech/{file}"));
            let mut reader = hound::WavReader::open(path).expect("a wave file");
            let spec = reader.spec();
            assert_eq!((spec.sample_rate, spec.channels), (16_000, 1), "{file}");
            let samples = reader.samples::<i16>();
            let samples = samples.map(|sample| f32::from(sample.expect("a sample")) / 32_768.0);
            Recording {
                samples: samples.collect(),
                file,
                language,
                source,
                text,
            }
        })
        .collect()
}

/// The same recording with white noise so many decibels below the speech.
#[must_use]
pub fn with_noise(samples: &[f32], decibels: f64) -> Vec<f32> {
    let power = |samples: &[f32]| -> f64 {
        let squares = samples.iter().map(|sample| f64::from(*sample).powi(2));
        squares.sum::<f64>() / samples.len().max(1) as f64
    };
    // A linear congruential generator (Knuth's MMIX constants), so that the noise is the same
    // everywhere.
    let mut state = 1_u64;
    let noise: Vec<f32> = samples
        .iter()
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    let wanted = power(samples) / 10_f64.powf(decibels / 10.0);
    let gain = (wanted / power(&noise).max(f64::MIN_POSITIVE)).sqrt() as f32;
    let mixed = samples.iter().zip(&noise);
    mixed.map(|(sample, noise)| sample + gain * noise).collect()
}

/// Opens the recogniser on the CPU.
///
/// # Panics
/// If it cannot be opened.
#[must_use]
pub fn open(model: Recogniser) -> Transcribe {
    let settings = EngineConfig {
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    let cache = CacheDir::new(testkit::cache_dir());
    let engine = Engine::start(cache, settings).expect("ONNX Runtime");
    let config = Config {
        model,
        ..Config::default()
    };
    Transcribe::open(&engine, config).expect("the networks: run `make setup`")
}

/// What the stage makes of samples.
///
/// # Panics
/// If it fails.
pub async fn transcribe(stage: &Transcribe, samples: &[f32]) -> SpeechTranscript {
    let bench = Bench::default();
    let bytes: Vec<u8> = samples.iter().flat_map(|one| one.to_le_bytes()).collect();
    let key = ArtifactKey::new("media/film/audio.f32").expect("a key");
    let stored = bench.artifacts.put(&key, bytes.into()).await;
    let stored = stored.expect("memory holds it");
    let input = TranscribeInput {
        decoded: decoded(&stored, samples.len()),
    };
    let context = bench.context(StageName::Transcribe);
    let output = stage.run(input, &context).await.expect("a transcript");
    let transcript = context.load_json(&output.transcript).await;
    transcript.expect("what was stored")
}

fn decoded(audio: &ArtifactRef, samples: usize) -> Decoded {
    let pictures = PictureSet {
        data: audio.clone(),
        index: audio.clone(),
        count: 0,
    };
    let duration = MediaTime::from_seconds(samples as f64 / 16_000.0);
    Decoded {
        media: Sha256::of(b"recording"),
        probe: Probe {
            container: Container::Mp4,
            duration,
            video: VideoStream {
                codec: "h264".into(),
                width: 2,
                height: 2,
                rotation_degrees: 0,
                frame_rate: None,
            },
            audio: None,
            size_bytes: 1,
        },
        completeness: Completeness {
            complete: true,
            video_until: duration,
            frames_decoded: 1,
            problems: Vec::new(),
        },
        frames: pictures.clone(),
        thumbnails: pictures,
        audio: Some(AudioTrack {
            samples: audio.clone(),
            sample_rate_hz: 16_000,
            sample_count: samples as u64,
        }),
        signals: audio.clone(),
    }
}
