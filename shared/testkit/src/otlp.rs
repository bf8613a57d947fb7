//! Receiving spans as another program would: over OTLP, decoded from bytes.

use crate::free_address;
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1,
};
use prost::Message;
use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::oneshot;

/// Looks for something that takes its time: how often, and how long between.
const LOOKS: u32 = 600;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// One span as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpSpan {
    /// Its name.
    pub name: String,
    /// `internal`, `server`, `client`, `producer` or `consumer`.
    pub kind: &'static str,
    /// The trace, in hexadecimal.
    pub trace_id: String,
    /// The span, in hexadecimal.
    pub span_id: String,
    /// Its parent, in hexadecimal.
    pub parent_span_id: Option<String>,
    /// Trace and span of every link.
    pub links: Vec<(String, String)>,
    /// Attributes, as text.
    pub attributes: BTreeMap<String, String>,
    /// Attributes of who sent it, as text.
    pub resource: BTreeMap<String, String>,
    /// When it began, in nanoseconds since 1970.
    pub start_unix_ns: u64,
    /// When it ended, in nanoseconds since 1970.
    pub end_unix_ns: u64,
    /// The description of its status, if that is an error.
    pub error: Option<String>,
}

impl OtlpSpan {
    /// Its own context as `traceparent`, if it was sampled.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace_id, self.span_id)
    }
    /// An attribute, as text.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

#[derive(Default)]
struct Arrived {
    spans: Mutex<Vec<OtlpSpan>>,
    more: Condvar,
}

/// A receiver of OTLP over HTTP in this process, on a thread of its own.
pub struct OtlpSink {
    arrived: Arc<Arrived>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Default for OtlpSink {
    fn default() -> Self {
        Self::start()
    }
}

impl OtlpSink {
    /// Listens on a free port.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn start() -> Self {
        let arrived = Arc::new(Arrived::default());
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = mpsc::channel();
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(arrived.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self {
            arrived,
            address: address.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Where spans are to be sent, as `http://127.0.0.1:40000`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that arrived so far.
    #[must_use]
    pub fn spans(&self) -> Vec<OtlpSpan> {
        self.arrived
            .spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until `enough` is true of what arrived, and gives it out. It blocks.
    ///
    /// # Panics
    /// If that takes longer than `limit`.
    #[must_use]
    pub fn wait(&self, limit: Duration, enough: impl Fn(&[OtlpSpan]) -> bool) -> Vec<OtlpSpan> {
        let spans = self
            .arrived
            .spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .arrived
            .more
            .wait_timeout_while(spans, limit, |spans| !enough(spans));
        let (spans, ended) = waited.unwrap_or_else(PoisonError::into_inner);
        let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
        assert!(
            !ended.timed_out(),
            "after {limit:?} only these arrived: {names:?}"
        );
        spans.clone()
    }
}

impl Drop for OtlpSink {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn take(State(arrived): State<Arc<Arrived>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut spans = arrived.spans.lock().unwrap_or_else(PoisonError::into_inner);
    for group in request.resource_spans {
        let resource = group
            .resource
            .map(|resource| texts(resource.attributes))
            .unwrap_or_default();
        let found = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.extend(found.map(|span| decoded(span, &resource)));
    }
    arrived.more.notify_all();
    StatusCode::OK
}

fn decoded(span: v1::Span, resource: &BTreeMap<String, String>) -> OtlpSpan {
    let kind = match span.kind() {
        v1::span::SpanKind::Server => "server",
        v1::span::SpanKind::Client => "client",
        v1::span::SpanKind::Producer => "producer",
        v1::span::SpanKind::Consumer => "consumer",
        v1::span::SpanKind::Internal | v1::span::SpanKind::Unspecified => "internal",
    };
    let failed = |status: v1::Status| {
        (status.code() == v1::status::StatusCode::Error).then_some(status.message)
    };
    let links = span.links.iter();
    OtlpSpan {
        kind,
        name: span.name,
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_span_id: Some(hex(&span.parent_span_id)).filter(|parent| !parent.is_empty()),
        links: links
            .map(|link| (hex(&link.trace_id), hex(&link.span_id)))
            .collect(),
        attributes: texts(span.attributes),
        resource: resource.clone(),
        start_unix_ns: span.start_time_unix_nano,
        end_unix_ns: span.end_time_unix_nano,
        error: span.status.and_then(failed),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: AnyValue| match value.value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(truth)) => truth.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = attributes.into_iter();
    pairs
        .map(|pair| (pair.key, pair.value.map(text).unwrap_or_default()))
        .collect()
}

/// The real OpenTelemetry Collector, as `deploy/setup/services.sh` builds it.
pub struct Collector {
    process: Child,
    http: SocketAddr,
    grpc: SocketAddr,
    folder: tempfile::TempDir,
}

impl Collector {
    /// Starts one that hands every span to `sink` over HTTP.
    ///
    /// # Panics
    /// If it is not built, or does not listen in time.
    #[must_use]
    pub fn before(sink: &OtlpSink) -> Self {
        Self::forwarding(sink, free_address())
    }

    /// The same, where another one was before: at its `endpoint`.
    ///
    /// # Panics
    /// As [`Collector::before`].
    #[must_use]
    pub fn again(sink: &OtlpSink, endpoint: &str) -> Self {
        let address = endpoint.trim_start_matches("http://");
        Self::forwarding(sink, address.parse().unwrap())
    }

    fn forwarding(sink: &OtlpSink, http: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("collector.yaml");
        std::fs::write(&path, FORWARDING).unwrap();
        Self::start(&path, &[("SINK", &sink.endpoint())], http, folder)
    }

    /// Starts one with a configuration file that listens where the variables `OTLP_HTTP_LISTEN`
    /// and `OTLP_GRPC_LISTEN` say, as the one in `deploy/telemetry` does.
    ///
    /// # Panics
    /// If it is not built, or does not listen in time.
    #[must_use]
    pub fn with_config(path: &Path, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start(path, variables, free_address(), folder)
    }

    fn start(
        path: &Path,
        variables: &[(&str, &str)],
        http: SocketAddr,
        folder: tempfile::TempDir,
    ) -> Self {
        let grpc = free_address();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new(crate::cache_file("services/otelcol"))
            .arg(format!("--config=file:{}", path.display()))
            .env("OTLP_HTTP_LISTEN", http.to_string())
            .env("OTLP_GRPC_LISTEN", grpc.to_string())
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let mut started = Self {
            process: process.unwrap(),
            http,
            grpc,
            folder,
        };
        started.wait_until_it_listens();
        started
    }

    fn wait_until_it_listens(&mut self) {
        for _ in 0..LOOKS {
            let mut addresses = [self.http, self.grpc].into_iter();
            let stopped = self.process.try_wait().unwrap().is_some();
            if !stopped && addresses.all(|address| TcpStream::connect(address).is_ok()) {
                return;
            }
            if stopped {
                break;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("the collector does not listen:\n{log}");
    }

    /// Where spans are taken over HTTP, as `http://127.0.0.1:40000`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Where spans are taken over gRPC, as `127.0.0.1:40001`.
    #[must_use]
    pub fn grpc(&self) -> String {
        self.grpc.to_string()
    }

    /// What the collector has against a configuration file; nothing if it takes it.
    ///
    /// # Errors
    /// What it says.
    ///
    /// # Panics
    /// If it is not built.
    pub fn validate(path: &Path) -> Result<(), String> {
        let mut command = Command::new(crate::cache_file("services/otelcol"));
        let output = command
            .arg("validate")
            .arg(format!("--config=file:{}", path.display()))
            .output()
            .unwrap();
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Takes spans over both protocols and hands them on uncompressed.
const FORWARDING: &str = "
receivers:
  otlp:
    protocols:
      grpc: { endpoint: \"${env:OTLP_GRPC_LISTEN}\" }
      http: { endpoint: \"${env:OTLP_HTTP_LISTEN}\" }
processors:
  batch: { timeout: 100ms }
exporters:
  otlphttp: { endpoint: \"${env:SINK}\", compression: none, tls: { insecure: true } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], processors: [batch], exporters: [otlphttp] }
";
