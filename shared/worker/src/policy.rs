//! What follows an outcome: the only place that decides it.

use contracts::manifest::FailureClass;
use stage::StageError;
use std::time::Duration;

/// How often, how long and how patiently a stage is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Attempts in all, at least one.
    pub max_attempts: u32,
    /// Longest time one attempt may take.
    pub attempt_timeout: Duration,
    /// Delay before the second attempt; it doubles with each further one.
    pub base_delay: Duration,
    /// Longest delay between two attempts.
    pub max_delay: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            attempt_timeout: Duration::from_secs(3600),
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again after this delay, as the next attempt.
    RetryAfter(Duration),
    /// Try again after this delay, as the same attempt: nothing was tried.
    Park(Duration),
    /// Give up; the flow goes on without this stage where it may.
    GiveUp(FailureClass),
    /// We are stopping; nothing is recorded.
    Stop,
}

impl Policy {
    /// What follows when attempt number `attempt` (from 1) ended with `error`.
    #[must_use]
    pub fn after(&self, error: &StageError, attempt: u32) -> Next {
        match error {
            StageError::Cancelled => Next::Stop,
            StageError::Rejected(_) => Next::GiveUp(FailureClass::Rejected),
            StageError::Transient { parked: false, .. } if attempt >= self.max_attempts => {
                Next::GiveUp(FailureClass::Exhausted)
            }
            StageError::Transient {
                retry_after: Some(delay),
                parked: true,
                ..
            } => Next::Park(*delay),
            StageError::Transient { retry_after, .. } => {
                let doubled = self
                    .base_delay
                    .saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
                Next::RetryAfter(retry_after.unwrap_or(doubled).min(self.max_delay))
            }
        }
    }
}

impl Policy {
    /// As [`Self::after`], where somebody waits for the end: parked attempts are tried like any
    /// other, and end like any other.
    #[must_use]
    pub fn here_after(&self, error: &StageError, attempt: u32) -> Next {
        match self.after(error, attempt) {
            Next::Park(_) if attempt >= self.max_attempts => Next::GiveUp(FailureClass::Exhausted),
            Next::Park(delay) => Next::RetryAfter(delay.min(self.max_delay)),
            next => next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy {
            max_delay: Duration::from_secs(3),
            ..Policy::default()
        }
    }

    #[test]
    fn rejected_input_is_never_tried_again() {
        let next = policy().after(&StageError::rejected("bad"), 1);
        assert_eq!(next, Next::GiveUp(FailureClass::Rejected));
    }

    #[test]
    fn delays_double_up_to_the_limit_and_attempts_end() {
        let error = StageError::transient("busy");
        assert_eq!(
            policy().after(&error, 1),
            Next::RetryAfter(Duration::from_secs(1))
        );
        assert_eq!(
            policy().after(&error, 2),
            Next::RetryAfter(Duration::from_secs(2))
        );
        assert_eq!(
            policy().after(&error, 3),
            Next::GiveUp(FailureClass::Exhausted)
        );
        let patient = Policy {
            max_attempts: 100,
            ..policy()
        };
        assert_eq!(
            patient.after(&error, 99),
            Next::RetryAfter(Duration::from_secs(3))
        );
    }

    #[test]
    fn a_stated_delay_is_honoured_within_the_limit() {
        let stated = |secs| StageError::Transient {
            source: "slow down".into(),
            retry_after: Some(Duration::from_secs(secs)),
            parked: false,
        };
        assert_eq!(
            policy().after(&stated(2), 1),
            Next::RetryAfter(Duration::from_secs(2))
        );
        assert_eq!(
            policy().after(&stated(900), 1),
            Next::RetryAfter(Duration::from_secs(3))
        );
    }

    #[test]
    fn parking_counts_no_attempt_and_waits_as_long_as_it_says() {
        let parked = StageError::parked("platform is down", Duration::from_secs(900));
        assert_eq!(
            policy().after(&parked, 99),
            Next::Park(Duration::from_secs(900))
        );
    }

    #[test]
    fn stopping_is_not_a_failure() {
        assert_eq!(policy().after(&StageError::Cancelled, 3), Next::Stop);
    }
}
