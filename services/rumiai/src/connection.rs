//! The broker and the store that workers and those who submit share.

use crate::settings::Settings;
use anyhow::Context;
use artifacts::{Directory, S3, Traced};
use broker::{Rabbit, RabbitConfig};
use jobs::{Client, Reader};
use stage::{Artifacts, Clock};
use std::sync::Arc;
use worker::SystemClock;

/// Broker, store and clock.
pub struct Connection {
    /// The broker.
    pub transport: Arc<Rabbit>,
    /// The store.
    pub store: Arc<dyn Artifacts>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Connection {
    /// Connects to both.
    ///
    /// # Errors
    /// Which of them cannot be reached, and which setting says where it is.
    pub async fn open(settings: &Settings, name: &str) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let store = store(settings, clock.clone())?;
        let config = RabbitConfig {
            connection_name: name.to_owned(),
            ..settings.broker.clone()
        };
        let transport = Rabbit::connect(config)
            .await
            .context("cannot connect to the broker; set broker.url (RUMIAI__BROKER__URL)")?;
        Ok(Self {
            transport: Arc::new(transport),
            store,
            clock,
        })
    }

    /// What people do with jobs, over this connection.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(
            self.transport.clone(),
            self.store.clone(),
            self.clock.clone(),
        )
    }
}

/// What people ask of jobs that were submitted, for which the store is enough.
///
/// # Errors
/// Which setting is unusable.
pub fn reader(settings: &Settings) -> anyhow::Result<Reader> {
    Ok(Reader::new(store(
        settings,
        Arc::new(SystemClock::start()),
    )?))
}

/// The store that is shared: a bucket if one is named, else the folder.
///
/// # Errors
/// Which setting is unusable.
pub fn store(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Artifacts>> {
    let store: Arc<dyn Artifacts> = match settings.store.object_store() {
        Some(config) => Arc::new(S3::open(config).context("store.s3")?),
        None => {
            let root = settings.store_directory()?;
            let opened = Directory::open(&root);
            Arc::new(
                opened.with_context(|| format!("cannot open the store at {}", root.display()))?,
            )
        }
    };
    Ok(Arc::new(Traced::new(store, clock)))
}
