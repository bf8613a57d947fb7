#![doc = include_str!("../README.md")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "for tests only"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where things lie"
)]

#[cfg(feature = "ceph")]
mod ceph;
pub mod clips;
mod disk;
#[cfg(feature = "engine")]
mod engine;
#[cfg(feature = "fake-apify")]
mod fake_apify;
#[cfg(feature = "fake-llm")]
pub mod fake_llm;
#[cfg(feature = "fake-s3")]
mod fake_s3;
#[cfg(feature = "fake-web")]
mod fake_web;
mod film;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod in_root;
#[cfg(feature = "ledger")]
pub mod ledger;
mod loopback;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "processes")]
mod processes;
#[cfg(feature = "proxy")]
mod proxy;
#[cfg(feature = "rabbit")]
mod rabbit;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "schemas")]
mod schemas;
#[cfg(feature = "stubs")]
pub mod stubs;

#[cfg(feature = "ceph")]
pub use ceph::PrivateCeph;
pub use disk::SmallDisk;
#[cfg(feature = "engine")]
pub use engine::engine;
#[cfg(feature = "fake-apify")]
pub use fake_apify::{Call, FakeApify};
#[cfg(feature = "fake-s3")]
pub use fake_s3::{FakeS3, S3Conditions, S3Fault, S3Request};
#[cfg(feature = "fake-web")]
pub use fake_web::{Certificate, FakeWeb, Reply, Request};
pub use film::film;
#[cfg(feature = "ledger")]
pub use ledger::Ledger;
pub use loopback::free_address;
#[cfg(feature = "postgres")]
pub use postgres::PrivatePostgres;
#[cfg(feature = "processes")]
pub use processes::WorkerProcess;
#[cfg(feature = "proxy")]
pub use proxy::{Direction, FaultProxy};
#[cfg(feature = "rabbit")]
pub use rabbit::{PASSWORD, PrivateRabbit, RabbitAccess};
#[cfg(feature = "redis")]
pub use redis::PrivateRedis;
#[cfg(feature = "schemas")]
pub use schemas::Schemas;

use artifacts::Memory;
use contracts::{
    ArtifactRef, JobId, MediaTime, Sha256, StageName,
    decoded::{Completeness, Container, PictureSet, Probe, VideoStream},
    messages::Decoded,
};
use stage::{Clock, ContextParts, Progress, ProgressEvent, StageContext};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio_util::sync::CancellationToken;

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Default)]
pub struct ManualClock {
    elapsed: Mutex<Duration>,
}

impl ManualClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + self.monotonic()
    }
    fn monotonic(&self) -> Duration {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener that remembers.
#[derive(Debug, Default)]
pub struct RecordedProgress {
    events: Mutex<Vec<ProgressEvent>>,
}

impl RecordedProgress {
    /// Everything heard so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<ProgressEvent> {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Progress for RecordedProgress {
    fn notify(&self, _: &JobId, event: ProgressEvent) {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
    }
}

/// A place to run one stage: memory, a clock that stands still, a scratch directory.
pub struct Bench {
    /// The store behind every context.
    pub artifacts: Arc<Memory>,
    /// The clock behind every context.
    pub clock: Arc<ManualClock>,
    /// What stages said.
    pub progress: Arc<RecordedProgress>,
    /// Stops every context.
    pub cancel: CancellationToken,
    scratch: tempfile::TempDir,
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            artifacts: Arc::default(),
            clock: Arc::default(),
            progress: Arc::default(),
            cancel: CancellationToken::new(),
            scratch: tempfile::tempdir().unwrap(),
        }
    }
}

impl Bench {
    /// The context of the first attempt of `stage` for the job `test`.
    #[must_use]
    pub fn context(&self, stage: StageName) -> StageContext {
        StageContext::new(ContextParts {
            job: JobId::new("test").unwrap(),
            stage,
            attempt: 1,
            cancel: self.cancel.clone(),
            artifacts: self.artifacts.clone(),
            clock: self.clock.clone(),
            progress: self.progress.clone(),
            scratch: self.scratch.path().to_owned(),
        })
    }
}

/// A decoded 640 × 360 H.264 video without sound, of which nothing is stored but `any`, to be
/// changed where a test needs more.
#[must_use]
pub fn decoded(any: &ArtifactRef, duration: MediaTime) -> Decoded {
    let pictures = PictureSet {
        data: any.clone(),
        index: any.clone(),
        count: 0,
    };
    let video = VideoStream {
        codec: "h264".into(),
        width: 640,
        height: 360,
        rotation_degrees: 0,
        frame_rate: None,
    };
    Decoded {
        media: Sha256::of(b"film"),
        probe: Probe {
            container: Container::Mp4,
            duration,
            video,
            audio: None,
            size_bytes: 1,
        },
        completeness: Completeness {
            complete: true,
            video_until: duration,
            frames_decoded: 1,
            problems: Vec::new(),
        },
        frames: pictures.clone(),
        thumbnails: pictures,
        audio: None,
        signals: any.clone(),
    }
}

/// The directory of fetched weights and media: `RUMIAI_CACHE_DIR`, else `rumiai` in the user's
/// cache directory.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("RUMIAI_CACHE_DIR")
        .or_else(|| variable("XDG_CACHE_HOME").map(|path| path.join("rumiai")))
        .or_else(|| variable("HOME").map(|path| path.join(".cache/rumiai")))
        .unwrap_or_else(|| panic!("neither RUMIAI_CACHE_DIR, XDG_CACHE_HOME nor HOME is set"))
}

/// A file that `make setup` fetches, as `media/bus.jpg`.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn cache_file(relative: &str) -> PathBuf {
    let path = cache_dir().join(relative);
    assert!(
        path.exists(),
        "{} is missing: run `make setup`",
        path.display()
    );
    path
}

/// Recorded data of the original Python system; `None`, with a notice, where there is none.
#[must_use]
pub fn oracle_dir() -> Option<PathBuf> {
    let found = std::env::var_os("ORACLE_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: ORACLE_DIR does not name a directory of recorded data");
    }
    found
}
