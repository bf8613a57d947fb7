//! What the layer before language models costs and saves.
//! `deploy/bench/language-models.sh` builds what it needs, runs it and writes the page.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a program that measures and prints"
)]

mod figures;
mod hits;
mod overhead;
mod question;
mod setup;
mod signals;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use setup::Fake;
use std::{fs, path::PathBuf, process::ExitCode};
use tracing_subscriber::fmt;

/// Bounds of the buckets of every duration, in seconds: as many as the program has at most.
const BUCKETS: [f64; 16] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
];
/// What is measured when nothing is named.
const PARTS: [&str; 3] = ["overhead", "hits", "signals"];

/// Metrics and logs cost what they cost in a worker; the logs go nowhere.
fn telemetry() {
    let seconds = Matcher::Suffix("_seconds".into());
    let recorder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS);
    recorder.unwrap().install_recorder().unwrap();
    let logs = fmt().json().with_max_level(tracing::Level::INFO);
    logs.with_writer(std::io::sink).init();
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    // `cargo bench` adds an option of its own.
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let words: Vec<String> = words.collect();
    let Some((program, rest)) = words.split_first() else {
        println!("usage: language_models <fake-llm> [page] [overhead|hits|signals]...");
        return ExitCode::FAILURE;
    };
    let (parts, pages): (Vec<_>, Vec<_>) =
        rest.iter().partition(|word| PARTS.contains(&word.as_str()));
    let measures = |part: &str| parts.is_empty() || parts.iter().any(|named| *named == part);
    let _ = rustls::crypto::ring::default_provider().install_default();
    telemetry();
    let began = figures::load();
    let fake = Fake::start(&PathBuf::from(program));
    let mut page = String::from(include_str!("page.md"));
    for part in PARTS {
        let measured = match part {
            _ if !measures(part) => continue,
            "overhead" => overhead::measure(&fake).await,
            "hits" => hits::measure(&fake).await,
            _ => signals::measure(&fake).await,
        };
        println!("{measured}");
        page = page.replace(&format!("<!-- {part} -->\n"), &measured);
    }
    let conditions = figures::conditions(&began);
    println!("{conditions}");
    page = page.replace("<!-- conditions -->\n", &conditions);
    for path in pages {
        fs::write(path, &page).unwrap();
    }
    ExitCode::SUCCESS
}
