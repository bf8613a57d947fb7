#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "for tests only"
)]

mod film;
mod table;

pub use table::table;

use contracts::emotion::EmotionLabel;
use emotion::Emotion;
use image::RgbImage;
use inference::{CacheDir, Engine, EngineConfig, Provider};
use people::People;

/// Sheets, one per person.
pub const SHEETS: usize = 10;
/// The expressions of a sheet that have one of the seven labels: row, column, label. The other
/// eight (confused, smug, …) have none.
pub const EXPRESSIONS: [(u32, u32, EmotionLabel); 8] = [
    (0, 0, EmotionLabel::Neutral),
    (0, 1, EmotionLabel::Joy),
    (0, 2, EmotionLabel::Sadness),
    (0, 3, EmotionLabel::Anger),
    (1, 0, EmotionLabel::Surprise),
    (1, 1, EmotionLabel::Disgust),
    (1, 2, EmotionLabel::Fear),
    (3, 1, EmotionLabel::Surprise),
];

/// Place of the first picture of a sheet, distance to the next and extent, in shares of the
/// sheet's width.
const ACROSS: (f64, f64, f64) = (0.035, 0.2345, 0.22);
/// The same in shares of its height.
const DOWN: (f64, f64, f64) = (0.06, 0.237, 0.2);

/// One face: what it is meant to show and what was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Meant.
    pub meant: EmotionLabel,
    /// Read, with its probability (0–1); `None` if no face was found.
    pub read: Option<(EmotionLabel, f64)>,
}

fn picture(sheet: &RgbImage, row: u32, column: u32) -> RgbImage {
    let place = |(first, step, extent): (f64, f64, f64), number: u32, side: u32| {
        let side = f64::from(side);
        let from = (first + step * f64::from(number)) * side;
        (from as u32, (extent * side) as u32)
    };
    let (x, width) = place(ACROSS, column, sheet.width());
    let (y, height) = place(DOWN, row, sheet.height());
    image::imageops::crop_imm(sheet, x, y, width, height).to_image()
}

/// Shows every labelled face to both stages, with the permissive weights on the CPU.
///
/// # Panics
/// If weights or sheets are missing; the message names `make setup`.
pub async fn measure() -> Vec<Outcome> {
    let settings = EngineConfig {
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    let cache = CacheDir::new(testkit::cache_dir());
    let engine = Engine::start(cache, settings).expect("run `make setup`");
    let people = People::open(&engine, people::Config::default()).expect("run `make setup`");
    let emotion = Emotion::open(&engine, emotion::Config::default()).expect("run `make setup`");
    let mut outcomes = Vec::new();
    for number in 1..=SHEETS {
        let name = format!("media/openpeople-{number:02}-expressions.jpg");
        let sheet = image::open(testkit::cache_file(&name)).expect("the sheet is a picture");
        let sheet = sheet.into_rgb8();
        let pictures = EXPRESSIONS.map(|(row, column, _)| picture(&sheet, row, column));
        let read = film::read(&people, &emotion, &pictures).await;
        let meant = EXPRESSIONS.iter().map(|(_, _, label)| *label);
        outcomes.extend(meant.zip(read).map(|(meant, read)| Outcome { meant, read }));
    }
    outcomes
}
