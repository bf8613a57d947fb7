//! How long to wait before a request is made again.

use contracts::{JobId, Sha256};
use std::time::Duration;

/// Longest wait a server can ask for.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The wait after the `failed`-th failure (from 1): the base, doubled with each further one, and up
/// to a quarter more. The extra is a part of the digest of the job's name, so that jobs which fail
/// together do not return together and yet the same job always waits alike.
#[must_use]
pub fn delay(base: Duration, failed: u32, job: &JobId) -> Duration {
    let doubled = base.saturating_mul(1 << failed.saturating_sub(1).min(10));
    let digest = Sha256::of(format!("{job}/{failed}").as_bytes()).to_string();
    let share = digest
        .get(..2)
        .and_then(|byte| u32::from_str_radix(byte, 16).ok());
    doubled + doubled * share.unwrap_or(0) / 1024
}

/// The wait a `Retry-After` header asks for in seconds (RFC 9110, 10.2.3), cut to
/// [`MAX_RETRY_AFTER`]. A date is not read: it would need the server's clock to be ours.
#[must_use]
pub fn retry_after(header: &str) -> Option<Duration> {
    let seconds = header.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_differ_between_jobs_but_not_between_calls() {
        let second = Duration::from_secs(1);
        let of = |job: &str, failed| delay(second, failed, &JobId::new(job).unwrap());
        for (failed, least) in [(1, 1.0), (2, 2.0), (3, 4.0)] {
            let waited = of("a", failed).as_secs_f64();
            assert!(
                (least..least * 1.25).contains(&waited),
                "{failed}: {waited}"
            );
        }
        assert_eq!(of("a", 1), of("a", 1));
        assert_ne!(of("a", 1), of("b", 1));
        assert!(of("a", u32::MAX) < Duration::from_secs(2000));
    }

    #[test]
    fn only_whole_seconds_are_read_and_never_too_many() {
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("99999999999"), Some(MAX_RETRY_AFTER));
        for odd in ["", "-1", "1.5", "Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(retry_after(odd), None, "{odd}");
        }
    }
}
