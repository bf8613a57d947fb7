//! `speechDynamics`: how pace, pauses and energy change.

use super::{
    Evidence, LISTED, NEVER, NULL_CONFIDENCE, NULL_SILENT, SPEECH, Spoken, core, interactions,
};
use crate::{
    compute::{
        block::Block,
        coverage::Modality,
        events::{EnergyWindow, ExpressionSeen, Sighting},
        measure::{Measured, NO_DEFINITION, Reason, given, given_some},
        numbers, pacing,
        spans::{self, equal_windows},
    },
    metrics::{Range, define_metrics},
};
use contracts::{TimeSpan, emotion::EmotionLabel};
use serde::Serialize;

/// Number of equal windows in which pace is measured.
pub const WINDOWS: u32 = 10;
const PAUSE_SECONDS: f64 = 1.0;
const DRAMATIC_SECONDS: f64 = 2.0;
const AWKWARD_SECONDS: f64 = 3.0;

/// A stretch between two stretches of speech.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pause {
    /// When speech ends, in seconds.
    pub start: f64,
    /// When it goes on, in seconds.
    pub end: f64,
    /// In seconds.
    pub duration: f64,
    /// By its length: `strategic`, `dramatic` or `awkward`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A window of loud sound in which somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Burst {
    /// Beginning of the window, in seconds.
    pub start: f64,
    /// Its end, in seconds.
    pub end: f64,
    /// Its length, in seconds.
    pub duration: f64,
    /// Its energy, as a share of the loudest windows.
    pub energy: f64,
    /// What makes it a burst.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A gesture that begins while somebody speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GestureMoment {
    /// When it begins, in seconds.
    pub timestamp: f64,
    /// What it is.
    pub gesture: String,
}

/// A strong expression while somebody speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpressionPeak {
    /// When, in seconds.
    pub timestamp: f64,
    /// What it is.
    pub emotion: EmotionLabel,
    /// 1 less the probability of a neutral face.
    pub intensity: f64,
}

/// Words per minute of speech in ten equal windows; `None` where nobody speaks. A word on a
/// border counts in both windows by its share.
#[must_use]
pub fn pace(spoken: &Spoken) -> Vec<Option<f64>> {
    let windows = equal_windows(spoken.clock(), WINDOWS);
    let rate = |window: &TimeSpan| {
        let words = spoken
            .words()
            .fold(0.0, |sum, word| sum + spans::share_in(word.span, *window));
        let voiced = spoken.voiced().iter();
        let voiced: Vec<TimeSpan> = voiced.map(|span| spans::common(*span, *window)).collect();
        let seconds = spans::total_seconds(&voiced);
        core::words_per_minute(words, seconds)
    };
    windows.iter().map(rate).collect()
}

/// Gaps of more than 1 s between stretches of speech, which do not overlap and rise.
#[must_use]
pub fn pauses(voiced: &[TimeSpan]) -> Vec<Pause> {
    voiced
        .windows(2)
        .map(|pair| TimeSpan::new(pair[0].end, pair[1].start))
        .filter(|gap| spans::length(*gap) > PAUSE_SECONDS)
        .map(|gap| Pause {
            start: gap.start.seconds(),
            end: gap.end.seconds(),
            duration: spans::length(gap),
            kind: pause_kind(spans::length(gap)),
        })
        .collect()
}

/// `strategic` up to 2 s, `dramatic` up to 3 s, else `awkward`.
#[must_use]
pub fn pause_kind(seconds: f64) -> &'static str {
    if seconds <= DRAMATIC_SECONDS {
        "strategic"
    } else if seconds <= AWKWARD_SECONDS {
        "dramatic"
    } else {
        "awkward"
    }
}

/// Windows with an energy above mean + population standard deviation in which somebody speaks.
#[must_use]
pub fn bursts(windows: &[EnergyWindow], spoken: &Spoken) -> Vec<Burst> {
    let levels: Vec<f64> = windows.iter().map(|window| window.level).collect();
    let Some(threshold) = above(&levels) else {
        return Vec::new();
    };
    windows
        .iter()
        .filter(|window| window.level > threshold && spoken.during(window.span))
        .map(|window| {
            let span = spans::common(window.span, spoken.clock().span());
            Burst {
                start: span.start.seconds(),
                end: span.end.seconds(),
                duration: spans::length(span),
                energy: window.level,
                kind: "high_energy",
            }
        })
        .collect()
}

/// Mean + population standard deviation.
fn above(values: &[f64]) -> Option<f64> {
    Some(numbers::mean(values)? + numbers::population_deviation(values)?)
}

/// Gestures that begin while somebody speaks.
#[must_use]
pub fn gesture_moments(gestures: &[Sighting], spoken: &Spoken) -> Vec<GestureMoment> {
    gestures
        .iter()
        .filter(|gesture| {
            spoken
                .voiced()
                .iter()
                .any(|s| s.contains(gesture.span.start))
        })
        .map(|gesture| GestureMoment {
            timestamp: gesture.span.start.seconds(),
            gesture: gesture.label.clone(),
        })
        .collect()
}

/// Readings while somebody speaks that are more intense than mean + population standard deviation
/// of all readings.
#[must_use]
pub fn expression_peaks(seen: &[ExpressionSeen], spoken: &Spoken) -> Vec<ExpressionPeak> {
    let intensities: Vec<f64> = seen.iter().map(|one| one.intensity).collect();
    let threshold = above(&intensities).unwrap_or(f64::INFINITY);
    seen.iter()
        .filter(|one| one.intensity > threshold)
        .filter(|one| spoken.during(TimeSpan::new(one.time, one.time)))
        .map(|one| ExpressionPeak {
            timestamp: one.time.seconds(),
            emotion: one.label,
            intensity: one.intensity,
        })
        .collect()
}

/// Share (0–1) of the words that begin before this share of T; `None` without words.
#[must_use]
pub fn front_load(spoken: &Spoken, share: f64) -> Option<f64> {
    let until = share * spoken.duration();
    let all = spoken.words().count();
    let early = spoken.words().filter(|w| w.span.start.seconds() < until);
    (all > 0).then(|| early.count() as f64 / all as f64)
}

/// (words from T/2 on − words before) / words before; `None` without words.
#[must_use]
pub fn acceleration(spoken: &Spoken) -> Option<f64> {
    let begins: Vec<f64> = spoken.words().map(|w| w.span.start.seconds()).collect();
    let (early, late) = pacing::dynamics::halves(&begins, spoken.duration());
    (!begins.is_empty()).then(|| pacing::dynamics::acceleration_score(early, late))
}

/// The energy bursts of what is said.
pub(super) fn measured_bursts(evidence: &Evidence<'_>) -> Measured<Vec<Burst>> {
    evidence.some(|spoken| {
        let sound = evidence.events.sound.events()?;
        Ok(bursts(&sound.energy, spoken))
    })
}

fn put_energy(block: &mut Block, evidence: &Evidence<'_>) {
    let sound = evidence.events.sound.events();
    block.put("speechBursts", measured_bursts(evidence));
    let pattern = given_some(&sound, |sound| {
        let pattern = sound.burst_pattern;
        pattern.ok_or_else(|| Reason::from("where the energy lies was not judged"))
    });
    block.put("burstPattern", pattern);
    let variance = given_some(&sound, |sound| {
        let variance = sound.energy_variance;
        variance.ok_or_else(|| Reason::from("the variance of the energy was not measured"))
    });
    block.put("energyVariance", variance);
    let energy = if evidence.events.has_audio {
        given(&sound, |sound| !sound.energy.is_empty())
    } else {
        Ok(false)
    };
    block.put("hasAudioEnergy", energy);
}

fn put_alignment(block: &mut Block, evidence: &Evidence<'_>) {
    let gestures = evidence.some(|spoken| {
        let gestures = evidence.events.gestures.events()?;
        Ok(gesture_moments(gestures, spoken))
    });
    block.put("temporalAlignment.gesture_emphasis_moments", gestures);
    let peaks = evidence.some(|spoken| {
        let expressions = evidence.events.emotions.events()?;
        Ok(expression_peaks(&expressions.seen, spoken))
    });
    block.put("temporalAlignment.expression_peaks_during_speech", peaks);
    block.put::<f64>("temporalAlignment.lip_sync_quality", Err(NO_DEFINITION));
    block.put(
        "temporalAlignment.body_language_congruence",
        interactions::gesture_share(evidence),
    );
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("speechDynamics");
    let pace = evidence.of_voiced(pace);
    if pace.as_ref().is_ok_and(|rates| rates.contains(&None)) {
        block.explain("wpmProgression[]", Reason::from("nobody speaks there"));
    }
    block.put("wpmProgression", pace.clone());
    block.put(
        "silencePeriods",
        evidence.of(|spoken| pauses(spoken.voiced())),
    );
    put_energy(&mut block, evidence);
    let variation = pace.and_then(|rates| {
        let rates: Vec<f64> = rates.into_iter().flatten().collect();
        let deviation = numbers::sample_deviation(&rates);
        deviation.ok_or_else(|| Reason::from("somebody speaks in one window only"))
    });
    block.put("pacingVariation", variation);
    put_alignment(&mut block, evidence);
    let some = |value: Option<f64>| value.ok_or_else(|| Reason::from(super::NOTHING_SAID));
    block.put(
        "accelerationScore",
        evidence.some(|spoken| some(acceleration(spoken))),
    );
    block.put(
        "frontLoadRatio",
        evidence.some(|spoken| some(front_load(spoken, FRONT_SHARE))),
    );
    evidence.put_confidence(&mut block, &[Modality::Speech, Modality::Sound]);
    block
}

const FRONT_SHARE: f64 = 0.2;
const SOUND: &str = "sound";
const NULL_SOUND: &str = "sound was not measured";

define_metrics!(
    "speech_analysis",
    "speechDynamics",
    [
        (
            "wpmProgression",
            "in each of 10 equal windows of T: 60 × words by the share of them that lies in it / seconds of S in it; null where nobody speaks",
            SPEECH,
            "1/min",
            Range::ListWithGaps(&Range::AtLeast(0.0)),
            NULL_SILENT
        ),
        (
            "silencePeriods[].start",
            "beginning of a gap in S of more than 1 s; by time",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "silencePeriods[].end",
            "its end",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "silencePeriods[].duration",
            "its length",
            SPEECH,
            "s",
            Range::Above(1.0),
            LISTED
        ),
        (
            "silencePeriods[].type",
            "by length: strategic up to 2 s, dramatic up to 3 s, else awkward",
            SPEECH,
            "name",
            Range::OneOf(&["strategic", "dramatic", "awkward"]),
            LISTED
        ),
        (
            "speechBursts[].start",
            "beginning of an energy window above mean + population standard deviation of all that overlaps S; by time",
            "speech, sound",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "speechBursts[].end",
            "end of the window",
            "speech, sound",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "speechBursts[].duration",
            "its length",
            "speech, sound",
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "speechBursts[].energy",
            "its mean energy, as a share of the 95th percentile of all windows",
            SOUND,
            "1",
            Range::Share,
            LISTED
        ),
        (
            "speechBursts[].type",
            "what makes it a burst",
            SOUND,
            "name",
            Range::OneOf(&["high_energy"]),
            LISTED
        ),
        (
            "burstPattern",
            "the third of the video that is louder than the others, or steady",
            SOUND,
            "name",
            Range::OneOf(&["front_loaded", "back_loaded", "middle_peak", "steady"]),
            NULL_SOUND
        ),
        (
            "energyVariance",
            "population variance of the energy of the windows",
            SOUND,
            "1",
            Range::AtLeast(0.0),
            NULL_SOUND
        ),
        (
            "hasAudioEnergy",
            "whether there are energy windows; false for a file without audio",
            SOUND,
            "flag",
            Range::Boolean,
            "the file has audio and it was not measured"
        ),
        (
            "pacingVariation",
            "sample standard deviation of the numbers in wpmProgression",
            SPEECH,
            "1/min",
            Range::AtLeast(0.0),
            "as wpmProgression; fewer than two numbers"
        ),
        (
            "temporalAlignment.gesture_emphasis_moments[].timestamp",
            "beginning of a gesture that begins within S; by time",
            "speech, gestures",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "temporalAlignment.gesture_emphasis_moments[].gesture",
            "the gesture",
            "gestures",
            "name",
            Range::Text("a gesture"),
            LISTED
        ),
        (
            "temporalAlignment.expression_peaks_during_speech[].timestamp",
            "time within S of a reading of the main face with an intensity above mean + population standard deviation of all; by time",
            "speech, emotions",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "temporalAlignment.expression_peaks_during_speech[].emotion",
            "its most probable label",
            "emotions",
            "name",
            Range::EMOTION,
            LISTED
        ),
        (
            "temporalAlignment.expression_peaks_during_speech[].intensity",
            "1 − probability of neutral",
            "emotions",
            "1",
            Range::Share,
            LISTED
        ),
        (
            "temporalAlignment.lip_sync_quality",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "temporalAlignment.body_language_congruence",
            "as speechGestureSync",
            "speech, gestures",
            "1",
            Range::Share,
            "as speechGestureSync"
        ),
        (
            "accelerationScore",
            "(words that begin from T/2 on − words before) / words before; 1 if there are none before",
            SPEECH,
            "1",
            Range::AtLeast(-1.0),
            NULL_SILENT
        ),
        (
            "frontLoadRatio",
            "words that begin before 0.2 T / |W|",
            SPEECH,
            "1",
            Range::Share,
            NULL_SILENT
        ),
        (
            "confidence",
            "completeness of speech and sound × mean confidence of the segments",
            "coverage, speech",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
    ]
);
