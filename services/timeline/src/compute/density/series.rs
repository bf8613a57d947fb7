//! Elements per second, and the density series the formulas work on.

use crate::compute::{
    clock::{Clock, second_of, seconds_of},
    coverage::{Modality, Stream},
    events::Events,
    measure::{Measured, NO_DURATION, Reason},
};
use contracts::TimeSpan;
use std::collections::BTreeSet;

/// A kind of element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// Texts visible in a second.
    Text,
    /// Most detections in one frame of a second.
    Object,
    /// Gestures visible in a second.
    Gesture,
    /// Shot boundaries in a second.
    Transition,
    /// Stickers visible in a second.
    Sticker,
    /// 1 if the expression of a face is known in a second.
    Expression,
}

impl Element {
    /// All of them, in the order in which ties are resolved.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Object,
        Self::Gesture,
        Self::Transition,
        Self::Sticker,
        Self::Expression,
    ];
    /// Its name in counts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Object => "object",
            Self::Gesture => "gesture",
            Self::Transition => "transition",
            Self::Sticker => "sticker",
            Self::Expression => "expression",
        }
    }
    /// The modality it is counted from.
    #[must_use]
    pub const fn modality(self) -> Modality {
        match self {
            Self::Text => Modality::Text,
            Self::Object => Modality::Objects,
            Self::Gesture => Modality::Gestures,
            Self::Transition => Modality::Shots,
            Self::Sticker => Modality::Stickers,
            Self::Expression => Modality::Emotions,
        }
    }
}

/// How many elements of each kind a second holds; by [`Element`] as index.
pub type Counts = [u64; Element::ALL.len()];

/// The elements of every second.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The kinds that were measured; the others count nothing.
    pub counted: Vec<Element>,
    /// Per second; `None` where a counted kind was not looked at.
    pub seconds: Vec<Option<Counts>>,
    /// Length of the seconds looked at, in seconds.
    pub observed_seconds: f64,
}

impl View {
    /// Counts the elements of a video.
    ///
    /// # Errors
    /// The reason, if nothing could be counted.
    pub fn of(events: &Events) -> Measured<Self> {
        let clock = events.clock;
        if clock.second_count() == 0 {
            return Err(NO_DURATION);
        }
        let counted: Vec<Element> = Element::ALL
            .into_iter()
            .filter(|element| events.sampled(element.modality()).is_ok())
            .collect();
        if counted.is_empty() {
            return Err("no kind of element was measured".into());
        }
        let mut counts = vec![Counts::default(); clock.second_count()];
        count_visible(
            &mut counts,
            Element::Text,
            spans(&events.text, |o| o.intervals.clone()),
        );
        count_visible(
            &mut counts,
            Element::Sticker,
            spans(&events.stickers, |o| o.intervals.clone()),
        );
        count_visible(
            &mut counts,
            Element::Gesture,
            spans(&events.gestures, |s| s.visible().to_vec()),
        );
        count_visible(&mut counts, Element::Expression, expressions(events));
        for second in &mut counts {
            let expressions = &mut second[Element::Expression as usize];
            *expressions = (*expressions).min(1);
        }
        count_objects(&mut counts, events);
        count_boundaries(&mut counts, events);
        Ok(Self::observed(events, counted, counts))
    }

    fn observed(events: &Events, counted: Vec<Element>, counts: Vec<Counts>) -> Self {
        let looked_at = |second: usize| {
            counted.iter().all(|element| {
                events
                    .sampled(element.modality())
                    .is_ok_and(|sampled| sampled.contains(second))
            })
        };
        let seconds: Vec<Option<Counts>> = counts
            .into_iter()
            .enumerate()
            .map(|(second, counts)| looked_at(second).then_some(counts))
            .collect();
        Self {
            observed_seconds: observed_length(events.clock, &seconds),
            counted,
            seconds,
        }
    }

    /// The density: elements of all counted kinds per second.
    ///
    /// # Errors
    /// The reason, if no second was looked at.
    pub fn series(&self) -> Measured<Series> {
        let density = |counts: &Counts| counts.iter().sum::<u64>() as f64;
        Series::new(
            self.seconds
                .iter()
                .map(|counts| counts.as_ref().map(density))
                .collect(),
            self.observed_seconds,
        )
    }

    /// The kind a second holds most of, the first of [`Element::ALL`] among equals; `None` if the
    /// second is empty.
    #[must_use]
    pub fn primary(counts: &Counts) -> Option<Element> {
        let most = counts.iter().max().copied().filter(|most| *most > 0)?;
        Element::ALL
            .into_iter()
            .find(|element| counts[*element as usize] == most)
    }

    /// The names of the counted kinds.
    #[must_use]
    pub fn counted_names(&self) -> Vec<&'static str> {
        self.counted
            .iter()
            .map(|element| element.as_str())
            .collect()
    }

    /// The seconds not looked at, rising.
    #[must_use]
    pub fn unsampled(&self) -> Vec<usize> {
        (0..self.seconds.len())
            .filter(|second| self.seconds[*second].is_none())
            .collect()
    }
}

fn observed_length(clock: Clock, seconds: &[Option<Counts>]) -> f64 {
    let nanos: u64 = seconds
        .iter()
        .enumerate()
        .filter(|(_, counts)| counts.is_some())
        .map(|(index, _)| clock.second(index).duration().as_nanos() as u64)
        .sum();
    contracts::MediaTime::from_nanos(nanos).seconds()
}

/// While each expression is visible.
fn expressions(events: &Events) -> Vec<Vec<TimeSpan>> {
    let found = events.emotions.events();
    let stretches = found.map(|found| &found.stretches).into_iter().flatten();
    stretches.map(|one| one.visible().to_vec()).collect()
}

/// While each event is visible.
fn spans<T>(stream: &Stream<Vec<T>>, spans: impl Fn(&T) -> Vec<TimeSpan>) -> Vec<Vec<TimeSpan>> {
    stream
        .events()
        .map(|events| events.iter().map(spans).collect())
        .unwrap_or_default()
}

/// Counts every event once in each second it is visible in, however often it comes and goes.
fn count_visible(counts: &mut [Counts], element: Element, events: Vec<Vec<TimeSpan>>) {
    for spans in events {
        let seconds: BTreeSet<usize> = spans.into_iter().flat_map(seconds_of).collect();
        for second in seconds {
            match counts.get_mut(second) {
                Some(counts) => counts[element as usize] += 1,
                None => break,
            }
        }
    }
}

fn count_objects(counts: &mut [Counts], events: &Events) {
    let Ok(objects) = events.objects.events() else {
        return;
    };
    for (time, detections) in objects.per_frame() {
        if let Some(counts) = counts.get_mut(second_of(time)) {
            let most = &mut counts[Element::Object as usize];
            *most = (*most).max(detections.into());
        }
    }
}

fn count_boundaries(counts: &mut [Counts], events: &Events) {
    let Ok(shots) = events.shots.events() else {
        return;
    };
    for boundary in &shots.boundaries {
        if let Some(counts) = counts.get_mut(second_of(boundary.time)) {
            counts[Element::Transition as usize] += 1;
        }
    }
}

/// Density per second (`d_s` in the formulas); at least one second of it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    values: Vec<Option<f64>>,
    duration: f64,
}

impl Series {
    /// The density of every second, of which those known last `duration` seconds in all.
    ///
    /// # Errors
    /// The reason, if no second is known.
    pub fn new(values: Vec<Option<f64>>, duration: f64) -> Measured<Self> {
        if duration <= 0.0 || values.iter().all(Option::is_none) {
            return Err("no second of the video was looked at".into());
        }
        Ok(Self { values, duration })
    }
    /// Density per second; `None` where it is not known.
    #[must_use]
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }
    /// The densities that are known, by rising second.
    #[must_use]
    pub fn known(&self) -> Vec<f64> {
        self.values.iter().flatten().copied().collect()
    }
    /// The known seconds and their density.
    pub fn points(&self) -> impl Iterator<Item = (usize, f64)> {
        self.values
            .iter()
            .enumerate()
            .filter_map(|(second, value)| Some((second, (*value)?)))
    }
    /// Length of the known seconds (D in the formulas where every second is known).
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.duration
    }
    /// Mean density of the first ⌊n/3⌋ and of the last ⌈n/3⌉ seconds.
    ///
    /// # Errors
    /// The reason, if the video has fewer than three seconds or one of the thirds is not known.
    pub fn thirds(&self) -> Measured<(f64, f64)> {
        let count = self.values.len();
        if count < 3 {
            return Err("the video has fewer than three seconds".into());
        }
        let third = |range: &[Option<f64>]| {
            let known: Vec<f64> = range.iter().flatten().copied().collect();
            crate::compute::numbers::mean(&known)
                .ok_or_else(|| Reason::from("a third of the video was not looked at"))
        };
        let first = third(&self.values[..count / 3])?;
        let last = third(&self.values[count - count.div_ceil(3)..])?;
        Ok((first, last))
    }
}
