//! How large a context a local model is given. A change of it makes the server load the model
//! anew, so it changes rarely.

use crate::error::{Code, Failure};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Smallest context there is, in tokens; the others are twice as large each.
const SMALLEST: u32 = 2048;
/// Room that is left, in tokens.
const MARGIN: u64 = 64;
/// How long every need must have been small before a context shrinks.
const SHRINK_AFTER: Duration = Duration::from_secs(30 * 60);
/// Share of our estimate below which the count of a prompt means that it was cut.
const CUT_SHARE: f64 = 0.6;
/// A prompt that was cut is half the context, give or take this many tokens.
const CUT_SLACK: u64 = 8;

/// How the context is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// By the length of the signal, as the first system did.
    Seed,
    /// The smallest that is enough.
    Bucketed,
    /// The smallest that is enough for everything that came lately.
    Sticky,
    /// Always the same.
    Fixed,
}

/// What a policy needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// The policy.
    pub policy: Policy,
    /// Under `seed`: for short signals, in tokens.
    pub seed_short: u32,
    /// Under `seed`: for long ones.
    pub seed_long: u32,
    /// Under `seed`: length from which on a signal is long, in characters.
    pub seed_threshold: usize,
    /// Under `fixed`.
    pub fixed: Option<u32>,
    /// Largest context.
    pub max: u32,
}

/// Tokens a call needs in all: the prompt, the schema if it is part of it, the answer.
#[must_use]
pub fn need(prompt: u64, schema: u64, output: u32) -> u64 {
    prompt + schema + u64::from(output) + MARGIN
}

/// What one server gives one model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    current: Option<u32>,
    /// The last time at which a need was more than half of it.
    large_at: Duration,
}

impl Window {
    /// The context for a call that needs `need` tokens and whose text has `characters`, on a model
    /// with a context of `model_context`.
    ///
    /// # Errors
    /// [`Code::ContextExceeded`] if no context is large enough.
    pub fn choose(
        &mut self,
        windows: &Windows,
        need: u64,
        characters: usize,
        model_context: u32,
        now: Duration,
    ) -> Result<u32, Failure> {
        let cap = model_context.min(windows.max);
        let chosen = match windows.policy {
            Policy::Seed if characters < windows.seed_threshold => windows.seed_short,
            Policy::Seed => windows.seed_long,
            Policy::Fixed => windows.fixed.unwrap_or(cap),
            Policy::Bucketed => bucket(need, cap),
            Policy::Sticky => self.sticky(need, cap, now),
        };
        let chosen = chosen.min(cap);
        if need > u64::from(chosen) {
            let message = format!("the call needs {need} tokens, the context has {chosen}");
            return Err(Failure::new(Code::ContextExceeded, message));
        }
        Ok(chosen)
    }

    fn sticky(&mut self, need: u64, cap: u32, now: Duration) -> u32 {
        let wanted = bucket(need, cap);
        let Some(current) = self.current.filter(|current| *current >= wanted) else {
            if need <= u64::from(wanted) {
                self.current = Some(wanted);
            }
            self.large_at = now;
            return wanted;
        };
        if need > u64::from(current / 2) {
            self.large_at = now;
        } else if now.saturating_sub(self.large_at) >= SHRINK_AFTER {
            let smaller = (current / 2).max(SMALLEST).min(current);
            self.current = Some(smaller);
            self.large_at = now;
            return smaller;
        }
        current
    }
}

/// The smallest context that holds `need`, or the largest there is.
fn bucket(need: u64, cap: u32) -> u32 {
    let mut size = SMALLEST;
    while u64::from(size) < need && size < cap {
        size = size.saturating_mul(2);
    }
    size.min(cap)
}

/// Whether a server that read `counted` tokens has silently cut the prompt.
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    reason = "numbers of tokens are far below 2^52"
)]
pub fn was_cut(counted: u64, estimated: u64, window: u32) -> bool {
    let few = (counted as f64) < CUT_SHARE * estimated as f64;
    few && counted + CUT_SLACK >= u64::from(window / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONTEXT: u32 = 131_072;

    fn windows(policy: Policy) -> Windows {
        Windows {
            policy,
            seed_short: 4096,
            seed_long: 8192,
            seed_threshold: 500,
            fixed: Some(6000),
            max: 32_768,
        }
    }

    fn choose(window: &mut Window, policy: Policy, need: u64, minutes: u64) -> Option<u32> {
        let now = Duration::from_secs(minutes * 60);
        window
            .choose(&windows(policy), need, 600, CONTEXT, now)
            .ok()
    }

    #[test]
    fn each_policy_does_as_it_says() {
        let mut window = Window::default();
        let seed = windows(Policy::Seed);
        assert_eq!(
            window.choose(&seed, 900, 499, CONTEXT, Duration::ZERO),
            Ok(4096)
        );
        assert_eq!(
            window.choose(&seed, 900, 500, CONTEXT, Duration::ZERO),
            Ok(8192)
        );
        assert_eq!(choose(&mut window, Policy::Bucketed, 2048, 0), Some(2048));
        assert_eq!(choose(&mut window, Policy::Bucketed, 2049, 0), Some(4096));
        assert_eq!(
            choose(&mut window, Policy::Bucketed, 32_768, 0),
            Some(32_768)
        );
        assert_eq!(choose(&mut window, Policy::Fixed, 6000, 0), Some(6000));
        for policy in [
            Policy::Seed,
            Policy::Bucketed,
            Policy::Sticky,
            Policy::Fixed,
        ] {
            let failure = window
                .choose(&windows(policy), 32_769, 600, CONTEXT, Duration::ZERO)
                .unwrap_err();
            assert_eq!(failure.code, Code::ContextExceeded);
        }
        assert_eq!(
            window.choose(&windows(Policy::Bucketed), 900, 0, 1024, Duration::ZERO),
            Ok(1024)
        );
    }

    #[test]
    fn a_sticky_context_grows_and_shrinks_one_step_after_half_an_hour() {
        let mut window = Window::default();
        let mut sticky = |need, minutes| choose(&mut window, Policy::Sticky, need, minutes);
        assert_eq!(sticky(3000, 0), Some(4096));
        assert_eq!(sticky(9000, 1), Some(16_384));
        assert_eq!(sticky(1000, 2), Some(16_384));
        assert_eq!(sticky(1000, 30), Some(16_384));
        assert_eq!(sticky(1000, 31), Some(8192));
        assert_eq!(sticky(1000, 32), Some(8192), "one step at a time");
        assert_eq!(
            sticky(4097, 60),
            Some(8192),
            "a need above half of it begins anew"
        );
        assert_eq!(sticky(1000, 61), Some(8192));
        assert_eq!(sticky(1000, 91), Some(4096));
        assert_eq!(
            sticky(100_000, 92),
            None,
            "what cannot be served does not enlarge it"
        );
        assert_eq!(sticky(1000, 93), Some(4096));
    }

    #[test]
    fn promise_11_mixed_sizes_seldom_load_the_model_anew() {
        let reloads = |policy| {
            let mut window = Window::default();
            let mut last = None;
            let sizes = (0..200_u64).map(|n| 500 + (n * 7919) % 7000);
            sizes
                .filter(|need| {
                    let characters = usize::try_from(*need).unwrap() / 4;
                    let chosen = window
                        .choose(&windows(policy), *need, characters, CONTEXT, Duration::ZERO)
                        .ok();
                    std::mem::replace(&mut last, chosen) != chosen
                })
                .count()
        };
        assert!(reloads(Policy::Sticky) <= 3);
        assert!(reloads(Policy::Seed) > 20);
    }

    #[test]
    fn promise_11_a_prompt_that_was_cut_is_noticed() {
        assert!(was_cut(2048, 6000, 4096));
        assert!(was_cut(2040, 6000, 4096));
        assert!(
            !was_cut(2039, 6000, 4096),
            "it is just shorter than we thought"
        );
        assert!(!was_cut(3600, 6000, 4096), "estimates are that far off");
    }

    proptest! {
        #[test]
        fn what_is_chosen_is_enough_and_no_more_than_there_is(
            needs in prop::collection::vec((1u64..60_000, 0u64..50), 1..40),
            context in 512u32..200_000,
        ) {
            for policy in [Policy::Bucketed, Policy::Sticky, Policy::Seed, Policy::Fixed] {
                let mut window = Window::default();
                let mut now = Duration::ZERO;
                for (need, minutes) in &needs {
                    now += Duration::from_secs(minutes * 60);
                    if let Ok(chosen) = window.choose(&windows(policy), *need, 600, context, now) {
                        prop_assert!(u64::from(chosen) >= *need);
                        prop_assert!(chosen <= context.min(32_768));
                    } else if policy != Policy::Seed && policy != Policy::Fixed {
                        prop_assert!(*need > u64::from(context.min(32_768)));
                    }
                }
            }
        }
    }
}
