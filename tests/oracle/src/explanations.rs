//! Why fields differ from what the original gave, and in which videos they may.

mod damage;
mod density;
mod emotional;
mod framing;
mod markers;
mod metadata;
mod overlay;
mod pacing;
mod reason;
mod rounding;
mod speech;
mod when;

pub use reason::Reason;
pub use rounding::digits;

use crate::facts::Facts;

/// In which videos a difference may be.
#[derive(Clone, Copy)]
pub enum When {
    /// In every one: the original gives a constant, or what it gives is misleading everywhere.
    Always,
    /// In those whose recorded input holds something.
    Input(fn(&Facts) -> bool),
}

impl When {
    /// Whether a difference may be in this video.
    #[must_use]
    pub fn holds(&self, facts: &Facts) -> bool {
        match self {
            Self::Always => true,
            Self::Input(holds) => holds(facts),
        }
    }
}

/// One reason for which some fields differ in some videos.
#[derive(Clone, Copy)]
pub struct Explanation {
    /// Why.
    pub reason: Reason,
    /// The fields, as `analysis.block.field`; `*` at the end stands for any rest.
    pub fields: &'static [&'static str],
    /// In which videos.
    pub when: When,
    /// What an input must hold for it to apply, where the recorded ones have none.
    pub needs: Option<&'static str>,
}

impl Explanation {
    /// Whether it is about a field.
    #[must_use]
    pub fn covers(&self, field: &str) -> bool {
        let matches = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(start) => field.starts_with(start),
            None => *pattern == field,
        };
        self.fields.iter().any(matches)
    }

    /// The same, for an input that the record need not have.
    #[must_use]
    const fn needs(mut self, input: &'static str) -> Self {
        self.needs = Some(input);
        self
    }
}

const fn always(reason: Reason, fields: &'static [&'static str]) -> Explanation {
    Explanation {
        reason,
        fields,
        when: When::Always,
        needs: None,
    }
}

const fn given(
    reason: Reason,
    fields: &'static [&'static str],
    holds: fn(&Facts) -> bool,
) -> Explanation {
    Explanation {
        reason,
        fields,
        when: When::Input(holds),
        needs: None,
    }
}

/// All explanations, by analysis.
#[must_use]
pub fn all() -> Vec<Explanation> {
    let analyses = [
        density::ALL,
        emotional::ALL,
        framing::ALL,
        pacing::ALL,
        speech::ALL,
        overlay::ALL,
        metadata::ALL,
        markers::ALL,
        damage::ALL,
    ];
    analyses.concat()
}
