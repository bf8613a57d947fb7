//! A decoded video made of JPEG files, and the stage with real weights.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{
    ArtifactKey, ArtifactRef, MediaTime,
    decoded::{PictureEntry, PictureIndex, PictureSet},
    messages::{Decoded, DetectInput, ShotsFound},
    objects::{ObjectAnnotation, ObjectDetections},
};
use detect::{Config, Detect};
use inference::{CacheDir, Engine, EngineConfig, ModelSet, Provider};
use stage::{Artifacts, StageContext};
use std::sync::{Mutex, PoisonError};
use testkit::Bench;

/// The stage on the CPU with the weights of `set`.
pub fn stage(set: ModelSet, config: Config) -> Detect {
    // ONNX Runtime is loaded once per process, whichever test comes first.
    static LOADING: Mutex<()> = Mutex::new(());
    let _alone = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(testkit::cache_file("models").is_dir());
    let settings = EngineConfig {
        set,
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    let engine = Engine::start(CacheDir::new(testkit::cache_dir()), settings).unwrap();
    Detect::open(&engine, config).unwrap()
}

/// A photograph that `make setup` fetches.
pub fn photograph(name: &str) -> Vec<u8> {
    std::fs::read(testkit::cache_file(&format!("media/{name}"))).unwrap()
}

async fn put(bench: &Bench, name: &str, bytes: Vec<u8>) -> ArtifactRef {
    let key = ArtifactKey::new(format!("media/film/{name}")).unwrap();
    bench.artifacts.put(&key, bytes.into()).await.unwrap()
}

/// A set of pictures, each with its time in milliseconds.
pub async fn pictures(bench: &Bench, size: (u32, u32), shown: &[(u64, &[u8])]) -> PictureSet {
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
    PictureSet {
        count: u32::try_from(shown.len()).unwrap(),
        data: put(bench, "frames.jpegs", data).await,
        index: put(
            bench,
            "frames.index",
            rmp_serde::to_vec_named(&index).unwrap(),
        )
        .await,
    }
}

/// The input of the stage for a video of `size` as shown.
pub fn input(frames: PictureSet, size: (u32, u32), shots: Option<ShotsFound>) -> DetectInput {
    let mut decoded = testkit::decoded(&frames.index, MediaTime::from_seconds(60.0));
    (decoded.probe.video.width, decoded.probe.video.height) = size;
    DetectInput {
        decoded: Decoded { frames, ..decoded },
        shots,
    }
}

/// Runs the stage and reads what it stored.
pub async fn run(stage: &Detect, input: DetectInput, context: &StageContext) -> ObjectDetections {
    let detected = stage::Stage::run(stage, input, context).await.unwrap();
    let objects: ObjectDetections = context.load_json(&detected.objects).await.unwrap();
    assert_eq!(
        objects.object_annotations.len(),
        detected.detection_count as usize
    );
    assert_eq!(objects.tracks.len(), detected.track_count as usize);
    objects
}

/// Intersection over union of two boxes in pixels.
pub fn overlap(a: [f64; 4], b: [f64; 4]) -> f64 {
    let shared =
        (a[2].min(b[2]) - a[0].max(b[0])).max(0.0) * (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let area = |c: [f64; 4]| (c[2] - c[0]) * (c[3] - c[1]);
    shared / (area(a) + area(b) - shared)
}

/// The most confident detection of a class whose box agrees with `expected`.
pub fn find<'a>(
    found: &'a [ObjectAnnotation],
    class: &str,
    expected: [f64; 4],
    least: f64,
) -> Option<&'a ObjectAnnotation> {
    found
        .iter()
        .find(|one| one.class_name == class && overlap(one.bbox, expected) >= least)
}
