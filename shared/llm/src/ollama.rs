//! Ollama, through its own HTTP interface: the one that looks like others ignores the size of the
//! context.

mod degenerate;
mod lines;
mod names;
mod stream;
mod wire;

pub(crate) use lines::Lines;
pub use names::tagged;

use crate::{
    error::{Code, Failure, Wait},
    http::{self, Http, MAX_ANSWER_BYTES, Pace, Pieces, SetupError},
    provider::{Ask, Call, Deltas, Embeddings, ModelInfo, Prepared, Probe, Provider, Reply},
    settings::LlmSettings,
};
use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Response, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stage::Clock;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use stream::Assembly;
use tokio::time::Instant;
use wire::{Embedded, EmbeddedOne, PullLine, Tags, Version};

/// Its name.
pub const NAME: &str = "ollama";
/// What stands for the version of an interface that has none.
const API: &str = "native";
/// Longest line of the progress of fetching, in bytes.
const MAX_LINE_BYTES: usize = 64 << 10;
const JSON: [&str; 1] = ["application/json"];
const LINES: [&str; 2] = ["application/x-ndjson", "application/json"];

/// How Ollama is asked.
#[derive(Debug, Clone)]
pub struct OllamaConfig {
    /// Where it answers.
    pub base_url: String,
    /// How long it keeps a model in memory after a call.
    pub keep_alive: String,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
}

impl From<&LlmSettings> for OllamaConfig {
    fn from(settings: &LlmSettings) -> Self {
        Self {
            base_url: settings.ollama_base_url.clone(),
            keep_alive: settings.ollama_keep_alive.clone(),
            connect_timeout: Duration::from_secs(settings.llm_connect_timeout),
        }
    }
}

/// How far the fetching of a model has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullProgress {
    /// What is being done.
    pub status: String,
    /// Bytes in all of what is being fetched, if there are any.
    pub total_bytes: Option<u64>,
    /// Bytes that are here.
    pub completed_bytes: Option<u64>,
}

/// Ollama.
pub struct Ollama {
    http: Http,
    config: OllamaConfig,
    clock: Arc<dyn Clock>,
    digests: Mutex<BTreeMap<String, String>>,
}

impl Ollama {
    /// Sets it up; nothing is asked yet.
    ///
    /// # Errors
    /// [`SetupError`] if the address cannot be used.
    pub fn new(config: OllamaConfig, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        Ok(Self {
            http: Http::new(&config.base_url, config.connect_timeout)?,
            config,
            clock,
            digests: Mutex::default(),
        })
    }

    fn get(&self, path: &str) -> Result<RequestBuilder, Failure> {
        Ok(self.http.client.request(Method::GET, self.http.url(path)?))
    }

    fn post(&self, path: &str, body: &Value) -> Result<RequestBuilder, Failure> {
        let request = self.http.client.request(Method::POST, self.http.url(path)?);
        Ok(request
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string()))
    }

    /// The answer if it is a success of one of some kinds, else what its failure means.
    async fn success(&self, response: Response, kinds: &[&str]) -> Result<Response, Failure> {
        let status = response.status();
        if status.is_success() && http::is_kind(response.headers(), kinds) {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = http::read_error(response).await;
        let reason = wire::reason(&body);
        let usual = match (status.is_success(), &reason) {
            (false, _) => http::code_of(status.as_u16()),
            (true, Some(_)) => Code::ServerError,
            (true, None) => Code::Protocol,
        };
        let said = reason.as_deref().unwrap_or("no reason given");
        let code = wire::code(usual, reason.as_deref().unwrap_or_default());
        let failure = Failure::new(code, format!("answered {}: {said}", status.as_u16()));
        let mut failure = http::with_headers(failure, &headers, self.clock.now());
        failure.status = Some(status.as_u16());
        Err(failure)
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let response = self.success(http::send(request).await?, &JSON).await?;
        let bytes = http::read(response, MAX_ANSWER_BYTES).await?;
        serde_json::from_slice(&bytes).map_err(|_| match wire::reason(&bytes) {
            Some(reason) => Failure::new(wire::code(Code::ServerError, &reason), reason),
            None => Failure::new(Code::Protocol, "the answer is not understood"),
        })
    }

    async fn ask(&self, ask: &Ask, call: &Call, deltas: Option<&Deltas>) -> Result<Reply, Failure> {
        let streamed = ask.stream || deltas.is_some();
        let (mut body, _) = wire::chat(ask, &self.config.keep_alive);
        body["stream"] = streamed.into();
        let began = Instant::now();
        let pace = Pace::new(began, call.ttft, call.idle);
        let request = self.post("api/chat", &body)?;
        let response = if streamed {
            self.success(pace.head(request).await?, &LINES).await?
        } else {
            self.success(http::send(request).await?, &JSON).await?
        };
        let status = Some(response.status().as_u16());
        let mut assembly = Assembly::new(streamed);
        let read = if streamed {
            drain(response, &mut assembly, pace, deltas).await
        } else {
            read_whole(response, &mut assembly).await
        };
        let ended = read.and_then(|ttft| Ok((ttft, assembly.finish()?)));
        let (ttft, (text, end)) = ended.map_err(|failure| Failure { status, ..failure })?;
        Ok(Reply {
            text,
            stop: end.stop,
            model_served: end.model.unwrap_or_else(|| ask.model.id.clone()),
            usage: end.usage,
            ttft,
            took: began.elapsed(),
            provider_request_id: None,
            limits: None,
            load: end.load,
        })
    }

    async fn embed_all(&self, model: &str, texts: &[String]) -> Result<Embeddings, Failure> {
        let keep_alive = &self.config.keep_alive;
        let body =
            json!({"model": model, "input": texts, "truncate": false, "keep_alive": keep_alive});
        let failure = match self.json::<Embedded>(self.post("api/embed", &body)?).await {
            Ok(answer) => {
                return Ok(Embeddings {
                    vectors: answer.embeddings,
                    model_served: answer.model.unwrap_or_else(|| model.to_owned()),
                    input_tokens: answer.prompt_eval_count,
                });
            }
            Err(failure) => failure,
        };
        // An early version does not know the path, which says nothing of the model.
        let names_model = failure.message.contains("model");
        if failure.status != Some(404) || names_model {
            return Err(failure);
        }
        let mut vectors = Vec::new();
        for text in texts {
            let body = json!({"model": model, "prompt": text, "keep_alive": keep_alive});
            let answer: EmbeddedOne = self.json(self.post("api/embeddings", &body)?).await?;
            vectors.push(answer.embedding);
        }
        Ok(Embeddings {
            vectors,
            model_served: model.to_owned(),
            input_tokens: None,
        })
    }

    async fn tags(&self) -> Result<Vec<ModelInfo>, Failure> {
        let tags: Tags = self.json(self.get("api/tags")?).await?;
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        digests.clear();
        let infos = tags.models.into_iter().map(|tag| {
            let id = tagged(&tag.name);
            if let Some(digest) = &tag.digest {
                digests.insert(id.clone(), digest.clone());
            }
            ModelInfo {
                id,
                digest: tag.digest,
                lifecycle: None,
                retires_at: None,
            }
        });
        Ok(infos.collect())
    }

    /// Lets Ollama fetch a model, and tells how far it has come.
    ///
    /// # Errors
    /// [`Code::ModelNotFound`] if nobody has it, [`Code::Timeout`] if it takes longer than `call`
    /// allows, and as a question.
    pub async fn pull(
        &self,
        model: &str,
        call: &Call,
        mut progress: impl FnMut(PullProgress) + Send,
    ) -> Result<(), Failure> {
        let body = json!({"model": model, "stream": true});
        let request = self.post("api/pull", &body)?;
        let pulling = async {
            let mut response = self.success(http::send(request).await?, &LINES).await?;
            let mut lines = Lines::new(MAX_LINE_BYTES);
            loop {
                let chunk = tokio::time::timeout(call.idle, response.chunk()).await;
                let silent =
                    |_| Failure::new(Code::Timeout(Wait::Idle), "the fetching stands still");
                let broken = |_| Failure::new(Code::StreamTruncated, "the fetching broke off");
                let chunk = chunk.map_err(silent)?.map_err(broken)?;
                let found = match &chunk {
                    Some(bytes) => lines.feed(bytes)?,
                    None => lines.finish()?.into_iter().collect(),
                };
                for line in found {
                    if pulled(&line, &mut progress)? {
                        return Ok(());
                    }
                }
                if chunk.is_none() {
                    return Err(Failure::new(
                        Code::StreamTruncated,
                        "the fetching ended early",
                    ));
                }
            }
        };
        call.bound(pulling).await
    }

    /// Sees to it that models are there: asks which are, and fetches the others if `fetch` says
    /// so. Returns those that are missing still.
    ///
    /// # Errors
    /// If it cannot be asked which models there are, which is not the same as none.
    pub async fn ensure(
        &self,
        models: &[String],
        fetch: bool,
        call: &Call,
        progress: impl Fn(&str, PullProgress) + Send + Sync,
    ) -> Result<Vec<String>, Failure> {
        let there = self.models(call).await?;
        let is_missing = |model: &&String| !there.iter().any(|info| info.id == tagged(model));
        let mut missing = Vec::new();
        for model in models.iter().filter(is_missing) {
            let fetched = fetch && {
                let pulled = self.pull(model, call, |step| progress(model, step)).await;
                if let Err(failure) = &pulled {
                    tracing::warn!(model, error = %failure.message, "model could not be fetched");
                }
                pulled.is_ok()
            };
            if !fetched {
                missing.push(model.clone());
            }
        }
        Ok(missing)
    }
}

async fn drain(
    mut response: Response,
    assembly: &mut Assembly,
    pace: Pace,
    deltas: Option<&Deltas>,
) -> Result<Option<Duration>, Failure> {
    match http::drain(&mut response, assembly, pace, deltas).await {
        // The last line may lack its end.
        Err(failure) if failure.code == Code::StreamTruncated => {
            assembly.end_of_body()?;
            if assembly.is_complete() {
                Ok(None)
            } else {
                Err(failure)
            }
        }
        other => other,
    }
}

async fn read_whole(
    response: Response,
    assembly: &mut Assembly,
) -> Result<Option<Duration>, Failure> {
    assembly.feed(&http::read(response, MAX_ANSWER_BYTES).await?)?;
    assembly.end_of_body()?;
    Ok(None)
}

fn pulled(line: &str, progress: &mut impl FnMut(PullProgress)) -> Result<bool, Failure> {
    let line: PullLine = serde_json::from_str(line)
        .map_err(|_| Failure::new(Code::Protocol, "a line of the fetching is not understood"))?;
    if let Some(reason) = line.error {
        let missing = reason.contains("does not exist") || reason.contains("not found");
        let code = if missing {
            Code::ModelNotFound
        } else {
            Code::ServerError
        };
        return Err(Failure::new(code, reason));
    }
    let done = line.status == "success";
    progress(PullProgress {
        status: crate::error::one_line(&line.status),
        total_bytes: line.total,
        completed_bytes: line.completed,
    });
    Ok(done)
}

fn check(embeddings: Embeddings, texts: usize) -> Result<Embeddings, Failure> {
    let vectors = &embeddings.vectors;
    let length = vectors.first().map_or(0, Vec::len);
    let sound = |vector: &Vec<f32>| {
        let finite = vector.iter().all(|value| value.is_finite());
        vector.len() == length && finite && vector.iter().any(|value| *value != 0.0)
    };
    if vectors.len() == texts && vectors.iter().all(sound) {
        return Ok(embeddings);
    }
    let message = format!("not one sound vector for each of {texts} texts");
    Err(Failure::new(Code::Protocol, message))
}

#[async_trait]
impl Provider for Ollama {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, ask: &Ask) -> Prepared {
        let (body, dropped) = wire::chat(ask, &self.config.keep_alive);
        Prepared {
            body,
            api_version: API.into(),
            dropped,
        }
    }

    async fn complete(&self, ask: &Ask, call: &Call) -> Result<Reply, Failure> {
        call.bound(self.ask(ask, call, None)).await
    }

    async fn stream(&self, ask: &Ask, call: &Call, deltas: &Deltas) -> Result<Reply, Failure> {
        call.bound(self.ask(ask, call, Some(deltas))).await
    }

    async fn embed(
        &self,
        model: &str,
        texts: &[String],
        call: &Call,
    ) -> Result<Embeddings, Failure> {
        let embeddings = call.bound(self.embed_all(model, texts)).await?;
        check(embeddings, texts.len())
    }

    async fn count_tokens(&self, _: &Ask, _: &Call) -> Result<Option<u64>, Failure> {
        Ok(None)
    }

    async fn models(&self, call: &Call) -> Result<Vec<ModelInfo>, Failure> {
        call.bound(self.tags()).await
    }

    async fn probe(&self, call: &Call) -> Result<Probe, Failure> {
        let began = Instant::now();
        let version: Version = call.bound(self.json(self.get("api/version")?)).await?;
        // How quickly it answers, not how long its lists are.
        let took = began.elapsed();
        let models = self.models(call).await?;
        let loaded: Tags = call.bound(self.json(self.get("api/ps")?)).await?;
        Ok(Probe {
            took,
            version: Some(version.version),
            models: Some(models),
            loaded: loaded
                .models
                .into_iter()
                .map(|tag| tagged(&tag.name))
                .collect(),
        })
    }

    fn model_digest(&self, model: &str) -> Option<String> {
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        digests.get(&tagged(model)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_sound_or_refused() {
        let of = |vectors: Vec<Vec<f32>>| Embeddings {
            vectors,
            model_served: String::new(),
            input_tokens: None,
        };
        assert!(check(of(vec![vec![0.0, 1.0], vec![1.0, 0.0]]), 2).is_ok());
        for odd in [
            vec![vec![1.0]],
            vec![vec![1.0], vec![1.0, 2.0]],
            vec![vec![1.0], vec![0.0]],
            vec![vec![1.0], vec![f32::NAN]],
            vec![vec![], vec![]],
        ] {
            assert_eq!(check(of(odd), 2).unwrap_err().code, Code::Protocol);
        }
    }

    #[test]
    fn fetching_ends_with_success_or_its_reason() {
        let mut seen = Vec::new();
        let mut note = |step: PullProgress| seen.push(step.completed_bytes);
        assert_eq!(
            pulled(r#"{"status":"pulling","total":9,"completed":3}"#, &mut note),
            Ok(false)
        );
        assert_eq!(pulled(r#"{"status":"success"}"#, &mut note), Ok(true));
        let missing = pulled(
            r#"{"error":"pull model manifest: file does not exist"}"#,
            &mut note,
        );
        assert_eq!(missing.unwrap_err().code, Code::ModelNotFound);
        assert_eq!(seen, [Some(3), None]);
    }
}
