//! Hostile and odd files, each with its stated outcome. Whatever a file does to the child, the
//! parent gets an answer, and nothing is left: no file, no process, no connection made.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use media::{DecodedMedia, Error};
use std::{fs, net::TcpListener, path::PathBuf};
use support::Bench;
use testkit::clips::{H264, SOUND, VIDEO, cut, patch};

/// What must come of a file.
enum Outcome {
    /// Refused, with a reason that contains this text.
    Refused(&'static str),
    /// Decoded completely, and this holds.
    Complete(fn(&DecodedMedia)),
    /// Decoded as far as possible, with a problem that contains this text, and this holds.
    Partial(&'static str, fn(&DecodedMedia)),
}
use Outcome::{Complete, Partial, Refused};

async fn check(make: fn(&Bench) -> PathBuf, expected: Outcome) {
    let bench = Bench::default();
    let clip = make(&bench);
    match (bench.decode(&clip).await, expected) {
        (Err(Error::Refused(reason)), Refused(text)) => {
            assert!(reason.contains(text), "refused because: {reason}");
        }
        (Ok(media), Complete(holds)) => {
            assert_eq!(media.completeness.problems, Vec::<String>::new());
            holds(&media);
        }
        (Ok(media), Partial(text, holds)) => {
            let problems = media.completeness.problems.join("; ");
            assert!(problems.contains(text), "problems: {problems}");
            holds(&media);
        }
        (outcome, _) => panic!("{outcome:?}"),
    }
}

macro_rules! table {
    ($($name:ident: $make:expr => $expected:expr;)+) => {
        $(#[tokio::test]
        async fn $name() {
            check($make, $expected).await;
        })+
    };
}

fn size(media: &DecodedMedia) -> (u32, u32) {
    (media.probe.video.width, media.probe.video.height)
}
fn seconds(media: &DecodedMedia) -> f64 {
    media.probe.duration.seconds()
}
fn sound_seconds(media: &DecodedMedia) -> f64 {
    support::samples(media).len() as f64 / 16_000.0
}
fn frames(media: &DecodedMedia) -> u64 {
    media.completeness.frames_decoded
}
fn is_normal(media: &DecodedMedia) {
    assert_eq!((size(media), frames(media)), ((320, 240), 120));
    assert!((seconds(media) - 4.0).abs() < 0.1, "{}", seconds(media));
    // Every 0.2 s from 0.0 to 3.8, and the last frame at 3.967 s.
    assert_eq!(media.frames.index.pictures.len(), 21);
    assert_eq!(media.thumbnails.index.pictures.len(), 8);
    assert!(
        (sound_seconds(media) - 4.0).abs() < 0.06,
        "{}",
        sound_seconds(media)
    );
}
/// An own codec in an own container, with the picture of [`VIDEO`].
fn encoded(media: &DecodedMedia, video: &str, audio: &str) {
    is_normal(media);
    assert_eq!(media.probe.video.codec, video);
    assert_eq!(media.probe.audio.as_ref().unwrap().codec, audio);
    let rate = media.probe.video.frame_rate.unwrap().value().unwrap();
    assert!((rate - 30.0).abs() < 0.1, "{rate}");
}

// Not a video at all.
table! {
    empty: |bench| bench.file("clip.mp4", b"") => Refused("empty");
    one_byte: |bench| bench.file("clip.mp4", b"f") => Refused("first bytes");
    text: |bench| bench.file("clip.mp4", &b"just some text\n".repeat(100)) => Refused("first bytes");
    zeros: |bench| bench.file("clip.mp4", &[0; 100_000]) => Refused("first bytes");
    only_a_magic_number: |bench| bench.file("clip.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
        => Refused("the container");
    only_an_ebml_magic_number: |bench| bench.file("clip.webm", b"\x1a\x45\xdf\xa3")
        => Refused("the container");
    other_container: |bench| bench.wrong_extension() => Refused("first bytes");
    other_video_codec: |bench| bench.ffmpeg(&format!("{VIDEO} -c:v mpeg4 clip.mp4"))
        => Refused("no video stream in a codec this program decodes");
    sound_alone: |bench| bench.ffmpeg(&format!("{SOUND} -c:a aac clip.mp4"))
        => Refused("no video stream in a codec this program decodes, only audio/mpeg");
}

// Too much of something, by its own header.
table! {
    row_24_eight_k: |bench| bench.eight_k() => Refused("pixels, limit is");
    row_24_ten_hours: |bench| bench.ten_hours() => Refused("duration of 36000.0 s, limit is");
    row_24_thousand_frames_per_second: |bench| bench.thousand_frames_per_second()
        => Refused("1000.0 frames per second, limit is");
    row_24_many_streams: |bench| bench.many_streams(12) => Refused("more than 8 streams");
    wide_pixels: |bench| bench.ffmpeg(&format!(
        "-f lavfi -i testsrc2=s=1920x1080:r=30:d=1 {H264} -aspect 100:1 clip.mp4"
    )) => Refused("pixels, limit is");
    row_24_header_lies_about_size: |bench| bench.eight_k_in_disguise()
        => Refused("pixels, limit is");
}

// Damaged or forged.
table! {
    cut_in_half: |bench| cut(&bench.mp4(), 50) => Partial("cut off", |media| {
        assert!((20..100).contains(&frames(media)), "{}", frames(media));
        assert!((seconds(media) - 4.0).abs() < 0.1);
        assert!(media.completeness.video_until.seconds() < 3.5);
    });
    cut_near_the_end: |bench| cut(&bench.mp4(), 95) => Partial("cut off", |media| {
        assert!((100..120).contains(&frames(media)), "{}", frames(media));
    });
    matroska_cut_in_half: |bench| cut(&bench.mkv(), 50) => Partial("cut off", |media| {
        assert!((20..100).contains(&frames(media)), "{}", frames(media));
    });
    index_at_the_end_and_cut: |bench| {
        cut(&bench.ffmpeg(&format!("{VIDEO} {H264} clip.mp4")), 80)
    } => Refused("the container");
    row_24_huge_movie_box: |bench| patch(&bench.mp4(), b"moov", 0, b"moov\x7f\xff\xff\xff")
        => Refused("the container");
    huge_file_type_box: |bench| {
        let clip = bench.mp4();
        patch(&clip, b"\0\0\0\x20ftyp", 0, &[0x7f, 0xff, 0xff, 0xff])
    } => Refused("the container");
    eight_exabyte_box: |bench| bench.file(
        "clip.mp4",
        b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x01moov\x7f\xff\xff\xff\xff\xff\xff\xff",
    ) => Refused("the container");
    rubbish_after_the_end: |bench| {
        let clip = bench.mp4();
        let mut bytes = fs::read(&clip).unwrap();
        bytes.extend([0; 5000]);
        bench.file("clip.mp4", &bytes)
    } => Complete(is_normal);
    damaged_middle: |bench| {
        let clip = bench.mp4();
        let mut bytes = fs::read(&clip).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 20_000].fill(0xa5);
        bench.file("clip.mp4", &bytes)
    } => Partial("", |media| assert!(frames(media) > 50, "{}", frames(media)));
}

// Odd but valid.
table! {
    plain: |bench| bench.mp4() => Complete(|media| encoded(media, "h264", "aac"));
    quicktime: |bench| bench.ffmpeg(&format!("{VIDEO} {SOUND} {H264} -c:a aac clip.mov"))
        => Complete(|media| encoded(media, "h264", "aac"));
    matroska_h264_mp3: |bench| bench.mkv() => Complete(|media| encoded(media, "h264", "mp3"));
    h265_ten_bit: |bench| bench.ffmpeg(&format!(
        "{VIDEO} {SOUND} -c:v libx265 -preset ultrafast -x265-params log-level=none \
         -pix_fmt yuv420p10le -c:a aac clip.mp4"
    )) => Complete(|media| encoded(media, "h265", "aac"));
    webm_vp9_opus: |bench| bench.ffmpeg(&format!(
        "{VIDEO} {SOUND} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus clip.webm"
    )) => Complete(|media| encoded(media, "vp9", "opus"));
    webm_vp8_vorbis: |bench| bench.ffmpeg(&format!(
        "{VIDEO} {SOUND} -c:v libvpx -deadline realtime -c:a libvorbis clip.webm"
    )) => Complete(|media| encoded(media, "vp8", "vorbis"));
    av1: |bench| bench.ffmpeg(&format!(
        "{VIDEO} {SOUND} -c:v libaom-av1 -usage realtime -cpu-used 8 -c:a libopus clip.mp4"
    )) => Complete(|media| encoded(media, "av1", "opus"));
    fragmented: |bench| bench.ffmpeg(&format!(
        "{VIDEO} {SOUND} {H264} -c:a aac -g 30 -movflags frag_keyframe+empty_moov clip.mp4"
    )) => Complete(is_normal);
    no_duration_stated: |bench| bench.ffmpeg(&format!(
        "{VIDEO} {SOUND} {H264} -c:a libopus -live 1 -f matroska clip.mkv"
    )) => Complete(is_normal);
    no_sound: |bench| bench.ffmpeg(&format!("{VIDEO} {H264} clip.mp4")) => Complete(|media| {
        assert_eq!((frames(media), &media.probe.audio, &media.audio), (120, &None, &None));
    });
    one_frame: |bench| bench.ffmpeg(&format!("{VIDEO} {H264} -frames:v 1 clip.mp4"))
        => Complete(|media| {
            assert_eq!(frames(media), 1);
            assert_eq!(media.frames.index.pictures.len(), 1);
            assert_eq!(media.thumbnails.index.pictures.len(), 1);
        });
    odd_size: |bench| bench.ffmpeg(
        "-f lavfi -i testsrc=s=321x243:r=30:d=1 -c:v libvpx -deadline realtime clip.webm",
    ) => Complete(|media| assert_eq!((size(media), frames(media)), ((321, 243), 30)));
    odd_size_without_subsampling: |bench| bench.ffmpeg(
        "-f lavfi -i testsrc=s=321x243:r=30:d=1 -c:v libx264 -pix_fmt yuv444p clip.mp4",
    ) => Complete(|media| assert_eq!((size(media), frames(media)), ((321, 243), 30)));
    tiny: |bench| bench.ffmpeg(
        "-f lavfi -i testsrc2=s=16x16:r=30:d=1 -c:v libx264 -pix_fmt yuv420p clip.mp4",
    ) => Complete(|media| assert_eq!((size(media), frames(media)), ((16, 16), 30)));
    gray: |bench| bench.ffmpeg(
        "-f lavfi -i testsrc2=s=320x240:r=30:d=1 -c:v libx264 -pix_fmt gray clip.mp4",
    ) => Complete(|media| assert_eq!(frames(media), 30));
    wide_pixels_within_reason: |bench| bench.ffmpeg(&format!(
        "-f lavfi -i testsrc2=s=320x240:r=30:d=1 {H264} -vf setsar=2/1 clip.mp4"
    )) => Complete(|media| assert_eq!(size(media), (640, 240)));
    large_is_made_smaller: |bench| bench.ffmpeg(&format!(
        "-f lavfi -i testsrc2=s=1080x1920:r=30:d=0.5 {H264} clip.mp4"
    )) => Complete(|media| {
        assert_eq!(size(media), (1080, 1920));
        assert_eq!((media.frames.index.width, media.frames.index.height), (720, 1280));
        assert_eq!((media.thumbnails.index.width, media.thumbnails.index.height), (180, 320));
    });
    variable_frame_rate: |bench| bench.ffmpeg_with(&[
        "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=2",
        "-vf", "select='lt(n,20)+not(mod(n,5))',setpts=N/30/TB+if(gt(N\\,20)\\,(N-20)*4/30/TB\\,0)",
        "-vsync", "vfr", "-c:v", "libx264", "-pix_fmt", "yuv420p", "clip.mp4",
    ]) => Complete(|media| {
        assert_eq!(media.probe.video.frame_rate, None);
        let times: Vec<f64> = media.signals.times.iter().map(|t| t.seconds()).collect();
        assert!((times[1] - times[0] - 1.0 / 30.0).abs() < 1e-3, "{times:?}");
        let last = times.len() - 1;
        assert!((times[last] - times[last - 1] - 5.0 / 30.0).abs() < 1e-3, "{times:?}");
    });
    sound_longer_than_picture: |bench| bench.ffmpeg(&format!(
        "-f lavfi -i testsrc2=s=320x240:r=30:d=1 {SOUND} {H264} -c:a aac clip.mp4"
    )) => Complete(|media| {
        assert_eq!(frames(media), 30);
        assert!((seconds(media) - 4.0).abs() < 0.1);
        assert!((sound_seconds(media) - 4.0).abs() < 0.06);
        assert!((media.completeness.video_until.seconds() - 1.0).abs() < 0.01);
    });
    picture_longer_than_sound: |bench| bench.ffmpeg(&format!(
        "{VIDEO} -f lavfi -i sine=440:d=1 {H264} -c:a aac clip.mp4"
    )) => Complete(|media| {
        assert_eq!(frames(media), 120);
        assert!((sound_seconds(media) - 1.0).abs() < 0.06);
    });
    two_sound_streams: |bench| bench.ffmpeg(&format!(
        "{VIDEO} {SOUND} {SOUND} -map 0 -map 1 -map 2 {H264} -c:a aac clip.mp4"
    )) => Complete(is_normal);
    other_audio_codec: |bench| bench.ffmpeg(&format!("{VIDEO} {SOUND} {H264} -c:a ac3 clip.mkv"))
        => Partial("audio in audio/x-ac3 is not decoded", |media| {
            assert_eq!(frames(media), 120);
            assert!(media.probe.audio.is_some() && media.audio.is_none());
        });
    subtitles_beside: |bench| {
        let _subtitles = bench.file("lines.srt", b"1\n00:00:00,500 --> 00:00:02,000\nhello\n");
        bench.ffmpeg(&format!("{VIDEO} {SOUND} -i lines.srt {H264} -c:a aac -c:s mov_text clip.mp4"))
    } => Complete(is_normal);
}

/// Files that name an address must not make anybody connect to it.
async fn connects_nowhere(make: impl AsyncFnOnce(&Bench, String)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/segment.ts", listener.local_addr().unwrap());
    let bench = Bench::default();
    make(&bench, address).await;
    let tried = listener.accept();
    assert!(tried.is_err(), "somebody connected: {tried:?}");
}

fn playlist(address: &str) -> Vec<u8> {
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{address}\n#EXT-X-ENDLIST\n").into()
}

#[tokio::test]
async fn row_23_a_playlist_named_mp4_connects_nowhere() {
    connects_nowhere(async |bench, address| {
        let clip = bench.file("clip.mp4", &playlist(&address));
        let outcome = bench.decode(&clip).await;
        assert!(
            matches!(&outcome, Err(Error::Refused(r)) if r.contains("first bytes")),
            "{outcome:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn row_23_a_playlist_inside_an_mp4_connects_nowhere() {
    connects_nowhere(async |bench, address| {
        let mut bytes = b"\0\0\0\x14ftypisom\0\0\0\0isom".to_vec();
        bytes.extend(playlist(&address));
        let clip = bench.file("clip.mp4", &bytes);
        let outcome = bench.decode(&clip).await;
        assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
    })
    .await;
}

#[tokio::test]
async fn row_23_an_mp4_whose_data_lie_elsewhere_connects_nowhere() {
    connects_nowhere(async |bench, address| {
        // A data reference that names an address instead of this file (ISO/IEC 14496-12 §8.7.2).
        let clip = bench.mp4();
        let mut reference = b"url \0\0\0\0".to_vec();
        reference.extend(address.as_bytes());
        let mut bytes = fs::read(&clip).unwrap();
        let at = bytes
            .windows(8)
            .position(|w| w == b"url \0\0\0\x01")
            .unwrap();
        bytes[at..at + 8].copy_from_slice(&reference[..8]);
        let clip = bench.file("clip.mp4", &bytes);
        let outcome = bench.decode(&clip).await;
        assert!(
            matches!(outcome, Ok(_) | Err(Error::Refused(_))),
            "{outcome:?}"
        );
    })
    .await;
}
