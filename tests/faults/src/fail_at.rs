//! Dying at a given point.

use contracts::StageName;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
};
use worker::{FailPoint, FailPoints};

/// Where a worker dies: `<stage>:<point>:<n>`, at the n-th time it passes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FailAt {
    /// The stage.
    pub stage: StageName,
    /// The point.
    pub point: FailPoint,
    /// How often it is passed, the last time included.
    pub pass: u32,
}

const fn name(point: FailPoint) -> &'static str {
    match point {
        FailPoint::Taken => "taken",
        FailPoint::Stored => "stored",
        FailPoint::Recorded => "recorded",
        FailPoint::Published => "published",
        FailPoint::Settling => "settling",
    }
}

impl fmt::Display for FailAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}",
            self.stage,
            name(self.point),
            self.pass
        )
    }
}

impl From<FailAt> for String {
    fn from(at: FailAt) -> Self {
        at.to_string()
    }
}

impl TryFrom<String> for FailAt {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for FailAt {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let mut parts = text.split(':');
            let stage = parts.next()?.parse().ok()?;
            let wanted = parts.next()?;
            let point = FailPoint::ALL
                .into_iter()
                .find(|point| name(*point) == wanted)?;
            let pass = parts.next()?.parse().ok().filter(|pass| *pass > 0)?;
            parts
                .next()
                .is_none()
                .then_some(Self { stage, point, pass })
        };
        read().ok_or_else(|| format!("'{text}' is no place to fail at; write decode:stored:1"))
    }
}

/// Counts passes, and ends the process at the last.
#[derive(Debug)]
pub struct Dying {
    at: FailAt,
    passed: AtomicU32,
}

impl Dying {
    /// Dies there.
    #[must_use]
    pub fn at(at: FailAt) -> Self {
        let passed = AtomicU32::new(0);
        Self { at, passed }
    }
}

impl FailPoints for Dying {
    fn pass(&self, stage: StageName, point: FailPoint) {
        if (stage, point) != (self.at.stage, self.at.point) {
            return;
        }
        if self.passed.fetch_add(1, Ordering::SeqCst) + 1 == self.at.pass {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for point in FailPoint::ALL {
            let at = FailAt {
                stage: StageName::Decode,
                point,
                pass: 3,
            };
            assert_eq!(at.to_string().parse(), Ok(at));
        }
        for wrong in [
            "",
            "decode",
            "decode:stored",
            "decode:stored:0",
            "x:stored:1",
            "decode:stored:1:2",
        ] {
            assert!(wrong.parse::<FailAt>().is_err(), "{wrong}");
        }
    }
}
