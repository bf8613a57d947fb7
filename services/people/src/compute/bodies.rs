//! Bodies: 33 points by BlazePose (Bazarevsky et al., "BlazePose: on-device real-time body pose
//! tracking", 2020) on each person, or 17 points by YOLO11 on the whole picture.

use super::{
    Error,
    answers::{probability, single, values},
    doubles::{Boxed, largest_first, without_doubles},
    squares::shares,
};
use contracts::people::BodyLayout;
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Crop, Letterbox, Sampling},
};
use media::RgbPicture;
use serde::Deserialize;
use tracking::BoundingBox;

/// BlazePose looks at a square this many times as large as the person's box.
const PERSON_MARGIN: f32 = 1.25;
/// Side of the square BlazePose looks at, in pixels.
pub const BLAZEPOSE_SIDE: u32 = 256;
/// Name of BlazePose's input.
pub const BLAZEPOSE_INPUT: &str = "input_1";
const BLAZEPOSE_POINTS: &str = "Identity";
const BLAZEPOSE_PRESENCE: &str = "Identity_1";
/// Points of BlazePose; those beyond the body help a tracker.
const BLAZEPOSE_ALL_POINTS: usize = 39;
/// Numbers per point: x, y, z, logits of visibility and presence.
const BLAZEPOSE_NUMBERS: usize = 5;

const YOLO_SIDE: u32 = 640;
/// Name of YOLO's input.
pub const YOLO_INPUT: &str = "images";
const YOLO_OUTPUT: &str = "output0";
const YOLO_ANCHORS: usize = 8400;
const YOLO_BOX_ROWS: usize = 5;
/// Intersection over union above which two boxes are one person; Ultralytics' value.
const YOLO_DOUBLED_OVERLAP: f64 = 0.7;

/// Which network describes bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyModel {
    /// BlazePose.
    Blazepose,
    /// YOLO11 for poses, the smallest. It finds persons by itself.
    Yolo11nPose,
}

impl BodyModel {
    /// Name in `deploy/models.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blazepose => "blazepose",
            Self::Yolo11nPose => "yolo11n-pose",
        }
    }
    /// Lowest confidence worth reporting, 0–1.
    #[must_use]
    pub const fn default_confidence(self) -> f64 {
        match self {
            Self::Blazepose => 0.5,
            Self::Yolo11nPose => 0.5,
        }
    }
}

/// One body in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundBody {
    /// Probability (0–1) of there being a body.
    pub confidence: f64,
    /// The person's box, in shares.
    pub bbox: BoundingBox,
    /// Which points.
    pub layout: BodyLayout,
    /// The points: x and y in pixels of the picture, and the probability (0–1) of the point to be
    /// visible.
    pub points: Vec<[f64; 3]>,
}

impl Boxed for FoundBody {
    fn bbox(&self) -> BoundingBox {
        self.bbox
    }
    fn confidence(&self) -> f64 {
        self.confidence
    }
}

/// What BlazePose looks at to describe the person in `bbox` of a picture of `size` pixels.
///
/// # Errors
/// [`Error::Picture`] if the person has no extent.
pub fn person_crop(bbox: BoundingBox, (width, height): (u32, u32)) -> Result<Crop, Error> {
    let (width, height) = (f64::from(width), f64::from(height));
    let edges = [
        bbox.left * width,
        bbox.top * height,
        bbox.right * width,
        bbox.bottom * height,
    ];
    let edges = edges.map(|edge| edge as f32);
    Ok(Crop::square(edges, PERSON_MARGIN, 0.0, BLAZEPOSE_SIDE)?)
}

/// Reads BlazePose's answer to what `crop` shows of the person in `bbox`.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read_blazepose(
    answer: &[NamedTensor],
    crop: &Crop,
    bbox: BoundingBox,
) -> Result<FoundBody, Error> {
    let numbers = values(
        answer,
        BLAZEPOSE_POINTS,
        BLAZEPOSE_ALL_POINTS * BLAZEPOSE_NUMBERS,
    )?;
    let (points, _) = numbers.as_chunks::<BLAZEPOSE_NUMBERS>();
    let layout = BodyLayout::Blazepose33;
    let points = points.iter().take(layout.points());
    let points = points.map(|[x, y, _, visible, _]| {
        let (x, y) = crop.to_source((*x, *y));
        [f64::from(x), f64::from(y), probability(f64::from(*visible))]
    });
    Ok(FoundBody {
        confidence: single(answer, BLAZEPOSE_PRESENCE)?.clamp(0.0, 1.0),
        bbox,
        layout,
        points: points.collect(),
    })
}

/// A picture in YOLO's form, and where it lies in it.
///
/// # Errors
/// [`Error::Picture`] if it has no pixels.
pub fn prepare_yolo(picture: &RgbPicture) -> Result<(Tensor, Letterbox), Error> {
    let size = (picture.width, picture.height);
    let (pixels, place) = image::letterbox(&picture.data, size, YOLO_SIDE, Sampling::Bilinear)?;
    let square = (YOLO_SIDE, YOLO_SIDE);
    Ok((image::nchw(&[pixels], square, ChannelOrder::Rgb)?, place))
}

/// Reads YOLO's answer: the bodies of a picture, the largest first.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read_yolo(
    answer: &[NamedTensor],
    place: &Letterbox,
    confidence: f64,
) -> Result<Vec<FoundBody>, Error> {
    let layout = BodyLayout::Coco17;
    let rows = YOLO_BOX_ROWS + 3 * layout.points();
    let values = values(answer, YOLO_OUTPUT, rows * YOLO_ANCHORS)?;
    let at = |row: usize, anchor: usize| {
        let place = row * YOLO_ANCHORS + anchor;
        values.get(place).copied().unwrap_or_default()
    };
    let body = |anchor: usize| {
        let score = f64::from(at(4, anchor)).clamp(0.0, 1.0);
        if score < confidence {
            return None;
        }
        let [x, y, width, height] = [0, 1, 2, 3].map(|row| at(row, anchor));
        let (half_width, half_height) = (width / 2.0, height / 2.0);
        let edges = [
            x - half_width,
            y - half_height,
            x + half_width,
            y + half_height,
        ];
        let points = (0..layout.points()).map(|point| {
            let row = YOLO_BOX_ROWS + 3 * point;
            let (x, y) = place.to_source((at(row, anchor), at(row + 1, anchor)));
            [f64::from(x), f64::from(y), f64::from(at(row + 2, anchor))]
        });
        Some(FoundBody {
            confidence: score,
            bbox: shares(place.box_to_source(edges), place.source)?,
            layout,
            points: points.collect(),
        })
    };
    let found = (0..YOLO_ANCHORS).filter_map(body).collect();
    let mut bodies = without_doubles(found, YOLO_DOUBLED_OVERLAP);
    largest_first(&mut bodies);
    Ok(bodies)
}
