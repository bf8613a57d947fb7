#![doc = include_str!("../README.md")]

pub mod compute;
mod config;
mod look;
mod networks;
mod recognise;

pub use compute::BodyModel;
pub use config::{
    BodyConfig, Config, DistanceConfig, EffortConfig, FaceConfig, GazeConfig, HandConfig,
    IdentityConfig, InvalidConfig,
};
pub use networks::Networks;
pub use tracking::TrackConfig;

use compute::{Persons, Scene, Sight, link_faces};
use contracts::{
    MediaTime, StageName,
    manifest::ModelStamp,
    messages::{Detected, PeopleFound, PeopleInput, ShotsFound},
    objects::ObjectDetections,
    people::LandmarkSet,
    shots::ShotList,
};
use inference::Engine;
use stage::{Stage, StageContext, StageError};
use std::{collections::BTreeMap, sync::Arc};

/// Name of the artifact with the result.
pub const PEOPLE_FILE: &str = "people.json";
/// Name of the artifact with all points.
pub const LANDMARKS_FILE: &str = "landmarks.msgpack";

const NO_PERSONS: &str = "bodies are described person by person, and stage detect left no output";
const NO_RE_IDENTIFICATION: &str = "faces that return are not recognised: people.identity.enabled is \
                                    off";

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// A network cannot be opened.
    #[error("cannot open the networks for people")]
    Model(#[from] inference::Error),
}

/// The `people` stage with its networks.
pub struct People {
    config: Config,
    networks: Arc<Networks>,
}

impl People {
    /// Opens the networks, once for all videos; they have answered their golden samples then.
    ///
    /// # Errors
    /// [`OpenError`] if a setting is at fault or a network cannot be opened.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, OpenError> {
        config.validate()?;
        let networks = Arc::new(Networks::open(engine, &config)?);
        Ok(Self { config, networks })
    }

    /// The opened networks, for people who ask what they run on.
    #[must_use]
    pub fn networks(&self) -> &Networks {
        &self.networks
    }

    fn scene(&self, input: &PeopleInput) -> Scene {
        let video = &input.decoded.probe.video;
        let bodies = input.objects.is_some() || self.networks.find_persons();
        let mut unmeasured = BTreeMap::new();
        if !self.networks.recognise() {
            unmeasured.insert("re_identified".into(), NO_RE_IDENTIFICATION.into());
        }
        if !bodies {
            unmeasured.insert("poses".into(), NO_PERSONS.into());
        }
        Scene {
            size: (video.width, video.height),
            models: self.networks.stamps(),
            bodies,
            identities: self.networks.recognise(),
            unmeasured,
        }
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

async fn persons(
    objects: Option<&Detected>,
    context: &StageContext,
) -> Result<Persons, StageError> {
    let Some(detected) = objects else {
        return Ok(Persons::default());
    };
    let objects: ObjectDetections = context.load_json(&detected.objects).await?;
    Ok(Persons::among(&objects))
}

fn packed(landmarks: &LandmarkSet) -> Result<Vec<u8>, StageError> {
    rmp_serde::to_vec_named(landmarks).map_err(StageError::rejected)
}

impl Stage for People {
    type Input = PeopleInput;
    type Output = PeopleFound;
    const NAME: StageName = StageName::People;

    async fn run(
        &self,
        input: PeopleInput,
        context: &StageContext,
    ) -> Result<PeopleFound, StageError> {
        let scene = self.scene(&input);
        let boundaries = boundaries(input.shots.as_ref(), context).await?;
        let persons = persons(input.objects.as_ref(), context).await?;
        let frames = &input.decoded.frames;
        let sights: Vec<Sight> = self.look(frames, &persons, context).await?;
        let linked = link_faces(&sights, boundaries.as_deref(), &self.config.tracks);
        let faces = self.recognise(linked, &sights, frames, context).await?;
        let config = self.config.clone();
        let (people, landmarks) = context
            .blocking(move || {
                let (people, landmarks) = compute::people(&sights, &faces, &scene, &config);
                Ok((people, packed(&landmarks)?))
            })
            .await?;
        Ok(PeopleFound {
            people: context.store_json(PEOPLE_FILE, &people).await?,
            landmarks: context.store(LANDMARKS_FILE, landmarks.into()).await?,
            face_count: people.metadata.faces_detected,
            face_track_count: u32::try_from(people.face_tracks.len()).unwrap_or(u32::MAX),
        })
    }

    fn models(&self) -> Vec<ModelStamp> {
        self.networks.stamps()
    }
}
