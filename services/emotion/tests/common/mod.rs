//! A decoded video made of photographs with faces at known places, and the stage with real weights.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{
    MediaTime, StageName,
    decoded::PictureSet,
    emotion::Emotions,
    messages::{EmotionInput, PeopleFound},
    people::{Face, FacePoints, LeftOut, MeshState, People, PeopleMetadata, Presence, Rectangle},
};
use emotion::{Config, Emotion};
use image::{RgbImage, codecs::jpeg::JpegEncoder};
use inference::ModelSet;
use stage::{Stage, StageContext};
use std::{collections::BTreeMap, path::Path};
use testkit::Bench;

const JPEG_QUALITY: u8 = 88;

/// The stage on the CPU.
pub fn stage(config: Config) -> Emotion {
    Emotion::open(&testkit::engine(ModelSet::Permissive), config).unwrap()
}

/// A photograph that `make setup` fetches.
pub fn photograph(name: &str) -> RgbImage {
    photograph_at(&testkit::cache_file(&format!("media/{name}")))
}

/// A picture file.
pub fn photograph_at(path: &Path) -> RgbImage {
    image::open(path).unwrap().into_rgb8()
}

/// One frame: its time in milliseconds, its picture, and where its faces are as `x, y, width,
/// height` in pixels, with their tracks.
pub struct Shown<'a> {
    pub milliseconds: u64,
    pub picture: &'a RgbImage,
    pub faces: Vec<([f64; 4], Option<&'a str>)>,
}

async fn pictures(bench: &Bench, shown: &[Shown<'_>]) -> PictureSet {
    let jpeg = |one: &Shown<'_>| {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        one.picture.write_with_encoder(encoder).unwrap();
        (one.milliseconds, jpeg)
    };
    let jpegs: Vec<(u64, Vec<u8>)> = shown.iter().map(jpeg).collect();
    let jpegs: Vec<(u64, &[u8])> = jpegs.iter().map(|(time, jpeg)| (*time, &**jpeg)).collect();
    let size = shown.first().map_or((1, 1), |one| one.picture.dimensions());
    bench.pictures(size, &jpegs).await
}

fn faces(shown: &[Shown<'_>]) -> Vec<Face> {
    let mut all = Vec::new();
    for (number, one) in (0_u64..).zip(shown) {
        let (width, height) = one.picture.dimensions();
        let (width, height) = (f64::from(width), f64::from(height));
        for (rank, ([x, y, w, h], track)) in (1..).zip(&one.faces) {
            let rectangle = |across: f64, down: f64| Rectangle {
                x: x / across,
                y: y / down,
                width: w / across,
                height: h / down,
            };
            let point = [0.5; 2];
            all.push(Face {
                timestamp: one.milliseconds as f64 / 1e3,
                frame_number: number * 6,
                count: u32::try_from(one.faces.len()).unwrap(),
                rank,
                track_id: track.map(Into::into),
                person_id: None,
                confidence: 0.9,
                bbox: rectangle(width, height),
                bbox_pixels: rectangle(1.0, 1.0),
                points: FacePoints {
                    right_eye: point,
                    left_eye: point,
                    nose: point,
                    right_mouth: point,
                    left_mouth: point,
                },
                mesh: MeshState::BeyondLimit,
                landmarks: None,
                mesh_presence: None,
                head_pose: None,
            });
        }
    }
    all
}

fn people(shown: &[Shown<'_>]) -> People {
    let presence = (0_u64..).zip(shown).map(|(number, one)| Presence {
        timestamp: one.milliseconds as f64 / 1e3,
        frame_number: number * 6,
        persons: None,
        faces: u32::try_from(one.faces.len()).unwrap(),
        bodies: None,
        hands: 0,
        camera_distance: None,
    });
    People {
        poses: None,
        faces: faces(shown),
        hands: Vec::new(),
        gaze: Vec::new(),
        gestures: Vec::new(),
        presence_percentage: None,
        frames_with_people: 0,
        presence: presence.collect(),
        face_tracks: Vec::new(),
        metadata: PeopleMetadata {
            models: Vec::new(),
            processed: true,
            frames_analyzed: u32::try_from(shown.len()).unwrap(),
            frame_times: Vec::new(),
            width: 1,
            height: 1,
            poses_detected: None,
            faces_detected: 0,
            hands_detected: 0,
            gaze_detected: 0,
            gaze_unread: BTreeMap::new(),
            gestures_detected: 0,
            re_identified: None,
            unmeasured: BTreeMap::new(),
            methods: BTreeMap::new(),
            left_out: LeftOut::default(),
        },
    }
}

/// The input of the stage for a video of these frames.
pub async fn input(bench: &Bench, shown: &[Shown<'_>]) -> EmotionInput {
    let size = shown.first().map_or((1, 1), |one| one.picture.dimensions());
    let seconds = shown
        .last()
        .map_or(0.0, |one| one.milliseconds as f64 / 1e3);
    let context = bench.context(StageName::People);
    let people = people(shown);
    let reference = context.store_json("people.json", &people).await.unwrap();
    EmotionInput {
        decoded: testkit::film(
            pictures(bench, shown).await,
            size,
            MediaTime::from_seconds(seconds),
        ),
        people: PeopleFound {
            landmarks: reference.clone(),
            people: reference,
            face_count: 0,
            face_track_count: 0,
        },
    }
}

/// Runs the stage and reads what it stored.
pub async fn run(stage: &Emotion, input: EmotionInput, context: &StageContext) -> Emotions {
    let read = stage.run(input, context).await.unwrap();
    let emotions: Emotions = context.load_json(&read.emotions).await.unwrap();
    assert_eq!(emotions.faces.len(), read.reading_count as usize);
    emotions
}

/// Runs the stage on these frames.
pub async fn read(stage: &Emotion, shown: &[Shown<'_>]) -> Emotions {
    let bench = Bench::default();
    let input = input(&bench, shown).await;
    run(stage, input, &bench.context(StageName::Emotion)).await
}
