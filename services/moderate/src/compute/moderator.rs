//! The models this stage knows: how a picture goes in and how a score comes out.

use super::nudenet::{self, Part};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Layout, Normalisation, Sampling},
};
use media::RgbPicture;
use serde::Deserialize;

/// Side to which a picture is brought, and the side of its middle that is looked at.
const OPEN_NSFW_SIDES: (u32, u32) = (256, 224);
/// What the model wants less of blue, green and red: the means of its training.
const OPEN_NSFW_MEANS: [f32; 3] = [104.0, 117.0, 123.0];
const OPEN_NSFW_OUTPUT: &str = "outputs";
const CHANNELS: usize = 3;

/// A model this stage knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moderator {
    /// Yahoo's open_nsfw: a probability for the whole picture.
    OpenNsfw,
    /// NudeNet: parts of bodies.
    Nudenet,
}

/// Why a picture cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A picture could not be brought into the model's form.
    #[error("picture does not fit the moderator")]
    Picture(#[from] inference::Error),
    /// The tensors are not those of the model.
    #[error("moderator answered with {0}; fetch the models again")]
    Answer(String),
}

/// Pictures in the model's form.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Name of the model's input.
    pub input: &'static str,
    /// The pictures as one tensor.
    pub tensor: Tensor,
    /// Width and height of each picture, in pixels.
    pub sizes: Vec<(u32, u32)>,
}

/// What a model saw in one picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// How sure it is of explicit content, 0–1.
    pub score: f64,
    /// Parts of bodies by falling confidence; empty for a model that does not look for them.
    pub parts: Vec<Part>,
}

impl Moderator {
    /// Name in `deploy/models.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenNsfw => "open-nsfw",
            Self::Nudenet => "nudenet",
        }
    }
    /// What its score is, as published with every result.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::OpenNsfw => "probability",
            Self::Nudenet => "detection",
        }
    }
    /// Whether it finds parts of bodies.
    #[must_use]
    pub const fn finds_parts(self) -> bool {
        matches!(self, Self::Nudenet)
    }

    /// Brings pictures into the model's form.
    ///
    /// # Errors
    /// [`Error::Picture`] if one has no pixels or too few.
    pub fn prepare(self, pictures: &[RgbPicture]) -> Result<Prepared, Error> {
        let sizes = pictures.iter().map(|one| (one.width, one.height)).collect();
        let (input, tensor) = match self {
            Self::OpenNsfw => ("input:0", open_nsfw(pictures)?),
            Self::Nudenet => ("images", nudenet::prepare(pictures)?),
        };
        Ok(Prepared {
            input,
            tensor,
            sizes,
        })
    }

    /// Reads the model's answer: what it saw in every picture.
    ///
    /// # Errors
    /// [`Error::Answer`] if the tensors are not those of the model.
    pub fn read(self, answer: &[NamedTensor], sizes: &[(u32, u32)]) -> Result<Vec<Seen>, Error> {
        match self {
            Self::OpenNsfw => probabilities(answer, sizes.len()),
            Self::Nudenet => nudenet::read(answer, sizes),
        }
    }
}

/// The middle of each picture, blue first, less the means.
fn open_nsfw(pictures: &[RgbPicture]) -> Result<Tensor, Error> {
    let (whole, part) = OPEN_NSFW_SIDES;
    let images = pictures.iter().map(|picture| {
        let size = (picture.width, picture.height);
        let square = image::resize(&picture.data, size, (whole, whole), Sampling::Bilinear)?;
        Ok(middle(&square, whole as usize, part as usize))
    });
    let images: Vec<Vec<u8>> = images.collect::<Result<_, inference::Error>>()?;
    let normalisation = Normalisation {
        mean: OPEN_NSFW_MEANS,
        deviation: [1.0; CHANNELS],
    };
    Ok(image::numbers(
        &images,
        (part, part),
        Layout::Nhwc,
        ChannelOrder::Bgr,
        &normalisation,
    )?)
}

/// The square of side `part` in the middle of one of side `whole`.
fn middle(square: &[u8], whole: usize, part: usize) -> Vec<u8> {
    let margin = (whole - part) / 2;
    let rows = square.chunks_exact(whole * CHANNELS).skip(margin);
    rows.take(part)
        .flat_map(|row| row.iter().skip(margin * CHANNELS).take(part * CHANNELS))
        .copied()
        .collect()
}

/// `[pictures, 2]`: probability of a picture that is safe, and of one that is not.
fn probabilities(answer: &[NamedTensor], pictures: usize) -> Result<Vec<Seen>, Error> {
    let output = find(answer, OPEN_NSFW_OUTPUT)?;
    let (rows, rest) = output
        .tensor
        .as_slice()
        .unwrap_or_default()
        .as_chunks::<2>();
    if rows.len() != pictures || !rest.is_empty() {
        let shape = output.tensor.shape();
        return Err(Error::Answer(format!("{shape:?} for {pictures} pictures")));
    }
    let seen = rows.iter().map(|[_, explicit]| Seen {
        score: f64::from(*explicit).clamp(0.0, 1.0),
        parts: Vec::new(),
    });
    Ok(seen.collect())
}

pub(super) fn find<'a>(answer: &'a [NamedTensor], name: &str) -> Result<&'a NamedTensor, Error> {
    let mut outputs = answer.iter();
    outputs
        .find(|output| output.name == name)
        .ok_or_else(|| Error::Answer(format!("no output '{name}'")))
}
