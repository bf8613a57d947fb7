//! Rubrics of attention: pace and text laid over the picture.

use super::{
    calls::AllSaid,
    finding::{self, Finding, Judgement},
    hook::{self, DYNAMIC_START_SECONDS, OPENING_SECONDS},
    terms,
};
use crate::compute::{
    events::Events,
    measure::{Measured, Reason},
    published::{self, PublishedText},
    scripts, spans,
};
use contracts::{MediaTime, TimeSpan};
use std::{collections::BTreeSet, time::Duration};

/// So many shots within five seconds are a quick pace: `required_shots_for_quick_pacing` of the
/// ABCD detector.
pub const QUICK_SHOTS: usize = 5;
/// Share of the words of a text that must be said while it is visible: most of them.
pub const SPOKEN_SHARE: f64 = 0.5;
/// Shorter words, as `a` or `to`, are said by chance; but not those of East Asian writing.
pub const TELLING_CHARS: usize = 3;
/// How long before it appears or after it is gone a text may be said: a breath.
pub const SAID_WITHIN: Duration = Duration::from_secs(1);

/// `dynamic_start`: the first shot is shorter than three seconds.
#[must_use]
pub fn dynamic_start(events: &Events) -> Judgement {
    match hook::first_shot(events) {
        Ok(length) => {
            let shots = events.shots.events();
            let first = shots.iter().flat_map(|shots| shots.intervals.first());
            let found = first.map(|span| shot(0, *span)).collect();
            Judgement::decided(length < DYNAMIC_START_SECONDS, length, found)
        }
        Err(reason) => {
            let window = finding::opening(events.clock, DYNAMIC_START_SECONDS);
            let long = window.end >= MediaTime::from_seconds(DYNAMIC_START_SECONDS);
            match finding::covers(events.shots.sampled(), window) {
                // No boundary in the first seconds; how long the shot goes on does not matter.
                Ok(()) if long => Judgement {
                    detected: Ok(false),
                    value: Err(reason),
                    evidence: Vec::new(),
                },
                _ => Judgement::unknown(reason),
            }
        }
    }
}

/// `quick_pacing`: at least five shots begin within any five seconds.
#[must_use]
pub fn quick_pacing(events: &Events) -> Judgement {
    let shots = match events.shots.events() {
        Ok(shots) => &shots.intervals,
        Err(reason) => return Judgement::unknown(reason),
    };
    let (first, count) = hook::busiest(shots);
    let found = numbered(shots).skip(first).take(count).collect();
    let covered = finding::covers(events.shots.sampled(), events.clock.span());
    paced(count, found, covered)
}

/// `quick_pacing_first_5s`: at least five shots begin in the first five seconds.
#[must_use]
pub fn quick_pacing_early(events: &Events) -> Judgement {
    let shots = match events.shots.events() {
        Ok(shots) => &shots.intervals,
        Err(reason) => return Judgement::unknown(reason),
    };
    let window = finding::opening(events.clock, OPENING_SECONDS);
    let count = hook::beginning_in(shots, window);
    let found = numbered(shots).take(count).collect();
    let covered = finding::covers(events.shots.sampled(), window);
    paced(count, found, covered)
}

fn paced(count: usize, found: Vec<Finding>, covered: Measured<()>) -> Judgement {
    match covered {
        Err(reason) if count < QUICK_SHOTS => Judgement::unknown(reason),
        _ => Judgement::decided(count >= QUICK_SHOTS, count as f64, found),
    }
}

fn numbered(shots: &[TimeSpan]) -> impl Iterator<Item = Finding> {
    shots.iter().enumerate().map(|(at, span)| shot(at, *span))
}

pub(super) fn shot(position: usize, span: TimeSpan) -> Finding {
    Finding::of("shots", published::shot_id(position), span)
}

/// `supers`: a text is laid over the picture.
#[must_use]
pub fn supers(events: &Events) -> Judgement {
    let whole = events.clock.span();
    match terms::written(events, PublishedText::is_super, whole) {
        Err(reason) => Judgement::unknown(reason),
        Ok(found) => Judgement::by_findings(found, finding::covers(events.text.sampled(), whole)),
    }
}

/// `supers_with_audio`: a text laid over the picture is also said.
#[must_use]
pub fn supers_with_audio(events: &Events) -> Judgement {
    let whole = events.clock.span();
    let shown = match terms::written(events, PublishedText::is_super, whole) {
        Ok(shown) => shown,
        Err(reason) => return Judgement::unknown(reason),
    };
    let text_covered = finding::covers(events.text.sampled(), whole);
    if shown.is_empty() && text_covered.is_ok() {
        return Judgement::decided(false, 0.0, Vec::new());
    }
    match spoken_supers(events) {
        Err(reason) => Judgement::unknown(reason),
        Ok((count, found)) if count > 0 => Judgement::decided(true, count as f64, found),
        Ok(_) => {
            let heard = heard_throughout(events, whole);
            Judgement::by_findings(Vec::new(), text_covered.and(heard))
        }
    }
}

/// Whether there is nothing in a window that was not listened to; of a file without sound there
/// is nothing to listen to.
///
/// # Errors
/// That part of it was not, or why nothing was.
pub fn heard_throughout(events: &Events, window: TimeSpan) -> Measured<()> {
    if !events.has_audio && window.start < window.end {
        return Ok(());
    }
    finding::covers(events.speech.sampled(), window)
}

/// Number of appearances of texts that are also said, with the texts and what says them.
fn spoken_supers(events: &Events) -> Measured<(usize, Vec<Finding>)> {
    let texts = events.published.texts.as_ref().map_err(Clone::clone)?;
    let all_said = match AllSaid::of(events) {
        Err(_) if !events.has_audio => AllSaid::default(),
        said => said?,
    };
    let mut count = 0;
    let mut found = Vec::new();
    for text in texts.iter().filter(|text| text.is_super()) {
        let wanted: BTreeSet<String> = terms::words(&text.content)
            .into_iter()
            .filter(|word| is_telling(word))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        for span in &text.intervals {
            let said = all_said.during(widened(*span));
            let matching: Vec<_> = said.filter(|one| wanted.contains(&one.word)).collect();
            let distinct: BTreeSet<&str> = matching.iter().map(|one| one.word.as_str()).collect();
            if (distinct.len() as f64) < SPOKEN_SHARE * wanted.len() as f64 {
                continue;
            }
            count += 1;
            found.push(Finding::of("text", text.id.clone(), *span));
            let by_segment = matching.chunk_by(|a, b| a.position == b.position);
            found.extend(by_segment.filter_map(|together| {
                let (first, last) = (together.first()?, together.last()?);
                let span = TimeSpan::new(first.span.start, last.span.end);
                let id = events.published.segment(first.position);
                Some(Finding::of("speech", id, span))
            }));
        }
    }
    Ok((count, found))
}

fn is_telling(word: &str) -> bool {
    word.chars().count() >= TELLING_CHARS || scripts::is_east_asian(word)
}

fn widened(span: TimeSpan) -> TimeSpan {
    let reach = u64::try_from(SAID_WITHIN.as_nanos()).unwrap_or(u64::MAX);
    TimeSpan::new(
        MediaTime::from_nanos(span.start.nanos().saturating_sub(reach)),
        MediaTime::from_nanos(span.end.nanos().saturating_add(reach)),
    )
}

/// Mean length of the shots, in seconds.
///
/// # Errors
/// The reason, if not all of the video was looked at for shots.
pub fn mean_shot(events: &Events) -> Measured<f64> {
    let shots = events.shots.events()?;
    finding::covers(events.shots.sampled(), events.clock.span())?;
    let lengths: Vec<f64> = shots
        .intervals
        .iter()
        .map(|one| spans::length(*one))
        .collect();
    crate::compute::numbers::mean(&lengths).ok_or_else(|| Reason::from("there is no shot"))
}
