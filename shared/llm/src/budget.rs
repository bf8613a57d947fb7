//! Money: how much a day, or one video, may cost. It is set aside before a call and settled after.

use crate::error::{Code, Failure};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

/// Length of a day, in seconds.
const DAY_S: u64 = 86_400;

#[derive(Debug, Default)]
struct Account {
    /// Number of the day in UTC, for the budget of a day.
    day: u64,
    spent: f64,
    reserved: f64,
}

/// Money that may be spent: by everybody in a day, or for one video. Its copies share it.
#[derive(Debug, Clone)]
pub struct Budget {
    limit_usd: Option<f64>,
    daily: bool,
    account: Arc<Mutex<Account>>,
}

impl Budget {
    /// For each day in UTC anew; 0 is no limit.
    #[must_use]
    pub fn per_day(limit_usd: f64) -> Self {
        Self::new(limit_usd, true)
    }

    /// For one video, once; 0 is no limit.
    #[must_use]
    pub fn of_video(limit_usd: f64) -> Self {
        Self::new(limit_usd, false)
    }

    fn new(limit_usd: f64, daily: bool) -> Self {
        Self {
            limit_usd: (limit_usd > 0.0).then_some(limit_usd),
            daily,
            account: Arc::default(),
        }
    }

    /// Sets money aside for a call.
    ///
    /// # Errors
    /// [`Code::QuotaExhausted`] if there is none left, with the time until there is.
    pub fn reserve(&self, usd: f64, now: SystemTime) -> Result<Reservation, Failure> {
        let since = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let mut account = self.account();
        let today = since.as_secs() / DAY_S;
        if self.daily && account.day != today {
            account.day = today;
            account.spent = 0.0;
        }
        if let Some(limit) = self.limit_usd
            && usd > 0.0
            && account.spent + account.reserved + usd > limit
        {
            let wait = Duration::from_secs((today + 1) * DAY_S).saturating_sub(since);
            let whose = if self.daily { "the day" } else { "the video" };
            let message = format!(
                "the budget of {whose} is {limit} USD: {:.4} are spent, {:.4} set aside, {usd:.4} are needed",
                account.spent, account.reserved
            );
            let failure = Failure::new(Code::QuotaExhausted, message);
            return Err(failure.after(self.daily.then_some(wait)));
        }
        account.reserved += usd;
        Ok(Reservation {
            budget: self.clone(),
            usd,
        })
    }

    /// Money spent so far, in US dollars.
    #[must_use]
    pub fn spent_usd(&self) -> f64 {
        self.account().spent
    }

    /// Share of the limit that is spent; `None` without a limit.
    #[must_use]
    pub fn spent_ratio(&self) -> Option<f64> {
        Some(self.spent_usd() / self.limit_usd?)
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Money set aside for a call. Dropped without being settled it goes back.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    usd: f64,
}

impl Reservation {
    /// Puts what a call really cost in place of what was set aside.
    pub fn settle(self, usd: f64) {
        self.budget.account().spent += usd;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut account = self.budget.account();
        account.reserved = (account.reserved - self.usd).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn what_is_set_aside_counts_until_it_is_settled() {
        let budget = Budget::per_day(1.0);
        let first = budget.reserve(0.6, at(0)).unwrap();
        let failure = budget.reserve(0.5, at(0)).unwrap_err();
        assert_eq!(failure.code, Code::QuotaExhausted);
        first.settle(0.2);
        assert_eq!(budget.spent_ratio(), Some(0.2));
        let second = budget.reserve(0.8, at(0)).unwrap();
        drop(second);
        assert!(
            budget.reserve(0.8, at(0)).is_ok(),
            "what is not settled goes back"
        );
    }

    #[test]
    fn a_new_day_begins_with_nothing_spent() {
        let budget = Budget::per_day(1.0);
        budget.reserve(1.0, at(86_000)).unwrap().settle(1.0);
        let failure = budget.reserve(0.1, at(86_390)).unwrap_err();
        assert_eq!(failure.retry_after, Some(Duration::from_secs(10)));
        assert!(budget.reserve(0.1, at(86_400)).is_ok());
    }

    #[test]
    fn the_budget_of_a_video_does_not_come_back() {
        let budget = Budget::of_video(1.0);
        budget.clone().reserve(1.0, at(0)).unwrap().settle(1.0);
        let failure = budget.reserve(0.1, at(999_999)).unwrap_err();
        assert_eq!(failure.retry_after, None);
        assert!(
            budget.reserve(0.0, at(0)).is_ok(),
            "what costs nothing always may"
        );
    }

    #[test]
    fn without_a_limit_it_only_counts() {
        let budget = Budget::per_day(0.0);
        budget.reserve(1e9, at(0)).unwrap().settle(7.0);
        assert_eq!((budget.spent_usd(), budget.spent_ratio()), (7.0, None));
    }
}
