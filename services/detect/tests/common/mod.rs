//! A decoded video made of JPEG files, and the stage with real weights.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{
    MediaTime,
    decoded::PictureSet,
    messages::{DetectInput, ShotsFound},
    objects::{ObjectAnnotation, ObjectDetections},
};
use detect::{Config, Detect};
use inference::ModelSet;
use stage::StageContext;

/// The stage on the CPU with the weights of `set`.
pub fn stage(set: ModelSet, config: Config) -> Detect {
    Detect::open(&testkit::engine(set), config).unwrap()
}

/// A photograph that `make setup` fetches.
pub fn photograph(name: &str) -> Vec<u8> {
    std::fs::read(testkit::cache_file(&format!("media/{name}"))).unwrap()
}

/// The input of the stage for a video of `size` as shown.
pub fn input(frames: PictureSet, size: (u32, u32), shots: Option<ShotsFound>) -> DetectInput {
    DetectInput {
        decoded: testkit::film(frames, size, MediaTime::from_seconds(60.0)),
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
