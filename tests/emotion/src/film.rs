//! Pictures as the frames of a film, through both stages.

use contracts::{
    ArtifactKey, ArtifactRef, MediaTime, Sha256, StageName, codec,
    decoded::{
        Completeness, Container, PictureEntry, PictureIndex, PictureSet, Probe, VideoStream,
    },
    emotion::{EmotionLabel, Emotions},
    messages::{Decoded, EmotionInput, PeopleInput},
};
use emotion::Emotion;
use image::{RgbImage, codecs::jpeg::JpegEncoder};
use people::People;
use stage::{Artifacts, Stage};
use testkit::Bench;

/// As the decoder stores frames.
const JPEG_QUALITY: u8 = 88;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

async fn put(bench: &Bench, name: &str, bytes: Vec<u8>) -> ArtifactRef {
    let key = ArtifactKey::new(format!("media/film/{name}")).unwrap();
    bench.artifacts.put(&key, bytes.into()).await.unwrap()
}

/// Pictures of one size, a second apart.
async fn decoded(bench: &Bench, pictures: &[RgbImage]) -> Decoded {
    let (width, height) = pictures.first().unwrap().dimensions();
    let (mut data, mut entries) = (Vec::new(), Vec::new());
    for (number, picture) in (0_u64..).zip(pictures) {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        picture.write_with_encoder(encoder).unwrap();
        entries.push(PictureEntry {
            time: MediaTime::from_nanos(number * NANOS_PER_SECOND),
            frame_number: number,
            offset: data.len() as u64,
            length: u32::try_from(jpeg.len()).unwrap(),
            crc32: crc32fast::hash(&jpeg),
        });
        data.extend_from_slice(&jpeg);
    }
    let index = PictureIndex {
        width,
        height,
        pictures: entries,
    };
    let frames = PictureSet {
        count: u32::try_from(pictures.len()).unwrap(),
        data: put(bench, "frames.jpegs", data).await,
        index: put(bench, "frames.index", codec::encode(&index).unwrap()).await,
    };
    let duration = MediaTime::from_nanos(pictures.len() as u64 * NANOS_PER_SECOND);
    Decoded {
        media: Sha256::of(b"film"),
        probe: Probe {
            container: Container::Mp4,
            duration,
            video: VideoStream {
                codec: "h264".into(),
                width,
                height,
                rotation_degrees: 0,
                frame_rate: None,
            },
            audio: None,
            size_bytes: 1,
        },
        completeness: Completeness {
            complete: true,
            video_until: duration,
            frames_decoded: pictures.len() as u64,
            problems: Vec::new(),
        },
        thumbnails: frames.clone(),
        audio: None,
        signals: frames.index.clone(),
        frames,
    }
}

/// The label of the largest face of each picture, by the network's answer to that picture alone.
pub(crate) async fn read(
    people: &People,
    emotion: &Emotion,
    pictures: &[RgbImage],
) -> Vec<Option<(EmotionLabel, f64)>> {
    let bench = Bench::default();
    let decoded = decoded(&bench, pictures).await;
    let input = PeopleInput {
        decoded: decoded.clone(),
        shots: None,
        objects: None,
    };
    let context = bench.context(StageName::People);
    let input = EmotionInput {
        people: people.run(input, &context).await.unwrap(),
        decoded,
    };
    let context = bench.context(StageName::Emotion);
    let read = emotion.run(input, &context).await.unwrap();
    let found: Emotions = context.load_json(&read.emotions).await.unwrap();
    (0..pictures.len() as u64)
        .map(|number| {
            let mut all = found.emotions.iter();
            let reading = all.find(|reading| reading.frame_number == number)?;
            Some((reading.raw.emotion, reading.raw.confidence))
        })
        .collect()
}
