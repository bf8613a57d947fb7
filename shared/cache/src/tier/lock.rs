//! One production at a time among processes.

use super::{Away, Tier};
use crate::ports::millis;
use std::{sync::Arc, time::Duration};
use tokio_util::task::TaskTracker;

/// Removes a lock that is still ours, and no other.
const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('UNLINK', KEYS[1]) end return 0";

/// The right to produce; given back when dropped, or when its time is over.
pub(crate) struct Turn {
    tier: Arc<Tier>,
    tasks: TaskTracker,
    name: String,
    token: String,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (tier, name) = (self.tier.clone(), std::mem::take(&mut self.name));
        let token = std::mem::take(&mut self.token);
        self.tasks.spawn(async move {
            let mut release = redis::cmd("EVAL");
            release.arg(RELEASE).arg(1).arg(name).arg(token);
            // Should it not be heard, the lock ends by itself.
            tier.one::<u64>("unlock", &release).await.ok();
        });
    }
}

impl Turn {
    /// Takes the lock of an entry; `None` if another process has it.
    pub async fn take(
        tier: &Arc<Tier>,
        tasks: &TaskTracker,
        entry: &str,
        token: String,
    ) -> Result<Option<Self>, Away> {
        let name = format!("{entry}:lock");
        let mut set = redis::cmd("SET");
        set.arg(&name).arg(&token).arg("NX");
        set.arg("PX").arg(millis(tier.config.lock_ttl));
        let taken: Option<String> = tier.one("lock", &set).await?;
        Ok(taken.map(|_| Self {
            tier: tier.clone(),
            tasks: tasks.clone(),
            name,
            token,
        }))
    }

    /// Time between two looks for what another process produces.
    pub const LOOK: Duration = Duration::from_millis(50);
}
