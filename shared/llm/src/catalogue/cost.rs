//! What a call cost, from what the provider counted.

use super::{Catalogue, Model, Prices, Tier};
use crate::completion::Usage;

/// Tokens that a price is for.
const PER: f64 = 1e6;
/// Share of the price in a batch.
const BATCH: f64 = 0.5;
/// Share of the price when it is answered in the United States only.
const US_ONLY: f64 = 1.1;

/// How a call is billed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Billing {
    /// Whether it was part of a batch.
    pub batch: bool,
    /// Whether it was answered in the United States only.
    pub us_only: bool,
}

/// What a call cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// In US dollars.
    pub usd: f64,
    /// The day from which the price holds.
    pub effective_from: String,
}

impl Catalogue {
    /// What a call cost on a day; `None` if a price it needs is not known. Never the price of
    /// another model.
    #[must_use]
    pub fn cost(
        &self,
        provider: &str,
        model: &str,
        usage: &Usage,
        billing: Billing,
        day: &str,
    ) -> Option<Cost> {
        self.row(provider, model).cost(usage, billing, day)
    }
}

impl Model {
    /// What a call cost on a day; `None` if a price it needs is not known.
    #[must_use]
    pub fn cost(&self, usage: &Usage, billing: Billing, day: &str) -> Option<Cost> {
        let prices = self.prices_on(day)?;
        let total = usage.total_input();
        let holds = |tier: &&Tier| tier.up_to_input_tokens.is_none_or(|limit| total <= limit);
        let tier = prices.tiers.iter().find(holds)?;
        let parts = [
            of(usage.input, Some(tier.input))?,
            of(usage.cache_write_5m, tier.cache_write_5m)?,
            of(usage.cache_write_1h, tier.cache_write_1h)?,
            of(usage.cache_read, tier.cache_read)?,
            of(usage.output, Some(tier.output))?,
        ];
        let batch = if billing.batch { BATCH } else { 1.0 };
        let place = if billing.us_only { US_ONLY } else { 1.0 };
        Some(Cost {
            usd: parts.iter().sum::<f64>() / PER * batch * place,
            effective_from: prices.effective_from.clone(),
        })
    }

    /// Number of tokens read from which on another price holds.
    #[must_use]
    pub fn next_tier_at(&self, day: &str) -> Option<u64> {
        self.prices_on(day)?.tiers.first()?.up_to_input_tokens
    }

    fn prices_on(&self, day: &str) -> Option<&Prices> {
        let begun = |prices: &&Prices| prices.effective_from.as_str() <= day;
        self.prices.iter().rev().find(begun)
    }
}

/// Tokens times their price; a price that is not known matters only if there are any.
#[allow(
    clippy::cast_precision_loss,
    reason = "numbers of tokens are far below 2^52"
)]
fn of(tokens: u64, price: Option<f64>) -> Option<f64> {
    match (tokens, price) {
        (0, _) => Some(0.0),
        (_, None) => None,
        (tokens, Some(price)) => Some(tokens as f64 * price),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: &str = "2026-11-20";

    fn usd(model: &str, usage: Usage, billing: Billing) -> Option<f64> {
        let catalogue = Catalogue::built_in().unwrap();
        let cost = catalogue.cost("claude", model, &usage, billing, DAY)?;
        Some(cost.usd)
    }

    fn said(input: u64, output: u64) -> Usage {
        Usage {
            input,
            output,
            ..Usage::default()
        }
    }

    #[test]
    fn promise_13_costs_are_those_of_known_bills() {
        let cached = Usage {
            input: 3,
            cache_write_5m: 12_304,
            output: 550,
            ..Usage::default()
        };
        for (model, usage, expected) in [
            ("claude-sonnet-4-6", cached, 0.054_399),
            ("claude-3-haiku-20240307", said(10_000, 1500), 0.004_375),
            ("claude-3-5-sonnet-20241022", said(10_000, 1500), 0.0525),
            ("claude-haiku-5-5", said(100_000, 1000), 0.0105),
            ("claude-haiku-5-5", said(100_001, 1000), 0.052_500_5),
        ] {
            let found = usd(model, usage, Billing::default()).unwrap();
            assert!((found - expected).abs() < 1e-12, "{model}: {found}");
        }
    }

    #[test]
    fn everything_that_is_read_chooses_the_tier() {
        let usage = Usage {
            input: 1,
            cache_read: 100_000,
            ..Usage::default()
        };
        let found = usd("claude-haiku-5-5", usage, Billing::default()).unwrap();
        assert!((found - (0.5 + 100_000.0 * 0.05) / 1e6).abs() < 1e-15);
    }

    #[test]
    fn batches_cost_half_and_one_place_a_tenth_more() {
        let billing = |batch, us_only| Billing { batch, us_only };
        let of = |billing| usd("claude-sonnet-5-5", said(1_000_000, 0), billing).unwrap();
        assert!((of(billing(true, false)) - 1.0).abs() < 1e-12);
        assert!((of(billing(false, true)) - 2.2).abs() < 1e-12);
        assert!((of(billing(true, true)) - 1.1).abs() < 1e-12);
    }

    #[test]
    fn a_price_that_is_not_known_is_not_made_up() {
        assert_eq!(
            usd("claude-mythos-5-2", said(1, 1), Billing::default()),
            None
        );
        let cached = Usage {
            cache_read: 1,
            ..Usage::default()
        };
        assert_eq!(
            usd("claude-3-haiku-20240307", cached, Billing::default()),
            None
        );
        let catalogue = Catalogue::built_in().unwrap();
        let row = catalogue.row("claude", "claude-haiku-5-5");
        assert_eq!(
            row.cost(&said(1, 1), Billing::default(), "2026-10-06"),
            None
        );
        let local = catalogue.cost("ollama", "phi4", &said(9, 9), Billing::default(), DAY);
        assert_eq!(local.map(|cost| cost.usd), Some(0.0));
    }

    #[test]
    fn the_price_of_the_day_holds() {
        let mut row = Catalogue::built_in()
            .unwrap()
            .row("claude", "claude-sonnet-5-5");
        let mut dearer = row.prices[0].clone();
        dearer.effective_from = "2026-12-01".into();
        dearer.tiers[0].input = 20.0;
        row.prices.push(dearer);
        let on = |day| {
            row.cost(&said(1_000_000, 0), Billing::default(), day)
                .unwrap()
        };
        assert_eq!((on("2026-11-30").usd, on("2026-12-01").usd), (2.0, 20.0));
        assert_eq!(on("2026-12-02").effective_from, "2026-12-01");
    }

    proptest! {
        #[test]
        fn more_tokens_never_cost_less(input in 0u64..2_000_000, output in 0u64..100_000, more in 0u64..1000) {
            let cost = |input, output| usd("claude-haiku-5-5", said(input, output), Billing::default()).unwrap();
            prop_assert!(cost(input + more, output) >= cost(input, output));
            prop_assert!(cost(input, output + more) >= cost(input, output));
        }
    }
}
