//! Fetching a URL to a file, under limits.

use crate::{
    compute::{UrlError, check_url, container_extension, is_fetchable},
    config::IngestConfig,
};
use futures::StreamExt;
use reqwest::{
    Certificate, Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::LOCATION,
    redirect,
};
use stage::{BoxError, StageContext, StageError};
use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{fs::File, io::AsyncWriteExt};
use url::Url;

/// Why a URL could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
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
    /// No answer, or an answer that broke off.
    #[error("cannot fetch from {host}")]
    Network {
        /// From where; the full URL may hold a secret.
        host: String,
        /// What went wrong.
        #[source]
        source: reqwest::Error,
    },
    /// An answer other than success.
    #[error("{host} answered {status}")]
    Status {
        /// From where.
        host: String,
        /// Its answer.
        status: u16,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// A redirect to somewhere that may not be fetched.
    #[error("{host} redirects to an address that is not fetched")]
    Redirect {
        /// From where.
        host: String,
        /// Why.
        #[source]
        source: UrlError,
    },
    /// Redirects without end.
    #[error("more than {0} redirects")]
    TooManyRedirects(u32),
    /// Too much of it.
    #[error("file is larger than {limit} bytes; raise `ingest.max_bytes` to accept it")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// Something other than a video.
    #[error("{host} did not send a video: expected MP4, MOV, Matroska or WebM")]
    NotAVideo {
        /// From where.
        host: String,
    },
    /// Less of it than announced.
    #[error("{host} announced {expected} bytes and sent {actual}")]
    Short {
        /// From where.
        host: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes received.
        actual: u64,
    },
    /// Took too long.
    #[error("download took longer than {0:?}; raise `ingest.total_timeout_s` to wait longer")]
    TimedOut(Duration),
    /// No room for it.
    #[error("cannot write the download: check free space")]
    Write(#[source] io::Error),
}

impl From<FetchError> for StageError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Status {
                status: 429 | 500..=599,
                retry_after,
                ..
            } => Self::Transient {
                source: error.into(),
                retry_after,
                parked: false,
            },
            FetchError::Network { .. }
            | FetchError::Short { .. }
            | FetchError::TimedOut(_)
            | FetchError::Write(_) => Self::transient(error),
            _ => Self::rejected(error),
        }
    }
}

/// An `https` client that connects to allowed addresses only.
pub(crate) struct Fetcher {
    client: Client,
    config: IngestConfig,
}

/// Filters what names resolve to. The connector connects to exactly these addresses, so a name
/// cannot change its mind between check and use.
struct AllowedAddresses(IngestConfig);

impl Resolve for AllowedAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let config = self.0.clone();
        Box::pin(async move {
            let resolved = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = resolved
                .filter(|address| is_fetchable(address.ip(), &config))
                .collect();
            if allowed.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

impl Fetcher {
    pub(crate) fn new(config: &IngestConfig) -> Result<Self, FetchError> {
        // One TLS implementation for the whole program; a second call finds it installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .https_only(true)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(config.connect_timeout_s))
            .read_timeout(Duration::from_secs(config.idle_timeout_s))
            .dns_resolver(Arc::new(AllowedAddresses(config.clone())));
        if let Some(path) = &config.ca_file {
            builder = builder.tls_certs_merge(certificates(path)?);
        }
        let client = builder.build().map_err(FetchError::Client)?;
        Ok(Self {
            client,
            config: config.clone(),
        })
    }

    /// Downloads `url` to `path`, following redirects by hand.
    pub(crate) async fn download(
        &self,
        url: &Url,
        path: &Path,
        context: &StageContext,
    ) -> Result<(), FetchError> {
        let total = Duration::from_secs(self.config.total_timeout_s);
        let work = async {
            let response = self.request(url).await?;
            self.save(response, path, context).await
        };
        tokio::time::timeout(total, work)
            .await
            .map_err(|_| FetchError::TimedOut(total))?
    }

    async fn request(&self, url: &Url) -> Result<Response, FetchError> {
        let mut url = url.clone();
        for _ in 0..=self.config.max_redirects {
            let host = host_of(&url);
            let network = |source: reqwest::Error| FetchError::Network {
                host: host.clone(),
                source: source.without_url(),
            };
            let response = self.client.get(url.clone()).send().await.map_err(network)?;
            if response.status().is_success() {
                return Ok(response);
            }
            let next = response
                .headers()
                .get(LOCATION)
                .and_then(|value| value.to_str().ok());
            let Some(next) = next.filter(|_| response.status().is_redirection()) else {
                return Err(refusal(host, &response));
            };
            let joined = url
                .join(next)
                .map_err(|error| UrlError::Malformed(error.to_string()));
            url = joined
                .and_then(|next| check_url(next.as_str(), &self.config))
                .map_err(|source| FetchError::Redirect { host, source })?;
        }
        Err(FetchError::TooManyRedirects(self.config.max_redirects))
    }

    async fn save(
        &self,
        response: Response,
        path: &Path,
        context: &StageContext,
    ) -> Result<(), FetchError> {
        let host = host_of(response.url());
        let limit = self.config.max_bytes;
        let announced = response.content_length();
        if announced.is_some_and(|size| size > limit) {
            return Err(FetchError::TooLarge { limit });
        }
        let mut file = File::create(path).await.map_err(FetchError::Write)?;
        let mut body = response.bytes_stream();
        let (mut received, mut head) = (0, Vec::new());
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|source| FetchError::Network {
                host: host.clone(),
                source: source.without_url(),
            })?;
            if head.len() < 8 {
                head.extend_from_slice(&chunk[..chunk.len().min(8)]);
            }
            received += chunk.len() as u64;
            if received > limit {
                return Err(FetchError::TooLarge { limit });
            }
            if head.len() >= 8 && container_extension(&head).is_none() {
                return Err(FetchError::NotAVideo { host });
            }
            file.write_all(&chunk).await.map_err(FetchError::Write)?;
            context.advance(received, announced.unwrap_or(received));
        }
        file.flush().await.map_err(FetchError::Write)?;
        match announced {
            Some(expected) if expected != received => Err(FetchError::Short {
                host,
                expected,
                actual: received,
            }),
            _ if container_extension(&head).is_none() => Err(FetchError::NotAVideo { host }),
            _ => Ok(()),
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, FetchError> {
    let unusable = |source: BoxError| FetchError::Certificates {
        path: path.to_owned(),
        source,
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.into()))?;
    Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.into()))
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("host").to_owned()
}

fn refusal(host: String, response: &Response) -> FetchError {
    let seconds = response.headers().get(reqwest::header::RETRY_AFTER);
    let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
    FetchError::Status {
        host,
        status: response.status().as_u16(),
        retry_after: seconds.map(Duration::from_secs),
    }
}
