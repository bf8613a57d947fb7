//! How long an answer takes that was given before, through [`Cached`].

use crate::{
    figures::{Times, load, us},
    question,
    setup::{self, Fake},
};
use cache::State;
use llm::{Cached, Client, Question, request::Request};
use serde_json::json;
use std::{
    fmt::Write,
    time::{Duration, Instant},
};
use testkit::PrivateRedis;
use tokio_util::sync::CancellationToken;

/// Different answers, fewer than fit.
const ANSWERS: usize = 400;
/// Room for the longest of them, in tokens.
const ROOM: u32 = 8_000;
const LOCAL_ROUNDS: usize = 100;
const SHARED_ROUNDS: usize = 10;
/// Letters of an answer, as of a classification and of a long dossier.
const SIZES: [usize; 2] = [1_000, 16_000];
/// What 99 of 100 hits in this process may take.
const LOCAL_TARGET: Duration = Duration::from_micros(100);
/// What 99 of 100 hits in Redis may take.
const SHARED_TARGET: Duration = Duration::from_millis(2);

/// A question whose answer has about this many letters.
fn asked(number: usize, letters: usize) -> Request {
    let text = format!("ANSWER-OF-{letters} Hiring our first marketing manager, number {number}.");
    let mut request = question::classification("haiku", &text);
    // Long answers are text: the fields of a classification are short.
    request.output_schema = None;
    request.max_output_tokens = ROOM;
    request
}

/// Words, so that there is something to pack.
fn words(letters: usize) -> String {
    let mut random = fastrand::Rng::with_seed(3);
    let mut text = String::new();
    while text.len() < letters {
        text += ["lead ", "score ", "marketing ", "pain "][random.usize(..4)];
        text += &random.u32(..1000).to_string();
        text += " ";
    }
    text.truncate(letters);
    text
}

async fn ask(cached: &Cached, request: &Request, expected: State) -> Duration {
    let cancel = CancellationToken::new();
    let began = Instant::now();
    let answer = cached.complete(&Question::new(request), &cancel).await;
    let took = began.elapsed();
    assert_eq!(answer.unwrap().cache, expected);
    took
}

struct Row {
    name: String,
    times: Times,
    target: Duration,
    load: String,
}

async fn local(client: &Client, letters: usize) -> Row {
    let cached = setup::cached(client.clone(), "hits", None).await;
    let questions: Vec<Request> = (0..ANSWERS).map(|n| asked(n, letters)).collect();
    for question in &questions {
        ask(&cached, question, State::Miss).await;
    }
    let mut times = Times::default();
    for round in 0..=LOCAL_ROUNDS {
        for question in &questions {
            let took = ask(&cached, question, State::L1).await;
            // The first round warms up.
            if round > 0 {
                times.0.push(took);
            }
        }
    }
    Row {
        name: format!("this process, {letters} letters"),
        times,
        target: LOCAL_TARGET,
        load: load(),
    }
}

async fn shared(client: &Client, redis: &PrivateRedis, letters: usize) -> Row {
    let url = redis.url();
    let namespace = format!("hits-{letters}");
    let questions: Vec<Request> = (0..ANSWERS).map(|n| asked(n, letters)).collect();
    let writer = setup::cached(client.clone(), &namespace, Some(&url)).await;
    for question in &questions {
        ask(&writer, question, State::Miss).await;
    }
    let mut times = Times::default();
    for _ in 0..SHARED_ROUNDS {
        // A process that knows nothing yet.
        let reader = setup::cached(client.clone(), &namespace, Some(&url)).await;
        for question in &questions {
            times.0.push(ask(&reader, question, State::L2).await);
        }
    }
    Row {
        name: format!("Redis, {letters} letters"),
        times,
        target: SHARED_TARGET,
        load: load(),
    }
}

/// Measures, and writes the part of the page.
pub async fn measure(fake: &Fake) -> String {
    fake.at_once().await;
    for letters in SIZES {
        let canned = json!({"contains": format!("ANSWER-OF-{letters} "), "text": words(letters)});
        fake.answers(&canned).await;
    }
    let client = setup::client(fake, 1);
    let mut rows = Vec::new();
    for letters in SIZES {
        rows.push(local(&client, letters).await);
    }
    let redis = PrivateRedis::start_with("--appendonly no").await;
    if let Some(redis) = &redis {
        for letters in SIZES {
            rows.push(shared(&client, redis, letters).await);
        }
    }
    page(&rows, redis.is_some())
}

fn page(rows: &[Row], with_redis: bool) -> String {
    let mut page = String::from(
        "| answer from | answers | p50, µs | p90, µs | p99, µs | p99.9, µs | target of p99, µs | load |\n\
         |---|---:|---:|---:|---:|---:|---:|---|\n",
    );
    for row in rows {
        let p99 = row.times.within(990);
        let held = if p99 < row.target {
            "holds"
        } else {
            "does not hold"
        };
        writeln!(
            page,
            "| {} | {} |{} {}, {held} | {} |",
            row.name,
            row.times.0.len(),
            row.times.cells(),
            us(row.target),
            row.load
        )
        .unwrap();
    }
    if !with_redis {
        page += "\nWithout Redis: its server is not on this machine.\n";
    }
    page
}
