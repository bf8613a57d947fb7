//! The models, pictures made with ffmpeg, and a decoded video made of JPEG files.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{
    MediaTime, Sha256, StageName, codec,
    decoded::{ChangeSignals, PictureSet},
    messages::{Decoded, OcrInput, ShotsFound, Transcribed},
    shots::{ShotList, ShotMetadata},
    speech::{SpeechMetadata, SpeechSegment, SpeechStatus, SpeechTranscript, SpokenWord},
    text::{TextOnScreen, TextTrack},
};
use inference::{Engine, ModelSet};
use media::{DecodeParameters, Decoder, DecoderCommand, Limits, RgbPicture, pictures};
use ocr::{Config, Ocr, Reader, compute::tracks::TextLine};
use stage::StageContext;
use std::{fs::File, path::Path, process::Command};
use testkit::Bench;
use tokio_util::sync::CancellationToken;

/// A font that `make setup` installs.
pub const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";

fn engine() -> Engine {
    testkit::engine(ModelSet::Permissive)
}

/// The stage on the CPU.
pub fn stage(config: Config) -> Ocr {
    Ocr::open(&engine(), config).unwrap()
}

/// The three models on the CPU.
pub fn reader() -> Reader {
    Reader::open(&engine(), Config::default()).unwrap()
}

/// A photograph that `make setup` fetches.
pub fn photograph(name: &str) -> Vec<u8> {
    std::fs::read(testkit::cache_file(&format!("media/{name}"))).unwrap()
}

/// Runs ffmpeg with these arguments.
pub fn ffmpeg(arguments: &[&str]) {
    let ran = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y", "-bitexact"])
        .args(arguments)
        .output()
        .expect("ffmpeg is missing: run `make setup`");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "ffmpeg: {said}");
}

/// A JPEG of `size` made by a graph of filters that begins with a source of pictures.
pub fn drawn(graph: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drawn.jpg");
    let file = path.to_str().unwrap();
    ffmpeg(&[
        "-f",
        "lavfi",
        "-i",
        graph,
        "-frames:v",
        "1",
        "-q:v",
        "2",
        file,
    ]);
    std::fs::read(path).unwrap()
}

/// Pixels of a JPEG.
pub fn pixels(jpeg: &[u8]) -> RgbPicture {
    pictures::decode_jpeg(jpeg).unwrap()
}

/// What is written in one picture.
pub fn read(reader: &Reader, jpeg: &[u8]) -> Vec<TextLine> {
    reader.read(&[pixels(jpeg)]).unwrap().remove(0)
}

/// The texts alone.
pub fn texts(lines: &[TextLine]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line.reading.text.as_str())
        .collect()
}

/// Decodes a video on the real decode path, as the input of the stage.
pub async fn decoded(bench: &Bench, path: &Path) -> OcrInput {
    let command = DecoderCommand::locate(None).unwrap();
    let decoder = Decoder::new(command, DecodeParameters::default(), Limits::default()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = File::open(path).unwrap();
    let cancel = CancellationToken::new();
    let decoded = decoder
        .decode(&file, scratch.path(), &cancel, &|_| {})
        .await
        .unwrap();
    let jpegs = std::fs::read(&decoded.frames.path).unwrap();
    let frames = PictureSet {
        data: bench.put("frames.jpegs", jpegs).await,
        index: bench
            .put(
                "frames.index",
                codec::encode(&decoded.frames.index).unwrap(),
            )
            .await,
        count: u32::try_from(decoded.frames.index.pictures.len()).unwrap(),
    };
    OcrInput {
        decoded: Decoded {
            media: Sha256::of(b"film"),
            thumbnails: frames.clone(),
            audio: None,
            signals: bench
                .put("signals", codec::encode(&decoded.signals).unwrap())
                .await,
            frames,
            probe: decoded.probe,
            completeness: decoded.completeness,
        },
        shots: None,
        transcript: None,
    }
}

/// Runs the stage and reads what it stored.
pub async fn run(stage: &Ocr, input: OcrInput, context: &StageContext) -> TextOnScreen {
    let read = stage::Stage::run(stage, input, context).await.unwrap();
    let text: TextOnScreen = context.load_json(&read.text).await.unwrap();
    assert_eq!(text.text_annotations.len(), read.annotation_count as usize);
    assert_eq!(text.tracks.len(), read.track_count as usize);
    text
}

/// The input of the stage for pictures of a video of `size` as shown, of which nothing else is
/// known: every frame may differ from the one before.
pub async fn input(bench: &Bench, size: (u32, u32), shown: &[(u64, &[u8])]) -> OcrInput {
    let frames = bench.pictures(size, shown).await;
    let times: Vec<MediaTime> = shown
        .iter()
        .map(|(milliseconds, _)| MediaTime::from_nanos(milliseconds * 1_000_000))
        .collect();
    let much = vec![50.0; times.len()];
    let signals = ChangeSignals {
        delta_hue: much.clone(),
        delta_saturation: much.clone(),
        delta_value: much.clone(),
        delta_luma_two_back: much.clone(),
        mean_value: much.clone(),
        value_deviation: much,
        times,
    };
    let end = shown
        .last()
        .map_or(0, |(milliseconds, _)| milliseconds + 200);
    let end = MediaTime::from_nanos(end * 1_000_000);
    OcrInput {
        decoded: Decoded {
            signals: bench.put("signals", codec::encode(&signals).unwrap()).await,
            ..testkit::film(frames, size, end)
        },
        shots: None,
        transcript: None,
    }
}

/// Shots with boundaries at these seconds.
pub async fn shots(bench: &Bench, changes: &[f64]) -> ShotsFound {
    let list = ShotList {
        scenes: Vec::new(),
        total_scenes: u32::try_from(changes.len()).unwrap() + 1,
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
        shot_count: list.total_scenes,
    }
}

/// A transcript in which each of these words is said from one second to another.
pub async fn transcript(bench: &Bench, words: &[(&str, f64, f64)]) -> Transcribed {
    let said = |(word, start, end): &(&str, f64, f64)| SpokenWord {
        word: (*word).into(),
        start: *start,
        end: *end,
        confidence: 0.9,
        interpolated: false,
    };
    let text: Vec<&str> = words.iter().map(|(word, ..)| *word).collect();
    let segment = SpeechSegment {
        id: 0,
        start: words[0].1,
        end: words[words.len() - 1].2,
        text: text.join(" "),
        confidence: 0.9,
        avg_logprob: -0.1,
        no_speech_prob: 0.0,
        words: words.iter().map(said).collect(),
    };
    let whole = SpeechTranscript {
        status: SpeechStatus::Speech,
        text: segment.text.clone(),
        segments: vec![segment],
        language: Some("en".into()),
        language_probability: Some(0.99),
        duration: Some(60.0),
        voice_activity: Vec::new(),
        voice_seconds: Some(1.0),
        dropped: Vec::new(),
        metadata: SpeechMetadata {
            model: "known".into(),
            models: Vec::new(),
            processed: true,
            success: true,
            backend: "none".into(),
            windows: 1,
            recognised_seconds: 1.0,
            words_aligned: true,
        },
    };
    let context = bench.context(StageName::Transcribe);
    Transcribed {
        transcript: context.store_json("speech.json", &whole).await.unwrap(),
        srt: None,
        vtt: None,
        status: SpeechStatus::Speech,
        segment_count: 1,
    }
}

/// The only track that says this.
pub fn track<'a>(found: &'a TextOnScreen, says: &str) -> &'a TextTrack {
    let all: Vec<&TextTrack> = found
        .tracks
        .iter()
        .filter(|track| track.text == says)
        .collect();
    let others: Vec<&str> = found
        .tracks
        .iter()
        .map(|track| track.text.as_str())
        .collect();
    let [only] = all.as_slice() else {
        panic!("{} tracks say {says:?}; there are {others:?}", all.len());
    };
    only
}
