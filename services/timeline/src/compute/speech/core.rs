//! `speechCoreMetrics`: how much is said, and how fast.

use super::{
    Evidence, NOTHING_SAID, NULL_CONFIDENCE, NULL_SILENT, NULL_SPEECH, SPEECH, Said, SaidWord,
    quality, rhythm,
};
use crate::{
    compute::{
        block::Block,
        coverage::Modality,
        measure::{Measured, Reason},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};
use std::collections::BTreeSet;

const SECONDS_PER_MINUTE: f64 = 60.0;

/// 60 · words / seconds; `None` of no time.
#[must_use]
pub fn words_per_minute(words: f64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| SECONDS_PER_MINUTE * words / seconds)
}

/// Number of different words.
#[must_use]
pub fn unique_words<'a>(words: impl IntoIterator<Item = &'a SaidWord>) -> usize {
    let words: BTreeSet<&str> = words.into_iter().map(|word| word.text.as_str()).collect();
    words.len()
}

/// Mean length of what is said, in seconds; `None` of nothing.
#[must_use]
pub fn average_segment_seconds(all: &[Said]) -> Option<f64> {
    let lengths: Vec<f64> = all.iter().map(|one| spans::length(one.span)).collect();
    numbers::mean(&lengths)
}

fn silent(value: Option<f64>) -> Measured<f64> {
    value.ok_or_else(|| Reason::from(NOTHING_SAID))
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("speechCoreMetrics");
    let count = evidence.of(|spoken| spoken.words().count());
    let share = evidence.of(|spoken| (spoken.voiced_seconds() / spoken.duration()).min(1.0));
    block.put("totalWords", count);
    let density = evidence.of(|spoken| spoken.words().count() as f64 / spoken.duration());
    block.put("speechDensity", density);
    let pace = evidence.some_of_voiced(|spoken| {
        let words = spoken.words().count() as f64;
        words_per_minute(words, spoken.voiced_seconds())
            .ok_or_else(|| "what is said takes no time".into())
    });
    block.put("wordsPerMinute", pace.clone());
    let diversity = evidence.of_voiced(|spoken| {
        unique_words(spoken.words()) as f64 / spoken.words().count().max(1) as f64
    });
    block.put("vocabularyDiversity", diversity);
    block.put("silenceRatio", share.clone().map(|share| 1.0 - share));
    block.put("speechCoverage", share);
    let average = evidence.some(|spoken| silent(average_segment_seconds(spoken.all())));
    block.put("avgSegmentDuration", average);
    block.put(
        "uniqueWords",
        evidence.of(|spoken| unique_words(spoken.words())),
    );
    block.put(
        "totalSpeechSegments",
        evidence.of(|spoken| spoken.all().len()),
    );
    block.put("speechDuration", evidence.of(super::Spoken::voiced_seconds));
    let pauses = evidence.of(|spoken| rhythm::pauses(spoken.voiced()));
    block.put("pauseCount", pauses.clone().map(|pauses| pauses.len()));
    let average = pauses.and_then(|pauses| {
        let lengths: Vec<f64> = pauses.iter().map(|pause| pause.duration).collect();
        numbers::mean(&lengths).ok_or_else(|| Reason::from("there is no pause"))
    });
    block.put("avgPauseDuration", average);
    block.put("speechRate", pace.map(|rate| rate / SECONDS_PER_MINUTE));
    block.put("avgConfidence", quality::transcription(evidence));
    block.put("speechClarityScore", quality::clarity(evidence));
    evidence.put_confidence(&mut block, &[Modality::Speech]);
    block
}

define_metrics!(
    "speech_analysis",
    "speechCoreMetrics",
    [
        (
            "totalWords",
            "|W|: words as Unicode divides text, one per ideograph; without descriptions in brackets",
            SPEECH,
            "words",
            Range::COUNT,
            NULL_SPEECH
        ),
        (
            "speechDensity",
            "|W| / T",
            SPEECH,
            "words/s",
            Range::AtLeast(0.0),
            NULL_SPEECH
        ),
        (
            "wordsPerMinute",
            "60 |W| / S",
            SPEECH,
            "1/min",
            Range::Above(0.0),
            "as totalWords; nothing is said, or S is 0"
        ),
        (
            "vocabularyDiversity",
            "uniqueWords / |W|",
            SPEECH,
            "1",
            Range::Share,
            NULL_SILENT
        ),
        (
            "silenceRatio",
            "1 − S / T",
            SPEECH,
            "1",
            Range::Share,
            NULL_SPEECH
        ),
        (
            "speechCoverage",
            "S / T",
            SPEECH,
            "1",
            Range::Share,
            NULL_SPEECH
        ),
        (
            "avgSegmentDuration",
            "mean length of the segments",
            SPEECH,
            "s",
            Range::AtLeast(0.0),
            NULL_SILENT
        ),
        (
            "uniqueWords",
            "different words in W, in lower case and without punctuation",
            SPEECH,
            "words",
            Range::COUNT,
            NULL_SPEECH
        ),
        (
            "totalSpeechSegments",
            "segments with at least one word",
            SPEECH,
            "segments",
            Range::COUNT,
            NULL_SPEECH
        ),
        (
            "speechDuration",
            "S",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            NULL_SPEECH
        ),
        (
            "pauseCount",
            "gaps in S of more than 1 s; the time before the first and after the last segment is no gap",
            SPEECH,
            "pauses",
            Range::COUNT,
            NULL_SPEECH
        ),
        (
            "avgPauseDuration",
            "mean length of the gaps that pauseCount counts",
            SPEECH,
            "s",
            Range::Above(1.0),
            "as totalWords; there is no such gap"
        ),
        (
            "speechRate",
            "|W| / S: wordsPerMinute / 60",
            SPEECH,
            "words/s",
            Range::Above(0.0),
            "as wordsPerMinute"
        ),
        (
            "avgConfidence",
            "as speechQuality.transcriptionConfidence",
            SPEECH,
            "1",
            Range::Share,
            NULL_SILENT
        ),
        (
            "speechClarityScore",
            "as speechQuality.clarity",
            SPEECH,
            "1",
            Range::Share,
            quality::NULL_CLARITY
        ),
        (
            "confidence",
            "share of seconds listened to × mean confidence of the segments",
            "coverage, speech",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
    ]
);
