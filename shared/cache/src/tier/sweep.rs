//! Removing what was cleared, a little at a time.

use super::{Away, Tier, Trip};
use std::time::Duration;

/// Names looked at per round trip.
const STEP: u32 = 500;
/// Nobody waits for a step, so it may take longer than an operation of a request.
const STEP_LIMIT: Duration = Duration::from_secs(2);

impl Tier {
    /// Removes all entries whose names `goes` says; how many there were.
    pub async fn sweep(&self, goes: impl Fn(&str) -> bool) -> Result<u64, Away> {
        let mut removed = 0;
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(self.name("g*"));
            scan.arg("COUNT").arg(STEP);
            let (next, names): (u64, Vec<String>) =
                self.trip("scan", &Trip::One(&scan), STEP_LIMIT).await?;
            let going: Vec<String> = names.into_iter().filter(|name| goes(name)).collect();
            if !going.is_empty() {
                let unlink = redis::cmd("UNLINK").arg(going).clone();
                let gone: u64 = self.trip("unlink", &Trip::One(&unlink), STEP_LIMIT).await?;
                removed += gone;
            }
            cursor = next;
            if cursor == 0 {
                return Ok(removed);
            }
        }
    }
}
