//! What the tests of this crate have in common.
#![allow(dead_code, reason = "each test uses a part")]

pub mod behind;
pub mod server;

use llm::{
    Aliases, Client, ClientParts, Target,
    catalogue::Catalogue,
    completion::{Stop, Usage},
    error::{Code, Failure},
    ollama,
    provider::{Ask, Call, Deltas, Embeddings, ModelInfo, Prepared, Probe, Provider, Reply},
    request::Request,
    settings::LlmSettings,
};
use serde_json::json;
use stage::Clock;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// A day on which prices and ends of models are known: 20 November 2026.
pub const TODAY: u64 = 1_795_132_800;

/// A clock that goes as tokio's does, from a known day on.
pub struct TokioClock(Instant);

impl TokioClock {
    pub fn start() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

impl Clock for TokioClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(TODAY) + self.0.elapsed()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

impl cache::Clock for TokioClock {
    fn unix_ms(&self) -> u64 {
        1000 * TODAY + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What a scripted provider does with one question.
#[derive(Clone)]
pub enum Turn {
    /// Answers.
    Say(&'static str),
    /// Answers, and says how much was counted.
    Counted(&'static str, Usage),
    /// Ends an answer for a reason.
    End(Stop),
    /// Fails.
    Fail(Failure),
    /// Says some pieces, then fails.
    SayThenFail(&'static str, Code),
    /// Takes as long as it may.
    Hang,
}

pub fn fail(code: Code) -> Turn {
    let mut failure = Failure::new(code, "as told");
    failure.status = Some(500);
    Turn::Fail(failure)
}

pub fn fail_after(code: Code, wait: Duration) -> Turn {
    Turn::Fail(Failure::new(code, "as told").after(Some(wait)))
}

/// A provider that does as it is told, and keeps what it was asked and when.
pub struct Scripted {
    name: &'static str,
    turns: Mutex<VecDeque<Turn>>,
    usual: Turn,
    pub asked: Mutex<Vec<(Ask, Instant)>>,
    took: Duration,
}

impl Scripted {
    pub fn new(name: &'static str, turns: Vec<Turn>, usual: Turn) -> Arc<Self> {
        Self::taking(name, turns, usual, Duration::ZERO)
    }

    pub fn taking(name: &'static str, turns: Vec<Turn>, usual: Turn, took: Duration) -> Arc<Self> {
        Arc::new(Self {
            name,
            turns: Mutex::new(turns.into()),
            usual,
            asked: Mutex::default(),
            took,
        })
    }

    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub fn asks(&self) -> Vec<Ask> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(ask, _)| ask.clone()).collect()
    }

    pub fn waits(&self) -> Vec<Duration> {
        let asked = self.asked.lock().unwrap();
        asked.windows(2).map(|pair| pair[1].1 - pair[0].1).collect()
    }

    async fn turn(
        &self,
        ask: &Ask,
        call: &Call,
        deltas: Option<&Deltas>,
    ) -> Result<Reply, Failure> {
        self.asked
            .lock()
            .unwrap()
            .push((ask.clone(), Instant::now()));
        let turn = self.turns.lock().unwrap().pop_front();
        let doing = async {
            tokio::time::sleep(self.took).await;
            match turn.unwrap_or_else(|| self.usual.clone()) {
                Turn::Say(text) => said(ask, text, Stop::Complete, deltas, self.took).await,
                Turn::Counted(text, usage) => {
                    let reply = said(ask, text, Stop::Complete, deltas, self.took).await?;
                    Ok(Reply { usage, ..reply })
                }
                Turn::End(stop) => said(ask, "{\"half", stop, deltas, self.took).await,
                Turn::Fail(failure) => Err(failure),
                Turn::SayThenFail(text, code) => {
                    said(ask, text, Stop::Complete, deltas, self.took).await?;
                    Err(Failure::new(code, "as told"))
                }
                Turn::Hang => std::future::pending().await,
            }
        };
        call.bound(doing).await
    }
}

async fn said(
    ask: &Ask,
    text: &str,
    stop: Stop,
    deltas: Option<&Deltas>,
    took: Duration,
) -> Result<Reply, Failure> {
    if let Some(deltas) = deltas {
        for piece in text.split_inclusive(' ') {
            let sent = deltas.send(piece.to_owned()).await;
            sent.map_err(|_| Failure::new(Code::Cancelled, "nobody listens"))?;
        }
    }
    Ok(Reply {
        text: text.into(),
        stop,
        model_served: ask.model.id.clone(),
        usage: Usage {
            input: 100,
            output: 10,
            ..Usage::default()
        },
        ttft: None,
        took,
        provider_request_id: Some("req_1".into()),
        limits: None,
        load: None,
    })
}

#[async_trait::async_trait]
impl Provider for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }
    fn prepare(&self, ask: &Ask) -> Prepared {
        let dropped = if ask.sampling.top_k.is_some() {
            vec!["top_k"]
        } else {
            Vec::new()
        };
        let said: Vec<&str> = ask
            .messages
            .iter()
            .map(|said| said.content.as_str())
            .collect();
        Prepared {
            body: json!({"model": ask.model.id, "said": said, "system": ask.system,
                "temperature": ask.sampling.temperature, "stream": ask.stream, "keep_alive": "1m",
                "max": ask.max_output_tokens}),
            api_version: "1".into(),
            dropped,
        }
    }
    async fn complete(&self, ask: &Ask, call: &Call) -> Result<Reply, Failure> {
        self.turn(ask, call, None).await
    }
    async fn stream(&self, ask: &Ask, call: &Call, deltas: &Deltas) -> Result<Reply, Failure> {
        self.turn(ask, call, Some(deltas)).await
    }
    async fn embed(&self, model: &str, texts: &[String], _: &Call) -> Result<Embeddings, Failure> {
        let turn = self.turns.lock().unwrap().pop_front();
        if let Some(Turn::Fail(failure)) = turn {
            return Err(failure);
        }
        Ok(Embeddings {
            vectors: texts.iter().map(|_| vec![1.0]).collect(),
            model_served: model.into(),
            input_tokens: Some(1),
        })
    }
    async fn count_tokens(&self, _: &Ask, _: &Call) -> Result<Option<u64>, Failure> {
        Ok(None)
    }
    async fn models(&self, _: &Call) -> Result<Vec<ModelInfo>, Failure> {
        Ok(Vec::new())
    }
    async fn probe(&self, _: &Call) -> Result<Probe, Failure> {
        let turn = self.turns.lock().unwrap().pop_front();
        match turn.unwrap_or_else(|| self.usual.clone()) {
            Turn::Fail(failure) => Err(failure),
            Turn::Hang => std::future::pending().await,
            _ => Ok(Probe {
                models: (self.name == ollama::NAME).then(Vec::new),
                ..Probe::default()
            }),
        }
    }
}

/// Settings without limits of our own that would hold a test up.
pub fn settings() -> LlmSettings {
    LlmSettings {
        claude_rpm: 60_000_000,
        claude_itpm: 60_000_000_000,
        claude_otpm: 60_000_000_000,
        claude_slow_start: 0,
        ..LlmSettings::default()
    }
}

pub fn client(settings: LlmSettings, providers: &[&Arc<Scripted>], aliases: Aliases) -> Client {
    Client::new(ClientParts {
        settings,
        catalogue: Catalogue::built_in().unwrap(),
        providers: providers
            .iter()
            .map(|one| Arc::clone(one) as Arc<dyn Provider>)
            .collect(),
        aliases,
        clock: TokioClock::start(),
        random: Arc::new(|| 1.0),
    })
    .unwrap()
}

/// One alias, `a`, of one of Claude's models and one of Ollama's after it.
pub fn both() -> Aliases {
    Aliases::default().with(
        "a",
        vec![
            Target::new("claude", "claude-haiku-5-5"),
            Target::new("ollama", "gemma3:1b"),
        ],
    )
}

/// The same without the second.
pub fn only() -> Aliases {
    Aliases::default().with("a", vec![Target::new("claude", "claude-haiku-5-5")])
}

pub fn request() -> Request {
    Request::new(uuid::Uuid::nil(), "signal.classify", "a", "hello", 700)
}
