//! A value, or the reason why there is none: missing is not zero.

use std::{borrow::Cow, fmt};

/// Why a value is null, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(Cow<'static, str>);

/// A value that was measured, or why it was not.
pub type Measured<T> = Result<T, Reason>;

impl Reason {
    /// A reason that is always the same.
    #[must_use]
    pub const fn of(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
    /// A reason that depends on the input.
    #[must_use]
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Reason {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The video has no length, so nothing can be counted per second of it.
pub const NO_DURATION: Reason = Reason(Cow::Borrowed("the video has no duration"));

/// A field of the published contract for which no evidence is collected.
pub const NO_DEFINITION: Reason = Reason(Cow::Borrowed(
    "no definition that measured evidence supports",
));

/// Applies a formula to a value, if it was measured.
///
/// # Errors
/// The reason, if it was not.
pub fn given<T, R>(measured: &Measured<T>, formula: impl FnOnce(&T) -> R) -> Measured<R> {
    measured.as_ref().map(formula).map_err(Clone::clone)
}

/// The same value, if it was measured and `holds` is true of it.
///
/// # Errors
/// Why it was not measured, else `reason`.
pub fn given_that<T: Clone>(
    measured: &Measured<T>,
    holds: impl FnOnce(&T) -> bool,
    reason: Reason,
) -> Measured<T> {
    given_some(measured, |value| {
        holds(value).then(|| value.clone()).ok_or(reason)
    })
}

/// Applies a formula that has a null rule of its own to a value, if it was measured.
///
/// # Errors
/// The reason, if the value was not measured or the formula gives none.
pub fn given_some<T, R>(
    measured: &Measured<T>,
    formula: impl FnOnce(&T) -> Measured<R>,
) -> Measured<R> {
    measured.as_ref().map_err(Clone::clone).and_then(formula)
}
