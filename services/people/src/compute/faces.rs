//! Faces by YuNet (Wu et al., "YuNet: a tiny millisecond-level face detector", 2023).

use super::{
    Error,
    answers::values,
    doubles::{Boxed, largest_first, without_doubles},
    mesh,
    squares::{Fit, Square, shares},
};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Crop, Layout, Letterbox, Normalisation},
};
use media::RgbPicture;
use tracking::BoundingBox;

/// Name in `deploy/models.toml`.
pub const MODEL: &str = "yunet";
/// Name of the input.
pub const INPUT: &str = "input";
/// Side of the square the network looks at, in pixels.
pub const SIDE: u32 = 640;
/// Distances between anchors, in pixels of the square; each has its own outputs.
const STRIDES: [u32; 3] = [8, 16, 32];
/// Points of a face.
const POINTS: usize = 5;
/// Intersection over union above which two boxes are one face; OpenCV's value for this network.
const DOUBLED_OVERLAP: f64 = 0.3;
/// A mesh is laid on a square this many times as large as the face's box, as MediaPipe does.
const MESH_MARGIN: f32 = 1.5;

/// A point in pixels of a picture, from its top left corner.
pub type Point = (f32, f32);

/// One face in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundFace {
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// The part of its box that lies in the picture, in shares.
    pub bbox: BoundingBox,
    /// Left, top, right and bottom of its whole box, in pixels of the picture.
    pub edges: [f32; 4],
    /// The person's right and left eye, nose, right and left corner of the mouth, in pixels of the
    /// picture.
    pub points: [Point; POINTS],
}

impl Boxed for FoundFace {
    fn bbox(&self) -> BoundingBox {
        self.bbox
    }
    fn confidence(&self) -> f64 {
        self.confidence
    }
}

impl FoundFace {
    /// Longer side of its box, in pixels of the picture.
    #[must_use]
    pub fn side(&self) -> f32 {
        let [left, top, right, bottom] = self.edges;
        (right - left).max(bottom - top)
    }

    /// Angle of the line from the right to the left eye, in radians, clockwise in the picture.
    #[must_use]
    pub fn tilt(&self) -> f32 {
        let [right_eye, left_eye, ..] = self.points;
        (left_eye.1 - right_eye.1).atan2(left_eye.0 - right_eye.0)
    }

    /// What the mesh network looks at: the face with a margin, turned so that the eyes are level.
    ///
    /// # Errors
    /// [`Error::Picture`] if the face has no extent.
    pub fn mesh_crop(&self) -> Result<Crop, Error> {
        Ok(Crop::square(
            self.edges,
            MESH_MARGIN,
            self.tilt(),
            mesh::SIDE,
        )?)
    }
}

/// A picture in the network's form, and where it lies in it.
///
/// # Errors
/// [`Error::Picture`] if it has no pixels.
pub fn prepare(picture: &RgbPicture) -> Result<(Tensor, Letterbox), Error> {
    let Square { pixels, place } = Square::black(picture, SIDE, Fit::TopLeft)?;
    let bytes = &Normalisation::BYTES;
    let (layout, order) = (Layout::Nchw, ChannelOrder::Bgr);
    let tensor = image::numbers(&[pixels], (SIDE, SIDE), layout, order, bytes)?;
    Ok((tensor, place))
}

/// Reads the network's answer: the faces of a picture, the largest first.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read(
    answer: &[NamedTensor],
    place: &Letterbox,
    confidence: f64,
) -> Result<Vec<FoundFace>, Error> {
    let mut found = Vec::new();
    for stride in STRIDES {
        read_stride(answer, stride, place, confidence, &mut found)?;
    }
    let mut faces = without_doubles(found, DOUBLED_OVERLAP);
    largest_first(&mut faces);
    Ok(faces)
}

fn read_stride(
    answer: &[NamedTensor],
    stride: u32,
    place: &Letterbox,
    confidence: f64,
    found: &mut Vec<FoundFace>,
) -> Result<(), Error> {
    let columns = (SIDE / stride) as usize;
    let anchors = columns * columns;
    let output =
        |kind: &str, each: usize| values(answer, &format!("{kind}_{stride}"), anchors * each);
    let (class, object) = (output("cls", 1)?, output("obj", 1)?);
    let (boxes, _) = output("bbox", 4)?.as_chunks::<4>();
    let (points, _) = output("kps", 2 * POINTS)?.as_chunks::<{ 2 * POINTS }>();
    let scores = class.iter().zip(object);
    let shapes = boxes.iter().zip(points);
    for (anchor, ((class, object), (shape, points))) in scores.zip(shapes).enumerate() {
        let score = f64::from(class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
        if score < confidence {
            continue;
        }
        let corner = ((anchor % columns) as f32, (anchor / columns) as f32);
        found.extend(face(score, corner, stride as f32, shape, points, place));
    }
    Ok(())
}

/// A face from what an anchor at `(column, row)` says: middle and points as distances from it, the
/// logarithms of width and height, all in strides.
fn face(
    confidence: f64,
    (column, row): (f32, f32),
    stride: f32,
    [x, y, width, height]: &[f32; 4],
    points: &[f32; 2 * POINTS],
    place: &Letterbox,
) -> Option<FoundFace> {
    let at = |x: f32, y: f32| place.to_source(((column + x) * stride, (row + y) * stride));
    let (half_width, half_height) = (width.exp() / 2.0, height.exp() / 2.0);
    let (left, top) = at(x - half_width, y - half_height);
    let (right, bottom) = at(x + half_width, y + half_height);
    let edges = [left, top, right, bottom];
    let (pairs, _) = points.as_chunks::<2>();
    let mut places = [(0.0, 0.0); POINTS];
    for (place, [x, y]) in places.iter_mut().zip(pairs) {
        *place = at(*x, *y);
    }
    Some(FoundFace {
        confidence,
        bbox: shares(edges, place.source)?,
        edges,
        points: places,
    })
}
