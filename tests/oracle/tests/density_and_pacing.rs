//! The formulas against recorded results of the original Python system.
//!
//! The original counted other things per second (fields of a record instead of texts, say), so its
//! per-second counts are rebuilt from what it recorded and fed to the formulas, which must then
//! give what it published. Where `ORACLE_DIR` does not name the recordings, the tests say
//! so and pass.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "common/recorded.rs"]
mod recorded;

use recorded::{FEW, cases, load, same};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};
use timeline::compute::{
    density::{
        core, dynamics,
        interactions::{self, Active},
        key_events, patterns,
        series::{Counts, Element, Series, View},
    },
    numbers,
    pacing::{core as pace, dynamics as changes, patterns as styles},
};

/// What the original counted in every second.
struct Recorded {
    name: String,
    duration: f64,
    view: View,
    result: Value,
}

fn recorded_density(case: &Path) -> Option<Recorded> {
    let result = load(&case.join("creative_density.json"))?;
    let timelines = load(&case.join("basic/timelines.json"))?;
    let duration = load(&case.join("unified_analysis.json"))?["duration"].as_f64()?;
    result.get("densityCoreMetrics")?;
    let fields = |timeline: &str, key: &str| {
        let entry = &timelines[timeline][key];
        entry.as_object().map_or(0, |fields| fields.len() as u64)
    };
    let counts = |second: u64| {
        let key = format!("{second}-{}s", second + 1);
        let mut counts = Counts::default();
        counts[Element::Text as usize] = fields("textOverlayTimeline", &key);
        counts[Element::Sticker as usize] = fields("stickerTimeline", &key);
        counts[Element::Gesture as usize] = fields("gestureTimeline", &key);
        counts[Element::Expression as usize] = fields("expressionTimeline", &key);
        let objects = &timelines["objectTimeline"][&key]["total_objects"];
        counts[Element::Object as usize] = objects.as_u64().unwrap_or(0);
        Some(counts)
    };
    Some(Recorded {
        name: case.file_name()?.to_string_lossy().into_owned(),
        view: View {
            counted: Element::ALL.to_vec(),
            seconds: (0..duration as u64).map(counts).collect(),
            observed_seconds: duration,
        },
        duration,
        result,
    })
}

/// The first `count` items, as far as the original published them.
fn first<T: serde::Serialize>(items: &[T], count: usize) -> Value {
    json!(items.iter().take(count).collect::<Vec<_>>())
}

#[test]
fn density_formulas_give_what_was_recorded() {
    let mut compared = 0;
    for recorded in cases().iter().filter_map(|case| recorded_density(case)) {
        let Ok(series) = recorded.view.series() else {
            continue;
        };
        let active = interactions::active(&recorded.view);
        compare_core(&recorded, &series);
        compare_dynamics(&recorded, &series);
        compare_interactions(&recorded, &active);
        compare_key_events(&recorded, &series);
        compare_patterns(&recorded, &series);
        compared += 1;
    }
    eprintln!("compared creative_density of {compared} recordings");
    assert!(compared > 0 || cases().len() < FEW, "nothing was compared");
}

fn compare_core(recorded: &Recorded, series: &Series) {
    let theirs = &recorded.result["densityCoreMetrics"];
    let coverage = core::active_seconds(series) as f64 / recorded.duration;
    for (field, ours) in [
        ("avgDensity", json!(core::average(series))),
        ("elementsPerSecond", json!(core::average(series))),
        ("maxDensity", json!(core::maximum(series))),
        ("minDensity", json!(core::minimum(series))),
        ("stdDeviation", json!(core::deviation(series))),
        ("totalElements", json!(core::total(series))),
        // Theirs is a share of the duration, ours of the seconds.
        ("timelineCoverage", json!(coverage)),
    ] {
        same(&recorded.name, field, &ours, &theirs[field]);
    }
}

fn compare_dynamics(recorded: &Recorded, series: &Series) {
    let theirs = &recorded.result["densityDynamics"];
    let curve = dynamics::curve(&recorded.view);
    let published = theirs["densityCurve"].as_array().unwrap();
    for (point, theirs) in curve.iter().zip(published) {
        let ours = json!(point);
        same(&recorded.name, "second", &ours["second"], &theirs["second"]);
        same(
            &recorded.name,
            "density",
            &ours["density"],
            &theirs["density"],
        );
        // Theirs did not consider stickers and expressions.
        if !matches!(point.primary_element, Some("sticker" | "expression")) {
            let (ours, theirs) = (&ours["primaryElement"], &theirs["primaryElement"]);
            same(&recorded.name, "primaryElement", ours, theirs);
        }
    }
    let volatility = json!(dynamics::volatility(series));
    same(
        &recorded.name,
        "volatility",
        &volatility,
        &theirs["volatility"],
    );
    let empty = first(&dynamics::empty_seconds(series), 50);
    same(
        &recorded.name,
        "emptySeconds",
        &empty,
        &theirs["emptySeconds"],
    );
    if let Ok(pattern) = dynamics::acceleration_pattern(series) {
        let theirs = &theirs["accelerationPattern"];
        same(
            &recorded.name,
            "accelerationPattern",
            &json!(pattern),
            theirs,
        );
    }
}

fn compare_interactions(recorded: &Recorded, active: &Active) {
    let theirs = &recorded.result["densityInteractions"];
    let peaks = interactions::multi_modal_peaks(active);
    let pairs = interactions::cooccurrence(active);
    let order: Vec<&String> = pairs.keys().collect();
    let recorded_order: Vec<&String> = theirs["elementCooccurrence"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(order, recorded_order, "{}", recorded.name);
    for (field, ours) in [
        ("multiModalPeaks", first(&peaks, 10)),
        ("elementCooccurrence", json!(pairs)),
        (
            "dominantCombination",
            json!(interactions::dominant_combination(&pairs)),
        ),
        // Theirs is a share of the duration, ours of the seconds.
        (
            "coordinationScore",
            json!(peaks.len() as f64 / recorded.duration),
        ),
    ] {
        same(&recorded.name, field, &ours, &theirs[field]);
    }
}

fn compare_key_events(recorded: &Recorded, series: &Series) {
    let theirs = &recorded.result["densityKeyEvents"];
    let zones = first(&key_events::dead_zones(series), 5);
    same(&recorded.name, "deadZones", &zones, &theirs["deadZones"]);
    let shifts = json!(key_events::shifts(series));
    same(
        &recorded.name,
        "densityShifts",
        &shifts,
        &theirs["densityShifts"],
    );
    // Theirs are the first ten in time, ours the ten most surprising.
    let ours: BTreeMap<String, (f64, f64)> = key_events::peaks(series)
        .into_iter()
        .map(|(second, density, surprise)| {
            (format!("{second}-{}s", second + 1), (density, surprise))
        })
        .collect();
    let published = theirs["peakMoments"].as_array().unwrap();
    if published.len() < 10 {
        assert_eq!(ours.len(), published.len(), "{}", recorded.name);
    }
    for peak in published {
        if let Some((density, surprise)) = ours.get(peak["timestamp"].as_str().unwrap()) {
            same(
                &recorded.name,
                "totalElements",
                &json!(density),
                &peak["totalElements"],
            );
            same(
                &recorded.name,
                "surpriseScore",
                &json!(surprise),
                &peak["surpriseScore"],
            );
        } else {
            assert_eq!(ours.len(), 10, "{}", recorded.name);
        }
    }
}

fn compare_patterns(recorded: &Recorded, series: &Series) {
    let theirs = &recorded.result["densityPatterns"];
    let average = core::average(series);
    let flags = &theirs["structuralFlags"];
    let mut rows = vec![
        (
            json!(patterns::consistent_pacing(series)),
            &flags["consistentPacing"],
        ),
        (
            json!(patterns::rhythmic_pattern(series)),
            &flags["rhythmicPattern"],
        ),
        (
            json!(patterns::classification(average)),
            &theirs["densityClassification"],
        ),
        (
            json!(patterns::cognitive_load(average)),
            &theirs["cognitiveLoadCategory"],
        ),
        (json!(patterns::tags(series)), &theirs["mlTags"]),
    ];
    if let (Ok(hook), Ok(pattern)) = (
        patterns::strong_opening_hook(series),
        dynamics::acceleration_pattern(series),
    ) {
        rows.push((json!(hook), &flags["strongOpeningHook"]));
        rows.push((json!(pattern == "front_loaded"), &flags["frontLoaded"]));
        rows.push((json!(pattern), &theirs["pacingStyle"]));
    }
    for (ours, theirs) in rows {
        same(&recorded.name, "densityPatterns", &ours, theirs);
    }
}

/// Cuts and whole-second lengths as the original saw them: seconds with several cuts are lost.
fn recorded_cuts(timelines: &Value, duration: f64) -> (Vec<f64>, Vec<f64>) {
    let mut starts: Vec<Option<i64>> = timelines["sceneChangeTimeline"]
        .as_object()
        .into_iter()
        .flat_map(|seconds| seconds.keys())
        .map(|key| key.split('-').next().and_then(|start| start.parse().ok()))
        .collect();
    starts.sort_by_key(|start| start.unwrap_or(0));
    let mut lengths = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let Some(start) = start.map(|start| start as f64) else {
            continue;
        };
        match starts.get(index + 1) {
            Some(Some(next)) => lengths.push(*next as f64 - start),
            Some(None) => {}
            None if duration > start => lengths.push(duration - start),
            None => {}
        }
    }
    let cuts = starts.into_iter().flatten().map(|start| start as f64);
    (cuts.collect(), lengths)
}

#[test]
fn pacing_rules_give_what_was_recorded() {
    let mut compared = 0;
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let (Some(timelines), Some(result)) = (
            load(&case.join("basic/timelines.json")),
            load(&case.join("scene_pacing.json")),
        ) else {
            continue;
        };
        if result.get("scenePacingCoreMetrics").is_none() {
            continue;
        }
        let unified = load(&case.join("unified_analysis.json")).unwrap();
        let duration = unified["duration"].as_f64().unwrap();
        let (cuts, lengths) = recorded_cuts(&timelines, duration);
        let theirs = &result["scenePacingCoreMetrics"];
        let per_minute = pace::per_minute(cuts.len(), duration);
        let rate = json!(numbers::round_to(per_minute, 2));
        same(&name, "scenesPerMinute", &rate, &theirs["scenesPerMinute"]);
        let average = numbers::mean(&lengths).unwrap_or(duration);
        let rounded = json!(numbers::round_to(average, 2));
        same(
            &name,
            "averageSceneDuration",
            &rounded,
            &theirs["averageSceneDuration"],
        );
        if let Some(score) = pace::rhythm_score(&lengths) {
            let rhythm = pace::rhythm(score);
            same(
                &name,
                "rhythmConsistency",
                &json!(rhythm.as_str()),
                &theirs["rhythmConsistency"],
            );
            let style = json!(styles::editing_style(average, rhythm));
            let theirs = &result["scenePacingPatterns"]["editingStyle"];
            same(&name, "editingStyle", &style, theirs);
        }
        if let Some(basic) = load(&case.join("basic/scene_pacing.json")) {
            compare_basic(&name, &basic, &cuts, &lengths, duration);
        }
        compared += 1;
    }
    eprintln!("compared scene_pacing of {compared} recordings");
    assert!(compared > 0 || cases().len() < FEW, "nothing was compared");
}

fn compare_basic(name: &str, basic: &Value, cuts: &[f64], lengths: &[f64], duration: f64) {
    let (early, late) = changes::halves(cuts, duration);
    let score = numbers::round_to(changes::acceleration_score(early, late), 2);
    same(
        name,
        "acceleration_score",
        &json!(score),
        &basic["acceleration_score"],
    );
    same(
        name,
        "earlyCuts",
        &json!(early),
        &basic["tempo_balance"]["earlyCuts"],
    );
    let class = styles::pacing_classification(pace::per_minute(cuts.len(), duration));
    same(
        name,
        "pacing_classification",
        &json!(class),
        &basic["pacing_classification"],
    );
    if let Some(score) = pace::rhythm_score(lengths) {
        let score = json!(numbers::round_to(score, 2));
        same(
            name,
            "rhythm_consistency_score",
            &score,
            &basic["rhythm_consistency_score"],
        );
    }
    let [short, medium, long] = styles::shot_distribution(lengths);
    let distribution = json!({"short": short, "medium": medium, "long": long});
    same(
        name,
        "shot_distribution",
        &distribution,
        &basic["shot_distribution"],
    );
}
