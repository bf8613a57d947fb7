//! Reading, with proof.
//!
//! The client's own timeouts end when an answer begins, so its bytes are watched here. An answer
//! that breaks off is asked for again; what arrives whole but different is damage.

use super::{DIGEST, S3, failure, write};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::{Bytes, BytesMut};
use contracts::{ArtifactKey, ArtifactRef, Sha256};
use sha2::Digest;
use stage::ArtifactError;
use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    fs::File,
    io::AsyncWriteExt,
    time::{Instant, timeout_at},
};

/// Why reading an object ended early.
enum Broken {
    /// It cannot be read, however often it is asked for.
    Final(ArtifactError),
    /// The answer broke off.
    Body(io::Error),
}

impl From<ArtifactError> for Broken {
    fn from(error: ArtifactError) -> Self {
        Self::Final(error)
    }
}

/// The bytes of one answer, bounded in time.
struct Body {
    answer: GetObjectOutput,
    idle: Duration,
    deadline: Instant,
}

impl Body {
    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let until = self.deadline.min(Instant::now() + self.idle);
        match timeout_at(until, self.answer.body.try_next()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(Broken::Body(io::Error::other(error))),
            Err(_) => Err(Broken::Body(io::Error::new(
                io::ErrorKind::TimedOut,
                "the store stopped sending",
            ))),
        }
    }

    /// All bytes, of which there must be `expected`.
    async fn collect(mut self, expected: u64) -> Result<Option<Bytes>, Broken> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.next().await? {
            if (bytes.len() + chunk.len()) as u64 > expected {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((bytes.len() as u64 == expected).then(|| bytes.freeze()))
    }

    fn announces_other_than(&self, expected: u64) -> bool {
        self.answer
            .content_length
            .is_some_and(|length| u64::try_from(length) != Ok(expected))
    }
}

/// Attempts at reading one object.
struct Tries<'a> {
    store: &'a S3,
    key: &'a ArtifactKey,
    failures: u32,
}

impl Tries<'_> {
    /// Waits before the next attempt, if another is worth it.
    async fn again(&mut self, broken: Broken) -> Result<(), ArtifactError> {
        let source = match broken {
            Broken::Final(error) => return Err(error),
            Broken::Body(source) => source,
        };
        self.failures += 1;
        if self.failures >= self.store.limits.attempts {
            return Err(failure::failed("read", self.key, source));
        }
        tokio::time::sleep(self.store.limits.delay(self.failures)).await;
        Ok(())
    }
}

fn corrupt(key: &ArtifactKey) -> ArtifactError {
    ArtifactError::Corrupt { key: key.clone() }
}

impl S3 {
    fn tries<'a>(&'a self, key: &'a ArtifactKey) -> Tries<'a> {
        Tries {
            store: self,
            key,
            failures: 0,
        }
    }

    /// Asks for an object, or some of its bytes as `bytes=0-9`.
    async fn ask(&self, key: &ArtifactKey, range: Option<String>) -> Result<Body, ArtifactError> {
        let request = self.client.get_object().bucket(&self.bucket);
        let request = request.key(self.place(key)).set_range(range);
        let answer = request.send().await.map_err(|error| {
            let absent = failure::status(&error) == Some(404);
            if absent && failure::code(&error) != "NoSuchBucket" {
                ArtifactError::NotFound(key.clone())
            } else {
                failure::io("read", key, error)
            }
        })?;
        Ok(Body {
            answer,
            idle: Duration::from_secs(self.limits.idle_timeout_s),
            deadline: Instant::now() + Duration::from_secs(self.limits.body_timeout_s),
        })
    }

    pub(super) async fn read_all(&self, wanted: &ArtifactRef) -> Result<Bytes, ArtifactError> {
        let mut tries = self.tries(&wanted.key);
        loop {
            match self.read_all_once(wanted).await {
                Ok(bytes) => return Ok(bytes),
                Err(broken) => tries.again(broken).await?,
            }
        }
    }

    async fn read_all_once(&self, wanted: &ArtifactRef) -> Result<Bytes, Broken> {
        let body = self.ask(&wanted.key, None).await?;
        if body.announces_other_than(wanted.size_bytes) {
            return Err(corrupt(&wanted.key).into());
        }
        match body.collect(wanted.size_bytes).await? {
            Some(bytes) if Sha256::of(&bytes) == wanted.digest => Ok(bytes),
            _ => Err(corrupt(&wanted.key).into()),
        }
    }

    pub(super) async fn read_range(
        &self,
        wanted: &ArtifactRef,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError> {
        if range.start > range.end || range.end > wanted.size_bytes {
            return Err(out_of_range(&wanted.key, &range));
        }
        if range.is_empty() {
            // Nothing can be asked of nothing, but absent must stay an error.
            let found = self.look_up(&wanted.key).await?;
            let found = found.ok_or_else(|| ArtifactError::NotFound(wanted.key.clone()))?;
            let reaches = range.end <= found.size_bytes;
            return reaches
                .then(Bytes::new)
                .ok_or_else(|| out_of_range(&wanted.key, &range));
        }
        let mut tries = self.tries(&wanted.key);
        loop {
            match self.read_range_once(&wanted.key, &range).await {
                Ok(bytes) => return Ok(bytes),
                Err(broken) => tries.again(broken).await?,
            }
        }
    }

    async fn read_range_once(
        &self,
        key: &ArtifactKey,
        range: &Range<u64>,
    ) -> Result<Bytes, Broken> {
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let body = match self.ask(key, Some(asked)).await {
            Err(ArtifactError::Io { source, .. }) if failure::is_past_the_end(&source) => {
                return Err(out_of_range(key, range).into());
            }
            other => other?,
        };
        let expected = range.end - range.start;
        // A server answers with as much as there is, and says which bytes of how many.
        let announced = body.answer.content_range.as_deref();
        let announced = announced.and_then(|text| text.strip_prefix("bytes "));
        let meant = format!("{}-{}/", range.start, range.end - 1);
        if !announced.is_some_and(|text| text.starts_with(&meant)) {
            return Err(match announced {
                Some(_) => out_of_range(key, range).into(),
                None => {
                    let ignored = io::Error::other("the store ignores ranges");
                    failure::failed("read a range of", key, ignored).into()
                }
            });
        }
        let bytes = body.collect(expected).await?;
        bytes.ok_or_else(|| {
            let short = io::Error::other("the store sent other bytes than it announced");
            Broken::Body(short)
        })
    }

    /// A proved copy in `scratch`; one that an earlier attempt left there is used again.
    pub(super) async fn copy_to(
        &self,
        wanted: &ArtifactRef,
        scratch: &Path,
    ) -> Result<PathBuf, ArtifactError> {
        let place = scratch.join(format!("{}-{}", wanted.digest, wanted.key.file_name()));
        if let Ok(found) = write::digest_of(&place).await
            && found == (wanted.digest, wanted.size_bytes)
        {
            return Ok(place);
        }
        let mut tries = self.tries(&wanted.key);
        loop {
            match self.copy_once(wanted, scratch, &place).await {
                Ok(()) => return Ok(place),
                Err(broken) => tries.again(broken).await?,
            }
        }
    }

    /// Writes beside the place, then renames into it; whatever fails, the partial file goes.
    async fn copy_once(
        &self,
        wanted: &ArtifactRef,
        scratch: &Path,
        place: &Path,
    ) -> Result<(), Broken> {
        let unwritable = |source| failure::failed("write a local copy of", &wanted.key, source);
        let partial = tempfile::Builder::new()
            .suffix(".part")
            .tempfile_in(scratch);
        let (file, partial) = partial.map_err(unwritable)?.into_parts();
        let mut file = File::from_std(file);
        let mut body = self.ask(&wanted.key, None).await?;
        if body.announces_other_than(wanted.size_bytes) {
            return Err(corrupt(&wanted.key).into());
        }
        let mut hasher = sha2::Sha256::new();
        let mut size = 0;
        while let Some(chunk) = body.next().await? {
            size += chunk.len() as u64;
            if size > wanted.size_bytes {
                break;
            }
            hasher.update(&chunk);
            file.write_all(&chunk).await.map_err(unwritable)?;
        }
        file.flush().await.map_err(unwritable)?;
        if size != wanted.size_bytes || Sha256::from(hasher) != wanted.digest {
            return Err(corrupt(&wanted.key).into());
        }
        let renamed = partial.persist(place);
        renamed.map_err(|error| unwritable(error.error).into())
    }

    /// What lies at a key, by its metadata; objects that others stored without are read.
    pub(super) async fn look_up(
        &self,
        key: &ArtifactKey,
    ) -> Result<Option<ArtifactRef>, ArtifactError> {
        let request = self.client.head_object().bucket(&self.bucket);
        let found = match request.key(self.place(key)).send().await {
            Ok(found) => found,
            Err(error) if failure::status(&error) == Some(404) => return Ok(None),
            Err(error) => return Err(failure::io("find", key, error)),
        };
        let digest = found.metadata.as_ref().and_then(|all| all.get(DIGEST));
        let digest = digest.and_then(|text| text.parse().ok());
        let size = found.content_length.and_then(|size| size.try_into().ok());
        if let (Some(digest), Some(size_bytes)) = (digest, size) {
            let key = key.clone();
            return Ok(Some(ArtifactRef {
                key,
                digest,
                size_bytes,
            }));
        }
        self.look_through(key).await
    }

    /// Reads an object for its digest.
    async fn look_through(&self, key: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError> {
        let mut tries = self.tries(key);
        loop {
            match self.look_through_once(key).await {
                Ok(found) => return Ok(Some(found)),
                Err(Broken::Final(ArtifactError::NotFound(_))) => return Ok(None),
                Err(broken) => tries.again(broken).await?,
            }
        }
    }

    async fn look_through_once(&self, key: &ArtifactKey) -> Result<ArtifactRef, Broken> {
        let mut body = self.ask(key, None).await?;
        let mut hasher = sha2::Sha256::new();
        let mut size_bytes = 0;
        while let Some(chunk) = body.next().await? {
            hasher.update(&chunk);
            size_bytes += chunk.len() as u64;
        }
        Ok(ArtifactRef {
            key: key.clone(),
            digest: hasher.into(),
            size_bytes,
        })
    }

    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<ArtifactKey>, ArtifactError> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(format!("{}{prefix}", self.prefix))
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure::io("list", prefix, error))?;
            let names = page.contents().iter().filter_map(|object| object.key());
            let names = names.filter_map(|name| name.strip_prefix(&self.prefix));
            keys.extend(names.filter_map(|name| ArtifactKey::new(name).ok()));
        }
        keys.sort();
        Ok(keys)
    }
}

fn out_of_range(key: &ArtifactKey, range: &Range<u64>) -> ArtifactError {
    ArtifactError::OutOfRange {
        key: key.clone(),
        start: range.start,
        end: range.end,
    }
}
