//! Artifacts in an S3 bucket: the store that machines share.

mod config;
mod failure;
mod multipart;
mod probe;
mod read;
mod write;

pub use config::{S3Config, S3ConfigError, S3Limits};
pub use probe::ConditionalWrites;

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region, RequestChecksumCalculation,
        ResponseChecksumValidation, SharedHttpClient, StalledStreamProtectionConfig,
        retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef};
use secrecy::ExposeSecret;
use stage::{ArtifactError, Artifacts};
use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

/// Name under which an object's metadata holds the SHA-256 of its bytes.
const DIGEST: &str = "sha256";

/// Artifacts in an S3 bucket.
///
/// Keys are write-once by `If-None-Match: *`; whether a server honours it is found out by
/// [`S3::probe`]. Requests are bounded in time and number; what still fails is
/// [`ArtifactError::Io`], which stages treat as a fault of the surroundings.
#[derive(Clone)]
pub struct S3 {
    client: Client,
    bucket: String,
    /// Empty, or ending in `/`.
    prefix: String,
    limits: S3Limits,
}

impl fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "S3({}/{})", self.bucket, self.prefix)
    }
}

impl S3 {
    /// The bucket that `config` names; nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`S3ConfigError`] naming a setting that cannot be meant.
    pub fn open(config: &S3Config) -> Result<Self, S3ConfigError> {
        config.validate()?;
        let folder = config.prefix.trim_end_matches('/');
        Ok(Self {
            client: Client::from_conf(client_config(config)),
            bucket: config.bucket.clone(),
            prefix: if folder.is_empty() {
                String::new()
            } else {
                format!("{folder}/")
            },
            limits: config.limits.clone(),
        })
    }

    /// Makes the bucket unless it is there: for tests and servers of one's own. Workers need no
    /// permission for it.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] if the server refuses or fails.
    pub async fn create_bucket(&self) -> Result<(), ArtifactError> {
        let asked = self.client.create_bucket().bucket(&self.bucket).send();
        match asked.await {
            Ok(_) => Ok(()),
            Err(error) if failure::code(&error) == "BucketAlreadyOwnedByYou" => Ok(()),
            Err(error) => Err(failure::io("make the bucket of", &self.bucket, error)),
        }
    }

    fn place(&self, key: &ArtifactKey) -> String {
        format!("{}{key}", self.prefix)
    }
}

fn client_config(config: &S3Config) -> aws_sdk_s3::Config {
    let token = config.session_token.as_ref();
    let credentials = Credentials::new(
        &config.access_key,
        config.secret_key.expose_secret(),
        token.map(|token| token.expose_secret().to_owned()),
        None,
        "settings",
    );
    let mut builder = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region.clone()))
        .credentials_provider(credentials)
        .force_path_style(true)
        .http_client(http_client(config))
        .timeout_config(timeouts(&config.limits))
        .retry_config(retries(&config.limits))
        // Bodies are watched here, by limits that can be set.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        // Other servers than AWS choke on trailing checksums; ours is in a header.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    builder.set_endpoint_url(config.endpoint.clone());
    builder.build()
}

fn http_client(config: &S3Config) -> SharedHttpClient {
    let plain = |text: &String| text.starts_with("http://");
    if config.endpoint.as_ref().is_some_and(plain) {
        return aws_smithy_http_client::Builder::new().build_http();
    }
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

fn timeouts(limits: &S3Limits) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(limits.connect_timeout_s))
        .operation_attempt_timeout(Duration::from_secs(limits.attempt_timeout_s))
        .operation_timeout(Duration::from_secs(limits.operation_timeout_s))
        .build()
}

fn retries(limits: &S3Limits) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(limits.attempts)
        .with_initial_backoff(Duration::from_millis(limits.base_delay_ms))
        .with_max_backoff(Duration::from_millis(limits.max_delay_ms))
}

#[async_trait]
impl Artifacts for S3 {
    async fn put(&self, key: &ArtifactKey, bytes: Bytes) -> Result<ArtifactRef, ArtifactError> {
        self.put_bytes(key, bytes).await
    }

    async fn put_file(&self, key: &ArtifactKey, path: &Path) -> Result<ArtifactRef, ArtifactError> {
        self.put_path(key, path).await
    }

    async fn get(&self, wanted: &ArtifactRef) -> Result<Bytes, ArtifactError> {
        self.read_all(wanted).await
    }

    async fn get_range(
        &self,
        wanted: &ArtifactRef,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError> {
        self.read_range(wanted, range).await
    }

    async fn local_file(
        &self,
        wanted: &ArtifactRef,
        scratch: &Path,
    ) -> Result<PathBuf, ArtifactError> {
        self.copy_to(wanted, scratch).await
    }

    async fn find(&self, key: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError> {
        self.look_up(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, ArtifactError> {
        self.keys(prefix).await
    }
}
