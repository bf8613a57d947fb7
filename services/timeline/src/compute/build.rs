//! From what the stages stored to the event model.

use super::{
    Input,
    clock::Clock,
    coverage::{Modality, SampledSeconds, Stream},
    events::{Boundary, Detection, EnergyWindow, Events, Objects, Shots, Sound, Track},
    measure::{Measured, Reason},
    read::{self, Dropped, Read},
};
use crate::Limits;
use contracts::{
    MediaTime, StageName, TimeSpan, manifest::FailureClass, messages::StageFailure,
    objects::ObjectDetections, shots::ShotList, sound::SoundEnergy,
};

/// The results of the stages, or why there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// Of `shots`.
    pub shots: Measured<ShotList>,
    /// Of `detect`.
    pub objects: Measured<ObjectDetections>,
    /// Of `sound`.
    pub sound: Measured<SoundEnergy>,
    /// Items that were not valid, over all of them.
    pub dropped: Dropped,
    /// Whether a stored result could not be read.
    pub unreadable: bool,
}

impl Results {
    /// Reads everything that was stored.
    #[must_use]
    pub fn read(input: &Input, limits: &Limits) -> Self {
        let clock = Clock::new(input.probe.duration);
        let mut dropped = Dropped::new();
        let mut unreadable = false;
        let mut open = Opened {
            failures: &input.failures,
            dropped: &mut dropped,
            unreadable: &mut unreadable,
        };
        let shots = open.result(StageName::Shots, input.shots.as_deref(), |bytes| {
            read::shots(bytes, clock, limits)
        });
        let objects = open.result(StageName::Detect, input.objects.as_deref(), |bytes| {
            read::objects(bytes, clock, limits)
        });
        let sound = open.result(StageName::Sound, input.sound.as_deref(), |bytes| {
            read::sound(bytes, clock, limits)
        });
        Self {
            shots,
            objects,
            sound,
            dropped,
            unreadable,
        }
    }
}

struct Opened<'a> {
    failures: &'a [StageFailure],
    dropped: &'a mut Dropped,
    unreadable: &'a mut bool,
}

impl Opened<'_> {
    fn result<T>(
        &mut self,
        stage: StageName,
        bytes: Option<&[u8]>,
        read: impl FnOnce(&[u8]) -> Measured<Read<T>>,
    ) -> Measured<T> {
        let Some(bytes) = bytes else {
            return Err(reason_of(stage, self.failures));
        };
        match read(bytes) {
            Ok(read) => {
                self.dropped.extend(read.dropped);
                Ok(read.result)
            }
            Err(reason) => {
                *self.unreadable = true;
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

/// Why a modality that no stage of this version measures is not measured.
fn not_yet(modality: Modality) -> Reason {
    let stage = match modality {
        Modality::Shots => "shots",
        Modality::Objects => "detect",
        Modality::Sound => "sound",
        Modality::Speech => "transcribe",
        Modality::Text | Modality::Stickers => "ocr",
        Modality::Faces | Modality::Gestures => "people",
        Modality::Emotions => "emotion",
    };
    Reason::new(format!(
        "the {stage} stage is not part of this program version"
    ))
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
        shots: stream.shots(&results.shots),
        objects: stream.objects(&results.objects),
        sound: stream.sound(&results.sound),
        ..Events::unmeasured(clock, input.probe.audio.is_some(), not_yet)
    }
}

struct Streams {
    clock: Clock,
    complete: bool,
    video_until: MediaTime,
}

impl Streams {
    /// Seconds looked at by a stage that looks at everything up to `until`. In a file that was
    /// decoded to its end there is nothing after that to look at.
    fn decoded(&self, until: MediaTime) -> SampledSeconds {
        if self.complete {
            SampledSeconds::all(self.clock)
        } else {
            SampledSeconds::until(self.clock, until)
        }
    }

    fn shots(&self, list: &Measured<ShotList>) -> Stream<Shots> {
        let list = match list {
            Ok(list) => list,
            Err(reason) => return Stream::NotMeasured(reason.clone()),
        };
        let boundaries = list.boundaries.iter().map(|boundary| Boundary {
            time: MediaTime::from_seconds(boundary.time),
            kind: boundary.kind,
        });
        let end = if self.complete {
            self.clock.duration()
        } else {
            self.video_until
        };
        Stream::Measured {
            events: Shots::between(end, boundaries.collect()),
            sampled: self.decoded(self.video_until),
        }
    }

    fn objects(&self, found: &Measured<ObjectDetections>) -> Stream<Objects> {
        let found = match found {
            Ok(found) => found,
            Err(reason) => return Stream::NotMeasured(reason.clone()),
        };
        let objects = objects(found);
        let mut sampled = SampledSeconds::of_times(self.clock, objects.frames.iter().copied());
        if self.complete {
            sampled = sampled.with_all_from(self.clock, self.video_until);
        }
        Stream::Measured {
            events: objects,
            sampled,
        }
    }

    fn sound(&self, energy: &Measured<SoundEnergy>) -> Stream<Sound> {
        let energy = match energy {
            Ok(energy) if energy.has_audio => energy,
            Ok(_) => return Stream::NotMeasured("the file has no audio stream".into()),
            Err(reason) => return Stream::NotMeasured(reason.clone()),
        };
        let until = MediaTime::from_seconds(energy.duration.unwrap_or_default());
        Stream::Measured {
            events: sound(energy),
            sampled: self.decoded(until),
        }
    }
}

fn objects(found: &ObjectDetections) -> Objects {
    let detections: Vec<Detection> = found
        .object_annotations
        .iter()
        .map(|one| Detection {
            time: MediaTime::from_seconds(one.timestamp),
            class: one.class_name.clone(),
            confidence: one.confidence,
            bbox: one.bbox,
            track: one.track_id.clone(),
        })
        .collect();
    let looked_at = found.metadata.frame_times.iter();
    let mut frames: Vec<MediaTime> = looked_at
        .map(|time| MediaTime::from_seconds(*time))
        .chain(detections.iter().map(|one| one.time))
        .collect();
    frames.sort_unstable();
    frames.dedup();
    let tracks = found.tracks.iter().map(|track| Track {
        id: track.track_id.clone(),
        class: track.class_name.clone(),
        span: span(track.first_seen, track.last_seen),
    });
    Objects {
        frames,
        tracks: tracks.collect(),
        detections,
    }
}

fn sound(energy: &SoundEnergy) -> Sound {
    let windows = energy.energy_level_windows.iter();
    Sound {
        onsets: energy
            .onsets
            .iter()
            .map(|time| MediaTime::from_seconds(*time))
            .collect(),
        energy: windows
            .filter_map(|(key, level)| {
                let (start, end) = read::window_of(key)?;
                Some(EnergyWindow {
                    span: span(start as f64, end as f64),
                    level: *level,
                })
            })
            .collect(),
        silences: energy
            .silences
            .iter()
            .map(|silence| span(silence.start, silence.end))
            .collect(),
    }
}

fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(MediaTime::from_seconds(start), MediaTime::from_seconds(end))
}
