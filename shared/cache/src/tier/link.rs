//! The connection: made in the background, made again when it is lost.

use super::Tier;
use crate::config::ConfigError;
use futures::{FutureExt, StreamExt};
use redis::{AsyncConnectionConfig, RedisError, aio::MultiplexedConnection, aio::PubSubStream};
use secrecy::{ExposeSecret, SecretString};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

const FIRST_WAIT: Duration = Duration::from_millis(50);

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Whether it is known what was cleared meanwhile.
    usable: bool,
}

/// Where the connection is to be found, while there is one.
pub(super) struct Link {
    client: redis::Client,
    state: Mutex<State>,
    lost: Notify,
    /// Tries to connect so far.
    tries: watch::Sender<u64>,
}

impl Link {
    pub fn new(url: &SecretString) -> Result<Self, ConfigError> {
        Ok(Self {
            client: redis::Client::open(url.expose_secret()).map_err(|_| ConfigError::Url)?,
            state: Mutex::default(),
            lost: Notify::new(),
            tries: watch::Sender::new(0),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For requests.
    pub fn connection(&self) -> Option<MultiplexedConnection> {
        let state = self.state();
        state.usable.then(|| state.connection.clone()).flatten()
    }
    /// For comparing.
    pub fn new_connection(&self) -> Option<MultiplexedConnection> {
        self.state().connection.clone()
    }

    /// Asks for another connection.
    pub fn renew(&self) {
        self.lost.notify_one();
    }
}

/// What the keeper of the connection tells.
pub(crate) enum Told {
    /// There is a connection again, or it is time to compare: clears may have been missed.
    Compare,
    /// Somebody removed something.
    Removed(String),
}

/// Keeps `tier` connected, for as long as it is polled, and tells `listener` in order. Requests have
/// a connection once the listener has compared and says so: before, it might show what was cleared.
pub(crate) async fn keep<F: Future<Output = bool>>(tier: &Tier, listener: impl Fn(Told) -> F) {
    let mut wait = FIRST_WAIT;
    let mut told = false;
    loop {
        let ended = match connect(tier).await {
            Ok((connection, messages)) => {
                tier.link.state().connection = Some(connection);
                serve(tier, messages, &listener).await
            }
            Err(error) => Err(Useless(error.to_string())),
        };
        *tier.link.state() = State::default();
        match ended {
            Ok(()) => (wait, told) = (FIRST_WAIT, false),
            Err(Useless(reason)) => {
                tier.counters.error("connect");
                if !told {
                    tracing::warn!(reason, "cannot use redis; trying on in the background");
                }
                told = true;
            }
        }
        tier.counters.degraded(true);
        tier.link.tries.send_modify(|tries| *tries += 1);
        sleep(tier.ports.jittered(wait, 0.5)).await;
        wait = (wait * 2).min(tier.config.reconnect_max);
    }
}

/// A connection that requests never had, and why.
struct Useless(String);

impl Tier {
    /// Lets requests have the new connection.
    pub(crate) fn use_connection(&self) {
        self.link.state().usable = true;
    }

    /// Waits until it was tried once to connect, with what comes after it.
    pub(crate) async fn tried(&self) {
        let mut tries = self.link.tries.subscribe();
        tries.wait_for(|tries| *tries > 0).await.ok();
    }
}

/// Listening first, so that no message is missed between comparing and listening.
async fn connect(tier: &Tier) -> Result<(MultiplexedConnection, PubSubStream), RedisError> {
    let (link, limit) = (&tier.link, tier.config.connect_timeout);
    let listen = async {
        let mut messages = link.client.get_async_pubsub().await?;
        messages.subscribe(tier.channel()).await?;
        Ok::<_, RedisError>(messages.into_on_message())
    };
    // For answers there is a limit per operation.
    let config = AsyncConnectionConfig::new().set_connection_timeout(limit);
    let command = link
        .client
        .get_multiplexed_async_connection_with_config(&config);
    let both = async { tokio::try_join!(command, listen) };
    timeout(limit, both).await.unwrap_or_else(|_| {
        let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
        Err(RedisError::from(late))
    })
}

/// Until the connection is lost.
async fn serve<F: Future<Output = bool>>(
    tier: &Tier,
    mut messages: PubSubStream,
    listener: &impl Fn(Told) -> F,
) -> Result<(), Useless> {
    // What was asked for on the last connection is done.
    tier.link.lost.notified().now_or_never();
    if !listener(Told::Compare).await {
        return Err(Useless("it does not tell what was cleared".into()));
    }
    tracing::info!("connected to redis");
    tier.link.tries.send_modify(|tries| *tries += 1);
    tier.counters.degraded(tier.is_away());
    let mut goes_on = true;
    while goes_on {
        goes_on = tokio::select! {
            message = messages.next() => match message.map(|message| message.get_payload()) {
                Some(Ok(text)) => listener(Told::Removed(text)).await,
                Some(Err(_)) => true,
                None => false,
            },
            () = tier.link.lost.notified() => false,
            () = sleep(tier.config.sync_every) => listener(Told::Compare).await,
        };
    }
    Ok(())
}
