//! Palms: where hands are, by MediaPipe's palm detector (Zhang et al., "MediaPipe Hands: on-device
//! real-time hand tracking", 2020).

use super::{
    Error,
    answers::{probability, values},
    doubles::{Boxed, largest_first, without_doubles},
    faces::Point,
    hands,
    squares::{Fit, Square, mediapipe_tensor, shares},
};
use inference::{
    NamedTensor, Tensor,
    image::{Crop, Letterbox},
};
use media::RgbPicture;
use std::f32::consts::FRAC_PI_2;
use tracking::BoundingBox;

/// Name in `deploy/models.toml`.
pub const MODEL: &str = "palm-detection";
/// Name of the input.
pub const INPUT: &str = "input_1";
const REGRESSIONS: &str = "Identity";
const SCORES: &str = "Identity_1";
/// Side of the square the network looks at, in pixels.
pub const SIDE: u32 = 192;
/// Distances between anchors, in pixels of the square, and anchors at each place.
const LAYERS: [(u32, usize); 2] = [(8, 2), (16, 6)];
/// Numbers per anchor: a box, then seven points.
const NUMBERS: usize = 18;
/// Places of the wrist and of the lowest joint of the middle finger among the seven points.
const WRIST: usize = 0;
const MIDDLE_FINGER: usize = 2;
/// Intersection over union above which two boxes are one palm.
const DOUBLED_OVERLAP: f64 = 0.3;
/// The hand around a palm: moved towards the fingers by this share, and this much larger.
const TOWARDS_FINGERS: f32 = 0.5;
const HAND_SCALE: f32 = 2.6;

/// One palm in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundPalm {
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// The part of its box that lies in the picture, in shares.
    pub bbox: BoundingBox,
    /// The hand it belongs to, fingers up.
    pub hand: Crop,
}

impl Boxed for FoundPalm {
    fn bbox(&self) -> BoundingBox {
        self.bbox
    }
    fn confidence(&self) -> f64 {
        self.confidence
    }
}

/// A picture in the network's form, and where it lies in it.
///
/// # Errors
/// [`Error::Picture`] if it has no pixels.
pub fn prepare(picture: &RgbPicture) -> Result<(Tensor, Letterbox), Error> {
    let Square { pixels, place } = Square::black(picture, SIDE, Fit::Middle)?;
    Ok((mediapipe_tensor(pixels, SIDE)?, place))
}

/// Middles of the anchors, in pixels of the square, in the network's order.
fn anchors() -> impl Iterator<Item = (f32, f32)> {
    LAYERS.into_iter().flat_map(|(stride, each)| {
        let side = SIDE / stride;
        (0..side * side).flat_map(move |cell| {
            let middle = |place: u32| (place as f32 + 0.5) * stride as f32;
            std::iter::repeat_n((middle(cell % side), middle(cell / side)), each)
        })
    })
}

/// Reads the network's answer: the palms of a picture, the largest first.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read(
    answer: &[NamedTensor],
    place: &Letterbox,
    confidence: f64,
) -> Result<Vec<FoundPalm>, Error> {
    let count = anchors().count();
    let scores = values(answer, SCORES, count)?;
    let (numbers, _) = values(answer, REGRESSIONS, count * NUMBERS)?.as_chunks::<NUMBERS>();
    let found = anchors().zip(scores).zip(numbers);
    let found = found.filter_map(|((anchor, score), numbers)| {
        let score = probability(f64::from(*score));
        (score >= confidence).then(|| palm(score, anchor, numbers, place))?
    });
    let mut palms = without_doubles(found.collect(), DOUBLED_OVERLAP);
    largest_first(&mut palms);
    Ok(palms)
}

fn palm(
    confidence: f64,
    (across, down): (f32, f32),
    numbers: &[f32; NUMBERS],
    place: &Letterbox,
) -> Option<FoundPalm> {
    let at = |x: f32, y: f32| place.to_source((across + x, down + y));
    let [x, y, width, height, points @ ..] = numbers;
    let (left, top) = at(x - width / 2.0, y - height / 2.0);
    let (right, bottom) = at(x + width / 2.0, y + height / 2.0);
    let edges = [left, top, right, bottom];
    let (pairs, _) = points.as_chunks::<2>();
    let point = |number: usize| pairs.get(number).map(|[x, y]| at(*x, *y));
    let angle = upright(point(WRIST)?, point(MIDDLE_FINGER)?);
    let palm = Crop::square(edges, HAND_SCALE, angle, hands::SIDE).ok()?;
    Some(FoundPalm {
        confidence,
        bbox: shares(edges, place.source)?,
        // Shares of the hand, which is the palm scaled.
        hand: palm.shifted((0.0, -TOWARDS_FINGERS / HAND_SCALE)).ok()?,
    })
}

/// The angle of a crop in which the way from `wrist` to `fingers` points up.
#[must_use]
pub fn upright(wrist: Point, fingers: Point) -> f32 {
    FRAC_PI_2 + (fingers.1 - wrist.1).atan2(fingers.0 - wrist.0)
}
