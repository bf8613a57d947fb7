//! Claude, through its HTTP interface.

mod batches;
mod body;
mod errors;
mod schema;
pub mod sse;
mod stream;
mod wire;

pub use batches::{
    Batch, BatchCounts, BatchItem, BatchOutcome, BatchResult, BatchState, poll_delay,
};

use crate::{
    completion::Usage,
    error::{Code, Failure},
    http::{self, Http, MAX_ANSWER_BYTES, Pace, SetupError},
    limits::RateLimits,
    provider::{Ask, Call, Deltas, Embeddings, ModelInfo, Prepared, Probe, Provider, Reply},
    request::{Effort, PromptCache},
    settings::{AuthStyle, LlmSettings},
};
use async_trait::async_trait;
use reqwest::{
    Method, RequestBuilder, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use stage::Clock;
use std::{sync::Arc, time::Duration};
use stream::Assembly;
use tokio::time::Instant;
use wire::{WireCount, WireMessage, WireModels};

/// Its name.
pub const NAME: &str = "claude";
/// The version of the interface that takes temperature and its kind.
pub const FIRST_VERSION: &str = "2023-06-01";
/// Longest body of a question, in bytes.
const MAX_BODY_BYTES: usize = 32_000_000;
/// Most pages of models that are read.
const MAX_PAGES: usize = 20;

/// How Claude is asked.
#[derive(Debug, Clone)]
pub struct ClaudeConfig {
    /// Where it answers.
    pub base_url: String,
    /// Key of the account that pays.
    pub key: SecretString,
    /// Version of the interface.
    pub api_version: String,
    /// How the key travels.
    pub auth_style: AuthStyle,
    /// How long it keeps the beginning of prompts, unless a request says so.
    pub prompt_cache: PromptCache,
    /// How hard it thinks, unless a request says so.
    pub effort: Effort,
    /// Room for thinking besides the room for the answer, in tokens.
    pub thinking_allowance: u32,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
}

impl ClaudeConfig {
    /// The defaults, for an address and a key.
    #[must_use]
    pub fn new(base_url: &str, key: SecretString) -> Self {
        Self::of(
            &LlmSettings {
                claude_base_url: base_url.into(),
                ..LlmSettings::default()
            },
            key,
        )
    }

    fn of(settings: &LlmSettings, key: SecretString) -> Self {
        Self {
            base_url: settings.claude_base_url.clone(),
            key,
            api_version: settings.claude_api_version.clone(),
            auth_style: settings.claude_auth_style,
            prompt_cache: settings.claude_prompt_cache,
            effort: settings.claude_effort,
            thinking_allowance: settings.claude_thinking_allowance,
            connect_timeout: Duration::from_secs(settings.llm_connect_timeout),
        }
    }

    /// As the settings say.
    ///
    /// # Errors
    /// [`SetupError::Key`] if they hold no key.
    pub fn from_settings(settings: &LlmSettings) -> Result<Self, SetupError> {
        let key = settings.claude_key().ok_or(SetupError::Key)?;
        Ok(Self::of(settings, key.clone()))
    }
}

/// Claude.
pub struct Claude {
    http: Http,
    config: ClaudeConfig,
    auth: (reqwest::header::HeaderName, HeaderValue),
    clock: Arc<dyn Clock>,
}

impl Claude {
    /// Sets it up; nothing is asked yet.
    ///
    /// # Errors
    /// [`SetupError`] if the address or the key cannot be used.
    pub fn new(config: ClaudeConfig, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let key = config.key.expose_secret().trim();
        let (name, value) = match config.auth_style {
            AuthStyle::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
            AuthStyle::ApiKey => (
                reqwest::header::HeaderName::from_static("x-api-key"),
                key.into(),
            ),
        };
        let mut value = HeaderValue::try_from(value).map_err(|_| SetupError::Key)?;
        value.set_sensitive(true);
        Ok(Self {
            http: Http::new(&config.base_url, config.connect_timeout)?,
            auth: (name, value),
            config,
            clock,
        })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        version: &str,
    ) -> Result<RequestBuilder, Failure> {
        let (name, value) = &self.auth;
        let request = self.http.client.request(method, self.http.url(path)?);
        Ok(request
            .header(name, value)
            .header("anthropic-version", version))
    }

    fn post(&self, path: &str, version: &str, body: &Value) -> Result<RequestBuilder, Failure> {
        let body = body.to_string();
        if body.len() > MAX_BODY_BYTES {
            let message = format!(
                "the question is {} bytes, limit is {MAX_BODY_BYTES}",
                body.len()
            );
            return Err(Failure::new(Code::BadRequest, message));
        }
        let request = self.request(Method::POST, path, version)?;
        Ok(request.header(CONTENT_TYPE, "application/json").body(body))
    }

    /// The answer if it is a success of one of some kinds, else what its failure means.
    async fn success(&self, response: Response, kinds: &[&str]) -> Result<Response, Failure> {
        let status = response.status();
        if status.is_success() && http::is_kind(response.headers(), kinds) {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = http::read_error(response).await;
        if !status.is_success() {
            return Err(errors::of_answer(
                status.as_u16(),
                &headers,
                &body,
                self.clock.now(),
            ));
        }
        let other = || {
            Failure::new(
                Code::Protocol,
                "the answer is of another kind than was asked for",
            )
        };
        Err(with_id(
            errors::of_body(&body).unwrap_or_else(other),
            &headers,
        ))
    }

    /// One request whose answer is JSON.
    async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<(T, HeaderMap), Failure> {
        let response = http::send(request).await?;
        let response = self.success(response, &["application/json"]).await?;
        let headers = response.headers().clone();
        let bytes = http::read(response, MAX_ANSWER_BYTES).await?;
        let answer = serde_json::from_slice(&bytes).map_err(|_| {
            let other = || Failure::new(Code::Protocol, "the answer is not understood");
            with_id(errors::of_body(&bytes).unwrap_or_else(other), &headers)
        })?;
        Ok((answer, headers))
    }

    async fn ask(&self, ask: &Ask, call: &Call, deltas: Option<&Deltas>) -> Result<Reply, Failure> {
        let (prepared, with_tool) = body::prepare(ask, &self.config);
        if ask.stream || deltas.is_some() {
            return self.ask_streaming(prepared, with_tool, call, deltas).await;
        }
        let began = Instant::now();
        let request = self.post("v1/messages", &prepared.api_version, &prepared.body)?;
        let (message, headers): (WireMessage, _) = self.json(request).await?;
        let said = message.said(with_tool);
        let (text, stop) = said.map_err(|failure| with_id(failure, &headers))?;
        let mut usage = Usage::default();
        message.usage.update(&mut usage);
        Ok(Reply {
            text,
            stop,
            model_served: message.model,
            usage,
            ttft: None,
            took: began.elapsed(),
            ..reply(&headers)
        })
    }

    async fn ask_streaming(
        &self,
        mut prepared: Prepared,
        with_tool: bool,
        call: &Call,
        deltas: Option<&Deltas>,
    ) -> Result<Reply, Failure> {
        prepared.body["stream"] = true.into();
        let request = self.post("v1/messages", &prepared.api_version, &prepared.body)?;
        let began = Instant::now();
        let pace = Pace::new(began, call.ttft, call.idle);
        let response = pace
            .head(request.header(ACCEPT, "text/event-stream"))
            .await?;
        let mut response = self.success(response, &["text/event-stream"]).await?;
        let headers = response.headers().clone();
        let mut assembly = Assembly::new(with_tool);
        let drained = http::drain(&mut response, &mut assembly, pace, deltas).await;
        let ended = drained.and_then(|ttft| Ok((ttft, assembly.finish()?)));
        let (ttft, (text, stop, model_served, usage)) =
            ended.map_err(|failure| with_id(failure, &headers))?;
        Ok(Reply {
            text,
            stop,
            model_served,
            usage,
            ttft,
            took: began.elapsed(),
            ..reply(&headers)
        })
    }

    async fn all_models(&self) -> Result<Vec<ModelInfo>, Failure> {
        let mut found = Vec::new();
        let mut after = String::new();
        for _ in 0..MAX_PAGES {
            let path = format!("v1/models?limit=100{after}");
            let request = self.request(Method::GET, &path, &self.config.api_version)?;
            let (page, _): (WireModels, _) = self.json(request).await?;
            found.extend(page.data.into_iter().map(|model| ModelInfo {
                id: model.id,
                digest: None,
                lifecycle: model.lifecycle,
                retires_at: model.retires_at,
            }));
            match page.last_id.filter(|_| page.has_more) {
                Some(last) => {
                    let last: String =
                        url::form_urlencoded::byte_serialize(last.as_bytes()).collect();
                    after = format!("&after_id={last}");
                }
                None => break,
            }
        }
        Ok(found)
    }
}

fn with_id(failure: Failure, headers: &HeaderMap) -> Failure {
    Failure {
        provider_request_id: http::request_id(headers),
        status: Some(200),
        ..failure
    }
}

/// What headers say of every answer.
fn reply(headers: &HeaderMap) -> Reply {
    Reply {
        text: String::new(),
        stop: crate::completion::Stop::Complete,
        model_served: String::new(),
        usage: Usage::default(),
        ttft: None,
        took: Duration::ZERO,
        provider_request_id: http::request_id(headers),
        limits: RateLimits::read(|name| headers.get(name)?.to_str().ok()),
        load: None,
    }
}

#[async_trait]
impl Provider for Claude {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, ask: &Ask) -> Prepared {
        body::prepare(ask, &self.config).0
    }

    async fn complete(&self, ask: &Ask, call: &Call) -> Result<Reply, Failure> {
        call.bound(self.ask(ask, call, None)).await
    }

    async fn stream(&self, ask: &Ask, call: &Call, deltas: &Deltas) -> Result<Reply, Failure> {
        call.bound(self.ask(ask, call, Some(deltas))).await
    }

    async fn embed(&self, _: &str, _: &[String], _: &Call) -> Result<Embeddings, Failure> {
        Err(Failure::new(
            Code::ModelNotFound,
            "claude has no embeddings",
        ))
    }

    async fn count_tokens(&self, ask: &Ask, call: &Call) -> Result<Option<u64>, Failure> {
        let prepared = body::prepare(ask, &self.config).0;
        let mut body = prepared.body;
        if let Some(fields) = body.as_object_mut() {
            // What only concerns the answer is not counted, and refused.
            for name in [
                "max_tokens",
                "stop_sequences",
                "temperature",
                "top_p",
                "top_k",
            ] {
                fields.shift_remove(name);
            }
        }
        let request = self.post("v1/messages/count_tokens", &prepared.api_version, &body)?;
        let (count, _): (WireCount, _) = call.bound(self.json(request)).await?;
        Ok(Some(count.input_tokens))
    }

    async fn models(&self, call: &Call) -> Result<Vec<ModelInfo>, Failure> {
        call.bound(self.all_models()).await
    }

    async fn probe(&self, call: &Call) -> Result<Probe, Failure> {
        let began = Instant::now();
        let request = self.request(Method::GET, "v1/models?limit=1", &self.config.api_version)?;
        let _: (WireModels, _) = call.bound(self.json(request)).await?;
        Ok(Probe {
            took: began.elapsed(),
            ..Probe::default()
        })
    }
}
