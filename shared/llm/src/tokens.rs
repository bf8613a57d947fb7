//! How many tokens a text has, where nobody has counted them.

use crate::request::Message;

/// Characters of ASCII per token.
const ASCII_PER_TOKEN: f64 = 3.5;
/// Other characters per token.
const OTHER_PER_TOKEN: f64 = 1.2;
/// Tokens of a message besides its text.
const PER_MESSAGE: u64 = 8;
/// How much the newest comparison counts.
const WEIGHT: f64 = 0.2;
/// How far a correction goes.
const CORRECTION: (f64, f64) = (0.5, 2.0);

/// Tokens of a text, estimated.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "lengths of texts are far below 2^52, and none is negative"
)]
pub fn estimate(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let other = text.chars().filter(|c| !c.is_ascii()).count();
    (ascii as f64 / ASCII_PER_TOKEN + other as f64 / OTHER_PER_TOKEN).ceil() as u64
}

/// Tokens of everything that is said, estimated; `factor` is that of the model.
#[must_use]
pub fn estimate_said(system: Option<&str>, messages: &[Message], factor: f64) -> u64 {
    let said = messages.iter().map(|message| message.content.as_str());
    let texts = system.into_iter().chain(said);
    scaled(texts.map(|text| estimate(text) + PER_MESSAGE).sum(), factor)
}

/// A number of tokens times a factor, rounded up.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "numbers of tokens are far below 2^52, and none is negative"
)]
pub fn scaled(tokens: u64, factor: f64) -> u64 {
    (tokens as f64 * factor).ceil() as u64
}

/// Learns how far estimates are off for one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correction(f64);

impl Default for Correction {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Correction {
    /// What estimates are multiplied by.
    #[must_use]
    pub const fn factor(self) -> f64 {
        self.0
    }

    /// Notes what the provider counted where `estimated` had been expected, uncorrected.
    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers of tokens are far below 2^52"
    )]
    pub fn learn(&mut self, estimated: u64, counted: u64) {
        if estimated == 0 || counted == 0 {
            return;
        }
        let ratio = (counted as f64 / estimated as f64).clamp(CORRECTION.0, CORRECTION.1);
        self.0 += (ratio - self.0) * WEIGHT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn estimates_follow_the_formula() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("a"), 1);
        assert_eq!(estimate(&"a".repeat(35)), 10);
        assert_eq!(estimate("éééééé"), 5);
        let said = [Message::user("a".repeat(35))];
        assert_eq!(estimate_said(None, &said, 1.0), 18);
        assert_eq!(estimate_said(None, &said, 1.3), 24);
        assert_eq!(estimate_said(Some(&"a".repeat(7)), &said, 1.0), 28);
    }

    proptest! {
        #[test]
        fn more_text_is_never_less(one in "\\PC{0,60}", more in "\\PC{0,60}") {
            let both = format!("{one}{more}");
            prop_assert!(estimate(&both) >= estimate(&one));
            prop_assert!(estimate(&both) <= estimate(&one) + estimate(&more));
        }

        #[test]
        fn corrections_stay_within_their_bounds(pairs in prop::collection::vec((0u64..9999, 0u64..9999), 0..50)) {
            let mut correction = Correction::default();
            for (estimated, counted) in pairs {
                correction.learn(estimated, counted);
            }
            prop_assert!((0.5..=2.0).contains(&correction.factor()));
        }
    }

    #[test]
    fn corrections_are_learnt() {
        let mut correction = Correction::default();
        for _ in 0..40 {
            correction.learn(100, 150);
        }
        assert!((correction.factor() - 1.5).abs() < 0.01);
    }
}
