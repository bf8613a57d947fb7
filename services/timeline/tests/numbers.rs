//! Rounding and statistics.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use timeline::compute::numbers::{mean, population_deviation, round_to, sample_deviation, slope};

#[test]
fn rounding_takes_the_exact_binary_value_and_ties_to_even() {
    // As Python's round: 2.675 is a little less than it looks, 0.125 is a true tie.
    let cases = [
        (2.675, 2, 2.67),
        (2.665, 2, 2.67),
        (0.125, 2, 0.12),
        (0.375, 2, 0.38),
        (0.5, 0, 0.0),
        (1.5, 0, 2.0),
        (2.5, 0, 2.0),
        (-0.125, 2, -0.12),
        (1.005, 2, 1.0),
        (79.9 / 28.0, 2, 2.85),
        (1e22, 2, 1e22),
    ];
    for (value, digits, expected) in cases {
        assert_eq!(
            round_to(value, digits),
            expected,
            "round({value}, {digits})"
        );
    }
}

#[test]
fn statistics_of_known_values() {
    let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
    assert_eq!(mean(&values), Some(5.0));
    assert_eq!(population_deviation(&values), Some(2.0));
    assert!((sample_deviation(&values).unwrap() - 2.138_089_935_299_395).abs() < 1e-12);
    assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), Some(2.0));
}

#[test]
fn statistics_of_too_little_are_none() {
    assert_eq!(mean(&[]), None);
    assert_eq!(population_deviation(&[]), None);
    assert_eq!(sample_deviation(&[3.0]), None);
    assert_eq!(slope(&[(4.0, 1.0)]), None);
    assert_eq!(slope(&[]), None);
}

proptest! {
    #[test]
    fn rounding_moves_by_at_most_half_a_digit(value in -1e6_f64..1e6) {
        let rounded = round_to(value, 2);
        prop_assert!((rounded - value).abs() <= 0.005 + 1e-9);
        prop_assert_eq!(round_to(rounded, 2), rounded);
    }
}
