//! The rhythm of speech: its pace in windows, its pauses, and when most is said.

use super::{Spoken, core};
use crate::compute::{
    numbers, pacing,
    spans::{self, equal_windows},
};
use contracts::TimeSpan;
use serde::Serialize;

/// Number of equal windows in which pace is measured.
pub const WINDOWS: u32 = 10;
const PAUSE_SECONDS: f64 = 1.0;
const DRAMATIC_SECONDS: f64 = 2.0;
const AWKWARD_SECONDS: f64 = 3.0;

/// Change of the mean pace from the first half to the second above which speech gets faster, or
/// slower: that of the pace of cuts.
const TREND_CHANGE: f64 = 0.3;
/// Sample standard deviation of the pace, as a share of its mean, up to which it is steady: 150
/// words per minute that keep within some 30 of it.
const STEADY_DEVIATION: f64 = 0.2;
/// Population standard deviation of the lengths of pauses, as a share of their mean, above which
/// they follow no rule: lengths spread evenly between nothing and twice their mean have 0.58.
const IRREGULAR_DEVIATION: f64 = 0.5;

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

/// The rhythm of a pace in equal windows, which is `None` where nobody speaks: `accelerating` or
/// `decelerating` if its mean changes by more than 30 % from the first half of the windows to the
/// second, else `steady` if its sample standard deviation is at most a fifth of its mean, else
/// `variable`; `None` of fewer than two windows with speech.
#[must_use]
pub fn rhythm(rates: &[Option<f64>]) -> Option<&'static str> {
    let known = |rates: &[Option<f64>]| rates.iter().flatten().copied().collect::<Vec<f64>>();
    let (early, late) = rates.split_at(rates.len() / 2);
    let all = known(rates);
    let deviation = numbers::sample_deviation(&all)?;
    let mean = numbers::mean(&all)?;
    let change = match (numbers::mean(&known(early)), numbers::mean(&known(late))) {
        (Some(early), Some(late)) if early > 0.0 => (late - early) / early,
        _ => 0.0,
    };
    Some(if change > TREND_CHANGE {
        "accelerating"
    } else if change < -TREND_CHANGE {
        "decelerating"
    } else if deviation <= STEADY_DEVIATION * mean {
        "steady"
    } else {
        "variable"
    })
}

/// What kind the pauses are: `irregular` if the population standard deviation of their lengths is
/// above half their mean, else `dramatic` if they last more than 2 s on average, else `natural`;
/// `None` without pauses.
#[must_use]
pub fn pause_pattern(pauses: &[Pause]) -> Option<&'static str> {
    let lengths: Vec<f64> = pauses.iter().map(|pause| pause.duration).collect();
    let mean = numbers::mean(&lengths)?;
    Some(
        if numbers::population_deviation(&lengths)? > IRREGULAR_DEVIATION * mean {
            "irregular"
        } else if mean > DRAMATIC_SECONDS {
            "dramatic"
        } else {
            "natural"
        },
    )
}
