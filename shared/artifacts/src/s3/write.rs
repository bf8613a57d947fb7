//! Writing once.

use super::{DIGEST, S3, failure};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef, Sha256};
use sha2::Digest;
use stage::ArtifactError;
use std::path::Path;
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt},
};

/// Bytes read from a file at a time.
const READ_BYTES: usize = 1 << 20;

/// How one conditional write ended that did not fail.
pub(super) enum Written {
    /// The bytes lie there now.
    Stored,
    /// Something lies there already.
    Exists,
    /// Another write to the key is under way; it must be asked again.
    Busy,
}

impl S3 {
    pub(super) async fn put_bytes(
        &self,
        key: &ArtifactKey,
        bytes: Bytes,
    ) -> Result<ArtifactRef, ArtifactError> {
        let raw: [u8; 32] = sha2::Sha256::digest(&bytes).into();
        let wanted = ArtifactRef {
            key: key.clone(),
            digest: Sha256::from_bytes(raw),
            size_bytes: bytes.len() as u64,
        };
        let checksum = aws_smithy_types::base64::encode(raw);
        let mut failures = 0;
        loop {
            match self.try_put(&wanted, &checksum, bytes.clone()).await? {
                Written::Stored => return Ok(wanted),
                Written::Exists => {
                    if let Some(found) = self.look_up(key).await? {
                        return same_or_conflict(wanted, &found);
                    }
                    // Removed in between: the place is free again.
                }
                Written::Busy => {}
            }
            failures += 1;
            if failures >= self.limits.attempts {
                let busy = std::io::Error::other("others keep writing to the same key");
                return Err(failure::failed("store", key, busy));
            }
            tokio::time::sleep(self.limits.delay(failures)).await;
        }
    }

    /// One write that succeeds only if nothing lies at the key.
    async fn try_put(
        &self,
        wanted: &ArtifactRef,
        checksum: &str,
        bytes: Bytes,
    ) -> Result<Written, ArtifactError> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(self.place(&wanted.key))
            .if_none_match("*")
            .metadata(DIGEST, wanted.digest.to_string())
            .checksum_sha256(checksum)
            .body(ByteStream::from(bytes));
        match request.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) => match failure::status(&error) {
                Some(412) => Ok(Written::Exists),
                Some(409) => Ok(Written::Busy),
                _ => Err(failure::io("store", &wanted.key, error)),
            },
        }
    }

    /// A file of one part is read whole, a larger one is sent in parts.
    pub(super) async fn put_path(
        &self,
        key: &ArtifactKey,
        path: &Path,
    ) -> Result<ArtifactRef, ArtifactError> {
        let failed = |source| failure::failed("read the file for", key, source);
        let mut file = File::open(path).await.map_err(failed)?;
        let first = read_part(&mut file, self.limits.part_bytes.saturating_add(1))
            .await
            .map_err(failed)?;
        if first.len() as u64 <= self.limits.part_bytes {
            return self.put_bytes(key, first).await;
        }
        drop(first);
        let (digest, size_bytes) = digest_of(path).await.map_err(failed)?;
        let wanted = ArtifactRef {
            key: key.clone(),
            digest,
            size_bytes,
        };
        self.put_parts(wanted, path).await
    }
}

/// Storing what lies there already is no fault; storing something else is.
pub(super) fn same_or_conflict(
    wanted: ArtifactRef,
    found: &ArtifactRef,
) -> Result<ArtifactRef, ArtifactError> {
    if found.digest == wanted.digest && found.size_bytes == wanted.size_bytes {
        Ok(wanted)
    } else {
        Err(ArtifactError::Conflict { key: wanted.key })
    }
}

/// Up to `limit` bytes; fewer only at the end of the file.
pub(super) async fn read_part(
    file: &mut (impl AsyncRead + Unpin + Send),
    limit: u64,
) -> std::io::Result<Bytes> {
    let mut part = Vec::new();
    file.take(limit).read_to_end(&mut part).await?;
    Ok(part.into())
}

/// Digest and size of a file, without holding it in memory.
pub(super) async fn digest_of(path: &Path) -> std::io::Result<(Sha256, u64)> {
    let mut file = File::open(path).await?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer).await?;
        if count == 0 {
            return Ok((hasher.into(), size));
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
}
