#![doc = include_str!("../README.md")]

pub mod compute;
pub mod config;

pub use config::DecodeConfig;

use compute::{artifacts_of, folder, key};
use contracts::{
    ArtifactRef, Sha256, StageName,
    decoded::{AudioTrack, PictureSet},
    messages::{DecodeInput, Decoded},
};
use media::{DecodedMedia, Decoder, DecoderCommand, PictureFile, Progress};
use serde::Serialize;
use stage::{Stage, StageContext, StageError};
use std::path::Path;

/// Name of the marker that is written last.
const MARKER: &str = "decoded.json";

/// The stage.
pub struct Decode {
    decoder: Decoder,
    folder: String,
}

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The decoder program is missing or a setting is unusable.
    #[error(transparent)]
    Decoder(#[from] media::Error),
    /// The parameters have no name.
    #[error("decode parameters cannot be named")]
    Parameters(#[from] serde_json::Error),
}

impl Decode {
    /// The stage with these settings.
    ///
    /// # Errors
    /// [`Error`] naming the unusable setting, or where the decoder program was looked for.
    pub fn new(config: DecodeConfig) -> Result<Self, Error> {
        config.validate().map_err(media::Error::from)?;
        let command = DecoderCommand::locate(config.decoder.as_deref())?;
        let folder = folder(&config.parameters)?;
        let decoder =
            Decoder::new(command, config.parameters, config.limits).map_err(media::Error::from)?;
        Ok(Self { decoder, folder })
    }
}

impl Stage for Decode {
    type Input = DecodeInput;
    type Output = Decoded;
    const NAME: StageName = StageName::Decode;

    async fn run(&self, input: DecodeInput, context: &StageContext) -> Result<Decoded, StageError> {
        let source = &input.source;
        if let Some(decoded) = self.cached(source.digest, context).await? {
            return Ok(decoded);
        }
        let local = context
            .artifacts
            .local_file(source, &context.scratch)
            .await?;
        let file = tokio::fs::File::open(&local)
            .await
            .map_err(StageError::transient)?
            .into_std()
            .await;
        let progress = |progress: Progress| {
            context.advance(millis(progress.position), millis(progress.duration).max(1));
        };
        let media = self
            .decoder
            .decode(&file, &context.scratch, &context.cancel, &progress)
            .await?;
        let entry = Entry {
            media: source.digest,
            folder: &self.folder,
            context,
        };
        entry.store(media).await
    }
}

fn millis(time: contracts::MediaTime) -> u64 {
    time.nanos() / 1_000_000
}

impl Decode {
    /// What an earlier run left, if all of it is still there.
    async fn cached(
        &self,
        media: Sha256,
        context: &StageContext,
    ) -> Result<Option<Decoded>, StageError> {
        let marker = key(media, &self.folder, MARKER).map_err(StageError::rejected)?;
        let Some(marker) = context.artifacts.find(&marker).await? else {
            return Ok(None);
        };
        let decoded: Decoded = context.load_json(&marker).await?;
        let references = artifacts_of(&decoded);
        for reference in &references {
            if context.artifacts.find(&reference.key).await?.as_ref() != Some(*reference) {
                tracing::warn!(key = %reference.key, "a decoded artifact is gone, decoding again");
                return Ok(None);
            }
        }
        for reference in references {
            context.record(reference.clone());
        }
        context.record(marker);
        Ok(Some(decoded))
    }
}

/// One cache entry being written.
struct Entry<'a> {
    media: Sha256,
    folder: &'a str,
    context: &'a StageContext,
}

impl Entry<'_> {
    async fn store(&self, media: DecodedMedia) -> Result<Decoded, StageError> {
        let frames = self.store_pictures("frames", &media.frames).await?;
        let thumbnails = self.store_pictures("thumbnails", &media.thumbnails).await?;
        let audio = match &media.audio {
            None => None,
            Some(audio) => Some(AudioTrack {
                samples: self.store_file("audio.f32", &audio.path).await?,
                sample_rate_hz: audio.sample_rate_hz,
                sample_count: audio.sample_count,
            }),
        };
        let decoded = Decoded {
            media: self.media,
            signals: self.store_packed("signals.msgpack", &media.signals).await?,
            probe: media.probe,
            completeness: media.completeness,
            frames,
            thumbnails,
            audio,
        };
        let marker = serde_json::to_vec_pretty(&decoded).map_err(StageError::rejected)?;
        self.store_bytes(MARKER, marker).await?;
        Ok(decoded)
    }

    async fn store_pictures(
        &self,
        name: &str,
        pictures: &PictureFile,
    ) -> Result<PictureSet, StageError> {
        let count = pictures.index.pictures.len();
        Ok(PictureSet {
            data: self
                .store_file(&format!("{name}.bin"), &pictures.path)
                .await?,
            index: self
                .store_packed(&format!("{name}.msgpack"), &pictures.index)
                .await?,
            count: u32::try_from(count).map_err(StageError::rejected)?,
        })
    }

    async fn store_packed<T: Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> Result<ArtifactRef, StageError> {
        let bytes = rmp_serde::to_vec_named(value).map_err(StageError::rejected)?;
        self.store_bytes(name, bytes).await
    }

    async fn store_bytes(&self, name: &str, bytes: Vec<u8>) -> Result<ArtifactRef, StageError> {
        let key = key(self.media, self.folder, name).map_err(StageError::rejected)?;
        let reference = self.context.artifacts.put(&key, bytes.into()).await?;
        self.context.record(reference.clone());
        Ok(reference)
    }

    /// Stores a file and frees its space in the scratch directory.
    async fn store_file(&self, name: &str, path: &Path) -> Result<ArtifactRef, StageError> {
        let key = key(self.media, self.folder, name).map_err(StageError::rejected)?;
        let reference = self.context.artifacts.put_file(&key, path).await?;
        // The scratch directory goes with the attempt; what cannot be removed now goes then.
        let _ = tokio::fs::remove_file(path).await;
        self.context.record(reference.clone());
        Ok(reference)
    }
}
