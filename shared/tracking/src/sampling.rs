//! Which frames are looked at.

/// Places of at most `most` of `count` frames, spread evenly from the first to the last:
/// `round(k·(count−1)/(most−1))`.
#[must_use]
pub fn evenly(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    let steps = most.saturating_sub(1);
    if steps == 0 {
        return (0..most.min(1)).collect();
    }
    // Integer arithmetic, halves rounded up, so that no platform rounds otherwise.
    (0..most)
        .map(|k| (2 * k * (count - 1) + steps) / (2 * steps))
        .collect()
}
