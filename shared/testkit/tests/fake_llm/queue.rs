//! Ollama's queue: who waits, who is refused, and what loading costs.

use super::{chat, look, ollama, quick};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fake_llm::{Ending, FakeLlm, Fault, HangPoint, LlmCall};
use tokio::task::JoinSet;

fn sized(context: u64) -> Value {
    let mut body = chat();
    body["options"]["num_ctx"] = json!(context);
    body
}

/// Lets a request take the model and keep it.
async fn occupied(fake: &FakeLlm) -> JoinSet<()> {
    let seen = fake.journal().len();
    fake.script(Fault::Hang {
        at: HangPoint::BetweenEvents,
        pings: false,
    });
    let mut tasks = JoinSet::new();
    let url = format!("{}/api/chat", fake.base_url());
    tasks.spawn(async move {
        let request = super::client().post(url).body(chat().to_string());
        drop(request.send().await.unwrap().text().await);
    });
    // It holds the model as soon as its answer has begun.
    let begun = |call: &LlmCall| call.status.is_some();
    fake.journal_when(|calls| calls.get(seen).is_some_and(begun))
        .await;
    tasks
}

#[tokio::test]
async fn another_context_loads_the_model_again_and_takes_its_time() {
    let fake = FakeLlm::start().await;
    let load = async |context| {
        let began = tokio::time::Instant::now();
        let got = ollama(&fake, "/api/chat", &sized(context)).await.json();
        let told = Duration::from_nanos(got["load_duration"].as_u64().unwrap());
        assert!(began.elapsed() >= told);
        told > Duration::from_millis(250)
    };
    let seen = [
        load(4096).await,
        load(4096).await,
        load(8192).await,
        load(8192).await,
        load(4096).await,
    ];
    assert_eq!(seen, [true, false, true, false, true]);
    let loads = fake.loads();
    let contexts: Vec<u64> = loads.iter().map(|(_, context)| *context).collect();
    assert_eq!(contexts, [4096, 8192, 4096]);
    assert!(loads.iter().all(|(model, _)| model == "gemma3:1b"));
}

#[tokio::test]
async fn a_model_answers_one_after_the_other() {
    let fake = quick().await;
    let mut first = occupied(&fake).await;
    let body = chat();
    let mut second = std::pin::pin!(ollama(&fake, "/api/chat", &body));
    let waited = tokio::time::timeout(Duration::from_millis(300), &mut second).await;
    assert!(waited.is_err(), "the model is taken");
    // Whoever goes away makes place.
    first.shutdown().await;
    assert_eq!(second.await.status, 200);
}

#[tokio::test]
async fn a_model_answers_as_many_as_it_is_set_up_for() {
    let fake = quick().await;
    fake.ollama(|server| server.parallel = 2);
    let _first = occupied(&fake).await;
    assert_eq!(ollama(&fake, "/api/chat", &chat()).await.status, 200);
    // Another context has to wait until nobody uses the model.
    let body = sized(8192);
    let other = ollama(&fake, "/api/chat", &body);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), other)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let fake = quick().await;
    fake.ollama(|server| server.max_queue = 1);
    let mut first = occupied(&fake).await;
    let body = chat();
    let mut waiting = std::pin::pin!(ollama(&fake, "/api/chat", &body));
    assert!(
        tokio::time::timeout(Duration::from_millis(300), &mut waiting)
            .await
            .is_err()
    );
    let refused = ollama(&fake, "/api/chat", &chat()).await;
    assert_eq!(refused.status, 503);
    assert!(refused.message().starts_with("server busy"));
    first.shutdown().await;
    assert_eq!(waiting.await.status, 200);
}

#[tokio::test]
async fn who_waits_and_goes_away_is_not_answered() {
    let fake = quick().await;
    let _first = occupied(&fake).await;
    let body = chat();
    let waiting = ollama(&fake, "/api/chat", &body);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), waiting)
            .await
            .is_err()
    );
    let calls = fake
        .journal_when(|calls| calls[1].ending == Ending::ClientGone)
        .await;
    assert_eq!(calls[1].status, None);
}

#[tokio::test]
async fn the_model_unused_longest_makes_room() {
    let fake = quick().await;
    fake.ollama(|server| server.max_loaded = 1);
    ollama(&fake, "/api/chat", &chat()).await;
    let mut other = chat();
    other["model"] = json!("gemma3:4b");
    assert_eq!(ollama(&fake, "/api/chat", &other).await.status, 200);
    let loaded = look(&fake, "/api/ps").await.json();
    assert_eq!(loaded["models"].as_array().unwrap().len(), 1);
    assert_eq!(loaded["models"][0]["name"], "gemma3:4b");
}
