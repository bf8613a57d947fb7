//! People in the picture: faces, bodies, hands and where they look, as published under
//! `ml_data.mediapipe`.
//!
//! Left and right of a person are the person's own, in a picture that is not mirrored; directions
//! are those of the picture. Lists run by time, then by rank.

mod landmarks;

pub use landmarks::{BLENDSHAPES, BodyLandmarks, FaceLandmarks, HandLandmarks, LandmarkSet};

use crate::manifest::ModelStamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rectangle from its top left corner. Where it is given in shares, of width and of height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rectangle {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Horizontal extent.
    pub width: f64,
    /// Vertical extent.
    pub height: f64,
}

/// Five points of a face, each `[x, y]` as shares of the picture's width and height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FacePoints {
    /// Middle of the person's right eye.
    pub right_eye: [f64; 2],
    /// Middle of the person's left eye.
    pub left_eye: [f64; 2],
    /// Tip of the nose.
    pub nose: [f64; 2],
    /// The person's right corner of the mouth.
    pub right_mouth: [f64; 2],
    /// The person's left corner of the mouth.
    pub left_mouth: [f64; 2],
}

/// Whether the mesh of 478 points could be laid on a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeshState {
    /// It could.
    Measured,
    /// The network sees no face it can lay the mesh on: too much from the side, covered, or no
    /// face.
    NotFrontal,
    /// The face has too few pixels.
    TooSmall,
    /// The frame has more faces than meshes are laid on; the largest come first.
    BeyondLimit,
}

/// How a head is turned against the line from camera to head, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeadPose {
    /// Turned to the picture's right (positive) or left.
    pub yaw_degrees: f64,
    /// Turned up (positive) or down.
    pub pitch_degrees: f64,
    /// Tilted clockwise (positive) or counter-clockwise, as seen in the picture.
    pub roll_degrees: f64,
}

/// One face in one sampled frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Face {
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Number of faces in the frame.
    pub count: u32,
    /// Place among the faces of the frame by area, from 1, the largest.
    pub rank: u32,
    /// Its track, as `face_<n>`; `None` while no track was confirmed.
    pub track_id: Option<String>,
    /// Object track of the person it belongs to, as `obj_<n>`; `None` where none was found around
    /// it, or objects were not looked for.
    pub person_id: Option<String>,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// Where it is, in shares of the picture.
    pub bbox: Rectangle,
    /// Where it is, in pixels of the video as shown.
    pub bbox_pixels: Rectangle,
    /// Eyes, nose and mouth.
    pub points: FacePoints,
    /// Whether the mesh could be laid on it.
    pub mesh: MeshState,
    /// Number of points of the mesh, in a [`LandmarkSet`]; `None` without a mesh.
    pub landmarks: Option<u32>,
    /// Probability (0–1) the network gives to there being a face under the mesh; `None` if it was
    /// not asked.
    pub mesh_presence: Option<f64>,
    /// How the head is turned; `None` without a mesh.
    pub head_pose: Option<HeadPose>,
}

/// One face followed over time within one shot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaceTrack {
    /// `face_<n>`, numbered from 1 by first appearance.
    pub track_id: String,
    /// Whose face it is, as `identity_<n>`, numbered from 1 by first appearance within this video:
    /// tracks with the same one are of the same face. `None` if the face was not described: too
    /// small, too much from the side, in a track beyond the limit, or faces are not recognised.
    pub identity: Option<String>,
    /// Time of its first detection, in seconds.
    pub first_seen: f64,
    /// Time of its last detection, in seconds.
    pub last_seen: f64,
    /// Number of sampled frames it was detected in.
    pub frames: u32,
    /// Mean confidence of its detections, 0–1.
    pub confidence: f64,
    /// Mean share (0–1) of the picture's area that its box takes.
    pub mean_area: f64,
    /// Shot it lies in, from 1; `None` if shots are not known.
    pub scene_number: Option<u32>,
}

/// Which points a body is described by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BodyLayout {
    /// The 33 points of BlazePose.
    #[serde(rename = "blazepose_33")]
    Blazepose33,
    /// The 17 points of COCO.
    #[serde(rename = "coco_17")]
    Coco17,
}

impl BodyLayout {
    /// Number of points.
    #[must_use]
    pub const fn points(self) -> usize {
        match self {
            Self::Blazepose33 => 33,
            Self::Coco17 => 17,
        }
    }
}

/// The body of one person in one sampled frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pose {
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Place among the bodies of the frame by area of the person's box, from 1.
    pub rank: u32,
    /// Object track of the person, as `obj_<n>`; `None` if not known.
    pub person_id: Option<String>,
    /// Number of points, in a [`LandmarkSet`].
    pub landmarks: u32,
    /// Which points these are.
    pub layout: BodyLayout,
    /// Mean probability (0–1) of the points to be in the picture and not covered.
    pub visibility: f64,
    /// Number of points whose probability is above one half.
    pub visible_landmarks: u32,
    /// Probability (0–1) the network gives to there being a body.
    pub confidence: f64,
    /// The person's box, in shares of the picture.
    pub bbox: Rectangle,
    /// The person's box, in pixels of the video as shown.
    pub bbox_pixels: Rectangle,
}

/// A person's left or right.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// One hand in one sampled frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hand {
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Number of hands in the frame.
    pub count: u32,
    /// Place among the hands of the frame by area, from 1.
    pub rank: u32,
    /// Which hand, told by its shape.
    pub hand: Side,
    /// Probability (0.5–1) of that side.
    pub hand_confidence: f64,
    /// Probability (0–1) the network gives to there being a hand.
    pub confidence: f64,
    /// Number of points, in a [`LandmarkSet`].
    pub landmarks: u32,
    /// Around the points, in shares of the picture; may reach beyond its edges.
    pub bbox: Rectangle,
    /// Around the points, in pixels of the video as shown.
    pub bbox_pixels: Rectangle,
}

/// What a hand says.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GestureKind {
    /// Thumb up.
    ThumbsUp,
    /// Thumb down.
    ThumbsDown,
    /// Index and middle finger up.
    Victory,
    /// Index finger up.
    Pointing,
    /// Open palm.
    OpenPalm,
    /// Fist.
    ClosedFist,
    /// "I love you" of American Sign Language: thumb, index and little finger.
    Love,
}

/// One gesture in one sampled frame. Hands that make none are not listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gesture {
    /// Which one.
    #[serde(rename = "type")]
    pub kind: GestureKind,
    /// Probability, 0–1.
    pub confidence: f64,
    /// Which hand makes it.
    pub hand: Side,
    /// Presentation time of the frame, in whole milliseconds.
    pub timestamp_ms: u64,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
}

/// Where somebody looks, as seen in the picture.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GazeDirection {
    /// Into the camera.
    Camera,
    /// To the picture's left.
    Left,
    /// To the picture's right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// Where one face of one sampled frame looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gaze {
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Rank of the face.
    pub rank: u32,
    /// Track of the face.
    pub track_id: Option<String>,
    /// 1 straight into the camera, falling to 0 where the eyes are turned away by the limit.
    pub eye_contact: f64,
    /// Into the camera, or the main direction.
    pub gaze_direction: GazeDirection,
    /// How far the irises stand from where they would look into the camera, to the picture's
    /// right, in widths of an eye; the turn of the head is taken into account.
    pub gaze_offset_x: f64,
    /// The same downwards.
    pub gaze_offset_y: f64,
    /// Length of the offset.
    pub gaze_magnitude: f64,
    /// Probability (0–1) of there being a face under the mesh that this was read from.
    pub confidence: f64,
}

/// How near the camera is to the nearest person.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DistanceClass {
    /// Mostly face.
    Close,
    /// Head and shoulders, or waist up.
    Medium,
    /// Whole persons, or farther.
    Wide,
}

/// What a distance was told from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DistanceSource {
    /// Box of the largest face.
    Face,
    /// Box of the largest person, no face being seen.
    Person,
}

/// How near the camera is, told from the share of the picture a box takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraDistance {
    /// The class.
    pub class: DistanceClass,
    /// What it was told from.
    pub source: DistanceSource,
    /// Share (0–1) of the picture's area the box takes.
    pub share: f64,
}

/// Who is in one sampled frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Number of persons; `None` if persons were not looked for in this frame.
    pub persons: Option<u32>,
    /// Number of faces.
    pub faces: u32,
    /// Number of bodies; `None` if persons were not looked for in this frame.
    pub bodies: Option<u32>,
    /// Number of hands.
    pub hands: u32,
    /// How near the camera is; `None` if nobody is seen.
    pub camera_distance: Option<CameraDistance>,
}

/// What the `people` stage found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct People {
    /// Bodies; `None` if persons were not looked for.
    pub poses: Option<Vec<Pose>>,
    /// Every face of every frame, the largest of a frame first.
    pub faces: Vec<Face>,
    /// Hands.
    pub hands: Vec<Hand>,
    /// Where faces look, wherever that could be measured.
    pub gaze: Vec<Gaze>,
    /// Gestures of hands.
    pub gestures: Vec<Gesture>,
    /// Share of the sampled frames with a person, in percent; `None` if there are no frames.
    pub presence_percentage: Option<f64>,
    /// Number of sampled frames with a person, a body or a face.
    pub frames_with_people: u32,
    /// Every sampled frame.
    pub presence: Vec<Presence>,
    /// By track number.
    pub face_tracks: Vec<FaceTrack>,
    /// What was measured, and how.
    pub metadata: PeopleMetadata,
}

/// What was found and then not looked at more closely, because of a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Faces beyond the most listed in a frame.
    pub faces: u32,
    /// Faces beyond the most that get a mesh in a frame.
    pub meshes: u32,
    /// Persons beyond the most whose body is described in a frame.
    pub bodies: u32,
    /// Palms beyond the most whose hand is described in a frame.
    pub hands: u32,
}

/// How [`People`] were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeopleMetadata {
    /// The networks and the digests of their weights.
    pub models: Vec<ModelStamp>,
    /// Always true: a failed stage leaves no result at all.
    pub processed: bool,
    /// Sampled frames looked at.
    pub frames_analyzed: u32,
    /// Presentation time of each of them, in seconds, rising.
    pub frame_times: Vec<f64>,
    /// Width of the video as shown, in pixels.
    pub width: u32,
    /// Height of the video as shown, in pixels.
    pub height: u32,
    /// Number of bodies; `None` if persons were not looked for.
    pub poses_detected: Option<u32>,
    /// Number of faces.
    pub faces_detected: u32,
    /// Number of hands.
    pub hands_detected: u32,
    /// Number of faces whose gaze was measured.
    pub gaze_detected: u32,
    /// Faces whose gaze was not measured, by reason: `no_mesh`, `eyes_too_small`, `eyes_closed`.
    pub gaze_unread: BTreeMap<String, u32>,
    /// Number of gestures.
    pub gestures_detected: u32,
    /// Whether a face that returns is recognised; `None` if that cannot be told.
    pub re_identified: Option<bool>,
    /// What was not measured, and why.
    pub unmeasured: BTreeMap<String, String>,
    /// How derived values were computed.
    pub methods: BTreeMap<String, String>,
    /// What limits kept from being looked at.
    pub left_out: LeftOut,
}
