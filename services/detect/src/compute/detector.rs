//! The models this stage knows: how a picture goes in and how objects come out.

use super::{coco_ssd, yolo};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Letterbox, Sampling},
};
use media::RgbPicture;
use serde::Deserialize;
use tracking::{Detection, suppress};

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
            Self::CocoSsd => coco_ssd::SIDE,
            Self::Yolo11n => yolo::SIDE,
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
                coco_ssd::INPUT,
                image::nhwc(&images, square, ChannelOrder::Rgb)?,
            ),
            Self::Yolo11n => (
                yolo::INPUT,
                image::nchw(&images, square, ChannelOrder::Rgb)?,
            ),
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
            Self::CocoSsd => coco_ssd::read(answer, placed.0.len(), thinning.confidence)?,
            Self::Yolo11n => yolo::read(answer, &placed.0, thinning.confidence)?,
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
