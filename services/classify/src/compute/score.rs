//! Points become a total, a total becomes a bucket, and the explanation says how.

use super::classification::{Classification, choices};
use serde::{Deserialize, Serialize};

/// The bounds of a total.
const MAX_TOTAL: f64 = 100.0;
/// From here on a lead is red hot.
pub const RED_HOT_FROM: f64 = 80.0;
/// From here on it is warm.
pub const WARM_FROM: f64 = 60.0;
/// From here on it is worth keeping in touch.
pub const NURTURE_FROM: f64 = 40.0;

choices! {
    /// What a total means.
    Bucket {
        /// 80 and above.
        RedHot = "red_hot",
        /// 60 and above.
        Warm = "warm",
        /// 40 and above.
        Nurture = "nurture",
        /// Below 40.
        Parked = "parked",
    }
}

impl Bucket {
    /// The bucket of a total.
    #[must_use]
    pub fn of(total: f64) -> Self {
        match total {
            total if total >= RED_HOT_FROM => Self::RedHot,
            total if total >= WARM_FROM => Self::Warm,
            total if total >= NURTURE_FROM => Self::Nurture,
            _ => Self::Parked,
        }
    }
}

/// How much each of the three scores counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Of the fit.
    pub icp_fit: f64,
    /// Of the pain.
    pub marketing_pain: f64,
    /// Of the quality of the data.
    pub data_quality: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            icp_fit: 1.0,
            marketing_pain: 1.0,
            data_quality: 1.0,
        }
    }
}

/// What a rule of thumb adds or takes away, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Which rule.
    pub category: String,
    /// Points.
    pub adjustment: f64,
    /// Why.
    pub reason: String,
    /// How sure the rule is, from 0 to 1.
    pub confidence: f64,
}

/// The three scores as the model gave them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BaseScores {
    /// From 0 to 50.
    pub icp_fit: f64,
    /// From 0 to 40.
    pub marketing_pain: f64,
    /// From 0 to 10.
    pub data_quality: f64,
}

/// How a total came about. [`Explanation::final_score`] is the total that is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What the model gave.
    pub base_scores: BaseScores,
    /// How much each counts.
    pub scoring_weights: Weights,
    /// Their weighted sum.
    pub base_total: f64,
    /// What the rules of thumb add up to.
    pub adjustment_total: f64,
    /// The total, from 0 to 100, with one decimal.
    pub final_score: f64,
    /// Its bucket.
    pub score_bucket: Bucket,
}

/// The number with one decimal.
#[must_use]
pub fn one_decimal(number: f64) -> f64 {
    // A negative zero would be written as one.
    (number * 10.0).round() / 10.0 + 0.0
}

/// The total of a classification.
#[must_use]
pub fn explain(
    classification: &Classification,
    weights: Weights,
    adjustments: &[Adjustment],
) -> Explanation {
    let scores = BaseScores {
        icp_fit: classification.score_fit,
        marketing_pain: classification.score_pain,
        data_quality: classification.score_data_quality,
    };
    let base = weights.icp_fit * scores.icp_fit
        + weights.marketing_pain * scores.marketing_pain
        + weights.data_quality * scores.data_quality;
    let added: f64 = adjustments.iter().map(|one| one.adjustment).sum();
    let total = one_decimal((base + added).clamp(0.0, MAX_TOTAL));
    Explanation {
        base_scores: scores,
        scoring_weights: weights,
        base_total: one_decimal(base),
        adjustment_total: one_decimal(added),
        final_score: total,
        score_bucket: Bucket::of(total),
    }
}
