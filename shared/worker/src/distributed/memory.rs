//! Watching how much memory is used: measured, published, and a reason to end before the system
//! ends the process.

use super::health::Health;
use std::{sync::Arc, time::Duration};
use telemetry::events::MemoryWatched;

/// Longest time between two looks, so that a broken worker is noticed soon.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);

/// When memory becomes a reason to act.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemoryLimits {
    /// Resident memory over which the worker warns, in bytes.
    pub warn_bytes: u64,
    /// Resident memory over which it drains and ends, to be started anew; `None` for never.
    pub end_bytes: Option<u64>,
    /// Share of the system's memory in use over which it warns, 0–1.
    pub system_share: f64,
    /// Time between two looks.
    pub interval: Duration,
}

/// Resident memory at which a warning is due: 4 GiB.
const WARN_BYTES: u64 = 4 << 30;

impl Default for MemoryLimits {
    fn default() -> Self {
        Self {
            warn_bytes: WARN_BYTES,
            end_bytes: None,
            system_share: 0.9,
            interval: INTERVAL,
        }
    }
}

/// One look at the memory.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MemorySample {
    /// Resident memory of this process and its children, in bytes; `None` if unknown.
    pub resident_bytes: Option<u64>,
    /// Share of the system's memory in use, 0–1; `None` if unknown.
    pub system_share: Option<f64>,
}

/// Takes a look.
pub type Probe = Arc<dyn Fn() -> MemorySample + Send + Sync>;

/// Remembers what was said already, so that a warning is said once.
pub(crate) struct Watch {
    limits: MemoryLimits,
    warned: bool,
    peak_bytes: u64,
}

impl Watch {
    pub(crate) fn new(limits: MemoryLimits) -> Self {
        Self {
            limits,
            warned: false,
            peak_bytes: 0,
        }
    }

    /// Looks once, says what changed, and breaks the worker off where it is too much.
    pub(crate) fn look(
        &mut self,
        probe: &(dyn Fn() -> MemorySample + Send + Sync),
        health: &Health,
    ) {
        let sample = probe();
        let resident = sample.resident_bytes.unwrap_or_default();
        if let Some(resident_bytes) = sample.resident_bytes {
            MemoryWatched {
                resident_bytes,
                limit_bytes: self.limits.end_bytes,
            }
            .emit();
        }
        self.peak_bytes = self.peak_bytes.max(resident);
        let crowded = sample
            .system_share
            .is_some_and(|share| share > self.limits.system_share);
        let much = resident > self.limits.warn_bytes || crowded;
        if much && !self.warned {
            tracing::warn!(
                resident_bytes = resident,
                peak_bytes = self.peak_bytes,
                system_share = sample.system_share,
                "much memory is used"
            );
        }
        self.warned = much;
        if self.limits.end_bytes.is_some_and(|limit| resident > limit) {
            health.break_down(format!("resident memory is {resident} bytes"));
        }
    }
}
