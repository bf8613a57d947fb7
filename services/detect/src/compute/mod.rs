//! From tensors to objects: values in, values out.

mod answer;
pub mod classes;
mod coco_ssd;
mod detector;
mod yolo;

pub use detector::{Detector, Error, Placement, Prepared, Thinning};
pub use tracking::{BoundingBox, Detection, Frame, evenly, suppress};

use contracts::{
    MediaTime,
    manifest::ModelStamp,
    objects::{ObjectAnnotation, ObjectDetections, ObjectMetadata, ObjectTrack},
};
use std::collections::BTreeMap;
use tracking::{Linked, TrackConfig, link};

/// Decimals of a confidence.
const CONFIDENCE_DECIMALS: i32 = 4;
/// Decimals of a share of the picture.
const SHARE_DECIMALS: i32 = 5;
/// Decimals of a pixel.
const PIXEL_DECIMALS: i32 = 1;

/// What is known beside the frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Width and height of the video as shown, in pixels.
    pub size: (u32, u32),
    /// Boundaries between shots, rising; `None` if shots are not known.
    pub boundaries: Option<Vec<MediaTime>>,
    /// The model and its weights.
    pub model: ModelStamp,
    /// Lowest confidence reported, 0–1.
    pub confidence: f64,
}

/// Puts the result together from what was found in each frame, by rising time. The order of the
/// detections within a frame does not matter.
#[must_use]
pub fn objects(mut frames: Vec<Frame>, scene: &Scene, config: &TrackConfig) -> ObjectDetections {
    for frame in &mut frames {
        frame.detections.sort_by(Detection::order);
    }
    let linked = link(&frames, scene.boundaries.as_deref(), config);
    let tracks: Vec<ObjectTrack> = (1..)
        .zip(&linked)
        .filter_map(|(number, linked)| track(number, linked, &frames))
        .collect();
    let numbers: BTreeMap<(usize, usize), usize> = (1..)
        .zip(&linked)
        .flat_map(|(number, linked)| linked.sights.iter().map(move |sight| (*sight, number)))
        .collect();
    let annotations: Vec<ObjectAnnotation> = frames
        .iter()
        .enumerate()
        .flat_map(|(at, frame)| {
            let numbers = &numbers;
            let found = frame.detections.iter().enumerate();
            found.map(move |(place, found)| {
                annotation(frame, found, numbers.get(&(at, place)).copied(), scene.size)
            })
        })
        .collect();
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    ObjectDetections {
        metadata: ObjectMetadata {
            model: scene.model.clone(),
            processed: true,
            frames_analyzed: count(frames.len()),
            frame_times: frames.iter().map(|frame| frame.time.seconds()).collect(),
            objects_detected: count(annotations.len()),
            total_tracks: count(tracks.len()),
            confidence_threshold: scene.confidence,
        },
        object_annotations: annotations,
        tracks,
    }
}

fn track(number: usize, linked: &Linked, frames: &[Frame]) -> Option<ObjectTrack> {
    let seen: Vec<(&Frame, &Detection)> = linked
        .sights
        .iter()
        .filter_map(|(at, place)| {
            let frame = frames.get(*at)?;
            Some((frame, frame.detections.get(*place)?))
        })
        .collect();
    let total: f64 = seen.iter().map(|(_, found)| found.confidence).sum();
    let (first, found) = seen.first()?;
    Some(ObjectTrack {
        track_id: track_id(number),
        class_name: classes::name(found.class)?.into(),
        confidence: rounded(total / seen.len() as f64, CONFIDENCE_DECIMALS),
        first_seen: first.time.seconds(),
        last_seen: seen.last()?.0.time.seconds(),
        frames: u32::try_from(seen.len()).unwrap_or(u32::MAX),
        scene_number: linked.scene_number,
    })
}

fn annotation(
    frame: &Frame,
    found: &Detection,
    track: Option<usize>,
    (width, height): (u32, u32),
) -> ObjectAnnotation {
    let BoundingBox {
        left,
        top,
        right,
        bottom,
    } = found.bbox;
    let (width, height) = (f64::from(width), f64::from(height));
    let pixels = [left * width, top * height, right * width, bottom * height];
    ObjectAnnotation {
        track_id: track.map(track_id),
        class_name: classes::name(found.class).unwrap_or_default().into(),
        confidence: rounded(found.confidence, CONFIDENCE_DECIMALS),
        timestamp: frame.time.seconds(),
        bbox: pixels.map(|pixel| rounded(pixel, PIXEL_DECIMALS)),
        bbox_normalized: [left, top, right, bottom].map(|share| rounded(share, SHARE_DECIMALS)),
        frame_number: frame.number,
    }
}

fn track_id(number: usize) -> String {
    format!("obj_{number}")
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}
