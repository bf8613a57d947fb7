//! Claude's and Ollama's interfaces as they speak, in one server that fails as it is told to.
//!
//! Without a script every request that the real interfaces would take is answered, with text that
//! depends on the prompt alone; one that they would not take is refused as they refuse it. Faults
//! come from [`FakeLlm::script`] or over HTTP from `POST /__ctl/script`.

mod answers;
mod claude;
mod control;
mod failing;
mod faults;
mod instant;
mod journal;
mod latency;
mod models;
mod obey;
mod ollama;
mod random;
mod schema;
mod script;
mod serve;
mod spoil;
mod stream;
mod usage;
mod wire;

pub use answers::{Answer, Ask, Provider};
pub use faults::{
    BatchFault, ContentFault, Fault, HangPoint, ResetPoint, RetryAfter, StatusFault, StreamFault,
};
pub use journal::{Ending, LlmCall};
pub use latency::Latency;
pub use models::ClaudeLimits;
pub use ollama::OllamaServer;
pub use script::Rule;

use crate::ManualClock;
use answers::Canned;
use journal::Journal;
use script::Script;
use stage::Clock;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinSet,
};

/// What it accepts as a key of Claude's interface.
const KEY: &str = "sk-ant-for-tests";
/// Longest wait for something to be written into the journal.
const JOURNAL_WAIT: Duration = Duration::from_secs(30);
/// Where its own clock begins, before anybody advances it: 20 Nov 2026.
const BEGINNING: Duration = Duration::from_secs(1_795_132_800);

type Responder = dyn Fn(&Ask) -> Option<Answer> + Send + Sync;

/// Everything the server's connections share.
struct State {
    clock: Arc<dyn Clock>,
    own: Option<Duration>,
    ids: AtomicU64,
    ports: watch::Sender<Port>,
    /// Whether answers wait.
    held: watch::Sender<bool>,
    /// Told of every change of the journal.
    written: Notify,
    inner: Mutex<Inner>,
    ollama: ollama::Scheduler,
}

/// Whether anybody listens.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Port {
    Open,
    /// Connections are refused for this long, or until it is opened.
    Closed(Option<Duration>),
}

/// What tests set and what the server remembers.
#[derive(Default)]
struct Inner {
    advanced: Duration,
    script: Script,
    journal: Journal,
    latency: Latency,
    responder: Option<Arc<Responder>>,
    canned: Vec<Canned>,
    claude: claude::Memory,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn now(&self) -> SystemTime {
        let advanced = self.lock().advanced;
        match self.own {
            Some(beginning) => SystemTime::UNIX_EPOCH + beginning + advanced,
            None => self.clock.now() + advanced,
        }
    }
    /// A number nobody was given before.
    fn id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::SeqCst)
    }
    fn reset(&self) {
        *self.lock() = Inner::default();
        self.held.send_replace(false);
        self.ollama.reset();
    }
}

/// A server in this process that speaks Claude's and Ollama's interfaces and ends with its value.
pub struct FakeLlm {
    address: SocketAddr,
    state: Arc<State>,
    _server: JoinSet<()>,
}

impl FakeLlm {
    /// A server with a clock that stands still until [`FakeLlm::advance_clock`].
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        Self::begin(0, Arc::new(ManualClock::default()), Some(BEGINNING)).await
    }

    /// A server that takes its time from another clock, as that of what is tested.
    ///
    /// # Panics
    /// If the port is taken; 0 is one that is free.
    pub async fn start_on(port: u16, clock: Arc<dyn Clock>) -> Self {
        Self::begin(port, clock, None).await
    }

    async fn begin(port: u16, clock: Arc<dyn Clock>, own: Option<Duration>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            clock,
            own,
            ids: AtomicU64::new(1),
            ports: watch::Sender::new(Port::Open),
            held: watch::Sender::new(false),
            written: Notify::new(),
            inner: Mutex::default(),
            ollama: ollama::Scheduler::default(),
        });
        let mut server = JoinSet::new();
        server.spawn(serve::all(listener, address, state.clone()));
        Self {
            address,
            state,
            _server: server,
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
    /// The address of both interfaces, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
    /// The key that Claude's interface accepts.
    #[must_use]
    pub const fn api_key() -> &'static str {
        KEY
    }

    /// Adds a fault, or a rule that says when it happens.
    pub fn script(&self, rule: impl Into<Rule>) {
        self.state.lock().script.add(rule.into());
    }
    /// Sets the numbers that probabilistic rules draw.
    pub fn seed(&self, seed: u64) {
        self.state.lock().script.seed(seed);
    }
    /// Lets a function answer in the model's place; where it answers `None`, the fake does.
    pub fn answer_with(&self, answer: impl Fn(&Ask) -> Option<Answer> + Send + Sync + 'static) {
        self.state.lock().responder = Some(Arc::new(answer));
    }
    /// Sets how long answers take.
    pub fn latency(&self, latency: Latency) {
        self.state.lock().latency = latency;
    }
    /// Lets requests arrive and answers none before [`FakeLlm::release`].
    pub fn hold(&self) {
        self.state.held.send_replace(true);
    }
    /// Ends [`FakeLlm::hold`].
    pub fn release(&self) {
        self.state.held.send_replace(false);
    }
    /// Enforces Claude's rate limits by the server's clock; without this they are only announced.
    pub fn limits(&self, limits: ClaudeLimits) {
        self.state.lock().claude.limits(limits);
    }
    /// Changes how Ollama's side is set up.
    pub fn ollama(&self, change: impl FnOnce(&mut OllamaServer)) {
        self.state.ollama.change(change);
    }

    /// The requests so far, in the order of arrival, those to `/__ctl` left out; of very many the
    /// last hundred thousand.
    #[must_use]
    pub fn journal(&self) -> Vec<LlmCall> {
        self.state.lock().journal.calls()
    }
    /// The journal as soon as it is as wanted: a request is written down when it arrives, and how it
    /// ended shortly after whoever asked has the answer.
    ///
    /// # Panics
    /// If that takes unreasonably long.
    pub async fn journal_when(&self, wanted: impl Fn(&[LlmCall]) -> bool) -> Vec<LlmCall> {
        let wait = async {
            loop {
                let mut written = std::pin::pin!(self.state.written.notified());
                written.as_mut().enable();
                let calls = self.journal();
                if wanted(&calls) {
                    return calls;
                }
                written.await;
            }
        };
        let calls = tokio::time::timeout(JOURNAL_WAIT, wait).await;
        calls.unwrap_or_else(|_| panic!("the journal never was as wanted: {:#?}", self.journal()))
    }
    /// How often a path was asked for.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.state.lock().journal.count(path)
    }
    /// How many requests were open at the same time, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.state.lock().journal.most_at_once()
    }
    /// Every model Ollama's side loaded, with the context it was loaded with, in order.
    #[must_use]
    pub fn loads(&self) -> Vec<(String, u64)> {
        self.state.ollama.loads()
    }

    /// What time it is for the server.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.state.now()
    }
    /// Lets time pass for the server.
    pub fn advance_clock(&self, by: Duration) {
        self.state.lock().advanced += by;
    }
    /// Refuses connections until [`FakeLlm::listen_again`]; idle ones are closed.
    pub fn refuse(&self) {
        self.state.ports.send_replace(Port::Closed(None));
    }
    /// Ends [`FakeLlm::refuse`].
    pub fn listen_again(&self) {
        self.state.ports.send_replace(Port::Open);
    }
    /// Forgets scripts, journal, clock, caches, batches and settings.
    pub fn reset(&self) {
        self.state.reset();
    }
}
