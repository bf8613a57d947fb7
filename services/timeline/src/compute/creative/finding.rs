//! What a rubric found, and what follows from it.

use crate::compute::{
    clock::{Clock, seconds_of},
    coverage::SampledSeconds,
    measure::{Measured, NO_DURATION, Reason},
    published::Sight,
};
use contracts::{MediaTime, TimeSpan};
use serde::Serialize;
use std::collections::BTreeMap;

/// Most findings listed for one rubric, the earliest: enough to look at, few enough to read.
pub const MAX_FINDINGS: usize = 20;

/// Something in the unified analysis that speaks for a judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Kind of evidence, as `text`.
    pub modality: &'static str,
    /// Number of a shot or of a segment of speech, or a track; of what has none, its place in the
    /// unified analysis as a JSON Pointer.
    pub id: String,
    /// When it begins, in seconds.
    pub start: f64,
    /// When it ends, in seconds; as `start` for an instant.
    pub end: f64,
}

impl Finding {
    /// One that lasts.
    #[must_use]
    pub fn of(modality: &'static str, id: String, span: TimeSpan) -> Self {
        Self {
            modality,
            id,
            start: span.start.seconds(),
            end: span.end.seconds(),
        }
    }
}

/// The sights in `window` as findings: one per id, from its first to its last sight there.
#[must_use]
pub fn seen(modality: &'static str, sights: &[Sight], window: TimeSpan) -> Vec<Finding> {
    let mut spans: BTreeMap<&str, (MediaTime, MediaTime)> = BTreeMap::new();
    for sight in sights.iter().filter(|sight| window.contains(sight.time)) {
        let span = spans.entry(&sight.id).or_insert((sight.time, sight.time));
        *span = (span.0.min(sight.time), span.1.max(sight.time));
    }
    spans
        .into_iter()
        .map(|(id, (start, end))| Finding::of(modality, id.to_owned(), TimeSpan::new(start, end)))
        .collect()
}

/// What a rubric says of a video.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Whether the video has it.
    pub detected: Measured<bool>,
    /// The number it was judged by.
    pub value: Measured<f64>,
    /// What speaks for it; empty if it was not detected.
    pub evidence: Vec<Finding>,
}

/// Why nothing follows from not finding anything.
pub const NOT_COVERED: Reason =
    Reason::of("nothing was found, but not all of the window was looked at");

impl Judgement {
    /// Nothing can be said.
    #[must_use]
    pub fn unknown(reason: Reason) -> Self {
        Self {
            detected: Err(reason.clone()),
            value: Err(reason),
            evidence: Vec::new(),
        }
    }

    /// A number that was measured over all of the window decides.
    #[must_use]
    pub fn decided(detected: bool, value: f64, evidence: Vec<Finding>) -> Self {
        Self {
            detected: Ok(detected),
            value: Ok(value),
            evidence: if detected {
                listed(evidence)
            } else {
                Vec::new()
            },
        }
    }

    /// What was found decides, whatever was looked at; that nothing was found decides only if
    /// nothing stands against it. The value is the number of findings.
    #[must_use]
    pub fn by_findings(found: Vec<Finding>, covered: Measured<()>) -> Self {
        match covered {
            Err(reason) if found.is_empty() => Self::unknown(reason),
            _ => Self::decided(!found.is_empty(), found.len() as f64, found),
        }
    }
}

/// By time, the earliest only.
fn listed(mut evidence: Vec<Finding>) -> Vec<Finding> {
    evidence.sort_by(|a, b| {
        (a.start.total_cmp(&b.start))
            .then(a.end.total_cmp(&b.end))
            .then_with(|| (a.modality, &a.id).cmp(&(b.modality, &b.id)))
    });
    evidence.truncate(MAX_FINDINGS);
    evidence
}

/// The first `seconds` of a video, or all of a shorter one.
#[must_use]
pub fn opening(clock: Clock, seconds: f64) -> TimeSpan {
    let end = MediaTime::from_seconds(seconds).min(clock.duration());
    TimeSpan::new(MediaTime::ZERO, end)
}

/// Whether every second of a window was looked at.
///
/// # Errors
/// [`NOT_COVERED`], [`NO_DURATION`] or why nothing was looked at.
pub fn covers(sampled: Measured<&SampledSeconds>, window: TimeSpan) -> Measured<()> {
    if window.start == window.end {
        return Err(NO_DURATION);
    }
    let sampled = sampled?;
    if seconds_of(window).all(|second| sampled.contains(second)) {
        Ok(())
    } else {
        Err(NOT_COVERED)
    }
}
