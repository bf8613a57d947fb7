//! The stage through its ports: samples from the store, energy into the store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    ArtifactKey, MediaTime, StageName,
    decoded::AudioTrack,
    messages::{Decoded, SoundInput},
    sound::{ClassShares, SoundEnergy},
};
use inference::{CacheDir, Engine, EngineConfig, Provider};
use sound::{CLASSIFIER, Classifier, Config, Sound};
use stage::{Artifacts, Stage, StageError};
use testkit::Bench;

async fn input(bench: &Bench, samples: Option<&[f32]>) -> SoundInput {
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
    SoundInput {
        decoded: Decoded {
            audio,
            ..testkit::decoded(&stored, MediaTime::from_seconds(6.0))
        },
    }
}

#[tokio::test]
async fn stores_the_energy_and_runs_twice_with_one_result() {
    let bench = Bench::default();
    let square: Vec<f32> = (0..96_000)
        .map(|at| if at / 40 % 2 == 0 { 0.2 } else { -0.2 })
        .collect();
    let input = input(&bench, Some(&square)).await;
    let stage = Sound::new(Config::default()).unwrap();
    let context = bench.context(StageName::Sound);
    let first = stage.run(input.clone(), &context).await.unwrap();
    assert_eq!(first, stage.run(input, &context).await.unwrap());
    assert!(first.has_audio);
    assert_eq!(first.sound.key.as_str(), "jobs/test/sound/sound.json");
    let energy: SoundEnergy = context.load_json(&first.sound).await.unwrap();
    assert_eq!(energy.duration, Some(6.0));
    assert!(energy.metadata.processed);
}

#[tokio::test]
async fn with_the_network_speech_is_told_from_music() {
    let settings = EngineConfig {
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    let engine = Engine::start(CacheDir::new(testkit::cache_dir()), settings).unwrap();
    let classifier = Classifier::open(&engine);
    assert_eq!(classifier.missing(), None);
    let stage = Sound::new(Config::default())
        .unwrap()
        .with_classifier(classifier);
    assert_eq!(stage.models()[0].name, CLASSIFIER);
    let path = testkit::cache_file("media/jfk.wav");
    let mut reader = hound::WavReader::open(path).unwrap();
    let speech: Vec<f32> = reader
        .samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect();
    let chords: Vec<f32> = (0..160_000).map(chord).collect();
    let samples = [speech, chords].concat();
    let bench = Bench::default();
    let input = input(&bench, Some(&samples)).await;
    let context = bench.context(StageName::Sound);
    let output = stage.run(input.clone(), &context).await.unwrap();
    // The same bytes in, the same bytes out.
    assert_eq!(stage.run(input, &context).await.unwrap(), output);
    let energy: SoundEnergy = context.load_json(&output.sound).await.unwrap();
    assert_eq!(energy.classes_reason, None);
    let classes = energy.classes.unwrap();
    assert_eq!(classes.per_second.len(), 21);
    let mean = |seconds: std::ops::Range<usize>, of: fn(&ClassShares) -> f64| -> f64 {
        let count = seconds.len() as f64;
        classes.per_second[seconds].iter().map(of).sum::<f64>() / count
    };
    assert!(mean(0..10, |one| one.speech) > 0.7, "{classes:#?}");
    assert!(mean(12..21, |one| one.music) > 0.9, "{classes:#?}");
    assert!(mean(12..21, |one| one.speech) < 0.1);
}

/// A decaying chord with overtones twice a second, as a piano has them.
fn chord(at: u32) -> f32 {
    const NOTES: [f64; 8] = [261.6, 329.6, 392.0, 523.3, 440.0, 349.2, 293.7, 246.9];
    let time = f64::from(at) / 16_000.0;
    let (note, since) = ((time * 2.0) as usize % NOTES.len(), time % 0.5);
    let overtones = (1..=4).map(|n| {
        (std::f64::consts::TAU * NOTES[note] * f64::from(n) * time).sin() / f64::from(n * n)
    });
    (overtones.sum::<f64>() * 0.3 * (-3.0 * since).exp()) as f32
}

#[tokio::test]
async fn without_the_network_the_rest_is_measured_and_the_gap_named() {
    let bench = Bench::default();
    let input = input(&bench, Some(&[0.1; 32_000])).await;
    let stage = Sound::new(Config::default())
        .unwrap()
        .with_classifier(Classifier::without("its weights are missing"));
    assert!(stage.models().is_empty());
    let context = bench.context(StageName::Sound);
    let output = stage.run(input, &context).await.unwrap();
    let energy: SoundEnergy = context.load_json(&output.sound).await.unwrap();
    assert_eq!(energy.classes, None);
    assert_eq!(
        energy.classes_reason.as_deref(),
        Some("its weights are missing")
    );
    assert_eq!(energy.duration, Some(2.0));
}

#[tokio::test]
async fn a_video_without_audio_has_a_result_that_says_so() {
    let bench = Bench::default();
    let input = input(&bench, None).await;
    let stage = Sound::new(Config::default()).unwrap();
    let context = bench.context(StageName::Sound);
    let measured = stage.run(input, &context).await.unwrap();
    assert!(!measured.has_audio);
    let energy: serde_json::Value = context.load_json(&measured.sound).await.unwrap();
    assert_eq!(energy["burst_pattern"], "unknown");
    assert_eq!(energy["energy_variance"], serde_json::Value::Null);
    assert_eq!(energy["metadata"]["processed"], false);
}

#[tokio::test]
async fn a_sample_that_is_no_number_is_rejected() {
    let bench = Bench::default();
    let input = input(&bench, Some(&[0.0, f32::INFINITY])).await;
    let stage = Sound::new(Config::default()).unwrap();
    let ended = stage.run(input, &bench.context(StageName::Sound)).await;
    match ended {
        Err(error @ StageError::Rejected(_)) => assert!(error.reason().contains("sample 1")),
        other => panic!("{other:?}"),
    }
}
