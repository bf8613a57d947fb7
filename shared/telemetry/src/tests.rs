//! What is written and counted, seen from inside, where both can be caught.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests are told to write the page anew"
)]

use crate::{
    config::{LogFormat, TelemetryConfig},
    events::{llm::*, *},
    messaging::{self, Settlement},
    metric::METRICS,
    setup::{Prepared, RECORDED, prepare},
    signals::{self, BatchEnded, DossierEnded, SignalClassified},
    work,
};
use contracts::{JobId, StageName};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use tracing_subscriber::fmt::MakeWriter;

/// Somebody who keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Kept {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

fn prepared(filter: &str, format: LogFormat) -> (Prepared, Kept) {
    let kept = Kept::default();
    let config = TelemetryConfig {
        log_filter: filter.into(),
        log_format: format,
        ..TelemetryConfig::new("rumiai-test")
    };
    (prepare(&config, kept.clone()).unwrap(), kept)
}

fn with(prepared: &Prepared, work: impl FnOnce()) {
    metrics::with_local_recorder(&prepared.recorder, || {
        tracing::dispatcher::with_default(&prepared.dispatch, work);
    });
}

const STAGE: StageName = StageName::Detect;
const TOOK: Duration = Duration::from_millis(1500);

fn failed() -> StageOutcome {
    StageOutcome::Failed {
        class: "rejected",
        reason: "too_many_pixels",
    }
}

const ASKED: Asked<'static> = Asked {
    provider: "claude",
    model: "claude-haiku-5-5",
};

fn answered(outcome: &'static str, cost_usd: Option<f64>) -> LlmAnswered<'static> {
    LlmAnswered {
        asked: ASKED,
        task: "signal.classify",
        outcome,
        took: TOOK,
        overhead: TOOK,
        attempts: 1,
        tokens: [
            ("input", 1),
            ("output", 2),
            ("cache_read", 3),
            ("cache_write_5m", 4),
            ("cache_write_1h", 5),
        ],
        cost_usd,
    }
}

/// An event, the level of its line, and what the line says.
type Told = (fn(), &'static str, &'static str);

#[rustfmt::skip]
const EVENTS: &[Told] = &[
    (|| StageStarted { stage: STAGE, attempt: 1 }.emit(), "INFO", "stage began"),
    (|| StageEnded { stage: STAGE, outcome: StageOutcome::Done, took: TOOK }.emit(), "INFO", "stage ended"),
    (|| StageEnded { stage: STAGE, outcome: failed(), took: TOOK }.emit(), "WARN", "stage gave up"),
    (|| StageRetried { stage: STAGE, tier: "5s", class: "transient", reason: "store" }.emit(), "WARN", "stage will be tried again"),
    (|| DeadLettered { stage: STAGE, reason: "too_many_pixels" }.emit(), "ERROR", "message is a dead letter now"),
    (|| MessagePublished { queue: "detect", took: TOOK }.emit(), "DEBUG", "message published"),
    (|| PublishFailed { queue: "detect", reason: "unroutable" }.emit(), "ERROR", "message could not be published"),
    (|| MessageTaken { queue: "detect" }.emit(), "DEBUG", "message taken"),
    (|| MessageSettled { queue: "detect", settlement: Settlement::Ack, took: TOOK }.emit(), "DEBUG", "message settled"),
    (|| MessageProcessed { queue: "detect", done: true, took: TOOK }.emit(), "DEBUG", "message processed"),
    (|| LinkChanged { state: LinkState::Up, detail: "" }.emit(), "INFO", "connection to the broker changed"),
    (|| LinkChanged { state: LinkState::Blocked, detail: "low on disk" }.emit(), "WARN", "connection to the broker changed"),
    (|| BreakerOpened { breaker: "claude", pause: TOOK }.emit(), "WARN", "breaker opened"),
    (|| BreakerClosed { breaker: "claude" }.emit(), "INFO", "breaker closed"),
    (|| WorkerDraining { reason: "signal", running: 2 }.emit(), "INFO", "worker drains"),
    (|| MemoryWatched { resident_bytes: 7, limit_bytes: Some(9) }.emit(), "DEBUG", "memory watched"),
    (|| ArtifactStored { operation: "put", bytes: 42, took: TOOK }.emit(), "DEBUG", "artifact stored"),
    (|| ArtifactRead { operation: "get", bytes: 43, took: TOOK }.emit(), "DEBUG", "artifact read"),
    (|| ArtifactFailed { operation: "get", reason: "corrupt", took: TOOK }.emit(), "DEBUG", "artifact failed"),
    (|| SignalClassified { source_type: "manual", bucket: "warm", total: 65.0, took: TOOK }.emit(), "INFO", "signal classified"),
    (|| BatchEnded { items: 3, created_leads: 1, filtered: 1, errors: 1, model_calls: 2, took: TOOK }.emit(), "INFO", "batch ended"),
    (|| DossierEnded { lead_id: 1, status: "done", reason: None }.emit(), "INFO", "dossier ended"),
    (|| DossierEnded { lead_id: 1, status: "failed", reason: Some("Refused") }.emit(), "WARN", "dossier ended"),
    (|| ExportFailed { error: "refused" }.emit(), "WARN", "spans are not exported; they are dropped and counted"),
    (|| ExportRecovered.emit(), "INFO", "spans are exported again"),
    (|| LlmAttempted { asked: ASKED, code: "ok", took: TOOK, queued: TOOK, ttft: Some(TOOK), tokens_per_second: Some(9.0), provider_request_id: None }.emit(), "DEBUG", "model asked"),
    (|| answered("ok", Some(0.5)).emit(), "INFO", "model answered"),
    (|| answered("Overloaded", None).emit(), "WARN", "model gave no usable answer"),
    (|| LlmRetried { code: "Overloaded", wait: TOOK }.emit(), "DEBUG", "model will be asked again"),
    (|| LlmFellBack { from: "one", to: "other", code: "Overloaded" }.emit(), "WARN", "another model is asked"),
    (|| LlmLimits { asked: ASKED, in_flight: 1, limit: 2, remaining: &[("requests", 3)] }.emit(), "DEBUG", "limits of a model"),
    (|| LlmBreakerChanged { asked: ASKED, state: 2.0 }.emit(), "WARN", "breaker of a model changed"),
    (|| LlmParameterDropped { parameter: "top_k" }.emit(), "DEBUG", "parameter left out"),
    (|| LlmOutputInvalid { kind: "InvalidJson" }.emit(), "DEBUG", "answer cannot be used"),
    (|| LlmRepaired { result: "ok" }.emit(), "DEBUG", "answer repaired"),
    (|| LlmContextGiven { model: "gemma3:1b", tokens: 4096, loaded: true }.emit(), "DEBUG", "context given"),
    (|| LlmContextRejected.emit(), "DEBUG", "question fits no context"),
    (|| LlmTimedOut { kind: "ttft" }.emit(), "DEBUG", "model took too long"),
    (|| LlmHealthChanged { provider: "claude", states: &["healthy", "unhealthy"], state: "healthy" }.emit(), "INFO", "health of a provider changed"),
    (|| LlmHealthChanged { provider: "claude", states: &["healthy", "unhealthy"], state: "unhealthy" }.emit(), "WARN", "health of a provider changed"),
    (|| LlmModelEnds { model: "any", days: 7 }.emit(), "INFO", "model has an end"),
    (|| LlmBudgetSpent { ratio: 0.5 }.emit(), "DEBUG", "budget spent"),
];

#[test]
fn every_event_is_one_line_and_its_metrics_are_those_of_the_table() {
    let (prepared, kept) = prepared("trace", LogFormat::Json);
    for (emit, level, message) in EVENTS {
        with(&prepared, emit);
        let lines = kept.lines();
        let [line] = lines.as_slice() else {
            panic!("{message}: {lines:?}");
        };
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["level"], &line["fields"]["message"]),
            (&(*level).into(), &(*message).into())
        );
    }
    with(&prepared, || {
        let job = JobId::new("j-1").unwrap();
        messaging::queue_wait(STAGE, 0, SystemTime::UNIX_EPOCH + TOOK, &job, None);
        signals::item_ended("filtered", "score");
        signals::stage_ended("model", TOOK);
        signals::embedded(TOOK);
        signals::compared(0.5);
        signals::template_rendered("dossier", "1.0.0", true);
        signals::templates_reloaded("ok");
        signals::templates_in_use(2, 11);
        // These two are counted on the way out, which other tests see.
        metrics::counter!(crate::metric::SPANS_EXPORTED).increment(1);
        metrics::counter!(crate::metric::SPANS_DROPPED, "reason" => "queue_full").increment(1);
    });

    let text = prepared.telemetry.render_metrics();
    let found = labels_by_metric(&text);
    let expected: BTreeMap<_, _> = METRICS
        .iter()
        .map(|metric| {
            (
                metric.name.to_owned(),
                metric
                    .labels
                    .iter()
                    .map(|&label| label.to_owned())
                    .collect::<BTreeSet<_>>(),
            )
        })
        .collect();
    assert_eq!(found, expected);
    for metric in METRICS {
        let line = format!("# TYPE {} {}\n", metric.name, metric.kind.as_str());
        assert!(text.contains(&line), "{line}");
    }
    // What is to stay below a millisecond is told in parts of one.
    let mut buckets = text
        .lines()
        .filter(|line| line.starts_with("llm_overhead_seconds_bucket"));
    assert!(buckets.any(|line| line.contains("le=\"0.0005\"")));
}

/// Which labels each metric has in Prometheus' text format.
fn labels_by_metric(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let (name, rest) = line.split_once(['{', ' ']).unwrap();
        let histogram = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        let name = histogram.unwrap_or(name);
        let labels = if line.contains('{') {
            rest.split_once('}').unwrap().0
        } else {
            ""
        };
        let labels = labels
            .split(',')
            .filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        found
            .entry(name.into())
            .or_default()
            .extend(labels.filter(|label| label != "le"));
    }
    found
}

#[test]
fn every_failure_counts_once() {
    let (prepared, _) = prepared("off", LogFormat::Json);
    with(&prepared, || {
        StageRetried {
            stage: STAGE,
            tier: "5s",
            class: "transient",
            reason: "store",
        }
        .emit();
        StageRetried {
            stage: STAGE,
            tier: "1m",
            class: "transient",
            reason: "store",
        }
        .emit();
        StageEnded {
            stage: STAGE,
            outcome: failed(),
            took: TOOK,
        }
        .emit();
        DeadLettered {
            stage: STAGE,
            reason: "too_many_pixels",
        }
        .emit();
        StageEnded {
            stage: STAGE,
            outcome: StageOutcome::Done,
            took: TOOK,
        }
        .emit();
    });
    let text = prepared.telemetry.render_metrics();
    let counted: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("rumiai_stage_failures_total{"))
        .collect();
    let mut counted = counted;
    counted.sort_unstable();
    assert_eq!(
        counted,
        [
            "rumiai_stage_failures_total{stage=\"detect\",class=\"rejected\",reason=\"too_many_pixels\"} 1",
            "rumiai_stage_failures_total{stage=\"detect\",class=\"transient\",reason=\"store\"} 2",
        ]
    );
    assert!(
        text.contains(
            "rumiai_stage_duration_seconds_sum{stage=\"detect\",outcome=\"failed\"} 1.5\n"
        )
    );
}

#[test]
fn lines_name_their_trace_and_job_whatever_the_level() {
    let job = JobId::new("j-1").unwrap();
    for format in [LogFormat::Json, LogFormat::Text { ansi: false }] {
        let (prepared, kept) = prepared("warn", format);
        let mut trace = None;
        with(&prepared, || {
            tracing::warn!("outside");
            work::stage_span(STAGE, &job, 1).in_scope(|| {
                trace = crate::context::trace_id();
                work::infer_span("any", "CPU", 1).in_scope(|| {
                    tracing::warn!(count = 2, "inside \"both\"");
                    tracing::info!("not asked for");
                });
            });
        });
        let trace = trace.unwrap();
        let lines = kept.lines();
        assert_eq!(lines.len(), 2, "{lines:?}");
        if format == LogFormat::Json {
            let parsed: Vec<serde_json::Value> = lines
                .iter()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert_eq!(
                (parsed[0].get("trace_id"), parsed[0].get("job.id")),
                (None, None)
            );
            assert_eq!(
                (&parsed[1]["trace_id"], &parsed[1]["job.id"]),
                (&trace.into(), &"j-1".into())
            );
            assert_eq!(
                parsed[1]["fields"],
                serde_json::json!({ "message": "inside \"both\"", "count": 2 })
            );
            let known = crate::catalogue::LOG_FIELDS.map_names();
            for name in parsed[1].as_object().unwrap().keys() {
                assert!(known.contains(&name.as_str()), "{name} is not in the table");
            }
            assert_eq!(parsed[1].as_object().unwrap().len(), known.len());
        } else {
            assert!(lines[0].ends_with("Z  WARN outside"), "{}", lines[0]);
            let end = format!("Z  WARN inside \"both\" count=2 trace_id={trace} job.id=j-1");
            assert!(lines[1].ends_with(&end), "{}", lines[1]);
        }
    }
}

trait Names {
    fn map_names(&self) -> Vec<&'static str>;
}

impl Names for &[(&'static str, &'static str)] {
    fn map_names(&self) -> Vec<&'static str> {
        self.iter().map(|(name, _)| *name).collect()
    }
}

#[test]
fn colours_are_for_those_who_understand_them() {
    let (prepared, kept) = prepared("info", LogFormat::Text { ansi: true });
    with(&prepared, || tracing::error!("red"));
    assert!(kept.lines()[0].contains("\u{1b}[31mERROR\u{1b}[0m"));
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    let good = TelemetryConfig::new("x");
    assert!(good.validate().is_ok());
    let bad: [fn(&mut TelemetryConfig); 5] = [
        |config| config.sample_ratio = 1.1,
        |config| config.sample_ratio = f64::NAN,
        |config| config.queue_size = 0,
        |config| config.export_timeout = Duration::ZERO,
        |config| config.otlp_endpoint = Some("ftp://host".parse().unwrap()),
    ];
    for spoil in bad {
        let mut config = good.clone();
        spoil(&mut config);
        assert!(config.validate().is_err(), "{config:?}");
    }
}

#[test]
fn spans_of_every_crate_of_the_workspace_are_recorded_and_of_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let crates: BTreeSet<String> = ["shared", "services"]
        .iter()
        .flat_map(|group| std::fs::read_dir(root.join(group)).unwrap())
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap().replace('-', "_"))
        .collect();
    let recorded: BTreeSet<String> = RECORDED.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(recorded, crates);
}

#[test]
fn the_page_says_what_the_tables_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let path = root.join("docs/telemetry.md");
    let page = crate::catalogue::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/telemetry.md is out of date: UPDATE_DOCS=1 cargo nextest run -p telemetry"
    );
}
