//! Changes to the replayed inputs whose effect is known: a result taken away, everything a second
//! later, an item told twice.
#![allow(clippy::unwrap_used, reason = "tests")]

mod changed;
mod common;

use bytes::Bytes;
use changed::{SERVICES, document, fields, shifted};
use contracts::{manifest::FailureClass, messages::StageFailure};
use oracle::{record, replay};
use serde_json::Value;
use std::collections::BTreeSet;
use timeline::{
    Limits, Metric,
    compute::{Input, Output, analyse},
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

/// Fields that differ, by analysis.
fn differences(before: &Output, after: &Output) -> Vec<(&'static str, String)> {
    let mut different = Vec::new();
    for (before, after) in before.analyses.iter().zip(&after.analyses) {
        let (before_fields, after_fields) = (fields(&before.result), fields(&after.result));
        let paths: BTreeSet<&String> = before_fields.keys().chain(after_fields.keys()).collect();
        for path in paths {
            let (one, other) = (before_fields.get(path), after_fields.get(path));
            // Where items are others than before, all that is said of them is.
            let place = path
                .split_once("[]")
                .map_or(path.as_str(), |(list, _)| list);
            if one != other {
                different.push((before.name, place.to_owned()));
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

/// What stands in the inputs of definitions, and the services that measure it.
const EVIDENCE: &[(&str, &[&str])] = &[
    ("text", &["ocr"]),
    ("sticker", &["ocr"]),
    ("object", &["yolo"]),
    ("gesture", &["mediapipe"]),
    ("face", &["mediapipe"]),
    ("persons", &["mediapipe"]),
    ("gaze", &["mediapipe"]),
    ("shot", &["scene_detection"]),
    ("transition", &["scene_detection"]),
    ("speech", &["whisper"]),
    ("sound", &["audio_energy"]),
    ("emotion", &["emotion_detection"]),
    ("expression", &["emotion_detection"]),
    (
        "density",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
        ],
    ),
    (
        "all kinds of marks",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
            "whisper",
        ],
    ),
    ("caption", &[]),
    ("metadata", &[]),
    ("probe", &[]),
    ("clock", &[]),
    ("duration", &[]),
    ("nothing", &[]),
];

/// What coverage and detections of an analysis are of.
const COVERED: &[(&str, &[&str])] = &[
    (
        "creative_density",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
        ],
    ),
    (
        "emotional_journey",
        &["emotion_detection", "mediapipe", "audio_energy"],
    ),
    ("person_framing", &["mediapipe", "whisper"]),
    ("scene_pacing", &["scene_detection", "audio_energy", "yolo"]),
    (
        "speech_analysis",
        &[
            "whisper",
            "audio_energy",
            "mediapipe",
            "ocr",
            "emotion_detection",
        ],
    ),
    ("visual_overlay_analysis", &["ocr", "whisper", "mediapipe"]),
    ("metadata_analysis", &[]),
    (
        "temporal_markers",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
            "whisper",
        ],
    ),
];

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
    for metric in timeline::metrics() {
        assert!(
            services_of(metric).is_some(),
            "{}.{} is computed from {:?}, of which no service is known",
            metric.analysis,
            metric.path,
            metric.inputs
        );
    }
}

#[test]
fn a_result_taken_away_changes_only_what_depends_on_it() {
    for (name, input) in inputs() {
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
                assert!(
                    depends,
                    "{name}: {analysis}.{path} changed without {service}, but is computed from {:?}",
                    metrics[0].inputs
                );
            }
        }
    }
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
    const NAMES: [&str; 22] = [
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

/// Fields that depend on where in the video things are, or on how long it is, and why.
const PLACED: &[(&str, &[&str])] = &[
    (
        "share of the seconds looked at: nobody looked at the new one",
        &[
            "creative_density.densityDynamics.densityCurve*",
            "creative_density.densityKeyEvents.unsampledSeconds",
            "*.confidence",
            "*.overallConfidence",
            "*.dataCompleteness",
            "emotional_journey.emotionalQuality.timelineCoverage",
            "temporal_markers.activity_curve[].activity",
            "temporal_markers.engagement_curve",
            "temporal_markers.metadata.unsampled_seconds",
            "visual_overlay_analysis.visualOverlayQuality.analysisReliability",
        ],
    ),
    (
        "the new second is one without cuts where only shots are looked for",
        &[
            "creative_density.densityCoreMetrics*",
            "creative_density.densityDynamics.emptySeconds",
            "creative_density.densityDynamics.volatility",
            "creative_density.densityKeyEvents.deadZones*",
            "creative_density.densityKeyEvents.peakMoments[].surpriseScore",
            "creative_density.densityPatterns.mlTags",
        ],
    ),
    (
        "names the seconds that were not looked at",
        &["*.notMeasured"],
    ),
    (
        "the first shot begins with the video, and is longer",
        &[
            "scene_pacing.scenePacingCoreMetrics.rhythm*",
            "scene_pacing.scenePacingDynamics.accelerationPoints*",
            "scene_pacing.scenePacingDynamics.decelerationPoints*",
            "scene_pacing.scenePacingDynamics.sceneDurationDeviation",
            "scene_pacing.scenePacingDynamics.sceneRhythm",
            "scene_pacing.scenePacingKeyEvents.longestScene*",
            "scene_pacing.scenePacingKeyEvents.shortestScene*",
            "scene_pacing.scenePacingKeyEvents.montageSegments*",
            "scene_pacing.scenePacingPatterns.editingStyle",
            "scene_pacing.scenePacingPatterns.mlTags",
            "scene_pacing.scenePacingPatterns.shotDistribution*",
        ],
    ),
    (
        "per length of the video",
        &[
            "scene_pacing.scenePacingCoreMetrics.averageSceneDuration",
            "scene_pacing.scenePacingCoreMetrics.cutsPerMinute",
            "scene_pacing.scenePacingCoreMetrics.scenesPerMinute",
            "scene_pacing.scenePacingCoreMetrics.pacingScore",
            "scene_pacing.scenePacingPatterns.pacingClassification",
            "speech_analysis.speechCoreMetrics.silenceRatio",
            "speech_analysis.speechCoreMetrics.speechCoverage",
            "speech_analysis.speechCoreMetrics.speechDensity",
            "visual_overlay_analysis.visualOverlayCoreMetrics.overlayDensity",
            "visual_overlay_analysis.visualOverlayCoreMetrics.overlayFrequency",
        ],
    ),
    (
        "parts of the whole video",
        &[
            "creative_density.densityPatterns.structuralFlags.strongOpeningHook",
            "emotional_journey.emotionalDynamics.emotionProgression*",
            "emotional_journey.emotionalDynamics.valenceChange",
            "scene_pacing.scenePacingDynamics.accelerationScore",
            "scene_pacing.scenePacingDynamics.cutDensityZones",
            "scene_pacing.scenePacingDynamics.pacingProgression*",
            "scene_pacing.scenePacingDynamics.tempoBalance*",
            "scene_pacing.scenePacingKeyEvents.climaxTiming",
            "scene_pacing.scenePacingKeyEvents.pacingShifts*",
            "speech_analysis.speechDynamics.accelerationScore",
            "speech_analysis.speechDynamics.frontLoadRatio",
            "speech_analysis.speechDynamics.pacingVariation",
            "speech_analysis.speechDynamics.wpmProgression",
            "temporal_markers.activity_curve*",
            "visual_overlay_analysis.visualOverlayDynamics.overlayAcceleration",
            "visual_overlay_analysis.visualOverlayDynamics.overlayProgression*",
            "visual_overlay_analysis.visualOverlayDynamics.temporalDistribution",
            "visual_overlay_analysis.visualOverlayKeyEvents.climaxMoment",
            "visual_overlay_analysis.visualOverlayKeyEvents.overlayPeaks*",
            "visual_overlay_analysis.visualOverlayKeyEvents.quietMoments",
            "visual_overlay_analysis.visualOverlayPatterns.overlayTechniques",
            "visual_overlay_analysis.visualOverlayPatterns.pacingPattern",
        ],
    ),
    (
        "the first seconds",
        &[
            "emotional_journey.emotionalPatterns.engagementHooks*",
            "scene_pacing.scenePacingDynamics.introCuts",
            "temporal_markers.first_5_seconds*",
        ],
    ),
    (
        "the last 15 % of the video",
        &["temporal_markers.cta_window*"],
    ),
];

/// The same, of fields that need a fine balance to change: other inputs than the recorded ones
/// have it.
const RARELY_PLACED: &[(&str, &[&str])] = &[
    (
        "parts of the whole video",
        &[
            "creative_density.densityDynamics.accelerationPattern",
            "creative_density.densityPatterns.pacingStyle",
            "creative_density.densityPatterns.structuralFlags*",
            "emotional_journey.emotionalDynamics.emotionalArc",
            "emotional_journey.emotionalKeyEvents.resolutionMoment",
            "scene_pacing.scenePacingPatterns.pacingPattern",
            "speech_analysis.speechKeyEvents.callsToAction[].urgency",
        ],
    ),
    (
        "per length of the video",
        &[
            "visual_overlay_analysis.visualOverlayPatterns.engagementArchetype",
            "visual_overlay_analysis.visualOverlayPatterns.overlayStrategy",
        ],
    ),
    (
        "the new second is one without cuts where only shots are looked for",
        &[
            "creative_density.densityDynamics.densityProgression",
            "creative_density.densityPatterns.cognitiveLoadCategory",
            "creative_density.densityPatterns.densityClassification",
        ],
    ),
];

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

#[test]
fn a_second_later_everything_is_a_second_later() {
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    // A video without length has no seconds to be later in.
    let inputs = inputs().into_iter();
    let inputs: Vec<_> = inputs
        .filter(|(_, input)| input.probe.duration.nanos() > 0)
        .collect();
    for (name, input) in &inputs {
        let (before, after) = (run(input), run(&shifted(input)));
        for (before, after) in before.analyses.iter().zip(&after.analyses) {
            let found = fields(&after.result);
            for (path, values) in fields(&before.result) {
                let expected: Vec<Value> = match is_time(&path) {
                    true => values.iter().map(changed::later).collect(),
                    false => values,
                };
                let found = found.get(&path).map_or(&[][..], Vec::as_slice);
                if changed::close(&expected, found) {
                    continue;
                }
                let field = format!("{}.{path}", before.name);
                let patterns = PLACED.iter().chain(RARELY_PLACED);
                let patterns = patterns.flat_map(|(_, patterns)| *patterns);
                let pattern = patterns.into_iter().find(|pattern| covers(pattern, &field));
                assert!(
                    pattern.is_some(),
                    "{name}: {field} is {found:?} a second later, expected {expected:?}"
                );
                placed.extend(pattern);
            }
        }
    }
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
