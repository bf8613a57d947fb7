//! A decoded video made of JPEG files, and the stage with real weights.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{
    ArtifactKey, ArtifactRef, MediaTime, Sha256,
    decoded::{
        Completeness, Container, PictureEntry, PictureIndex, PictureSet, Probe, VideoStream,
    },
    messages::{Decoded, LabelInput},
};
use inference::{CacheDir, Engine, EngineConfig, ModelSet, Provider};
use label::{Config, LabelScenes};
use stage::Artifacts;
use std::sync::{Mutex, PoisonError};
use testkit::Bench;

/// The engine on the CPU with the weights of `set`.
pub fn engine(set: ModelSet) -> Engine {
    // ONNX Runtime is loaded once per process, whichever test comes first.
    static LOADING: Mutex<()> = Mutex::new(());
    let _alone = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(testkit::cache_file("models").is_dir());
    let settings = EngineConfig {
        set,
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    Engine::start(CacheDir::new(testkit::cache_dir()), settings).unwrap()
}

/// The stage on the CPU with the weights of `set`.
pub fn stage(set: ModelSet, config: Config) -> LabelScenes {
    LabelScenes::open(&engine(set), config).unwrap()
}

/// A photograph that `make setup` fetches.
pub fn photograph(name: &str) -> Vec<u8> {
    std::fs::read(testkit::cache_file(&format!("media/{name}"))).unwrap()
}

async fn put(bench: &Bench, name: &str, bytes: Vec<u8>) -> ArtifactRef {
    let key = ArtifactKey::new(format!("media/film/{name}")).unwrap();
    bench.artifacts.put(&key, bytes.into()).await.unwrap()
}

/// The input of the stage for a video of these pictures, each with its time in milliseconds.
pub async fn input(bench: &Bench, size: (u32, u32), shown: &[(u64, &[u8])]) -> LabelInput {
    let mut data = Vec::new();
    let mut entries = Vec::new();
    for (number, (milliseconds, jpeg)) in (0_u64..).zip(shown) {
        entries.push(PictureEntry {
            time: MediaTime::from_nanos(milliseconds * 1_000_000),
            frame_number: number * 6,
            offset: data.len() as u64,
            length: u32::try_from(jpeg.len()).unwrap(),
            crc32: crc32fast::hash(jpeg),
        });
        data.extend_from_slice(jpeg);
    }
    let index = PictureIndex {
        width: size.0,
        height: size.1,
        pictures: entries,
    };
    let frames = PictureSet {
        count: u32::try_from(shown.len()).unwrap(),
        data: put(bench, "frames.jpegs", data).await,
        index: put(
            bench,
            "frames.index",
            rmp_serde::to_vec_named(&index).unwrap(),
        )
        .await,
    };
    let duration = MediaTime::from_seconds(10.0);
    LabelInput {
        decoded: Decoded {
            media: Sha256::of(b"film"),
            probe: Probe {
                container: Container::Mp4,
                duration,
                video: VideoStream {
                    codec: "h264".into(),
                    width: size.0,
                    height: size.1,
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
            thumbnails: frames.clone(),
            audio: None,
            signals: frames.index.clone(),
            frames,
        },
    }
}
