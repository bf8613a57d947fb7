//! Videos nobody would think of: everything the stages can write, and much they should not.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

use super::{failure, perceived, video};
use bytes::Bytes;
use contracts::{StageName, job::VideoMetadata, manifest::FailureClass};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::Input;

/// What is said, written and told: in several scripts, with words the formulas look for.
const TEXTS: [&str; 14] = [
    "",
    " ",
    "Follow me for part 2!",
    "link in bio",
    "Did you know? It's amazing",
    "POV: you won't believe this \u{1f525}\u{1f525}",
    "LIMITED TIME \u{2014} 50% OFF",
    "\u{4eca}\u{65e5}\u{306f}\u{3044}\u{3044}\u{5929}\u{6c17}",
    "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{628}\u{627}\u{644}\u{639}\u{627}\u{644}\u{645}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} #fyp @friend https://example.com",
    "um, like, you know, um, like",
    "e\u{301}\u{301}\u{301}",
    "now now now now now now now now",
    "a",
];
const CLASSES: [&str; 5] = ["person", "dog", "bottle", "cup", ""];
const LABELS: [&str; 8] = [
    "anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral", "bored",
];

/// A video of a second stream of numbers.
pub fn any_video() -> impl Strategy<Value = Input> {
    Just(()).prop_perturb(|(), rng| Generator { rng, seconds: 0.0 }.video())
}

struct Generator<R> {
    rng: R,
    seconds: f64,
}

impl<R: Rng> Generator<R> {
    /// From 0 on, below 1.
    fn share(&mut self) -> f64 {
        f64::from(self.rng.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }
    fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }
    fn below(&mut self, count: usize) -> usize {
        (self.share() * count as f64) as usize
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
    /// Mostly inside the video, on a grid half of the time, now and then beyond its ends.
    fn time(&mut self) -> f64 {
        let time = self.share() * self.seconds;
        match self.below(20) {
            0 => time - self.seconds,
            1 => time + self.seconds,
            2 => self.seconds,
            3..=10 => (time * 2.0).round() / 2.0,
            _ => time,
        }
    }
    /// A start and a later end, now and then the other way round.
    fn interval(&mut self) -> (f64, f64) {
        let start = self.time();
        let end = start + self.share() * 6.0;
        if self.chance(0.05) {
            (end, start)
        } else {
            (start, end)
        }
    }
    /// A probability, now and then none.
    fn confidence(&mut self) -> f64 {
        let share = self.share();
        if self.chance(0.03) {
            share * 3.0 - 1.0
        } else {
            share
        }
    }
    fn list(&mut self, most: usize, item: impl Fn(&mut Self, usize) -> Value) -> Value {
        let count = self.below(most + 1);
        (0..count).map(|index| item(self, index)).collect()
    }
    /// Times of the frames looked at: to the end, or not quite.
    fn frame_times(&mut self) -> Value {
        let until = if self.chance(0.8) {
            self.seconds
        } else {
            self.share() * self.seconds
        };
        let step = if self.chance(0.5) { 1.0 } else { 2.5 };
        let count = (until / step).ceil() as u32;
        (0..count).map(|index| f64::from(index) * step).collect()
    }
    /// What a stage wrote, or nothing.
    fn stream(&mut self, stage: StageName, input: &mut Input, value: Value) -> Option<Bytes> {
        match self.below(12) {
            0 => {
                input
                    .failures
                    .push(failure(stage, FailureClass::Exhausted, "no model"));
                None
            }
            1 => Some(Bytes::from_static(b"{}")),
            _ => Some(value.to_string().into()),
        }
    }

    fn video(mut self) -> Input {
        self.seconds = match self.below(10) {
            0 => 0.0,
            1 => self.share(),
            2 => 5.0,
            3 => self.share() * 130.0,
            _ => self.share() * 30.0,
        };
        let mut input = video(self.seconds);
        input.metadata = self.metadata(&input.metadata);
        let (shots, objects, sound) = (self.shots(), self.objects(), self.sound());
        input.shots = self.stream(StageName::Shots, &mut input, shots);
        input.objects = self.stream(StageName::Detect, &mut input, objects);
        input.sound = self.stream(StageName::Sound, &mut input, sound);
        let (speech, text) = (self.speech(), self.text());
        input.speech = self.stream(StageName::Transcribe, &mut input, speech);
        input.text = self.stream(StageName::Ocr, &mut input, text);
        let (people, emotions) = (self.people(), self.emotions());
        input.people = self.stream(StageName::People, &mut input, people);
        input.emotions = self.stream(StageName::Emotion, &mut input, emotions);
        input
    }

    fn metadata(&mut self, base: &VideoMetadata) -> VideoMetadata {
        let mut count = || match self.below(4) {
            0 => None,
            1 => Some(0),
            _ => Some(u64::from(self.rng.next_u32())),
        };
        let counts = [count(), count(), count(), count(), count()];
        let times = ["2026-01-02T03:04:05.000Z", "yesterday", ""];
        VideoMetadata {
            description: self
                .chance(0.8)
                .then(|| format!("{} {}", self.pick(&TEXTS), self.pick(&TEXTS))),
            views: counts[0],
            likes: counts[1],
            comments: counts[2],
            shares: counts[3],
            saves: counts[4],
            create_time: self.chance(0.7).then(|| self.pick(&times).to_owned()),
            ..base.clone()
        }
    }

    fn shots(&mut self) -> Value {
        let boundaries = self.list(30, |one, _| {
            let kind = one.pick(&["cut", "fade", "dissolve", "flash"]).to_owned();
            json!({"timestamp": one.time(), "kind": kind, "score": one.confidence()})
        });
        let times: Vec<f64> = boundaries
            .as_array()
            .unwrap()
            .iter()
            .map(|boundary| boundary["timestamp"].as_f64().unwrap())
            .filter(|time| (0.0..self.seconds).contains(time))
            .collect();
        let mut shots = serde_json::to_value(super::shots(self.seconds, &times)).unwrap();
        if self.chance(0.5) {
            shots["boundaries"] = boundaries;
        }
        shots
    }

    fn objects(&mut self) -> Value {
        let mut objects = serde_json::to_value(super::objects(self.seconds, 1.0, &[])).unwrap();
        objects["objectAnnotations"] = self.list(30, |one, index| {
            let (x, y) = (one.share() * 900.0, one.share() * 1700.0);
            let bbox = [x, y, x + one.share() * 500.0, y + one.share() * 500.0];
            json!({
                "trackId": one.chance(0.7).then(|| format!("obj_{}", index / 3)),
                "className": one.pick(&CLASSES), "confidence": one.confidence(),
                "timestamp": one.time(), "bbox": bbox,
                "bboxNormalized": [bbox[0] / 1080.0, bbox[1] / 1920.0, bbox[2] / 1080.0, bbox[3] / 1920.0],
                "frame_number": index,
            })
        });
        objects["metadata"]["frame_times"] = self.frame_times();
        objects
    }

    fn sound(&mut self) -> Value {
        let onsets: Vec<f64> = (0..self.below(20)).map(|_| self.time()).collect();
        let mut sound = serde_json::to_value(super::sound(self.seconds, &onsets)).unwrap();
        if let Some(windows) = sound["energy_level_windows"].as_object_mut() {
            for level in windows.values_mut() {
                *level = json!(self.confidence());
            }
        }
        sound
    }

    fn speech(&mut self) -> Value {
        let mut speech = perceived::speech();
        let word = speech["segments"][0]["words"][0].clone();
        let segment = speech["segments"][0].clone();
        speech["segments"] = self.list(12, |one, index| {
            let (start, end) = one.interval();
            let text = one.pick(&TEXTS);
            let count = text.split_whitespace().count().max(1) as f64;
            let words: Value = text
                .split_whitespace()
                .enumerate()
                .map(|(place, spoken)| {
                    let at = |place: f64| start + (end - start) * place / count;
                    let mut word = word.clone();
                    word["word"] = json!(spoken);
                    word["start"] = json!(at(place as f64));
                    word["end"] = json!(at(place as f64 + 1.0));
                    word["confidence"] = json!(one.confidence());
                    word
                })
                .collect();
            let mut segment = segment.clone();
            segment["id"] = json!(index);
            segment["start"] = json!(start);
            segment["end"] = json!(end);
            segment["text"] = json!(text);
            segment["confidence"] = json!(one.confidence());
            segment["words"] = words;
            segment
        });
        speech["voice_activity"] = self.list(6, |one, _| {
            let (start, end) = one.interval();
            json!({"start": start, "end": end})
        });
        speech["language"] = json!(self.pick(&["en", "es", "ja", "ar"]));
        speech["duration"] = json!(self.seconds);
        speech
    }

    fn text(&mut self) -> Value {
        let mut text = perceived::text();
        let (track, sticker) = (text["tracks"][0].clone(), text["stickers"][0].clone());
        let intervals = |one: &mut Self| {
            one.list(3, |one, _| {
                let (start, end) = one.interval();
                json!({"start": start, "end": end, "startUncertainty": 0.25, "endUncertainty": 0.25})
            })
        };
        text["tracks"] = self.list(12, |one, index| {
            let mut track = track.clone();
            track["trackId"] = json!(format!("text_{index}"));
            track["text"] = json!(one.pick(&TEXTS));
            track["confidence"] = json!(one.confidence());
            track["intervals"] = intervals(one);
            track["overlay"] = json!(one.chance(0.8));
            track["role"] = json!(one.pick(&[
                "hook_title",
                "caption",
                "cta",
                "price",
                "watermark",
                "scene_text",
                "odd"
            ]));
            track["ctaKeywords"] = if one.chance(0.3) {
                json!(["follow"])
            } else {
                json!([])
            };
            track
        });
        text["textAnnotations"] = json!([]);
        text["stickers"] = self.list(4, |one, index| {
            let mut sticker = sticker.clone();
            sticker["stickerId"] = json!(format!("sticker_{index}"));
            sticker["confidence"] = json!(one.confidence());
            sticker["intervals"] = intervals(one);
            sticker
        });
        text["metadata"]["frame_times"] = self.frame_times();
        text
    }

    fn people(&mut self) -> Value {
        let mut people = perceived::people();
        let templates = ["faces", "gaze", "gestures", "poses", "presence"];
        for list in templates {
            let template = people[list][0].clone();
            people[list] = self.list(20, |one, _| {
                let mut item = template.clone();
                item["timestamp"] = json!(one.time());
                if item.get("confidence").is_some() {
                    item["confidence"] = json!(one.confidence());
                }
                let (x, y, side) = (one.share(), one.share(), one.share());
                match list {
                    "faces" => {
                        item["bbox"] = json!({"x": x, "y": y, "width": side, "height": side});
                        item["rank"] = json!(1 + one.below(3));
                        item["count"] = json!(1 + one.below(3));
                    }
                    "gaze" => {
                        item["eye_contact"] = json!(one.confidence());
                        item["rank"] = json!(1 + one.below(2));
                    }
                    "presence" => item["persons"] = json!(one.below(4)),
                    _ => {}
                }
                item
            });
        }
        people["metadata"]["frame_times"] = self.frame_times();
        people
    }

    fn emotions(&mut self) -> Value {
        let mut emotions = perceived::emotions();
        let template = emotions["emotions"][0].clone();
        let mut scores = template["all_scores"].clone();
        for score in scores.as_object_mut().unwrap().values_mut() {
            *score = json!(0.0);
        }
        let readings = self.list(20, |one, _| {
            let (label, confidence) = (one.pick(&LABELS), one.confidence());
            let mut reading = template.clone();
            let mut all = scores.clone();
            all[label] = json!(confidence);
            reading["timestamp"] = json!(one.time());
            reading["emotion"] = json!(label);
            reading["confidence"] = json!(confidence);
            reading["all_scores"] = all;
            reading["valence"] = json!(one.share() * 2.0 - 1.0);
            reading["intensity"] = json!(one.confidence());
            reading
        });
        emotions["emotions"] = readings;
        emotions["metadata"]["frame_times"] = self.frame_times();
        emotions
    }
}
