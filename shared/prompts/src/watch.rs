//! Loading templates anew when their files change: on word of the system once the folder is quiet,
//! and by a look at the content every so often, for what the system does not tell.

use crate::{error::ReloadError, repository::Repository};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Longest wait for quiet, in times of the debounce: a folder that never rests is read all the
/// same.
const MAX_DEBOUNCES: u32 = 8;
/// How many times the system is asked in one debounce.
const STEPS: u32 = 4;
/// Shortest time between two questions.
const LEAST_STEP: Duration = Duration::from_millis(5);

/// Follows the folder of templates until it is told to stop. Returns at once if there is none.
pub async fn watch(repository: Arc<Repository>, stop: CancellationToken) {
    let settings = repository.settings().clone();
    let Some(folder) = settings.folder else {
        return;
    };
    let mut folders = refresh(&repository, &folder).await;
    loop {
        // Before the files are read, so that nothing is missed between reading and watching.
        let watcher = Watcher::new(&folder, &folders);
        if let Err(error) = &watcher {
            tracing::warn!(%error, folder = %folder.display(), "prompt templates are only polled");
        }
        let now = refresh(&repository, &folder).await;
        if now != folders && !stop.is_cancelled() {
            folders = now;
            continue;
        }
        let changed = async {
            match &watcher {
                Ok(watcher) => watcher.settled(settings.debounce).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed => {}
            () = tokio::time::sleep(settings.poll) => {}
        }
    }
}

/// Loads what changed, and gives the folders to watch.
async fn refresh(repository: &Arc<Repository>, folder: &Path) -> Vec<PathBuf> {
    let repository = Arc::clone(repository);
    let loading = tokio::task::spawn_blocking(move || {
        let outcome = repository.reload_if_changed();
        (outcome, repository.folders())
    });
    let fallback = vec![folder.to_owned()];
    match loading.await {
        Ok((outcome, folders)) => {
            if let Err(error) = outcome {
                warn(&error);
            }
            folders.unwrap_or(fallback)
        }
        Err(error) => {
            tracing::error!(%error, "loading prompt templates fell over");
            fallback
        }
    }
}

fn warn(error: &ReloadError) {
    tracing::warn!(%error, "prompt templates stay as they are");
}

/// What the system tells of some folders. It is asked every few milliseconds and never waits:
/// waiting for its descriptor takes what is forbidden here.
struct Watcher {
    inotify: Inotify,
    /// The folder above, of which only this name is of interest.
    above: Option<(WatchDescriptor, OsString)>,
}

impl Watcher {
    /// Watches folders, and the one above the first: the first may itself be a link that is swung,
    /// or be made anew.
    fn new(first: &Path, folders: &[PathBuf]) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        let changes = AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MOVED_FROM
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF;
        let parent = first
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let above = parent.zip(first.file_name()).and_then(|(parent, name)| {
            let watched = inotify.add_watch(parent, changes).ok()?;
            Some((watched, name.to_owned()))
        });
        let watched = folders
            .iter()
            .filter(|folder| inotify.add_watch(folder.as_path(), changes).is_ok());
        if watched.count() == 0 && above.is_none() {
            return Err(io::Error::other("no folder can be watched"));
        }
        Ok(Self { inotify, above })
    }

    /// Ends when something changed and it has been quiet since.
    async fn settled(&self, debounce: Duration) {
        let step = (debounce / STEPS).max(LEAST_STEP);
        self.changed(step).await;
        let until = tokio::time::Instant::now() + debounce * MAX_DEBOUNCES;
        loop {
            let quiet = (tokio::time::Instant::now() + debounce).min(until);
            if tokio::time::timeout_at(quiet, self.changed(step))
                .await
                .is_err()
            {
                return;
            }
        }
    }

    /// Ends when something of interest changed.
    async fn changed(&self, step: Duration) {
        loop {
            // Nothing to read is an error too, and so is what the poll of the content makes up for.
            let events = self.inotify.read_events().unwrap_or_default();
            if events.iter().any(|event| self.concerns(event)) {
                return;
            }
            tokio::time::sleep(step).await;
        }
    }

    fn concerns(&self, event: &InotifyEvent) -> bool {
        match &self.above {
            Some((watched, name)) if *watched == event.wd => event.name.as_ref() == Some(name),
            _ => true,
        }
    }
}
