//! The way of spans out of the process: a bounded queue, a thread of its own, a time limit.
//!
//! Work never waits for it. What finds the queue full, and what the other side does not take, is
//! dropped and counted.

use crate::{
    config::{BATCH_DELAY, BATCH_SIZE, Error, TelemetryConfig},
    events::{ExportFailed, ExportRecovered},
    metric,
};
use opentelemetry_otlp::{Protocol, RetryPolicy, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use url::Url;

/// What became of spans.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// Spans that wait.
    waiting: AtomicUsize,
    /// Spans that were dropped, for whatever reason.
    pub(crate) dropped: AtomicU64,
    /// Whether the last request failed.
    failing: AtomicBool,
}

impl Fate {
    fn drop_spans(&self, count: usize, reason: &'static str) {
        let count = count as u64;
        self.dropped.fetch_add(count, Relaxed);
        metrics::counter!(metric::SPANS_DROPPED, "reason" => reason).increment(count);
    }
}

/// The SDK's batching behind a queue that counts what it refuses.
#[derive(Debug)]
pub(crate) struct Bounded {
    batches: BatchSpanProcessor,
    fate: Arc<Fate>,
    queue_size: usize,
}

impl Bounded {
    /// The way to the receiver named in `config`.
    pub(crate) fn open(
        config: &TelemetryConfig,
        endpoint: &Url,
        fate: Arc<Fate>,
    ) -> Result<Self, Error> {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client(config.export_timeout)?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(traces_of(endpoint))
            .with_timeout(config.export_timeout)
            .with_retry_policy(RetryPolicy::default().with_max_retries(1))
            .build()
            .map_err(|error| Error::Exporter(error.to_string()))?;
        let counted = Counted {
            exporter,
            fate: fate.clone(),
        };
        let batches = BatchConfigBuilder::default()
            // `Bounded` refuses before this queue is full.
            .with_max_queue_size(config.queue_size)
            .with_max_export_batch_size(BATCH_SIZE.min(config.queue_size))
            .with_scheduled_delay(BATCH_DELAY)
            .build();
        Ok(Self {
            batches: BatchSpanProcessor::builder(counted)
                .with_batch_config(batches)
                .build(),
            fate,
            queue_size: config.queue_size,
        })
    }
}

/// `<endpoint>/v1/traces`, unless the endpoint names it already.
fn traces_of(endpoint: &Url) -> String {
    let base = endpoint.as_str().trim_end_matches('/');
    if base.ends_with("/v1/traces") {
        base.into()
    } else {
        format!("{base}/v1/traces")
    }
}

/// The client blocks, because a thread of its own calls it; it is made on one too, because making
/// it is forbidden on threads of an asynchronous runtime.
fn client(timeout: Duration) -> Result<reqwest::blocking::Client, Error> {
    // Another part of the program may have chosen first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = std::thread::spawn(move || {
        reqwest::blocking::Client::builder()
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
    });
    let made = made
        .join()
        .map_err(|_| Error::Exporter("the HTTP client could not be made".into()))?;
    made.map_err(|error| Error::Exporter(error.to_string()))
}

impl SpanProcessor for Bounded {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        // The batches leave these out, so they must not take a place.
        if !span.span_context.is_sampled() {
            return;
        }
        let room = |waiting| (waiting < self.queue_size).then_some(waiting + 1);
        match self.fate.waiting.fetch_update(Relaxed, Relaxed, room) {
            Ok(_) => self.batches.on_end(span),
            Err(_) => self.fate.drop_spans(1, "queue_full"),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// Counts what comes out of the queue and what is not taken.
#[derive(Debug)]
struct Counted<E> {
    exporter: E,
    fate: Arc<Fate>,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        self.fate.waiting.fetch_sub(count, Relaxed);
        let ended = self.exporter.export(batch).await;
        let failed = self.fate.failing.swap(ended.is_err(), Relaxed);
        match &ended {
            Ok(()) => {
                metrics::counter!(metric::SPANS_EXPORTED).increment(count as u64);
                if failed {
                    ExportRecovered.emit();
                }
            }
            Err(error) => {
                self.fate.drop_spans(count, "export_failed");
                if !failed {
                    let error = &error.to_string();
                    ExportFailed { error }.emit();
                }
            }
        }
        ended
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
