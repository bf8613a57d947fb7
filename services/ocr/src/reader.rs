//! The three models together: pictures in, lines of text out.

use crate::{
    compute::{
        crops::{CLASSIFIER_WIDTH, LINE_HEIGHT, Line, line_tensor, signed},
        is_text,
        letters::{Alphabet, Reading},
        regions::{ProbabilityMap, find_regions},
        tracks::TextLine,
    },
    config::{Config, DetectionConfig},
};
use contracts::manifest::ModelStamp;
use inference::{
    Engine, Model, NamedTensor, Sampling,
    image::{self, batches},
};
use media::RgbPicture;
use std::collections::BTreeMap;

/// Name of the detector in `deploy/models.toml`.
pub const DETECTION_MODEL: &str = "pp-ocr-detection";
/// Name of the classifier that tells lines that stand on their heads.
pub const DIRECTION_MODEL: &str = "pp-ocr-direction";
/// Name of the recogniser.
pub const RECOGNITION_MODEL: &str = "pp-ocr-recognition";

/// Input of all three models.
const INPUT: &str = "x";
/// Key of the characters in the recogniser's metadata.
const ALPHABET_KEY: &str = "character";
/// Sides of the detector's input are multiples of this.
const SIDE_STEP: u32 = 32;

/// Why pictures cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A model failed, or a picture does not fit it.
    #[error("text models failed")]
    Model(#[from] inference::Error),
    /// The tensors are not those of the model.
    #[error("model '{model}' answered with {what}; fetch the models again")]
    Answer {
        /// The model.
        model: &'static str,
        /// What it answered.
        what: String,
    },
    /// The recogniser does not say which characters it knows.
    #[error("model '{RECOGNITION_MODEL}' has no list of characters; fetch the models again")]
    Alphabet,
}

/// Finds and reads lines of text. Clones share the models.
#[derive(Clone)]
pub struct Reader {
    detector: Model,
    direction: Model,
    recogniser: Model,
    alphabet: Alphabet,
    config: Config,
}

/// Which line of which picture.
type Place = (usize, usize);

/// A line on its way through the recogniser.
struct Cut {
    place: Place,
    line: Line,
}

impl Reader {
    /// Opens the three models; they have answered their golden samples then.
    ///
    /// # Errors
    /// [`Error::Model`] if one cannot be opened, [`Error::Alphabet`] if the recogniser does not
    /// know its characters.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, Error> {
        let recogniser = engine.load(RECOGNITION_MODEL)?;
        let listed = recogniser.metadata(ALPHABET_KEY).ok_or(Error::Alphabet)?;
        Ok(Self {
            detector: engine.load(DETECTION_MODEL)?,
            direction: engine.load(DIRECTION_MODEL)?,
            alphabet: Alphabet::parse(listed),
            recogniser,
            config,
        })
    }

    /// Names and digests of the weights in use.
    #[must_use]
    pub fn stamps(&self) -> Vec<ModelStamp> {
        let models = [&self.detector, &self.direction, &self.recogniser];
        models.into_iter().map(Model::stamp).collect()
    }

    /// The opened models, for people who ask what they run on.
    #[must_use]
    pub fn models(&self) -> [&Model; 3] {
        [&self.detector, &self.direction, &self.recogniser]
    }

    /// The lines of text in every picture, from top to bottom. What is read in one picture does
    /// not depend on the others, but for the last bits of a confidence. Takes some tenths of a
    /// second per picture of the calling thread.
    ///
    /// # Errors
    /// [`Error::Model`] and [`Error::Answer`].
    pub fn read(&self, pictures: &[RgbPicture]) -> Result<Vec<Vec<TextLine>>, Error> {
        let found = self.detect(pictures)?;
        let mut cuts = Vec::new();
        for (at, (picture, lines)) in pictures.iter().zip(&found).enumerate() {
            for (place, line) in lines.iter().enumerate() {
                let width = self.config.recognition.max_line_width;
                let cut = Line::cut(picture, &line.quad, width)?;
                cuts.push(Cut {
                    place: (at, place),
                    line: cut,
                });
            }
        }
        let steep = |place: Place| {
            let line = found.get(place.0).and_then(|lines| lines.get(place.1));
            line.is_some_and(|line| line.quad.is_steep())
        };
        let heads = self.upside_down(&cuts)?;
        let turned: Vec<Cut> = cuts
            .iter()
            .zip(heads)
            .filter(|(cut, head)| *head || steep(cut.place))
            .map(|(cut, _)| Cut {
                place: cut.place,
                line: cut.line.turned(),
            })
            .collect();
        let upright = self.recognise(&cuts)?;
        let mut both = self.recognise(&turned)?;
        Ok(found
            .into_iter()
            .enumerate()
            .map(|(at, lines)| {
                let lines = lines.into_iter().enumerate().filter_map(|(place, line)| {
                    let (here, turned) = (upright.get(&(at, place)), both.remove(&(at, place)));
                    surer(line, here?.clone(), turned)
                });
                lines.filter(|line| is_text(line, &self.config)).collect()
            })
            .collect())
    }

    /// Lines without their texts.
    fn detect(&self, pictures: &[RgbPicture]) -> Result<Vec<Vec<TextLine>>, Error> {
        let config = &self.config.detection;
        let mut found = Vec::with_capacity(pictures.len());
        for same in pictures.chunk_by(|a, b| (a.width, a.height) == (b.width, b.height)) {
            let Some(first) = same.first() else { continue };
            let from = (first.width, first.height);
            let size = detection_size(from, config);
            let pixels = u64::from(size.0) * u64::from(size.1);
            for range in batches(same.len(), pixels, config.max_batch_pixels) {
                let batch = same.get(range).unwrap_or_default();
                let scaled: Vec<Vec<u8>> = batch
                    .iter()
                    .map(|one| image::resize(&one.data, from, size, Sampling::Bilinear))
                    .collect::<Result<_, _>>()?;
                let answer = self.detector.run(vec![(INPUT, signed(&scaled, size)?)])?;
                let values = only(
                    &answer,
                    DETECTION_MODEL,
                    &[batch.len(), 1, size.1 as usize, size.0 as usize],
                )?;
                for values in values.chunks_exact(size.0 as usize * size.1 as usize) {
                    let map = ProbabilityMap {
                        values,
                        width: size.0 as usize,
                    };
                    let lines = find_regions(map, config)
                        .into_iter()
                        .map(|region| TextLine {
                            quad: region.quad,
                            reading: Reading {
                                text: String::new(),
                                confidence: 0.0,
                            },
                        });
                    found.push(lines.collect());
                }
            }
        }
        Ok(found)
    }

    /// Whether each line seems to stand on its head.
    fn upside_down(&self, cuts: &[Cut]) -> Result<Vec<bool>, Error> {
        const COLUMNS: usize = 2;
        let pixels = u64::from(LINE_HEIGHT * CLASSIFIER_WIDTH);
        let mut found = Vec::with_capacity(cuts.len());
        for range in batches(cuts.len(), pixels, self.config.recognition.max_batch_pixels) {
            let lines: Vec<&Line> = lines_of(cuts.get(range).unwrap_or_default());
            let answer = self
                .direction
                .run(vec![(INPUT, line_tensor(&lines, CLASSIFIER_WIDTH)?)])?;
            let values = only(&answer, DIRECTION_MODEL, &[lines.len(), COLUMNS])?;
            let (rows, _) = values.as_chunks::<COLUMNS>();
            let least = self.config.recognition.turn_confidence;
            found.extend(rows.iter().map(|[_, turned]| f64::from(*turned) >= least));
        }
        Ok(found)
    }

    /// What every line says, batch by batch of one width.
    fn recognise(&self, cuts: &[Cut]) -> Result<BTreeMap<Place, Reading>, Error> {
        let mut by_width: BTreeMap<u32, Vec<&Cut>> = BTreeMap::new();
        for cut in cuts {
            by_width
                .entry(cut.line.input_width())
                .or_default()
                .push(cut);
        }
        let mut readings = BTreeMap::new();
        for (width, cuts) in by_width {
            let pixels = u64::from(LINE_HEIGHT * width);
            for range in batches(cuts.len(), pixels, self.config.recognition.max_batch_pixels) {
                let batch = cuts.get(range).unwrap_or_default();
                let lines: Vec<&Line> = batch.iter().map(|cut| &cut.line).collect();
                let answer = self
                    .recogniser
                    .run(vec![(INPUT, line_tensor(&lines, width)?)])?;
                let columns = self.alphabet.columns();
                let steps = answer
                    .first()
                    .and_then(|one| one.tensor.shape().get(1).copied());
                let steps = steps.unwrap_or(0);
                let values = only(&answer, RECOGNITION_MODEL, &[lines.len(), steps, columns])?;
                let rows = values.chunks_exact((steps * columns).max(1));
                for (cut, row) in batch.iter().zip(rows) {
                    readings.insert(cut.place, self.alphabet.read(row));
                }
            }
        }
        Ok(readings)
    }
}

fn lines_of(cuts: &[Cut]) -> Vec<&Line> {
    cuts.iter().map(|cut| &cut.line).collect()
}

/// The line with the reading that is surer, turned around if that is the one upside down.
fn surer(line: TextLine, upright: Reading, turned: Option<Reading>) -> Option<TextLine> {
    let (quad, reading) = match turned {
        Some(turned) if turned.confidence > upright.confidence => (line.quad.turned(), turned),
        _ => (line.quad, upright),
    };
    Some(TextLine { quad, reading })
}

/// Size of the detector's input for a picture: as PaddleOCR, the shorter side at least as
/// configured, both multiples of 32; and the longer side at most as configured.
#[must_use]
pub fn detection_size((width, height): (u32, u32), config: &DetectionConfig) -> (u32, u32) {
    let shorter = f64::from(width.min(height).max(1));
    let longer = f64::from(width.max(height).max(1));
    let enlarged = (f64::from(config.short_side) / shorter).max(1.0);
    let ratio = enlarged.min(f64::from(config.long_side) / longer);
    let side = |extent: u32| {
        let scaled = (f64::from(extent) * ratio / f64::from(SIDE_STEP)).round() as u32;
        scaled.max(1) * SIDE_STEP
    };
    (side(width), side(height))
}

/// The values of the only output, if it has the shape it must have.
fn only<'a>(
    answer: &'a [NamedTensor],
    model: &'static str,
    shape: &[usize],
) -> Result<&'a [f32], Error> {
    let wrong = |what: String| Error::Answer { model, what };
    let [output] = answer else {
        return Err(wrong(format!("{} outputs", answer.len())));
    };
    if output.tensor.shape() != shape {
        let found = output.tensor.shape();
        return Err(wrong(format!("shape {found:?} instead of {shape:?}")));
    }
    output
        .tensor
        .as_slice()
        .ok_or_else(|| wrong("values out of order".into()))
}
