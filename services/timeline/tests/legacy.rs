//! The first layout, and what files say of their origin.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{parse, perceived::perceived, run, schemas, video};
use serde_json::{Map, Value, json};
use timeline::{
    Compatibility, Layout, Style,
    compute::{
        ANALYSES, Input,
        legacy::{fields, legacy},
    },
};

fn styled(input: Input, layout: Layout, compatibility: Compatibility) -> Input {
    Input {
        style: Style {
            layout,
            compatibility,
        },
        ..input
    }
}

fn blocks(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

#[test]
fn a_field_takes_its_value_from_the_blocks() {
    let blocks = json!({
        "CoreMetrics": {"avgDensity": 1.6, "elementsPerSecond": 1.6, "confidence": null},
        "Dynamics": {"accelerationPattern": "even"},
        "KeyEvents": {"peakMoments": [{"timestamp": "1-2s"}]},
        "Patterns": {"densityClassification": "moderate", "mlTags": ["a"]},
    });
    let flat = legacy("creative_density", blocks.as_object().unwrap());
    assert_eq!(
        Value::Object(flat),
        json!({
            "creative_density_score": 3.2,
            "elements_per_second": 1.6,
            "density_pattern": "even",
            "peak_moments": [{"timestamp": "1-2s"}],
            "visual_complexity": "moderate",
            "ml_tags": ["a"],
            "confidence": null,
        })
    );
}

#[test]
fn what_is_not_there_is_null_and_never_a_default() {
    for analysis in ANALYSES {
        let flat = legacy(analysis.name, &Map::new());
        assert!(flat.values().all(Value::is_null), "{flat:?}");
    }
    let other = json!({"x": 1});
    assert_eq!(legacy("bogus", blocks(&other)), *blocks(&other));
}

#[test]
fn the_ml_file_is_flat_and_the_result_file_as_ever() {
    let expected = run(&perceived());
    let output = run(&styled(perceived(), Layout::V1, Compatibility::None));
    for (files, usual) in output.analyses.iter().zip(&expected.analyses) {
        let (ml, complete) = (parse(&files.ml), parse(&files.complete));
        assert_eq!(files.result, usual.result, "{}", files.name);
        assert_eq!(complete["parsed_response"], ml);
        assert_eq!(complete["version"], "1.0");
        let names: Vec<&str> = blocks(&ml).keys().map(String::as_str).collect();
        match fields(files.name) {
            Some(fields) => {
                let expected: Vec<&str> = fields.iter().map(|field| field.name).collect();
                assert_eq!(names, expected);
            }
            None => assert_eq!(ml, parse(&usual.ml)),
        }
    }
    let pacing = output.analyses.iter().find(|f| f.name == "scene_pacing");
    let pacing = parse(&pacing.unwrap().ml);
    assert!(pacing["total_scenes"].as_u64().unwrap() > 1, "{pacing:#}");
}

#[test]
fn the_first_layout_obeys_its_schemas() {
    let schemas = schemas();
    for input in [perceived(), video(20.0), video(0.0)] {
        let output = run(&styled(input, Layout::V1, Compatibility::None));
        for files in &output.analyses {
            let name = format!("{}_legacy", files.name);
            assert_eq!(schemas.has(&name), files.name != "temporal_markers");
            if schemas.has(&name) {
                schemas.check(files.name, &name, &parse(&files.ml));
                assert!(!schemas.accepts(&name, &json!({})));
            }
        }
    }
}

#[test]
fn files_say_what_made_them() {
    let origin = |compatibility| {
        let output = run(&styled(perceived(), Layout::V2, compatibility));
        let complete = parse(&output.analyses[0].complete);
        ["source", "processing_mode", "version"].map(|key| complete[key].clone())
    };
    assert_eq!(
        origin(Compatibility::None),
        ["precompute", "computed", "2.0"]
    );
    assert_eq!(
        origin(Compatibility::Original),
        ["python_precompute", "python_only", "2.0"]
    );
}
