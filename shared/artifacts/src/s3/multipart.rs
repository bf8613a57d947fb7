//! Large files, sent in parts of which one is in memory at a time.
//!
//! The server is asked to complete only if nothing lies at the key. Some servers ignore that for
//! uploads in parts (Ceph before 20), so what lies there is looked at before and after. Equal files
//! all succeed everywhere. Of different files that race on such a server the last one stays, and
//! who is told of the conflict is not certain; readers notice by size and digest. An upload is
//! aborted when it fails; one whose process dies is removed by the bucket's lifecycle.

use super::{DIGEST, S3, failure, write};
use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use contracts::{ArtifactRef, Sha256};
use sha2::Digest;
use stage::ArtifactError;
use std::{io, path::Path};
use tokio::fs::File;

impl S3 {
    /// Sends a file whose digest is known in parts.
    pub(super) async fn put_parts(
        &self,
        wanted: ArtifactRef,
        path: &Path,
    ) -> Result<ArtifactRef, ArtifactError> {
        if let Some(found) = self.look_up(&wanted.key).await? {
            return write::same_or_conflict(wanted, &found);
        }
        let upload = self.begin(&wanted).await?;
        let sent = match self.send_parts(&wanted, path, &upload).await {
            Ok(parts) => self.complete(&wanted, &upload, parts).await,
            Err(error) => Err(error),
        };
        if sent.is_err() {
            self.abort(&wanted, &upload).await;
        }
        // Whatever the answer was, what lies there decides: an answer may be lost after the work.
        match (self.look_up(&wanted.key).await?, sent) {
            (Some(found), _) => write::same_or_conflict(wanted, &found),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(ArtifactError::NotFound(wanted.key)),
        }
    }

    async fn begin(&self, wanted: &ArtifactRef) -> Result<String, ArtifactError> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(self.place(&wanted.key))
            .metadata(DIGEST, wanted.digest.to_string());
        let begun = request.send().await;
        let begun = begun.map_err(|error| failure::io("begin to store", &wanted.key, error))?;
        begun.upload_id.ok_or_else(|| {
            let nameless = io::Error::other("the store gave the upload no name");
            failure::failed("begin to store", &wanted.key, nameless)
        })
    }

    /// Sends all parts and proves that they are the bytes that were digested before.
    async fn send_parts(
        &self,
        wanted: &ArtifactRef,
        path: &Path,
        upload: &str,
    ) -> Result<Vec<CompletedPart>, ArtifactError> {
        let unreadable = |source| failure::failed("read the file for", &wanted.key, source);
        let mut file = File::open(path).await.map_err(unreadable)?;
        let mut hasher = sha2::Sha256::new();
        let mut parts = Vec::new();
        for number in 1.. {
            let part = write::read_part(&mut file, self.limits.part_bytes).await;
            let part = part.map_err(unreadable)?;
            if part.is_empty() {
                break;
            }
            hasher.update(&part);
            let request = self
                .client
                .upload_part()
                .bucket(&self.bucket)
                .key(self.place(&wanted.key))
                .upload_id(upload)
                .part_number(number)
                .body(ByteStream::from(part));
            let sent = request.send().await;
            let sent = sent.map_err(|error| failure::io("store a part of", &wanted.key, error))?;
            let part = CompletedPart::builder().part_number(number);
            parts.push(part.set_e_tag(sent.e_tag).build());
        }
        if Sha256::from(hasher) != wanted.digest {
            let changed = io::Error::other("it changed while it was read");
            return Err(unreadable(changed));
        }
        Ok(parts)
    }

    async fn complete(
        &self,
        wanted: &ArtifactRef,
        upload: &str,
        parts: Vec<CompletedPart>,
    ) -> Result<(), ArtifactError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(self.place(&wanted.key))
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(parts.build());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(failure::io("finish to store", &wanted.key, error)),
        }
    }

    async fn abort(&self, wanted: &ArtifactRef, upload: &str) {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(self.place(&wanted.key))
            .upload_id(upload);
        if let Err(error) = request.send().await {
            let code = failure::code(&error);
            tracing::debug!(key = %wanted.key, code, "an unfinished upload stays until it expires");
        }
    }
}
