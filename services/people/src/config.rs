//! What the search for people may be told.

use crate::compute::{BodyModel, DistanceRule, GazeRule, IdentityRule, gaze::REST_ABOVE_CORNERS};
use serde::Deserialize;
use tracking::TrackConfig;

/// As many as `detect` looks at, so that persons are known in every frame.
const DEFAULT_MAX_FRAMES: usize = 120;
/// Pictures made ready at once: enough to keep two cores busy, 15 MB each at 1280 × 720.
const DEFAULT_BATCH_FRAMES: usize = 4;
/// Between what is certain (0.8 and more, even at twenty pixels) and blurred backgrounds (0.67).
const DEFAULT_FACE_CONFIDENCE: f64 = 0.7;
const DEFAULT_MAX_FACES: usize = 50;
const DEFAULT_MAX_MESHES: usize = 5;
const DEFAULT_MIN_MESH_PIXELS: u32 = 32;
const DEFAULT_MAX_BODIES: usize = 5;
const DEFAULT_PALM_CONFIDENCE: f64 = 0.5;
const DEFAULT_HAND_PRESENCE: f64 = 0.5;
const DEFAULT_GESTURE_CONFIDENCE: f64 = 0.5;
const DEFAULT_MAX_HANDS: usize = 4;
/// The sine of 22 degrees in eye widths: eyes turned by half as much count half.
const DEFAULT_CONTACT_LIMIT: f64 = 0.15;
/// The mesh places an iris to about a pixel.
const DEFAULT_MIN_EYE_PIXELS: f64 = 16.0;
const DEFAULT_MIN_EYE_OPENNESS: f64 = 0.15;
/// No two people of the forty groups of four pictures that it was measured on are so alike, and no
/// one of them is less alike; `docs/accuracy/tracking.md` has the figures.
const DEFAULT_LIKENESS: f64 = 0.82;
const DEFAULT_MAX_DESCRIBED_TRACKS: usize = 40;
const DEFAULT_FACES_PER_TRACK: usize = 5;
/// Faces of this size are told apart as well as larger ones.
const DEFAULT_MIN_DESCRIBED_PIXELS: u32 = 48;
const DEFAULT_CLOSE_FACE: f64 = 0.25;
const DEFAULT_MEDIUM_FACE: f64 = 0.08;
const DEFAULT_CLOSE_PERSON: f64 = 0.6;
const DEFAULT_MEDIUM_PERSON: f64 = 0.25;

/// Settings of the `people` stage.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How much work is done.
    pub effort: EffortConfig,
    /// Faces and their meshes.
    pub faces: FaceConfig,
    /// Bodies.
    pub bodies: BodyConfig,
    /// Hands and gestures.
    pub hands: HandConfig,
    /// Where faces look.
    pub gaze: GazeConfig,
    /// How near the camera is.
    pub distance: DistanceConfig,
    /// How faces are linked.
    pub tracks: TrackConfig,
    /// How faces that return are recognised.
    pub identity: IdentityConfig,
}

/// How much work is done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EffortConfig {
    /// Most frames looked at in one video. Bodies need persons, and those are known in the frames
    /// that `detect` looks at.
    pub max_frames: usize,
    /// Frames made ready at once.
    pub batch_frames: usize,
}

impl Default for EffortConfig {
    fn default() -> Self {
        Self {
            max_frames: DEFAULT_MAX_FRAMES,
            batch_frames: DEFAULT_BATCH_FRAMES,
        }
    }
}

/// Faces and their meshes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaceConfig {
    /// Lowest confidence reported, 0–1.
    pub confidence: f64,
    /// Most faces listed in one frame.
    pub max_faces: usize,
    /// Most faces of one frame that get a mesh.
    pub max_meshes: usize,
    /// Least side of a face that gets a mesh, in pixels.
    pub min_mesh_pixels: u32,
}

impl Default for FaceConfig {
    fn default() -> Self {
        Self {
            confidence: DEFAULT_FACE_CONFIDENCE,
            max_faces: DEFAULT_MAX_FACES,
            max_meshes: DEFAULT_MAX_MESHES,
            min_mesh_pixels: DEFAULT_MIN_MESH_PIXELS,
        }
    }
}

/// Bodies.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BodyConfig {
    /// Which network; the best one the engine's model set allows if none is named.
    pub model: Option<BodyModel>,
    /// Lowest confidence reported, 0–1; the network's own if none is named.
    pub confidence: Option<f64>,
    /// Most persons of one frame whose body is described.
    pub max_bodies: usize,
}

impl Default for BodyConfig {
    fn default() -> Self {
        Self {
            model: None,
            confidence: None,
            max_bodies: DEFAULT_MAX_BODIES,
        }
    }
}

/// Hands and gestures.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandConfig {
    /// Lowest confidence of a palm that is looked at, 0–1.
    pub palm_confidence: f64,
    /// Lowest probability of a hand that is reported, 0–1.
    pub presence: f64,
    /// Lowest probability of a gesture that is reported, 0–1.
    pub gesture_confidence: f64,
    /// Most hands of one frame that are looked at.
    pub max_hands: usize,
    /// Whether videos are mirror images, as some phones store selfies; left and right hands are
    /// exchanged then.
    pub mirrored: bool,
}

impl Default for HandConfig {
    fn default() -> Self {
        Self {
            palm_confidence: DEFAULT_PALM_CONFIDENCE,
            presence: DEFAULT_HAND_PRESENCE,
            gesture_confidence: DEFAULT_GESTURE_CONFIDENCE,
            max_hands: DEFAULT_MAX_HANDS,
            mirrored: false,
        }
    }
}

/// Where faces look.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GazeConfig {
    /// Offset of the irises at which eye contact ends, in eye widths.
    pub contact_limit: f64,
    /// Least width of an eye that is read, in pixels.
    pub min_eye_pixels: f64,
    /// Least opening of an eye that is read, in eye widths.
    pub min_eye_openness: f64,
}

impl Default for GazeConfig {
    fn default() -> Self {
        Self {
            contact_limit: DEFAULT_CONTACT_LIMIT,
            min_eye_pixels: DEFAULT_MIN_EYE_PIXELS,
            min_eye_openness: DEFAULT_MIN_EYE_OPENNESS,
        }
    }
}

/// How near the camera is, by the share of the picture's area that a box takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DistanceConfig {
    /// Share of the largest face above which the camera is close, 0–1.
    pub close_face: f64,
    /// Share of the largest face above which it is at medium distance, 0–1.
    pub medium_face: f64,
    /// Share of the largest person above which the camera is close, 0–1; counts without faces.
    pub close_person: f64,
    /// Share of the largest person above which it is at medium distance, 0–1.
    pub medium_person: f64,
}

impl Default for DistanceConfig {
    fn default() -> Self {
        Self {
            close_face: DEFAULT_CLOSE_FACE,
            medium_face: DEFAULT_MEDIUM_FACE,
            close_person: DEFAULT_CLOSE_PERSON,
            medium_person: DEFAULT_MEDIUM_PERSON,
        }
    }
}

/// How faces that return within one video are recognised. Nothing about them is kept beyond the
/// number of the identity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {
    /// Whether they are at all.
    pub enabled: bool,
    /// Least likeness of two tracks of one face, 0–1.
    pub likeness: f64,
    /// Most tracks of one video that are compared, the longest first.
    pub max_tracks: usize,
    /// Most pictures of one track that are looked at.
    pub faces_per_track: usize,
    /// Least longer side of a face that is looked at, in pixels.
    pub min_face_pixels: u32,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            likeness: DEFAULT_LIKENESS,
            max_tracks: DEFAULT_MAX_DESCRIBED_TRACKS,
            faces_per_track: DEFAULT_FACES_PER_TRACK,
            min_face_pixels: DEFAULT_MIN_DESCRIBED_PIXELS,
        }
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting people.{key} {rule}")]
pub struct InvalidConfig {
    key: String,
    rule: &'static str,
}

const SHARE: &str = "must be above 0 and at most 1";
const POSITIVE: &str = "must be above 0";

fn share(value: f64) -> bool {
    value > 0.0 && value <= 1.0
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the first setting at fault and its rule.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let broken = self
            .counts()
            .into_iter()
            .chain(self.shares())
            .find(|(_, holds, _)| !holds);
        if let Some((key, _, rule)) = broken {
            let key = key.into();
            return Err(InvalidConfig { key, rule });
        }
        match self.tracks.fault() {
            Some(fault) => Err(InvalidConfig {
                key: format!("tracks.{}", fault.key),
                rule: fault.rule,
            }),
            None => Ok(()),
        }
    }

    fn counts(&self) -> Vec<(&'static str, bool, &'static str)> {
        let few = |count: usize| (1..=100).contains(&count);
        const FEW: &str = "must be from 1 to 100";
        vec![
            ("effort.max_frames", self.effort.max_frames > 0, POSITIVE),
            ("effort.batch_frames", few(self.effort.batch_frames), FEW),
            ("faces.max_faces", few(self.faces.max_faces), FEW),
            ("faces.max_meshes", few(self.faces.max_meshes), FEW),
            ("bodies.max_bodies", few(self.bodies.max_bodies), FEW),
            ("hands.max_hands", few(self.hands.max_hands), FEW),
            ("identity.max_tracks", few(self.identity.max_tracks), FEW),
            (
                "identity.faces_per_track",
                few(self.identity.faces_per_track),
                FEW,
            ),
        ]
    }

    fn shares(&self) -> Vec<(&'static str, bool, &'static str)> {
        let (hands, gaze, distance) = (&self.hands, &self.gaze, &self.distance);
        const BELOW: &str = "must be below the one for close";
        let extent = |value: f64| value.is_finite() && value >= 0.0;
        const EXTENT: &str = "must be 0 or more";
        let confidence = self.bodies.confidence.is_none_or(share);
        let medium_face = distance.medium_face < distance.close_face;
        let medium_person = distance.medium_person < distance.close_person;
        vec![
            ("faces.confidence", share(self.faces.confidence), SHARE),
            ("bodies.confidence", confidence, SHARE),
            ("hands.palm_confidence", share(hands.palm_confidence), SHARE),
            ("hands.presence", share(hands.presence), SHARE),
            (
                "hands.gesture_confidence",
                share(hands.gesture_confidence),
                SHARE,
            ),
            ("identity.likeness", share(self.identity.likeness), SHARE),
            ("gaze.contact_limit", share(gaze.contact_limit), SHARE),
            ("gaze.min_eye_pixels", extent(gaze.min_eye_pixels), EXTENT),
            (
                "gaze.min_eye_openness",
                extent(gaze.min_eye_openness),
                EXTENT,
            ),
            ("distance.close_face", share(distance.close_face), SHARE),
            ("distance.close_person", share(distance.close_person), SHARE),
            ("distance.medium_face", share(distance.medium_face), SHARE),
            (
                "distance.medium_person",
                share(distance.medium_person),
                SHARE,
            ),
            ("distance.medium_face", medium_face, BELOW),
            ("distance.medium_person", medium_person, BELOW),
        ]
    }

    /// When eyes can be read, and what counts as eye contact.
    #[must_use]
    pub fn gaze_rule(&self) -> GazeRule {
        GazeRule {
            limit: self.gaze.contact_limit,
            rest: (0.0, -REST_ABOVE_CORNERS),
            least_width: self.gaze.min_eye_pixels,
            least_openness: self.gaze.min_eye_openness,
        }
    }

    /// What counts as one face.
    #[must_use]
    pub fn identity_rule(&self) -> IdentityRule {
        let identity = &self.identity;
        IdentityRule {
            likeness: identity.likeness,
            max_tracks: identity.max_tracks,
            faces_per_track: identity.faces_per_track,
            least_pixels: identity.min_face_pixels as f32,
        }
    }

    /// What counts as near.
    #[must_use]
    pub fn distance_rule(&self) -> DistanceRule {
        let distance = &self.distance;
        DistanceRule {
            face: (distance.close_face, distance.medium_face),
            person: (distance.close_person, distance.medium_person),
        }
    }
}
