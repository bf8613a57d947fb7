//! The configuration in `deploy/telemetry`, as the real collector reads it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{LIMIT, config, job, named, start};
use contracts::StageName;
use std::path::PathBuf;
use telemetry::work;
use testkit::otlp::{Collector, OtlpSink};

fn deployed() -> PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../../deploy/telemetry/collector.yaml")
}

#[test]
fn the_collector_takes_the_configuration() {
    Collector::validate(&deployed()).unwrap();
}

#[test]
fn a_configuration_with_a_mistake_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collector.yaml");
    let text = std::fs::read_to_string(deployed()).unwrap();
    std::fs::write(
        &path,
        text.replace("processors: [batch]", "processors: [bach]"),
    )
    .unwrap();
    let said = Collector::validate(&path).unwrap_err();
    assert!(said.contains("bach"), "{said}");
}

#[test]
fn what_the_collector_takes_it_hands_on_over_grpc_as_jaeger_expects_it() {
    let sink = OtlpSink::start();
    // In Jaeger's place stands a collector: the same protocol, read back.
    let jaeger = Collector::before(&sink);
    let collector =
        Collector::with_config(&deployed(), &[("JAEGER_OTLP_ENDPOINT", &jaeger.grpc())]);
    let telemetry = start(&config(&collector.endpoint()));

    let job = job();
    work::stage_span(StageName::Ocr, &job, 1).in_scope(|| drop(work::infer_span("any", "CPU", 1)));

    telemetry.shutdown(LIMIT).unwrap();
    let spans = sink.wait(LIMIT, |spans| spans.len() == 2);
    let (stage, infer) = (named(&spans, "stage ocr"), named(&spans, "infer any"));
    assert_eq!(infer.parent_span_id, Some(stage.span_id.clone()));
    assert_eq!(
        infer.links,
        [(stage.trace_id.clone(), stage.span_id.clone())]
    );
    assert_eq!(stage.resource["service.name"], "rumiai-test");
}
