//! However many different things are asked and answered, the series of the metrics stay few.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use llm::{
    Client, ClientParts, Question,
    catalogue::Catalogue,
    completion::{Stop, Usage},
    error::{Code, Failure},
    limits::RateLimits,
    provider::{Ask, Call, Deltas, Embeddings, ModelInfo, Prepared, Probe, Provider, Reply},
    request::Request,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use support::{TokioClock, behind::behind_a_cache, both, settings};
use tokio_util::sync::CancellationToken;

/// Everything that comes from outside is another text each time.
struct Varied(&'static str, AtomicU64);

/// What no label may hold.
const MARK: &str = "varied";

impl Varied {
    fn next(&self) -> u64 {
        self.1.fetch_add(1, Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Provider for Varied {
    fn name(&self) -> &'static str {
        self.0
    }
    fn prepare(&self, ask: &Ask) -> Prepared {
        Prepared {
            body: json!({"said": ask.messages[0].content}),
            api_version: "1".into(),
            dropped: Vec::new(),
        }
    }
    async fn complete(&self, _: &Ask, _: &Call) -> Result<Reply, Failure> {
        let number = self.next();
        let codes: Vec<Code> = Code::all().collect();
        if number.is_multiple_of(5) {
            let code = codes[usize::try_from(number).unwrap() / 5 % codes.len()];
            // Neither of these is held against the whole provider for minutes.
            if !matches!(code, Code::Auth | Code::QuotaExhausted) {
                let message = format!("http://{MARK}-{number}.example/{number}?q={MARK}");
                let mut failure = Failure::new(code, message);
                failure.provider_request_id = Some(format!("{MARK}_{number}"));
                failure.status = Some(u16::try_from(400 + number % 200).unwrap());
                return Err(failure);
            }
        }
        Ok(Reply {
            text: format!("{MARK} {number}"),
            stop: Stop::Complete,
            model_served: format!("{MARK}-{number}"),
            usage: Usage::default(),
            ttft: Some(Duration::from_millis(number % 900)),
            took: Duration::from_secs(1),
            provider_request_id: Some(format!("{MARK}_{number}")),
            limits: Some(RateLimits::default()),
            load: None,
        })
    }
    async fn stream(&self, ask: &Ask, call: &Call, _: &Deltas) -> Result<Reply, Failure> {
        self.complete(ask, call).await
    }
    async fn embed(&self, _: &str, _: &[String], _: &Call) -> Result<Embeddings, Failure> {
        Err(Failure::new(Code::ModelNotFound, MARK))
    }
    async fn count_tokens(&self, _: &Ask, _: &Call) -> Result<Option<u64>, Failure> {
        Ok(None)
    }
    async fn models(&self, _: &Call) -> Result<Vec<ModelInfo>, Failure> {
        Ok(Vec::new())
    }
    async fn probe(&self, _: &Call) -> Result<Probe, Failure> {
        Ok(Probe::default())
    }
}

fn client() -> Client {
    let mut settings = settings();
    settings.llm_retry_base_ms = 1;
    settings.llm_breaker_ratio = 1.0;
    let providers = ["claude", "ollama"].map(|name| {
        let provider = Varied(name, AtomicU64::new(0));
        Arc::new(provider) as Arc<dyn Provider>
    });
    Client::new(ClientParts {
        settings,
        catalogue: Catalogue::built_in().unwrap(),
        providers: providers.into(),
        aliases: both(),
        clock: TokioClock::start(),
        random: Arc::new(|| 0.5),
    })
    .unwrap()
}

/// Names and labels of everything that is told.
fn series(handle: &PrometheusHandle) -> BTreeSet<String> {
    let text = handle.render();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let named = samples.filter_map(|line| line.rsplit_once(' '));
    named.map(|(name, _)| name.to_owned()).collect()
}

async fn ask(cached: &llm::Cached, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let task = match number % 4 {
            0 => "signal.classify".to_owned(),
            1 => format!("video.{MARK}_{number}"),
            _ => format!("{MARK}.{number}"),
        };
        let alias = match number % 10 {
            0 => format!("{MARK}-{number}"),
            _ => "a".to_owned(),
        };
        let text = format!("see http://{MARK}.example/{number}");
        let request = Request::new(uuid::Uuid::nil(), task, alias, text, 9);
        let question = Question::new(&request);
        let cancel = CancellationToken::new();
        let _ = cached.complete(&question, &cancel).await;
    }
}

#[test]
fn promise_18_ten_thousand_different_questions_are_a_bounded_number_of_series() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let (few, many) = metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let cached = behind_a_cache(client()).await;
            ask(&cached, 0..1000).await;
            let few = series(&handle);
            ask(&cached, 1000..11_000).await;
            (few, series(&handle))
        })
    });
    // Reasons are constants; the rarer ones come late.
    let is_reason = |name: &str| name.contains("code=") || name.contains("outcome=");
    let grown = many.difference(&few).filter(|name| !is_reason(name));
    let grown: Vec<_> = grown.collect();
    assert!(grown.is_empty(), "{grown:#?}");
    let from_outside: Vec<_> = many.iter().filter(|name| name.contains(MARK)).collect();
    assert!(from_outside.is_empty(), "{from_outside:#?}");
    let asked = many.iter().filter(|name| name.contains("task=")).count();
    assert!(many.len() < 400 && asked > 3, "{} series", many.len());
}
