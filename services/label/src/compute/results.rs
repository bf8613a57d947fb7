//! From the labels of each frame to those of the video.

use contracts::{
    decoded::PictureEntry,
    labels::{
        FrameEmbeddings, FrameLabels, Label, LabelMetadata, LabelMethod, SceneLabels, VideoLabel,
    },
    manifest::ModelStamp,
};

/// Decimals of a confidence.
const DECIMALS: i32 = 4;

/// What was seen in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// Every label of the list.
    pub labels: Vec<Label>,
    /// What the classifier itself named.
    pub classes: Vec<Label>,
    /// What the frame looks like.
    pub embedding: Vec<f32>,
}

/// What is known beside the frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// How labels come about.
    pub method: LabelMethod,
    /// The networks that took part.
    pub models: Vec<ModelStamp>,
    /// The network that embeds frames.
    pub embedder: ModelStamp,
    /// The list.
    pub candidates: Vec<String>,
    /// Confidence from which a label counts for the video, 0–1.
    pub threshold: f64,
    /// Most labels of one frame.
    pub per_frame: usize,
    /// Most frames named for a label of the video.
    pub sample_frames: usize,
}

/// Puts the results together from what was seen in each frame, by rising time.
#[must_use]
pub fn labels(frames: Vec<(PictureEntry, Sight)>, scene: &Scene) -> (SceneLabels, FrameEmbeddings) {
    let video = video_labels(&frames, scene);
    let published = frames.iter().map(|(entry, sight)| FrameLabels {
        frame_number: entry.frame_number,
        timestamp: entry.time.seconds(),
        labels: best(&sight.labels, scene.per_frame),
        classes: best(&sight.classes, scene.per_frame),
    });
    let labels = SceneLabels {
        frame_count: count(frames.len()),
        frame_labels: published.collect(),
        labels: video,
        metadata: LabelMetadata {
            method: scene.method,
            models: scene.models.clone(),
            processed: true,
            candidates: scene.candidates.clone(),
            threshold: scene.threshold,
        },
    };
    let dimensions = frames.first().map_or(0, |(_, sight)| sight.embedding.len());
    let embeddings = FrameEmbeddings {
        model: scene.embedder.clone(),
        dimensions: count(dimensions),
        times: frames.iter().map(|(entry, _)| entry.time).collect(),
        frame_numbers: frames.iter().map(|(entry, _)| entry.frame_number).collect(),
        rows: frames
            .into_iter()
            .map(|(_, sight)| sight.embedding)
            .collect(),
    };
    (labels, embeddings)
}

/// The best ones that fit at all, by falling confidence; equal ones in the order of the list.
fn best(labels: &[Label], most: usize) -> Vec<Label> {
    let rounded = labels.iter().map(|label| Label {
        label: label.label.clone(),
        confidence: rounded(label.confidence),
    });
    let mut best: Vec<Label> = rounded.filter(|label| label.confidence > 0.0).collect();
    best.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    best.truncate(most);
    best
}

/// Labels that reach the threshold in some frame.
fn video_labels(frames: &[(PictureEntry, Sight)], scene: &Scene) -> Vec<VideoLabel> {
    let mut labels: Vec<VideoLabel> = scene
        .candidates
        .iter()
        .enumerate()
        .filter_map(|(at, description)| {
            let counting: Vec<(u64, f64)> = frames
                .iter()
                .filter_map(|(entry, sight)| {
                    let confidence = sight.labels.get(at)?.confidence;
                    (confidence >= scene.threshold).then_some((entry.frame_number, confidence))
                })
                .collect();
            let sum: f64 = counting.iter().map(|(_, confidence)| confidence).sum();
            let numbers = counting.iter().map(|(number, _)| *number);
            (!counting.is_empty()).then(|| VideoLabel {
                description: description.clone(),
                confidence: rounded(sum / counting.len() as f64),
                frame_count: count(counting.len()),
                sample_frames: numbers.take(scene.sample_frames).collect(),
            })
        })
        .collect();
    labels.sort_by(|a, b| {
        b.confidence
            .total_cmp(&a.confidence)
            .then_with(|| a.description.cmp(&b.description))
    });
    labels
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn rounded(value: f64) -> f64 {
    let scale = 10_f64.powi(DECIMALS);
    (value * scale).round() / scale
}
