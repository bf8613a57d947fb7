//! An S3 server that fails as it is told to.

mod objects;
mod serve;

use artifacts::S3Config;
use bytes::Bytes;
use objects::Objects;
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::Barrier, task::JoinSet};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Request {
    /// Storing an object.
    Put,
    /// Reading an object.
    Get,
    /// Asking what is known of an object.
    Head,
    /// Listing keys.
    List,
    /// Removing an object.
    Delete,
    /// Beginning an upload in parts.
    Begin,
    /// Storing a part.
    Part,
    /// Making an object of the parts.
    Complete,
    /// Forgetting the parts.
    Abort,
}

/// How one request fails.
#[derive(Debug, Clone)]
pub enum S3Fault {
    /// It is answered with this status and code, and nothing is done.
    Status(u16, &'static str),
    /// The connection ends without an answer, and nothing is done.
    Cut,
    /// It is done, but the connection ends without an answer.
    AnswerLost,
    /// It is never answered, and nothing is done.
    Silence,
    /// The answer's body breaks off after this many bytes.
    BodyCut(usize),
    /// The answer's body stops after this many bytes, and the connection stays.
    BodyStalls(usize),
    /// The answer's body ends after this many bytes as if that were all.
    BodyShort(usize),
    /// The answer's body has the right length and other bytes.
    BodyDamaged,
}

/// What `If-None-Match: *` means to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum S3Conditions {
    /// A key is written once.
    #[default]
    Honoured,
    /// Nothing.
    Ignored,
    /// It is looked at first and acted on later.
    NotAtomic,
}

/// A server in this process that keeps objects in memory and knows as much of S3 as the store
/// uses. What it is told to fail at fails once for each fault, in order.
#[derive(Debug)]
pub struct FakeS3 {
    address: SocketAddr,
    state: Arc<State>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct State {
    inner: Mutex<Inner>,
    /// Where two writers meet whose conditional writes are not atomic.
    writers: Barrier,
}

#[derive(Debug, Default)]
struct Inner {
    objects: Objects,
    faults: Vec<(S3Request, VecDeque<S3Fault>)>,
    meeting: Option<(S3Request, Arc<Barrier>)>,
    seen: Vec<(S3Request, String)>,
    conditions: S3Conditions,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
    async fn second_writer(&self) {
        self.writers.wait().await;
    }
}

impl FakeS3 {
    /// Starts a server with one empty bucket.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            inner: Mutex::default(),
            writers: Barrier::new(2),
        });
        let mut server = JoinSet::new();
        server.spawn(serve::all(listener, state.clone()));
        Self {
            address,
            state,
            _server: server,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How to reach the bucket, with delays and waits short enough for a test.
    #[must_use]
    pub fn config(&self) -> S3Config {
        let mut config = S3Config {
            endpoint: Some(format!("http://{}", self.address)),
            bucket: "artifacts".into(),
            access_key: "key".into(),
            secret_key: "secret".into(),
            ..S3Config::default()
        };
        config.limits.connect_timeout_s = 1;
        config.limits.attempt_timeout_s = 1;
        config.limits.operation_timeout_s = 10;
        config.limits.idle_timeout_s = 1;
        config.limits.base_delay_ms = 1;
        config.limits.max_delay_ms = 10;
        config
    }

    /// Lets the next requests of a kind fail, one for each fault.
    pub fn fail(&self, request: S3Request, faults: impl IntoIterator<Item = S3Fault>) {
        let faults = faults.into_iter().collect();
        self.state.lock().faults.push((request, faults));
    }

    /// Lets requests of a kind wait until `count` of them are there.
    pub fn meet(&self, request: S3Request, count: usize) {
        let barrier = Arc::new(Barrier::new(count));
        self.state.lock().meeting = Some((request, barrier));
    }

    /// Sets what conditional writes mean.
    pub fn set_conditions(&self, conditions: S3Conditions) {
        self.state.lock().conditions = conditions;
    }

    /// Sets how many keys one page of a listing holds.
    pub fn set_page(&self, keys: usize) {
        self.state.lock().objects.page = keys;
    }

    /// Puts bytes at a key of the bucket behind the port's back, without metadata.
    pub fn plant(&self, key: &str, bytes: impl Into<Bytes>) {
        self.state.lock().objects.plant(key, bytes.into());
    }

    /// How many requests of a kind came in.
    #[must_use]
    pub fn count(&self, request: S3Request) -> usize {
        let inner = self.state.lock();
        let seen = inner.seen.iter();
        seen.filter(|(kind, _)| *kind == request).count()
    }

    /// Keys of the bucket, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state.lock().objects.keys()
    }

    /// Uploads in parts that were neither completed nor aborted.
    #[must_use]
    pub fn unfinished_uploads(&self) -> usize {
        self.state.lock().objects.unfinished()
    }
}
