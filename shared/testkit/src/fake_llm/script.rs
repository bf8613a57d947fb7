//! When something goes wrong.

use super::{faults::Fault, random::Random};
use serde::Deserialize;

/// A fault, and when it happens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Rule {
    /// What.
    pub fault: Fault,
    /// Only at this path; with `*` at its end, at all paths that begin so.
    #[serde(default)]
    pub path: Option<String>,
    /// Only for this model.
    #[serde(default)]
    pub model: Option<String>,
    /// From the so manieth matching request on, counted from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// How often; once if empty, and without end for rules with a chance.
    #[serde(default)]
    pub times: Option<u64>,
    /// Only so often, from 0 to 1.
    #[serde(default)]
    pub chance: Option<f64>,
}

impl<F: Into<Fault>> From<F> for Rule {
    fn from(fault: F) -> Self {
        Self::new(fault)
    }
}

impl Rule {
    /// The next request fails so.
    #[must_use]
    pub fn new(fault: impl Into<Fault>) -> Self {
        Self {
            fault: fault.into(),
            path: None,
            model: None,
            nth: None,
            times: None,
            chance: None,
        }
    }
    /// Only at this path; with `*` at its end, at all that begin so.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }
    /// Only for this model.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        self.model = Some(model.to_owned());
        self
    }
    /// From the so manieth matching request on, counted from 1.
    #[must_use]
    pub const fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }
    /// So often.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }
    /// With this probability, without end.
    #[must_use]
    pub const fn chance(mut self, chance: f64) -> Self {
        self.chance = Some(chance);
        self
    }

    fn matches(&self, path: &str, model: &str) -> bool {
        let at = self.path.as_ref().is_none_or(|wanted| {
            wanted
                .strip_suffix('*')
                .map_or(path == wanted, |start| path.starts_with(start))
        });
        at && self.model.as_ref().is_none_or(|wanted| wanted == model)
    }
}

/// The rules, in order, and how far each has come.
#[derive(Debug, Default)]
pub(super) struct Script {
    rules: Vec<(Rule, u64, u64)>,
    random: Random,
}

impl Script {
    pub(super) fn add(&mut self, rule: Rule) {
        self.rules.push((rule, 0, 0));
    }
    pub(super) fn seed(&mut self, seed: u64) {
        self.random = Random::new(seed);
    }
    /// The fault of the first rule that wants this request. A request that a rule has taken is not
    /// counted by the rules after it.
    pub(super) fn choose(&mut self, path: &str, model: &str) -> Option<Fault> {
        for (rule, matched, fired) in &mut self.rules {
            if !rule.matches(path, model) {
                continue;
            }
            let endless = if rule.chance.is_some() { u64::MAX } else { 1 };
            if *fired >= rule.times.unwrap_or(endless) {
                continue;
            }
            *matched += 1;
            let due = *matched >= rule.nth.unwrap_or(1);
            let drawn = rule
                .chance
                .is_none_or(|chance| self.random.fraction() < chance);
            if due && drawn {
                *fired += 1;
                return Some(rule.fault.clone());
            }
        }
        None
    }
}
