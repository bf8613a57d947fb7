//! How long a call may take: by the size of the prompt, or by what the model was seen to do.

use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, time::Duration};

/// Size up to which a prompt has the time of its analysis, in KiB.
const KIB_PER_STEP: u64 = 50;
/// Base times of analyses that take longer than [`USUAL_BASE`].
const BASES: [(&str, Duration); 3] = [
    ("emotional_journey", Duration::from_secs(90)),
    ("speech_analysis", Duration::from_secs(90)),
    ("visual_overlay_analysis", Duration::from_secs(120)),
];
const USUAL_BASE: Duration = Duration::from_secs(60);
/// Shortest time of a call.
const SHORTEST: Duration = Duration::from_secs(10);
/// Waits for the first token that count.
const TTFT_FACTOR: f64 = 2.0;
/// How much slower than seen an answer may come.
const DECODE_FACTOR: f64 = 1.5;
/// Room for an answer above which it is streamed even if nobody watches.
pub const STREAM_ABOVE_TOKENS: u32 = 21_333;
/// Time of a call above which it is streamed even if nobody watches.
pub const STREAM_ABOVE: Duration = Duration::from_secs(300);
/// Longest time without progress, whatever else arrives.
pub const PROGRESS: Duration = Duration::from_secs(180);
/// How many measurements are remembered.
const REMEMBERED: usize = 256;

/// How the longest time of a call is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeoutPolicy {
    /// Of analyses of videos: by the size of the prompt.
    Seed,
    /// By what the model was seen to do.
    Adaptive,
}

/// The rule of the first system: the base time of the analysis, as many times as the prompt has
/// whole steps of 50 KiB, at least once.
#[must_use]
pub fn by_size(analysis: &str, prompt_bytes: usize) -> Duration {
    let base = BASES.iter().find(|(name, _)| *name == analysis);
    let base = base.map_or(USUAL_BASE, |(_, base)| *base);
    let kib = u64::try_from(prompt_bytes / 1024).unwrap_or(u64::MAX);
    if kib <= KIB_PER_STEP {
        return base;
    }
    // floor(base × KiB / 50), in whole seconds.
    Duration::from_secs(base.as_secs().saturating_mul(kib) / KIB_PER_STEP)
}

/// What a model was seen to do, and what is assumed before it was.
#[derive(Debug, Clone)]
pub struct Rates {
    /// Tokens read per second.
    prefill: f64,
    /// Tokens said per second, assumed.
    decode: f64,
    ttft: VecDeque<Duration>,
    decoded: VecDeque<f64>,
}

impl Rates {
    /// Of a model of which nothing was seen yet.
    #[must_use]
    pub const fn assumed(prefill: f64, decode: f64) -> Self {
        Self {
            prefill,
            decode,
            ttft: VecDeque::new(),
            decoded: VecDeque::new(),
        }
    }

    /// Notes an answer: the wait for its first token, and tokens said in the time after it.
    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers of tokens are far below 2^52"
    )]
    pub fn learn(&mut self, ttft: Option<Duration>, tokens: u64, took: Duration) {
        if let Some(ttft) = ttft {
            remember(&mut self.ttft, ttft);
        }
        let seconds = took.saturating_sub(ttft.unwrap_or_default()).as_secs_f64();
        if tokens > 0 && seconds > 0.0 {
            remember(&mut self.decoded, tokens as f64 / seconds);
        }
    }

    /// Tokens said per second by all but the slowest answers.
    #[must_use]
    pub fn decode_rate(&self) -> f64 {
        let mut seen: Vec<f64> = self.decoded.iter().copied().collect();
        seen.sort_by(f64::total_cmp);
        seen.get(seen.len() / 10).copied().unwrap_or(self.decode)
    }

    fn slow_ttft(&self) -> Duration {
        let mut seen: Vec<Duration> = self.ttft.iter().copied().collect();
        seen.sort_unstable();
        seen.get(seen.len() * 99 / 100).copied().unwrap_or_default()
    }

    /// Longest time of a call that reads `input` tokens and has room for `output`.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers of tokens are far below 2^52"
    )]
    pub fn total(&self, connect: Duration, input: u64, output: u32, longest: Duration) -> Duration {
        let seconds = TTFT_FACTOR * self.slow_ttft().as_secs_f64()
            + input as f64 / self.prefill
            + DECODE_FACTOR * f64::from(output) / self.decode_rate();
        let bounded = seconds.clamp(0.0, longest.as_secs_f64());
        let total = connect + Duration::from_secs_f64(bounded);
        total.max(SHORTEST).min(longest)
    }
}

fn remember<T>(seen: &mut VecDeque<T>, value: T) {
    if seen.len() == REMEMBERED {
        seen.pop_front();
    }
    seen.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONNECT: Duration = Duration::from_secs(5);
    const LONGEST: Duration = Duration::from_secs(600);

    #[test]
    fn promise_12_by_size_has_the_values_of_the_first_system() {
        for (analysis, kib, seconds) in [
            ("scene_pacing", 0, 60),
            ("scene_pacing", 50, 60),
            ("scene_pacing", 100, 120),
            ("scene_pacing", 51, 61),
            ("visual_overlay_analysis", 1023, 2455),
            ("emotional_journey", 10, 90),
            ("speech_analysis", 75, 135),
        ] {
            let found = by_size(analysis, kib * 1024 + 7);
            assert_eq!(found, Duration::from_secs(seconds), "{analysis} {kib}");
        }
    }

    #[test]
    fn promise_12_what_was_seen_replaces_what_was_assumed() {
        let mut rates = Rates::assumed(5000.0, 30.0);
        // 5 + 10000/5000 + 1.5 × 300/30
        assert_eq!(
            rates.total(CONNECT, 10_000, 300, LONGEST),
            Duration::from_secs(22)
        );
        assert_eq!(rates.total(CONNECT, 0, 1, LONGEST), SHORTEST);
        assert_eq!(rates.total(CONNECT, 0, 128_000, LONGEST), LONGEST);
        let second = Duration::from_secs(1);
        rates.learn(Some(second), 100, 2 * second);
        // 5 + 2 × 1 + 2 + 1.5 × 300/100
        assert_eq!(
            rates.total(CONNECT, 10_000, 300, LONGEST),
            Duration::from_millis(13_500)
        );
    }

    #[test]
    fn the_slow_ones_count() {
        let mut rates = Rates::assumed(100.0, 5.0);
        for _ in 0..95 {
            rates.learn(None, 100, Duration::from_secs(1));
        }
        for _ in 0..15 {
            rates.learn(None, 10, Duration::from_secs(1));
        }
        assert!((rates.decode_rate() - 10.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn more_work_never_has_less_time(
            seen in prop::collection::vec((0u64..5000, 0u64..999, 1u64..60_000), 0..300),
            input in 0u64..1_000_000, output in 0u32..100_000,
        ) {
            let mut rates = Rates::assumed(100.0, 5.0);
            for (ttft, tokens, took) in seen {
                rates.learn(Some(Duration::from_millis(ttft)), tokens, Duration::from_millis(took));
            }
            let total = rates.total(CONNECT, input, output, LONGEST);
            prop_assert!((SHORTEST..=LONGEST).contains(&total));
            prop_assert!(rates.total(CONNECT, input + 999, output + 999, LONGEST) >= total);
        }
    }
}
