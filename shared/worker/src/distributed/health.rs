//! Whether the worker lives and takes work, as an orchestrator asks.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use broker::Link;
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

/// What a worker knows of its own health.
pub struct Health {
    link: watch::Receiver<Link>,
    facts: Mutex<Facts>,
}

#[derive(Default)]
struct Facts {
    /// Whether it has begun to take.
    started: bool,
    draining: bool,
    /// Why it cannot go on: only a new process helps.
    broken: Option<String>,
    /// Why it takes nothing for now, by what says so.
    pauses: BTreeMap<String, String>,
}

impl Health {
    pub(crate) fn new(link: watch::Receiver<Link>) -> Self {
        Self {
            link,
            facts: Mutex::default(),
        }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn started(&self) {
        self.facts().started = true;
    }

    pub(crate) fn draining(&self) {
        self.facts().draining = true;
    }

    pub(crate) fn break_down(&self, reason: impl Into<String>) {
        self.facts().broken.get_or_insert(reason.into());
    }

    /// Why it cannot go on, if so.
    pub(crate) fn broken(&self) -> Option<String> {
        self.facts().broken.clone()
    }

    /// Notes how publishing goes.
    pub(crate) fn publishing(&self, state: Result<(), String>) {
        self.pause("publishing", state.err());
    }

    /// Notes why `who` takes nothing for now; `None` if it does.
    pub(crate) fn pause(&self, who: &str, why: Option<String>) {
        let mut facts = self.facts();
        match why {
            Some(why) => facts.pauses.insert(who.into(), why),
            None => facts.pauses.remove(who),
        };
    }

    /// Whether the process should live on.
    ///
    /// # Errors
    /// Why not. Never because of a neighbour: a broker that is away is no reason to restart
    /// everything else.
    pub fn live(&self) -> Result<(), String> {
        self.facts().broken.clone().map_or(Ok(()), Err)
    }

    /// Whether it takes work.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self) -> Result<(), String> {
        self.live()?;
        match &*self.link.borrow() {
            Link::Up => {}
            Link::Down => return Err("no connection to the broker".into()),
            Link::Blocked(reason) => return Err(format!("the broker takes nothing: {reason}")),
        }
        let facts = self.facts();
        if facts.draining {
            return Err("draining".into());
        }
        if !facts.started {
            return Err("starting".into());
        }
        match facts.pauses.iter().next() {
            Some((who, why)) => Err(format!("{who}: {why}")),
            None => Ok(()),
        }
    }
}

/// What answers over HTTP.
#[derive(Clone)]
struct Answers {
    health: Arc<Health>,
    metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// Serves `/livez`, `/readyz` and `/metrics` until `stop` fires.
///
/// # Errors
/// [`io::Error`] if the address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    health: Arc<Health>,
    metrics: Arc<dyn Fn() -> String + Send + Sync>,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "health and metrics are served");
    let router = Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .route("/metrics", get(render))
        .with_state(Answers { health, metrics });
    axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

async fn live(State(answers): State<Answers>) -> (StatusCode, String) {
    answer(answers.health.live())
}

async fn ready(State(answers): State<Answers>) -> (StatusCode, String) {
    answer(answers.health.ready())
}

async fn render(State(answers): State<Answers>) -> String {
    (answers.metrics)()
}

fn answer(state: Result<(), String>) -> (StatusCode, String) {
    match state {
        Ok(()) => (StatusCode::OK, "ok\n".into()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    }
}
