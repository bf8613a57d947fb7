//! The result, put together from what was seen in each frame.

use super::{
    MeshOutcome, SeenFace, Sight,
    distance::camera_distance,
    gaze::Unread,
    persons::owner,
    publish::{Sizes, confidence, count, degrees, exchanged, share},
};
use crate::config::Config;
use contracts::{
    MediaTime,
    manifest::ModelStamp,
    people::{
        BodyLandmarks, Face, FaceLandmarks, FacePoints, FaceTrack, Gaze, Gesture, Hand,
        HandLandmarks, HeadPose, LandmarkSet, LeftOut, MeshState, People, PeopleMetadata, Pose,
        Presence,
    },
};
use std::collections::BTreeMap;
use tracking::{BoundingBox, Detection, Frame, Linked, TrackConfig, link};

/// Every face is of one class.
const FACE_CLASS: usize = 0;

/// What is known beside the frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Width and height of the video as shown, in pixels.
    pub size: (u32, u32),
    /// The networks and their weights.
    pub models: Vec<ModelStamp>,
    /// Whether bodies were looked for at all.
    pub bodies: bool,
    /// Whether faces that return are recognised.
    pub identities: bool,
    /// What was not measured, and why.
    pub unmeasured: BTreeMap<String, String>,
}

/// Faces followed over time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tracks {
    /// The tracks by number.
    pub linked: Vec<Linked>,
    /// Number of the identity of each, from 1; `None` where it is not known.
    pub identities: Vec<Option<usize>>,
}

/// Puts the result together from what was seen in each frame, by rising time.
#[must_use]
pub fn people(
    sights: &[Sight],
    faces: &Tracks,
    scene: &Scene,
    config: &Config,
) -> (People, LandmarkSet) {
    let numbers: BTreeMap<(usize, usize), usize> = (1..)
        .zip(&faces.linked)
        .flat_map(|(number, linked)| linked.sights.iter().map(move |sight| (*sight, number)))
        .collect();
    let mut result = Gathered {
        poses: scene.bodies.then(Vec::new),
        ..Gathered::default()
    };
    for (at, sight) in sights.iter().enumerate() {
        let one = OneFrame {
            sight,
            sizes: Sizes::new(sight.size, scene.size),
            config,
        };
        one.faces(&mut result, |place| {
            numbers.get(&(at, place)).copied().map(track_id)
        });
        one.bodies(&mut result);
        one.hands(&mut result);
        one.presence(&mut result);
    }
    let tracks = (1..).zip(&faces.linked).filter_map(|(number, linked)| {
        let identity = faces.identities.get(number - 1).copied().flatten();
        track(number, linked, identity, sights)
    });
    result.finish(sights, scene, tracks.collect())
}

fn track_id(number: usize) -> String {
    format!("face_{number}")
}

/// Links the faces of each shot from frame to frame.
#[must_use]
pub fn link_faces(
    sights: &[Sight],
    boundaries: Option<&[MediaTime]>,
    config: &TrackConfig,
) -> Vec<Linked> {
    let detection = |seen: &SeenFace| Detection {
        class: FACE_CLASS,
        confidence: seen.face.confidence,
        bbox: seen.face.bbox,
    };
    let frames: Vec<Frame> = sights
        .iter()
        .map(|sight| Frame {
            time: sight.time,
            number: sight.number,
            detections: sight.faces.iter().map(detection).collect(),
        })
        .collect();
    link(&frames, boundaries, config)
}

fn area(bbox: BoundingBox) -> f64 {
    bbox.width() * bbox.height()
}

fn track(
    number: usize,
    linked: &Linked,
    identity: Option<usize>,
    sights: &[Sight],
) -> Option<FaceTrack> {
    let seen: Vec<(&Sight, &SeenFace)> = linked
        .sights
        .iter()
        .filter_map(|(at, place)| {
            let sight = sights.get(*at)?;
            Some((sight, sight.faces.get(*place)?))
        })
        .collect();
    let mean = |of: fn(&SeenFace) -> f64| {
        seen.iter().map(|(_, face)| of(face)).sum::<f64>() / seen.len() as f64
    };
    Some(FaceTrack {
        track_id: track_id(number),
        identity: identity.map(|number| format!("identity_{number}")),
        first_seen: seen.first()?.0.time.seconds(),
        last_seen: seen.last()?.0.time.seconds(),
        frames: count(seen.len()),
        confidence: confidence(mean(|seen| seen.face.confidence)),
        mean_area: share(mean(|seen| area(seen.face.bbox))),
        scene_number: linked.scene_number,
    })
}

/// The lists of the result while they grow.
#[derive(Default)]
struct Gathered {
    poses: Option<Vec<Pose>>,
    faces: Vec<Face>,
    hands: Vec<Hand>,
    gaze: Vec<Gaze>,
    gaze_unread: BTreeMap<String, u32>,
    gestures: Vec<Gesture>,
    presence: Vec<Presence>,
    frames_with_people: u32,
    left_out: LeftOut,
    landmarks: LandmarkSet,
}

/// One frame on its way into the result.
struct OneFrame<'a> {
    sight: &'a Sight,
    sizes: Sizes,
    config: &'a Config,
}

impl OneFrame<'_> {
    fn timestamp(&self) -> f64 {
        self.sight.time.seconds()
    }

    fn faces(&self, result: &mut Gathered, track: impl Fn(usize) -> Option<String>) {
        for (place, seen) in self.sight.faces.iter().enumerate() {
            let rank = count(place + 1);
            let face = self.face(seen, rank, track(place));
            if let MeshOutcome::Laid { mesh, blendshapes } = &seen.mesh {
                result.landmarks.faces.push(FaceLandmarks {
                    time: self.sight.time,
                    rank,
                    points: self.sizes.solid(&mesh.points),
                    blendshapes: blendshapes.clone(),
                });
            }
            match self.gaze(seen, rank, face.track_id.clone()) {
                Ok(gaze) => result.gaze.push(gaze),
                Err(reason) => *result.gaze_unread.entry(reason.into()).or_default() += 1,
            }
            result.faces.push(face);
        }
    }

    fn face(&self, seen: &SeenFace, rank: u32, track_id: Option<String>) -> Face {
        let (bbox, bbox_pixels) = self.sizes.rectangles(seen.face.bbox);
        let [right_eye, left_eye, nose, right_mouth, left_mouth] =
            seen.face.points.map(|point| self.sizes.point(point));
        let (mesh, presence, laid) = match &seen.mesh {
            MeshOutcome::Laid { mesh, .. } => {
                (MeshState::Measured, Some(mesh.presence), Some(mesh))
            }
            MeshOutcome::Refused(presence) => (MeshState::NotFrontal, Some(*presence), None),
            MeshOutcome::TooSmall => (MeshState::TooSmall, None, None),
            MeshOutcome::BeyondLimit => (MeshState::BeyondLimit, None, None),
        };
        let persons = self.sight.persons.as_deref().unwrap_or_default();
        Face {
            timestamp: self.timestamp(),
            frame_number: self.sight.number,
            count: count(self.sight.faces.len()),
            rank,
            track_id,
            person_id: owner(persons, seen.face.bbox).and_then(|person| person.track_id.clone()),
            confidence: confidence(seen.face.confidence),
            bbox,
            bbox_pixels,
            points: FacePoints {
                right_eye,
                left_eye,
                nose,
                right_mouth,
                left_mouth,
            },
            mesh,
            landmarks: laid.map(|mesh| count(mesh.points.len())),
            mesh_presence: presence.map(confidence),
            head_pose: laid.and_then(|mesh| mesh.head_pose()).map(|pose| HeadPose {
                yaw_degrees: degrees(pose.yaw_degrees),
                pitch_degrees: degrees(pose.pitch_degrees),
                roll_degrees: degrees(pose.roll_degrees),
            }),
        }
    }

    fn gaze(
        &self,
        seen: &SeenFace,
        rank: u32,
        track_id: Option<String>,
    ) -> Result<Gaze, &'static str> {
        let MeshOutcome::Laid { mesh, .. } = &seen.mesh else {
            return Err("no_mesh");
        };
        let look = mesh.gaze(&self.config.gaze_rule());
        let look = look.map_err(|unread| match unread {
            Unread::EyesTooSmall => "eyes_too_small",
            Unread::EyesClosed => "eyes_closed",
        })?;
        Ok(Gaze {
            timestamp: self.timestamp(),
            frame_number: self.sight.number,
            rank,
            track_id,
            eye_contact: confidence(look.eye_contact),
            gaze_direction: look.direction,
            gaze_offset_x: share(look.offset.0),
            gaze_offset_y: share(look.offset.1),
            gaze_magnitude: share(look.magnitude()),
            confidence: confidence(mesh.presence),
        })
    }

    fn bodies(&self, result: &mut Gathered) {
        let Some(bodies) = &self.sight.bodies else {
            return;
        };
        let poses = result.poses.get_or_insert_default();
        for (rank, seen) in (1..).zip(bodies) {
            let body = &seen.body;
            let (bbox, bbox_pixels) = self.sizes.rectangles(body.bbox);
            let visible = body.points.iter().map(|[_, _, visible]| *visible);
            let mean = visible.clone().sum::<f64>() / body.points.len().max(1) as f64;
            poses.push(Pose {
                timestamp: self.timestamp(),
                frame_number: self.sight.number,
                rank,
                person_id: seen.person_id.clone(),
                landmarks: count(body.points.len()),
                layout: body.layout,
                visibility: confidence(mean),
                visible_landmarks: count(visible.filter(|visible| *visible > 0.5).count()),
                confidence: confidence(body.confidence),
                bbox,
                bbox_pixels,
            });
            result.landmarks.bodies.push(BodyLandmarks {
                time: self.sight.time,
                rank,
                layout: body.layout,
                points: self.sizes.flat(&body.points),
            });
        }
    }

    fn hands(&self, result: &mut Gathered) {
        use super::doubles::Boxed;
        for (rank, seen) in (1..).zip(&self.sight.hands) {
            let (side, certainty) = seen.hand.side();
            let hand = if self.config.hands.mirrored {
                exchanged(side)
            } else {
                side
            };
            let (bbox, bbox_pixels) = self.sizes.rectangles(self.sizes.shares(seen.hand.bbox()));
            result.hands.push(Hand {
                timestamp: self.timestamp(),
                frame_number: self.sight.number,
                count: count(self.sight.hands.len()),
                rank,
                hand,
                hand_confidence: confidence(certainty),
                confidence: confidence(seen.hand.presence),
                landmarks: count(seen.hand.points.len()),
                bbox,
                bbox_pixels,
            });
            result.landmarks.hands.push(HandLandmarks {
                time: self.sight.time,
                rank,
                points: self.sizes.solid(&seen.hand.points),
            });
            let least = self.config.hands.gesture_confidence;
            let gesture = seen.gesture.filter(|(_, score)| *score > least);
            result.gestures.extend(gesture.map(|(kind, score)| Gesture {
                kind,
                confidence: confidence(score),
                hand,
                timestamp_ms: (self.timestamp() * 1e3).round() as u64,
                frame_number: self.sight.number,
                timestamp: self.timestamp(),
            }));
        }
    }

    fn presence(&self, result: &mut Gathered) {
        let sight = self.sight;
        let persons = sight.persons.as_deref().unwrap_or_default();
        let bodies = sight.bodies.as_deref().unwrap_or_default();
        let anybody = !(persons.is_empty() && bodies.is_empty() && sight.faces.is_empty());
        result.frames_with_people += u32::from(anybody);
        let faces = sight.faces.iter().map(|seen| seen.face.bbox);
        let boxes = persons.iter().map(|person| person.bbox);
        let boxes = boxes.chain(bodies.iter().map(|seen| seen.body.bbox));
        let distance = camera_distance(faces, boxes, &self.config.distance_rule());
        result.presence.push(Presence {
            timestamp: self.timestamp(),
            frame_number: sight.number,
            persons: sight.persons.as_ref().map(|persons| count(persons.len())),
            faces: count(sight.faces.len()),
            bodies: sight.bodies.as_ref().map(|bodies| count(bodies.len())),
            hands: count(sight.hands.len()),
            camera_distance: distance.map(|mut distance| {
                distance.share = share(distance.share);
                distance
            }),
        });
        let (all, here) = (&mut result.left_out, sight.left_out);
        all.faces += here.faces;
        all.meshes += here.meshes;
        all.bodies += here.bodies;
        all.hands += here.hands;
    }
}

impl Gathered {
    fn finish(
        self,
        sights: &[Sight],
        scene: &Scene,
        face_tracks: Vec<FaceTrack>,
    ) -> (People, LandmarkSet) {
        let frames = sights.len();
        let share_of = |count: u32| 100.0 * f64::from(count) / frames as f64;
        let metadata = PeopleMetadata {
            models: scene.models.clone(),
            processed: true,
            frames_analyzed: count(frames),
            frame_times: sights.iter().map(|sight| sight.time.seconds()).collect(),
            width: scene.size.0,
            height: scene.size.1,
            poses_detected: self.poses.as_ref().map(|poses| count(poses.len())),
            faces_detected: count(self.faces.len()),
            hands_detected: count(self.hands.len()),
            gaze_detected: count(self.gaze.len()),
            gaze_unread: self.gaze_unread,
            gestures_detected: count(self.gestures.len()),
            re_identified: scene.identities.then_some(true),
            unmeasured: scene.unmeasured.clone(),
            methods: methods(),
            left_out: self.left_out,
        };
        let people = People {
            poses: self.poses,
            faces: self.faces,
            hands: self.hands,
            gaze: self.gaze,
            gestures: self.gestures,
            presence_percentage: (frames > 0).then(|| share(share_of(self.frames_with_people))),
            frames_with_people: self.frames_with_people,
            presence: self.presence,
            face_tracks,
            metadata,
        };
        (people, self.landmarks)
    }
}

fn methods() -> BTreeMap<String, String> {
    [
        (
            "head_pose",
            "33 points of the mesh laid over the canonical face model of MediaPipe, weighted \
             (Kabsch 1976); against the line from camera to head",
        ),
        (
            "eye_contact",
            "offset of the irises from where a head so turned would look into the camera, mean of \
             both eyes, in eye widths; 1 at none, 0 from the limit on",
        ),
        (
            "hand",
            "told by the shape of the hand, for a picture that is not mirrored",
        ),
        (
            "camera_distance",
            "share of the picture that the largest face takes, else the largest person",
        ),
        (
            "face_tracks",
            "boxes linked from frame to frame within a shot; a face that returns later or after a \
             cut is a new track",
        ),
        (
            "identity",
            "tracks whose described faces are alike on average, by at least the limit set, are one \
             identity; tracks seen in one frame never are",
        ),
    ]
    .map(|(key, text)| (key.into(), text.into()))
    .into()
}
