//! The stage on one clip, before a provider that is told what to say.
#![allow(clippy::unwrap_used, dead_code, reason = "tests")]

use cache::{Cache, CacheConfig, Ports};
use contracts::{
    ArtifactKey, ArtifactRef, MediaTime, StageName, VideoId,
    analysis::{ANALYSES, TEMPORAL_MARKERS},
    messages::{Analysed, AnalysisFiles, Commented, InsightInput},
};
use insight::{Commentator, Config, Insight, Parts};
use llm::{Cached, Client, answer::Record, settings::LlmSettings};
use prompts::{Repository, framing::Marks};
use serde::de::DeserializeOwned;
use serde_json::Value;
use stage::{Artifacts, Clock, Stage, StageError};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use testkit::{Bench, fake_llm::FakeLlm};

/// 20 November 2026: a day on which prices and ends of models are known.
const TODAY: Duration = Duration::from_secs(1_795_132_800);

/// A unified analysis in which everything was measured.
const UNIFIED: &str = "perceived/unified_analysis.json";

struct Day;

impl Clock for Day {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + TODAY
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl cache::Clock for Day {
    fn unix_ms(&self) -> u64 {
        u64::try_from(TODAY.as_millis()).unwrap()
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Everything the stage touches.
pub struct Clip {
    pub bench: Bench,
    pub fake: FakeLlm,
    pub config: Config,
    pub input: InsightInput,
    cache: Arc<Cache<llm::Failed>>,
}

/// What came of it.
pub struct Outcome {
    pub report: Value,
    pub records: Vec<Record>,
}

impl Outcome {
    pub fn record(&self, analysis: &str) -> &Record {
        let mut records = self.records.iter();
        records.find(|one| one.prompt_type == analysis).unwrap()
    }
}

fn golden(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../timeline/tests/golden");
    fs::read(folder.join(file)).unwrap()
}

async fn put(bench: &Bench, name: &str, bytes: Vec<u8>) -> ArtifactRef {
    let key = ArtifactKey::new(format!("jobs/test/timeline/{name}")).unwrap();
    bench.artifacts.put(&key, bytes.into()).await.unwrap()
}

impl Clip {
    /// A clip of which everything was measured.
    pub async fn measured(commentator: Commentator) -> Self {
        let bench = Bench::default();
        let unified = put(&bench, "unified.json", golden(UNIFIED)).await;
        let mut analyses = Vec::new();
        for analysis in ANALYSES {
            let name = analysis.name;
            let file = format!("{name}_ml.json");
            let ml = put(&bench, &file, golden(&format!("rich/{file}"))).await;
            analyses.push(AnalysisFiles {
                name: name.into(),
                result: ml.clone(),
                complete: ml.clone(),
                ml,
            });
        }
        let analysed = Analysed {
            video_id: VideoId::from_name("clip"),
            unified,
            analyses,
            failed: Vec::new(),
            creative: None,
            degraded: false,
        };
        let ports = Ports {
            clock: Arc::new(Day),
            random: Arc::new(|| 0.5),
        };
        let cache = Cache::open(CacheConfig::default(), ports).await.unwrap();
        Self {
            bench,
            fake: FakeLlm::start().await,
            config: Config {
                commentator,
                ..Config::default()
            },
            input: InsightInput {
                analysed,
                duration: MediaTime::from_seconds(12.0),
            },
            cache: Arc::new(cache),
        }
    }

    /// The same clip with another unified analysis.
    pub async fn change_unified(&mut self, change: impl FnOnce(&mut Value)) {
        let mut unified = serde_json::from_slice(&golden(UNIFIED)).unwrap();
        change(&mut unified);
        let bytes = serde_json::to_vec(&unified).unwrap();
        self.input.analysed.unified = put(&self.bench, "changed.json", bytes).await;
    }

    fn client(&self) -> Client {
        let settings = LlmSettings {
            claude_base_url: self.fake.base_url(),
            ollama_base_url: self.fake.base_url(),
            claude_api_key: Some(FakeLlm::api_key().into()),
            llm_retry_base_ms: 1,
            claude_slow_start: 0,
            ..LlmSettings::default()
        };
        Client::from_settings(settings, Arc::new(Day), Arc::new(|| 0.5)).unwrap()
    }

    /// Runs the stage as a process does whose marks come of this secret.
    pub async fn run_in(&self, secret: u8) -> Result<Outcome, StageError> {
        let (templates, _) = Repository::open(prompts::Settings::default()).unwrap();
        let parts = Parts {
            models: Cached::new(self.client(), self.cache.clone()),
            templates: Arc::new(templates),
            marks: Marks::seeded([secret; 32]),
        };
        let stage = Insight::new(self.config.clone(), parts).unwrap();
        let context = self.bench.context(StageName::Insight);
        let commented: Commented = stage.run(self.input.clone(), &context).await?;
        let mut records = Vec::new();
        for comment in &commented.analyses {
            let record: Record = self.load(&comment.record).await;
            assert_eq!(comment.name, record.prompt_type);
            assert_eq!(comment.missing, record.error);
            records.push(record);
        }
        Ok(Outcome {
            report: self.load(&commented.report).await,
            records,
        })
    }

    pub async fn run(&self) -> Result<Outcome, StageError> {
        self.run_in(7).await
    }

    /// What was measured of an analysis.
    pub async fn metrics(&self, analysis: &str) -> Value {
        let mut all = self.input.analysed.analyses.iter();
        let files = all.find(|files| files.name == analysis).unwrap();
        self.load(&files.ml).await
    }

    pub async fn load<T: DeserializeOwned>(&self, reference: &ArtifactRef) -> T {
        let bytes = self.bench.artifacts.get(reference).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// What is stored of the analyses.
    pub async fn measured_bytes(&self) -> Vec<bytes::Bytes> {
        let mut all = vec![&self.input.analysed.unified];
        all.extend(self.input.analysed.analyses.iter().map(|files| &files.ml));
        let mut bytes = Vec::new();
        for reference in all {
            bytes.push(self.bench.artifacts.get(reference).await.unwrap());
        }
        bytes
    }
}

/// Names of the analyses that are commented on.
pub fn names() -> Vec<&'static str> {
    let commented = ANALYSES.into_iter().filter(|one| *one != TEMPORAL_MARKERS);
    commented.map(|one| one.name).collect()
}
