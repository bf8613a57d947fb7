//! Change signals against PySceneDetect's `ContentDetector` on its reference clips.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

mod support;

use std::{collections::BTreeMap, fs, path::PathBuf};
use support::Bench;

/// Scores are on a scale of 0 to 255. Readers of videos round red, green and blue differently
/// by one, which on a cut between two flat colours shows as up to one in each of hue, saturation
/// and value.
const TOLERANCE: f32 = 1.1;
/// Reference scores are listed from here on.
const LISTED_FROM: f32 = 1.0;

#[tokio::test]
async fn scores_are_those_of_the_reference() {
    let Some(folder) = std::env::var_os("ORACLE_DIR").map(PathBuf::from) else {
        eprintln!("ORACLE_DIR is not set: scores are not compared");
        return;
    };
    let text = fs::read_to_string(folder.join("extras/scene_detection.json")).unwrap();
    let reference: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for (name, reference) in reference.iter().filter(|(name, _)| name.ends_with(".mp4")) {
        let bench = Bench::default();
        let clip = folder.join("extras/scene_videos").join(name);
        let media = bench.decode(&clip).await.unwrap();
        let listed: Vec<(usize, f32)> =
            serde_json::from_value(reference["content_val_gt_1"].clone()).unwrap();
        let listed: BTreeMap<usize, f32> = listed.into_iter().collect();
        for frame in 0..media.signals.len() {
            let score = media.signals.content_value(frame).unwrap();
            match listed.get(&frame) {
                Some(wanted) => {
                    assert!(
                        (score - wanted).abs() <= TOLERANCE,
                        "{name} {frame}: {score}, {wanted}"
                    );
                    compared += 1;
                }
                None => assert!(score <= LISTED_FROM + TOLERANCE, "{name} {frame}: {score}"),
            }
        }
    }
    assert!(compared > 100, "{compared} scores compared");
}

#[tokio::test]
async fn a_flash_returns_and_a_cut_does_not() {
    let bench = Bench::default();
    // Gray; one white frame at 10; blue from 20 on; black at the end.
    let clip = bench.ffmpeg_with(&[
        "-f",
        "lavfi",
        "-i",
        "color=gray:s=320x240:r=10:d=4,drawbox=c=white:t=fill:enable='eq(n,10)',\
         drawbox=c=blue:t=fill:enable='gte(n,20)',drawbox=c=black:t=fill:enable='gte(n,30)'",
        "-c:v",
        "libx264",
        "-crf",
        "5",
        "-pix_fmt",
        "yuv420p",
        "clip.mp4",
    ]);
    let signals = bench.decode(&clip).await.unwrap().signals;
    let score = |frame| signals.content_value(frame).unwrap();
    assert_eq!((score(0), signals.delta_luma_two_back[1]), (0.0, 0.0));
    assert!(score(5) < 1.0, "{}", score(5));
    assert!(score(10) > 30.0 && score(11) > 30.0 && score(20) > 30.0);
    assert!(
        signals.delta_luma_two_back[11] < 3.0,
        "{:?}",
        signals.delta_luma_two_back
    );
    assert!(
        signals.delta_luma_two_back[21] > 30.0,
        "{:?}",
        signals.delta_luma_two_back
    );
    assert!((signals.mean_value[5] - 128.0).abs() < 3.0);
    assert!(signals.mean_value[35] < 2.0 && signals.value_deviation[35] < 1.0);
}
