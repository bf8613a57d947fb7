//! From what the stages stored to the event model.

mod sightings;
mod streams;

use super::{
    Input,
    clock::Clock,
    events::Events,
    measure::{Measured, Reason},
    published::Published,
    read::{self, Dropped, Read},
};
use crate::Limits;
use bytes::Bytes;
use contracts::{
    StageName, emotion::Emotions, labels::SceneLabels, manifest::FailureClass,
    messages::StageFailure, moderation::Moderation, objects::ObjectDetections, people::People,
    shots::ShotList, sound::SoundEnergy, speech::SpeechTranscript, text::TextOnScreen,
};
use streams::Streams;

/// The results of the stages, or why there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// Of `shots`.
    pub shots: Measured<ShotList>,
    /// Of `detect`.
    pub objects: Measured<ObjectDetections>,
    /// Of `sound`.
    pub sound: Measured<SoundEnergy>,
    /// Of `transcribe`.
    pub speech: Measured<SpeechTranscript>,
    /// Of `ocr`.
    pub text: Measured<TextOnScreen>,
    /// Of `people`.
    pub people: Measured<People>,
    /// Of `emotion`.
    pub emotions: Measured<Emotions>,
    /// Of `label`.
    pub labels: Measured<SceneLabels>,
    /// Of `moderate`.
    pub moderation: Measured<Moderation>,
    /// Items that were not valid, over all of them.
    pub dropped: Dropped,
    /// Whether a stored result could not be read.
    pub unreadable: bool,
}

impl Results {
    /// Reads everything that was stored.
    #[must_use]
    pub fn read(input: &Input, limits: &Limits) -> Self {
        let mut opened = Opened {
            clock: Clock::new(input.probe.duration),
            limits,
            failures: &input.failures,
            dropped: Dropped::new(),
            unreadable: false,
        };
        Self {
            shots: opened.result(StageName::Shots, &input.shots, read::shots),
            objects: opened.result(StageName::Detect, &input.objects, read::objects),
            sound: opened.result(StageName::Sound, &input.sound, read::sound),
            speech: opened.result(StageName::Transcribe, &input.speech, read::speech),
            text: opened.result(StageName::Ocr, &input.text, read::text),
            people: opened.result(StageName::People, &input.people, read::people),
            emotions: opened.result(StageName::Emotion, &input.emotions, read::emotions),
            labels: opened.result(StageName::Label, &input.labels, read::labels),
            moderation: opened.result(StageName::Moderate, &input.moderation, read::moderation),
            dropped: opened.dropped,
            unreadable: opened.unreadable,
        }
    }
}

struct Opened<'a> {
    clock: Clock,
    limits: &'a Limits,
    failures: &'a [StageFailure],
    dropped: Dropped,
    unreadable: bool,
}

impl Opened<'_> {
    fn result<T>(
        &mut self,
        stage: StageName,
        bytes: &Option<Bytes>,
        read: impl FnOnce(&[u8], Clock, &Limits) -> Measured<Read<T>>,
    ) -> Measured<T> {
        let Some(bytes) = bytes else {
            return Err(reason_of(stage, self.failures));
        };
        match read(bytes, self.clock, self.limits) {
            Ok(read) => {
                self.dropped.extend(read.dropped);
                Ok(read.result)
            }
            Err(reason) => {
                self.unreadable = true;
                Err(reason)
            }
        }
    }
}

fn reason_of(stage: StageName, failures: &[StageFailure]) -> Reason {
    match failures.iter().find(|failure| failure.stage == stage) {
        Some(failure) if failure.class == FailureClass::SwitchedOff => {
            Reason::new(format!("the {stage} stage is switched off"))
        }
        Some(failure) => Reason::new(format!("the {stage} stage failed: {}", failure.reason)),
        None => Reason::new(format!("the {stage} stage left no result")),
    }
}

/// The events of a video.
#[must_use]
pub fn events(input: &Input, results: &Results) -> Events {
    let clock = Clock::new(input.probe.duration);
    let stream = Streams {
        clock,
        complete: input.completeness.complete,
        video_until: input.completeness.video_until.min(clock.duration()),
    };
    Events {
        clock,
        has_audio: input.probe.audio.is_some(),
        metadata: input.metadata.clone(),
        picture: (input.probe.video.width, input.probe.video.height),
        shots: stream.shots(&results.shots),
        objects: stream.objects(&results.objects),
        sound: stream.sound(&results.sound),
        speech: stream.speech(&results.speech),
        text: stream.text(&results.text),
        stickers: stream.stickers(&results.text),
        people: stream.people(&results.people),
        faces: stream.faces(&results.people),
        bodies: stream.bodies(&results.people),
        gestures: stream.gestures(&results.people),
        emotions: stream.emotions(&results.emotions),
        labels: stream.labels(&results.labels),
        safety: stream.safety(&results.moderation),
        published: Published::of(results),
        brand: input.brand.clone(),
    }
}
