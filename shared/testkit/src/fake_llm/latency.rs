//! How long answers take.

use super::random::Random;
use serde::Deserialize;
use std::time::Duration;

/// How long answers take, in real time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Latency {
    /// No longer than computing them.
    #[default]
    None,
    /// Always so long before the first token.
    FixedMs(u64),
    /// Before the first token, log-normally distributed.
    LogNormal {
        /// What half of the answers stay below.
        median_ms: f64,
        /// The deviation of the logarithm.
        sigma: f64,
    },
    /// As a machine that reads and writes at these rates.
    Rates {
        /// Before anything is read.
        first_ms: u64,
        /// Tokens read in a second.
        read_per_s: f64,
        /// Tokens written in a second.
        written_per_s: f64,
    },
}

/// The waits of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Timing {
    /// Before the first token.
    pub(super) first: Duration,
    /// For every token.
    pub(super) token: Duration,
}

impl Latency {
    pub(super) fn timing(self, input_tokens: u64, random: &mut Random) -> Timing {
        let seconds = |time: f64| Duration::try_from_secs_f64(time).unwrap_or_default();
        match self {
            Self::None => Timing::default(),
            Self::FixedMs(time) => Timing {
                first: Duration::from_millis(time),
                token: Duration::ZERO,
            },
            Self::LogNormal { median_ms, sigma } => Timing {
                first: seconds(median_ms / 1000.0 * (sigma * random.normal()).exp()),
                token: Duration::ZERO,
            },
            Self::Rates {
                first_ms,
                read_per_s,
                written_per_s,
            } => Timing {
                first: Duration::from_millis(first_ms) + seconds(input_tokens as f64 / read_per_s),
                token: seconds(1.0 / written_per_s),
            },
        }
    }
}

impl Timing {
    pub(super) fn tokens(self, count: u64) -> Duration {
        self.token
            .saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
    }
}
