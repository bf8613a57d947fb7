//! Recorded tables of what lies before and after the analyses: scraped metadata, the first layout,
//! prompts and answers. Ours give the same, or differ for a named reason.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use contracts::analysis::{ANALYSES, AnalysisName, CREATIVE_DENSITY};
use llm::{
    answer::{BLOCKS, blocks, text_blocks},
    prompt::{check_size, kib, prompt},
};
use oracle::record;
use serde_json::{Map, Value, json};
use std::fs;
use timeline::compute::legacy::legacy;

fn table(name: &str) -> Map<String, Value> {
    let read = || {
        let folder = testkit::oracle_dir()?;
        record::load(&folder.join("extras").join(format!("{name}.json"))).ok()
    };
    let table = read().unwrap_or_default();
    table.as_object().cloned().unwrap_or_default()
}

/// What the original wrote where it knew nothing. Ours is null: missing is not zero.
fn is_stand_in(theirs: &Value) -> bool {
    const NAMES: [&str; 9] = [
        "",
        "unknown",
        "medium",
        "neutral",
        "stable",
        "steady",
        "moderate",
        "standard",
        "conversational",
    ];
    match theirs {
        Value::Null => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => NAMES.contains(&text.as_str()) || text == "natural",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) => false,
    }
}

fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours.as_f64(), theirs.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        _ => ours == theirs,
    }
}

#[test]
fn scraped_items_tell_what_was_recorded() {
    for (name, row) in table("apify_mapping") {
        let theirs = &row["video_metadata"];
        if theirs.is_null() {
            continue;
        }
        let ours = ingest::compute::apify::metadata(&row["item"]).unwrap();
        let ours = serde_json::to_value(ours).unwrap();
        for (field, theirs) in theirs.as_object().unwrap() {
            let found = &ours[field];
            let agrees = match field.as_str() {
                // The platform does not tell it; it is computed from the counts.
                "engagementRate" => found.is_null(),
                // Ours are their names.
                "hashtags" => {
                    let names = theirs.as_array().unwrap().iter();
                    let names: Vec<&Value> = names.map(|tag| &tag["name"]).collect();
                    json!(names) == *found
                }
                // One instant written in two ways.
                "createTime" => {
                    let utc = |text: &Value| {
                        let text = text.as_str().unwrap().replace(".000", "");
                        text.trim_end_matches("+00:00")
                            .trim_end_matches('Z')
                            .to_owned()
                    };
                    utc(found) == utc(theirs)
                }
                // They looked under a name items do not have.
                "coverUrl" if theirs == "" => found.is_string(),
                _ if is_stand_in(theirs) => found.is_null() || is_stand_in(found),
                _ => same(found, theirs),
            };
            assert!(agrees, "{name}: {field} is {found}, recorded was {theirs}");
        }
    }
}

/// The blocks of a recorded result under generic names, whatever prefix they had.
fn generic(result: &Value) -> Map<String, Value> {
    let fields = result.as_object().into_iter().flatten();
    fields
        .map(|(name, block)| {
            let generic = BLOCKS.iter().find(|block| name.ends_with(**block));
            (
                generic.map_or(name.as_str(), |name| *name).to_owned(),
                block.clone(),
            )
        })
        .collect()
}

fn adapted(name: &str, analysis: &str, blocks: &Map<String, Value>, theirs: &Value) {
    let ours = legacy(analysis, blocks);
    let theirs = theirs.as_object().unwrap();
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        theirs.keys().collect::<Vec<_>>(),
        "{name}"
    );
    for (field, theirs) in theirs {
        let found = &ours[field];
        // Where they found nothing under one name, ours may be found under another.
        assert!(
            same(found, theirs) || is_stand_in(theirs),
            "{name}: {field} is {found}, recorded was {theirs}"
        );
    }
}

#[test]
fn the_first_layout_is_as_recorded() {
    let table = table("output_adapter");
    let styles = table.get("llm_style").and_then(Value::as_object);
    for (analysis, row) in styles.into_iter().flatten() {
        let blocks = generic(&row["in"]);
        adapted(analysis, analysis, &blocks, &row["out"]);
        let ours = legacy(analysis, &blocks);
        for (field, theirs) in row["out"].as_object().unwrap() {
            // These have no definition that evidence supports; models made them up.
            let made_up = ["framing_quality", "viral_potential", "production_value"];
            let known = !made_up.contains(&field.as_str());
            assert!(!known || same(&ours[field], theirs), "{analysis}: {field}");
        }
    }
    let computed = table.get("python_precompute").and_then(Value::as_object);
    for (name, theirs) in computed.into_iter().flatten() {
        let (case, analysis) = name.split_once('/').unwrap();
        let folder = testkit::oracle_dir().unwrap();
        let path = folder.join(case).join(format!("{analysis}.json"));
        // A smaller folder of recordings need not hold this one.
        if let Ok(result) = record::load(&path) {
            adapted(name, analysis, &generic(&result), theirs);
        }
    }
}

#[test]
fn prompts_are_put_together_as_recorded() {
    for (name, row) in table("prompt_manager") {
        let template = "<<TEMPLATE creative_density>>";
        let ours = prompt(template, row["context"].as_object().unwrap()).unwrap();
        // Theirs escapes what is not ASCII; a model reads letters.
        let theirs = row["prompt"].as_str().unwrap();
        let theirs = theirs.replace("\\u00e9\\ud83d\\udd25", "\u{e9}\u{1f525}");
        assert_eq!(ours, theirs, "{name}");
    }
    for (bytes, row) in table("prompt_size") {
        let bytes: usize = bytes.parse().unwrap();
        assert_eq!(check_size(bytes).is_ok(), row[0] == true, "{bytes}");
        assert_eq!(Some(kib(bytes) as u64), row[1].as_u64(), "{bytes}");
    }
}

#[test]
fn answers_are_judged_as_recorded() {
    for (name, row) in table("response_validator") {
        let analysis = row["prompt_type"].as_str().unwrap();
        let analysis = AnalysisName::find(analysis).unwrap();
        let text = row["text"].as_str().unwrap();
        let expected = match name.as_str() {
            // A fence does no harm; the names of result files are as good as those asked for;
            // generic names need no other fields than prefixed ones.
            "fenced"
            | "prefixed_python_visualOverlay"
            | "prefixed_python_personFraming"
            | "generic_missing_fields" => true,
            // Blocks of another analysis are no answer.
            "wrong_type_prefix" => false,
            _ => row["valid"] == true,
        };
        let found = blocks(analysis, text);
        assert_eq!(found.is_ok(), expected, "{name}: {found:?}");
        let theirs = row["extract_text_blocks"].as_object().cloned();
        assert_eq!(text_blocks(text), theirs, "{name}");
    }
}

/// Tables of single functions, and where they are compared, or why not.
const TABLES: [(&str, &str); 17] = [
    ("apify_mapping", "here"),
    ("audio_energy", "services/sound/tests/reference.rs"),
    ("burst_pattern", "services/sound/tests/reference.rs"),
    (
        "claude_content",
        "no: it repeats the context after the prompt, the model's name among it",
    ),
    ("compute_contract", "tables.rs"),
    ("feat_aggregate", "services/emotion/tests/aggregate.rs"),
    ("frame_sampling", "tables.rs"),
    ("gaze", "services/people/tests/geometry.rs"),
    (
        "legacy_prompts",
        "no: metrics go to a model as JSON, not as running text",
    ),
    ("ml_contract_validators", "tables.rs"),
    (
        "ml_contract_validators_classmethod",
        "no: one row of the table before",
    ),
    ("output_adapter", "here"),
    ("prompt_manager", "here"),
    ("prompt_size", "here"),
    ("response_validator", "here"),
    ("scene_detection", "tests/shots/tests/agreement.rs"),
    ("timestamps", "tables.rs"),
];

#[test]
fn every_recorded_table_is_compared_or_left_out_for_a_reason() {
    let Some(folder) = testkit::oracle_dir() else {
        return;
    };
    let Ok(files) = fs::read_dir(folder.join("extras")) else {
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let known = TABLES.iter().any(|(known, _)| *known == name);
            assert!(known, "{name} is compared nowhere");
        }
    }
}

#[test]
fn every_analysis_with_blocks_has_a_first_layout() {
    for analysis in ANALYSES.into_iter().filter(|one| !one.prefix.is_empty()) {
        assert!(
            !legacy(analysis.name, &Map::new()).is_empty(),
            "{}",
            analysis.name
        );
    }
    assert!(
        legacy(CREATIVE_DENSITY.name, &Map::new())
            .values()
            .all(Value::is_null)
    );
}
