//! Keeping a directory within its budget: nothing cached lives for ever.

use crate::directory::{Directory, PARTIAL};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What [`Directory::tidy`] removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Bytes of cached media that remain.
    pub kept_bytes: u64,
    /// Bytes removed.
    pub removed_bytes: u64,
    /// Whether another run uses the directory, in which case nothing was touched.
    pub in_use: bool,
}

/// Why a directory could not be tidied.
#[derive(Debug, thiserror::Error)]
#[error("cannot tidy {path}: check its permissions or name another directory with --store")]
pub struct TidyError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl Directory {
    /// Removes what killed runs left behind (partial files and the artifacts of jobs, which are
    /// copied to the output folder while a run lives) and the media used longest ago, until
    /// cached media take at most `budget_bytes`. Does nothing while another run uses the
    /// directory.
    ///
    /// # Errors
    /// [`TidyError`] if something cannot be listed or removed.
    pub fn tidy(&self, budget_bytes: u64) -> Result<Tidied, TidyError> {
        match self.exclusively(|| self.remove_surplus(budget_bytes)) {
            Ok(Some(tidied)) => Ok(tidied),
            Ok(None) => Ok(Tidied {
                in_use: true,
                ..Tidied::default()
            }),
            Err(source) => Err(TidyError {
                path: self.root.clone(),
                source,
            }),
        }
    }

    /// Marks a media folder as used now, so that others go first.
    ///
    /// # Errors
    /// [`io::Error`] if the folder does not exist or may not be written.
    pub fn touch_media(&self, media: contracts::Sha256, now: SystemTime) -> io::Result<()> {
        File::open(self.root.join("media").join(media.to_string()))?.set_modified(now)
    }

    /// Runs `work` if this is the only user of the directory, then shares it again.
    fn exclusively<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
        // A second handle asks, so that the shared lock of this one is never given up.
        self.lock.unlock()?;
        let done = match self.lock.try_lock() {
            Ok(()) => work().map(Some),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        };
        self.lock.unlock()?;
        self.lock.lock_shared()?;
        done
    }

    fn remove_surplus(&self, budget_bytes: u64) -> io::Result<Tidied> {
        let mut tidied = Tidied::default();
        for leftover in [PARTIAL, "jobs"] {
            for (_, path) in entries_by_age(&self.root.join(leftover))? {
                tidied.removed_bytes += size_of(&path)?;
                remove(&path)?;
            }
        }
        let mut media = Vec::new();
        for (_, path) in entries_by_age(&self.root.join("media"))? {
            let size = size_of(&path)?;
            tidied.kept_bytes += size;
            media.push((path, size));
        }
        for (path, size) in media {
            if tidied.kept_bytes <= budget_bytes {
                break;
            }
            remove(&path)?;
            tidied.kept_bytes -= size;
            tidied.removed_bytes += size;
        }
        Ok(tidied)
    }
}

/// Entries of a folder, least recently modified first; none if it does not exist.
fn entries_by_age(folder: &Path) -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        found.push((entry.metadata()?.modified()?, entry.path()));
    }
    found.sort();
    Ok(found)
}

fn size_of(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    let mut total = 0;
    for entry in fs::read_dir(path)? {
        total += size_of(&entry?.path())?;
    }
    Ok(total)
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}
