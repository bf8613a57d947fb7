//! Changes to the replayed inputs whose effect is known: a result taken away, everything a second
//! later, an item told twice.
#![allow(clippy::unwrap_used, reason = "tests")]

mod changed;
mod common;

use bytes::Bytes;
use changed::{
    SERVICES, document,
    evidence::{COVERED, EVIDENCE},
    fields,
    placed::{PLACED, RARELY_PLACED},
    shifted,
};
use contracts::{manifest::FailureClass, messages::StageFailure};
use oracle::{record, replay};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use timeline::{
    Limits, Metric,
    compute::{CREATIVE, Input, Output, analyse},
};

fn run(input: &Input) -> Output {
    analyse(input, &Limits::default()).unwrap()
}

/// The recorded inputs, or a made one where nothing was recorded.
fn inputs() -> Vec<(String, Input)> {
    let mut cases = record::cases().unwrap();
    cases.retain(|case| !case.is_made());
    let mut inputs: Vec<(String, Input)> = cases
        .into_iter()
        .map(|case| (case.name, replay::replay(&case.input).input))
        .collect();
    inputs.push(("made".into(), replay::replay(&changed::busy()).input));
    inputs
}

/// Every document made of metrics, by name.
fn documents(output: &Output) -> Vec<(&'static str, &[u8])> {
    let analyses = output.analyses.iter();
    analyses
        .map(|files| (files.name, files.result.as_slice()))
        .chain(output.creative.as_deref().map(|file| (CREATIVE.name, file)))
        .collect()
}

/// Fields that differ, by analysis.
fn differences(before: &Output, after: &Output) -> Vec<(&'static str, String)> {
    let mut different = Vec::new();
    for ((name, before), (_, after)) in documents(before).into_iter().zip(documents(after)) {
        let (before_fields, after_fields) = (fields(before), fields(after));
        let paths: BTreeSet<&String> = before_fields.keys().chain(after_fields.keys()).collect();
        for path in paths {
            let (one, other) = (before_fields.get(path), after_fields.get(path));
            // Where items are others than before, all that is said of them is.
            let place = path
                .split_once("[]")
                .map_or(path.as_str(), |(list, _)| list);
            if one != other {
                different.push((name, place.to_owned()));
            }
        }
    }
    different
}

/// Definitions of the field at a path; of all of its items if it is a list.
fn metrics_at(analysis: &str, path: &str) -> Vec<&'static Metric> {
    let list = format!("{path}[]");
    let all = timeline::metrics().into_iter();
    all.filter(|metric| metric.analysis == analysis)
        .filter(|metric| metric.path == path || metric.path.starts_with(&list))
        .collect()
}

/// The services a field depends on, read from its definition; `None` if that names none of them.
fn services_of(metric: &Metric) -> Option<BTreeSet<&'static str>> {
    if metric.path.ends_with("notMeasured.*") {
        // Reasons of all nulls of the analysis.
        let others = timeline::metrics().into_iter();
        let others =
            others.filter(|one| one.analysis == metric.analysis && one.path != metric.path);
        return Some(others.filter_map(services_of).flatten().collect());
    }
    // Whose expressions these are does not matter.
    let inputs = metric.inputs.replace("of the main face", "");
    let mut services = BTreeSet::new();
    let mut known = false;
    for (word, of) in EVIDENCE {
        if inputs.contains(word) {
            known = true;
            services.extend(*of);
        }
    }
    if inputs.contains("coverage") || inputs.contains("detections") {
        let of = COVERED
            .iter()
            .find(|(analysis, _)| *analysis == metric.analysis)?;
        known = true;
        services.extend(of.1);
    }
    known.then_some(services)
}

#[test]
fn every_definition_says_what_it_is_computed_from() {
    let unknown: Vec<String> = timeline::metrics()
        .into_iter()
        .filter(|metric| services_of(metric).is_none())
        .map(|metric| format!("{}.{}: {}", metric.analysis, metric.path, metric.inputs))
        .collect();
    assert!(
        unknown.is_empty(),
        "computed from what no service is known of: {unknown:#?}"
    );
}

#[test]
fn a_result_taken_away_changes_only_what_depends_on_it() {
    let mut findings = BTreeSet::new();
    for (_, input) in inputs() {
        let whole = run(&input);
        for (service, stage) in replay::SERVICES {
            let mut without = input.clone();
            if document(&mut without, service).take().is_none() {
                continue;
            }
            without.failures.push(StageFailure {
                stage,
                class: FailureClass::Exhausted,
                reason: "taken away".into(),
            });
            for (analysis, path) in differences(&whole, &run(&without)) {
                let metrics = metrics_at(analysis, &path);
                assert!(!metrics.is_empty(), "{analysis}.{path} is not defined");
                let depends = metrics
                    .iter()
                    .any(|metric| services_of(metric).is_some_and(|of| of.contains(service)));
                if !depends {
                    findings.insert(format!(
                        "{analysis}.{path} changes without {service}, but is computed from {:?}",
                        metrics[0].inputs
                    ));
                }
            }
        }
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn an_item_told_twice_counts_once() {
    for (name, input) in inputs() {
        let once = run(&input);
        for service in SERVICES {
            let mut twice = input.clone();
            let Some(bytes) = document(&mut twice, service).clone() else {
                continue;
            };
            let read: Value = serde_json::from_slice(&bytes).unwrap();
            let repeated = changed::with_repeats(&read);
            *document(&mut twice, service) = Some(Bytes::from(repeated.to_string()));
            assert_eq!(differences(&once, &run(&twice)), [], "{name}: {service}");
        }
    }
}

#[test]
fn an_item_recorded_twice_counts_once() {
    let mut records = vec![changed::busy()];
    let recorded = record::cases()
        .unwrap()
        .into_iter()
        .filter(|case| !case.is_made());
    records.extend(recorded.map(|case| case.input));
    for record in records {
        let once = replay::replayed(&record).unwrap();
        for (service, _) in replay::SERVICES {
            let data = &record["ml_results"][service]["data"];
            if !data.is_object() {
                continue;
            }
            let mut twice = record.clone();
            twice["ml_results"][service]["data"] = changed::with_repeats(data);
            let output = replay::replayed(&twice).unwrap();
            assert_eq!(
                differences(&once, &output),
                [],
                "{}: {service}",
                record["name"]
            );
        }
    }
}

/// Fields that tell times; they are a second later.
fn is_time(path: &str) -> bool {
    const NAMES: [&str; 24] = [
        "timestamp",
        "time",
        "start",
        "end",
        "second",
        "window",
        "first_appearance",
        "emptySeconds",
        "unsampledSeconds",
        "unsampled_seconds",
        "cutDensityZones",
        "quietMoments",
        "climaxMoment",
        "resolutionMoment",
        "scene_changes",
        "time_range",
        "speech_segments",
        "timeToFirstOverlay",
        "timeToFirstText",
        "creative.lengthSeconds",
        "engagement_curve",
        "videoDuration",
        "metadata.duration",
        "events",
    ];
    let path = path.replace("[]", "");
    NAMES
        .iter()
        .any(|name| path == *name || path.ends_with(&format!(".{name}")))
}

/// Whether a pattern, with `*` for any beginning or any rest, is about a field.
fn covers(pattern: &str, field: &str) -> bool {
    if let Some(end) = pattern.strip_prefix('*') {
        return field.trim_end_matches(".*").ends_with(end);
    }
    match pattern.strip_suffix('*') {
        Some(start) => field.starts_with(start),
        None => field == pattern,
    }
}

/// Whether all items of an input are read.
fn drops_nothing(input: &Input) -> bool {
    let unified: Value = serde_json::from_slice(&run(input).unified).unwrap();
    let dropped = &unified["processing_metadata"]["dropped_items"];
    dropped.as_object().is_none_or(serde_json::Map::is_empty)
}

#[test]
fn a_second_later_everything_is_a_second_later() {
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    let mut findings = BTreeMap::new();
    // A video without length has no seconds to be later in, and what lay outside of one may lie
    // inside a second later.
    let inputs = inputs().into_iter();
    let inputs: Vec<_> = inputs
        .filter(|(_, input)| input.probe.duration.nanos() > 0 && drops_nothing(input))
        .collect();
    for (name, input) in &inputs {
        let (before, after) = (run(input), run(&shifted(input)));
        for ((analysis, before), (_, after)) in
            documents(&before).into_iter().zip(documents(&after))
        {
            let found = fields(after);
            for (path, values) in fields(before) {
                let expected: Vec<Value> = match is_time(&path) {
                    true => values.iter().map(changed::later).collect(),
                    false => values,
                };
                let found = found.get(&path).map_or(&[][..], Vec::as_slice);
                if changed::close(&expected, found) {
                    continue;
                }
                let field = format!("{analysis}.{path}");
                let patterns = PLACED.iter().chain(RARELY_PLACED);
                let patterns = patterns.flat_map(|(_, patterns)| *patterns);
                let pattern = patterns.into_iter().find(|pattern| covers(pattern, &field));
                if pattern.is_none() {
                    let told = format!("{name}: {found:?} a second later, expected {expected:?}");
                    findings.entry(field).or_insert(told);
                }
                placed.extend(pattern);
            }
        }
    }
    assert!(findings.is_empty(), "{findings:#?}");
    let all = PLACED.iter().flat_map(|(_, patterns)| *patterns);
    let stale: Vec<&&str> = all
        .into_iter()
        .filter(|one| !placed.contains(**one))
        .collect();
    assert!(
        stale.is_empty() || inputs.len() < common::FEW,
        "not needed: {stale:?}"
    );
}
