//! The program as a process, in front of a server that speaks as Ollama does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use crate::common;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use testkit::fake_llm::{Answer, FakeLlm};

/// Longest a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A classification that adds up to 78.
pub fn classification() -> Value {
    json!({
        "icp_match": true, "size_bucket": "2-5", "region": "india",
        "role_type": "first_marketer", "pain_tags": ["lead_gen"],
        "score_fit": 42, "score_pain": 30, "score_data_quality": 6,
        "reason_short": "they hire", "situation": "young", "problem": "no leads",
        "implication": "no growth", "need_payoff": "more sales",
        "economic_buyer_guess": "founder", "key_pain": "nobody does it",
        "chaos_flags": [], "silver_bullet_phrases": [],
    })
}

fn dossier() -> Value {
    json!({
        "snapshot": "A young brand.", "why_pain_bullets": ["One.", "Two.", "Three."],
        "uncomfortable_truth": "Nobody is coming.", "reframe_suggestion": "Think of reach.",
        "best_angle_bullets": ["Ask.", "Show.", "Listen."], "challenger_insight": "Hire late.",
    })
}

/// The program, and what it is in front of.
pub struct Running {
    pub fake: FakeLlm,
    pub folder: TempDir,
    pub child: Child,
    pub url: String,
    pub client: reqwest::Client,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

pub fn program(folder: &Path, fake: &FakeLlm) -> Command {
    let mut command = common::rumiai(folder);
    command
        .args(["classify", "--port", "0", "--log-level", "info"])
        .env("OLLAMA_BASE_URL", fake.base_url())
        .env("LLM_RETRY_BASE_MS", "1")
        .env("LLM_TTFT_TIMEOUT", "2")
        .env("OLLAMA_LOAD_TIMEOUT", "0")
        .env("HEALTH_CHECK_INTERVAL_SECONDS", "1")
        .env_remove("HOST")
        .env_remove("PORT")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub async fn start(settings: &[(&str, &str)], prepare: impl FnOnce(&Path)) -> Running {
    // The client wants to know how it would speak TLS, though it never does here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap();
    let fake = FakeLlm::start().await;
    fake.ollama(|server| server.load_ms = 0);
    fake.answer_with(|ask| {
        let is_dossier = ask.model == "gemma3:4b";
        let said = if is_dossier {
            dossier()
        } else {
            classification()
        };
        Some(Answer::text(said.to_string()))
    });
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let mut command = program(folder.path(), &fake);
    command.envs(settings.iter().copied());
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut child = command.stderr(log).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let line = BufReader::new(stdout).lines().next();
    let line = line.unwrap_or_else(|| {
        let log = fs::read_to_string(folder.path().join("log"));
        panic!("it ended: {}", log.unwrap())
    });
    let line = line.unwrap();
    let url = line.strip_prefix("listening on ").unwrap().to_owned();
    let running = Running {
        fake,
        folder,
        child,
        url,
        client,
    };
    running
        .until("/health/ready", |status, _| status == 200)
        .await;
    running
}

pub async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

impl Running {
    pub async fn get(&self, path: &str) -> (u16, Value) {
        read(self.client.get(format!("{}{path}", self.url))).await
    }
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("Content-Type", "application/json");
        read(request.body(body.to_string())).await
    }
    pub async fn signal(&self, text: &str) -> (u16, Value) {
        self.post("/api/classify/signal", &json!({"signal_text": text}))
            .await
    }
    /// Asks until the answer is as wanted.
    pub async fn until(&self, path: &str, wanted: impl Fn(u16, &Value) -> bool) -> Value {
        let asking = async {
            loop {
                let (status, body) = self.get(path).await;
                if wanted(status, &body) {
                    return body;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, asking).await;
        waited.unwrap_or_else(|_| panic!("{path} never was as wanted: {}", self.log()))
    }
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
    pub fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }
    pub async fn ended(&mut self) -> Option<i32> {
        let ending = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status.code();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ending).await.unwrap()
    }
}
