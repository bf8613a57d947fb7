//! The stage through its ports: samples from the store, energy into the store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    ArtifactKey, MediaTime, StageName,
    decoded::AudioTrack,
    messages::{Decoded, SoundInput},
    sound::SoundEnergy,
};
use sound::{Config, Sound};
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
