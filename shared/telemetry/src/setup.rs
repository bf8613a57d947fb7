//! Start and end of telemetry in a process.

use crate::{
    config::{Error, LogFormat, TelemetryConfig},
    export::{Bounded, Fate},
    format::Lines,
    job::JobLayer,
    metric,
};
use contracts::PROGRAM_VERSION;
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed, mpsc},
    time::Duration,
};
use tracing::{Dispatch, Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, FilterFn, filter_fn},
    fmt::{MakeWriter, format::JsonFields},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// How often histograms are folded together if nobody asks for the metrics.
const UPKEEP: Duration = Duration::from_secs(5);

/// Crates whose spans are recorded: those of this workspace. What libraries record of themselves
/// is not ours to tell, and may hold what nobody checked.
pub(crate) const RECORDED: [&str; 31] = [
    "artifacts",
    "broker",
    "cache",
    "classify",
    "contracts",
    "decode",
    "decoder",
    "detect",
    "emotion",
    "inference",
    "ingest",
    "insight",
    "jobs",
    "label",
    "llm",
    "media",
    "moderate",
    "ocr",
    "people",
    "prompts",
    "results",
    "rumiai",
    "shots",
    "sound",
    "stage",
    "telemetry",
    "testkit",
    "timeline",
    "tracking",
    "transcribe",
    "worker",
];

/// Telemetry of this process. Keep it until the end, then call [`Telemetry::shutdown`].
pub struct Telemetry {
    provider: SdkTracerProvider,
    prometheus: PrometheusHandle,
    fate: Arc<Fate>,
    /// Its end stops the thread that folds histograms.
    _upkeep: mpsc::Sender<()>,
}

/// Telemetry that is not yet this process's own.
pub(crate) struct Prepared {
    pub(crate) telemetry: Telemetry,
    pub(crate) dispatch: Dispatch,
    pub(crate) recorder: PrometheusRecorder,
}

/// Starts logs, traces and metrics of this process: log lines go to standard error, so that
/// standard output stays for results. Once per process, in `main`, before anything is logged.
///
/// # Errors
/// [`Error::Unusable`] for settings that cannot be meant, [`Error::Exporter`] if the exporter of
/// spans cannot be made, [`Error::Twice`] if there is telemetry already. A receiver of spans that
/// cannot be reached is none: spans are dropped and counted then.
pub fn init(config: &TelemetryConfig) -> Result<Telemetry, Error> {
    let prepared = prepare(config, std::io::stderr)?;
    // What libraries say through the crate `log` comes out at the same place.
    prepared.dispatch.try_init().map_err(|_| Error::Twice)?;
    metrics::set_global_recorder(prepared.recorder).map_err(|_| Error::Twice)?;
    metric::describe();
    Ok(prepared.telemetry)
}

pub(crate) fn prepare<W>(config: &TelemetryConfig, writer: W) -> Result<Prepared, Error>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    config.validate()?;
    let fate = Arc::new(Fate::default());
    let provider = provider(config, fate.clone())?;
    let tracer = provider.tracer("rumiai");
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer.clone())
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(recorded());
    let subscriber = tracing_subscriber::registry()
        .with(JobLayer.with_filter(recorded()))
        .with(TracerLayer(tracer))
        .with(spans)
        .with(lines(config, writer));
    let recorder = recorder()?;
    let prometheus = recorder.handle();
    Ok(Prepared {
        telemetry: Telemetry {
            provider,
            _upkeep: start_upkeep(prometheus.clone()),
            prometheus,
            fate,
        },
        dispatch: Dispatch::new(subscriber),
        recorder,
    })
}

fn provider(config: &TelemetryConfig, fate: Arc<Fate>) -> Result<SdkTracerProvider, Error> {
    let attributes = [
        KeyValue::new("service.version", PROGRAM_VERSION),
        KeyValue::new("service.instance.id", uuid::Uuid::now_v7().to_string()),
    ];
    let resource = Resource::builder_empty()
        .with_service_name(config.service_name.clone())
        .with_attributes(attributes)
        .build();
    let ratio = Sampler::TraceIdRatioBased(config.sample_ratio);
    let builder = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(ratio)))
        .with_resource(resource);
    let builder = match &config.otlp_endpoint {
        Some(endpoint) => builder.with_span_processor(Bounded::open(config, endpoint, fate)?),
        None => builder,
    };
    Ok(builder.build())
}

/// Lines are chosen by the filter, and know all spans that are recorded: those say which job and
/// trace a line belongs to.
fn lines<S, W>(config: &TelemetryConfig, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = EnvFilter::try_new(&config.log_filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    let filter = wanted.or(recorded());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .event_format(Lines::new(config.log_format));
    match config.log_format {
        LogFormat::Json => lines
            .with_ansi(false)
            .fmt_fields(JsonFields::new())
            .with_filter(filter)
            .boxed(),
        LogFormat::Text { ansi } => lines.with_ansi(ansi).with_filter(filter).boxed(),
    }
}

fn recorded() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    fn is_recorded(metadata: &Metadata<'_>) -> bool {
        let origin = metadata.target().split("::").next().unwrap_or_default();
        metadata.is_span() && *metadata.level() <= Level::INFO && RECORDED.contains(&origin)
    }
    filter_fn(is_recorded as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::INFO)
}

fn recorder() -> Result<PrometheusRecorder, Error> {
    let unusable =
        |error: metrics_exporter_prometheus::BuildError| Error::Unusable(error.to_string());
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &metric::SECONDS)
        .map_err(unusable)?
        .set_buckets_for_metric(
            Matcher::Full("cache_op_seconds".into()),
            &metric::SHORT_SECONDS,
        )
        .map_err(unusable)?
        .set_buckets_for_metric(
            Matcher::Full(metric::LLM_OVERHEAD.into()),
            &metric::SHORT_SECONDS,
        )
        .map_err(unusable)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".into()), &metric::BYTES)
        .map_err(unusable)?
        .set_buckets_for_metric(
            Matcher::Full(metric::LLM_OUTPUT_RATE.into()),
            &metric::TOKENS_PER_SECOND,
        )
        .map_err(unusable)?
        .set_buckets_for_metric(Matcher::Full(metric::SIGNAL_SCORE.into()), &metric::POINTS)
        .map_err(unusable)?
        .set_buckets_for_metric(Matcher::Full(metric::BATCH_SIZE.into()), &metric::ITEMS)
        .map_err(unusable)?
        .set_buckets_for_metric(
            Matcher::Full(metric::EMBEDDING_SIMILARITY.into()),
            &metric::COSINES,
        )
        .map_err(unusable)?;
    Ok(builder.build_recorder())
}

/// Values of histograms are kept one by one until they are folded together; without somebody who
/// asks for them they would grow for as long as the process runs.
fn start_upkeep(prometheus: PrometheusHandle) -> mpsc::Sender<()> {
    let (alive, ended) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        while ended.recv_timeout(UPKEEP) == Err(mpsc::RecvTimeoutError::Timeout) {
            prometheus.run_upkeep();
        }
    });
    alive
}

impl Telemetry {
    /// All metrics, as Prometheus reads them (text format 0.0.4).
    #[must_use]
    pub fn render_metrics(&self) -> String {
        self.prometheus.render()
    }

    /// Spans that were dropped so far: the queue was full, or the receiver did not take them.
    #[must_use]
    pub fn dropped_spans(&self) -> u64 {
        self.fate.dropped.load(Relaxed)
    }

    /// Sends the spans that wait and ends the export, within `limit`. It blocks; on a thread of
    /// an asynchronous runtime call it where blocking is allowed.
    ///
    /// # Errors
    /// [`Error::Unsent`] if spans were left when time was over; nothing waits for them any more.
    pub fn shutdown(&self, limit: Duration) -> Result<(), Error> {
        let ended = self.provider.shutdown_with_timeout(limit);
        ended.map_err(|error| Error::Unsent {
            limit_ms: limit.as_millis(),
            reason: error.to_string(),
        })
    }
}

/// Keeps the tracer where spans with times of their own find it.
struct TracerLayer(SdkTracer);

impl<S: Subscriber> Layer<S> for TracerLayer {}

/// The tracer of the current subscriber, if it has one.
pub(crate) fn tracer() -> Option<SdkTracer> {
    tracing::dispatcher::get_default(|dispatch| {
        let layer = dispatch.downcast_ref::<TracerLayer>();
        layer.map(|layer| layer.0.clone())
    })
}
