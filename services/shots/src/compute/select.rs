//! Which of the transitions found separate shots.

use super::{Series, Transition};
use contracts::{MediaTime, shots::BoundaryKind};
use std::time::Duration;

/// Chooses transitions by rising time so that no shot is shorter than `min_shot`. Gradual ones
/// swallow the jumps inside them; among those too close together the stronger stays, among equals
/// the earlier.
pub(super) fn choose(
    series: &Series<'_>,
    mut found: Vec<Transition>,
    duration: MediaTime,
    min_shot: Duration,
) -> Vec<Transition> {
    found.sort_by(|a, b| {
        let gradual = |transition: &Transition| transition.kind != BoundaryKind::Cut;
        gradual(b)
            .cmp(&gradual(a))
            .then(b.score.total_cmp(&a.score))
            .then(a.frame.cmp(&b.frame))
    });
    let mut chosen: Vec<Transition> = Vec::new();
    for candidate in found {
        let time = series.time(candidate.frame);
        let clear = time.since(MediaTime::ZERO) >= min_shot
            && duration.since(time) >= min_shot
            && chosen.iter().all(|other| {
                time.distance(series.time(other.frame)) >= min_shot && !candidate.overlaps(other)
            });
        if clear {
            chosen.push(candidate);
        }
    }
    chosen.sort_by_key(|transition| transition.frame);
    chosen
}
