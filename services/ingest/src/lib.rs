#![doc = include_str!("../README.md")]

pub mod compute;
mod config;
mod fetch;

pub use compute::{UrlError, check_url, is_public};
pub use config::{ConfigError, IngestConfig};
pub use fetch::FetchError;

use compute::{container_extension, name_of_path, name_of_url};
use contracts::{
    ArtifactKey, Sha256, StageName, VideoId,
    job::{Source, VideoMetadata},
    messages::{IngestInput, Ingested},
};
use fetch::Fetcher;
use sha2::Digest;
use stage::{Stage, StageContext, StageError};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::{fs, io::AsyncReadExt};

/// Bytes read at a time.
const READ_BYTES: usize = 1 << 20;

/// The stage.
pub struct Ingest {
    config: IngestConfig,
    fetcher: Fetcher,
}

/// Why a local file cannot be taken.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("cannot read {path}: check that the file exists and is readable")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not a regular file")]
    NotAFile { path: PathBuf },
    #[error("{path} is empty")]
    Empty { path: PathBuf },
    #[error("{path} has {actual} bytes, limit is {limit}; raise `ingest.max_bytes` to accept it")]
    TooLarge {
        path: PathBuf,
        actual: u64,
        limit: u64,
    },
    #[error("{path} changed while it was read; try again once it is complete")]
    Changed { path: PathBuf },
}

impl From<FileError> for StageError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Changed { .. } => Self::transient(error),
            _ => Self::rejected(error),
        }
    }
}

/// What consumers will call the video at `source`: the stem of the file's name, or of the last
/// segment of the URL's path.
#[must_use]
pub fn video_id(source: &Source) -> VideoId {
    let name = match source {
        Source::LocalFile(path) => name_of_path(Path::new(path)),
        Source::Url(text) => url::Url::parse(text)
            .map(|url| name_of_url(&url))
            .unwrap_or_default(),
        Source::Stored { name, .. } => return name.clone(),
    };
    VideoId::from_name(&name)
}

impl Ingest {
    /// A stage with these limits.
    ///
    /// # Errors
    /// [`FetchError`] if the certificate file it names cannot be used.
    pub fn new(config: IngestConfig) -> Result<Self, FetchError> {
        let fetcher = Fetcher::new(&config)?;
        Ok(Self { config, fetcher })
    }

    /// Refuses what is not a regular file within the limit before opening it: opening a pipe
    /// would wait for ever.
    async fn check_file(&self, path: &Path) -> Result<(), FileError> {
        let unreadable = |source| FileError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let metadata = fs::metadata(path).await.map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(FileError::NotAFile {
                path: path.to_owned(),
            });
        }
        match metadata.len() {
            0 => Err(FileError::Empty {
                path: path.to_owned(),
            }),
            size if size > self.config.max_bytes => Err(FileError::TooLarge {
                path: path.to_owned(),
                actual: size,
                limit: self.config.max_bytes,
            }),
            _ => Ok(()),
        }
    }

    /// Stores the file under its digest.
    async fn keep(
        &self,
        path: &Path,
        metadata: VideoMetadata,
        context: &StageContext,
    ) -> Result<Ingested, StageError> {
        self.check_file(path).await?;
        let (digest, extension) =
            digest_of(path)
                .await
                .map_err(|source| FileError::Unreadable {
                    path: path.to_owned(),
                    source,
                })?;
        let key = ArtifactKey::of_media(digest, &format!("source.{extension}"))
            .map_err(StageError::rejected)?;
        let source = match context.artifacts.find(&key).await? {
            Some(stored) => stored,
            None => context.artifacts.put_file(&key, path).await?,
        };
        if source.digest != digest {
            return Err(FileError::Changed {
                path: path.to_owned(),
            }
            .into());
        }
        context.record(source.clone());
        Ok(Ingested { source, metadata })
    }
}

async fn digest_of(path: &Path) -> io::Result<(Sha256, &'static str)> {
    let mut file = fs::File::open(path).await?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut extension = None;
    loop {
        let count = file.read(&mut buffer).await?;
        if count == 0 {
            return Ok((hasher.into(), extension.unwrap_or("bin")));
        }
        extension =
            extension.or_else(|| Some(container_extension(&buffer[..count]).unwrap_or("bin")));
        hasher.update(&buffer[..count]);
    }
}

impl Stage for Ingest {
    type Input = IngestInput;
    type Output = Ingested;
    const NAME: StageName = StageName::Ingest;

    async fn run(
        &self,
        input: IngestInput,
        context: &StageContext,
    ) -> Result<Ingested, StageError> {
        match &input.job.source {
            Source::LocalFile(path) => {
                let path = Path::new(path);
                let metadata = VideoMetadata::unknown(video_id(&input.job.source));
                self.keep(path, metadata, context).await
            }
            Source::Stored { key, name } => {
                let found = context.artifacts.find(key).await?;
                let source = found.ok_or_else(|| {
                    StageError::rejected(format!("nothing lies in the store at {key}"))
                })?;
                context.record(source.clone());
                Ok(Ingested {
                    source,
                    metadata: VideoMetadata::unknown(name.clone()),
                })
            }
            Source::Url(text) => {
                let url = check_url(text, &self.config).map_err(StageError::rejected)?;
                let path = context.scratch.join("download");
                self.fetcher.download(&url, &path, context).await?;
                let metadata = VideoMetadata {
                    url: Some(url.to_string()),
                    download_url: Some(url.to_string()),
                    ..VideoMetadata::unknown(video_id(&input.job.source))
                };
                self.keep(&path, metadata, context).await
            }
        }
    }
}
