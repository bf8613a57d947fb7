//! The mesh of 478 points on a face, and the blendshapes read from it: the networks of MediaPipe's
//! face landmarker.

use super::{
    Error,
    answers::{probability, single, solid, values},
    gaze::{self, Eye, GazeRule, Look, Unread},
    head,
};
use contracts::people::{BLENDSHAPES, HeadPose};
use inference::{NamedTensor, Tensor, image::Crop};
use ndarray::{ArrayD, IxDyn};

/// Name of the mesh network in `deploy/models.toml`.
pub const MODEL: &str = "face-mesh";
/// Name of its input.
pub const INPUT: &str = "input_12";
/// Side of the square it looks at, in pixels.
pub const SIDE: u32 = 256;
/// Name of the blendshape network in `deploy/models.toml`.
pub const BLENDSHAPE_MODEL: &str = "blendshapes";
/// Name of its input.
pub const BLENDSHAPE_INPUT: &str = "serving_default_input_points:0";
const BLENDSHAPE_OUTPUT: &str = "StatefulPartitionedCall:0";
const POINTS_OUTPUT: &str = "Identity";
const PRESENCE_OUTPUT: &str = "Identity_1";
/// Points of the mesh: 468 of the face, 5 of each iris.
pub const POINTS: usize = 478;

/// The points of the mesh the blendshape network looks at (MediaPipe,
/// `face_blendshapes_graph.cc`).
#[rustfmt::skip]
const BLENDSHAPE_POINTS: [usize; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65,
    66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136,
    144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172,
    173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283,
    284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324,
    332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385,
    386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472,
    473, 474, 475, 476, 477,
];

/// What the mesh network says of one crop.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// Probability (0–1) of there being a face to lay the mesh on.
    pub presence: f64,
    /// The points: x to the right and y down in pixels of the picture, z in the same unit, smaller
    /// being nearer to the camera.
    pub points: Vec<[f64; 3]>,
}

/// Reads the answer of the mesh network to what `crop` shows.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read(answer: &[NamedTensor], crop: &Crop) -> Result<Mesh, Error> {
    let (points, _) = values(answer, POINTS_OUTPUT, 3 * POINTS)?.as_chunks::<3>();
    Ok(Mesh {
        presence: probability(single(answer, PRESENCE_OUTPUT)?),
        points: points.iter().map(|point| solid(*point, crop)).collect(),
    })
}

impl Mesh {
    /// What the blendshape network looks at: some of the points, in pixels of the picture.
    ///
    /// # Errors
    /// [`Error::Answer`] if the mesh has too few points.
    pub fn blendshape_tensor(&self) -> Result<Tensor, Error> {
        let mut data = Vec::with_capacity(2 * BLENDSHAPE_POINTS.len());
        for at in BLENDSHAPE_POINTS {
            let few = || Error::Answer(format!("{} points in a mesh", self.points.len()));
            let [x, y, _] = self.points.get(at).ok_or_else(few)?;
            data.extend([*x as f32, *y as f32]);
        }
        let shape = IxDyn(&[1, BLENDSHAPE_POINTS.len(), 2]);
        let array = ArrayD::from_shape_vec(shape, data);
        array
            .map(Tensor::F32)
            .map_err(|error| Error::Answer(error.to_string()))
    }

    /// How the head is turned; `None` if the points lie in a plane.
    #[must_use]
    pub fn head_pose(&self) -> Option<HeadPose> {
        head::pose(&self.points)
    }

    /// Where the face looks.
    ///
    /// # Errors
    /// [`Unread`] if the eyes cannot be read.
    pub fn gaze(&self, rule: &GazeRule) -> Result<Look, Unread> {
        let eyes = Eye::both(&self.points).ok_or(Unread::EyesTooSmall)?;
        gaze::read(&eyes, self.head_pose().as_ref(), rule)
    }
}

/// Reads the answer of the blendshape network: coefficients from 0 to 1.
///
/// # Errors
/// [`Error::Answer`] if the tensors are not those of the network.
pub fn read_blendshapes(answer: &[NamedTensor]) -> Result<Vec<f32>, Error> {
    let found = values(answer, BLENDSHAPE_OUTPUT, BLENDSHAPES.len())?;
    Ok(found.iter().map(|value| value.clamp(0.0, 1.0)).collect())
}
