//! The networks, and what they see in one picture: each chain of them for itself.

use crate::{
    compute::{
        BodyModel, Error, MeshOutcome, Person, SeenBody, SeenFace, SeenHand,
        bodies::{self, FoundBody},
        doubles::{largest_first, without_doubles},
        faces::{self, FoundFace},
        hands,
        identity::{self, Description},
        mesh, palms, same,
        squares::mediapipe_tensor,
    },
    config::Config,
};
use contracts::manifest::ModelStamp;
use inference::{
    Engine, ErrorClass, Model, Tensor,
    image::{self, Crop, Letterbox, Outside},
};
use media::RgbPicture;
use stage::StageError;

/// Intersection over union above which two hands are one: palms may be found twice.
const SAME_HAND_OVERLAP: f64 = 0.5;

/// A picture in the form of one network, and where it lies in it.
pub(crate) type Placed = (Tensor, Letterbox);

/// All networks of the stage.
pub struct Networks {
    faces: Model,
    mesh: Model,
    blendshapes: Model,
    palms: Model,
    hands: Model,
    embedder: Model,
    classifier: Model,
    body: Model,
    body_model: BodyModel,
    /// Faces are recognised with it; `None` if the settings forbid it.
    describer: Option<Model>,
}

/// Faces of one picture, and how many more there were than are listed or get a mesh.
pub(crate) struct FacesSeen {
    pub(crate) faces: Vec<SeenFace>,
    pub(crate) left_out: u32,
    pub(crate) without_mesh: u32,
}

/// Things seen in one picture, and how many more there were.
pub(crate) struct Seen<T> {
    pub(crate) found: Vec<T>,
    pub(crate) left_out: u32,
}

impl Networks {
    /// Opens all of them. Without a name in the settings, bodies are described by the best network
    /// that the engine's model set allows.
    ///
    /// # Errors
    /// [`inference::Error`] if one cannot be opened.
    pub fn open(engine: &Engine, config: &Config) -> Result<Self, inference::Error> {
        let (body_model, body) = match config.bodies.model {
            Some(model) => (model, engine.load(model.name())?),
            None => best_allowed(engine)?,
        };
        let describer = config.identity.enabled;
        Ok(Self {
            faces: engine.load(faces::MODEL)?,
            mesh: engine.load(mesh::MODEL)?,
            blendshapes: engine.load(mesh::BLENDSHAPE_MODEL)?,
            palms: engine.load(palms::MODEL)?,
            hands: engine.load(hands::MODEL)?,
            embedder: engine.load(hands::EMBEDDER_MODEL)?,
            classifier: engine.load(hands::CLASSIFIER_MODEL)?,
            body,
            body_model,
            describer: describer
                .then(|| engine.load(identity::MODEL))
                .transpose()?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Model> {
        let always = [
            &self.faces,
            &self.mesh,
            &self.blendshapes,
            &self.palms,
            &self.hands,
            &self.embedder,
            &self.classifier,
            &self.body,
        ];
        always.into_iter().chain(&self.describer)
    }

    /// Names and digests of the weights, for results.
    #[must_use]
    pub fn stamps(&self) -> Vec<ModelStamp> {
        self.all().map(Model::stamp).collect()
    }

    /// The network that describes bodies.
    #[must_use]
    pub fn body_model(&self) -> BodyModel {
        self.body_model
    }

    /// Whether bodies are found without persons being known.
    pub(crate) fn find_persons(&self) -> bool {
        self.body_model == BodyModel::Yolo11nPose
    }

    /// Whether faces that return are recognised.
    pub(crate) fn recognise(&self) -> bool {
        self.describer.is_some()
    }

    /// What a face looks like; `None` if faces are not to be recognised, or it looks like nothing.
    pub(crate) fn describe(
        &self,
        picture: &RgbPicture,
        face: &FoundFace,
    ) -> Result<Option<Description>, StageError> {
        let Some(describer) = &self.describer else {
            return Ok(None);
        };
        let pixels = identity::cut(picture, face).map_err(unreadable)?;
        let tensor = identity::tensor(pixels).map_err(unreadable)?;
        let answer = describer.run(vec![(identity::INPUT, tensor)]);
        Description::read(&answer.map_err(failed)?).map_err(unreadable)
    }

    /// Faces, their meshes and blendshapes.
    pub(crate) fn faces_in(
        &self,
        picture: &RgbPicture,
        (tensor, place): Placed,
        config: &Config,
    ) -> Result<FacesSeen, StageError> {
        let answer = self.faces.run(vec![(faces::INPUT, tensor)]);
        let answer = answer.map_err(failed)?;
        let mut found =
            faces::read(&answer, &place, config.faces.confidence).map_err(unreadable)?;
        let left_out = beyond(&mut found, config.faces.max_faces);
        let mut seen = FacesSeen {
            faces: Vec::with_capacity(found.len()),
            left_out,
            without_mesh: 0,
        };
        for (at, face) in found.into_iter().enumerate() {
            let mesh = if face.side() < config.faces.min_mesh_pixels as f32 {
                MeshOutcome::TooSmall
            } else if at >= config.faces.max_meshes {
                seen.without_mesh += 1;
                MeshOutcome::BeyondLimit
            } else {
                self.mesh_on(picture, &face)?
            };
            seen.faces.push(SeenFace { face, mesh });
        }
        Ok(seen)
    }

    fn mesh_on(&self, picture: &RgbPicture, face: &FoundFace) -> Result<MeshOutcome, StageError> {
        let Ok(crop) = face.mesh_crop() else {
            return Ok(MeshOutcome::TooSmall);
        };
        let tensor = cut(picture, &crop)?;
        let answer = self.mesh.run(vec![(mesh::INPUT, tensor)]).map_err(failed)?;
        let mesh = mesh::read(&answer, &crop).map_err(unreadable)?;
        if mesh.presence <= 0.5 {
            return Ok(MeshOutcome::Refused(mesh.presence));
        }
        let tensor = mesh.blendshape_tensor().map_err(unreadable)?;
        let answer = self.blendshapes.run(vec![(mesh::BLENDSHAPE_INPUT, tensor)]);
        let answer = answer.map_err(failed)?;
        let blendshapes = mesh::read_blendshapes(&answer).map_err(unreadable)?;
        Ok(MeshOutcome::Laid { mesh, blendshapes })
    }

    /// Hands and what they say.
    pub(crate) fn hands_in(
        &self,
        picture: &RgbPicture,
        (tensor, place): Placed,
        config: &Config,
    ) -> Result<Seen<SeenHand>, StageError> {
        let config = &config.hands;
        let answer = self.palms.run(vec![(palms::INPUT, tensor)]);
        let answer = answer.map_err(failed)?;
        let mut palms = palms::read(&answer, &place, config.palm_confidence).map_err(unreadable)?;
        let left_out = beyond(&mut palms, config.max_hands);
        let mut found = Vec::with_capacity(palms.len());
        for palm in palms {
            let tensor = cut(picture, &palm.hand)?;
            let answer = self.hands.run(vec![(hands::INPUT, tensor)]);
            let hand = hands::read(&answer.map_err(failed)?, &palm.hand).map_err(unreadable)?;
            if hand.presence >= config.presence {
                found.push(hand);
            }
        }
        let mut found = without_doubles(found, SAME_HAND_OVERLAP);
        largest_first(&mut found);
        let named = found.into_iter().map(|hand| {
            let gesture = self.gesture_of(&hand)?;
            Ok(SeenHand { hand, gesture })
        });
        Ok(Seen {
            found: named.collect::<Result<_, StageError>>()?,
            left_out,
        })
    }

    fn gesture_of(
        &self,
        hand: &hands::FoundHand,
    ) -> Result<Option<(contracts::people::GestureKind, f64)>, StageError> {
        let inputs = hand.embedder_inputs().map_err(unreadable)?;
        let answer = self.embedder.run(inputs).map_err(failed)?;
        let tensor = hands::classifier_tensor(&answer).map_err(unreadable)?;
        let answer = self.classifier.run(vec![(hands::CLASSIFIER_INPUT, tensor)]);
        hands::read_gesture(&answer.map_err(failed)?).map_err(unreadable)
    }

    /// Bodies; `None` if persons are needed and not known.
    pub(crate) fn bodies_in(
        &self,
        picture: &RgbPicture,
        whole: Option<Placed>,
        persons: Option<&[Person]>,
        config: &Config,
    ) -> Result<Option<Seen<SeenBody>>, StageError> {
        let default = self.body_model.default_confidence();
        let confidence = config.bodies.confidence.unwrap_or(default);
        let most = config.bodies.max_bodies;
        match (whole, persons) {
            (Some(placed), persons) => {
                let persons = persons.unwrap_or_default();
                self.bodies_of_all(placed, persons, confidence, most)
                    .map(Some)
            }
            (None, Some(persons)) => self
                .bodies_of_each(picture, persons, confidence, most)
                .map(Some),
            (None, None) => Ok(None),
        }
    }

    fn bodies_of_all(
        &self,
        (tensor, place): Placed,
        persons: &[Person],
        confidence: f64,
        most: usize,
    ) -> Result<Seen<SeenBody>, StageError> {
        let answer = self.body.run(vec![(bodies::YOLO_INPUT, tensor)]);
        let mut found =
            bodies::read_yolo(&answer.map_err(failed)?, &place, confidence).map_err(unreadable)?;
        let left_out = beyond(&mut found, most);
        let owned = |body: FoundBody| SeenBody {
            person_id: same(persons, body.bbox).and_then(|person| person.track_id.clone()),
            body,
        };
        Ok(Seen {
            found: found.into_iter().map(owned).collect(),
            left_out,
        })
    }

    fn bodies_of_each(
        &self,
        picture: &RgbPicture,
        persons: &[Person],
        confidence: f64,
        most: usize,
    ) -> Result<Seen<SeenBody>, StageError> {
        let mut found = Vec::new();
        for person in persons.iter().take(most) {
            let size = (picture.width, picture.height);
            let Ok(crop) = bodies::person_crop(person.bbox, size) else {
                continue;
            };
            let tensor = cut(picture, &crop)?;
            let answer = self.body.run(vec![(bodies::BLAZEPOSE_INPUT, tensor)]);
            let answer = answer.map_err(failed)?;
            let body = bodies::read_blazepose(&answer, &crop, person.bbox).map_err(unreadable)?;
            if body.confidence >= confidence {
                let person_id = person.track_id.clone();
                found.push(SeenBody { body, person_id });
            }
        }
        let left_out = u32::try_from(persons.len().saturating_sub(most)).unwrap_or(u32::MAX);
        Ok(Seen { found, left_out })
    }
}

/// What a crop shows, in the form of MediaPipe's networks.
fn cut(picture: &RgbPicture, crop: &Crop) -> Result<Tensor, StageError> {
    let size = (picture.width, picture.height);
    let pixels = image::crop(&picture.data, size, crop, Outside::Black).map_err(failed)?;
    mediapipe_tensor(pixels, crop.pixels().0).map_err(unreadable)
}

/// Cuts a list to its first `most`; how many were cut.
fn beyond<T>(found: &mut Vec<T>, most: usize) -> u32 {
    let left_out = found.len().saturating_sub(most);
    found.truncate(most);
    u32::try_from(left_out).unwrap_or(u32::MAX)
}

fn best_allowed(engine: &Engine) -> Result<(BodyModel, Model), inference::Error> {
    let best = BodyModel::Yolo11nPose;
    match engine.load(best.name()) {
        Ok(model) => Ok((best, model)),
        Err(inference::Error::NotInSet { .. }) => {
            let model = BodyModel::Blazepose;
            Ok((model, engine.load(model.name())?))
        }
        Err(error) => Err(error),
    }
}

fn unreadable(error: Error) -> StageError {
    StageError::rejected(error)
}

fn failed(error: inference::Error) -> StageError {
    match error.class() {
        ErrorClass::Input => StageError::rejected(error),
        ErrorClass::Environment => StageError::transient(error),
    }
}
