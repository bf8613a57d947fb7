//! Folders of results, built by hand.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

use contracts::analysis::ANALYSES;
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

pub const STAMP: &str = "20260102_030405";

pub fn write(path: &Path, value: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, value.to_string()).unwrap();
}

pub fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Path of a file of an analysis, below the folder of its video.
pub fn name(analysis: &str, kind: &str) -> String {
    format!("{analysis}/{analysis}_{kind}_{STAMP}.json")
}

/// Blocks of an analysis under prefixed names.
fn blocks(prefix: &str) -> Map<String, Value> {
    let core = json!({
        "totalElements": 100,
        "totalWords": 50,
        "mean": 2.0,
        "label": "Steady",
        "tags": ["a", "b"],
        "empty": null,
        "zero": 0,
    });
    let events = json!({"peaks": [{"time": 1.0, "kind": "x"}, {"time": 2.0, "kind": "y"}]});
    Map::from_iter([
        (format!("{prefix}CoreMetrics"), core),
        (format!("{prefix}KeyEvents"), events),
        (
            format!("{prefix}Quality"),
            json!({"notMeasured": {"CoreMetrics.empty": "nobody looked"}}),
        ),
    ])
}

/// A whole video below `root`, in which everything is as it should be.
pub fn video(root: &Path, id: &str) {
    write(
        &root.join(format!("unified_analysis/{id}.json")),
        &json!({"video_id": id, "timeline": {"entries": []}}),
    );
    let insights = root.join("insights").join(id);
    write(&insights.join("summary.json"), &json!({"video_id": id}));
    write(&insights.join("creative_measures.json"), &json!({}));
    for analysis in ANALYSES {
        let result = blocks(analysis.prefix);
        let ml: Map<String, Value> = result
            .iter()
            .map(|(name, block)| (analysis.generic_block(name), block.clone()))
            .collect();
        let complete = json!({
            "analysis_type": analysis.name,
            "result": Value::Object(result.clone()).to_string(),
            "parsed_response": ml,
            "version": "2.0",
        });
        for (kind, value) in [
            ("result", result.into()),
            ("ml", ml.into()),
            ("complete", complete),
        ] {
            write(&insights.join(name(analysis.name, kind)), &value);
        }
    }
}

/// Changes one file of the video called `clip`.
pub fn change(root: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = root.join("insights/clip").join(file);
    let mut value = read(&path);
    change(&mut value);
    write(&path, &value);
}
