#![doc = include_str!("../README.md")]

pub mod compute;
mod config;

pub use config::{Config, InvalidConfig};

use contracts::{
    StageName,
    decoded::ChangeSignals,
    messages::{ShotsFound, ShotsInput},
};
use stage::{Stage, StageContext, StageError};

/// Name of the artifact this stage stores.
pub const SHOTS_FILE: &str = "shots.json";

/// The `shots` stage.
#[derive(Debug, Clone)]
pub struct Shots {
    config: Config,
}

impl Shots {
    /// A stage with checked settings.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the setting at fault.
    pub fn new(config: Config) -> Result<Self, InvalidConfig> {
        config.validate()?;
        Ok(Self { config })
    }
}

impl Stage for Shots {
    type Input = ShotsInput;
    type Output = ShotsFound;
    const NAME: StageName = StageName::Shots;

    async fn run(
        &self,
        input: ShotsInput,
        context: &StageContext,
    ) -> Result<ShotsFound, StageError> {
        let signals: ChangeSignals = context.load_packed(&input.decoded.signals).await?;
        let duration = input.decoded.probe.duration;
        let config = self.config.clone();
        let list = context
            .blocking(move || {
                compute::find_shots(&signals, duration, &config).map_err(StageError::rejected)
            })
            .await?;
        context.advance(1, 1);
        Ok(ShotsFound {
            shots: context.store_json(SHOTS_FILE, &list).await?,
            shot_count: list.total_scenes,
        })
    }
}
