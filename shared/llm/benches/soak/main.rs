//! Whether the client and the cache before it stay as they are when they are asked for hours while a
//! tenth of everything goes wrong: `make soak`, or `cargo bench -p llm --bench soak -- 5` for five
//! minutes. Ends with an error if an answer is lost or is another question's, or if memory does not
//! stay within a tenth of what it was after the beginning.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures and prints"
)]

mod memory;
mod provider;
mod questions;

use memory::Memory;
use provider::Provider;
use questions::Counts;
use std::{process::ExitCode, time::Duration};
use tokio::time::Instant;

/// How long it runs if nobody says.
const USUAL_MINUTES: f64 = 60.0;
/// Who asks at the same time.
const ASKERS: u64 = 16;
/// Time between two looks at memory.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Most questions in a hundred that may end without an answer: three attempts fail together, and
/// the share of further attempts is bounded.
const MOST_FAILED_PERCENT: f64 = 5.0;

fn minutes() -> f64 {
    let mut numbers = std::env::args().filter_map(|word| word.parse().ok());
    numbers.next_back().unwrap_or(USUAL_MINUTES)
}

async fn soak(provider: &Provider, time: Duration) -> (Counts, Memory) {
    let cached = provider.cached().await;
    let end = Instant::now() + time;
    let mut asking = tokio::task::JoinSet::new();
    for asker in 0..ASKERS {
        let cached = cached.clone();
        asking.spawn(async move { questions::ask_until(&cached, asker, end).await });
    }
    let mut memory = Memory::default();
    while Instant::now() < end {
        tokio::time::sleep(LOOK_EVERY.min(time / 100)).await;
        memory.look();
    }
    let mut counts = Counts::default();
    while let Some(ended) = asking.join_next().await {
        counts.add(&ended.unwrap());
    }
    counts.note_cache(&cached.cache().stats());
    (counts, memory)
}

fn told(minutes: f64, counts: &Counts, memory: &Memory) -> Vec<String> {
    let settled = memory.settled();
    println!("{minutes} minutes, {ASKERS} askers");
    counts.print();
    settled.print();
    let mut wrong = counts.wrong();
    if counts.failed_percent() > MOST_FAILED_PERCENT {
        wrong.push(format!("{:.1} % failed", counts.failed_percent()));
    }
    wrong.extend(settled.wrong());
    wrong
}

fn main() -> ExitCode {
    if std::env::args().any(|word| word == provider::SERVE) {
        provider::serve();
        return ExitCode::SUCCESS;
    }
    // As the program counts and tells.
    let telemetry = telemetry::TelemetryConfig {
        log_filter: "off".into(),
        ..telemetry::TelemetryConfig::new("rumiai-soak")
    };
    let telemetry = telemetry::init(&telemetry).unwrap();
    let minutes = minutes();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let time = Duration::from_secs_f64(60.0 * minutes);
    let provider = Provider::start();
    let (counts, memory) = runtime.block_on(soak(&provider, time));
    let wrong = told(minutes, &counts, &memory);
    telemetry.shutdown(Duration::from_secs(5)).unwrap();
    for one in &wrong {
        println!("WRONG: {one}");
    }
    if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
