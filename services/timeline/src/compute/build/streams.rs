//! From a stage's result to the events of a modality.

use super::sightings;
use crate::compute::{
    clock::Clock,
    coverage::{SampledSeconds, Stream},
    events::{
        Boundary, Detection, EnergyWindow, ExpressionSeen, Expressions, FaceSeen, GazeSeen,
        Objects, Overlay, People, PeopleFrame, Shots, Sighting, Sound, Speech, Track, Utterance,
        Word,
    },
    measure::{Measured, Reason},
    read,
};
use contracts::{
    MediaTime, TimeSpan,
    emotion::Emotions,
    labels::SceneLabels,
    moderation::Moderation,
    objects::ObjectDetections,
    shots::ShotList,
    sound::{BurstPattern, SoundEnergy},
    speech::{SpeechSegment, SpeechStatus, SpeechTranscript, SpokenWord},
    text::{TextOnScreen, VisibleInterval},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What of a video there was to look at.
pub(super) struct Streams {
    /// The clock of the video.
    pub clock: Clock,
    /// Whether it was decoded to its end.
    pub complete: bool,
    /// As far as it was.
    pub video_until: MediaTime,
}

/// Why there is nothing to hear.
const NO_AUDIO: Reason = Reason::of("the file has no audio stream");

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

    /// Seconds looked at by a stage that looked at the frames of these times.
    fn seen(&self, times: impl IntoIterator<Item = MediaTime>) -> SampledSeconds {
        let sampled = SampledSeconds::of_times(self.clock, times);
        if self.complete {
            sampled.with_all_from(self.clock, self.video_until)
        } else {
            sampled
        }
    }

    fn seen_at(&self, seconds: &[f64]) -> SampledSeconds {
        self.seen(seconds.iter().map(|time| MediaTime::from_seconds(*time)))
    }

    pub fn shots(&self, list: &Measured<ShotList>) -> Stream<Shots> {
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

    pub fn objects(&self, found: &Measured<ObjectDetections>) -> Stream<Objects> {
        let found = match found {
            Ok(found) => found,
            Err(reason) => return Stream::NotMeasured(reason.clone()),
        };
        let objects = objects(found);
        Stream::Measured {
            sampled: self.seen(objects.frames.iter().copied()),
            events: objects,
        }
    }

    pub fn sound(&self, energy: &Measured<SoundEnergy>) -> Stream<Sound> {
        let energy = match energy {
            Ok(energy) if energy.has_audio => energy,
            Ok(_) => return Stream::NotMeasured(NO_AUDIO),
            Err(reason) => return Stream::NotMeasured(reason.clone()),
        };
        let until = MediaTime::from_seconds(energy.duration.unwrap_or_default());
        Stream::Measured {
            events: sound(energy),
            sampled: self.decoded(until),
        }
    }

    pub fn speech(&self, heard: &Measured<SpeechTranscript>) -> Stream<Speech> {
        let heard = match heard {
            Ok(heard) if heard.status != SpeechStatus::NoAudio => heard,
            Ok(_) => return Stream::NotMeasured(NO_AUDIO),
            Err(reason) => return Stream::NotMeasured(reason.clone()),
        };
        let until = MediaTime::from_seconds(heard.duration.unwrap_or_default());
        Stream::Measured {
            events: speech(heard),
            sampled: self.decoded(until),
        }
    }

    /// Texts on screen, but for those that are known to have been filmed.
    pub fn text(&self, read: &Measured<TextOnScreen>) -> Stream<Vec<Overlay>> {
        self.measured(read, |found| {
            let laid_over = found
                .tracks
                .iter()
                .filter(|track| track.overlay != Some(false));
            let texts = laid_over.map(|track| Overlay {
                intervals: visible(&track.intervals),
                content: track.text.clone(),
                confidence: track.confidence,
                role: Some(track.role),
                position: Some(track.position),
                cta_keywords: track.cta_keywords.clone(),
            });
            Ok((texts.collect(), self.seen_at(&found.metadata.frame_times)))
        })
    }

    pub fn stickers(&self, read: &Measured<TextOnScreen>) -> Stream<Vec<Overlay>> {
        self.measured(read, |found| {
            if !found.metadata.stickers.measured {
                let reason = found.metadata.stickers.reason.clone();
                return Err(Reason::new(
                    reason.unwrap_or_else(|| "graphics were not looked for".into()),
                ));
            }
            let stickers = found.stickers.iter().map(|one| Overlay {
                intervals: visible(&one.intervals),
                content: name_of(&one.kind),
                confidence: one.confidence,
                role: None,
                position: None,
                cta_keywords: Vec::new(),
            });
            Ok((
                stickers.collect(),
                self.seen_at(&found.metadata.frame_times),
            ))
        })
    }

    pub fn people(&self, found: &Measured<contracts::people::People>) -> Stream<People> {
        self.measured(found, |found| {
            Ok((people(found), self.seen_at(&found.metadata.frame_times)))
        })
    }

    pub fn faces(&self, found: &Measured<contracts::people::People>) -> Stream<Vec<Sighting>> {
        self.measured(found, |people| {
            Ok((
                sightings::faces(people),
                self.seen_at(&people.metadata.frame_times),
            ))
        })
    }

    pub fn bodies(&self, found: &Measured<contracts::people::People>) -> Stream<Vec<Sighting>> {
        self.measured(found, |people| {
            let bodies = sightings::bodies(people)?;
            Ok((bodies, self.seen_at(&people.metadata.frame_times)))
        })
    }

    pub fn gestures(&self, found: &Measured<contracts::people::People>) -> Stream<Vec<Sighting>> {
        self.measured(found, |people| {
            Ok((
                sightings::gestures(people),
                self.seen_at(&people.metadata.frame_times),
            ))
        })
    }

    pub fn emotions(&self, read: &Measured<Emotions>) -> Stream<Expressions> {
        self.measured(read, |emotions| {
            Ok((
                expressions(emotions),
                self.seen_at(&emotions.metadata.frame_times),
            ))
        })
    }

    pub fn labels(&self, given: &Measured<SceneLabels>) -> Stream<()> {
        self.measured(given, |labels| {
            let frames = labels.frame_labels.iter().map(|frame| frame.timestamp);
            Ok(((), self.seen(frames.map(MediaTime::from_seconds))))
        })
    }

    /// Nothing is safe for want of a look.
    pub fn safety(&self, judged: &Measured<Moderation>) -> Stream<()> {
        self.measured(judged, |moderation| {
            if moderation.explicit_content.is_none() {
                let reason = moderation.reason.clone();
                return Err(Reason::new(
                    reason.unwrap_or_else(|| "no frame was judged".into()),
                ));
            }
            let frames = moderation.frame_results.iter().map(|frame| frame.timestamp);
            Ok(((), self.seen(frames.map(MediaTime::from_seconds))))
        })
    }

    fn measured<T, E>(
        &self,
        result: &Measured<T>,
        events: impl FnOnce(&T) -> Measured<(E, SampledSeconds)>,
    ) -> Stream<E> {
        match result.as_ref().map_err(Clone::clone).and_then(events) {
            Ok((events, sampled)) => Stream::Measured { events, sampled },
            Err(reason) => Stream::NotMeasured(reason),
        }
    }
}

fn speech(heard: &SpeechTranscript) -> Speech {
    let word = |one: &SpokenWord| Word {
        span: span(one.start, one.end),
        text: one.word.clone(),
        confidence: one.confidence,
    };
    let utterance = |one: &SpeechSegment| Utterance {
        span: span(one.start, one.end),
        text: one.text.clone(),
        confidence: one.confidence,
        words: one.words.iter().map(word).collect(),
    };
    Speech {
        utterances: heard.segments.iter().map(utterance).collect(),
        language: heard.language.clone(),
        voice: heard
            .voice_activity
            .iter()
            .map(|one| span(one.start, one.end))
            .collect(),
    }
}

fn people(found: &contracts::people::People) -> People {
    let mut frames: BTreeMap<MediaTime, PeopleFrame> = BTreeMap::new();
    let empty = |time| PeopleFrame {
        time,
        persons: None,
        faces: Vec::new(),
        distance: None,
    };
    for seconds in &found.metadata.frame_times {
        let time = MediaTime::from_seconds(*seconds);
        frames.entry(time).or_insert_with(|| empty(time));
    }
    for one in &found.presence {
        let time = MediaTime::from_seconds(one.timestamp);
        let frame = frames.entry(time).or_insert_with(|| empty(time));
        frame.persons = one.persons;
        frame.distance = one.camera_distance;
    }
    for face in &found.faces {
        let time = MediaTime::from_seconds(face.timestamp);
        let frame = frames.entry(time).or_insert_with(|| empty(time));
        frame.faces.push(FaceSeen {
            bbox: face.bbox,
            confidence: face.confidence,
            track: face.track_id.clone(),
        });
    }
    let gaze = found.gaze.iter().map(|one| GazeSeen {
        time: MediaTime::from_seconds(one.timestamp),
        rank: one.rank,
        eye_contact: one.eye_contact,
        direction: one.gaze_direction,
    });
    People {
        frames: frames.into_values().collect(),
        gaze: gaze.collect(),
    }
}

fn expressions(read: &Emotions) -> Expressions {
    let seen = read.emotions.iter().map(|one| ExpressionSeen {
        time: MediaTime::from_seconds(one.timestamp),
        label: one.emotion,
        confidence: one.confidence,
        scores: one.all_scores,
        valence: one.valence,
        intensity: one.intensity,
    });
    let frames = read.metadata.frame_times.iter();
    Expressions {
        frames: frames.map(|time| MediaTime::from_seconds(*time)).collect(),
        seen: seen.collect(),
        stretches: sightings::expressions(read),
    }
}

fn visible(intervals: &[VisibleInterval]) -> Vec<TimeSpan> {
    intervals
        .iter()
        .map(|one| span(one.start, one.end))
        .collect()
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
        climax: energy.climax_timestamp.map(MediaTime::from_seconds),
        energy_variance: energy.energy_variance,
        burst_pattern: (energy.burst_pattern != BurstPattern::Unknown)
            .then_some(energy.burst_pattern),
    }
}

pub(super) fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(MediaTime::from_seconds(start), MediaTime::from_seconds(end))
}

/// The published name of a value that is one of a few names.
pub(super) fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}
