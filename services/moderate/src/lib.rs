#![doc = include_str!("../README.md")]

pub mod compute;
mod config;

pub use compute::Moderator;
pub use config::{Config, InvalidConfig};

use compute::{Prepared, Scene, Seen};
use contracts::{
    StageName,
    manifest::ModelStamp,
    messages::{ModerateInput, Moderated},
};
use inference::{Engine, ErrorClass, Model};
use media::{
    RgbPicture,
    frames::{Showing, show},
};
use stage::{Stage, StageContext, StageError};

/// Name of the artifact this stage stores.
pub const MODERATION_FILE: &str = "moderation.json";

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// The model cannot be opened.
    #[error("cannot open the moderator")]
    Model(#[from] inference::Error),
}

/// The `moderate` stage with its model.
pub struct Moderate {
    config: Config,
    moderator: Moderator,
    model: Model,
}

impl Moderate {
    /// Opens the model, once for all videos; it has answered its golden sample then. Without it
    /// there is no stage, and nothing that was not looked at is called safe.
    ///
    /// Without a model in the settings, this is the best one that the engine's model set allows.
    ///
    /// # Errors
    /// [`OpenError`] if a setting is at fault or the model cannot be opened.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, OpenError> {
        config.validate()?;
        let (moderator, model) = match config.model {
            Some(moderator) => (moderator, engine.load(moderator.name())?),
            None => best_allowed(engine)?,
        };
        Ok(Self {
            config,
            moderator,
            model,
        })
    }

    /// The model in use.
    #[must_use]
    pub fn moderator(&self) -> Moderator {
        self.moderator
    }

    /// The opened model, for people who ask what it runs on.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }
}

fn best_allowed(engine: &Engine) -> Result<(Moderator, Model), inference::Error> {
    match engine.load(Moderator::Nudenet.name()) {
        Ok(model) => Ok((Moderator::Nudenet, model)),
        Err(inference::Error::NotInSet { .. }) => {
            let moderator = Moderator::OpenNsfw;
            Ok((moderator, engine.load(moderator.name())?))
        }
        Err(error) => Err(error),
    }
}

fn failed(error: inference::Error) -> StageError {
    match error.class() {
        ErrorClass::Input => StageError::rejected(error),
        ErrorClass::Environment => StageError::transient(error),
    }
}

impl Stage for Moderate {
    type Input = ModerateInput;
    type Output = Moderated;
    const NAME: StageName = StageName::Moderate;

    async fn run(
        &self,
        input: ModerateInput,
        context: &StageContext,
    ) -> Result<Moderated, StageError> {
        let showing = Showing {
            set: &input.decoded.frames,
            choose: tracking::evenly,
            most: self.config.max_frames,
            at_once: self.config.batch_frames,
        };
        let (moderator, model) = (self.moderator, self.model.clone());
        let look = move |prepared: Prepared| -> Result<Vec<Seen>, StageError> {
            let Prepared {
                input,
                tensor,
                sizes,
            } = prepared;
            let answer = model.run(vec![(input, tensor)]).map_err(failed)?;
            let seen = moderator.read(&answer, &sizes);
            seen.map_err(StageError::rejected)
        };
        let prepare = move |pictures: &[RgbPicture]| {
            let prepared = moderator.prepare(pictures);
            prepared.map_err(StageError::rejected)
        };
        let frames = show(showing, context, prepare, look).await?;
        let scene = Scene {
            duration: input.decoded.probe.duration,
            moderator,
            model: self.model.stamp(),
            threshold: self.config.threshold,
        };
        let moderation = compute::judge(&frames, &scene);
        let content = moderation.explicit_content.as_ref();
        Ok(Moderated {
            rating: content.map(|content| content.safety_rating),
            moderation: context.store_json(MODERATION_FILE, &moderation).await?,
        })
    }

    fn models(&self) -> Vec<ModelStamp> {
        vec![self.model.stamp()]
    }
}
