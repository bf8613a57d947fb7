//! Formulas of speech and overlays against recorded results of the original Python system.
//!
//! Where the original counted something else (fields of seconds instead of texts, punctuation as
//! part of words), the formulas get what it counted. Where `ORACLE_DIR` does not name the
//! recordings, the tests say so and pass.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "common/recorded.rs"]
mod recorded;

use contracts::{MediaTime, TimeSpan};
use recorded::{FEW, cases, load, same};
use serde_json::{Value, json};
use std::path::Path;
use timeline::compute::{
    clock::Clock,
    coverage::{SampledSeconds, Stream},
    events::{Overlay, Speech, Utterance},
    numbers::round_to,
    overlay::{
        Overlays, core as overlay_core,
        dynamics::{self as overlay_dynamics, WindowOverlays},
        key_events, patterns,
    },
    phrases, spans,
    speech::{
        Spoken,
        core::{average_segment_seconds, unique_words, words_per_minute},
        rhythm,
    },
};

fn clock_of(case: &Path) -> Option<Clock> {
    let duration = load(&case.join("unified_analysis.json"))?["duration"].as_f64()?;
    (duration > 0.0).then(|| Clock::new(MediaTime::from_seconds(duration)))
}

fn seconds(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(MediaTime::from_seconds(start), MediaTime::from_seconds(end))
}

fn recorded_speech(case: &Path, clock: Clock) -> Option<Spoken> {
    let name = case.file_name()?.to_string_lossy().into_owned();
    let inputs = load(&case.parent()?.join(format!("inputs/{name}.json")))?;
    let segments = inputs["ml_results"]["whisper"]["data"]["segments"].clone();
    let utterance = |segment: &Value| {
        Some(Utterance {
            span: seconds(segment["start"].as_f64()?, segment["end"].as_f64()?),
            text: segment["text"].as_str()?.to_owned(),
            confidence: 0.9,
            words: Vec::new(),
        })
    };
    // What is a description of sound here was speech to the original, and what lies beyond the end
    // was said before it.
    let comparable = segments.as_array()?.iter().all(|segment| {
        let text = segment["text"].as_str().unwrap_or_default();
        let end = segment["end"].as_f64().unwrap_or(f64::MAX);
        !text.contains(['[', '(']) && !phrases::words(text).is_empty() && end <= clock.seconds()
    });
    if !comparable {
        return None;
    }
    let speech = Speech {
        utterances: segments
            .as_array()?
            .iter()
            .map(utterance)
            .collect::<Option<_>>()?,
        ..Speech::default()
    };
    Spoken::of(&speech, clock, &SampledSeconds::all(clock)).ok()
}

/// Whether the original took the text for the same words: one between every two spaces.
fn same_words(text: &str) -> bool {
    text.split_whitespace()
        .all(|word| phrases::words(word).len() == 1)
}

/// The pauses between segments, to two decimals.
fn compare_pauses(case: &Path, name: &str, spoken: &Spoken) {
    let basic = load(&case.join("basic/speech_analysis.json")).unwrap();
    let pause = |start: f64, duration: f64, kind: &str| json!({"start": round_to(start, 2), "duration": round_to(duration, 2), "type": kind});
    let ours: Vec<Value> = rhythm::pauses(spoken.voiced())
        .iter()
        .map(|one| pause(one.start, one.duration, one.kind))
        .collect();
    let recorded = basic["pause_analysis"]["gaps"].as_array().unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let theirs: Vec<Value> = recorded
        .iter()
        .map(|one| {
            let kind = one["type"].as_str().unwrap();
            pause(number(&one["start"]), number(&one["duration"]), kind)
        })
        .collect();
    same(name, "pauses", &json!(ours), &json!(theirs));
}

fn compare_speech(name: &str, core: &Value, spoken: &Spoken) {
    let all = spoken.all();
    let words = core["totalWords"].as_u64().unwrap();
    let check = |field: &str, ours: f64| same(name, field, &json!(ours), &core[field]);
    check(
        "speechDensity",
        round_to(words as f64 / spoken.duration(), 2),
    );
    let pace = words_per_minute(words as f64, spoken.voiced_seconds());
    check("wordsPerMinute", round_to(pace.unwrap(), 1));
    let average = average_segment_seconds(all).unwrap();
    check("avgSegmentDuration", round_to(average, 2));
    let coverage = spoken.voiced_seconds() / spoken.duration();
    check("speechCoverage", round_to(coverage, 2));
}

#[test]
fn speech_formulas_give_what_was_recorded() {
    let (mut compared, mut counted) = (0, 0);
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let (Some(clock), Some(result)) =
            (clock_of(&case), load(&case.join("speech_analysis.json")))
        else {
            continue;
        };
        let core = &result["speechCoreMetrics"];
        // Without energy the original left the whole analysis out.
        let Some(spoken) = recorded_speech(&case, clock).filter(|_| core.is_object()) else {
            continue;
        };
        let all = spoken.all();
        let lengths: f64 = all.iter().map(|one| spans::length(one.span)).sum();
        // The original counted the time of segments that overlap twice.
        if all.is_empty() || (lengths - spoken.voiced_seconds()).abs() > 1e-6 {
            continue;
        }
        if all.iter().all(|one| same_words(&one.text)) {
            let words = json!(spoken.words().count());
            same(&name, "totalWords", &words, &core["totalWords"]);
            assert!(unique_words(spoken.words()) as u64 <= core["uniqueWords"].as_u64().unwrap());
            counted += 1;
        }
        compare_speech(&name, core, &spoken);
        compare_pauses(&case, &name, &spoken);
        compared += 1;
    }
    eprintln!("compared speech_analysis of {compared} recordings, words of {counted}");
    assert!(compared > 0 || cases().len() < FEW, "nothing was compared");
}

/// One overlay for every second the original had one in.
fn per_second(timeline: &Value, text: impl Fn(&Value) -> Option<String>) -> Vec<Overlay> {
    let entries = timeline.as_object().into_iter().flatten();
    entries
        .filter_map(|(key, entry)| {
            let start: f64 = key.split('-').next()?.parse().ok()?;
            Some(Overlay {
                intervals: vec![seconds(start, start + 1.0)],
                content: text(entry)?,
                confidence: 0.9,
                role: None,
                position: None,
                cta_keywords: Vec::new(),
            })
        })
        .collect()
}

fn recorded_overlays(case: &Path, clock: Clock) -> Option<Overlays> {
    let timelines = load(&case.join("basic/timelines.json"))?;
    let stream = |overlays| Stream::Measured {
        events: overlays,
        sampled: SampledSeconds::all(clock),
    };
    let texts = per_second(&timelines["textOverlayTimeline"], |entry| {
        Some(entry["text"].as_str()?.to_owned())
    });
    let stickers = per_second(&timelines["stickerTimeline"], |_| Some(String::new()));
    Overlays::of(clock, &stream(texts), &stream(stickers)).ok()
}

fn recorded_windows(dynamics: &Value) -> Vec<WindowOverlays> {
    let windows = dynamics["overlayProgression"].as_array();
    let window = |window: &Value| WindowOverlays {
        timestamp: window["timestamp"].as_str().unwrap().into(),
        start: 0.0,
        end: 0.0,
        overlay_count: window["overlayCount"].as_u64().unwrap() as usize,
        density: window["density"].as_f64().unwrap(),
    };
    windows.into_iter().flatten().map(window).collect()
}

fn compare_windows(name: &str, result: &Value) {
    let dynamics = &result["visualOverlayDynamics"];
    let events = &result["visualOverlayKeyEvents"];
    let windows = recorded_windows(dynamics);
    let peaks = key_events::peaks(&windows);
    let published: Vec<Value> = peaks
        .iter()
        .map(|peak| {
            json!({
                "timestamp": peak.timestamp, "overlayCount": peak.overlay_count,
                "intensity": round_to(peak.intensity, 2),
            })
        })
        .collect();
    same(
        name,
        "overlayPeaks",
        &json!(published),
        &events["overlayPeaks"],
    );
    let climax = key_events::climax(&peaks).map(|peak| peak.timestamp.clone());
    same(
        name,
        "climaxMoment",
        &json!(climax),
        &events["climaxMoment"],
    );
    let counts: Vec<usize> = windows.iter().map(|window| window.overlay_count).collect();
    let ours = overlay_dynamics::acceleration(&counts);
    same(
        name,
        "overlayAcceleration",
        &json!(ours),
        &dynamics["overlayAcceleration"],
    );
}

#[test]
fn overlay_formulas_give_what_was_recorded() {
    let mut compared = 0;
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let (Some(clock), Some(result)) = (
            clock_of(&case),
            load(&case.join("visual_overlay_analysis.json")),
        ) else {
            continue;
        };
        let Some(overlays) = recorded_overlays(&case, clock) else {
            continue;
        };
        let core = &result["visualOverlayCoreMetrics"];
        // Seconds at the very end lie outside of half-open time.
        if core["totalOverlays"].as_u64() != Some(overlays.count() as u64) {
            continue;
        }
        let check = |field: &str, ours: Value| same(&name, field, &ours, &core[field]);
        let density = overlay_core::density(&overlays);
        check("overlayDensity", json!(round_to(density, 3)));
        check("overlayFrequency", json!(round_to(60.0 * density, 2)));
        check("uniqueOverlayCount", json!(overlays.distinct_texts()));
        let starts = overlays.starts();
        if let Some(first) = starts.first() {
            check("timeToFirstOverlay", json!(round_to(*first, 2)));
            let patterns = &result["visualOverlayPatterns"];
            let ours = json!(patterns::strategy(density));
            same(
                &name,
                "overlayStrategy",
                &ours,
                &patterns["overlayStrategy"],
            );
        }
        if let Some(rhythm) = overlay_dynamics::rhythm(&starts) {
            let theirs = &result["visualOverlayDynamics"]["rhythmConsistency"];
            let theirs = theirs.as_f64().unwrap().max(0.0);
            same(
                &name,
                "rhythmConsistency",
                &json!(round_to(rhythm, 3)),
                &json!(theirs),
            );
        }
        compare_windows(&name, &result);
        compared += 1;
    }
    eprintln!("compared visual_overlay_analysis of {compared} recordings");
    assert!(compared > 0 || cases().len() < FEW, "nothing was compared");
}
