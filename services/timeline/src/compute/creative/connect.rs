//! Rubrics of people, pace and address: `connect` and `direct`.

use super::{
    attract::{heard_throughout, mean_shot, shot},
    calls,
    finding::{self, Finding, Judgement},
    hook::{self, OPENING_SECONDS},
    terms,
};
use crate::compute::{
    events::Events,
    framing,
    measure::Measured,
    published::{self, Sight},
};
use contracts::TimeSpan;

/// Share of the picture from which on a face is a close-up: `face_surface_threshold` of the ABCD
/// detector.
pub const CLOSE_UP_SHARE: f64 = 0.15;
/// Mean length of shots up to which a video is quick, in seconds: `avg_shot_duration_seconds` of
/// the ABCD detector.
pub const QUICK_MEAN_SECONDS: f64 = 2.0;

const PERCENT: f64 = 100.0;

fn opening(events: &Events) -> TimeSpan {
    finding::opening(events.clock, OPENING_SECONDS)
}

/// `visible_face_first_5s`: a face is seen in the first five seconds.
#[must_use]
pub fn face_early(events: &Events) -> Judgement {
    let window = opening(events);
    match published::faces(events) {
        Err(reason) => Judgement::unknown(reason),
        Ok(faces) => Judgement::by_findings(
            finding::seen("faces", &faces, window),
            finding::covers(events.people.sampled(), window),
        ),
    }
}

/// Every face with its share (0–1) of the picture.
fn faces_by_size(events: &Events) -> Measured<Vec<(f64, Sight)>> {
    let people = events.people.events()?;
    let boxes = people.frames.iter().flat_map(|frame| &frame.faces);
    let shares = boxes.map(|face| framing::area(&face.bbox) / PERCENT);
    Ok(shares.zip(published::faces(events)?).collect())
}

/// `visible_face_close_up`: a face takes at least 15 % of the picture.
#[must_use]
pub fn face_close_up(events: &Events) -> Judgement {
    let whole = events.clock.span();
    let faces = match faces_by_size(events) {
        Ok(faces) => faces,
        Err(reason) => return Judgement::unknown(reason),
    };
    let largest = faces.iter().map(|(share, _)| *share).fold(0.0, f64::max);
    let close = faces
        .into_iter()
        .filter(|(share, _)| *share >= CLOSE_UP_SHARE);
    let close: Vec<Sight> = close.map(|(_, sight)| sight).collect();
    let found = finding::seen("faces", &close, whole);
    match finding::covers(events.people.sampled(), whole) {
        Err(reason) if found.is_empty() => Judgement::unknown(reason),
        _ => Judgement::decided(!found.is_empty(), largest, found),
    }
}

/// `presence_of_people`: a person or a face is seen.
#[must_use]
pub fn people(events: &Events) -> Judgement {
    people_in(events, events.clock.span())
}

/// `presence_of_people_first_5s`.
#[must_use]
pub fn people_early(events: &Events) -> Judgement {
    people_in(events, opening(events))
}

fn people_in(events: &Events, window: TimeSpan) -> Judgement {
    let sights = match hook::persons(events) {
        Ok(sights) => sights,
        Err(reason) => return Judgement::unknown(reason),
    };
    let of = |wanted: &'static str| -> Vec<Finding> {
        let named = sights.iter().filter(|(modality, _)| *modality == wanted);
        let sights: Vec<Sight> = named.map(|(_, sight)| sight.clone()).collect();
        finding::seen(wanted, &sights, window)
    };
    let mut found = of("objects");
    found.extend(of("faces"));
    // Whoever turns away has no face: only the search for persons tells that nobody is there.
    Judgement::by_findings(found, finding::covers(events.objects.sampled(), window))
}

/// `overall_pacing`: shots last two seconds or less on average.
#[must_use]
pub fn overall_pacing(events: &Events) -> Judgement {
    match mean_shot(events) {
        Err(reason) => Judgement::unknown(reason),
        Ok(mean) => {
            let shots = events.shots.events();
            let shots = shots.iter().flat_map(|shots| shots.intervals.iter());
            let found = shots
                .enumerate()
                .map(|(at, span)| shot(at, *span))
                .collect();
            Judgement::decided(mean <= QUICK_MEAN_SECONDS, mean, found)
        }
    }
}

/// Words that begin in a window, one finding per segment of speech.
fn words_in(events: &Events, window: TimeSpan) -> Measured<(usize, Vec<Finding>)> {
    let speech = events.speech.events()?;
    let mut count = 0;
    let mut found = Vec::new();
    for (position, utterance) in speech.utterances.iter().enumerate() {
        let timed = terms::timed_words(utterance);
        let inside: Vec<TimeSpan> = timed
            .into_iter()
            .map(|(_, span)| span)
            .filter(|span| window.contains(span.start))
            .collect();
        count += inside.len();
        let begin = inside.first().map(|span| span.start);
        let end = inside.iter().map(|span| span.end).max();
        if let (Some(begin), Some(end)) = (begin, end) {
            let id = events.published.segment(position);
            found.push(Finding::of(
                "speech",
                id,
                TimeSpan::new(begin, end.max(begin)),
            ));
        }
    }
    Ok((count, found))
}

/// `audio_speech_early`: a word is said in the first five seconds.
#[must_use]
pub fn speech_early(events: &Events) -> Judgement {
    let window = opening(events);
    let said = match words_in(events, window) {
        Err(_) if !events.has_audio => Ok((0, Vec::new())),
        said => said,
    };
    match (said, heard_throughout(events, window)) {
        (Err(reason), _) => Judgement::unknown(reason),
        (Ok((0, _)), Err(reason)) => Judgement::unknown(reason),
        (Ok((count, found)), _) => Judgement::decided(count > 0, count as f64, found),
    }
}

/// `call_to_action_text`: a text laid over the picture asks viewers to do something.
#[must_use]
pub fn call_in_text(events: &Events) -> Judgement {
    match calls::written(events) {
        Err(reason) => Judgement::unknown(reason),
        Ok(calls) => {
            let covered = finding::covers(events.text.sampled(), events.clock.span());
            let english = calls::written_in_english(events);
            Judgement::by_findings(calls::written_findings(&calls), covered.and(english))
        }
    }
}

/// `call_to_action_speech`: a phrase that is said asks listeners to do something.
#[must_use]
pub fn call_in_speech(events: &Events) -> Judgement {
    let whole = events.clock.span();
    let calls = match calls::spoken(events) {
        Err(_) if !events.has_audio => Ok(Vec::new()),
        calls => calls,
    };
    match calls {
        Err(reason) => Judgement::unknown(reason),
        Ok(calls) => Judgement::by_findings(
            calls::spoken_findings(&calls),
            heard_throughout(events, whole),
        ),
    }
}
