//! What a provider tells of its limits with every answer.

use serde::Serialize;

/// What the names of the headers begin with.
const PREFIX: &str = "anthropic-ratelimit-";

/// One limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// How much there is per minute.
    pub limit: Option<u64>,
    /// How much is left.
    pub remaining: Option<u64>,
    /// When it is all there again, in milliseconds since 1970.
    pub reset: Option<i64>,
}

/// All of them; `None` where nothing was said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RateLimits {
    /// Of requests.
    pub requests: Option<Quota>,
    /// Of tokens, read and said together.
    pub tokens: Option<Quota>,
    /// Of tokens read.
    pub input_tokens: Option<Quota>,
    /// Of tokens said.
    pub output_tokens: Option<Quota>,
}

impl RateLimits {
    /// Reads the headers through a function that looks one up; `None` if there are none.
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let quota = |kind: &str| {
            let part = |part: &str| header(&format!("{PREFIX}{kind}-{part}"));
            let number = |name: &str| part(name).and_then(|text| text.trim().parse().ok());
            let reset = part("reset").and_then(|text| text.trim().parse::<jiff::Timestamp>().ok());
            let quota = Quota {
                limit: number("limit"),
                remaining: number("remaining"),
                reset: reset.map(jiff::Timestamp::as_millisecond),
            };
            (quota != Quota::default()).then_some(quota)
        };
        let limits = Self {
            requests: quota("requests"),
            tokens: quota("tokens"),
            input_tokens: quota("input-tokens"),
            output_tokens: quota("output-tokens"),
        };
        (limits != Self::default()).then_some(limits)
    }

    /// What is left of each, with the name of its kind.
    pub fn remaining(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let kinds = [
            ("requests", self.requests),
            ("tokens", self.tokens),
            ("input_tokens", self.input_tokens),
            ("output_tokens", self.output_tokens),
        ];
        kinds
            .into_iter()
            .filter_map(|(kind, quota)| Some((kind, quota?.remaining?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_odd_ones_say_nothing() {
        let header = |name: &str| match name {
            "anthropic-ratelimit-requests-limit" => Some("1000"),
            "anthropic-ratelimit-requests-remaining" => Some("999"),
            "anthropic-ratelimit-requests-reset" => Some("2026-11-20T00:00:01Z"),
            "anthropic-ratelimit-input-tokens-remaining" => Some("2000000"),
            "anthropic-ratelimit-tokens-limit" => Some("many"),
            _ => None,
        };
        let limits = RateLimits::read(header).unwrap();
        let requests = limits.requests.unwrap();
        assert_eq!(
            (requests.limit, requests.remaining, requests.reset),
            (Some(1000), Some(999), Some(1_795_132_801_000))
        );
        assert_eq!(limits.tokens, None);
        let left: Vec<_> = limits.remaining().collect();
        assert_eq!(left, [("requests", 999), ("input_tokens", 2_000_000)]);
        assert_eq!(RateLimits::read(|_| None), None);
    }
}
