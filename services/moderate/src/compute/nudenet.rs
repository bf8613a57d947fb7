//! NudeNet: a YOLOv8 that finds eighteen parts of bodies.

use super::moderator::{Error, Seen, find};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Sampling},
};
use media::RgbPicture;
use tracking::{BoundingBox, Detection, suppress};

/// What it finds, by row of its answer.
pub const CLASSES: [&str; 18] = [
    "FEMALE_GENITALIA_COVERED",
    "FACE_FEMALE",
    "BUTTOCKS_EXPOSED",
    "FEMALE_BREAST_EXPOSED",
    "FEMALE_GENITALIA_EXPOSED",
    "MALE_BREAST_EXPOSED",
    "ANUS_EXPOSED",
    "FEET_EXPOSED",
    "BELLY_COVERED",
    "FEET_COVERED",
    "ARMPITS_COVERED",
    "ARMPITS_EXPOSED",
    "FACE_MALE",
    "BELLY_EXPOSED",
    "MALE_GENITALIA_EXPOSED",
    "ANUS_COVERED",
    "FEMALE_BREAST_COVERED",
    "BUTTOCKS_COVERED",
];
/// Which of them count as explicit.
const EXPLICIT: [&str; 5] = [
    "BUTTOCKS_EXPOSED",
    "FEMALE_BREAST_EXPOSED",
    "FEMALE_GENITALIA_EXPOSED",
    "ANUS_EXPOSED",
    "MALE_GENITALIA_EXPOSED",
];

const SIDE: u32 = 320;
const CHANNELS: usize = 3;
const OUTPUT: &str = "output0";
const BOX_ROWS: usize = 4;
/// Lowest confidence reported, and the overlap above which two boxes of a class are one: the
/// values the model is published with.
const LOWEST_CONFIDENCE: f64 = 0.25;
const DOUBLED_OVERLAP: f64 = 0.45;
/// Most parts kept in one frame.
const MOST_PARTS: usize = 50;

/// A part of a body in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Its place in [`CLASSES`].
    pub class: usize,
    /// Model's confidence, 0–1.
    pub confidence: f64,
    /// Where it is.
    pub bbox: BoundingBox,
}

/// Whether a class counts as explicit.
#[must_use]
pub fn is_explicit(class: usize) -> bool {
    CLASSES
        .get(class)
        .is_some_and(|name| EXPLICIT.contains(name))
}

/// Pictures in the upper left corner of black squares.
pub(super) fn prepare(pictures: &[RgbPicture]) -> Result<Tensor, Error> {
    let images = pictures.iter().map(|picture| {
        let side = picture.width.max(picture.height);
        let mut square = vec![0; side as usize * side as usize * CHANNELS];
        let row = picture.width as usize * CHANNELS;
        let targets = square.chunks_exact_mut((side as usize * CHANNELS).max(1));
        for (target, source) in targets.zip(picture.data.chunks_exact(row.max(1))) {
            if let Some(target) = target.get_mut(..row) {
                target.copy_from_slice(source);
            }
        }
        image::resize(&square, (side, side), (SIDE, SIDE), Sampling::Bilinear)
    });
    let images: Vec<Vec<u8>> = images.collect::<Result<_, _>>()?;
    Ok(image::nchw(&images, (SIDE, SIDE), ChannelOrder::Rgb)?)
}

/// `[pictures, 22, anchors]`: centre and extent in pixels of the square, then 18 probabilities.
pub(super) fn read(answer: &[NamedTensor], sizes: &[(u32, u32)]) -> Result<Vec<Seen>, Error> {
    let output = find(answer, OUTPUT)?;
    let (shape, values) = (output.tensor.shape(), output.tensor.as_slice());
    let rows = BOX_ROWS + CLASSES.len();
    let ([pictures, found, anchors], Some(values)) = (shape, values) else {
        return Err(Error::Answer(format!("{shape:?}")));
    };
    if *pictures != sizes.len() || *found != rows || *anchors == 0 {
        let message = format!("{shape:?} for {} pictures", sizes.len());
        return Err(Error::Answer(message));
    }
    let each = values.chunks_exact(rows * anchors).zip(sizes);
    Ok(each
        .map(|(values, size)| {
            let candidates = (0..*anchors).filter_map(|at| part(values, *anchors, at, *size));
            let kept = suppress(candidates.collect(), DOUBLED_OVERLAP, MOST_PARTS);
            let parts: Vec<Part> = kept.into_iter().map(Part::from).collect();
            let explicit = parts.iter().filter(|part| is_explicit(part.class));
            Seen {
                score: explicit.map(|part| part.confidence).fold(0.0, f64::max),
                parts,
            }
        })
        .collect())
}

/// What an anchor found, if it is sure enough.
fn part(values: &[f32], anchors: usize, at: usize, size: (u32, u32)) -> Option<Detection> {
    let value = |row: usize| values.get(row * anchors + at).copied().map(f64::from);
    let scores = (0..CLASSES.len()).filter_map(|class| Some((class, value(BOX_ROWS + class)?)));
    // The first of equal ones.
    let (class, score) = scores.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    if score < LOWEST_CONFIDENCE {
        return None;
    }
    let (x, y, width, height) = (value(0)?, value(1)?, value(2)?, value(3)?);
    let scale = f64::from(size.0.max(size.1)) / f64::from(SIDE);
    let (across, down) = (scale / f64::from(size.0), scale / f64::from(size.1));
    Some(Detection {
        class,
        confidence: score.min(1.0),
        bbox: BoundingBox::clipped([
            (x - width / 2.0) * across,
            (y - height / 2.0) * down,
            (x + width / 2.0) * across,
            (y + height / 2.0) * down,
        ])?,
    })
}

impl From<Detection> for Part {
    fn from(found: Detection) -> Self {
        Self {
            class: found.class,
            confidence: found.confidence,
            bbox: found.bbox,
        }
    }
}
