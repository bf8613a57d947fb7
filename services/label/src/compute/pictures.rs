//! How pictures go into the networks and what comes out.

use super::{Error, scores::normalised};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Layout, Normalisation, Sampling},
};
use media::RgbPicture;

/// Side of the square the classifier looks at, in pixels.
const CLASSIFIER_SIDE: u32 = 280;
/// What the classifier's bytes are parts of.
const CLASSIFIER_FULL: f64 = 255.0;
/// Side of the square the embedder looks at, in pixels.
const EMBEDDER_SIDE: u32 = 224;
const CHANNELS: usize = 3;
/// Mean and deviation of the pictures CLIP was trained with, in bytes.
const CLIP_NORMALISATION: Normalisation = Normalisation {
    mean: [122.770_94, 116.746_01, 104.093_74],
    deviation: [68.500_53, 66.632_26, 70.323_16],
};

/// Pictures as the networks take them.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// One tensor per picture for the classifier, or one for all for a pair of yours.
    pub named: Vec<Tensor>,
    /// All pictures for the embedder.
    pub embedded: Tensor,
}

fn squares(pictures: &[RgbPicture], side: u32) -> Result<Vec<Vec<u8>>, Error> {
    let resized = pictures.iter().map(|picture| {
        let size = (picture.width, picture.height);
        image::resize(&picture.data, size, (side, side), Sampling::Antialiased)
    });
    Ok(resized.collect::<Result<_, _>>()?)
}

/// One tensor per picture: the classifier takes one at a time.
///
/// # Errors
/// [`Error::Picture`] if one has no pixels or too few.
pub fn for_classifier(pictures: &[RgbPicture]) -> Result<Vec<Tensor>, Error> {
    let size = (CLASSIFIER_SIDE, CLASSIFIER_SIDE);
    let images = squares(pictures, CLASSIFIER_SIDE)?.into_iter();
    let tensors = images.map(|one| image::nhwc(&[one], size, ChannelOrder::Rgb));
    Ok(tensors.collect::<Result<_, _>>()?)
}

/// Pictures for the embedder.
///
/// # Errors
/// [`Error::Picture`] if one has no pixels or too few.
pub fn for_embedder(pictures: &[RgbPicture]) -> Result<Tensor, Error> {
    let images = squares(pictures, EMBEDDER_SIDE)?;
    let size = (EMBEDDER_SIDE, EMBEDDER_SIDE);
    let unit = &Normalisation::UNIT;
    Ok(image::numbers(
        &images,
        size,
        Layout::Nhwc,
        ChannelOrder::Rgb,
        unit,
    )?)
}

/// Pictures for a pair of yours: the shorter side brought to `side`, the middle cut out.
///
/// # Errors
/// [`Error::Picture`] if one has no pixels or too few.
pub fn for_clip(pictures: &[RgbPicture], side: u32) -> Result<Tensor, Error> {
    let images = pictures.iter().map(|picture| {
        let shorter = u64::from(picture.width.min(picture.height).max(1));
        let scaled = |extent: u32| {
            let exact = (u64::from(extent) * u64::from(side) + shorter / 2) / shorter;
            u32::try_from(exact).unwrap_or(side).max(side)
        };
        let (size, to) = (
            (picture.width, picture.height),
            (scaled(picture.width), scaled(picture.height)),
        );
        let resized = image::resize(&picture.data, size, to, Sampling::Antialiased)?;
        Ok(middle(&resized, to, side))
    });
    let images: Vec<Vec<u8>> = images.collect::<Result<_, inference::Error>>()?;
    let (layout, order) = (Layout::Nchw, ChannelOrder::Rgb);
    Ok(image::numbers(
        &images,
        (side, side),
        layout,
        order,
        &CLIP_NORMALISATION,
    )?)
}

/// The square in the middle of a picture that is at least as large.
fn middle(rgb: &[u8], (width, height): (u32, u32), side: u32) -> Vec<u8> {
    let [width, height, side] = [width, height, side].map(|extent| extent as usize);
    let (left, top) = ((width - side) / 2, (height - side) / 2);
    let rows = rgb.chunks_exact(width * CHANNELS).skip(top).take(side);
    rows.flat_map(|row| row.iter().skip(left * CHANNELS).take(side * CHANNELS))
        .copied()
        .collect()
}

/// Names of the classes: one line each, synonyms separated by commas.
#[must_use]
pub fn class_names(file: &str) -> Vec<Vec<String>> {
    let lines = file.lines().map(|line| {
        let synonyms = line.split(',').map(str::trim);
        synonyms
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    });
    lines
        .filter(|names: &Vec<String>| !names.is_empty())
        .collect()
}

/// Probability of every class in one picture.
///
/// # Errors
/// [`Error::Answer`] unless there are `classes` of them.
pub fn probabilities(answer: &[NamedTensor], classes: usize) -> Result<Vec<f64>, Error> {
    let values = answer.first().and_then(|output| output.tensor.as_slice());
    let values = values.unwrap_or_default();
    if values.len() != classes {
        return Err(Error::Answer {
            network: "the classifier of pictures",
            found: format!("{} probabilities for {classes} classes", values.len()),
        });
    }
    Ok(values
        .iter()
        .map(|value| (f64::from(*value) / CLASSIFIER_FULL).clamp(0.0, 1.0))
        .collect())
}

/// One point of length one per picture or text.
///
/// # Errors
/// [`Error::Answer`] if there are others than `count`.
pub fn embeddings(
    answer: &[NamedTensor],
    count: usize,
    network: &'static str,
) -> Result<Vec<Vec<f32>>, Error> {
    let output = answer.first();
    let shape = output.map_or(&[][..], |output| output.tensor.shape());
    let values = output.and_then(|output| output.tensor.as_slice());
    match (shape, values) {
        ([rows, dimensions], Some(values)) if *rows == count && *dimensions > 0 => {
            Ok(values.chunks_exact(*dimensions).map(normalised).collect())
        }
        _ => Err(Error::Answer {
            network,
            found: format!("{shape:?} for {count}"),
        }),
    }
}
