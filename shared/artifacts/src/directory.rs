//! Artifacts in a directory: the embedded store.

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef, Sha256};
use sha2::Digest;
use stage::{ArtifactError, Artifacts};
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::NamedTempFile;

/// Bytes copied at a time between files.
const COPY_BYTES: usize = 1 << 20;

/// Folder of files that are still being written, beside the artifacts on the same file system.
pub(crate) const PARTIAL: &str = "partial";

/// Artifacts in a directory, one file per key.
///
/// The lock it holds while it lives is shared: any number of runs may use one directory, and
/// [`Directory::tidy`] works only while no other does.
#[derive(Debug, Clone)]
pub struct Directory {
    pub(crate) root: PathBuf,
    pub(crate) lock: Arc<File>,
}

impl Directory {
    /// Opens `root`, creating it if it does not exist.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot be created, written or locked.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        fs::create_dir_all(root.join(PARTIAL))?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join("lock"))?;
        lock.lock_shared()?;
        Ok(Self {
            root,
            lock: Arc::new(lock),
        })
    }

    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Folder for what is not an artifact yet, on the same file system; emptied by
    /// [`Directory::tidy`].
    #[must_use]
    pub fn partial(&self) -> PathBuf {
        self.root.join(PARTIAL)
    }

    fn path(&self, key: &ArtifactKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    /// Runs file work off the runtime's threads.
    async fn blocking<T, F>(
        &self,
        action: &'static str,
        key: String,
        work: F,
    ) -> Result<T, ArtifactError>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, ArtifactError> + Send + 'static,
    {
        let this = self.clone();
        tokio::task::spawn_blocking(move || work(&this))
            .await
            .map_err(|stopped| ArtifactError::Io {
                action,
                key,
                source: io::Error::other(stopped),
            })?
    }

    /// Writes beside the place, then renames into it; the rename that refuses to replace is what
    /// makes a key write-once.
    fn store(
        &self,
        key: &ArtifactKey,
        content: &mut dyn Read,
    ) -> Result<ArtifactRef, ArtifactError> {
        let failed = |source| ArtifactError::Io {
            action: "store",
            key: key.to_string(),
            source,
        };
        let mut partial = NamedTempFile::new_in(self.root.join(PARTIAL)).map_err(failed)?;
        let (digest, size_bytes) =
            copy_digesting(content, partial.as_file_mut()).map_err(failed)?;
        let stored = ArtifactRef {
            key: key.clone(),
            digest,
            size_bytes,
        };
        let place = self.path(key);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        match partial.persist_noclobber(&place) {
            Ok(_) => Ok(stored),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                self.same_or_conflict(stored).map_err(|error| match error {
                    ArtifactError::Corrupt { key } => ArtifactError::Conflict { key },
                    other => other,
                })
            }
            Err(error) => Err(failed(error.error)),
        }
    }

    fn same_or_conflict(&self, wanted: ArtifactRef) -> Result<ArtifactRef, ArtifactError> {
        self.verified_file(&wanted)?;
        Ok(wanted)
    }

    fn open_file(&self, key: &ArtifactKey) -> Result<File, ArtifactError> {
        File::open(self.path(key)).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ArtifactError::NotFound(key.clone()),
            _ => ArtifactError::Io {
                action: "open",
                key: key.to_string(),
                source,
            },
        })
    }

    fn verified_file(&self, wanted: &ArtifactRef) -> Result<PathBuf, ArtifactError> {
        let mut file = self.open_file(&wanted.key)?;
        let (digest, size_bytes) =
            copy_digesting(&mut file, &mut io::sink()).map_err(|source| ArtifactError::Io {
                action: "read",
                key: wanted.key.to_string(),
                source,
            })?;
        if digest != wanted.digest || size_bytes != wanted.size_bytes {
            return Err(ArtifactError::Corrupt {
                key: wanted.key.clone(),
            });
        }
        Ok(self.path(&wanted.key))
    }

    fn read_range(&self, wanted: &ArtifactRef, range: Range<u64>) -> Result<Bytes, ArtifactError> {
        let failed = |source| ArtifactError::Io {
            action: "read",
            key: wanted.key.to_string(),
            source,
        };
        let mut file = self.open_file(&wanted.key)?;
        let size = file.metadata().map_err(failed)?.len();
        let length = range
            .end
            .checked_sub(range.start)
            .filter(|_| range.end <= size);
        let Some(length) = length.and_then(|length| usize::try_from(length).ok()) else {
            return Err(ArtifactError::OutOfRange {
                key: wanted.key.clone(),
                start: range.start,
                end: range.end,
            });
        };
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        file.read_exact(&mut bytes).map_err(failed)?;
        Ok(bytes.into())
    }

    fn find_file(&self, key: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError> {
        let mut file = match self.open_file(key) {
            Ok(file) => file,
            Err(ArtifactError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (digest, size_bytes) =
            copy_digesting(&mut file, &mut io::sink()).map_err(|source| ArtifactError::Io {
                action: "read",
                key: key.to_string(),
                source,
            })?;
        Ok(Some(ArtifactRef {
            key: key.clone(),
            digest,
            size_bytes,
        }))
    }

    fn keys(&self, prefix: &str) -> io::Result<Vec<ArtifactKey>> {
        let mut keys = Vec::new();
        // Only folders that can hold the prefix are walked.
        let top = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut folders = vec![self.root.join(top)];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Some(key) = self.key_of(&entry.path()) {
                    keys.push(key);
                }
            }
        }
        keys.retain(|key| key.as_str().starts_with(prefix) && key.as_str().contains('/'));
        keys.retain(|key| !key.as_str().starts_with(PARTIAL));
        keys.sort();
        Ok(keys)
    }

    fn key_of(&self, path: &Path) -> Option<ArtifactKey> {
        let relative = path.strip_prefix(&self.root).ok()?.to_str()?;
        ArtifactKey::new(relative).ok()
    }
}

/// Copies everything and returns its digest and length.
fn copy_digesting(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(Sha256, u64)> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; COPY_BYTES];
    let mut size = 0;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        size += count as u64;
    }
    Ok((hasher.into(), size))
}

#[async_trait]
impl Artifacts for Directory {
    async fn put(&self, key: &ArtifactKey, bytes: Bytes) -> Result<ArtifactRef, ArtifactError> {
        let place = key.clone();
        self.blocking("store", key.to_string(), move |this| {
            this.store(&place, &mut bytes.as_ref())
        })
        .await
    }

    async fn put_file(&self, key: &ArtifactKey, path: &Path) -> Result<ArtifactRef, ArtifactError> {
        let (place, path) = (key.clone(), path.to_owned());
        self.blocking("store", key.to_string(), move |this| {
            let mut file = File::open(&path).map_err(|source| ArtifactError::Io {
                action: "read the file for",
                key: place.to_string(),
                source,
            })?;
            this.store(&place, &mut file)
        })
        .await
    }

    async fn get(&self, wanted: &ArtifactRef) -> Result<Bytes, ArtifactError> {
        let reference = wanted.clone();
        self.blocking("read", wanted.key.to_string(), move |this| {
            let bytes = this
                .read_range(&reference, 0..reference.size_bytes)
                .map_err(|error| match error {
                    ArtifactError::OutOfRange { key, .. } => ArtifactError::Corrupt { key },
                    other => other,
                })?;
            if Sha256::of(&bytes) != reference.digest {
                return Err(ArtifactError::Corrupt { key: reference.key });
            }
            Ok(bytes)
        })
        .await
    }

    async fn get_range(
        &self,
        wanted: &ArtifactRef,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError> {
        let reference = wanted.clone();
        self.blocking("read", wanted.key.to_string(), move |this| {
            this.read_range(&reference, range)
        })
        .await
    }

    async fn local_file(
        &self,
        wanted: &ArtifactRef,
        _scratch: &Path,
    ) -> Result<PathBuf, ArtifactError> {
        let reference = wanted.clone();
        self.blocking("read", wanted.key.to_string(), move |this| {
            this.verified_file(&reference)
        })
        .await
    }

    async fn find(&self, key: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError> {
        let place = key.clone();
        self.blocking("find", key.to_string(), move |this| this.find_file(&place))
            .await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, ArtifactError> {
        let wanted = prefix.to_owned();
        self.blocking("list", prefix.to_owned(), move |this| {
            this.keys(&wanted).map_err(|source| ArtifactError::Io {
                action: "list",
                key: wanted,
                source,
            })
        })
        .await
    }
}
