//! Claude's and Ollama's interfaces as a program, for people who try the service without them:
//! `cargo run -p testkit --features fake-llm --bin fake-llm -- --port 0`.
#![allow(
    clippy::print_stdout,
    reason = "it tells its address, and nothing else"
)]
#![allow(clippy::disallowed_methods, reason = "it runs in people's time")]

use stage::Clock;
use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime},
};
use testkit::fake_llm::FakeLlm;

/// People's time.
struct PeoplesClock;

impl Clock for PeoplesClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
    fn monotonic(&self) -> Duration {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default()
    }
}

fn port() -> Option<u16> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => Some(0),
        [name, value] if name == "--port" => value.parse().ok(),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(port) = port() else {
        println!("usage: fake-llm [--port <port>]");
        return ExitCode::FAILURE;
    };
    let fake = FakeLlm::start_on(port, Arc::new(PeoplesClock)).await;
    println!("CLAUDE_BASE_URL={}", fake.base_url());
    println!("CLAUDE_API_KEY={}", FakeLlm::api_key());
    println!("OLLAMA_BASE_URL={}", fake.base_url());
    // Until somebody interrupts it.
    drop(tokio::signal::ctrl_c().await);
    ExitCode::SUCCESS
}
