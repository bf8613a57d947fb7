#![doc = include_str!("../README.md")]

pub mod compute;
mod config;

pub use config::{Config, InvalidConfig};

use contracts::{
    StageName,
    decoded::AudioTrack,
    messages::{SoundInput, SoundMeasured},
    sound::SoundEnergy,
};
use stage::{Stage, StageContext, StageError};

/// Name of the artifact this stage stores.
pub const SOUND_FILE: &str = "sound.json";

/// The `sound` stage.
#[derive(Debug, Clone)]
pub struct Sound {
    config: Config,
}

impl Sound {
    /// A stage with checked settings.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the setting at fault.
    pub fn new(config: Config) -> Result<Self, InvalidConfig> {
        config.validate()?;
        Ok(Self { config })
    }

    async fn measure(
        &self,
        track: &AudioTrack,
        context: &StageContext,
    ) -> Result<SoundEnergy, StageError> {
        let bytes = context.artifacts.get(&track.samples).await?;
        let (config, rate, count) = (
            self.config.clone(),
            track.sample_rate_hz,
            track.sample_count,
        );
        context
            .blocking(move || {
                let samples = compute::samples(&bytes, count).map_err(StageError::rejected)?;
                compute::measure(&samples, rate, &config).map_err(StageError::rejected)
            })
            .await
    }
}

impl Stage for Sound {
    type Input = SoundInput;
    type Output = SoundMeasured;
    const NAME: StageName = StageName::Sound;

    async fn run(
        &self,
        input: SoundInput,
        context: &StageContext,
    ) -> Result<SoundMeasured, StageError> {
        let energy = match &input.decoded.audio {
            Some(track) => self.measure(track, context).await?,
            None => compute::without_audio(),
        };
        context.advance(1, 1);
        Ok(SoundMeasured {
            sound: context.store_json(SOUND_FILE, &energy).await?,
            has_audio: energy.has_audio,
        })
    }
}
