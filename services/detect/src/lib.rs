#![doc = include_str!("../README.md")]

pub mod compute;
mod config;
mod look;

pub use compute::Detector;
pub use config::{Config, EffortConfig, InvalidConfig};
pub use tracking::TrackConfig;

use compute::{Frame, Scene, Thinning};
use contracts::{
    MediaTime, StageName,
    manifest::ModelStamp,
    messages::{DetectInput, Detected, ShotsFound},
    shots::ShotList,
};
use inference::{Engine, Model};
use stage::{Stage, StageContext, StageError};

/// Name of the artifact this stage stores.
pub const OBJECTS_FILE: &str = "objects.json";

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// The model cannot be opened.
    #[error("cannot open the object detector")]
    Model(#[from] inference::Error),
}

/// The `detect` stage with its model.
pub struct Detect {
    config: Config,
    detector: Detector,
    model: Model,
}

impl Detect {
    /// Opens the model, once for all videos; it has answered its golden sample then.
    ///
    /// Without a model in the settings, this is the best one that the engine's model set allows.
    ///
    /// # Errors
    /// [`OpenError`] if a setting is at fault or the model cannot be opened.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, OpenError> {
        config.validate()?;
        let (detector, model) = match config.model {
            Some(detector) => (detector, engine.load(detector.name())?),
            None => best_allowed(engine)?,
        };
        Ok(Self {
            config,
            detector,
            model,
        })
    }

    /// The model in use.
    #[must_use]
    pub fn detector(&self) -> Detector {
        self.detector
    }

    /// The opened model, for people who ask what it runs on.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    fn confidence(&self) -> f64 {
        let default = self.detector.default_confidence();
        self.config.confidence.unwrap_or(default)
    }

    fn thinning(&self) -> Thinning {
        Thinning {
            confidence: self.confidence(),
            most: self.config.effort.max_detections,
        }
    }
}

fn best_allowed(engine: &Engine) -> Result<(Detector, Model), inference::Error> {
    match engine.load(Detector::Yolo11n.name()) {
        Ok(model) => Ok((Detector::Yolo11n, model)),
        Err(inference::Error::NotInSet { .. }) => {
            let detector = Detector::CocoSsd;
            Ok((detector, engine.load(detector.name())?))
        }
        Err(error) => Err(error),
    }
}

async fn boundaries(
    shots: Option<&ShotsFound>,
    context: &StageContext,
) -> Result<Option<Vec<MediaTime>>, StageError> {
    let Some(found) = shots else {
        return Ok(None);
    };
    let list: ShotList = context.load_json(&found.shots).await?;
    let times = list.scene_changes.into_iter().map(MediaTime::from_seconds);
    Ok(Some(times.collect()))
}

impl Stage for Detect {
    type Input = DetectInput;
    type Output = Detected;
    const NAME: StageName = StageName::Detect;

    async fn run(
        &self,
        input: DetectInput,
        context: &StageContext,
    ) -> Result<Detected, StageError> {
        let video = &input.decoded.probe.video;
        let scene = Scene {
            size: (video.width, video.height),
            boundaries: boundaries(input.shots.as_ref(), context).await?,
            model: self.model.stamp(),
            confidence: self.confidence(),
        };
        let frames: Vec<Frame> = self.look(&input.decoded.frames, context).await?;
        let config = self.config.tracks.clone();
        let objects = context
            .blocking(move || Ok(compute::objects(frames, &scene, &config)))
            .await?;
        Ok(Detected {
            objects: context.store_json(OBJECTS_FILE, &objects).await?,
            detection_count: objects.metadata.objects_detected,
            track_count: objects.metadata.total_tracks,
        })
    }

    fn models(&self) -> Vec<ModelStamp> {
        vec![self.model.stamp()]
    }
}
