//! What the tests of the stage have in common.
#![allow(dead_code, reason = "no test needs all of it")]

pub mod scene;

use async_trait::async_trait;
use contracts::{
    JobId, StageName,
    job::{Job, Source},
    messages::{IngestInput, Ingested},
};
use ingest::{Ingest, IngestConfig, net::Names};
use stage::{ContextParts, Stage, StageContext, StageError};
use std::{io, net::IpAddr, sync::Arc};
use testkit::{Bench, Certificate, FakeWeb};

/// The beginning of an MP4 file, which is all that ingest looks at.
const MP4_HEAD: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0isom";

/// Bytes that begin like a video.
pub fn video(size: usize) -> Vec<u8> {
    let mut bytes = MP4_HEAD.to_vec();
    bytes.resize(size, 7);
    bytes
}

/// Names as a fake web knows them.
pub struct WebNames(pub Arc<FakeWeb>);

#[async_trait]
impl Names for WebNames {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.resolve(host)
    }
}

/// A configuration under which loopback is reached and the certificate trusted.
pub fn config(certificate: &Certificate) -> IngestConfig {
    IngestConfig {
        allow_loopback: true,
        ca_file: Some(certificate.path().to_owned()),
        ..IngestConfig::default()
    }
}

/// Hands `source` to a stage as a job of its own name.
pub async fn take(
    stage: &Ingest,
    source: Source,
    context: &StageContext,
) -> Result<Ingested, StageError> {
    let job = Job::new(context.job.clone(), source);
    stage.run(IngestInput { job }, context).await
}

/// Hands `source` to a fresh stage.
pub async fn ingest(
    source: Source,
    config: IngestConfig,
    bench: &Bench,
) -> Result<Ingested, StageError> {
    let stage = Ingest::new(config).unwrap();
    take(&stage, source, &bench.context(StageName::Ingest)).await
}

/// A context of another job on the same store and clock, with a folder of its own.
pub fn context_of(job: &str, bench: &Bench, scratch: &tempfile::TempDir) -> StageContext {
    StageContext::new(ContextParts {
        job: JobId::new(job).unwrap(),
        stage: StageName::Ingest,
        attempt: 1,
        cancel: bench.cancel.clone(),
        artifacts: bench.artifacts.clone(),
        clock: bench.clock.clone(),
        progress: bench.progress.clone(),
        scratch: scratch.path().to_owned(),
    })
}

/// The reason of a rejection.
pub fn rejection(outcome: Result<Ingested, StageError>) -> String {
    match outcome {
        Err(error @ StageError::Rejected(_)) => error.reason(),
        other => panic!("expected a rejection, got {other:?}"),
    }
}

/// The reason of a failure that may pass.
pub fn passing(outcome: Result<Ingested, StageError>) -> String {
    match outcome {
        Err(error @ StageError::Transient { parked: false, .. }) => error.reason(),
        other => panic!("expected a failure that may pass, got {other:?}"),
    }
}

/// Fails unless the scratch folder holds none of these.
pub fn assert_no_file(context: &StageContext) {
    let left: Vec<_> = std::fs::read_dir(&context.scratch)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}
