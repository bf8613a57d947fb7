//! The expression network of face-api: how a face goes in and how a distribution comes out.

use super::Error;
use contracts::{
    emotion::{Accuracy, EmotionLabel, EmotionScores},
    people::Rectangle,
};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Crop, Layout, Normalisation, Outside, Sampling},
};
use media::RgbPicture;

/// Name in `deploy/models.toml`.
pub const MODEL: &str = "face-expression";
/// Name of the input.
pub const INPUT: &str = "input";
const OUTPUT: &str = "probs";
/// Side of the square the network looks at, in pixels.
pub const SIDE: u32 = 112;
/// The square it is shown is exactly as large as the longer side of the face: it was trained on
/// tight faces, and a margin of a third costs ten to twenty faces in a hundred.
const MARGIN: f32 = 1.0;
/// The network's labels, in its order: neutral, happy, sad, angry, fearful, disgusted, surprised.
pub const LABELS: [EmotionLabel; 7] = [
    EmotionLabel::Neutral,
    EmotionLabel::Joy,
    EmotionLabel::Sadness,
    EmotionLabel::Anger,
    EmotionLabel::Fear,
    EmotionLabel::Disgust,
    EmotionLabel::Surprise,
];

/// How right the network is: by label, how many faces of how many were right; its author
/// publishes no figures. `docs/accuracy/emotion.md` says how it was measured, and a test measures
/// it again.
const MEASURED: [(&str, u32, u32); 7] = [
    ("anger", 10, 10),
    ("disgust", 9, 10),
    ("fear", 5, 10),
    ("joy", 10, 10),
    ("sadness", 10, 10),
    ("surprise", 20, 20),
    ("neutral", 9, 10),
];
const MEASURED_ON: &str = "posed expressions of ten generated people, frontal and evenly lit \
                           (package openpeople 0.1.2); real videos are harder";

/// How right the network is where the truth is known.
#[must_use]
pub fn accuracy() -> Accuracy {
    let faces: u32 = MEASURED.iter().map(|(_, _, faces)| faces).sum();
    let right: u32 = MEASURED.iter().map(|(_, right, _)| right).sum();
    let hundredths =
        |right: u32, faces: u32| (100.0 * f64::from(right) / f64::from(faces)).round() / 100.0;
    Accuracy {
        share_correct: hundredths(right, faces),
        faces,
        by_label: MEASURED
            .map(|(label, right, faces)| (label.into(), hundredths(right, faces)))
            .into_iter()
            .collect(),
        measured_on: MEASURED_ON.into(),
    }
}

/// A face as the network wants it: the square around `bbox`, which is in shares of the picture.
///
/// # Errors
/// [`Error::Picture`] if the box has no extent or the picture no pixels.
pub fn face(picture: &RgbPicture, bbox: Rectangle) -> Result<Vec<u8>, Error> {
    let size = (picture.width, picture.height);
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let edges = [
        bbox.x * width,
        bbox.y * height,
        (bbox.x + bbox.width) * width,
        (bbox.y + bbox.height) * height,
    ];
    let edges = edges.map(|edge| edge as f32);
    let longer = (edges[2] - edges[0]).max(edges[3] - edges[1]);
    // First the face as it is, then smaller with every pixel counting: a large face cut straight
    // to 112 pixels would be grainy.
    let own = (longer.max(1.0).round() as u32).clamp(1, image::MAX_SIDE);
    let crop = Crop::square(edges, MARGIN, 0.0, own)?;
    let pixels = image::crop(&picture.data, size, &crop, Outside::Nearest)?;
    Ok(image::resize(
        &pixels,
        (own, own),
        (SIDE, SIDE),
        Sampling::Antialiased,
    )?)
}

/// Faces in the network's form.
///
/// # Errors
/// [`Error::Picture`] if one has another size than [`face`] gives.
pub fn tensor(faces: &[Vec<u8>]) -> Result<Tensor, Error> {
    Ok(image::numbers(
        faces,
        (SIDE, SIDE),
        Layout::Nchw,
        ChannelOrder::Rgb,
        &Normalisation::BYTES,
    )?)
}

/// Reads the network's answer: one distribution per face.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read(answer: &[NamedTensor], faces: usize) -> Result<Vec<EmotionScores>, Error> {
    let output = answer
        .iter()
        .find(|output| output.name == OUTPUT)
        .ok_or_else(|| Error::Answer(format!("no output '{OUTPUT}'")))?;
    let values = output.tensor.as_slice().unwrap_or_default();
    let (rows, odd) = values.as_chunks::<{ LABELS.len() }>();
    if rows.len() != faces || !odd.is_empty() {
        let found = values.len();
        return Err(Error::Answer(format!("{found} values for {faces} faces")));
    }
    let scores = |row: &[f32; LABELS.len()]| {
        EmotionScores::from_fn(|label| {
            let mut pairs = LABELS.iter().zip(row);
            let found = pairs.find(|(known, _)| **known == label);
            found.map_or(0.0, |(_, value)| f64::from(value.clamp(0.0, 1.0)))
        })
    };
    Ok(rows
        .iter()
        .map(|row| super::scores::normalised(&scores(row)))
        .collect())
}
