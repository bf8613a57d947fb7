//! `speechDynamics`: how pace, pauses and energy change.

use super::{
    Evidence, LISTED, NEVER, NULL_CONFIDENCE, NULL_SILENT, SPEECH, Spoken,
    emphasis::{self, expression_peaks, gesture_moments, measured_bursts},
    interactions,
    rhythm::{self, WINDOWS, acceleration, front_load, pace, pauses},
};
use crate::{
    compute::{
        block::Block,
        coverage::Modality,
        events::EnergyWindow,
        measure::{NO_DEFINITION, Reason, given, given_some},
        numbers,
        spans::equal_windows,
    },
    metrics::{Range, define_metrics},
};
use serde::Serialize;

const SECONDS_PER_MINUTE: f64 = 60.0;

/// The pace in one of ten equal windows in which somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PacePoint {
    /// Beginning of the window, in seconds.
    pub timestamp: f64,
    /// Words per second of speech in it.
    pub words_per_second: f64,
    /// Mean energy of the sound in it, as a share of the loudest windows; `None` if it is not
    /// known.
    pub intensity: Option<f64>,
}

/// The pace in those of ten equal windows in which somebody speaks, with the energy of the sound in
/// them.
#[must_use]
pub fn pacing_curve(spoken: &Spoken, energy: Option<&[EnergyWindow]>) -> Vec<PacePoint> {
    let windows = equal_windows(spoken.clock(), WINDOWS).into_iter();
    windows
        .zip(pace(spoken))
        .filter_map(|(window, rate)| {
            Some(PacePoint {
                timestamp: window.start.seconds(),
                words_per_second: rate? / SECONDS_PER_MINUTE,
                intensity: energy.and_then(|energy| emphasis::mean_energy(energy, window)),
            })
        })
        .collect()
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

fn put_rhythm(block: &mut Block, evidence: &Evidence<'_>) {
    let sound = evidence.events.sound.events();
    let energy = sound.as_ref().ok().map(|sound| sound.energy.as_slice());
    let curve = evidence.of(|spoken| pacing_curve(spoken, energy));
    if curve
        .as_ref()
        .is_ok_and(|points| points.iter().any(|point| point.intensity.is_none()))
    {
        let reason = sound.clone().err();
        let reason = reason.unwrap_or_else(|| Reason::from("no energy is known there"));
        block.explain("speechPacingCurve[].intensity", reason);
    }
    block.put("speechPacingCurve", curve);
    let rhythm = evidence.some_of_voiced(|spoken| {
        let rhythm = rhythm::rhythm(&pace(spoken));
        rhythm.ok_or_else(|| Reason::from("somebody speaks in one window only"))
    });
    block.put("speechRhythm", rhythm);
    let pattern = evidence.some(|spoken| {
        let pattern = rhythm::pause_pattern(&pauses(spoken.voiced()));
        pattern.ok_or_else(|| Reason::from("there is no pause"))
    });
    block.put("pausePattern", pattern);
    let moments = evidence.some(|spoken| {
        let sound = evidence.events.sound.events()?;
        let bursts = emphasis::bursts(&sound.energy, spoken);
        Ok(emphasis::emphasis(&bursts, &sound.onsets, spoken))
    });
    block.put("emphasisMoments", moments);
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
    put_rhythm(&mut block, evidence);
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
            "beginning of a gap in S of more than 1 s; by time; the time before the first and after the last segment is no gap",
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
            Range::GESTURE,
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
            "speechPacingCurve[].timestamp",
            "beginning of one of 10 equal windows of T in which somebody speaks; by time; the list is null as speechCoreMetrics.totalWords",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "speechPacingCurve[].wordsPerSecond",
            "its number in wpmProgression / 60",
            SPEECH,
            "words/s",
            Range::AtLeast(0.0),
            LISTED
        ),
        (
            "speechPacingCurve[].intensity",
            "mean energy of the sound in it, each energy window by what they share",
            SOUND,
            "1",
            Range::Share,
            "sound was not measured, or has no energy window there"
        ),
        (
            "speechRhythm",
            "of the numbers in wpmProgression: accelerating or decelerating if their mean changes by more than 30 % from the first 5 windows to the last 5, else steady if their sample standard deviation is at most 0.2 of their mean, else variable",
            SPEECH,
            "name",
            Range::OneOf(&["steady", "variable", "accelerating", "decelerating"]),
            "as wpmProgression; fewer than two numbers"
        ),
        (
            "pausePattern",
            "of the silencePeriods: irregular if the population standard deviation of their lengths is above half their mean, else dramatic if that mean is above 2 s, else natural; never rushed, which is no kind of pause",
            SPEECH,
            "name",
            Range::OneOf(&["natural", "dramatic", "irregular"]),
            "as speechCoreMetrics.avgPauseDuration"
        ),
        (
            "emphasisMoments[].timestamp",
            "beginning of a word that begins in one of speechBursts and at most 0.1 s from an energy onset; by time; the list is null where speech or sound was not measured, or the video has no duration",
            "speech, sound",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "emphasisMoments[].word",
            "the word in lower case, without punctuation",
            SPEECH,
            "text",
            Range::Text("a word"),
            LISTED
        ),
        (
            "emphasisMoments[].emphasisType",
            "what makes it stand out",
            SOUND,
            "name",
            Range::OneOf(&["energy"]),
            LISTED
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
