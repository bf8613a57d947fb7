#![doc = include_str!("../README.md")]

pub mod compute;
mod config;
mod look;

pub use config::{Config, InvalidConfig};

use compute::{Frame, Scene, network};
use contracts::{
    StageName,
    manifest::ModelStamp,
    messages::{EmotionInput, EmotionsRead},
    people::People,
};
use inference::{Engine, Model};
use stage::{Stage, StageContext, StageError};

/// Name of the artifact this stage stores.
pub const EMOTIONS_FILE: &str = "emotions.json";

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// The network cannot be opened.
    #[error("cannot open the network for emotions")]
    Model(#[from] inference::Error),
}

/// The `emotion` stage with its network.
pub struct Emotion {
    config: Config,
    model: Model,
}

impl Emotion {
    /// Opens the network, once for all videos; it has answered its golden sample then.
    ///
    /// # Errors
    /// [`OpenError`] if a setting is at fault or the network cannot be opened.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, OpenError> {
        config.validate()?;
        Ok(Self {
            config,
            model: engine.load(network::MODEL)?,
        })
    }

    /// The opened network, for people who ask what it runs on.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }
}

impl Stage for Emotion {
    type Input = EmotionInput;
    type Output = EmotionsRead;
    const NAME: StageName = StageName::Emotion;

    async fn run(
        &self,
        input: EmotionInput,
        context: &StageContext,
    ) -> Result<EmotionsRead, StageError> {
        let people: People = context.load_json(&input.people.people).await?;
        let decoded = &input.decoded;
        let scene = Scene {
            duration: decoded.probe.duration.max(decoded.completeness.video_until),
            model: self.model.stamp(),
        };
        let frames: Vec<Frame> = self.look(&decoded.frames, &people, context).await?;
        let emotions = compute::emotions(&frames, &scene, &self.config);
        Ok(EmotionsRead {
            emotions: context.store_json(EMOTIONS_FILE, &emotions).await?,
            reading_count: u32::try_from(emotions.faces.len()).unwrap_or(u32::MAX),
        })
    }

    fn models(&self) -> Vec<ModelStamp> {
        vec![self.model.stamp()]
    }
}
