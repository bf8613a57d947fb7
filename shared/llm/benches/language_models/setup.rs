//! What is measured against: a provider in another process, and the layer before it.

use cache::{Cache, CacheConfig, Ports, RedisConfig};
use llm::{
    Aliases, Cached, Client, ClientParts, Failed, Target,
    catalogue::Catalogue,
    claude::{Claude, ClaudeConfig},
    error::Failure,
    ollama::{Ollama, OllamaConfig},
    provider::{Ask, Call, Deltas, Embeddings, ModelInfo, Prepared, Probe, Provider, Reply},
    settings::LlmSettings,
};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// More than anything here needs.
const PLENTY: u64 = 100_000_000_000;
/// Calls at once of one model, at most.
const AT_ONCE: u32 = 256;

/// The machine's time.
#[derive(Clone, Copy)]
pub struct Machine(Instant);

impl Machine {
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl stage::Clock for Machine {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

impl cache::Clock for Machine {
    fn unix_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The provider of the tests as a process of its own. Ends with its value.
pub struct Fake {
    process: Child,
    pub url: String,
    pub key: String,
    http: reqwest::Client,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Fake {
    pub fn start(program: &Path) -> Self {
        let started = Command::new(program).stdout(Stdio::piped()).spawn();
        let mut process = started.unwrap_or_else(|error| {
            panic!("{}: {error}; build it: cargo build --release -p testkit --features fake-llm --bin fake-llm", program.display())
        });
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let said: Vec<String> = lines.map(Result::unwrap).take(3).collect();
        let value = |name: &str| {
            let found = said.iter().find_map(|line| line.strip_prefix(name));
            found.unwrap().to_owned()
        };
        Self {
            process,
            url: value("OLLAMA_BASE_URL="),
            key: value("CLAUDE_API_KEY="),
            http: reqwest::Client::new(),
        }
    }

    async fn tell(&self, what: &str, body: &Value) {
        let request = self.http.post(format!("{}/__ctl/{what}", self.url));
        let told = request.body(body.to_string()).send().await.unwrap();
        assert!(told.status().is_success(), "{what}: {body}");
    }

    /// Forgets what it was asked and told; then answers as told here.
    pub async fn reset(&self, latency: &Value, ollama: &Value) {
        self.tell("reset", &Value::Null).await;
        self.tell("latency", latency).await;
        self.tell("ollama", ollama).await;
    }

    /// Forgets the same; then answers at once, and as much as is asked.
    pub async fn at_once(&self) {
        self.reset(&json!("none"), &json!({"load_ms": 0})).await;
        let limits = json!({"requests": PLENTY, "input_tokens": PLENTY, "output_tokens": PLENTY});
        self.tell("limits", &limits).await;
    }

    /// What it answers to some prompts.
    pub async fn answers(&self, answer: &Value) {
        self.tell("answers", answer).await;
    }

    /// How often each model was asked since then.
    pub async fn asked(&self, model: &str) -> usize {
        let journal = self.http.get(format!("{}/__ctl/journal", self.url));
        let bytes = journal.send().await.unwrap().bytes().await.unwrap();
        let journal: Value = serde_json::from_slice(&bytes).unwrap();
        let calls = journal["calls"].as_array().unwrap();
        calls.iter().filter(|call| call["model"] == model).count()
    }
}

tokio::task_local! {
    /// Time of the question of this task that its provider took.
    pub static OUTSIDE: Cell<Duration>;
}

/// A provider whose calls are timed.
struct Timed<P>(P);

async fn timed<T>(call: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let made = call.await;
    let took = began.elapsed();
    // Nobody counts outside of a measurement.
    OUTSIDE.try_with(|sum| sum.set(sum.get() + took)).ok();
    made
}

#[async_trait::async_trait]
impl<P: Provider> Provider for Timed<P> {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn prepare(&self, ask: &Ask) -> Prepared {
        self.0.prepare(ask)
    }
    async fn complete(&self, ask: &Ask, call: &Call) -> Result<Reply, Failure> {
        timed(self.0.complete(ask, call)).await
    }
    async fn stream(&self, ask: &Ask, call: &Call, deltas: &Deltas) -> Result<Reply, Failure> {
        timed(self.0.stream(ask, call, deltas)).await
    }
    async fn embed(
        &self,
        model: &str,
        texts: &[String],
        call: &Call,
    ) -> Result<Embeddings, Failure> {
        timed(self.0.embed(model, texts, call)).await
    }
    async fn count_tokens(&self, ask: &Ask, call: &Call) -> Result<Option<u64>, Failure> {
        timed(self.0.count_tokens(ask, call)).await
    }
    async fn models(&self, call: &Call) -> Result<Vec<ModelInfo>, Failure> {
        self.0.models(call).await
    }
    async fn probe(&self, call: &Call) -> Result<Probe, Failure> {
        self.0.probe(call).await
    }
}

/// Settings whose limits hold nothing up; Ollama gets as many calls at once as said.
fn settings(fake: &Fake, parallel: u32) -> LlmSettings {
    LlmSettings {
        claude_base_url: fake.url.clone(),
        ollama_base_url: fake.url.clone(),
        claude_api_key: Some(fake.key.as_str().into()),
        claude_rpm: PLENTY,
        claude_itpm: PLENTY,
        claude_otpm: PLENTY,
        claude_slow_start: 0,
        llm_max_concurrency: AT_ONCE,
        batch_concurrency_limit: AT_ONCE,
        ollama_num_parallel_hint: parallel,
        ..LlmSettings::default()
    }
}

/// A client of both providers; the provider's time is counted.
pub fn client(fake: &Fake, parallel: u32) -> Client {
    let settings = settings(fake, parallel);
    let clock: Arc<dyn stage::Clock> = Arc::new(Machine::start());
    let catalogue = Catalogue::built_in().unwrap();
    let today = llm::catalogue::day(clock.now());
    let mut aliases = Aliases::of_ollama(&settings);
    aliases.add_claude(&settings, &catalogue, &today).unwrap();
    let claude = ClaudeConfig::from_settings(&settings).unwrap();
    let claude = Claude::new(claude, clock.clone()).unwrap();
    let ollama = Ollama::new(OllamaConfig::from(&settings), clock.clone()).unwrap();
    let parts = ClientParts {
        settings,
        catalogue,
        providers: vec![Arc::new(Timed(claude)), Arc::new(Timed(ollama))],
        aliases,
        clock,
        random: Arc::new(fastrand::f64),
    };
    Client::new(parts).unwrap()
}

/// What is sent of a request to Claude, for a client that does nothing else.
pub fn sent(fake: &Fake, request: &llm::request::Request) -> String {
    let settings = settings(fake, 1);
    let catalogue = Catalogue::built_in().unwrap();
    let mut aliases = Aliases::default();
    let today = llm::catalogue::day(SystemTime::now());
    aliases.add_claude(&settings, &catalogue, &today).unwrap();
    let Target { model, .. } = &aliases.chain(&request.alias)[0];
    let row = catalogue.row(llm::claude::NAME, model);
    let ask = Ask {
        max_output_tokens: request.max_output_tokens,
        model: row,
        system: request.system.clone(),
        messages: request.messages.clone(),
        output_schema: request.output_schema.clone().map(Arc::new),
        sampling: request.sampling,
        stop: Vec::new(),
        prompt_cache: None,
        effort: None,
        window: None,
        stream: false,
    };
    let config = ClaudeConfig::from_settings(&settings).unwrap();
    let claude = Claude::new(config, Arc::new(Machine::start())).unwrap();
    claude.prepare(&ask).body.to_string()
}

/// A cache before a client, shared if there is an address.
pub async fn cached(client: Client, namespace: &str, redis: Option<&str>) -> Cached {
    let config = CacheConfig {
        namespace: namespace.into(),
        redis: redis.map(|url| RedisConfig {
            // Long enough to see how long it takes on a machine that has other things to do.
            op_timeout: Duration::from_secs(2),
            ..RedisConfig::at(url)
        }),
        ..CacheConfig::default()
    };
    let ports = Ports {
        clock: Arc::new(Machine::start()),
        random: Arc::new(fastrand::f64),
    };
    let cache: Cache<Failed> = Cache::open(config, ports).await.unwrap();
    Cached::new(client, Arc::new(cache))
}
