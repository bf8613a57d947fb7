//! A file that is being written, and is gone unless it was finished.

use crate::{
    compute::container_extension,
    failure::{Failure, Kind},
};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};

/// Bytes by which a container is told.
const HEAD_BYTES: usize = 8;

/// A part of a download, beside the place where the whole will lie.
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    limit: u64,
    received: u64,
    head: Vec<u8>,
}

impl Drop for Part {
    fn drop(&mut self) {
        // Where it was finished there is nothing of this name any more.
        let _ = std::fs::remove_file(&self.path);
    }
}

pub(crate) fn too_large(limit: u64) -> Failure {
    let text = format!("larger than {limit} bytes; raise `ingest.max_bytes` to accept it");
    Failure::new(Kind::TooLarge, text)
}

fn unwritable(error: io::Error) -> Failure {
    Failure::new(Kind::NoSpace, "cannot write the download: check free space").because(error)
}

impl Part {
    pub(crate) async fn create(whole: &Path, limit: u64) -> Result<Self, Failure> {
        let mut name = whole.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let file = File::create(&path).await.map_err(unwritable)?;
        Ok(Self {
            path,
            file,
            limit,
            received: 0,
            head: Vec::with_capacity(HEAD_BYTES),
        })
    }

    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// Adds bytes; what cannot become a video is refused at once.
    pub(crate) async fn write(&mut self, bytes: &[u8], host: &str) -> Result<(), Failure> {
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(missing));
        self.received += bytes.len() as u64;
        if self.received > self.limit {
            return Err(too_large(self.limit));
        }
        if self.head.len() == HEAD_BYTES {
            self.check_head(host)?;
        }
        self.file.write_all(bytes).await.map_err(unwritable)
    }

    fn check_head(&self, host: &str) -> Result<(), Failure> {
        if container_extension(&self.head).is_some() {
            return Ok(());
        }
        let text = format!("{host} did not send a video: expected MP4, MOV, Matroska or WebM");
        Err(Failure::new(Kind::NotAVideo, text))
    }

    /// Puts the whole file in its place.
    pub(crate) async fn finish(mut self, whole: &Path, host: &str) -> Result<(), Failure> {
        self.check_head(host)?;
        self.file.flush().await.map_err(unwritable)?;
        fs::rename(&self.path, whole).await.map_err(unwritable)
    }
}
