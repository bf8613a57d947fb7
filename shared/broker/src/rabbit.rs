//! RabbitMQ. The transport owns its connections: it makes them, notices when they are lost, and
//! makes them again; consumers go on, and what was published without proof is published again.

mod config;
mod consume;
mod delivery;
mod publish;
mod session;

pub use config::RabbitConfig;

use crate::{
    message::Outgoing,
    transport::{BrokerError, Consumer, Delivery, Depth, Link, PublishError, Transport},
};
use async_trait::async_trait;
use consume::Wanted;
use session::Session;
use std::sync::Arc;
use tokio::{sync::watch, time::Instant};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// Why there is no transport.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A setting that cannot be meant.
    #[error(
        "broker.{key} is not usable; a broker is given as amqp://user:password@host:5672/vhost, times are above 0, and broker.backoff_max_ms is at most 30000"
    )]
    Setting {
        /// Which.
        key: &'static str,
    },
    /// The broker could not be reached.
    #[error(
        "no connection to the broker at {address} within {patience_s} s; check that it runs, that broker.url is right, and that the user may enter the virtual host"
    )]
    Unreachable {
        /// Where, without the password.
        address: String,
        /// How long it was tried.
        patience_s: u64,
        /// What went wrong last.
        #[source]
        source: BrokerError,
    },
}

/// The transport on RabbitMQ. Dropped or closed, it ends its connections and its tasks.
pub struct Rabbit {
    shared: Arc<Shared>,
    _closes: DropGuard,
}

struct Shared {
    config: RabbitConfig,
    session: watch::Sender<Option<Arc<Session>>>,
    link: watch::Sender<Link>,
    closed: CancellationToken,
    tasks: TaskTracker,
}

impl Rabbit {
    /// Connects, and keeps connected from then on.
    ///
    /// # Errors
    /// [`ConnectError`] if a setting is wrong, or if there is no connection within
    /// [`RabbitConfig::first_connect_patience_s`].
    pub async fn connect(config: RabbitConfig) -> Result<Self, ConnectError> {
        config.validate()?;
        let first = first_session(&config).await?;
        let closed = CancellationToken::new();
        let shared = Arc::new(Shared {
            config,
            session: watch::Sender::new(Some(first.clone())),
            link: watch::Sender::new(Link::Up),
            closed: closed.clone(),
            tasks: TaskTracker::new(),
        });
        shared.tasks.spawn(supervise(shared.clone(), first));
        Ok(Self {
            shared,
            _closes: closed.drop_guard(),
        })
    }
}

async fn first_session(config: &RabbitConfig) -> Result<Arc<Session>, ConnectError> {
    let uri = config.uri()?;
    let deadline = Instant::now() + config.first_connect_patience();
    let mut failures = 0;
    loop {
        let error = match Session::open(config, &uri, 1).await {
            Ok(session) => return Ok(Arc::new(session)),
            Err(error) => error,
        };
        let wait = config.backoff(failures);
        if Instant::now() + wait > deadline {
            return Err(ConnectError::Unreachable {
                address: config.address(),
                patience_s: config.first_connect_patience_s,
                source: error,
            });
        }
        tracing::warn!(address = config.address(), %error, "no connection to the broker yet");
        tokio::time::sleep(wait).await;
        failures = failures.saturating_add(1);
    }
}

/// Keeps a session standing until the transport is closed.
async fn supervise(shared: Arc<Shared>, first: Arc<Session>) {
    let mut session = first;
    loop {
        let cause = session.watch(&shared.link, &shared.closed).await;
        session.end();
        shared.session.send_replace(None);
        shared.link.send_replace(Link::Down);
        session.close().await;
        if shared.closed.is_cancelled() {
            return;
        }
        let generation = session.life.generation;
        tracing::warn!(
            generation,
            cause,
            "the connection to the broker is lost; making another"
        );
        drop(session);
        session = match next_session(&shared, generation + 1).await {
            Some(next) => next,
            None => return,
        };
        tracing::info!(generation = generation + 1, "connected to the broker again");
        shared.session.send_replace(Some(session.clone()));
        shared.link.send_replace(Link::Up);
    }
}

async fn next_session(shared: &Shared, generation: u64) -> Option<Arc<Session>> {
    let config = &shared.config;
    let uri = config.uri().ok()?;
    let mut failures = 0;
    loop {
        let attempt = async {
            tokio::time::sleep(config.backoff(failures)).await;
            Session::open(config, &uri, generation).await
        };
        let opened = tokio::select! {
            () = shared.closed.cancelled() => return None,
            opened = attempt => opened,
        };
        match opened {
            Ok(session) => return Some(Arc::new(session)),
            Err(error) => tracing::warn!(failures, %error, "no connection to the broker"),
        }
        failures = failures.saturating_add(1);
    }
}

impl Shared {
    /// The session that stands, once one does; `None` when the transport is closed.
    async fn session(&self) -> Option<Arc<Session>> {
        let mut sessions = self.session.subscribe();
        let standing = |session: &Option<Arc<Session>>| {
            session
                .as_ref()
                .is_some_and(|session| !session.life.has_ended())
        };
        tokio::select! {
            biased;
            () = self.closed.cancelled() => None,
            found = sessions.wait_for(standing) => found.ok().and_then(|found| found.clone()),
        }
    }

    /// As [`Shared::session`], for those who would rather have an error than wait.
    async fn session_soon(&self) -> Result<Arc<Session>, BrokerError> {
        let waiting = tokio::time::timeout(self.config.publish_timeout(), self.session());
        match waiting.await {
            Ok(Some(session)) => Ok(session),
            Ok(None) => Err("the transport is closed".into()),
            Err(_) => Err("there is no connection to the broker".into()),
        }
    }
}

#[async_trait]
impl Transport for Rabbit {
    async fn publish(&self, queue: &str, message: &Outgoing) -> Result<(), PublishError> {
        self.shared.publish(queue, message).await
    }

    async fn consume(&self, queue: &str, slots: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        let queue = queue.into();
        let taking = self.shared.clone().consume(Wanted { queue, slots });
        Ok(Box::new(taking.await?))
    }

    async fn browse(&self, queue: &str, limit: usize) -> Result<Vec<Delivery>, BrokerError> {
        self.shared.browse(queue, limit).await
    }

    async fn depth(&self, queue: &str) -> Result<Depth, BrokerError> {
        self.shared.depth(queue).await
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.shared.link.subscribe()
    }

    async fn close(&self) {
        self.shared.closed.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}
