//! What a batch tells of itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests are told where weights lie"
)]

mod support;

use contracts::{JobId, StageName};
use inference::Tensor;
use ndarray::{ArrayD, IxDyn};
use std::time::Duration;
use support::engine;
use telemetry::{TelemetryConfig, messaging::Received};
use testkit::{Bench, otlp::OtlpSink};
use tracing::Instrument;

const LIMIT: Duration = Duration::from_secs(30);
const MODEL: &str = "gesture-classifier";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_one_span_under_the_work_it_is_part_of() {
    let sink = OtlpSink::start();
    let config = TelemetryConfig {
        otlp_endpoint: Some(sink.endpoint().parse().unwrap()),
        ..TelemetryConfig::new("rumiai-test")
    };
    let telemetry = telemetry::init(&config).unwrap();
    let model = engine().load(MODEL).unwrap();
    let input = model.entry().inputs[0].clone();
    let shape: Vec<usize> = input
        .shape
        .iter()
        .map(|&extent| usize::try_from(extent).unwrap_or(3))
        .collect();
    let job = JobId::new("j-1").unwrap();
    let process = telemetry::messaging::process_span(&Received {
        queue: "people",
        message_id: "m-1",
        job: &job,
        stage: StageName::People,
        attempt: 1,
        delivery_tag: None,
        traceparent: None,
    });
    let context = Bench::default().context(StageName::People);
    let batch = shape[0].to_string();

    // As stages do it: off the runtime's threads.
    let ran = context.blocking(move || {
        let zeros = Tensor::F32(ArrayD::zeros(IxDyn(&shape)));
        model.run(vec![(input.name.as_str(), zeros)]).unwrap();
        let wrong = Tensor::F32(ArrayD::zeros(IxDyn(&[1])));
        assert!(model.run(vec![(input.name.as_str(), wrong)]).is_err());
        Ok(())
    });
    ran.instrument(process).await.unwrap();

    tokio::task::block_in_place(|| telemetry.shutdown(LIMIT)).unwrap();
    let spans = sink.wait(LIMIT, |spans| spans.len() >= 2);
    // Opening the model ran its golden sample, which is no batch of a job; and what does not fit
    // is not shown to the model.
    assert_eq!(spans.len(), 2, "{spans:?}");
    let [infer, process] = ["infer gesture-classifier", "process people"]
        .map(|name| spans.iter().find(|span| span.name == name).unwrap());
    assert_eq!(infer.parent_span_id.as_ref(), Some(&process.span_id));
    assert_eq!(
        infer.links,
        [(process.trace_id.clone(), process.span_id.clone())]
    );
    assert_eq!(infer.attribute("rumiai.model.name"), Some(MODEL));
    assert_eq!(infer.attribute("rumiai.model.provider"), Some("CPU"));
    assert_eq!(
        infer.attribute("rumiai.model.batch_size"),
        Some(batch.as_str())
    );
    assert_eq!(infer.attribute("job.id"), Some("j-1"));
    assert!(infer.end_unix_ns > infer.start_unix_ns);
}
