//! Language models as the settings describe them: a client with a cache before it, and templates.
//! Every program that asks models opens them here.

use crate::settings::{PromptSettings, ResponseCacheSettings};
use anyhow::{Context, anyhow};
use cache::{Cache, Ports};
use llm::{Cached, Client, settings::LlmSettings};
use prompts::{Report, Repository, framing::Marks};
use ring::rand::{SecureRandom, SystemRandom};
use stage::Clock;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio_util::sync::CancellationToken;

/// What a program that asks models is given.
pub struct LanguageModels {
    /// Asks, the cache first.
    pub cached: Cached,
    /// What is said.
    pub templates: Arc<Repository>,
    /// What loading the templates came to.
    pub loaded: Report,
    /// Marks of text from outside, of a secret of this process. Name answers by prompts with marks
    /// of a fixed secret ([`llm::Question::named_by`]), so that processes find each other's.
    pub marks: Marks,
}

impl LanguageModels {
    /// Keeps an eye on models, and on templates if they are to be read again, until it is told to
    /// stop.
    pub async fn watch(&self, settings: &PromptSettings, stop: CancellationToken) {
        let templates = async {
            if settings.prompt_hot_reload {
                prompts::watch(self.templates.clone(), stop.clone()).await;
            }
        };
        tokio::join!(self.cached.client().watch(&stop), templates);
    }
}

/// Opens all of it; nobody is asked yet. A Redis that cannot be reached is no error.
///
/// # Errors
/// Which setting cannot be used, and the folder of templates that cannot be read.
pub async fn open(
    llm: &LlmSettings,
    answers: &ResponseCacheSettings,
    prompts: &PromptSettings,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<LanguageModels> {
    let (templates, loaded) = templates(prompts)?;
    for failure in &loaded.failures {
        let file = failure.file.as_deref().unwrap_or(Path::new(""));
        tracing::warn!(file = %file.display(), "template not taken: {}", failure.message);
    }
    let random: llm::Random = Arc::new(fastrand::f64);
    let client = Client::from_settings(llm.clone(), clock.clone(), random.clone())
        .context("language models cannot be set up")?;
    let config = answers.config().map_err(|error| anyhow!(error))?;
    let clock = Arc::new(CacheClock(clock));
    let cache = Cache::open(config, Ports { clock, random }).await?;
    Ok(LanguageModels {
        cached: Cached::new(client, Arc::new(cache)),
        templates: Arc::new(templates),
        loaded,
        marks: Marks::seeded(secret()?),
    })
}

/// Says which variables look as if they were meant for language models and mean nothing.
pub fn warn_of_unknown(variables: &[String]) {
    for name in variables {
        tracing::warn!(name, "this variable is no setting; is it misspelt?");
    }
}

fn templates(settings: &PromptSettings) -> anyhow::Result<(Repository, Report)> {
    let config = settings.config();
    if let Some(folder) = config
        .folder
        .as_deref()
        .filter(|_| settings.prompt_write_defaults)
    {
        let written = prompts::write_defaults(folder);
        written.with_context(|| format!("cannot write templates to {}", folder.display()))?;
    }
    Repository::open(config).context("PROMPT_TEMPLATE_PATH cannot be used")
}

fn secret() -> anyhow::Result<[u8; 32]> {
    let mut secret = [0; 32];
    let filled = SystemRandom::new().fill(&mut secret);
    filled.map_err(|_| anyhow!("the system gives no randomness"))?;
    Ok(secret)
}

/// The clock as the cache asks for it.
struct CacheClock(Arc<dyn Clock>);

impl cache::Clock for CacheClock {
    fn unix_ms(&self) -> u64 {
        let since = self.0.now().duration_since(SystemTime::UNIX_EPOCH);
        let millis = since.unwrap_or_default().as_millis();
        u64::try_from(millis).unwrap_or(u64::MAX)
    }
    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}
