//! A store that tells telemetry what it does.

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef};
use stage::{ArtifactError, Artifacts, Clock};
use std::{
    future::Future,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use telemetry::{
    events::{ArtifactFailed, ArtifactRead, ArtifactStored},
    messaging::fail,
    work::{artifact_span, moved, prefix_of},
};
use tracing::{Instrument, Span};

/// Any store, with a span, a metric and a log line for every operation. It changes nothing else.
pub struct Traced {
    inner: Arc<dyn Artifacts>,
    clock: Arc<dyn Clock>,
}

/// Which way bytes go.
#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

/// One operation on its way.
struct Operation<'a> {
    clock: &'a dyn Clock,
    name: &'static str,
    way: Way,
    span: Span,
    began: Duration,
}

impl Operation<'_> {
    fn end<T>(
        self,
        outcome: Result<T, ArtifactError>,
        bytes: impl Fn(&T) -> u64,
    ) -> Result<T, ArtifactError> {
        let took = self.clock.monotonic().saturating_sub(self.began);
        let operation = self.name;
        let _entered = self.span.enter();
        match (&outcome, self.way) {
            (Ok(value), way) => {
                let bytes = bytes(value);
                moved(&self.span, bytes);
                match way {
                    Way::In => ArtifactStored {
                        operation,
                        bytes,
                        took,
                    }
                    .emit(),
                    Way::Out => ArtifactRead {
                        operation,
                        bytes,
                        took,
                    }
                    .emit(),
                }
            }
            (Err(error), _) => {
                let reason = reason_of(error);
                fail(&self.span, reason);
                ArtifactFailed {
                    operation,
                    reason,
                    took,
                }
                .emit();
            }
        }
        outcome
    }
}

const fn reason_of(error: &ArtifactError) -> &'static str {
    match error {
        ArtifactError::NotFound(_) => "not_found",
        ArtifactError::Conflict { .. } => "conflict",
        ArtifactError::Corrupt { .. } => "corrupt",
        ArtifactError::OutOfRange { .. } => "out_of_range",
        ArtifactError::Io { .. } => "io",
    }
}

impl Traced {
    /// `inner`, watched; `clock` says how long operations take.
    #[must_use]
    pub fn new(inner: Arc<dyn Artifacts>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock }
    }

    async fn watch<T, F>(
        &self,
        name: &'static str,
        way: Way,
        prefix: &str,
        work: F,
        bytes: impl Fn(&T) -> u64 + Send,
    ) -> Result<T, ArtifactError>
    where
        F: Future<Output = Result<T, ArtifactError>> + Send,
    {
        let operation = Operation {
            clock: &*self.clock,
            name,
            way,
            span: artifact_span(name, prefix),
            began: self.clock.monotonic(),
        };
        let outcome = work.instrument(operation.span.clone()).await;
        operation.end(outcome, bytes)
    }
}

#[async_trait]
impl Artifacts for Traced {
    async fn put(&self, key: &ArtifactKey, bytes: Bytes) -> Result<ArtifactRef, ArtifactError> {
        let work = self.inner.put(key, bytes);
        self.watch("put", Way::In, prefix_of(key), work, |stored| {
            stored.size_bytes
        })
        .await
    }

    async fn put_file(&self, key: &ArtifactKey, path: &Path) -> Result<ArtifactRef, ArtifactError> {
        let work = self.inner.put_file(key, path);
        self.watch("put_file", Way::In, prefix_of(key), work, |stored| {
            stored.size_bytes
        })
        .await
    }

    async fn get(&self, reference: &ArtifactRef) -> Result<Bytes, ArtifactError> {
        let work = self.inner.get(reference);
        let prefix = prefix_of(&reference.key);
        self.watch("get", Way::Out, prefix, work, |bytes| bytes.len() as u64)
            .await
    }

    async fn get_range(
        &self,
        reference: &ArtifactRef,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError> {
        let work = self.inner.get_range(reference, range);
        let prefix = prefix_of(&reference.key);
        self.watch("get_range", Way::Out, prefix, work, |bytes| {
            bytes.len() as u64
        })
        .await
    }

    async fn local_file(
        &self,
        reference: &ArtifactRef,
        scratch: &Path,
    ) -> Result<PathBuf, ArtifactError> {
        let work = self.inner.local_file(reference, scratch);
        let prefix = prefix_of(&reference.key);
        self.watch("local_file", Way::Out, prefix, work, |_| {
            reference.size_bytes
        })
        .await
    }

    async fn find(&self, key: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError> {
        let work = self.inner.find(key);
        self.watch("find", Way::Out, prefix_of(key), work, |_| 0)
            .await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, ArtifactError> {
        let work = self.inner.list(prefix);
        // A prefix to list by is as telling as a key.
        let told = prefix.split('/').next().unwrap_or_default();
        self.watch("list", Way::Out, told, work, |_| 0).await
    }
}
