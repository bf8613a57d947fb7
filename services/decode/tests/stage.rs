//! The stage with the real decoder program: decoded once, then found.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

use artifacts::Memory;
use contracts::{
    ArtifactKey, JobId, Sha256, StageName,
    messages::{DecodeInput, Decoded},
};
use decode::{Decode, DecodeConfig};
use media::{DecoderCommand, Limits, pictures::load_index, pictures::load_picture};
use stage::{
    Artifacts, Clock, ContextParts, Progress, ProgressEvent, Stage, StageContext, StageError,
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use testkit::clips::Clips;
use tokio_util::sync::CancellationToken;

struct Still;
impl Clock for Still {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<(u64, u64)>>);
impl Progress for Heard {
    fn notify(&self, _: &JobId, event: ProgressEvent) {
        if let ProgressEvent::Advanced { done, total, .. } = event {
            self.0.lock().unwrap().push((done, total));
        }
    }
}

struct Bench {
    store: Arc<Memory>,
    heard: Arc<Heard>,
    clips: Clips,
}

impl Bench {
    fn new() -> Self {
        Self {
            store: Arc::default(),
            heard: Arc::default(),
            clips: Clips::default(),
        }
    }
    fn context(&self, job: &str) -> StageContext {
        let scratch = self.clips.path(job);
        std::fs::create_dir_all(&scratch).unwrap();
        StageContext::new(ContextParts {
            job: JobId::new(job).unwrap(),
            stage: StageName::Decode,
            attempt: 1,
            cancel: CancellationToken::new(),
            artifacts: Arc::clone(&self.store) as Arc<dyn Artifacts>,
            clock: Arc::new(Still),
            progress: Arc::clone(&self.heard) as Arc<dyn Progress>,
            scratch,
        })
    }
    async fn source(&self, bytes: Vec<u8>) -> DecodeInput {
        let key = ArtifactKey::of_media(Sha256::of(&bytes), "source.mp4").unwrap();
        let source = self.store.put(&key, bytes.into()).await.unwrap();
        DecodeInput { source }
    }
    fn clip(&self) -> Vec<u8> {
        let path = self.clips.ffmpeg(
            "-f lavfi -i testsrc2=s=320x240:r=30:d=8 -f lavfi -i sine=440:d=8 \
             -c:v libx264 -pix_fmt yuv420p -c:a aac clip.mp4",
        );
        std::fs::read(path).unwrap()
    }
}

/// The decoder program, which `make test` builds before it runs any test.
fn program() -> PathBuf {
    DecoderCommand::locate(None)
        .expect("run `make test`, or build the workspace first")
        .program()
        .into()
}

fn stage(limits: Limits) -> Decode {
    Decode::new(DecodeConfig {
        decoder: Some(program()),
        limits,
        ..DecodeConfig::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_video_is_decoded_once_and_then_found() {
    let (bench, stage) = (Bench::new(), stage(Limits::default()));
    let input = bench.source(bench.clip()).await;
    let context = bench.context("first");
    let decoded = stage.run(input.clone(), &context).await.unwrap();
    check(&decoded, &bench).await;
    let stored: Vec<String> = context
        .stored()
        .iter()
        .map(|r| r.key.file_name().into())
        .collect();
    let expected = [
        "audio.f32",
        "decoded.json",
        "frames.bin",
        "frames.msgpack",
        "signals.msgpack",
        "thumbnails.bin",
        "thumbnails.msgpack",
    ];
    assert_eq!(stored, expected);
    // This store lends no file of its own, so the copy of the source is there and nothing else.
    let left = std::fs::read_dir(&context.scratch).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        left.len() <= 1 && !left.iter().any(|name| name == "frames.bin"),
        "{left:?}"
    );
    let progress = std::mem::take(&mut *bench.heard.0.lock().unwrap());
    assert_eq!(progress.last(), Some(&(8000, 8000)));
    assert!(progress.windows(2).all(|pair| pair[0].0 < pair[1].0));

    // Another job, another context: nothing is decoded, everything is recorded.
    let second = bench.context("second");
    assert_eq!(stage.run(input, &second).await.unwrap(), decoded);
    assert_eq!(second.stored(), context.stored());
    assert!(bench.heard.0.lock().unwrap().is_empty());
}

async fn check(decoded: &Decoded, bench: &Bench) {
    assert!(decoded.completeness.complete, "{:?}", decoded.completeness);
    assert_eq!(decoded.completeness.frames_decoded, 240);
    let index = load_index(bench.store.as_ref(), &decoded.frames)
        .await
        .unwrap();
    assert_eq!(index.pictures.len(), 41);
    let picture = load_picture(bench.store.as_ref(), &decoded.frames, &index.pictures[40]).await;
    assert_eq!(picture.unwrap().width, 320);
    let key = decoded.frames.data.key.as_str();
    assert!(
        key.starts_with(&format!("media/{}/decoded@", decoded.media)),
        "{key}"
    );
}

#[tokio::test]
async fn other_parameters_have_another_place() {
    let folder = |quality| {
        let parameters = media::DecodeParameters {
            jpeg_quality: quality,
            ..media::DecodeParameters::default()
        };
        decode::compute::folder(&parameters).unwrap()
    };
    assert_ne!(folder(80), folder(81));
    assert_eq!(folder(80), folder(80));
    assert_eq!(folder(80).len(), "decoded@".len() + 16);
}

#[tokio::test]
async fn what_is_no_video_is_rejected_with_the_reason() {
    let (bench, stage) = (Bench::new(), stage(Limits::default()));
    let input = bench.source(b"no video at all".to_vec()).await;
    let error = stage.run(input, &bench.context("job")).await.unwrap_err();
    assert!(matches!(error, StageError::Rejected(_)));
    assert!(
        error.reason().contains("neither MP4/MOV nor Matroska/WebM"),
        "{}",
        error.reason()
    );
}

#[tokio::test]
async fn a_missing_program_is_said_at_the_start() {
    let outcome = Decode::new(DecodeConfig {
        decoder: Some("/nowhere/decoder".into()),
        ..DecodeConfig::default()
    });
    let text = outcome.err().unwrap().to_string();
    assert!(text.contains("/nowhere/decoder"), "{text}");
}
