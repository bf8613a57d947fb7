//! From tensors to people: values in, values out.

pub mod answers;
mod assemble;
pub mod bodies;
mod distance;
pub mod doubles;
pub mod faces;
pub mod gaze;
pub mod hands;
pub mod head;
pub mod identity;
pub mod mesh;
pub mod palms;
mod persons;
mod publish;
pub mod squares;

pub use assemble::{Scene, Tracks, link_faces, people};
pub use bodies::BodyModel;
pub use distance::{DistanceRule, camera_distance};
pub use gaze::GazeRule;
pub use identity::IdentityRule;
pub(crate) use persons::same;
pub use persons::{Person, Persons};

use bodies::FoundBody;
use contracts::{
    MediaTime,
    people::{GestureKind, LeftOut},
};
use faces::FoundFace;
use hands::FoundHand;
use mesh::Mesh;

/// Why the answer of a network cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A picture could not be brought into the network's form.
    #[error("picture does not fit the network")]
    Picture(#[from] inference::Error),
    /// The tensors are not those of the network.
    #[error("network answered with {0}; fetch the models again")]
    Answer(String),
}

/// What came of the attempt to lay a mesh on a face.
#[derive(Debug, Clone, PartialEq)]
pub enum MeshOutcome {
    /// It lies there.
    Laid {
        /// The mesh.
        mesh: Mesh,
        /// The coefficients of its blendshapes.
        blendshapes: Vec<f32>,
    },
    /// The network sees no face it can lay the mesh on, and gives one this probability (0–1).
    Refused(f64),
    /// The face has too few pixels.
    TooSmall,
    /// The frame has more faces than meshes are laid on.
    BeyondLimit,
}

/// One face and its mesh.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenFace {
    /// The face.
    pub face: FoundFace,
    /// Its mesh.
    pub mesh: MeshOutcome,
}

/// One body and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenBody {
    /// The body.
    pub body: FoundBody,
    /// Object track of the person.
    pub person_id: Option<String>,
}

/// One hand and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenHand {
    /// The hand.
    pub hand: FoundHand,
    /// Its most probable gesture with the probability (0–1), if that is one.
    pub gesture: Option<(GestureKind, f64)>,
}

/// Everything seen in one frame; each list by falling area.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// When the frame is shown.
    pub time: MediaTime,
    /// Position of the frame among all decoded frames.
    pub number: u64,
    /// Width and height of the picture that was looked at, in pixels.
    pub size: (u32, u32),
    /// Persons; `None` if they were not looked for.
    pub persons: Option<Vec<Person>>,
    /// Faces.
    pub faces: Vec<SeenFace>,
    /// Bodies; `None` if they were not looked for.
    pub bodies: Option<Vec<SeenBody>>,
    /// Hands.
    pub hands: Vec<SeenHand>,
    /// What limits left out.
    pub left_out: LeftOut,
}
