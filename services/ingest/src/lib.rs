#![doc = include_str!("../README.md")]

mod apify;
pub mod compute;
pub mod config;
pub mod failure;
mod fetch;
mod files;
mod known;
pub mod net;
mod platform;
mod problem;

pub use compute::{UrlError, check_url, forms::is_bare_id, is_public};
pub use config::{ConfigError, IngestConfig};
pub use failure::{Failure, Kind};
pub use files::key_of;
pub use net::SetupError;

use apify::Apify;
use compute::{
    forms::{Form, form_of},
    name_of_path, name_of_url,
};
use contracts::{
    ArtifactKey, StageName, VideoId,
    job::{Source, VideoMetadata},
    messages::{IngestInput, Ingested},
};
use fetch::Fetcher;
use net::{Names, SystemNames};
use platform::Platform;
use stage::{Stage, StageContext, StageError};
use std::{path::Path, sync::Arc};
use url::Url;

/// The stage.
pub struct Ingest {
    config: IngestConfig,
    fetcher: Fetcher,
    platform: Platform,
}

/// What consumers will call the video at `source`: the platform's id, the stem of the file's name,
/// or that of the last segment of the URL's path. A short link has a name of its own until it was
/// followed.
#[must_use]
pub fn video_id(source: &Source) -> VideoId {
    let name = match source {
        Source::LocalFile(path) => name_of_path(Path::new(path)),
        Source::Url(text) => return name_of_text(text.trim()),
        Source::Stored { name, .. } => return name.clone(),
    };
    VideoId::from_name(&name)
}

fn name_of_text(text: &str) -> VideoId {
    if let Ok(Form::TikTok(video)) = form_of(text, &IngestConfig::default())
        && let Some(id) = video.id
    {
        return id;
    }
    if let Some(object) = text.strip_prefix("s3://") {
        return VideoId::from_name(&name_of_path(Path::new(object)));
    }
    let name = Url::parse(text).map(|url| name_of_url(&url));
    VideoId::from_name(&name.unwrap_or_default())
}

impl Ingest {
    /// A stage with these limits.
    ///
    /// # Errors
    /// [`SetupError`] if a setting cannot be meant, or the certificate file it names not be used.
    pub fn new(config: IngestConfig) -> Result<Self, SetupError> {
        Self::with_names(config, Arc::new(SystemNames))
    }

    /// The same with another way to learn the addresses of names.
    ///
    /// # Errors
    /// As [`Ingest::new`].
    pub fn with_names(config: IngestConfig, names: Arc<dyn Names>) -> Result<Self, SetupError> {
        config.validate()?;
        let fetcher = Fetcher::new(net::guarded_client(&config, names)?, &config);
        let apify = match config.apify.token() {
            None => None,
            Some(token) => Some(Apify::new(
                net::trusted_client(&config)?,
                config.apify.clone(),
                token.clone(),
            )),
        };
        Ok(Self {
            platform: Platform::new(&config, apify),
            fetcher,
            config,
        })
    }

    async fn take_file(
        &self,
        path: &str,
        id: VideoId,
        context: &StageContext,
    ) -> Result<Ingested, StageError> {
        if !self.config.allow_local_files {
            let text = "files of this machine are not read by their path: upload the video to \
                        the store, or set `ingest.allow_local_files`";
            return Err(Failure::new(Kind::Refused, text).into());
        }
        let source = files::keep(Path::new(path), &self.config, context).await?;
        let metadata = VideoMetadata::unknown(id);
        Ok(Ingested { source, metadata })
    }

    async fn take_stored(
        &self,
        key: &ArtifactKey,
        id: VideoId,
        context: &StageContext,
    ) -> Result<Ingested, StageError> {
        let found = context.artifacts.find(key).await?;
        let source = found.ok_or_else(|| {
            Failure::new(Kind::Gone, format!("nothing lies in the store at {key}"))
        })?;
        files::check_size(source.size_bytes, &self.config)?;
        context.record(source.clone());
        let metadata = VideoMetadata::unknown(id);
        Ok(Ingested { source, metadata })
    }

    async fn take_direct(
        &self,
        url: Url,
        id: VideoId,
        context: &StageContext,
    ) -> Result<Ingested, StageError> {
        let path = context.scratch.join("download");
        self.fetcher.download(&url, &path, context).await?;
        let source = files::keep(&path, &self.config, context).await?;
        let metadata = VideoMetadata {
            url: Some(url.to_string()),
            download_url: Some(url.to_string()),
            ..VideoMetadata::unknown(id)
        };
        Ok(Ingested { source, metadata })
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
        let source = &input.job.source;
        let id = video_id(source);
        let text = match source {
            Source::LocalFile(path) => return self.take_file(path, id, context).await,
            Source::Stored { key, .. } => return self.take_stored(key, id, context).await,
            Source::Url(text) => text,
        };
        match form_of(text, &self.config).map_err(Failure::from)? {
            Form::Object(key) => self.take_stored(&key, id, context).await,
            Form::Direct(url) => self.take_direct(url, id, context).await,
            Form::TikTok(video) => self.platform.take(video, &self.fetcher, context).await,
        }
    }
}
