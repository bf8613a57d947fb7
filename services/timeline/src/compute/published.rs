//! What the stages found, under the ids it is published with in the unified analysis, as far as
//! the event model does not hold it.

use super::{
    build::Results,
    events::Events,
    measure::{Measured, Reason},
};
use contracts::{
    MediaTime, TimeSpan,
    sound::{ClassShares, SoundEnergy},
    text::{TextRole, TextTrack},
};

/// One text, laid over the picture or filmed.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedText {
    /// Its track, as `text_1`.
    pub id: String,
    /// What it says.
    pub content: String,
    /// What it is for.
    pub role: TextRole,
    /// Whether it was laid over the picture; `None` if nothing tells.
    pub overlay: Option<bool>,
    /// While it is visible, by rising time.
    pub intervals: Vec<TimeSpan>,
    /// Words and phrases that ask viewers to do something.
    pub cta_keywords: Vec<String>,
}

impl PublishedText {
    /// Whether it was laid over the picture by who made the video: neither filmed nor the mark of
    /// a platform.
    #[must_use]
    pub fn is_super(&self) -> bool {
        let excluded = matches!(self.role, TextRole::SceneText | TextRole::Watermark);
        self.overlay != Some(false) && !excluded
    }
}

/// What is published besides the events.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Every text on screen.
    pub texts: Measured<Vec<PublishedText>>,
    /// Number of each segment of speech in the transcript, in the order of the utterances.
    pub segments: Vec<u32>,
    /// How much of each second of sound is what, from the first.
    pub classes: Measured<Vec<ClassShares>>,
    /// How much of the whole sound is what.
    pub overall: Measured<ClassShares>,
    /// Integrated loudness, in LUFS.
    pub loudness: Measured<f64>,
}

impl Published {
    /// What these results hold.
    #[must_use]
    pub fn of(results: &Results) -> Self {
        let texts = results.text.as_ref().map_err(Clone::clone);
        let speech = results.speech.iter().flat_map(|heard| &heard.segments);
        let sound = results.sound.as_ref().map_err(Clone::clone);
        let classes = sound.clone().and_then(classes);
        Self {
            texts: texts.map(|found| found.tracks.iter().map(text).collect()),
            segments: speech.map(|segment| segment.id).collect(),
            overall: classes.clone().map(|(_, overall)| overall),
            classes: classes.map(|(seconds, _)| seconds),
            loudness: sound.and_then(loudness),
        }
    }

    /// Id of the segment of speech at a position among the utterances.
    #[must_use]
    pub fn segment(&self, position: usize) -> String {
        let id = self.segments.get(position);
        id.map_or(position as u64, |id| u64::from(*id)).to_string()
    }
}

fn text(track: &TextTrack) -> PublishedText {
    let intervals = track.intervals.iter().map(|one| {
        let (start, end) = (one.start, one.end);
        TimeSpan::new(MediaTime::from_seconds(start), MediaTime::from_seconds(end))
    });
    PublishedText {
        id: track.track_id.clone(),
        content: track.text.clone(),
        role: track.role,
        overlay: track.overlay,
        intervals: intervals.collect(),
        cta_keywords: track.cta_keywords.clone(),
    }
}

fn is_valid(shares: &ClassShares) -> bool {
    let all = [shares.speech, shares.music, shares.other, shares.silence];
    all.iter().all(|share| (0.0..=1.0).contains(share))
}

fn classes(sound: &SoundEnergy) -> Measured<(Vec<ClassShares>, ClassShares)> {
    let Some(classes) = &sound.classes else {
        let reason = sound.classes_reason.clone();
        return Err(Reason::new(
            reason.unwrap_or_else(|| "the sound was not classified".into()),
        ));
    };
    if !classes.per_second.iter().all(is_valid) || !is_valid(&classes.overall) {
        return Err("a share of the sound is not between 0 and 1".into());
    }
    Ok((classes.per_second.clone(), classes.overall))
}

fn loudness(sound: &SoundEnergy) -> Measured<f64> {
    let loudness = sound.integrated_loudness_lufs;
    loudness.ok_or_else(|| "there is no sound above the gate of the measurement".into())
}

/// Id of the face at this place among the faces of this frame: its track, else its place in the
/// unified analysis as a JSON Pointer (RFC 6901).
#[must_use]
pub fn face_id(track: Option<&str>, position: usize) -> String {
    let pointer = || format!("/ml_data/mediapipe/faces/{position}");
    track.map_or_else(pointer, str::to_owned)
}

/// The same of a detected object.
#[must_use]
pub fn object_id(track: Option<&str>, position: usize) -> String {
    let pointer = || format!("/ml_data/yolo/objectAnnotations/{position}");
    track.map_or_else(pointer, str::to_owned)
}

/// Number of a shot, from 1, as text.
#[must_use]
pub fn shot_id(position: usize) -> String {
    (position + 1).to_string()
}

/// A sight: something in one frame, and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// When.
    pub time: MediaTime,
    /// Its id.
    pub id: String,
}

/// Every face in every frame, by time.
///
/// # Errors
/// The reason, if faces were not looked for.
pub fn faces(events: &Events) -> Measured<Vec<Sight>> {
    let people = events.people.events()?;
    let faces = people
        .frames
        .iter()
        .flat_map(|frame| frame.faces.iter().map(|face| (frame.time, face)));
    Ok(faces
        .enumerate()
        .map(|(position, (time, face))| Sight {
            time,
            id: face_id(face.track.as_deref(), position),
        })
        .collect())
}

/// Every object whose class is wanted, by time.
///
/// # Errors
/// The reason, if objects were not looked for.
pub fn objects(events: &Events, wanted: impl Fn(&str) -> bool) -> Measured<Vec<Sight>> {
    let objects = events.objects.events()?;
    let found = objects.detections.iter().enumerate();
    Ok(found
        .filter(|(_, one)| wanted(&one.class))
        .map(|(position, one)| Sight {
            time: one.time,
            id: object_id(one.track.as_deref(), position),
        })
        .collect())
}
