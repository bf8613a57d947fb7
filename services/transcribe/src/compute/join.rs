//! Joining what was heard in windows that overlap.

use super::{SAMPLE_RATE_HZ, segments::Word};

/// How far apart the same word may lie in two windows, in samples: half a second.
const SAME_WORD: usize = SAMPLE_RATE_HZ as usize / 2;

/// Where two windows that overlap are joined: how many words of the first are kept and how many of
/// the second are left out. Words are by time, their places on the same clock; the first window
/// ends at sample `end`, the second begins at sample `start`.
///
/// The seam lies in the middle of the longest run of words that both windows heard at the same
/// time, because words in the middle of an overlap are far from both edges. Where they heard
/// nothing in common, it is the middle of the overlap.
#[must_use]
pub fn seam(first: &[Word], second: &[Word], start: usize, end: usize) -> (usize, usize) {
    let left = first.partition_point(|word| word.place.end <= start);
    let right = second.partition_point(|word| word.place.start < end);
    let ours = first.get(left..).unwrap_or_default();
    let theirs = second.get(..right).unwrap_or_default();
    match longest_run(ours, theirs) {
        Some((mine, other, length)) => (left + mine + length / 2, other + length / 2),
        None => {
            let middle = start.midpoint(end);
            let before = |word: &Word| word.place.middle() < middle;
            (
                left + ours.partition_point(before),
                theirs.partition_point(before),
            )
        }
    }
}

/// The first longest run of equal words at about the same time: its place in both lists and its
/// length.
fn longest_run(first: &[Word], second: &[Word]) -> Option<(usize, usize, usize)> {
    let mut best = None;
    for mine in 0..first.len() {
        for other in 0..second.len() {
            let pairs = first.iter().skip(mine).zip(second.iter().skip(other));
            let length = pairs.take_while(|(a, b)| same(a, b)).count();
            if length > best.map_or(0, |(_, _, length)| length) {
                best = Some((mine, other, length));
            }
        }
    }
    best
}

fn same(a: &Word, b: &Word) -> bool {
    let plain = |word: &Word| -> String {
        let letters = word.text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    a.place.middle().abs_diff(b.place.middle()) <= SAME_WORD && plain(a) == plain(b)
}
