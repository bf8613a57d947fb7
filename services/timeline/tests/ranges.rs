//! Every published value lies in the range its definition names.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    even_cuts, everything::everything, perceived::perceived, rapid_cuts, rich, short, video,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use timeline::{
    Range,
    compute::{Input, all, build, events::Events},
    metrics,
};

/// How far sums of shares may miss their ends.
const ROUNDING: f64 = 1e-9;

/// Calls `visit` with the path of every value that is not made of others.
fn walk(path: &str, value: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                // Keys of these maps depend on the video.
                let name =
                    if path.ends_with(".elementCooccurrence") || path.ends_with(".notMeasured") {
                        "*"
                    } else {
                        name
                    };
                walk(&format!("{path}.{name}"), field, visit);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                walk(&format!("{path}[]"), item, visit);
            }
        }
        leaf => visit(path, leaf),
    }
}

/// Whether a text is a number of seconds as published, without its unit.
fn is_seconds(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|one| one.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, rest)) => is_number(whole) && is_number(rest),
        None => is_number(text),
    }
}

fn is_instant(text: &str) -> bool {
    text.strip_suffix('s').is_some_and(is_seconds)
}

fn is_span(text: &str) -> bool {
    let ends = text.strip_suffix('s').and_then(|text| text.split_once('-'));
    ends.is_some_and(|(start, end)| {
        let in_order = || start.parse::<f64>().unwrap() <= end.parse::<f64>().unwrap();
        is_seconds(start) && is_seconds(end) && in_order()
    })
}

/// Whether a value of a video of this length lies in a range.
fn lies_in(range: &Range, value: &Value, duration: f64) -> bool {
    let number = |least: f64, most: f64| {
        let value = value.as_f64();
        value.is_some_and(|value| value >= least - ROUNDING && value <= most + ROUNDING)
    };
    let text = |holds: &dyn Fn(&str) -> bool| value.as_str().is_some_and(holds);
    let most = range.largest(duration).unwrap_or(f64::INFINITY);
    match range {
        Range::Share | Range::UpTo(..) => number(0.0, most),
        Range::Flag => value == &json!(0) || value == &json!(1),
        Range::Boolean => value.is_boolean(),
        Range::Integer { from, .. } => {
            (value.is_i64() || value.is_u64()) && number(*from as f64, most)
        }
        Range::Number => value.is_number(),
        Range::AtLeast(least) => number(*least, most),
        Range::Above(bound) => value.as_f64().is_some_and(|value| value > *bound),
        Range::Between(least, most) => number(*least, *most),
        Range::OneOf(names) => text(&|text| names.contains(&text)),
        Range::InstantKey => text(&is_instant),
        Range::SpanKey => text(&is_span),
        Range::Text(_) => value.is_string(),
        Range::ListOf(item) => {
            let items = value.as_array();
            items.is_some_and(|items| items.iter().all(|one| lies_in(item, one, duration)))
        }
        Range::ListWithGaps(item) => value.as_array().is_some_and(|items| {
            let fits = |one: &Value| one.is_null() || lies_in(item, one, duration);
            items.iter().all(fits)
        }),
        Range::Nothing => false,
    }
}

fn events(input: &Input) -> Events {
    build::events(
        input,
        &build::Results::read(input, &timeline::Limits::default()),
    )
}

#[test]
fn published_values_lie_in_their_ranges() {
    let ranges: BTreeMap<(&str, &str), &Range> = metrics()
        .into_iter()
        .map(|metric| ((metric.analysis, metric.path), &metric.range))
        .collect();
    let mut videos = vec![everything()];
    let inputs = [
        rich(),
        perceived(),
        even_cuts(),
        rapid_cuts(),
        short(),
        video(20.0),
        video(0.0),
    ];
    videos.extend(inputs.iter().map(events));
    let (mut checked, mut outside) = (0, BTreeSet::new());
    for video in &videos {
        let duration = video.clock.seconds();
        for analysis in all() {
            let found = (analysis.analyse)(video).unwrap();
            let mut check = |path: &str, value: &Value| {
                let Some(range) = ranges.get(&(found.name, path)) else {
                    return;
                };
                if value.is_null() {
                    return;
                }
                checked += 1;
                if !lies_in(range, value, duration) {
                    outside.insert(format!("{} {path} is {value}, not {range}", found.name));
                }
            };
            for (block, value) in &found.blocks {
                walk(block, value, &mut check);
            }
        }
    }
    assert!(outside.is_empty(), "{outside:#?}");
    assert!(checked > 2_000, "only {checked} values were looked up");
}

/// Analyses whose moments are published as keys; the others give seconds.
const KEYED: [&str; 4] = [
    "creative_density",
    "emotional_journey",
    "visual_overlay_analysis",
    "temporal_markers",
];
/// Numbers all the same: the position of a second, and the beginning of one.
const NUMBERED: [&str; 2] = [
    "densityKeyEvents.densityShifts[].timestamp",
    "peak_moments[].timestamp",
];

#[test]
fn timestamps_are_keys() {
    let keyed = metrics()
        .into_iter()
        .filter(|metric| KEYED.contains(&metric.analysis) && metric.path.ends_with(".timestamp"));
    for metric in keyed {
        let is_key = matches!(metric.range, Range::InstantKey | Range::SpanKey);
        let is_number = NUMBERED.contains(&metric.path);
        assert!(is_key != is_number, "{}: {}", metric.path, metric.range);
    }
}

#[test]
fn ranges_refuse_what_lies_outside() {
    let lies_in = |range: Range, value: Value| lies_in(&range, &value, 10.0);
    assert!(!lies_in(Range::Share, json!(1.1)));
    assert!(!lies_in(Range::Flag, json!(true)));
    assert!(!lies_in(Range::COUNT, json!(-1)));
    assert!(!lies_in(Range::COUNT, json!(1.5)));
    assert!(!lies_in(Range::WITHIN_VIDEO, json!(10.1)));
    assert!(!lies_in(Range::Above(0.0), json!(0.0)));
    assert!(!lies_in(Range::EMOTION, json!("happy")));
    for key in ["3", "s", "-3s", "3.s", "a-bs", "3-4s"] {
        assert!(!lies_in(Range::InstantKey, json!(key)), "{key}");
    }
    for key in ["3s", "4-3s", "3-s", "3-4", "-4s"] {
        assert!(!lies_in(Range::SpanKey, json!(key)), "{key}");
    }
    assert!(lies_in(Range::InstantKey, json!("3.25s")));
    assert!(lies_in(Range::SpanKey, json!("2-3.5s")));
    assert!(!lies_in(Range::ListOf(&Range::Share), json!([0.5, null])));
    assert!(lies_in(
        Range::ListWithGaps(&Range::Share),
        json!([0.5, null])
    ));
    assert!(!lies_in(Range::Nothing, json!(0)));
}
