//! What this program sees, and the pictures it is shown.

use crate::Seen;
use anyhow::Context;
use detect::compute::{Detector, Thinning, evenly};
use inference::{
    CacheDir, Engine, EngineConfig, Model, ModelSet, Provider,
    image::{Sampling, letterbox, resize},
};
use media::{DecodeParameters, Decoder, DecoderCommand, Limits, RgbPicture, pictures::decode_jpeg};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};
use tokio_util::sync::CancellationToken;

/// Photographs that `make setup` fetches, as JPEG.
const PHOTOGRAPHS: [&str; 3] = ["bus.jpg", "zidane.jpg", "openpeople-01-standing.jpg"];
/// Films that it fetches, and how many frames of each are taken.
const FILMS: [(&str, usize); 4] = [
    ("city-walkthrough.mp4", 10),
    ("people.webm", 10),
    ("franck.mp4", 7),
    ("demo.mp4", 10),
];
/// Most detections kept in one picture: more than there are.
const MOST: usize = 300;

/// Writes the JPEG files of all pictures into `folder`.
///
/// # Errors
/// If a film cannot be decoded.
pub async fn pictures(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for name in PHOTOGRAPHS {
        let path = folder.join(name);
        fs::copy(testkit::cache_file(&format!("media/{name}")), &path)?;
        all.push(path);
    }
    for (name, count) in FILMS {
        let film = testkit::cache_file(&format!("media/{name}"));
        for (number, jpeg) in frames(&film, count).await?.into_iter().enumerate() {
            let path = folder.join(format!("{name}-{number:02}.jpg"));
            fs::write(&path, jpeg)?;
            all.push(path);
        }
    }
    Ok(all)
}

/// Frames of a film as the decode stage stores them, spread evenly.
async fn frames(film: &Path, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let decoder = Decoder::new(
        DecoderCommand::locate(None)?,
        DecodeParameters::default(),
        Limits::default(),
    )?;
    let scratch = tempfile::tempdir()?;
    let cancel = CancellationToken::new();
    let file = File::open(film)?;
    let decoded = decoder
        .decode(&file, scratch.path(), &cancel, &|_| {})
        .await?;
    let bytes = fs::read(&decoded.frames.path)?;
    let index = &decoded.frames.index.pictures;
    let chosen = evenly(index.len(), count).into_iter();
    let jpegs = chosen.map(|at| {
        let entry = index.get(at).context("a frame that is not there")?;
        let start = usize::try_from(entry.offset)?;
        let jpeg = bytes.get(start..start + entry.length as usize);
        Ok(jpeg.context("a frame beyond the end")?.to_vec())
    });
    jpegs.collect()
}

/// Opens a JPEG file as the stages do.
///
/// # Errors
/// If it is none.
pub fn open(path: &Path) -> anyhow::Result<RgbPicture> {
    Ok(decode_jpeg(&fs::read(path)?)?)
}

/// Writes the pixels of a picture as PNG, for the other side.
///
/// # Errors
/// If they cannot be written.
pub fn store(picture: &RgbPicture, path: &Path) -> anyhow::Result<()> {
    let colour = image::ExtendedColorType::Rgb8;
    Ok(image::save_buffer(
        path,
        &picture.data,
        picture.width,
        picture.height,
        colour,
    )?)
}

/// A picture in the size that the model looks at, as the stage brings it there.
///
/// # Errors
/// If it has no pixels.
pub fn scaled(detector: Detector, picture: &RgbPicture) -> anyhow::Result<RgbPicture> {
    let (size, side) = ((picture.width, picture.height), detector.side());
    let sampling = Sampling::Bilinear;
    let data = match detector {
        Detector::CocoSsd => resize(&picture.data, size, (side, side), sampling)?,
        Detector::Yolo11n => letterbox(&picture.data, size, side, sampling)?.0,
    };
    Ok(RgbPicture {
        width: side,
        height: side,
        data,
    })
}

/// One model on the CPU.
pub struct Eye {
    detector: Detector,
    model: Model,
}

impl Eye {
    /// Opens a model.
    ///
    /// # Errors
    /// If its weights are missing.
    pub fn open(detector: Detector) -> anyhow::Result<Self> {
        let settings = EngineConfig {
            set: ModelSet::Agpl,
            providers: vec![Provider::Cpu],
            ..EngineConfig::default()
        };
        let engine = Engine::start(CacheDir::new(testkit::cache_dir()), settings)?;
        let model = engine.load(detector.name()).context("run `make setup`")?;
        Ok(Self { detector, model })
    }

    /// What it sees in a picture, above its own least confidence.
    ///
    /// # Errors
    /// If the model cannot be run.
    pub fn see(&self, picture: &RgbPicture) -> anyhow::Result<Vec<Seen>> {
        let prepared = self.detector.prepare(std::slice::from_ref(picture))?;
        let (input, tensor, placement) = prepared.into_parts();
        let answer = self.model.run(vec![(input, tensor)])?;
        let thinning = Thinning {
            confidence: self.detector.default_confidence(),
            most: MOST,
        };
        let mut found = self.detector.read(&answer, &placement, thinning)?;
        let (width, height) = (f64::from(picture.width), f64::from(picture.height));
        let seen = found.pop().unwrap_or_default().into_iter().map(|one| Seen {
            class: one.class,
            score: one.confidence,
            edges: [
                one.bbox.left * width,
                one.bbox.top * height,
                one.bbox.right * width,
                one.bbox.bottom * height,
            ],
        });
        Ok(seen.collect())
    }
}
