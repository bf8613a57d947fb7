//! `speechKeyEvents`: the moments that stand out.

use super::{
    Evidence, LISTED, NOTHING_SAID, NULL_CONFIDENCE, NULL_SILENT, SPEECH, Said, SaidWord, Spoken,
    emphasis,
    rhythm::{self, Pause},
    wording,
};
use crate::{
    compute::{
        block::Block,
        clock::span_key,
        coverage::Modality,
        events::Sound,
        measure::{Reason, given_some},
        phrases::{self, SPOKEN_CALLS, URGENCY},
        spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::MediaTime;
use serde::Serialize;

const SILENT_SECONDS: f64 = 2.0;
const LATE_SHARE: f64 = 0.7;

/// A phrase that asks listeners to do something.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpokenCall {
    /// When its first word begins, in seconds.
    pub timestamp: f64,
    /// The phrase.
    pub phrase: &'static str,
    /// What it asks for.
    pub category: &'static str,
    /// How urgent it is: `high`, `medium` or `low`.
    pub urgency: &'static str,
}

/// The longest of what is said, the first among equals.
#[must_use]
pub fn longest(all: &[Said]) -> Option<&Said> {
    all.iter().reduce(|best, one| {
        if one.span.duration() > best.span.duration() {
            one
        } else {
            best
        }
    })
}

/// The pauses of more than 2 s.
#[must_use]
pub fn silent_moments(pauses: &[Pause]) -> Vec<Pause> {
    let long = |pause: &&Pause| pause.duration > SILENT_SECONDS;
    pauses.iter().filter(long).copied().collect()
}

/// Energy of the window in which an instant lies.
#[must_use]
pub fn energy_at(sound: &Sound, time: MediaTime) -> Option<f64> {
    let holding = sound.energy.iter().find(|w| w.span.contains(time));
    holding.map(|window| window.level)
}

/// Phrases that ask listeners to do something, by time. Urgent are those with an urgent word in
/// the same segment, then those that begin in the last 30 % of T.
#[must_use]
pub fn calls(spoken: &Spoken) -> Vec<SpokenCall> {
    let mut calls = Vec::new();
    for said in spoken.all() {
        let row: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
        let urgent = !phrases::find(&row, URGENCY).is_empty();
        for found in phrases::find(&row, SPOKEN_CALLS) {
            let begins = |word: &SaidWord| word.span.start.seconds();
            let timestamp = said.words.get(found.first).map_or(0.0, begins);
            let late = timestamp >= LATE_SHARE * spoken.duration();
            calls.push(SpokenCall {
                timestamp,
                phrase: found.phrase.text,
                category: found.phrase.kind,
                urgency: match (urgent, late) {
                    (true, _) => "high",
                    (false, true) => "medium",
                    (false, false) => "low",
                },
            });
        }
    }
    calls
}

fn put_wording(block: &mut Block, evidence: &Evidence<'_>) {
    let clusters = evidence.in_english(|spoken| wording::call_clusters(&calls(spoken)));
    block.put("ctaClustering", clusters);
    block.put("keyPhrases", evidence.of(wording::key_phrases));
    let climax = evidence.some_of_voiced(|spoken| {
        let sound = evidence.events.sound.events()?;
        let climax = emphasis::climax(sound, spoken.all());
        climax
            .map(|(said, energy)| (said.clone(), energy))
            .ok_or_else(|| Reason::from("no energy is known while somebody speaks"))
    });
    let begins = |(said, _): &(Said, f64)| said.span.start.seconds();
    let timestamp = climax.as_ref().map(begins).map_err(Clone::clone);
    block.put("speechClimax.timestamp", timestamp);
    let text = climax.as_ref().map(|(said, _)| said.text.clone());
    block.put("speechClimax.text", text.map_err(Clone::clone));
    block.put("speechClimax.intensity", climax.map(|(_, energy)| energy));
}

const NULL_SPEECH_CLIMAX: &str = "as speechCoreMetrics.totalWords; nothing is said, or sound was not measured while somebody speaks";

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("speechKeyEvents");
    let longest = evidence.some(|spoken| {
        let said = longest(spoken.all()).cloned();
        said.ok_or_else(|| Reason::from(NOTHING_SAID))
    });
    let length = longest.clone().map(|said| spans::length(said.span));
    block.put("longestSegment.duration", length);
    let key = longest.clone().map(|said| span_key(said.span));
    block.put("longestSegment.timestamp", key);
    let words = longest.map(|said| said.words.len());
    block.put("longestSegment.words", words);
    let sound = evidence.events.sound.events();
    let climax = given_some(&sound, |sound| {
        let climax = sound.climax;
        climax.ok_or_else(|| Reason::from("there is nothing but silence"))
    });
    block.put(
        "climaxMoment.timestamp",
        climax.clone().map(MediaTime::seconds),
    );
    let intensity = climax.and_then(|time| {
        let energy = energy_at(sound.clone()?, time);
        energy.ok_or_else(|| Reason::from("no energy window holds the climax"))
    });
    block.put("climaxMoment.intensity", intensity);
    let silent = evidence.of(|spoken| silent_moments(&rhythm::pauses(spoken.voiced())));
    block.put("silentMoments", silent);
    block.put("callsToAction", evidence.in_english(calls));
    put_wording(&mut block, evidence);
    evidence.put_confidence(&mut block, &[Modality::Speech, Modality::Sound]);
    block
}

const NULL_CLIMAX: &str = "sound was not measured, or there is nothing but silence";

define_metrics!(
    "speech_analysis",
    "speechKeyEvents",
    [
        (
            "longestSegment.duration",
            "length of the longest segment",
            SPEECH,
            "s",
            Range::AtLeast(0.0),
            NULL_SILENT
        ),
        (
            "longestSegment.timestamp",
            "the longest segment, the first among equals, widened to whole seconds",
            SPEECH,
            "s",
            Range::SpanKey,
            NULL_SILENT
        ),
        (
            "longestSegment.words",
            "its words",
            SPEECH,
            "words",
            Range::count_from(1),
            NULL_SILENT
        ),
        (
            "climaxMoment.timestamp",
            "the loudest instant of the sound",
            "sound",
            "s",
            Range::WITHIN_VIDEO,
            NULL_CLIMAX
        ),
        (
            "climaxMoment.intensity",
            "energy of the window it lies in, as a share of the 95th percentile of all",
            "sound",
            "1",
            Range::Share,
            NULL_CLIMAX
        ),
        (
            "silentMoments[].start",
            "beginning of a gap in S of more than 2 s; by time; the time before the first and after the last segment is no gap",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "silentMoments[].end",
            "its end",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "silentMoments[].duration",
            "its length",
            SPEECH,
            "s",
            Range::Above(2.0),
            LISTED
        ),
        (
            "silentMoments[].type",
            "by length: dramatic up to 3 s, else awkward",
            SPEECH,
            "name",
            Range::OneOf(&["dramatic", "awkward"]),
            LISTED
        ),
        (
            "callsToAction[].timestamp",
            "beginning of the first word of a phrase that asks for something, within one segment; by time; the list is null where the language is known and is not English",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "callsToAction[].phrase",
            "the phrase: follow, like, subscribe, comment, share, hit the; link in bio, check out, visit, go to; buy, purchase, get yours, order now; save this, bookmark, remember; tag someone, send this, share with",
            SPEECH,
            "text",
            Range::Text("one of the list"),
            LISTED
        ),
        (
            "callsToAction[].category",
            "what it asks for",
            SPEECH,
            "name",
            Range::OneOf(&["engagement", "traffic", "conversion", "save", "viral"]),
            LISTED
        ),
        (
            "callsToAction[].urgency",
            "high if its segment holds now, today or quick; else medium from 0.7 T on; else low",
            SPEECH,
            "name",
            Range::OneOf(&["high", "medium", "low"]),
            LISTED
        ),
        (
            "ctaClustering[].start",
            "timestamp of the first of at least two callsToAction that begin less than 5 s after one another; by time; the list is null as callsToAction",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "ctaClustering[].end",
            "timestamp of the last of them",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "ctaClustering[].count",
            "their number",
            SPEECH,
            "calls",
            Range::count_from(2),
            LISTED
        ),
        (
            "keyPhrases[].timestamp",
            "when it is first said: the 5 phrases of 2 or 3 words within a segment with the largest significance, of those said at least twice, longer ones first among equals, then those said first; without those within a better one that are said as often; the list is null as speechCoreMetrics.totalWords",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "keyPhrases[].phrase",
            "its words, in lower case and without punctuation",
            SPEECH,
            "text",
            Range::Text("two or three words"),
            LISTED
        ),
        (
            "keyPhrases[].significance",
            "its words × count / |W|",
            SPEECH,
            "1",
            Range::Share,
            LISTED
        ),
        (
            "keyPhrases[].count",
            "how often it is said, what overlaps itself once",
            SPEECH,
            "times",
            Range::count_from(2),
            LISTED
        ),
        (
            "speechClimax.timestamp",
            "beginning of the segment with the largest mean energy of the sound, each energy window by what they share; the first among equals",
            "speech, sound",
            "s",
            Range::WITHIN_MEASURED,
            NULL_SPEECH_CLIMAX
        ),
        (
            "speechClimax.text",
            "what it says, as recognised",
            "speech, sound",
            "text",
            Range::Text("what is said"),
            NULL_SPEECH_CLIMAX
        ),
        (
            "speechClimax.intensity",
            "its mean energy",
            "speech, sound",
            "1",
            Range::Share,
            NULL_SPEECH_CLIMAX
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
