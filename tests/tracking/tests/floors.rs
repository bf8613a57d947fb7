//! What the page of figures says must not get worse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use tracking_accuracy::crossing::{SCENES, measure};

/// Scenes of each kind.
const SHOWN: u64 = 40;
const RATE: f64 = 5.0;

#[test]
fn boxes_that_cross_keep_their_tracks() {
    for scene in &SCENES {
        let found = measure(scene, RATE, SHOWN);
        let switches = f64::from(found.switches) / f64::from(found.detections);
        assert!(found.detections > 1000, "{scene:?} {found:?}");
        // Six that cross in one line are more than boxes can tell apart.
        let most = if scene.boxes > 4 { 0.06 } else { 0.02 };
        assert!(switches < most, "{scene:?} {found:?}");
    }
}

#[test]
fn the_same_scene_gives_the_same_outcome() {
    let once = measure(&SCENES[3], RATE, 5);
    assert_eq!(once, measure(&SCENES[3], RATE, 5));
}
