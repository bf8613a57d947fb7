//! Ollama's interface, against a server that says what it is told to say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use llm::{
    catalogue::Catalogue,
    completion::Stop,
    error::{Code, Failure, Wait},
    ollama::{Ollama, OllamaConfig},
    provider::{Ask, Call, Provider},
    request::{Message, Sampling},
    settings::LlmSettings,
};
use serde_json::{Value, json};
use std::{sync::Mutex, time::Duration};
use support::{
    TokioClock,
    server::{Answer, Server},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const STREAM: &str = concat!(
    "{\"model\":\"gemma3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\"Grüß\"},\"done\":false}\n\n",
    "{\"model\":\"gemma3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\" dich\"},\"done\":false}\n",
    "{\"model\":\"gemma3:1b\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"load_duration\":2000000,\"prompt_eval_count\":26,\"eval_count\":298}\n",
);

async fn ollama(answers: Vec<Answer>) -> (Server, Ollama) {
    let server = Server::start(answers).await;
    let settings = LlmSettings {
        ollama_base_url: server.url(),
        ..LlmSettings::default()
    };
    let ollama = Ollama::new(OllamaConfig::from(&settings), TokioClock::start()).unwrap();
    (server, ollama)
}

fn question(stream: bool) -> Ask {
    Ask {
        model: Catalogue::built_in().unwrap().row("ollama", "gemma3:1b"),
        system: None,
        messages: vec![Message::user("hello")],
        max_output_tokens: 700,
        output_schema: None,
        sampling: Sampling::default(),
        stop: Vec::new(),
        prompt_cache: None,
        effort: None,
        window: Some(4096),
        stream,
    }
}

fn call() -> Call {
    Call::within(Duration::from_secs(30), CancellationToken::new())
}

fn whole(status: u16, body: Value) -> Answer {
    let kind = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    Answer::Whole(status, kind, body.to_string().into_bytes())
}

fn lines(text: &str, ends: bool) -> Answer {
    Answer::Stream("application/x-ndjson", vec![text.as_bytes().to_vec()], ends)
}

async fn failed(answer: Answer, stream: bool) -> Failure {
    let (_server, ollama) = ollama(vec![answer]).await;
    ollama
        .complete(&question(stream), &call())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_stream_is_read_wherever_it_is_cut() {
    let bytes = STREAM.as_bytes();
    for size in [1, 3, 50, bytes.len()] {
        let pieces = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        let answer = Answer::Stream("application/x-ndjson", pieces, true);
        let (server, ollama) = ollama(vec![answer]).await;
        let (deltas, mut pieces) = mpsc::channel(64);
        let reply = ollama
            .stream(&question(false), &call(), &deltas)
            .await
            .unwrap();
        drop(deltas);
        assert_eq!(pieces.recv().await.as_deref(), Some("Grüß"));
        assert_eq!(
            (reply.text.as_str(), reply.stop),
            ("Grüß dich", Stop::Complete)
        );
        assert_eq!((reply.usage.input, reply.usage.output), (26, 298));
        assert_eq!(reply.load, Some(Duration::from_millis(2)));
        let seen = &server.seen()[0];
        assert!(seen.head.starts_with("POST /api/chat "));
        assert_eq!(
            (&seen.body["stream"], &seen.body["truncate"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(seen.body["options"]["num_ctx"], 4096);
    }
}

#[tokio::test]
async fn an_answer_in_one_piece_is_one_line() {
    let body = json!({"model": "gemma3:1b", "message": {"role": "assistant", "content": "hi"}, "done": true, "done_reason": "length", "prompt_eval_count": 5, "eval_count": 7});
    let (_server, ollama) = ollama(vec![whole(200, body)]).await;
    let reply = ollama.complete(&question(false), &call()).await.unwrap();
    assert_eq!(
        (reply.text.as_str(), reply.stop, reply.ttft),
        ("hi", Stop::Length, None)
    );
}

#[tokio::test]
async fn a_stream_without_its_last_line_is_none() {
    let (before, last) = STREAM.trim_end().rsplit_once('\n').unwrap();
    for ends in [true, false] {
        assert_eq!(
            failed(lines(before, ends), true).await.code,
            Code::StreamTruncated
        );
        let cut = format!("{before}\n{}", &last[..last.len() - 5]);
        assert_eq!(
            failed(lines(&cut, ends), true).await.code,
            Code::StreamTruncated
        );
    }
    let (_server, ollama) = ollama(vec![lines(STREAM.trim_end(), true)]).await;
    assert!(ollama.complete(&question(true), &call()).await.is_ok());
}

#[tokio::test]
async fn failures_are_understood_wherever_they_are_told() {
    let error = |status, reason: &str| whole(status, json!({"error": reason}));
    let html = Answer::Whole(
        502,
        vec![("content-type", "text/html".into())],
        b"<html>".to_vec(),
    );
    for (answer, stream, code) in [
        (
            error(400, "the input length exceeds the context length"),
            true,
            Code::ContextExceeded,
        ),
        (error(400, "invalid format"), false, Code::BadRequest),
        (error(404, "model 'x' not found"), true, Code::ModelNotFound),
        (
            error(503, "server busy, please try again"),
            true,
            Code::Overloaded,
        ),
        (
            error(200, "llama runner process has terminated"),
            false,
            Code::ServerError,
        ),
        (
            lines("{\"error\":\"an error was encountered\"}\n", true),
            true,
            Code::ServerError,
        ),
        (lines("hello\n", true), true, Code::Protocol),
        (html, true, Code::ServerError),
        (
            Answer::Whole(
                200,
                vec![("content-type", "text/html".into())],
                b"<html>".to_vec(),
            ),
            true,
            Code::Protocol,
        ),
        (Answer::Close, true, Code::Network),
    ] {
        let told = format!("{answer:?}");
        assert_eq!(failed(answer, stream).await.code, code, "{told}");
    }
}

#[tokio::test]
async fn a_loop_is_left_before_its_end() {
    let line = "{\"message\":{\"content\":\"\\n\\n\\n\\n\"},\"done\":false}\n".repeat(80);
    let failure = failed(
        Answer::Stall("application/x-ndjson", line.into_bytes()),
        true,
    )
    .await;
    assert_eq!(failure.code, Code::DegenerateOutput);
}

#[tokio::test]
async fn a_model_that_falls_silent_is_left() {
    let (_server, ollama) = ollama(vec![
        Answer::Silence,
        Answer::Stall("application/x-ndjson", STREAM.as_bytes()[..90].to_vec()),
    ])
    .await;
    let mut call = call();
    call.ttft = Duration::from_millis(150);
    call.idle = Duration::from_millis(150);
    for wait in [Wait::Ttft, Wait::Idle] {
        let failure = ollama.complete(&question(true), &call).await.unwrap_err();
        assert_eq!(failure.code, Code::Timeout(wait));
    }
}

#[tokio::test]
async fn vectors_come_the_new_way_or_the_old_one() {
    let texts = ["a".to_owned(), "b".to_owned()];
    let none = Answer::Whole(
        404,
        vec![("content-type", "text/plain".into())],
        b"404 page not found".to_vec(),
    );
    let answers = vec![
        whole(
            200,
            json!({"model": "n", "embeddings": [[1.0, 0.0], [0.0, 1.0]], "prompt_eval_count": 4}),
        ),
        none,
        whole(200, json!({"embedding": [1.0, 2.0]})),
        whole(200, json!({"embedding": [3.0, 4.0]})),
        whole(
            404,
            json!({"error": "model 'n' not found, try pulling it first"}),
        ),
        whole(200, json!({"embeddings": [[1.0, 0.0]]})),
    ];
    let (server, ollama) = ollama(answers).await;
    let new = ollama.embed("n", &texts, &call()).await.unwrap();
    assert_eq!((new.vectors.len(), new.input_tokens), (2, Some(4)));
    let old = ollama.embed("n", &texts, &call()).await.unwrap();
    assert_eq!(
        (old.vectors, old.input_tokens),
        (vec![vec![1.0, 2.0], vec![3.0, 4.0]], None)
    );
    let missing = ollama.embed("n", &texts, &call()).await.unwrap_err();
    assert_eq!(missing.code, Code::ModelNotFound);
    let few = ollama.embed("n", &texts, &call()).await.unwrap_err();
    assert_eq!(few.code, Code::Protocol);
    assert_eq!(server.seen()[0].body["truncate"], false);
}

#[tokio::test]
async fn promise_05_d12_a_list_that_cannot_be_had_is_not_an_empty_one() {
    let tags = json!({"models": [{"name": "gemma3:1b", "digest": "abc"}, {"name": "nomic-embed-text:latest", "digest": "def"}]});
    let answers = vec![
        whole(200, json!({"version": "0.33.0"})),
        whole(200, tags),
        whole(200, json!({"models": [{"name": "gemma3:1b"}]})),
        whole(500, json!({"error": "no"})),
    ];
    let (_server, ollama) = ollama(answers).await;
    let probe = ollama.probe(&call()).await.unwrap();
    assert_eq!(probe.version.as_deref(), Some("0.33.0"));
    assert_eq!(probe.loaded, ["gemma3:1b"]);
    assert_eq!(
        ollama.model_digest("nomic-embed-text").as_deref(),
        Some("def")
    );
    assert_eq!(ollama.model_digest("other"), None);
    assert!(
        ollama.models(&call()).await.is_err(),
        "a list that cannot be had is not an empty one"
    );
}

#[tokio::test]
async fn missing_models_are_fetched() {
    let tags = whole(
        200,
        json!({"models": [{"name": "nomic-embed-text:latest"}]}),
    );
    let pulled = lines(
        "{\"status\":\"pulling manifest\"}\n{\"status\":\"pulling\",\"total\":9,\"completed\":9}\n{\"status\":\"success\"}\n",
        true,
    );
    let missing = lines(
        "{\"status\":\"pulling manifest\"}\n{\"error\":\"pull model manifest: file does not exist\"}\n",
        true,
    );
    let (server, ollama) = ollama(vec![tags, pulled, missing]).await;
    let steps = Mutex::new(Vec::new());
    let wanted = [
        "nomic-embed-text".to_owned(),
        "gemma3:1b".to_owned(),
        "nobody:7b".to_owned(),
    ];
    let left = ollama
        .ensure(&wanted, true, &call(), |model, step| {
            steps.lock().unwrap().push((model.to_owned(), step.status));
        })
        .await
        .unwrap();
    assert_eq!(left, ["nobody:7b"]);
    assert_eq!(steps.lock().unwrap().len(), 4);
    let asked: Vec<Value> = server
        .seen()
        .iter()
        .map(|seen| seen.body["model"].clone())
        .collect();
    assert_eq!(asked, [Value::Null, "gemma3:1b".into(), "nobody:7b".into()]);
}
