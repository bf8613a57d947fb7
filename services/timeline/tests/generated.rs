//! Ten thousand generated videos: every file obeys its schema, every number its range.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{generated::any_video, parse, run};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;
use testkit::Schemas;
use timeline::{
    Metric,
    compute::{CREATIVE, Input, all},
};

/// What arithmetic on binary fractions may add.
const ROUNDING: f64 = 1e-6;

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(common::schemas);

/// Calls `visit` with every number at a path.
fn numbers(value: &Value, path: &[&str], visit: &mut dyn FnMut(f64)) {
    match (value, path) {
        (Value::Number(number), []) => visit(number.as_f64().unwrap()),
        (Value::Array(items), _) => items.iter().for_each(|item| numbers(item, path, visit)),
        (Value::Object(fields), ["*", rest @ ..]) => {
            fields
                .values()
                .for_each(|field| numbers(field, rest, visit));
        }
        (Value::Object(fields), [name, rest @ ..]) => {
            if let Some(field) = fields.get(name.trim_end_matches("[]")) {
                numbers(field, rest, visit);
            }
        }
        _ => {}
    }
}

/// The bound a schema cannot know: the end of the video.
fn within(metric: &Metric, result: &Value, seconds: f64) {
    let Some(largest) = metric.range.largest(seconds) else {
        return;
    };
    let path: Vec<&str> = metric.path.split('.').collect();
    numbers(result, &path, &mut |number| {
        assert!(
            number <= largest + ROUNDING,
            "{} is {number}, which is above {largest} of a video of {seconds} s",
            metric.path
        );
    });
}

fn check(input: &Input) {
    let output = run(input);
    assert_eq!(output.failed, []);
    SCHEMAS.check("unified", "unified_analysis", &parse(&output.unified));
    let creative = parse(&output.creative.unwrap());
    SCHEMAS.check(CREATIVE.name, CREATIVE.name, &creative);
    let results = output.analyses.iter().map(|files| {
        let result = parse(&files.result);
        SCHEMAS.check(files.name, &format!("{}_result", files.name), &result);
        result
    });
    for (result, analysis) in results.chain([creative]).zip(all()) {
        for metric in analysis.metrics.iter().copied().flatten() {
            within(metric, &result, input.probe.duration.seconds());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn five_thousand_videos_give_what_the_definitions_promise(input in any_video()) {
        check(&input);
    }

    #[test]
    fn and_five_thousand_more(input in any_video()) {
        check(&input);
    }
}
