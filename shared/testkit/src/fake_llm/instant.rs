//! Times as the two interfaces write them.

use jiff::Timestamp;
use std::time::{Duration, SystemTime};

/// A fixed moment of the tables, as `2026-11-30`.
pub(super) fn day(text: &str) -> SystemTime {
    let moment: Timestamp = format!("{text}T00:00:00Z").parse().unwrap();
    SystemTime::from(moment)
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap()
}

/// As RFC 3339, in UTC.
pub(super) fn rfc3339(time: SystemTime) -> String {
    timestamp(time).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// As HTTP writes dates.
pub(super) fn http_date(time: SystemTime) -> String {
    timestamp(time)
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// As whole milliseconds since 1970.
pub(super) fn unix_ms(time: SystemTime) -> u64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    milliseconds(since)
}

/// As whole milliseconds.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
