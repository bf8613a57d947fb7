//! What began just before an expression.

use crate::compute::{
    clock::second_of,
    coverage::SampledSeconds,
    events::Events,
    measure::{Measured, Reason},
};
use contracts::MediaTime;
use std::time::Duration;

/// How long before an expression something may begin that it answers. Faces answer within half a
/// second (Dimberg and Thunberg 1998, "Rapid facial reactions to emotional facial expressions"), and
/// frames are looked at about twice a second.
const REACH: Duration = Duration::from_secs(1);

/// What can set off an expression, in the order in which it is listed.
pub const TRIGGERS: &[&str] = &["scene_change", "text", "speech", "gesture"];

/// When something of one kind begins, and where it was looked for.
struct Beginnings<'a> {
    kind: &'static str,
    /// Rising.
    times: Vec<MediaTime>,
    sampled: &'a SampledSeconds,
}

/// What begins in a video, as far as it was looked for.
pub struct Triggers<'a>(Vec<Measured<Beginnings<'a>>>);

impl<'a> Triggers<'a> {
    /// The boundaries between shots, texts, sentences and gestures of a video.
    #[must_use]
    pub fn of(events: &'a Events) -> Self {
        let beginnings = [
            scene_changes(events),
            texts(events),
            sentences(events),
            gestures(events),
        ];
        let named = TRIGGERS.iter().zip(beginnings);
        let named = named.map(|(kind, found)| {
            let (mut times, sampled) = found?;
            times.sort_unstable();
            Ok(Beginnings {
                kind,
                times,
                sampled,
            })
        });
        Self(named.collect())
    }

    /// The kinds of which something begins less than a second before `time` or at that instant.
    ///
    /// # Errors
    /// The reason, if nothing is found and one of the kinds was not looked for then.
    pub fn before(&self, time: MediaTime) -> Measured<Vec<&'static str>> {
        let begins = |one: &&Beginnings<'_>| {
            let until = one.times.partition_point(|begin| *begin <= time);
            let last = one.times[..until].last();
            last.is_some_and(|begin| time.since(*begin) < REACH)
        };
        let known = self.0.iter().flatten();
        let found: Vec<&'static str> = known.filter(begins).map(|one| one.kind).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        for kind in &self.0 {
            let kind = kind.as_ref().map_err(Clone::clone)?;
            let first = second_of(time).saturating_sub(1);
            if !(first..=second_of(time)).all(|second| kind.sampled.contains(second)) {
                return Err(Reason::new(format!(
                    "nothing was found, and {} was not looked for all the time",
                    kind.kind
                )));
            }
        }
        Ok(found)
    }
}

type Found<'a> = Measured<(Vec<MediaTime>, &'a SampledSeconds)>;

fn scene_changes(events: &Events) -> Found<'_> {
    let shots = events.shots.events()?;
    let times = shots.boundaries.iter().map(|one| one.time);
    Ok((times.collect(), events.shots.sampled()?))
}

fn texts(events: &Events) -> Found<'_> {
    let texts = events.text.events()?;
    let times = texts.iter().flat_map(|one| &one.intervals);
    Ok((
        times.map(|span| span.start).collect(),
        events.text.sampled()?,
    ))
}

fn sentences(events: &Events) -> Found<'_> {
    let speech = events.speech.events()?;
    let times = speech.utterances.iter().map(|one| one.span.start);
    Ok((times.collect(), events.speech.sampled()?))
}

fn gestures(events: &Events) -> Found<'_> {
    let gestures = events.gestures.events()?;
    let times = gestures.iter().map(|one| one.span.start);
    Ok((times.collect(), events.gestures.sampled()?))
}
