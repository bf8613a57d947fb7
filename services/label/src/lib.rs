#![doc = include_str!("../README.md")]

pub mod compute;
mod config;
mod networks;

pub use config::{ClipConfig, Config, InvalidConfig};

use compute::{Prepared, Scene, labels};
use contracts::{
    StageName,
    manifest::ModelStamp,
    messages::{LabelInput, Labelled},
};
use inference::{Engine, ErrorClass, Model};
use media::{
    RgbPicture,
    frames::{Showing, show},
};
use networks::{Failure, Networks};
use stage::{Stage, StageContext, StageError};
use std::{io, path::PathBuf, sync::Arc};

/// Name of the artifact that holds the labels.
pub const LABELS_FILE: &str = "labels.json";
/// Name of the artifact that holds what frames look like.
pub const EMBEDDINGS_FILE: &str = "frame_embeddings.msgpack";

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// A network cannot be opened.
    #[error("cannot open the networks that name scenes")]
    Model(#[from] inference::Error),
    /// A network does not answer as it should, or a file beside it is not usable.
    #[error("cannot use the networks that name scenes")]
    Answer(#[from] compute::Error),
    /// A file cannot be read.
    #[error("cannot read {path}; correct setting label.clip")]
    File {
        /// Which.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Model(error) => Self::Model(error),
            Failure::Answer(error) => Self::Answer(error),
        }
    }
}

impl From<Failure> for StageError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Model(error) if error.class() == ErrorClass::Environment => {
                Self::transient(error)
            }
            other => Self::rejected(other),
        }
    }
}

/// The `label` stage with its networks.
pub struct LabelScenes {
    config: Config,
    networks: Arc<Networks>,
}

impl LabelScenes {
    /// Opens the networks and reads the list, once for all videos.
    ///
    /// # Errors
    /// [`OpenError`] if a setting is at fault or a network cannot be opened.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, OpenError> {
        config.validate()?;
        Ok(Self {
            networks: Arc::new(Networks::open(engine, &config)?),
            config,
        })
    }

    /// The opened networks, for people who ask what they run on.
    #[must_use]
    pub fn networks(&self) -> [&Model; 3] {
        self.networks.models()
    }
}

impl Stage for LabelScenes {
    type Input = LabelInput;
    type Output = Labelled;
    const NAME: StageName = StageName::Label;

    async fn run(&self, input: LabelInput, context: &StageContext) -> Result<Labelled, StageError> {
        let showing = Showing {
            set: &input.decoded.frames,
            choose: tracking::evenly,
            most: self.config.max_frames,
            at_once: self.config.batch_frames,
        };
        let (making, looking) = (self.networks.clone(), self.networks.clone());
        let prepare =
            move |pictures: &[RgbPicture]| making.prepare(pictures).map_err(StageError::rejected);
        let look = move |prepared: Prepared| Ok(looking.look(prepared)?);
        let frames = show(showing, context, prepare, look).await?;
        let scene = Scene {
            method: self.networks.method(),
            models: self.models(),
            embedder: self.networks.embedder(),
            candidates: self.config.candidates.clone(),
            threshold: self.config.threshold,
            per_frame: self.config.per_frame,
            sample_frames: self.config.sample_frames,
        };
        let (labels, embeddings) = labels(frames, &scene);
        let packed = rmp_serde::to_vec_named(&embeddings).map_err(StageError::rejected)?;
        Ok(Labelled {
            label_count: u32::try_from(labels.labels.len()).unwrap_or(u32::MAX),
            labels: context.store_json(LABELS_FILE, &labels).await?,
            embeddings: context.store(EMBEDDINGS_FILE, packed.into()).await?,
        })
    }

    fn models(&self) -> Vec<ModelStamp> {
        self.networks
            .models()
            .into_iter()
            .map(Model::stamp)
            .collect()
    }
}
