//! What the real weights of both sets see in two photographs.
//!
//! The boxes were drawn by hand around what a person sees.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{find, input, photograph, run, stage};
use contracts::{StageName, objects::ObjectDetections};
use detect::{Config, Detector};
use inference::ModelSet;
use testkit::Bench;

const BUS_SIZE: (u32, u32) = (810, 1080);
const BUS: [f64; 4] = [5.0, 232.0, 800.0, 735.0];
const MAN_IN_FUR: [f64; 4] = [50.0, 398.0, 246.0, 903.0];
const MAN_IN_COAT: [f64; 4] = [225.0, 406.0, 344.0, 860.0];
const MAN_AT_RIGHT: [f64; 4] = [668.0, 393.0, 810.0, 880.0];
const ZIDANE_SIZE: (u32, u32) = (1280, 720);
const MAN_POINTING: [f64; 4] = [125.0, 202.0, 1152.0, 720.0];
const MAN_LOOKING: [f64; 4] = [750.0, 42.0, 1140.0, 720.0];
const TIE: [f64; 4] = [440.0, 435.0, 512.0, 720.0];

/// A little below the default, so that no assertion stands on the edge of it.
fn config(set: ModelSet) -> Config {
    Config {
        confidence: (set == ModelSet::Permissive).then_some(0.35),
        ..Config::default()
    }
}

async fn objects_in(name: &str, size: (u32, u32), set: ModelSet) -> ObjectDetections {
    let bench = Bench::default();
    let jpeg = photograph(name);
    let frames = bench.pictures(size, &[(0, &jpeg)]).await;
    let stage = stage(set, config(set));
    run(
        &stage,
        input(frames, size, None),
        &bench.context(StageName::Detect),
    )
    .await
}

/// Asserts that a class is seen where it is, at least as surely as stated.
fn sees(found: &ObjectDetections, class: &str, place: [f64; 4], confidence: f64, overlap: f64) {
    let seen = find(&found.object_annotations, class, place, overlap);
    let all = &found.object_annotations;
    let seen = seen.unwrap_or_else(|| panic!("no {class} at {place:?} among {all:#?}"));
    assert!(seen.confidence >= confidence, "{class} {}", seen.confidence);
}

fn count(found: &ObjectDetections, class: &str) -> usize {
    let named = found.object_annotations.iter();
    named.filter(|one| one.class_name == class).count()
}

#[tokio::test]
async fn coco_ssd_sees_the_bus_and_the_people() {
    let found = objects_in("bus.jpg", BUS_SIZE, ModelSet::Permissive).await;
    assert_eq!(found.metadata.model.name, "coco-ssd");
    sees(&found, "person", MAN_IN_FUR, 0.95, 0.6);
    sees(&found, "bus", BUS, 0.85, 0.6);
    sees(&found, "person", MAN_IN_COAT, 0.65, 0.6);
    sees(&found, "person", MAN_AT_RIGHT, 0.38, 0.6);
    assert!((3..=4).contains(&count(&found, "person")));
}

#[tokio::test]
async fn yolo_sees_the_bus_and_the_people() {
    let found = objects_in("bus.jpg", BUS_SIZE, ModelSet::Agpl).await;
    assert_eq!(found.metadata.model.name, "yolo11n");
    sees(&found, "bus", BUS, 0.9, 0.8);
    sees(&found, "person", MAN_IN_FUR, 0.8, 0.8);
    sees(&found, "person", MAN_IN_COAT, 0.8, 0.8);
    sees(&found, "person", MAN_AT_RIGHT, 0.75, 0.8);
    assert!((3..=4).contains(&count(&found, "person")));
    assert_eq!(count(&found, "bus"), 1);
}

#[tokio::test]
async fn coco_ssd_sees_both_men() {
    let found = objects_in("zidane.jpg", ZIDANE_SIZE, ModelSet::Permissive).await;
    sees(&found, "person", MAN_POINTING, 0.75, 0.5);
    sees(&found, "person", MAN_LOOKING, 0.75, 0.6);
    assert_eq!(count(&found, "person"), 2);
}

#[tokio::test]
async fn yolo_sees_both_men_and_the_tie() {
    let found = objects_in("zidane.jpg", ZIDANE_SIZE, ModelSet::Agpl).await;
    sees(&found, "person", MAN_POINTING, 0.75, 0.6);
    sees(&found, "person", MAN_LOOKING, 0.75, 0.6);
    // The model counts the open shirt as part of it.
    sees(&found, "tie", TIE, 0.4, 0.4);
    assert_eq!(count(&found, "person"), 2);
}

#[tokio::test]
async fn a_single_frame_confirms_its_tracks() {
    let found = objects_in("zidane.jpg", ZIDANE_SIZE, ModelSet::Permissive).await;
    assert_eq!(found.tracks.len(), 2);
    assert_eq!(found.tracks[0].track_id, "obj_1");
    assert_eq!(found.metadata.frames_analyzed, 1);
    assert_eq!(found.metadata.frame_times, [0.0]);
}

#[tokio::test]
async fn a_named_model_is_taken_and_a_forbidden_one_refused() {
    let named = Config {
        model: Some(Detector::CocoSsd),
        ..Config::default()
    };
    assert_eq!(stage(ModelSet::Agpl, named).detector(), Detector::CocoSsd);
    assert_eq!(
        stage(ModelSet::Agpl, Config::default()).detector(),
        Detector::Yolo11n
    );
    let stage = stage(ModelSet::Permissive, Config::default());
    assert_eq!(stage.detector(), Detector::CocoSsd);
}
