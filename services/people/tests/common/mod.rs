//! A decoded video made of photographs, and the stage with real weights.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{
    MediaTime, Sha256, StageName,
    decoded::PictureSet,
    manifest::ModelStamp,
    messages::{Decoded, Detected, PeopleInput, ShotsFound},
    objects::{ObjectAnnotation, ObjectDetections, ObjectMetadata},
    people::{LandmarkSet, People as Result, Rectangle},
    shots::{ShotList, ShotMetadata},
};
use image::{
    AnimationDecoder, DynamicImage, RgbImage,
    codecs::{gif::GifDecoder, jpeg::JpegEncoder},
};
use inference::ModelSet;
use people::{Config, People};
use stage::StageContext;
use std::{fs::File, io::BufReader};
use testkit::Bench;

const JPEG_QUALITY: u8 = 95;

/// The stage on the CPU with the weights of `set`.
pub fn stage(set: ModelSet, config: Config) -> People {
    People::open(&testkit::engine(set), config).unwrap()
}

/// The stage with default settings and permissive weights.
pub fn usual() -> People {
    stage(ModelSet::Permissive, Config::default())
}

/// A picture as JPEG.
pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// A photograph that `make setup` fetches, as JPEG, with its size.
pub fn photograph(name: &str) -> (Vec<u8>, (u32, u32)) {
    let path = testkit::cache_file(&format!("media/{name}"));
    let picture = image::open(&path).unwrap().into_rgb8();
    let bytes = if name.ends_with(".jpg") {
        std::fs::read(&path).unwrap()
    } else {
        jpeg(&picture)
    };
    (bytes, picture.dimensions())
}

/// A photograph as its mirror image.
pub fn mirrored(name: &str) -> (Vec<u8>, (u32, u32)) {
    let path = testkit::cache_file(&format!("media/{name}"));
    let picture = image::open(path).unwrap().fliph().into_rgb8();
    (jpeg(&picture), picture.dimensions())
}

/// Frames of the clip of a hand, by position, as JPEG with their size.
pub fn hand_frames(positions: &[usize]) -> (Vec<Vec<u8>>, (u32, u32)) {
    let file = File::open(testkit::cache_file("media/fingers-lq.gif")).unwrap();
    let frames = GifDecoder::new(BufReader::new(file)).unwrap().into_frames();
    let frames = frames.collect_frames().unwrap();
    let shown = positions.iter().map(|at| {
        let picture = DynamicImage::from(frames[*at].buffer().clone());
        jpeg(&picture.into_rgb8())
    });
    (shown.collect(), frames[0].buffer().dimensions())
}

/// The decoded video of `size` as shown.
pub fn decoded(frames: PictureSet, size: (u32, u32)) -> Decoded {
    testkit::film(frames, size, MediaTime::from_seconds(60.0))
}

/// Shots with boundaries at these times, in seconds.
pub async fn shots(bench: &Bench, changes: &[f64]) -> ShotsFound {
    let list = ShotList {
        scenes: Vec::new(),
        total_scenes: 0,
        scene_changes: changes.to_vec(),
        boundaries: Vec::new(),
        flashes: Vec::new(),
        metadata: ShotMetadata {
            processed: true,
            method: "known".into(),
            frames_analyzed: 1,
        },
    };
    let context = bench.context(StageName::Shots);
    ShotsFound {
        shots: context.store_json("shots.json", &list).await.unwrap(),
        shot_count: 1,
    }
}

/// Objects: in every frame at these times, in seconds, persons at these boxes in shares.
pub async fn persons(bench: &Bench, times: &[f64], boxes: &[[f64; 4]]) -> Detected {
    let annotation = |time: f64, number: usize, bbox: [f64; 4]| ObjectAnnotation {
        track_id: Some(format!("obj_{}", number + 1)),
        class_name: "person".into(),
        confidence: 0.9,
        timestamp: time,
        bbox: [0.0; 4],
        bbox_normalized: bbox,
        frame_number: 0,
    };
    let all = times.iter().flat_map(|time| {
        let boxes = boxes.iter().enumerate();
        boxes.map(|(number, bbox)| annotation(*time, number, *bbox))
    });
    let objects = ObjectDetections {
        object_annotations: all.collect(),
        tracks: Vec::new(),
        metadata: ObjectMetadata {
            model: ModelStamp {
                name: "known".into(),
                version: "made-up-models 1.0".into(),
                digest: Sha256::of(b"known"),
            },
            processed: true,
            frames_analyzed: 1,
            frame_times: times.to_vec(),
            objects_detected: 1,
            total_tracks: 1,
            confidence_threshold: 0.4,
        },
    };
    let context = bench.context(StageName::Detect);
    let objects = context.store_json("objects.json", &objects).await.unwrap();
    Detected {
        objects,
        detection_count: 1,
        track_count: 1,
    }
}

/// Runs the stage and reads what it stored.
pub async fn run(
    stage: &People,
    input: PeopleInput,
    context: &StageContext,
) -> (Result, LandmarkSet) {
    let found = stage::Stage::run(stage, input, context).await.unwrap();
    let people: Result = context.load_json(&found.people).await.unwrap();
    let landmarks: LandmarkSet = context.load_packed(&found.landmarks).await.unwrap();
    assert_eq!(people.faces.len(), found.face_count as usize);
    assert_eq!(people.face_tracks.len(), found.face_track_count as usize);
    (people, landmarks)
}

/// Runs the stage on one picture, with persons at these boxes if any are given.
pub async fn run_on(
    stage: &People,
    (jpeg, size): (Vec<u8>, (u32, u32)),
    persons_at: Option<&[[f64; 4]]>,
) -> (Result, LandmarkSet) {
    let bench = Bench::default();
    let frames = bench.pictures(size, &[(0, &jpeg)]).await;
    let objects = match persons_at {
        Some(boxes) => Some(persons(&bench, &[0.0], boxes).await),
        None => None,
    };
    let input = PeopleInput {
        decoded: decoded(frames, size),
        shots: None,
        objects,
    };
    run(stage, input, &bench.context(StageName::People)).await
}

/// Intersection over union of two boxes `x, y, width, height`.
pub fn overlap(a: Rectangle, b: [f64; 4]) -> f64 {
    let across = (a.x + a.width).min(b[0] + b[2]) - a.x.max(b[0]);
    let down = (a.y + a.height).min(b[1] + b[3]) - a.y.max(b[1]);
    let shared = across.max(0.0) * down.max(0.0);
    shared / (a.width * a.height + b[2] * b[3] - shared)
}
