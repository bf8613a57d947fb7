//! Every published field has one definition, and every definition a published field.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod common;

use common::{
    even_cuts, everything::everything, parse, perceived::perceived, rapid_cuts, rich, run, short,
    video,
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};
use timeline::{
    compute::{Input, all, block::Analysis, events::Events},
    explain, metrics, metrics_markdown, suggest,
};

/// Paths of all leaves below `value`; `[]` for items of a list of objects.
fn leaves(path: &str, value: &Value, found: &mut Vec<(String, bool)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(&format!("{path}.{name}"), field, found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                leaves(&format!("{path}[]"), item, found);
            }
        }
        // A list of numbers may hold nulls.
        Value::Array(items) if items.iter().any(Value::is_null) => {
            found.push((path.to_owned(), false));
            found.push((format!("{path}[]"), true));
        }
        leaf => found.push((path.to_owned(), leaf.is_null())),
    }
}

fn fields(analysis: &Analysis) -> (Vec<(String, bool)>, BTreeSet<String>) {
    let mut found = Vec::new();
    let mut reasons = BTreeSet::new();
    for (block, value) in &analysis.blocks {
        let mut value = value.clone();
        // What stands beside the blocks may be a list.
        let Some(fields) = value.as_object_mut() else {
            leaves(block, &value, &mut found);
            continue;
        };
        if let Some(Value::Object(all)) = fields.remove("notMeasured") {
            reasons.extend(all.into_iter().map(|(path, reason)| {
                assert!(!reason.as_str().unwrap().is_empty(), "{path} has no reason");
                path
            }));
            found.push((format!("{block}.notMeasured.*"), false));
        }
        // Keys of this map depend on the video.
        if let Some(Value::Object(pairs)) = fields.remove("elementCooccurrence") {
            if !pairs.is_empty() {
                found.push((format!("{block}.elementCooccurrence.*"), false));
            }
        } else if block == "densityInteractions" {
            found.push((format!("{block}.elementCooccurrence"), true));
        }
        leaves(block, &value, &mut found);
    }
    (found, reasons)
}

/// The events the stage makes of an input, and what becomes of them.
fn analyses_of(input: &Input) -> Vec<Analysis> {
    let results = timeline::compute::build::Results::read(input, &timeline::Limits::default());
    let events = timeline::compute::build::events(input, &results);
    analyse(&events)
}

fn analyse(events: &Events) -> Vec<Analysis> {
    all()
        .map(|analysis| (analysis.analyse)(events).unwrap())
        .collect()
}

fn videos() -> Vec<Vec<Analysis>> {
    let mut all = vec![analyse(&everything())];
    for input in [
        rich(),
        even_cuts(),
        rapid_cuts(),
        short(),
        video(20.0),
        video(0.0),
    ] {
        all.push(analyses_of(&input));
    }
    all
}

#[test]
fn every_published_field_is_defined() {
    let defined: BTreeSet<&str> = metrics().iter().map(|metric| metric.path).collect();
    for analysis in videos().iter().flatten() {
        for (path, null) in fields(analysis).0 {
            // A list may be null, or empty, as a whole.
            let within = |metric: &&str| {
                metric
                    .strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.starts_with("[]") || (null && rest.starts_with('.')))
            };
            assert!(
                defined.contains(path.trim_end_matches("[]")) || defined.iter().any(within),
                "{path} has no definition"
            );
        }
    }
}

#[test]
fn every_definition_is_published() {
    let published: BTreeSet<String> = videos()
        .iter()
        .flatten()
        .flat_map(|analysis| fields(analysis).0)
        .map(|(path, _)| path)
        .collect();
    for metric in metrics() {
        assert!(
            published.contains(metric.path),
            "{} is never published",
            metric.path
        );
    }
}

#[test]
fn every_null_has_a_reason_and_every_reason_a_null() {
    for analysis in videos().iter().flatten() {
        let (found, reasons) = fields(analysis);
        let nulls: BTreeSet<String> = found
            .into_iter()
            .filter(|(_, null)| *null)
            .map(|(path, _)| path)
            .collect();
        assert_eq!(nulls, reasons, "{}", analysis.name);
    }
}

#[test]
fn paths_are_unique_and_definitions_complete() {
    let all = metrics();
    let paths: BTreeSet<&str> = all.iter().map(|metric| metric.path).collect();
    assert_eq!(paths.len(), all.len());
    for metric in all {
        for part in [
            metric.formula,
            metric.inputs,
            metric.unit,
            &metric.range.to_string(),
            metric.null_rule,
        ] {
            assert!(!part.trim().is_empty(), "{}", metric.path);
        }
    }
}

#[test]
fn blocks_begin_with_the_prefix_of_their_analysis() {
    let has_prefix = |analysis: &&Analysis| !analysis.prefix.is_empty();
    for analysis in videos().iter().flatten().filter(has_prefix) {
        assert_eq!(analysis.blocks.len(), 6);
        for name in analysis.blocks.keys() {
            assert!(name.starts_with(analysis.prefix));
        }
        let generic: Vec<String> = analysis.generic_blocks().keys().cloned().collect();
        assert_eq!(
            generic,
            [
                "CoreMetrics",
                "Dynamics",
                "Interactions",
                "KeyEvents",
                "Patterns",
                "Quality"
            ]
        );
    }
}

#[test]
fn explaining_finds_paths_names_and_blocks_in_any_case() {
    let by_path = explain("densityCoreMetrics.avgDensity");
    assert_eq!(by_path.len(), 1);
    assert_eq!(by_path[0].unit, "elements/s");
    assert_eq!(
        explain("CREATIVE_DENSITY.densitycoremetrics.avgdensity"),
        by_path
    );
    assert_eq!(explain(" AvgDensity "), by_path);
    let of_items = explain("densityKeyEvents.deadZones[].start");
    assert_eq!(of_items.len(), 1);
    assert_eq!(explain("densityKeyEvents.deadZones.start"), of_items);
    assert!(explain("confidence").len() > 5);
    assert_eq!(explain("deadZones").len(), 3);
    assert_eq!(explain("longestscene").len(), 4);
    assert!(explain("scene_pacing").len() > 50);
    assert!(explain("avgDensty").is_empty());
}

#[test]
fn unknown_names_get_suggestions() {
    assert_eq!(suggest("avgDensty")[0], "avgDensity");
    assert_eq!(
        suggest("scenePacingCoreMetrics.cutPerMinute")[0],
        "cutsPerMinute"
    );
    assert!(suggest("zzzzqqqq").is_empty());
}

#[test]
fn the_page_of_metrics_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = metrics_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        text,
        "docs/metrics.md is not current; run UPDATE_DOCS=1 cargo test -p timeline --test metrics"
    );
}

#[test]
fn files_hold_the_same_blocks() {
    for files in &run(&perceived()).analyses {
        let (result, ml) = (parse(&files.result), parse(&files.ml));
        let complete = parse(&files.complete);
        assert_eq!(complete["analysis_type"], files.name);
        assert_eq!(complete["success"], true);
        assert_eq!(complete["version"], "2.0");
        assert_eq!(complete["parsed_response"], ml);
        let text = complete["result"].as_str().unwrap();
        assert!(!text.contains('\n') && text.contains("\": {\""));
        assert_eq!(parse(text.as_bytes()), result);
    }
}
