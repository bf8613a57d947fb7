//! The adapters in front of servers that speak as Ollama and Claude do.
#![allow(dead_code, reason = "not every test uses everything")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use crate::common;
use cache::{Cache, CacheConfig};
use classify::{
    adapters::{
        Asker, AskerParts, CachedEmbedder, ClaudeBatches, ModelAdmin, ModelDossiers, ModelScorer,
        OllamaDirections,
    },
    ledger::Ledger,
    ports::ScoreRequest,
    settings::Asking,
};
use llm::{Cached, Client, settings::LlmSettings};
use prompts::{Repository, framing::Marks};
use serde_json::Value;
use stage::Clock;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use testkit::fake_llm::{Answer, FakeLlm};
use tokio_util::sync::CancellationToken;

/// 20 November 2026: a day on which prices are known.
const TODAY_S: u64 = 1_795_132_800;

pub struct Today;

impl Clock for Today {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(TODAY_S)
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct CacheTime;

impl cache::Clock for CacheTime {
    fn unix_ms(&self) -> u64 {
        TODAY_S * 1000
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

pub fn llm_settings(fake: &FakeLlm) -> LlmSettings {
    LlmSettings {
        ollama_base_url: fake.base_url(),
        claude_base_url: fake.base_url(),
        claude_api_key: Some(FakeLlm::api_key().into()),
        claude_slow_start: 0,
        llm_retry_base_ms: 1,
        llm_ttft_timeout: 1,
        llm_idle_timeout: 1,
        batch_concurrency_limit: 8,
        ollama_num_parallel_hint: 8,
        ..LlmSettings::default()
    }
}

pub struct Models {
    pub fake: FakeLlm,
    pub asker: Asker,
    pub scorer: ModelScorer,
    pub dossiers: ModelDossiers,
    pub admin: ModelAdmin,
    pub ledger: Ledger,
}

/// What differs between tests.
pub struct Wish<'a> {
    pub marks: [u8; 32],
    pub normalises: bool,
    pub folder: Option<&'a Path>,
    pub shadow_rate: f64,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            marks: [7; 32],
            normalises: true,
            folder: None,
            shadow_rate: 0.0,
        }
    }
}

pub async fn cache() -> Arc<Cache<llm::Failed>> {
    let ports = cache::Ports {
        clock: Arc::new(CacheTime),
        random: Arc::new(|| 0.5),
    };
    Arc::new(Cache::open(CacheConfig::default(), ports).await.unwrap())
}

pub fn asker(fake: &FakeLlm, cache: Arc<Cache<llm::Failed>>, wish: &Wish<'_>) -> Asker {
    let clock: Arc<dyn Clock> = Arc::new(Today);
    let client = Client::from_settings(llm_settings(fake), clock.clone(), Arc::new(|| 0.5));
    let (templates, _) = Repository::open(prompts::Settings {
        folder: wish.folder.map(Path::to_owned),
        shadow_rate: wish.shadow_rate,
        ..prompts::Settings::default()
    })
    .unwrap();
    Asker::new(AskerParts {
        cached: Cached::new(client.unwrap(), cache),
        templates: Arc::new(templates),
        marks: Marks::seeded(wish.marks),
        normalises: wish.normalises,
        asking: Asking::default(),
        ledger: Ledger::new(clock),
        stop: CancellationToken::new(),
    })
}

pub async fn models_with(wish: &Wish<'_>) -> Models {
    let fake = FakeLlm::start().await;
    says(&fake, common::answer(42.0, 30.0, 6.0));
    let asker = asker(&fake, cache().await, wish);
    let ledger = asker.parts().ledger.clone();
    let settings = llm_settings(&fake);
    Models {
        scorer: ModelScorer::new(asker.clone(), "gemma3:1b".into()),
        dossiers: ModelDossiers::new(asker.clone()),
        admin: ModelAdmin::new(asker.clone(), settings, Arc::new(Today), true),
        fake,
        asker,
        ledger,
    }
}

pub async fn models() -> Models {
    models_with(&Wish::default()).await
}

/// Lets every model answer so.
pub fn says(fake: &FakeLlm, answer: Value) {
    fake.answer_with(move |_| Some(Answer::text(answer.to_string())));
}

pub fn request(text: &str) -> ScoreRequest {
    ScoreRequest {
        signal_text: text.into(),
        icp_context: "sizes: 1, 2-5".into(),
        cache: cache::Mode::On,
    }
}

impl Models {
    pub fn embedder(&self) -> CachedEmbedder<OllamaDirections> {
        let cached = self.asker.parts().cached.clone();
        let within = Duration::from_secs(10);
        let name = "nomic-embed-text".into();
        let source = OllamaDirections::new(cached.client().clone(), name, within);
        CachedEmbedder::new(source, cached, Duration::from_secs(60), Arc::new(Today)).unwrap()
    }
    pub fn batches(&self) -> ClaudeBatches {
        let settings = llm_settings(&self.fake);
        ClaudeBatches::new(self.asker.clone(), &settings, Arc::new(Today)).unwrap()
    }
    /// The bodies of all questions that were asked.
    pub fn asked(&self) -> Vec<Value> {
        let calls = self.fake.journal().into_iter();
        calls
            .filter(|call| call.path == "/api/chat")
            .map(|call| call.body)
            .collect()
    }
}
