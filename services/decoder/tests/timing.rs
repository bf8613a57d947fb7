//! Frames and sound are where they belong: at the right time, the right way up, in the right
//! colour, the same every time.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use media::{DecodeParameters, DecodedMedia, SamplingRate};
use std::{fs, path::Path};
use support::{Bench, colour_at, is_near, picture, samples};

/// Ten frames per second; frame `n` is of one gray, 40 + 3 n.
const STAIRCASE: &str = "color=black:s=64x64:r=10:d=6,format=gray,geq=lum=40+3*N";
/// Every second a tenth of a second of white and of a tone.
const FLASH: &str =
    "color=black:s=320x240:r=30:d=4,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)'";
const CLICK: &str = "aevalsrc='if(lt(mod(t,1),0.1),0.5*sin(2*PI*1000*t),0)':s=44100:d=4";

async fn decode(bench: &Bench, clip: &Path) -> DecodedMedia {
    let media = bench.decode(clip).await.unwrap();
    assert_eq!(media.completeness.problems, Vec::<String>::new());
    media
}

/// The number of a staircase's frame by its gray.
fn step(media: &DecodedMedia, index: usize) -> f64 {
    let [_, green, _] = colour_at(&picture(media, index), 50, 50);
    (f64::from(green) - 40.0) / 3.0
}

fn staircase(bench: &Bench) -> std::path::PathBuf {
    let codec = "-c:v libx264 -crf 5 -pix_fmt yuv420p clip.mp4";
    let words = ["-f", "lavfi", "-i", STAIRCASE].into_iter();
    bench.ffmpeg_with(&words.chain(codec.split(' ')).collect::<Vec<_>>())
}

#[tokio::test]
async fn frames_are_those_nearest_to_the_wished_times() {
    for rate in [1, 3, 4, 7, 10, 25] {
        let rates = vec![SamplingRate {
            below_s: None,
            frames_per_second: rate,
        }];
        let bench = Bench {
            parameters: DecodeParameters {
                rates,
                ..DecodeParameters::default()
            },
            ..Bench::default()
        };
        let media = decode(&bench, &staircase(&bench)).await;
        let mut wished: Vec<u64> = (0..)
            .map(|k| f64::from(k) * 10.0 / f64::from(rate))
            .take_while(|place| *place <= 59.0)
            // The earlier one of two equally near frames.
            .map(|place| (place - 0.5).ceil() as u64)
            .chain([59])
            .collect();
        wished.dedup();
        let pictures = &media.frames.index.pictures;
        let found: Vec<u64> = pictures.iter().map(|entry| entry.frame_number).collect();
        assert_eq!(found, wished, "at {rate} per second");
        for (index, entry) in pictures.iter().enumerate() {
            assert_eq!(entry.time.nanos(), entry.frame_number * 100_000_000);
            let step = step(&media, index);
            assert!(
                (step - entry.frame_number as f64).abs() < 0.5,
                "{entry:?} shows {step}"
            );
        }
    }
}

/// Times at which something begins: above a threshold after a while below it.
fn beginnings(levels: impl Iterator<Item = (f64, f32)>, threshold: f32) -> Vec<f64> {
    let mut last = f64::NEG_INFINITY;
    let mut found = Vec::new();
    for (time, level) in levels {
        if level.abs() > threshold {
            if time - last > 0.3 {
                found.push(time);
            }
            last = time;
        }
    }
    found
}

fn flashes(media: &DecodedMedia) -> Vec<f64> {
    let times = media.signals.times.iter().map(|time| time.seconds());
    beginnings(times.zip(media.signals.mean_value.iter().copied()), 128.0)
}

fn clicks(media: &DecodedMedia) -> Vec<f64> {
    let samples = samples(media).into_iter().enumerate();
    beginnings(samples.map(|(n, level)| (n as f64 / 16_000.0, level)), 0.1)
}

fn assert_near(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    let near = |(found, wanted): (&f64, &f64)| (found - wanted).abs() < tolerance;
    let all = found.len() == wanted.len() && found.iter().zip(wanted).all(near);
    assert!(all, "{what}: {found:?} instead of {wanted:?}");
}

fn flash_and_click(bench: &Bench, codecs: &str) -> std::path::PathBuf {
    let mut words = vec!["-f", "lavfi", "-i", FLASH, "-f", "lavfi", "-i", CLICK];
    words.extend(codecs.split_whitespace());
    bench.ffmpeg_with(&words)
}

#[tokio::test]
async fn sound_and_picture_share_a_clock_in_every_codec() {
    let all = [
        "-c:v libx264 -c:a aac clip.mp4",
        "-c:v libx264 -c:a libmp3lame clip.mp4",
        "-c:v libx264 -c:a aac clip.mkv",
        "-c:v libx264 -c:a libmp3lame clip.mkv",
        "-c:v libx264 -c:a libopus -ar 48000 clip.mp4",
        "-c:v libvpx -deadline realtime -c:a libvorbis clip.webm",
        "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus -ar 48000 clip.webm",
    ];
    for codecs in all {
        let bench = Bench::default();
        let media = decode(&bench, &flash_and_click(&bench, codecs)).await;
        // Matroska keeps the run-up of a codec as a start some milliseconds after zero.
        assert_near(&flashes(&media), &[0.0, 1.0, 2.0, 3.0], 0.03, codecs);
        assert_near(&clicks(&media), &flashes(&media), 0.01, codecs);
    }
}

#[tokio::test]
async fn late_sound_stays_late() {
    let bench = Bench::default();
    let clip = flash_and_click(&bench, "-c:v libx264 -c:a aac clip.mp4");
    for offset in ["0.5", "0.123"] {
        let clip = clip.to_str().unwrap();
        let moved = bench.ffmpeg_with(&[
            "-i",
            clip,
            "-itsoffset",
            offset,
            "-i",
            clip,
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-c",
            "copy",
            "moved.mp4",
        ]);
        let media = decode(&bench, &moved).await;
        let late: Vec<f64> = (0..4)
            .map(|n| f64::from(n) + offset.parse::<f64>().unwrap())
            .collect();
        assert_near(&flashes(&media), &[0.0, 1.0, 2.0, 3.0], 1e-6, "flashes");
        assert_near(&clicks(&media), &late, 0.01, "clicks");
    }
}

#[tokio::test]
async fn late_picture_stays_late() {
    let bench = Bench::default();
    let clip = flash_and_click(&bench, "-c:v libx264 -c:a aac clip.mp4");
    let clip = clip.to_str().unwrap();
    let moved = bench.ffmpeg_with(&[
        "-i",
        clip,
        "-itsoffset",
        "0.4",
        "-i",
        clip,
        "-map",
        "0:a",
        "-map",
        "1:v",
        "-c",
        "copy",
        "moved.mp4",
    ]);
    let media = decode(&bench, &moved).await;
    assert_near(&flashes(&media), &[0.4, 1.4, 2.4, 3.4], 1e-3, "flashes");
    assert_near(&clicks(&media), &[0.0, 1.0, 2.0, 3.0], 0.01, "clicks");
}

#[tokio::test]
async fn an_edit_list_cuts_both() {
    let bench = Bench::default();
    let clip = flash_and_click(&bench, "-c:v libx264 -g 15 -c:a aac clip.mp4");
    let cut = bench.ffmpeg_with(&[
        "-ss",
        "1.3",
        "-i",
        clip.to_str().unwrap(),
        "-c",
        "copy",
        "cut.mp4",
    ]);
    let media = decode(&bench, &cut).await;
    assert_near(&flashes(&media), &[0.7, 1.7], 0.034, "flashes");
    assert_near(&clicks(&media), &[0.7, 1.7], 0.034, "clicks");
}

#[tokio::test]
async fn a_hole_in_the_sound_is_silence() {
    let bench = Bench::default();
    let clip = flash_and_click(&bench, "-c:v libx264 -c:a libopus -ar 48000 clip.mkv");
    // The packets from 1.5 s to 2.5 s are left out; the others keep their times.
    let holed = bench.ffmpeg_with(&[
        "-i",
        clip.to_str().unwrap(),
        "-c",
        "copy",
        "-bsf:a",
        "noise=drop=gt(pts*tb\\,1.5)*lt(pts*tb\\,2.5)",
        "holed.mkv",
    ]);
    let media = bench.decode(&holed).await.unwrap();
    assert_near(&clicks(&media), &[0.0, 1.0, 3.0], 0.03, "clicks");
    let hole = &samples(&media)[(1.7 * 16_000.0) as usize..(2.4 * 16_000.0) as usize];
    assert!(hole.iter().all(|sample| sample.abs() < 1e-3));
}

/// Red top left, green top right, blue bottom left, white bottom right.
const QUARTERS: &str = "color=red:s=320x240:r=10:d=1,\
    drawbox=x=160:y=0:w=160:h=120:c=lime:t=fill,\
    drawbox=x=0:y=120:w=160:h=120:c=blue:t=fill,\
    drawbox=x=160:y=120:w=160:h=120:c=white:t=fill";

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255, 255, 255];

fn assert_corners(media: &DecodedMedia, wanted: [[u8; 3]; 4], what: &str) {
    let picture = picture(media, 0);
    let places = [(25, 25), (75, 25), (25, 75), (75, 75)];
    let found = places.map(|(x, y)| colour_at(&picture, x, y));
    let near = found
        .iter()
        .zip(wanted)
        .all(|(found, wanted)| is_near(*found, wanted, 12));
    assert!(near, "{what}: {found:?} instead of {wanted:?}");
}

#[tokio::test]
async fn pictures_are_the_right_way_up() {
    let turned = [
        ("0", 0, (320, 240), [RED, GREEN, BLUE, WHITE]),
        ("270", 90, (240, 320), [BLUE, RED, WHITE, GREEN]),
        ("180", 180, (320, 240), [WHITE, BLUE, GREEN, RED]),
        ("90", 270, (240, 320), [GREEN, WHITE, RED, BLUE]),
    ];
    for (noted, degrees, size, corners) in turned {
        let bench = Bench::default();
        let clip = bench.ffmpeg_with(&[
            "-f", "lavfi", "-i", QUARTERS, "-c:v", "libx264", "-pix_fmt", "yuv420p", "flat.mp4",
        ]);
        // ffmpeg notes counter-clockwise what a player must turn clockwise.
        let rotate = format!("rotate={noted}");
        let clip = bench.ffmpeg_with(&[
            "-i",
            clip.to_str().unwrap(),
            "-c",
            "copy",
            "-metadata:s:v",
            &rotate,
            "turned.mp4",
        ]);
        let media = decode(&bench, &clip).await;
        let video = &media.probe.video;
        assert_eq!(video.rotation_degrees, degrees);
        assert_eq!((video.width, video.height), size);
        assert_eq!((media.frames.index.width, media.frames.index.height), size);
        assert_corners(&media, corners, noted);
    }
}

#[tokio::test]
async fn colours_survive_every_matrix_and_range() {
    let encodings = [
        (
            "bt601 limited",
            "out_color_matrix=bt601:out_range=limited",
            "smpte170m",
            "tv",
            "yuv420p",
        ),
        (
            "bt709 limited",
            "out_color_matrix=bt709:out_range=limited",
            "bt709",
            "tv",
            "yuv420p",
        ),
        (
            "bt709 full",
            "out_color_matrix=bt709:out_range=full",
            "bt709",
            "pc",
            "yuv420p",
        ),
        (
            "bt709 ten bits",
            "out_color_matrix=bt709:out_range=limited",
            "bt709",
            "tv",
            "yuv420p10le",
        ),
        (
            "bt2020",
            "out_color_matrix=bt2020:out_range=limited",
            "bt2020nc",
            "tv",
            "yuv420p",
        ),
        (
            "bt709 4:4:4",
            "out_color_matrix=bt709:out_range=limited",
            "bt709",
            "tv",
            "yuv444p",
        ),
    ];
    for (what, scale, matrix, range, format) in encodings {
        let bench = Bench::default();
        let filter = format!("format=rgb24,scale={scale},format={format}");
        let clip = bench.ffmpeg_with(&[
            "-f",
            "lavfi",
            "-i",
            QUARTERS,
            "-vf",
            &filter,
            "-c:v",
            "libx264",
            "-crf",
            "10",
            "-colorspace",
            matrix,
            "-color_range",
            range,
            "clip.mp4",
        ]);
        let media = decode(&bench, &clip).await;
        assert_corners(&media, [RED, GREEN, BLUE, WHITE], what);
    }
}

#[tokio::test]
async fn two_runs_give_the_same_bytes_whatever_the_threads() {
    let make = |bench: &Bench| {
        bench.ffmpeg(
            "-f lavfi -i testsrc2=s=640x360:r=30:d=4 -f lavfi -i sine=440:d=4 \
             -c:v libx264 -pix_fmt yuv420p -c:a aac clip.mp4",
        )
    };
    let mut results = Vec::new();
    for decoder_threads in [2, 2, 1, 4] {
        let parameters = DecodeParameters {
            decoder_threads,
            ..DecodeParameters::default()
        };
        let bench = Bench {
            parameters,
            ..Bench::default()
        };
        let media = decode(&bench, &make(&bench)).await;
        results.push((
            fs::read(&media.frames.path).unwrap(),
            fs::read(&media.thumbnails.path).unwrap(),
            fs::read(&media.audio.unwrap().path).unwrap(),
            (media.frames.index, media.thumbnails.index, media.signals),
            (media.probe, media.completeness),
        ));
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_probe_says_what_the_decode_says() {
    let bench = Bench::default();
    let clip = flash_and_click(&bench, "-c:v libx264 -c:a aac clip.mp4");
    let decoded = decode(&bench, &clip).await;
    let input = fs::File::open(&clip).unwrap();
    let cancel = tokio_util::sync::CancellationToken::new();
    let probe = bench.decoder().probe(&input, &cancel).await.unwrap();
    assert_eq!(probe, decoded.probe);
    assert_eq!(probe.duration.seconds(), 4.0);
    assert_eq!(probe.size_bytes, fs::metadata(&clip).unwrap().len());
}
