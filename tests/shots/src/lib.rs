#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "for tests only"
)]

pub mod films;
mod judges;
mod page;

pub use judges::{Reference, reference, shots_in};
pub use page::{Row, page};

use std::ops::AddAssign;

/// How many boundaries two judges agree on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Found by both.
    pub agreed: usize,
    /// Found by us.
    pub found: usize,
    /// Found by the other judge.
    pub expected: usize,
}

impl Agreement {
    /// Pairs times (in seconds, rising) that differ by at most `tolerance`, each once.
    #[must_use]
    pub fn between(found: &[f64], expected: &[f64], tolerance: f64) -> Self {
        let mut left = expected.iter().peekable();
        let mut agreed = 0;
        for time in found {
            while left.next_if(|other| **other < time - tolerance).is_some() {}
            agreed += usize::from(left.next_if(|other| **other <= time + tolerance).is_some());
        }
        Self {
            agreed,
            found: found.len(),
            expected: expected.len(),
        }
    }
    /// Pairs times (in seconds, rising) with stretches (rising) that they lie in, give or take
    /// `tolerance`, each once.
    #[must_use]
    pub fn within(found: &[f64], stretches: &[(f64, f64)], tolerance: f64) -> Self {
        let mut left = stretches.iter().peekable();
        let mut agreed = 0;
        for time in found {
            while left.next_if(|(_, end)| *end < time - tolerance).is_some() {}
            let inside = left.next_if(|(start, _)| *start <= time + tolerance);
            agreed += usize::from(inside.is_some());
        }
        Self {
            agreed,
            found: found.len(),
            expected: stretches.len(),
        }
    }
    /// Harmonic mean of precision and recall: F1; 0 if nothing agrees and something should.
    #[must_use]
    pub fn f1(self) -> f64 {
        share(2 * self.agreed, self.found + self.expected)
    }
    /// Share of ours that the other judge has too; 1 if we found nothing.
    #[must_use]
    pub fn precision(self) -> f64 {
        share(self.agreed, self.found)
    }
    /// Share of the other judge's that we have too; 1 if there are none.
    #[must_use]
    pub fn recall(self) -> f64 {
        share(self.agreed, self.expected)
    }
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, other: Self) {
        self.agreed += other.agreed;
        self.found += other.found;
        self.expected += other.expected;
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}
