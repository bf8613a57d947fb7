//! The service: what it is made of, how it begins and how it ends.

use crate::{
    background,
    compute::{
        filter,
        lexicon::{Lexicon, LexiconError},
    },
    counters::Counters,
    failure::Failure,
    http,
    ledger::Ledger,
    ports::{Admin, Batches, Dossiers, Embedder, Scorer},
    settings::{Settings, SettingsError, SignalTrim},
    store::{Store, StoreError},
};
use stage::Clock;
use std::{
    io,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// How long those who are told that the service ends have to hear it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What the service is given.
pub struct Ports {
    /// Classifies.
    pub scorer: Arc<dyn Scorer>,
    /// Writes dossiers.
    pub dossiers: Arc<dyn Dossiers>,
    /// Compares by meaning, where there is a model for it.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Looks after models, caches and templates.
    pub admin: Arc<dyn Admin>,
    /// Classifies within a day, for less money, where that is wanted.
    pub batches: Option<Arc<dyn Batches>>,
    /// What asking models took.
    pub ledger: Ledger,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// All metrics, as Prometheus reads them.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// Why the service cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings cannot be meant.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The words cannot be read.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
}

/// Everything that requests share.
pub struct Shared {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) scorer: Arc<dyn Scorer>,
    pub(crate) dossiers: Arc<dyn Dossiers>,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    pub(crate) admin: Arc<dyn Admin>,
    pub(crate) batches: Option<Arc<dyn Batches>>,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) lexicon: Lexicon,
    pub(crate) counters: Counters,
    /// Questions are asked in the order in which they came, whoever asks.
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) dossiers_wanted: Notify,
    pub(crate) jobs_wanted: Notify,
    pub(crate) serving: AtomicBool,
    /// Fires when the grace is over: whoever still waits is told so.
    pub(crate) late: CancellationToken,
    pub(crate) started: Duration,
}

/// The service. Clones are the same one.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

impl Deref for Service {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Service {
    /// Opens the store and makes the service ready to be served.
    ///
    /// # Errors
    /// [`StartError`] if settings, store or words cannot be used.
    pub async fn open(settings: Settings, ports: Ports) -> Result<Self, StartError> {
        settings.check()?;
        let store = Store::open(&settings.database_url, ports.clock.clone()).await?;
        Ok(Self(Arc::new(Shared {
            gate: Arc::new(Semaphore::new(settings.llm_max_concurrency.max(1))),
            store,
            scorer: ports.scorer,
            dossiers: ports.dossiers,
            embedder: ports.embedder,
            admin: ports.admin,
            batches: ports.batches,
            ledger: ports.ledger,
            started: ports.clock.monotonic(),
            clock: ports.clock,
            metrics: ports.metrics,
            lexicon: Lexicon::builtin()?,
            counters: Counters::default(),
            dossiers_wanted: Notify::new(),
            jobs_wanted: Notify::new(),
            serving: AtomicBool::new(false),
            late: CancellationToken::new(),
            settings,
        })))
    }

    /// The store, for whoever joins the parts of the program.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Serves until `stop` fires, then ends what was begun within the grace of the settings.
    /// What could not be ended is given back: another process, or the next, does it again.
    ///
    /// # Errors
    /// [`io::Error`] if the listener fails.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        tracing::info!(address = %listener.local_addr()?, "signals are classified");
        let mut background = JoinSet::new();
        background.spawn(background::dossiers(self.clone(), stop.clone()));
        background.spawn(background::jobs(self.clone(), stop.clone()));
        background.spawn(background::costs(self.clone(), stop.clone()));
        background.spawn(background::day_batches(self.clone(), stop.clone()));
        background.spawn(background::park(self.clone(), stop.clone()));
        self.serving.store(true, Ordering::SeqCst);
        let begun_to_stop = {
            let (service, stop) = (self.clone(), stop.clone());
            async move {
                stop.cancelled().await;
                service.serving.store(false, Ordering::SeqCst);
            }
        };
        let server = axum::serve(listener, http::router(self))
            .with_graceful_shutdown(begun_to_stop)
            .into_future();
        let ended = tokio::select! {
            ended = async { tokio::join!(server, drained(&mut background)).0 } => ended,
            () = self.out_of_time(&stop) => Ok(()),
        };
        background.shutdown().await;
        if let Err(failure) = self.keep_costs().await {
            tracing::warn!(reason = %failure, "what asking took last is not kept");
        }
        self.store.close().await;
        ended
    }

    /// Keeps what asking models took since this was done last.
    pub(crate) async fn keep_costs(&self) -> Result<(), Failure> {
        let fresh = self.ledger.take_fresh();
        if fresh.is_empty() {
            return Ok(());
        }
        let kept = self.store.add_costs(&fresh).await;
        if kept.is_err() {
            self.ledger.give_back(fresh);
        }
        Ok(kept?)
    }

    /// Most characters of a signal that is handed in; one that is trimmed may be as long as it
    /// likes.
    pub(crate) fn signal_limit(&self) -> filter::Limit {
        let most = self.settings.signal_max_chars;
        match self.settings.signal_trim {
            SignalTrim::Off => filter::Limit::Refuse(most),
            SignalTrim::HeadTail => filter::Limit::Trim(most),
        }
    }

    /// Ends when `stop` fired, the grace is over, and those who still waited were told.
    async fn out_of_time(&self, stop: &CancellationToken) {
        stop.cancelled().await;
        let grace = self.settings.shutdown_grace;
        tokio::time::sleep(grace).await;
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(grace_ms, "requests did not end in time; they are cancelled");
        self.late.cancel();
        tokio::time::sleep(LAST_WORDS).await;
    }
}

async fn drained(background: &mut JoinSet<()>) {
    while background.join_next().await.is_some() {}
}
