//! Row 29 of the fault matrix: the receiver of spans is away or hangs, and work goes on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{LIMIT, config, job, start};
use contracts::StageName;
use std::{
    io::Read,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use telemetry::{Error, Telemetry, TelemetryConfig, work};
use testkit::{
    free_address,
    otlp::{Collector, OtlpSink},
};
use tokio::time::Instant;

/// Spans emitted while nobody takes them.
const SPANS: u32 = 10_000;
/// Spans that may wait.
const QUEUE: u64 = 1000;
/// Emitting them takes milliseconds; waiting for the receiver even once would take longer.
const UNHINDERED: Duration = Duration::from_secs(5);
/// Longer than the test may take: who waits for the receiver waits too long.
const EXPORT: Duration = Duration::from_secs(60);

/// Accepts connections, reads what comes and never answers.
struct Hanging {
    address: String,
    stopped: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl Hanging {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stopped = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (ended, kept) = (stopped.clone(), open.clone());
        let thread = std::thread::spawn(move || {
            let mut readers = Vec::new();
            for stream in listener.incoming().map(Result::unwrap) {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                kept.lock().unwrap().push(stream.try_clone().unwrap());
                readers.push(std::thread::spawn(move || {
                    let (mut stream, mut some) = (stream, [0; 4096]);
                    while stream.read(&mut some).is_ok_and(|read| read > 0) {}
                }));
            }
            readers
                .into_iter()
                .for_each(|reader| reader.join().unwrap());
        });
        Self {
            address,
            stopped,
            open,
            thread: Some(thread),
        }
    }

    fn connections(&self) -> usize {
        self.open.lock().unwrap().len()
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(&self.address));
        for stream in self.open.lock().unwrap().iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn impatient(endpoint: &str) -> TelemetryConfig {
    TelemetryConfig {
        queue_size: QUEUE as usize,
        export_timeout: EXPORT,
        log_filter: "off".into(),
        ..config(endpoint)
    }
}

/// Emits spans as a worker would, and says how long that took.
fn emit() -> Duration {
    let job = job();
    let began = Instant::now();
    for attempt in 0..SPANS {
        drop(work::stage_span(StageName::Detect, &job, attempt));
    }
    began.elapsed()
}

fn metric(telemetry: &Telemetry, name: &str) -> u64 {
    let text = telemetry.render_metrics();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().unwrap())
}

#[test]
fn row_29_a_receiver_that_hangs_holds_up_nothing() {
    let hanging = Hanging::start();
    let telemetry = start(&impatient(&format!("http://{}", hanging.address)));

    let took = emit();

    assert!(took < UNHINDERED, "{SPANS} spans took {took:?}");
    // What waits, and one request on its way, is all that is kept.
    let kept = u64::from(SPANS) - telemetry.dropped_spans();
    let most = QUEUE + telemetry::BATCH_SIZE as u64;
    assert!((QUEUE..=most).contains(&kept), "{kept} spans are kept");
    let full = "rumiai_telemetry_spans_dropped_total{reason=\"queue_full\"}";
    assert_eq!(metric(&telemetry, full), telemetry.dropped_spans());
    // Emitting goes on unhindered with a full queue too.
    assert!(emit() < UNHINDERED);
    assert!(u64::from(2 * SPANS) - telemetry.dropped_spans() <= most);

    let began = Instant::now();
    let limit = Duration::from_millis(300);
    let ended = telemetry.shutdown(limit);
    assert!(
        matches!(ended, Err(Error::Unsent { limit_ms: 300, .. })),
        "{ended:?}"
    );
    assert!(
        began.elapsed() < UNHINDERED,
        "the end waits no longer than it is told"
    );
    assert!(hanging.connections() > 0, "it was tried");
}

#[test]
fn row_29_a_receiver_that_is_away_holds_up_nothing_and_every_lost_span_is_counted() {
    let telemetry = start(&impatient(&format!("http://{}", free_address())));

    let took = emit();

    assert!(took < UNHINDERED, "{SPANS} spans took {took:?}");
    telemetry.shutdown(LIMIT).unwrap();
    assert_eq!(telemetry.dropped_spans(), u64::from(SPANS));
    let failed = "rumiai_telemetry_spans_dropped_total{reason=\"export_failed\"}";
    assert!(metric(&telemetry, failed) > 0);
}

#[test]
fn row_29_spans_flow_again_once_the_collector_is_back() {
    let sink = OtlpSink::start();
    let collector = Collector::before(&sink);
    let endpoint = collector.endpoint();
    drop(collector);
    let telemetry = start(&impatient(&endpoint));
    let job = job();

    drop(work::stage_span(StageName::Detect, &job, 1));
    let lost = || telemetry.dropped_spans() == 1;
    assert!(eventually(lost), "the failed request is counted");
    let _back = Collector::again(&sink, &endpoint);
    drop(work::stage_span(StageName::Shots, &job, 1));
    telemetry.shutdown(LIMIT).unwrap();

    let spans = sink.wait(LIMIT, |spans| !spans.is_empty());
    assert_eq!(spans[0].name, "stage shots");
    assert_eq!(
        metric(&telemetry, "rumiai_telemetry_spans_exported_total"),
        1
    );
}

#[test]
fn what_was_sent_makes_room_for_more() {
    let sink = OtlpSink::start();
    let mut config = impatient(&sink.endpoint());
    config.queue_size = 50;
    let telemetry = start(&config);
    let job = job();
    for round in 1..=3 {
        for attempt in 0..50 {
            drop(work::stage_span(StageName::Detect, &job, attempt));
        }
        let all = sink.wait(LIMIT, |spans| spans.len() == round * 50);
        assert_eq!((all.len(), telemetry.dropped_spans()), (round * 50, 0));
    }
}

/// Looks until it is so, for as long as anything may take.
fn eventually(so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !so() {
        if began.elapsed() > LIMIT {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    true
}
