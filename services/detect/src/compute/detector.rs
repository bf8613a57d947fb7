//! The models this stage knows: how a picture goes in and how objects come out.

use super::{
    classes,
    geometry::{BoundingBox, Detection, suppress},
};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Letterbox, Sampling},
};
use media::RgbPicture;
use serde::Deserialize;

const COCO_SSD_SIDE: u32 = 300;
const COCO_SSD_COLUMNS: usize = 90;
const COCO_SSD_SCORES: &str = "Postprocessor/Slice:0";
const COCO_SSD_BOXES: &str = "Postprocessor/ExpandDims_1:0";
const YOLO_SIDE: u32 = 640;
const YOLO_OUTPUT: &str = "output0";
const YOLO_BOX_ROWS: usize = 4;
const BOX_EDGES: usize = 4;

/// A model this stage knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detector {
    /// SSDLite with MobileNetV2.
    CocoSsd,
    /// YOLO11, the smallest.
    Yolo11n,
}

/// Why the answer of a model cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A picture could not be brought into the model's form.
    #[error("picture does not fit the detector")]
    Picture(#[from] inference::Error),
    /// The tensors are not those of the model.
    #[error("detector answered with {0}; fetch the models again")]
    Answer(String),
}

/// Pictures in the model's form.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Name of the model's input.
    pub input: &'static str,
    /// The pictures as one tensor.
    pub tensor: Tensor,
    /// Where each picture lies in its square; `None` if it fills it.
    placed: Vec<Option<Letterbox>>,
}

/// How candidates are thinned out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thinning {
    /// Lowest confidence kept, 0–1.
    pub confidence: f64,
    /// Most detections kept in one frame.
    pub most: usize,
}

impl Detector {
    /// Name in `deploy/models.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CocoSsd => "coco-ssd",
            Self::Yolo11n => "yolo11n",
        }
    }
    /// Lowest confidence worth reporting, 0–1. YOLO's is that of Ultralytics.
    #[must_use]
    pub const fn default_confidence(self) -> f64 {
        match self {
            Self::CocoSsd => 0.4,
            Self::Yolo11n => 0.25,
        }
    }
    /// Intersection over union above which two detections of a class are one; the values the
    /// models are published with.
    const fn doubled_overlap(self) -> f64 {
        match self {
            Self::CocoSsd => 0.5,
            Self::Yolo11n => 0.7,
        }
    }
    /// Side of the square the model looks at, in pixels.
    #[must_use]
    pub const fn side(self) -> u32 {
        match self {
            Self::CocoSsd => COCO_SSD_SIDE,
            Self::Yolo11n => YOLO_SIDE,
        }
    }

    /// Brings pictures into the model's form.
    ///
    /// # Errors
    /// [`Error::Picture`] if one has no pixels or too few.
    pub fn prepare(self, pictures: &[RgbPicture]) -> Result<Prepared, Error> {
        let side = self.side();
        let square = (side, side);
        let mut images = Vec::with_capacity(pictures.len());
        let mut placed = Vec::with_capacity(pictures.len());
        for picture in pictures {
            let size = (picture.width, picture.height);
            let (pixels, place) = match self {
                Self::CocoSsd => {
                    let pixels = image::resize(&picture.data, size, square, Sampling::Bilinear)?;
                    (pixels, None)
                }
                Self::Yolo11n => {
                    let (pixels, place) =
                        image::letterbox(&picture.data, size, side, Sampling::Bilinear)?;
                    (pixels, Some(place))
                }
            };
            images.push(pixels);
            placed.push(place);
        }
        let (input, tensor) = match self {
            Self::CocoSsd => (
                "image_tensor:0",
                image::nhwc(&images, square, ChannelOrder::Rgb)?,
            ),
            Self::Yolo11n => ("images", image::nchw(&images, square, ChannelOrder::Rgb)?),
        };
        Ok(Prepared {
            input,
            tensor,
            placed,
        })
    }

    /// Reads the model's answer: the detections of every picture, in [`Detection::order`].
    ///
    /// # Errors
    /// [`Error::Answer`] if the tensors are not those of the model.
    pub fn read(
        self,
        answer: &[NamedTensor],
        placed: &Placement,
        thinning: Thinning,
    ) -> Result<Vec<Vec<Detection>>, Error> {
        let candidates = match self {
            Self::CocoSsd => coco_ssd(answer, placed.0.len(), thinning.confidence)?,
            Self::Yolo11n => yolo(answer, &placed.0, thinning.confidence)?,
        };
        let limit = self.doubled_overlap();
        let thin = |found| suppress(found, limit, thinning.most);
        Ok(candidates.into_iter().map(thin).collect())
    }
}

/// Where the pictures of a batch lie, kept while the tensor is away at the model.
#[derive(Debug, Clone)]
pub struct Placement(Vec<Option<Letterbox>>);

impl Prepared {
    /// Separates the model's input from what is needed to read the answer.
    #[must_use]
    pub fn into_parts(self) -> (&'static str, Tensor, Placement) {
        (self.input, self.tensor, Placement(self.placed))
    }
}

/// The values of an output, cut into one slice per picture.
fn per_picture<'a>(
    answer: &'a [NamedTensor],
    name: &str,
    pictures: usize,
) -> Result<Vec<&'a [f32]>, Error> {
    let output = answer
        .iter()
        .find(|output| output.name == name)
        .ok_or_else(|| Error::Answer(format!("no output '{name}'")))?;
    let values = output.tensor.as_slice().unwrap_or_default();
    let shape = output.tensor.shape();
    if shape.first() != Some(&pictures) || pictures == 0 || values.is_empty() {
        return Err(Error::Answer(format!(
            "shape {shape:?} for {pictures} pictures"
        )));
    }
    Ok(values.chunks_exact(values.len() / pictures).collect())
}

/// Scores `[pictures, anchors, 90]`, boxes `[pictures, anchors, 1, 4]` as top, left, bottom, right
/// in shares. Every anchor speaks for its most probable class only.
fn coco_ssd(
    answer: &[NamedTensor],
    pictures: usize,
    confidence: f64,
) -> Result<Vec<Vec<Detection>>, Error> {
    let scores = per_picture(answer, COCO_SSD_SCORES, pictures)?;
    let boxes = per_picture(answer, COCO_SSD_BOXES, pictures)?;
    let pairs = scores.into_iter().zip(boxes);
    pairs
        .map(|(scores, boxes)| {
            let (rows, rest) = scores.as_chunks::<COCO_SSD_COLUMNS>();
            let (boxes, odd) = boxes.as_chunks::<BOX_EDGES>();
            if rows.len() != boxes.len() || !rest.is_empty() || !odd.is_empty() {
                let counts = format!("{} scores for {} boxes", scores.len(), boxes.len());
                return Err(Error::Answer(counts));
            }
            let anchors = rows.iter().zip(boxes);
            Ok(anchors
                .filter_map(|(row, [top, left, bottom, right])| {
                    let columns = row.iter().enumerate();
                    let known =
                        columns.filter_map(|(at, score)| Some((classes::of_column(at)?, *score)));
                    let edges = [*left, *top, *right, *bottom].map(f64::from);
                    detection(most_probable(known)?, edges, confidence)
                })
                .collect())
        })
        .collect()
}

/// `[pictures, 84, anchors]`: centre and extent in pixels of the square, then 80 probabilities.
fn yolo(
    answer: &[NamedTensor],
    placed: &[Option<Letterbox>],
    confidence: f64,
) -> Result<Vec<Vec<Detection>>, Error> {
    let rows = YOLO_BOX_ROWS + classes::NAMES.len();
    let outputs = per_picture(answer, YOLO_OUTPUT, placed.len())?;
    let pairs = outputs.into_iter().zip(placed);
    pairs
        .map(|(values, place)| {
            let anchors = values.len() / rows;
            if anchors * rows != values.len() {
                return Err(Error::Answer(format!(
                    "{} values in {rows} rows",
                    values.len()
                )));
            }
            let place = place.ok_or_else(|| Error::Answer("a picture without a place".into()))?;
            let at = |row: usize, anchor: usize| {
                values
                    .get(row * anchors + anchor)
                    .copied()
                    .unwrap_or_default()
            };
            Ok((0..anchors)
                .filter_map(|anchor| {
                    let scores = (0..classes::NAMES.len())
                        .map(|class| (class, at(YOLO_BOX_ROWS + class, anchor)));
                    let best = most_probable(scores)?;
                    let [x, y, width, height] = [0, 1, 2, 3].map(|row| at(row, anchor) / 2.0);
                    let square = [
                        2.0 * x - width,
                        2.0 * y - height,
                        2.0 * x + width,
                        2.0 * y + height,
                    ];
                    let [left, top, right, bottom] = place.box_to_source(square).map(f64::from);
                    let (wide, high) = (f64::from(place.source.0), f64::from(place.source.1));
                    let shares = [left / wide, top / high, right / wide, bottom / high];
                    detection(best, shares, confidence)
                })
                .collect())
        })
        .collect()
}

/// The first class with the highest score.
fn most_probable(scores: impl Iterator<Item = (usize, f32)>) -> Option<(usize, f32)> {
    scores.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

fn detection((class, score): (usize, f32), edges: [f64; 4], lowest: f64) -> Option<Detection> {
    let confidence = f64::from(score).min(1.0);
    if confidence < lowest {
        return None;
    }
    Some(Detection {
        class,
        confidence,
        bbox: BoundingBox::clipped(edges)?,
    })
}
