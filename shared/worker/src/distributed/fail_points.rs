//! Places where tests stop a worker, to see that nothing is lost there.

use contracts::StageName;

/// A place on the way of a message, in the order in which they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailPoint {
    /// The message is taken, nothing is done.
    Taken,
    /// The stage has run; its artifacts are stored.
    Stored,
    /// Its manifest is written.
    Recorded,
    /// What follows is published.
    Published,
    /// Everything is done but the settlement.
    Settling,
}

impl FailPoint {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::Taken,
        Self::Stored,
        Self::Recorded,
        Self::Published,
        Self::Settling,
    ];
}

/// Called wherever a worker passes a [`FailPoint`].
pub trait FailPoints: Send + Sync {
    /// Does whatever a test wants to happen there.
    fn pass(&self, stage: StageName, point: FailPoint);
}

/// Nothing happens anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFailPoints;

impl FailPoints for NoFailPoints {
    fn pass(&self, _: StageName, _: FailPoint) {}
}
