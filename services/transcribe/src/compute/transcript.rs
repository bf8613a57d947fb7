//! From what each window said to one transcript.

use super::{
    Stretch,
    gates::{self, WindowDoubt},
    join, samples_of,
    search::Found,
    seconds,
    segments::{Segment, Word, segments},
    vocabulary::Vocabulary,
    windows::Window,
};
use crate::config::Config;
use contracts::{
    manifest::ModelStamp,
    sound::Interval,
    speech::{
        DropReason, DroppedSpeech, SpeechMetadata, SpeechSegment, SpeechStatus, SpeechTranscript,
        SpokenWord,
    },
};

/// Name of what runs the networks, as published with every result.
pub const BACKEND: &str = "onnxruntime";
/// Decimals of a time in seconds: a millisecond.
const TIME_DECIMALS: i32 = 3;
/// Decimals of a probability.
const SHARE_DECIMALS: i32 = 4;
/// Pauses of a voice shorter than this lie within words, in milliseconds.
const PAUSE_WITHIN_WORD_MS: u64 = 300;

/// What was heard in one window, on the clock of the audio.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// First sample of the window.
    pub start: usize,
    /// First sample after it.
    pub end: usize,
    /// By time.
    pub segments: Vec<Segment>,
    /// What the recogniser says about the window as a whole.
    pub doubt: WindowDoubt,
}

/// The language that is spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    /// ISO 639 code.
    pub code: String,
    /// Its probability, 0–1; `None` if it was prescribed.
    pub probability: Option<f64>,
}

/// What is known beside the windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Number of samples of the audio.
    pub length: usize,
    /// Where a voice is active.
    pub voice: Vec<Stretch>,
    /// The language; `None` if nothing was recognised.
    pub language: Option<Language>,
    /// Name of the recogniser.
    pub recogniser: String,
    /// The networks that took part.
    pub models: Vec<ModelStamp>,
    /// Number of windows shown to the recogniser.
    pub windows: usize,
    /// Samples shown to the recogniser.
    pub recognised: usize,
}

/// Puts what was found in a window onto the clock of the audio: times come from the recogniser,
/// moved to where a voice is active.
#[must_use]
pub fn hear(
    found: &Found,
    window: &Window,
    voice: &[Stretch],
    vocabulary: &Vocabulary,
    language: &str,
) -> Heard {
    let mut all = segments(found, vocabulary, language, window.length());
    for segment in &mut all {
        for word in &mut segment.words {
            word.place = window.to_audio(word.place.start, word.place.end);
            word.place = voiced(word.place, voice);
        }
        segment.place = hull(&segment.words);
    }
    Heard {
        start: window.start(),
        end: window.end(),
        segments: all,
        doubt: WindowDoubt {
            no_speech: found.no_speech,
            mean_log_probability: found.mean_log_probability,
        },
    }
}

/// The part of a place in which a voice is longest active; the place itself if none is.
fn voiced(place: Stretch, voice: &[Stretch]) -> Stretch {
    let mut groups: Vec<Stretch> = Vec::new();
    let first = voice.partition_point(|stretch| stretch.end <= place.start);
    for stretch in voice.iter().skip(first) {
        let Some(common) = stretch.common(place) else {
            break;
        };
        match groups.last_mut() {
            Some(last) if common.start <= last.end + samples_of(PAUSE_WITHIN_WORD_MS) => {
                last.end = common.end;
            }
            _ => groups.push(common),
        }
    }
    // The first of equally long ones.
    let longest = groups.into_iter().reduce(|best, next| {
        if next.length() > best.length() {
            next
        } else {
            best
        }
    });
    longest.unwrap_or(place)
}

fn hull(words: &[Word]) -> Stretch {
    let start = words.iter().map(|word| word.place.start).min();
    let end = words.iter().map(|word| word.place.end).max();
    Stretch {
        start: start.unwrap_or_default(),
        end: end.unwrap_or_default(),
    }
}

/// The end of a window that the recogniser passed over although at least `least` samples of it
/// are voice, to be shown again; what lies after sample `until` is shown in another window anyway.
/// `None` if there is none, or if as little was heard before it.
#[must_use]
pub fn passed_over(
    heard: &Heard,
    window: &Window,
    voice: &[Stretch],
    until: Option<usize>,
    least: usize,
) -> Option<Window> {
    let last = heard.segments.last()?.place.end;
    let progress = last.saturating_sub(window.start());
    let rest = window.after(last).filter(|_| progress >= least)?;
    let unseen = Stretch {
        start: last,
        end: until.unwrap_or(usize::MAX),
    };
    let pieces = rest.pieces.iter().filter_map(|piece| piece.common(unseen));
    let active: usize = pieces
        .flat_map(|piece| voice.iter().filter_map(move |voice| voice.common(piece)))
        .map(Stretch::length)
        .sum();
    (active >= least).then_some(rest)
}

/// The transcript of windows by time.
#[must_use]
pub fn transcript(heard: Vec<Heard>, scene: &Scene, config: &Config) -> SpeechTranscript {
    let mut kept: Vec<(Segment, WindowDoubt)> = Vec::new();
    let mut dropped: Vec<DroppedSpeech> = Vec::new();
    for window in in_order(joined(heard)) {
        let echoes = gates::echoes(&window.segments, &config.gates);
        for (segment, echo) in window.segments.into_iter().zip(echoes) {
            let echo = echo.then_some(DropReason::Repetition);
            match echo.or_else(|| gates::verdict(&segment, window.doubt, &config.gates)) {
                Some(reason) => dropped.push(drop_of(&segment, reason)),
                None => kept.extend(
                    split(&segment, config)
                        .into_iter()
                        .map(|part| (part, window.doubt)),
                ),
            }
        }
    }
    let mut words = kept.iter().flat_map(|(segment, _)| &segment.words);
    let aligned = words.all(|word| !word.interpolated);
    let segments: Vec<SpeechSegment> = (0..)
        .zip(&kept)
        .map(|(id, (segment, doubt))| publish(id, segment, *doubt))
        .collect();
    let has_speech = !segments.is_empty();
    let language = scene.language.as_ref().filter(|_| has_speech);
    let texts: Vec<&str> = segments
        .iter()
        .map(|segment| segment.text.as_str())
        .collect();
    let voice: usize = scene.voice.iter().copied().map(Stretch::length).sum();
    SpeechTranscript {
        status: if has_speech {
            SpeechStatus::Speech
        } else {
            SpeechStatus::NoSpeech
        },
        text: texts.join(" "),
        language: language.map(|language| language.code.clone()),
        language_probability: language
            .and_then(|language| language.probability)
            .map(|probability| rounded(probability, SHARE_DECIMALS)),
        duration: Some(time(scene.length)),
        voice_activity: scene
            .voice
            .iter()
            .map(|stretch| interval(*stretch))
            .collect(),
        voice_seconds: Some(time(voice)),
        dropped,
        metadata: metadata(scene, has_speech && aligned),
        segments,
    }
}

/// What is said of a video without an audio stream.
#[must_use]
pub fn without_audio(recogniser: &str) -> SpeechTranscript {
    let scene = Scene {
        length: 0,
        voice: Vec::new(),
        language: None,
        recogniser: recogniser.into(),
        models: Vec::new(),
        windows: 0,
        recognised: 0,
    };
    SpeechTranscript {
        status: SpeechStatus::NoAudio,
        text: String::new(),
        segments: Vec::new(),
        language: None,
        language_probability: None,
        duration: None,
        voice_activity: Vec::new(),
        voice_seconds: None,
        dropped: Vec::new(),
        metadata: SpeechMetadata {
            processed: false,
            ..metadata(&scene, false)
        },
    }
}

fn metadata(scene: &Scene, words_aligned: bool) -> SpeechMetadata {
    SpeechMetadata {
        model: scene.recogniser.clone(),
        models: scene.models.clone(),
        processed: true,
        success: true,
        backend: BACKEND.into(),
        windows: u32::try_from(scene.windows).unwrap_or(u32::MAX),
        recognised_seconds: time(scene.recognised),
        words_aligned,
    }
}

/// Removes what two windows that overlap both heard.
#[must_use]
pub fn joined(mut heard: Vec<Heard>) -> Vec<Heard> {
    for at in 1..heard.len() {
        let (before, after) = heard.split_at_mut(at);
        let (Some(first), Some(second)) = (before.last_mut(), after.first_mut()) else {
            continue;
        };
        if first.end <= second.start {
            continue;
        }
        let words = |heard: &Heard| -> Vec<Word> {
            let segments = heard.segments.iter();
            segments.flat_map(|segment| segment.words.clone()).collect()
        };
        let (keep, skip) = join::seam(&words(first), &words(second), second.start, first.end);
        retain(&mut first.segments, |place| place < keep);
        retain(&mut second.segments, |place| place >= skip);
    }
    heard
}

/// Keeps words by their position among all.
fn retain(segments: &mut Vec<Segment>, keep: impl Fn(usize) -> bool) {
    let mut position = 0;
    for segment in segments.iter_mut() {
        segment.words.retain(|_| {
            position += 1;
            keep(position - 1)
        });
        segment.place = hull(&segment.words);
    }
    segments.retain(|segment| !segment.words.is_empty());
}

/// Cuts a segment where its words leave a longer pause, and takes descriptions of sound out.
fn split(segment: &Segment, config: &Config) -> Vec<Segment> {
    let pause = samples_of(config.windows.max_joined_pause_ms);
    let mut parts: Vec<Segment> = Vec::new();
    for word in spoken(segment) {
        match parts.last_mut() {
            Some(part) if word.place.start <= part.place.end + pause => {
                part.place.end = part.place.end.max(word.place.end);
                part.words.push(word);
            }
            _ => parts.push(Segment {
                place: word.place,
                words: vec![word],
            }),
        }
    }
    parts
}

/// The words of a segment that are not part of a description of sound.
fn spoken(segment: &Segment) -> Vec<Word> {
    let words = segment.words.iter();
    let text: String = words.clone().map(|word| word.text.as_str()).collect();
    let parts = gates::spoken_parts(&text);
    let mut start = 0;
    let kept = words.filter(|word| {
        let place = start..start + word.text.len();
        start = place.end;
        parts.iter().any(|part| {
            let common = part.start.max(place.start)..part.end.min(place.end);
            text.get(common).is_some_and(gates::has_letters)
        })
    });
    kept.cloned().collect()
}

/// Makes no word begin before the one before it has ended.
fn in_order(mut heard: Vec<Heard>) -> Vec<Heard> {
    let mut latest = 0;
    for segment in heard.iter_mut().flat_map(|heard| &mut heard.segments) {
        for word in &mut segment.words {
            word.place.start = word.place.start.max(latest);
            word.place.end = word.place.end.max(word.place.start);
            latest = word.place.end;
        }
        segment.place = hull(&segment.words);
    }
    heard
}

fn publish(id: u32, segment: &Segment, doubt: WindowDoubt) -> SpeechSegment {
    let mean = segment.mean_log_probability();
    SpeechSegment {
        id,
        start: time(segment.place.start),
        end: time(segment.place.end),
        text: segment.text(),
        confidence: rounded(mean.exp(), SHARE_DECIMALS),
        avg_logprob: rounded(mean, SHARE_DECIMALS),
        no_speech_prob: rounded(doubt.no_speech, SHARE_DECIMALS),
        words: segment.words.iter().map(word_of).collect(),
    }
}

fn word_of(word: &Word) -> SpokenWord {
    let mean = word.log_probability / word.tokens.max(1) as f64;
    SpokenWord {
        word: word.text.trim().to_owned(),
        start: time(word.place.start),
        end: time(word.place.end),
        confidence: rounded(mean.exp(), SHARE_DECIMALS),
        interpolated: word.interpolated,
    }
}

fn drop_of(segment: &Segment, reason: DropReason) -> DroppedSpeech {
    DroppedSpeech {
        start: time(segment.place.start),
        end: time(segment.place.end),
        text: segment.text(),
        reason,
    }
}

fn interval(stretch: Stretch) -> Interval {
    Interval {
        start: time(stretch.start),
        end: time(stretch.end),
    }
}

fn time(sample: usize) -> f64 {
    rounded(seconds(sample), TIME_DECIMALS)
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}
