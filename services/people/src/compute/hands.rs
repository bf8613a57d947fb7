//! Hands: 21 points, which hand it is, and what it says, by the networks of MediaPipe's gesture
//! recogniser.

use super::{
    Error,
    answers::{single, solid, values},
    doubles::Boxed,
};
use contracts::people::{GestureKind, Side};
use inference::{NamedTensor, Tensor, image::Crop};
use ndarray::{ArrayD, IxDyn};
use tracking::BoundingBox;

/// Name of the network of points in `deploy/models.toml`.
pub const MODEL: &str = "hand-landmarks";
/// Name of its input.
pub const INPUT: &str = "input_1";
/// Side of the square it looks at, in pixels.
pub const SIDE: u32 = 224;
const POINTS_OUTPUT: &str = "Identity";
const PRESENCE_OUTPUT: &str = "Identity_1";
const RIGHT_OUTPUT: &str = "Identity_2";
const WORLD_OUTPUT: &str = "Identity_3";
/// Points of a hand; the first is the wrist.
pub const POINTS: usize = 21;

/// Name of the network that describes a hand's shape, in `deploy/models.toml`.
pub const EMBEDDER_MODEL: &str = "gesture-embedder";
const EMBEDDER_HAND: &str = "hand";
const EMBEDDER_SIDE: &str = "handedness";
const EMBEDDER_WORLD: &str = "world_hand";
/// Name of the network that names the shape, in `deploy/models.toml`.
pub const CLASSIFIER_MODEL: &str = "gesture-classifier";
/// Name of its input.
pub const CLASSIFIER_INPUT: &str = "hand_embedding";
const OUTPUT: &str = "Identity";
/// Length of the description of a shape.
const EMBEDDING: usize = 128;
/// What the classifier knows, in its order; `None` is a hand that makes no gesture.
const GESTURES: [Option<GestureKind>; 8] = [
    None,
    Some(GestureKind::ClosedFist),
    Some(GestureKind::OpenPalm),
    Some(GestureKind::Pointing),
    Some(GestureKind::ThumbsDown),
    Some(GestureKind::ThumbsUp),
    Some(GestureKind::Victory),
    Some(GestureKind::Love),
];
/// Keeps a hand without extent from being divided by zero, as MediaPipe does.
const LEAST_EXTENT: f64 = 1e-5;

/// What the network of points says of one crop.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundHand {
    /// Probability (0–1) of there being a hand.
    pub presence: f64,
    /// Probability (0–1) of its being a right hand, in a picture that is not mirrored.
    pub right: f64,
    /// The points: x to the right and y down in pixels of the picture, z in the same unit, smaller
    /// being nearer to the camera.
    pub points: Vec<[f64; 3]>,
    /// The same in metres about the middle of the hand, in the axes of the picture.
    world: Vec<[f64; 3]>,
    bbox: BoundingBox,
}

impl Boxed for FoundHand {
    /// Around the points, in pixels of the picture.
    fn bbox(&self) -> BoundingBox {
        self.bbox
    }
    fn confidence(&self) -> f64 {
        self.presence
    }
}

/// Reads the answer of the network of points to what `crop` shows.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read(answer: &[NamedTensor], crop: &Crop) -> Result<FoundHand, Error> {
    let (seen, _) = values(answer, POINTS_OUTPUT, 3 * POINTS)?.as_chunks::<3>();
    let (world, _) = values(answer, WORLD_OUTPUT, 3 * POINTS)?.as_chunks::<3>();
    let points: Vec<_> = seen.iter().map(|point| solid(*point, crop)).collect();
    let turned = |[x, y, z]: &[f32; 3]| {
        let (x, y) = crop.turn_to_source((*x, *y));
        [x, y, *z].map(f64::from)
    };
    Ok(FoundHand {
        presence: single(answer, PRESENCE_OUTPUT)?,
        right: single(answer, RIGHT_OUTPUT)?.clamp(0.0, 1.0),
        bbox: around(&points),
        points,
        world: world.iter().map(turned).collect(),
    })
}

fn around(points: &[[f64; 3]]) -> BoundingBox {
    let extreme = |axis: usize, pick: fn(f64, f64) -> f64| {
        let values = points.iter().filter_map(|point| point.get(axis).copied());
        values.reduce(pick).unwrap_or_default()
    };
    BoundingBox {
        left: extreme(0, f64::min),
        top: extreme(1, f64::min),
        right: extreme(0, f64::max),
        bottom: extreme(1, f64::max),
    }
}

impl FoundHand {
    /// The hand's side and the probability (0.5–1) of it.
    #[must_use]
    pub fn side(&self) -> (Side, f64) {
        if self.right >= 0.5 {
            (Side::Right, self.right)
        } else {
            (Side::Left, 1.0 - self.right)
        }
    }

    /// What the network that describes shapes looks at: the points from the wrist, in extents of
    /// the hand, upright as the picture is and not as the crop was, for a thumb that points up
    /// must still do so.
    ///
    /// # Errors
    /// [`Error::Answer`] if the hand has no points.
    pub fn embedder_inputs(&self) -> Result<Vec<(&'static str, Tensor)>, Error> {
        Ok(vec![
            (EMBEDDER_HAND, from_wrist(&self.points)?),
            (EMBEDDER_SIDE, tensor(&[1, 1], vec![self.right as f32])?),
            (EMBEDDER_WORLD, from_wrist(&self.world)?),
        ])
    }
}

fn from_wrist(points: &[[f64; 3]]) -> Result<Tensor, Error> {
    let none = || Error::Answer("no points in a hand".into());
    let wrist = points.first().ok_or_else(none)?;
    let bbox = around(points);
    let extent = bbox.width().max(bbox.height()) + LEAST_EXTENT;
    let data = points.iter().flat_map(|point| {
        let pairs = point.iter().zip(wrist);
        pairs.map(|(value, wrist)| ((value - wrist) / extent) as f32)
    });
    tensor(&[1, points.len(), 3], data.collect())
}

fn tensor(shape: &[usize], data: Vec<f32>) -> Result<Tensor, Error> {
    let array = ArrayD::from_shape_vec(IxDyn(shape), data);
    array
        .map(Tensor::F32)
        .map_err(|error| Error::Answer(error.to_string()))
}

/// The description of a shape, in the form of the network that names it.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn classifier_tensor(answer: &[NamedTensor]) -> Result<Tensor, Error> {
    let embedding = values(answer, OUTPUT, EMBEDDING)?;
    tensor(&[1, EMBEDDING], embedding.to_vec())
}

/// Reads the answer of the classifier: the most probable gesture and its probability, or `None` if
/// that is no gesture.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read_gesture(answer: &[NamedTensor]) -> Result<Option<(GestureKind, f64)>, Error> {
    let scores = values(answer, OUTPUT, GESTURES.len())?;
    let best = GESTURES
        .into_iter()
        .zip(scores)
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    Ok(best.and_then(|(kind, score)| Some((kind?, f64::from(*score)))))
}
