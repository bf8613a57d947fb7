#![doc = include_str!("../README.md")]

mod classify;
pub mod compute;
mod config;

pub use classify::{CLASSIFIER, Classifier};
pub use config::{Config, InvalidConfig};

use compute::spectrum::MelBands;
use contracts::{
    StageName,
    decoded::AudioTrack,
    manifest::ModelStamp,
    messages::{SoundInput, SoundMeasured},
    sound::SoundEnergy,
};
use media::audio;
use stage::{Stage, StageContext, StageError};

/// Name of the artifact this stage stores.
pub const SOUND_FILE: &str = "sound.json";

/// The `sound` stage.
pub struct Sound {
    config: Config,
    classifier: Classifier,
}

impl Sound {
    /// A stage with checked settings that measures what needs no network.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the setting at fault.
    pub fn new(config: Config) -> Result<Self, InvalidConfig> {
        config.validate()?;
        Ok(Self {
            config,
            classifier: Classifier::default(),
        })
    }

    /// The same stage, which tells speech, music and other sound apart as well.
    #[must_use]
    pub fn with_classifier(mut self, classifier: Classifier) -> Self {
        self.classifier = classifier;
        self
    }

    async fn measure(
        &self,
        track: &AudioTrack,
        context: &StageContext,
    ) -> Result<SoundEnergy, StageError> {
        let bytes = context.artifacts.get(&track.samples).await?;
        let (config, classifier, track) =
            (self.config.clone(), self.classifier.clone(), track.clone());
        context
            .blocking(move || {
                let samples = audio::samples(&bytes, &track).map_err(StageError::rejected)?;
                let energies = MelBands::default().energies(&samples);
                let rate = track.sample_rate_hz;
                let mut measured = compute::measure_with(&samples, &energies, rate, &config)
                    .map_err(StageError::rejected)?;
                if !samples.is_empty() {
                    match classifier.classify(&samples, &energies, &config) {
                        Ok(classes) => {
                            (measured.classes, measured.classes_reason) = (Some(classes), None);
                        }
                        Err(reason) => measured.classes_reason = Some(reason),
                    }
                }
                Ok(measured)
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

    fn models(&self) -> Vec<ModelStamp> {
        self.classifier.stamp().into_iter().collect()
    }
}
