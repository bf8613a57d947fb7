//! A cache before the client of a test.
#![allow(dead_code, reason = "each test uses a part")]

use super::{Scripted, TokioClock, client, only, settings};
use cache::{Cache, CacheConfig, Ports, State};
use llm::{
    Cached, Client, Failed, Question, completion::Completion, request::Request,
    settings::LlmSettings,
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Every model is asked once only.
pub fn impatient() -> LlmSettings {
    LlmSettings {
        llm_max_attempts: 1,
        ..settings()
    }
}

pub async fn behind_a_cache(client: Client) -> Cached {
    let ports = Ports {
        clock: TokioClock::start(),
        random: Arc::new(|| 0.5),
    };
    let cache = Cache::open(CacheConfig::default(), ports).await.unwrap();
    Cached::new(client, Arc::new(cache))
}

pub async fn cached(scripted: &Arc<Scripted>) -> Cached {
    behind_a_cache(client(impatient(), &[scripted], only())).await
}

pub type Answered = Result<Completion, Arc<Failed>>;

pub async fn ask(cached: &Cached, request: &Request) -> Answered {
    let question = Question::new(request);
    cached.complete(&question, &CancellationToken::new()).await
}

pub async fn state(cached: &Cached, request: &Request) -> State {
    ask(cached, request).await.unwrap().cache
}
