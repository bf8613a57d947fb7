//! What names mean, and an `https` client that connects to allowed addresses only.

use crate::{
    compute::is_fetchable,
    config::{ConfigError, IngestConfig},
};
use async_trait::async_trait;
use reqwest::{
    Certificate, Client, ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use stage::BoxError;
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Who says which addresses a name has.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses of a host.
    ///
    /// # Errors
    /// If nobody knows the name.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The names this machine knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let addresses = tokio::net::lookup_host((host, 0)).await?;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A setting cannot be meant.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The certificate file named in the settings is unusable.
    #[error("cannot use certificates of {path}: `ingest.ca_file` must name a PEM file")]
    Certificates {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: BoxError,
    },
    /// The HTTP client could not be built.
    #[error("cannot set up the https client")]
    Client(#[source] reqwest::Error),
}

/// A name that stands for an address which is not fetched.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no public address, or one that is not public beside it")]
pub(crate) struct NotPublic(String);

/// Whether a request failed because of [`NotPublic`], however deep that lies.
pub(crate) fn is_not_public(error: &reqwest::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.is::<NotPublic>() {
            return true;
        }
        next = cause.source();
    }
    false
}

/// Judges what names resolve to. The connector connects to exactly these addresses, so a name
/// cannot change its mind between check and use; it is asked anew for every connection.
struct Guard {
    names: Arc<dyn Names>,
    config: IngestConfig,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, config) = (self.names.clone(), self.config.clone());
        Box::pin(async move {
            let addresses = names.resolve(name.as_str()).await?;
            // One address inside is enough to refuse the name: which one is tried is not ours.
            let allowed = !addresses.is_empty()
                && addresses
                    .iter()
                    .all(|address| is_fetchable(*address, &config));
            if !allowed {
                return Err(NotPublic(name.as_str().to_owned()).into());
            }
            let addresses = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// What both clients have in common: no proxies of the environment, no redirects of their own.
fn builder(config: &IngestConfig) -> Result<ClientBuilder, SetupError> {
    // One TLS implementation for the whole program; a second call finds it installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(config.connect_timeout_s));
    Ok(match &config.ca_file {
        Some(path) => builder.tls_certs_merge(certificates(path)?),
        None => builder,
    })
}

/// A client for addresses that strangers name.
pub(crate) fn guarded_client(
    config: &IngestConfig,
    names: Arc<dyn Names>,
) -> Result<Client, SetupError> {
    let guard = Guard {
        names,
        config: config.clone(),
    };
    builder(config)?
        .https_only(true)
        .read_timeout(Duration::from_secs(config.idle_timeout_s))
        .dns_resolver(Arc::new(guard))
        .build()
        .map_err(SetupError::Client)
}

/// A client for the one address that the settings name.
pub(crate) fn trusted_client(config: &IngestConfig) -> Result<Client, SetupError> {
    builder(config)?
        .https_only(!config.allow_loopback)
        .timeout(Duration::from_secs(config.apify.request_timeout_s))
        .build()
        .map_err(SetupError::Client)
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, SetupError> {
    let unusable = |source: BoxError| SetupError::Certificates {
        path: path.to_owned(),
        source,
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.into()))?;
    Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.into()))
}
