//! What the tests of the service share: doubles of its ports, and the service behind a listener.
#![allow(dead_code, reason = "not every test uses everything")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use async_trait::async_trait;
use classify::{
    Ports, Service,
    failure::{Code, Failure},
    ledger::Ledger,
    ports::*,
    settings::Settings,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use testkit::ManualClock;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// Longest a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An answer that adds up to `fit + pain + quality`.
pub fn answer(fit: f64, pain: f64, quality: f64) -> Value {
    json!({
        "icp_match": true, "size_bucket": "2-5", "region": "india",
        "role_type": "first_marketer", "pain_tags": ["lead_gen"],
        "score_fit": fit, "score_pain": pain, "score_data_quality": quality,
        "reason_short": "they hire", "situation": "young", "problem": "no leads",
        "implication": "no growth", "need_payoff": "more sales",
        "economic_buyer_guess": "founder", "key_pain": "nobody does it",
        "chaos_flags": [], "silver_bullet_phrases": [],
    })
}

pub fn dossier() -> Value {
    json!({
        "snapshot": "A young brand.",
        "why_pain_bullets": ["One.", "Two.", "Three."],
        "uncomfortable_truth": "Nobody is coming. It is late.",
        "reframe_suggestion": "Think of reach as a product.",
        "best_angle_bullets": ["Ask.", "Show.", "Listen."],
        "challenger_insight": "The first hire is a process.",
    })
}

pub fn facts() -> LlmFacts {
    LlmFacts {
        model: "small:1b".into(),
        provider: "scripted".into(),
        cache: "miss".into(),
        template: "classification@1.0.0#abc".into(),
        latency_ms: 3,
        cost_usd: Some(0.0),
        attempts: 1,
        trimmed_chars: 0,
    }
}

pub type Scripted = Result<Value, Failure>;

/// A scorer that says what a test tells it to, and keeps what it was asked.
#[derive(Default)]
pub struct Script {
    pub said: Mutex<HashMap<String, Scripted>>,
    pub known: Mutex<HashMap<String, Value>>,
    pub asked: Mutex<Vec<ScoreRequest>>,
    pub dossiers: Mutex<Vec<Scripted>>,
    pub dossiers_asked: AtomicUsize,
    /// Without permits nobody is answered.
    pub hold: Option<Arc<Semaphore>>,
    pub begun: AtomicUsize,
    pub running: AtomicUsize,
    pub most_running: AtomicUsize,
    pub cancelled: AtomicUsize,
    pub health: Mutex<ProviderHealth>,
    pub cleared: Mutex<Vec<ClearScope>>,
    pub reload: Mutex<Option<Result<TemplateSet, AdminError>>>,
    pub vectors: Mutex<HashMap<String, Vec<f32>>>,
}

impl Script {
    pub fn says(&self, text: &str, said: Scripted) {
        self.said.lock().unwrap().insert(text.into(), said);
    }
    pub fn knows(&self, text: &str, said: Value) {
        self.known.lock().unwrap().insert(text.into(), said);
    }
    pub fn questions(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// Counts who was dropped in the middle.
struct Running<'a>(&'a Script, bool);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
        if !self.1 {
            self.0.cancelled.fetch_add(1, SeqCst);
        }
    }
}

#[async_trait]
impl Scorer for Script {
    async fn score(&self, request: &ScoreRequest) -> Result<Answer, Failure> {
        self.asked.lock().unwrap().push(request.clone());
        self.begun.fetch_add(1, SeqCst);
        let running = self.running.fetch_add(1, SeqCst) + 1;
        self.most_running.fetch_max(running, SeqCst);
        let mut guard = Running(self, false);
        if let Some(hold) = &self.hold {
            hold.acquire().await.unwrap().forget();
        } else {
            tokio::task::yield_now().await;
        }
        guard.1 = true;
        let said = self.said.lock().unwrap().get(&request.signal_text).cloned();
        let raw = said.unwrap_or_else(|| Ok(answer(40.0, 20.0, 5.0)))?;
        Ok(Answer { raw, llm: facts() })
    }

    async fn lookup(&self, request: &ScoreRequest) -> Option<Answer> {
        let raw = self
            .known
            .lock()
            .unwrap()
            .get(&request.signal_text)
            .cloned()?;
        let llm = LlmFacts {
            cache: "l1".into(),
            attempts: 0,
            ..facts()
        };
        Some(Answer { raw, llm })
    }

    async fn stream(
        &self,
        request: &ScoreRequest,
        fields: mpsc::Sender<Field>,
    ) -> Result<Answer, Failure> {
        let field = Field {
            name: "icp_match".into(),
            value: json!(true),
        };
        fields.send(field).await.ok();
        self.score(request).await
    }

    fn model(&self) -> String {
        "small:1b".into()
    }
}

#[async_trait]
impl Dossiers for Script {
    async fn write(&self, _: &DossierRequest) -> Result<Answer, Failure> {
        self.dossiers_asked.fetch_add(1, SeqCst);
        let next = self.dossiers.lock().unwrap().pop();
        Ok(Answer {
            raw: next.unwrap_or_else(|| Ok(dossier()))?,
            llm: facts(),
        })
    }
}

#[async_trait]
impl Embedder for Script {
    async fn embed(&self, text: &str) -> Result<Embedding, Failure> {
        let vectors = self.vectors.lock().unwrap();
        let found = vectors
            .iter()
            .find(|(part, _)| text.contains(part.as_str()));
        let vector = found.map_or(vec![0.0, 1.0], |(_, vector)| vector.clone());
        Ok(Embedding {
            model: Embedder::model(self),
            vector,
        })
    }
    fn model(&self) -> String {
        "all-minilm-l6-v2@f00".into()
    }
}

#[async_trait]
impl Admin for Script {
    fn snapshot(&self) -> Snapshot {
        Snapshot {
            ollama: self.health.lock().unwrap().clone(),
            cache: CacheFacts {
                backend: "memory".into(),
                enabled: true,
                hits: 450,
                misses: 100,
                max_size: 1000,
                ttl_seconds: 2_592_000,
                ..CacheFacts::default()
            },
            templates: TemplateSet {
                templates: vec!["classification".into(), "dossier".into()],
                generation: 4,
                ..TemplateSet::default()
            },
            ..Snapshot::default()
        }
    }
    async fn clear_cache(&self, scope: ClearScope) -> Result<Cleared, AdminError> {
        self.cleared.lock().unwrap().push(scope);
        Ok(Cleared {
            l1: 120,
            l2_generation: 8,
        })
    }
    async fn reload_templates(&self) -> Result<TemplateSet, AdminError> {
        let scripted = self.reload.lock().unwrap().clone();
        scripted.unwrap_or_else(|| {
            Ok(TemplateSet {
                templates: vec!["classification".into()],
                generation: 5,
                set_sha256: "d1".into(),
                errors: Vec::new(),
            })
        })
    }
    async fn template(&self, name: &str, with_text: bool) -> Result<TemplateDetails, AdminError> {
        if name != "classification" {
            return Err(AdminError::Unknown(format!("template {name}")));
        }
        Ok(TemplateDetails {
            name: name.into(),
            variables: vec!["signal_text".into()],
            versions: vec![TemplateVersion {
                version: "1.0.0".into(),
                weight: 100,
                status: "active".into(),
                sha256: "d1".into(),
                system: with_text.then(|| "sort".into()),
                user: with_text.then(|| "{signal_text}".into()),
            }],
        })
    }
    async fn render(
        &self,
        name: &str,
        variables: BTreeMap<String, String>,
    ) -> Result<Preview, AdminError> {
        let text = variables.get("signal_text");
        let text = text.ok_or_else(|| AdminError::Render("signal_text is missing".into()))?;
        Ok(Preview {
            template: format!("{name}@1.0.0#d1"),
            system: "sort".into(),
            user: text.clone(),
        })
    }
    fn models(&self) -> Value {
        json!([{"model": "small:1b"}])
    }
}

/// A service behind a listener of its own.
pub struct Served {
    pub script: Arc<Script>,
    pub clock: Arc<ManualClock>,
    pub service: Service,
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub ended: JoinHandle<std::io::Result<()>>,
    pub client: reqwest::Client,
}

pub fn settings() -> Settings {
    Settings {
        database_url: "sqlite::memory:".into(),
        ..Settings::default()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the task is waited for, or ends with the test"
)]
pub async fn serve_with(settings: Settings, script: Script) -> Served {
    let script = Arc::new(script);
    let clock = Arc::new(ManualClock::default());
    let ports = Ports {
        scorer: script.clone(),
        dossiers: script.clone(),
        embedder: Some(script.clone()),
        admin: script.clone(),
        batches: None,
        ledger: Ledger::new(clock.clone()),
        clock: clock.clone(),
        metrics: Arc::new(|| "# nothing\n".into()),
    };
    let service = Service::open(settings, ports).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let ended = {
        let (service, stop) = (service.clone(), stop.clone());
        tokio::spawn(async move { service.serve(listener, stop).await })
    };
    Served {
        script,
        clock,
        service,
        address,
        stop,
        ended,
        client: client(),
    }
}

pub async fn serve() -> Served {
    serve_with(settings(), Script::default()).await
}

pub fn client() -> reqwest::Client {
    testkit_tls();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// The client wants to know how it would speak TLS, though it never does here.
fn testkit_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Served {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        read(
            self.client
                .post(self.url(path))
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await
    }
    pub async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        read(
            self.client
                .put(self.url(path))
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await
    }
    pub async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        read(
            self.client
                .patch(self.url(path))
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await
    }
    pub async fn get(&self, path: &str) -> (u16, Value) {
        read(self.client.get(self.url(path))).await
    }
    pub async fn delete(&self, path: &str) -> (u16, Value) {
        read(self.client.delete(self.url(path))).await
    }
    pub async fn signal(&self, text: &str) -> (u16, Value) {
        self.post("/api/classify/signal", &json!({"signal_text": text}))
            .await
    }
    pub async fn leads(&self) -> Vec<Value> {
        let (status, body) = self.get("/api/leads/").await;
        assert_eq!(status, 200, "{body}");
        body.as_array().unwrap().clone()
    }
}

pub async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    (status, body)
}

/// Waits until `true`, and fails if that takes too long.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what} did not happen");
}

pub fn failure(code: impl Into<Code>) -> Failure {
    Failure {
        code: code.into(),
        message: "scripted".into(),
        retry_after: Some(Duration::from_secs(7)),
        attempts: 3,
    }
}
