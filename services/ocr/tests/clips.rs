//! Made clips from file to tracks, on the real decode path: what they show is known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{FONT, decoded, ffmpeg, run, shots, stage, track, transcript};
use contracts::{
    StageName,
    messages::OcrInput,
    text::{TextOnScreen, TextRole},
};
use ocr::Config;
use tempfile::TempDir;
use testkit::Bench;

/// Makes a clip of 360 by 640 from a photograph and a graph of filters.
fn clip(folder: &TempDir, photograph: &str, filters: &str, seconds: &str) -> std::path::PathBuf {
    let path = folder.path().join("clip.mp4");
    let photograph = testkit::cache_file(&format!("media/{photograph}"));
    let graph = format!("scale=-2:640,crop=360:640,fps=25,format=yuv420p,{filters}");
    ffmpeg(&[
        "-loop",
        "1",
        "-i",
        photograph.to_str().unwrap(),
        "-vf",
        &graph,
        "-t",
        seconds,
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-threads",
        "1",
        path.to_str().unwrap(),
    ]);
    path
}

/// A filter that writes a line while `enable` holds.
fn writes(text: &str, y: &str, enable: &str) -> String {
    format!(
        "drawtext=fontfile={FONT}:fontsize=34:fontcolor=white:borderw=3:text='{text}':\
         x=(w-tw)/2:y={y}:enable='{enable}'"
    )
}

async fn found(bench: &Bench, input: OcrInput) -> TextOnScreen {
    run(
        &stage(Config::default()),
        input,
        &bench.context(StageName::Ocr),
    )
    .await
}

#[tokio::test]
async fn a_title_shown_three_times_for_three_seconds_is_one_track_with_three_intervals() {
    const SHOWN: [(f64, f64); 3] = [(1.0, 4.0), (6.0, 9.0), (11.0, 14.0)];
    /// Frames of a clip below 30 s are kept five times a second.
    const STEP: f64 = 0.2;
    let folder = tempfile::tempdir().unwrap();
    let enable: Vec<String> = SHOWN
        .iter()
        .map(|(start, end)| format!("gte(t,{start})*lt(t,{end})"))
        .collect();
    let title = writes("Three times", "120", &enable.join("+"));
    let path = clip(&folder, "zidane.jpg", &title, "16");
    let bench = Bench::default();
    let input = decoded(&bench, &path).await;
    let found = found(&bench, input).await;
    let title = track(&found, "Three times");
    assert_eq!(title.intervals.len(), 3, "{title:?}");
    for (interval, (start, end)) in title.intervals.iter().zip(SHOWN) {
        assert!((interval.start - start).abs() <= STEP, "{interval:?}");
        assert!((interval.end - end).abs() <= STEP, "{interval:?}");
        // What it says of its own precision holds.
        assert!((interval.start - start).abs() <= interval.start_uncertainty + 1e-9);
        assert!((interval.end - end).abs() <= interval.end_uncertainty + 1e-9);
        assert!(interval.start_uncertainty <= STEP / 2.0 + 1e-9);
    }
    assert_eq!(title.first_seen, title.intervals[0].start);
    assert_eq!(title.last_seen, title.intervals[2].end);
    // Work follows content: seven stretches that stand still need few looks.
    let metadata = &found.metadata;
    assert!(
        metadata.frames_analyzed <= 20,
        "{}",
        metadata.frames_analyzed
    );
    assert!(metadata.frames_skipped_unchanged >= 55);
    let known = metadata.frames_analyzed + metadata.frames_skipped_unchanged;
    assert_eq!(metadata.frame_times.len(), known as usize);
    assert!(metadata.largest_gap_s.unwrap() <= 1.0);
}

#[tokio::test]
async fn a_scrolling_caption_that_follows_the_speech_has_that_role() {
    const SAID: [(&str, f64); 4] = [
        ("ask not what", 0.0),
        ("your country", 1.2),
        ("can do for you", 2.4),
        ("my fellow citizens", 3.6),
    ];
    let folder = tempfile::tempdir().unwrap();
    // Every line rises while it is shown.
    let lines: Vec<String> = SAID
        .iter()
        .map(|(text, start)| {
            let enable = format!("gte(t,{start})*lt(t,{})", start + 1.2);
            writes(text, &format!("500-25*(t-{start})"), &enable)
        })
        .chain([writes("New puppy day", "90", "1")])
        .collect();
    let path = clip(&folder, "zidane.jpg", &lines.join(","), "4.8");
    let bench = Bench::default();
    let mut input = decoded(&bench, &path).await;
    let words: Vec<(&str, f64, f64)> = SAID
        .iter()
        .flat_map(|(text, start)| {
            let each = text.split(' ').enumerate();
            each.map(move |(at, word)| {
                (
                    word,
                    start + 0.25 * at as f64,
                    start + 0.25 * (at + 1) as f64,
                )
            })
        })
        .collect();
    input.transcript = Some(transcript(&bench, &words).await);
    input.shots = Some(shots(&bench, &[]).await);
    let found = found(&bench, input).await;
    for (text, start) in SAID {
        let caption = track(&found, text);
        assert_eq!(caption.role, TextRole::Caption, "{caption:?}");
        assert!((caption.first_seen - start).abs() <= 0.2, "{caption:?}");
        assert!(
            (caption.last_seen - start - 1.2).abs() <= 0.2,
            "{caption:?}"
        );
        assert!(caption.role_confidence > 0.8);
        assert!(
            caption
                .evidence
                .iter()
                .any(|one| one.name == "spoken_share")
        );
    }
    let title = track(&found, "New puppy day");
    assert_eq!(title.role, TextRole::HookTitle, "{title:?}");
    assert!(found.metadata.speech.measured);
}

#[tokio::test]
async fn a_sticker_that_outlasts_the_cuts_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    let media = |name: &str| testkit::cache_file(&format!("media/{name}"));
    let (bus, men) = (media("bus.jpg"), media("zidane.jpg"));
    // A yellow face with two eyes over three shots of one second.
    let graph = "[0:v]scale=-2:640,crop=360:640,setsar=1,fps=25,trim=duration=1[a];\
                 [1:v]scale=-2:640,crop=360:640,setsar=1,fps=25,trim=duration=1[b];\
                 [0:v]hflip,scale=-2:640,crop=360:640:40:0,setsar=1,fps=25,trim=duration=1[c];\
                 [a][b][c]concat=n=3,drawbox=40:80:70:70:yellow:fill,\
                 drawbox=52:96:14:14:black:fill,drawbox=84:96:14:14:black:fill,\
                 format=yuv420p";
    ffmpeg(&[
        "-loop",
        "1",
        "-t",
        "1",
        "-i",
        bus.to_str().unwrap(),
        "-loop",
        "1",
        "-t",
        "1",
        "-i",
        men.to_str().unwrap(),
        "-filter_complex",
        graph,
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-threads",
        "1",
        path.to_str().unwrap(),
    ]);
    let bench = Bench::default();
    let mut input = decoded(&bench, &path).await;
    input.shots = Some(shots(&bench, &[1.0, 2.0]).await);
    let found = found(&bench, input).await;
    let [sticker] = found.stickers.as_slice() else {
        panic!("{:?}", found.stickers);
    };
    assert_eq!(found.metadata.stickers_detected, Some(1));
    assert_eq!(
        (sticker.sticker_id.as_str(), sticker.timestamp),
        ("sticker_1", 0.0)
    );
    assert_eq!(sticker.confidence, 0.75);
    let expected = [40.0, 80.0, 110.0, 150.0];
    for (edge, expected) in sticker.bbox.iter().zip(expected) {
        assert!((edge - expected).abs() <= 12.0, "{sticker:?}");
    }
    let [shown] = sticker.intervals.as_slice() else {
        panic!("{sticker:?}");
    };
    assert!(shown.start == 0.0 && shown.end >= 2.9, "{shown:?}");
}
