//! Taking a file of this machine into the store.

use crate::{
    compute::container_extension,
    config::IngestConfig,
    failure::{Failure, Kind},
    problem::Problem,
};
use contracts::{ArtifactKey, ArtifactRef, Sha256};
use sha2::Digest;
use stage::StageContext;
use std::{io, path::Path};
use tokio::{fs, io::AsyncReadExt};

/// Bytes read at a time.
const READ_BYTES: usize = 1 << 20;

fn unusable(path: &Path, what: &str) -> Failure {
    Failure::new(Kind::UnusableFile, format!("{} {what}", path.display()))
}

fn unreadable(path: &Path, error: io::Error) -> Failure {
    let text = format!(
        "cannot read {}: check that the file exists and is readable",
        path.display()
    );
    Failure::new(Kind::UnusableFile, text).because(error)
}

/// Refuses what is too large.
///
/// # Errors
/// [`Failure`] naming the limit.
pub(crate) fn check_size(bytes: u64, config: &IngestConfig) -> Result<(), Failure> {
    let limit = config.max_bytes;
    if bytes <= limit {
        return Ok(());
    }
    let text = format!("{bytes} bytes, limit is {limit}; raise `ingest.max_bytes` to accept it");
    Err(Failure::new(Kind::TooLarge, text))
}

/// Refuses what is not a regular file within the limit before opening it: opening a pipe would
/// wait for ever.
async fn check(path: &Path, config: &IngestConfig) -> Result<(), Failure> {
    let found = fs::metadata(path).await;
    let metadata = found.map_err(|error| unreadable(path, error))?;
    if !metadata.is_file() {
        return Err(unusable(path, "is not a regular file"));
    }
    if metadata.len() == 0 {
        return Err(unusable(path, "is empty"));
    }
    check_size(metadata.len(), config)
}

/// Where a file of this machine belongs in the store: the same bytes, the same place.
///
/// # Errors
/// [`Failure`] if it is no regular file within the limit, or cannot be read.
pub async fn key_of(path: &Path, config: &IngestConfig) -> Result<ArtifactKey, Failure> {
    identify(path, config).await.map(|(_, key)| key)
}

async fn identify(path: &Path, config: &IngestConfig) -> Result<(Sha256, ArtifactKey), Failure> {
    check(path, config).await?;
    let digested = digest_of(path).await;
    let (digest, extension) = digested.map_err(|error| unreadable(path, error))?;
    let key = ArtifactKey::of_media(digest, &format!("source.{extension}"));
    let key = key.map_err(|error| unusable(path, &error.to_string()))?;
    Ok((digest, key))
}

/// Stores a file under its digest.
///
/// # Errors
/// If it cannot be taken, or the store fails.
pub(crate) async fn keep(
    path: &Path,
    config: &IngestConfig,
    context: &StageContext,
) -> Result<ArtifactRef, Problem> {
    let (digest, key) = identify(path, config).await?;
    let source = match context.artifacts.find(&key).await? {
        Some(stored) => stored,
        None => context.artifacts.put_file(&key, path).await?,
    };
    if source.digest != digest {
        let text = format!(
            "{} changed while it was read; try again once it is complete",
            path.display()
        );
        return Err(Failure::new(Kind::Changed, text).into());
    }
    context.record(source.clone());
    Ok(source)
}

async fn digest_of(path: &Path) -> io::Result<(Sha256, &'static str)> {
    let mut file = fs::File::open(path).await?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut extension = None;
    loop {
        let count = file.read(&mut buffer).await?;
        if count == 0 {
            return Ok((hasher.into(), extension.unwrap_or("bin")));
        }
        extension =
            extension.or_else(|| Some(container_extension(&buffer[..count]).unwrap_or("bin")));
        hasher.update(&buffer[..count]);
    }
}
