//! The network that tells speech, music and other sound apart; the stage does without it where
//! its weights are missing, and says so.

use crate::{
    Config,
    compute::{
        classes::{CLASSES, PATCH_BANDS, PATCH_FRAMES, patches, shares},
        spectrum::BANDS,
    },
};
use contracts::{manifest::ModelStamp, sound::SoundClasses};
use inference::{Engine, Model, Tensor};
use ndarray::{ArrayD, IxDyn};

/// Name of the network in `deploy/models.toml`.
pub const CLASSIFIER: &str = "speech-music-noise";
/// Patches shown to the network at once.
const PATCHES_AT_ONCE: usize = 512;
const PATCH_VALUES: usize = PATCH_FRAMES * PATCH_BANDS;

/// The network, or why it is not there.
#[derive(Clone)]
pub struct Classifier(Result<Model, String>);

impl Default for Classifier {
    fn default() -> Self {
        Self(Err("no classifier of sound is in use".into()))
    }
}

impl Classifier {
    /// Opens the network; without its weights there are no classes, and the reason is published.
    #[must_use]
    pub fn open(engine: &Engine) -> Self {
        Self(engine.load(CLASSIFIER).map_err(|error| error.to_string()))
    }

    /// No network, and why.
    #[must_use]
    pub fn without(reason: impl Into<String>) -> Self {
        Self(Err(reason.into()))
    }

    /// Why there is no network; `None` if there is one.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }

    /// The opened network, for people who ask what it runs on.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        self.0.as_ref().ok()
    }

    pub(crate) fn stamp(&self) -> Option<ModelStamp> {
        self.model().map(Model::stamp)
    }

    /// Shares of the classes, or why there are none.
    pub(crate) fn classify(
        &self,
        samples: &[f32],
        energies: &[[f64; BANDS]],
        config: &Config,
    ) -> Result<SoundClasses, String> {
        let model = self.0.as_ref().map_err(Clone::clone)?;
        let mut probabilities = Vec::new();
        for some in patches(energies).chunks(PATCHES_AT_ONCE * PATCH_VALUES) {
            probabilities.extend(ask(model, some)?);
        }
        shares(&probabilities, samples, config, &model.stamp())
            .ok_or_else(|| "audio is shorter than 0.7 seconds".into())
    }
}

fn ask(model: &Model, patches: &[f32]) -> Result<Vec<[f32; CLASSES]>, String> {
    let count = patches.len() / PATCH_VALUES;
    let shape = IxDyn(&[count, PATCH_FRAMES, PATCH_BANDS]);
    let input = ArrayD::from_shape_vec(shape, patches.to_vec()).map_err(|e| e.to_string())?;
    let answer = model
        .run(vec![("input", Tensor::F32(input))])
        .map_err(|error| error.to_string())?;
    let values = answer.first().and_then(|output| output.tensor.as_slice());
    let (rows, rest) = values.unwrap_or_default().as_chunks::<CLASSES>();
    if rows.len() != count || !rest.is_empty() {
        return Err("the classifier of sound answered with another shape".into());
    }
    Ok(rows.to_vec())
}
