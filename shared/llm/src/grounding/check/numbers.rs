//! The numbers a statement may name.

use super::super::{EXACT_SECONDS, Event, Evidence, mentions::Written};
use serde_json::Value;
use std::iter::once;

/// Words in the names of metrics that hold instants or lengths, in seconds. Not `second`: values
/// for every second are a grid, and no events.
const TIME_WORDS: [&str; 7] = [
    "duration",
    "durations",
    "time",
    "timestamp",
    "timestamps",
    "start",
    "end",
];
/// Words in the names of metrics that tell nothing of what is counted.
const PLAIN_WORDS: [&str; 20] = [
    "time", "times", "number", "count", "counts", "total", "average", "avg", "video", "first",
    "last", "max", "min", "mean", "rate", "score", "per", "and", "to", "of",
];
/// Slack for numbers that binary fractions do not hold.
const SLACK: f64 = 1e-9;
/// Most that rounding may take away of a number that is no time, as a share of it: 34.62 may be
/// said to be 35, 1.73 is not 2.
const ROUNDING_SHARE: f64 = 0.05;

/// The numbers of the evidence, and which of them a statement may name.
pub(super) struct Numbers<'a> {
    evidence: &'a Evidence,
    /// The cited events; empty if none is.
    cited: Vec<&'a Event>,
}

impl<'a> Numbers<'a> {
    pub(super) const fn new(evidence: &'a Evidence, cited: Vec<&'a Event>) -> Self {
        Self { evidence, cited }
    }

    /// Whether something begins or ends then.
    pub(super) fn has_instant(&self, written: &Written) -> bool {
        let events = self.scope().flat_map(|event| &event.times);
        let mut ends = events.flat_map(|(start, end)| [*start, *end]);
        let mut others = once(0.0).chain(self.times());
        ends.any(|time| self.is_time(written, time))
            || others.any(|time| is_exact(written, time))
            || self.is_duration(written)
    }

    /// Whether something lasts so long.
    pub(super) fn has_length(&self, written: &Written) -> bool {
        let lengths = self.scope().flat_map(|event| {
            let all = event.times.iter().map(|(start, end)| end - start);
            let total = event.times.iter().map(|(start, end)| end - start).sum();
            all.chain(once(total))
        });
        let mut lengths = lengths.chain(self.pauses());
        let mut others = self.times().chain(self.evidence.windows().iter().copied());
        lengths.any(|length| self.is_time(written, length))
            || others.any(|length| is_exact(written, length))
            || self.is_duration(written)
    }

    fn is_duration(&self, written: &Written) -> bool {
        let duration = self.evidence.duration;
        duration.is_some_and(|duration| is_near(written, duration))
    }

    /// Whether a metric is this share.
    pub(super) fn has_share(&self, written: &Written) -> bool {
        let mut metrics = self
            .evidence
            .metrics()
            .iter()
            .filter_map(|one| one.value.as_f64());
        metrics.any(|value| {
            let is_share = (0.0..=1.0).contains(&value) && is_near(written, 100.0 * value);
            is_share || is_near(written, value)
        })
    }

    /// Whether something measured is this number; of what the word after it names, if it names
    /// something.
    pub(super) fn has_number(&self, written: &Written, noun: Option<&str>) -> bool {
        let noun = noun
            .map(singular)
            .filter(|noun| !PLAIN_WORDS.contains(&noun.as_str()));
        let named = noun.map(|noun| self.named(&noun)).unwrap_or_default();
        if !named.is_empty() {
            let cited = self.cited.len() as f64;
            return named
                .into_iter()
                .chain(once(cited))
                .any(|value| is_near(written, value));
        }
        let metrics = self
            .evidence
            .metrics()
            .iter()
            .filter_map(|one| one.value.as_f64());
        let counts = self.evidence.counts().values().map(|count| *count as f64);
        let times = self.scope().flat_map(|event| &event.times);
        let times = times.flat_map(|(start, end)| [*start, *end, end - start]);
        let cited = once(self.cited.len() as f64).filter(|count| *count > 0.0);
        let mut all = metrics
            .chain(counts)
            .chain(times)
            .chain(cited)
            .chain(self.shown())
            .chain(self.evidence.duration);
        all.any(|value| is_near(written, value))
    }

    /// The counts and metrics that a word names.
    fn named(&self, noun: &str) -> Vec<f64> {
        let counts = self.evidence.counts().iter();
        let counts = counts
            .filter(|(kind, _)| kind.as_str() == noun)
            .map(|(_, count)| *count as f64);
        let is_named = |word: &String| singular(word) == noun;
        let metrics = self.evidence.metrics().iter();
        let metrics = metrics.filter(|one| one.words.iter().any(is_named));
        counts
            .chain(metrics.filter_map(|one| one.value.as_f64()))
            .collect()
    }

    /// The cited events, or all if none is cited.
    fn scope(&self) -> impl Iterator<Item = &'a Event> {
        let all = self.cited.is_empty().then(|| self.evidence.events().iter());
        self.cited
            .clone()
            .into_iter()
            .chain(all.into_iter().flatten())
    }

    /// The pauses between cited events.
    fn pauses(&self) -> impl Iterator<Item = f64> {
        let mut spans: Vec<(f64, f64)> = self
            .cited
            .iter()
            .flat_map(|event| event.times.clone())
            .collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        let gaps = spans.windows(2).filter_map(|pair| match pair {
            [before, after] => Some(after.0 - before.1),
            _ => None,
        });
        gaps.filter(|gap| *gap > 0.0)
            .collect::<Vec<f64>>()
            .into_iter()
    }

    /// Instants and lengths among the metrics.
    fn times(&self) -> impl Iterator<Item = f64> {
        let is_timed = |word: &String| TIME_WORDS.contains(&word.as_str());
        let metrics = self.evidence.metrics().iter();
        let timed = metrics.filter(move |one| !one.is_count && one.words.iter().any(is_timed));
        timed.flat_map(|one| match &one.value {
            Value::String(text) => window(text),
            value => value.as_f64().into_iter().collect(),
        })
    }

    /// Numbers in what the cited events say or show.
    fn shown(&self) -> impl Iterator<Item = f64> {
        let labels = self.cited.iter().filter_map(|event| event.label.as_deref());
        let words = labels.flat_map(|label| label.split(|c: char| !c.is_ascii_digit() && c != '.'));
        words.filter_map(|word| word.parse().ok())
    }

    /// Whether a time is this one of an event: rounded if the event is cited.
    fn is_time(&self, written: &Written, time: f64) -> bool {
        if self.cited.is_empty() {
            is_exact(written, time)
        } else if written.said.contains(':') && written.half >= 0.5 {
            // Clocks are read downwards as often as to the next second.
            (-0.5 - SLACK..1.0).contains(&(time - written.value))
        } else {
            is_rounded(written, time)
        }
    }
}

/// Whether a time is this one, not rounded.
fn is_exact(written: &Written, time: f64) -> bool {
    (written.value - time).abs() <= EXACT_SECONDS.min(written.half) + SLACK
}

/// Both ends of `3-9s`.
fn window(text: &str) -> Vec<f64> {
    let ends = text.strip_suffix('s').and_then(|text| text.split_once('-'));
    let ends = ends.and_then(|(start, end)| Some(vec![start.parse().ok()?, end.parse().ok()?]));
    ends.unwrap_or_default()
}

/// Whether a number is this one, rounded to its last digit.
fn is_rounded(written: &Written, value: f64) -> bool {
    (written.value - value).abs() <= written.half + SLACK
}

/// The same of a number that is no time: rounding took little of it away.
pub(super) fn is_near(written: &Written, value: f64) -> bool {
    let little = (ROUNDING_SHARE * value.abs()).min(written.half);
    (written.value - value).abs() <= little + SLACK
}

fn singular(word: &str) -> String {
    let word = word.to_lowercase();
    let stem = word
        .strip_suffix('s')
        .filter(|stem| stem.len() > 2 && !stem.ends_with('s'));
    stem.map_or(word.clone(), str::to_owned)
}

/// A number of JSON, or a text that is nothing but one, as it is written.
pub(super) fn written_of(value: &Value) -> Option<Written> {
    let said = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let number: f64 = said
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())?;
    let places = said.split_once('.').map_or(0, |(_, fraction)| {
        fraction.bytes().take_while(u8::is_ascii_digit).count()
    });
    let places = i32::try_from(places).unwrap_or(i32::MAX);
    // A whole number is written `3.0` as well as `3`.
    let is_whole = number.fract() == 0.0;
    let half = if is_whole {
        0.5
    } else {
        0.5 * 10f64.powi(-places)
    };
    Some(Written {
        said,
        value: number,
        half,
    })
}
