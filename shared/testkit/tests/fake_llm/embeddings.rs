//! Ollama's embeddings.

use super::{ollama, quick};
use serde_json::{Value, json};

fn vector(value: &Value) -> Vec<f64> {
    let all = value.as_array().unwrap().iter();
    all.map(|number| number.as_f64().unwrap()).collect()
}

fn cosine(one: &[f64], two: &[f64]) -> f64 {
    one.iter().zip(two).map(|(one, two)| one * two).sum()
}

#[tokio::test]
async fn texts_with_the_same_words_are_close() {
    let fake = quick().await;
    let body = json!({"model": "nomic-embed-text", "input": [
        "hiring our first growth marketer", "hiring our first marketer", "Java engineer wanted",
    ]});
    let got = ollama(&fake, "/api/embed", &body).await.json();
    let vectors: Vec<Vec<f64>> = got["embeddings"]
        .as_array()
        .unwrap()
        .iter()
        .map(vector)
        .collect();
    assert_eq!(vectors.len(), 3);
    assert!(vectors.iter().all(|one| one.len() == 768));
    assert!(
        vectors
            .iter()
            .all(|one| (cosine(one, one) - 1.0).abs() < 1e-9)
    );
    let (near, far) = (
        cosine(&vectors[0], &vectors[1]),
        cosine(&vectors[0], &vectors[2]),
    );
    assert!(near > 0.7 && far < 0.3, "{near} {far}");
    assert!(got["prompt_eval_count"].as_u64() > Some(0));
    let again = ollama(&fake, "/api/embed", &body).await.json();
    assert_eq!(got["embeddings"], again["embeddings"]);
}

#[tokio::test]
async fn vectors_have_the_length_of_their_model_or_less() {
    let fake = quick().await;
    fake.ollama(|server| server.installed.push("all-minilm:latest".into()));
    for (dimensions, length) in [(json!(null), 384), (json!(64), 64), (json!(9999), 384)] {
        let body = json!({"model": "all-minilm", "input": "x", "dimensions": dimensions});
        let got = ollama(&fake, "/api/embed", &body).await.json();
        assert_eq!(vector(&got["embeddings"][0]).len(), length);
    }
}

#[tokio::test]
async fn a_text_beyond_the_context_is_refused_or_cut() {
    let fake = quick().await;
    let mut body = json!({
        "model": "nomic-embed-text", "input": ["word".repeat(300)],
        "options": {"num_ctx": 256}, "truncate": false,
    });
    let got = ollama(&fake, "/api/embed", &body).await;
    assert_eq!(got.status, 400);
    body["truncate"] = json!(true);
    let got = ollama(&fake, "/api/embed", &body).await.json();
    assert_eq!(got["prompt_eval_count"], 256);
}

#[tokio::test]
async fn an_old_server_has_only_the_old_path() {
    let fake = quick().await;
    fake.ollama(|server| server.has_embed = false);
    let body = json!({"model": "nomic-embed-text", "input": "x", "prompt": "x"});
    assert_eq!(ollama(&fake, "/api/embed", &body).await.status, 404);
    let got = ollama(&fake, "/api/embeddings", &body).await.json();
    let vector = vector(&got["embedding"]);
    assert_eq!(vector.len(), 768);
    assert!(
        (cosine(&vector, &vector) - 1.0).abs() > 0.1,
        "it has not the length one"
    );
}

#[tokio::test]
async fn a_model_that_talks_does_not_embed() {
    let fake = quick().await;
    let body = json!({"model": "gemma3:1b", "input": "x"});
    assert_eq!(ollama(&fake, "/api/embed", &body).await.status, 400);
    let body = json!({"model": "nomic-embed-text", "input": 7});
    assert_eq!(ollama(&fake, "/api/embed", &body).await.status, 400);
    let body = json!({"model": "nomic-embed-text", "input": []});
    assert_eq!(
        ollama(&fake, "/api/embed", &body).await.json()["embeddings"],
        json!([])
    );
}
