//! What models are asked for, what is read of it, and what is kept.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::analysis::{
    ANALYSES, AnalysisName, CREATIVE_DENSITY, PERSON_FRAMING, SCENE_PACING, TEMPORAL_MARKERS,
};
use llm::answer::{
    BLOCKS, Citable, FIELDS, Form, Problem, Record, Shape, Source, judgements, schema, validate,
};
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

fn asked() -> impl Iterator<Item = AnalysisName> {
    ANALYSES.into_iter().filter(|one| !one.prefix.is_empty())
}

/// The emptiest answer that follows the schema, with the names of blocks as given.
fn answer(analysis: AnalysisName, name: impl Fn(&str) -> String) -> Map<String, Value> {
    let mut blocks: Map<String, Value> = BLOCKS
        .map(|block| (block.to_owned(), json!({})))
        .into_iter()
        .collect();
    for field in FIELDS {
        let item = match field.shape {
            Shape::Claims => {
                json!({"statement": "The shots are even and calm.", "citations": ["shot_1"]})
            }
            Shape::Metrics => json!({"name": "totalScenes", "value": 6, "citations": []}),
            Shape::Moments => {
                json!({"event": "cut_1", "statement": "It turns.", "citations": ["cut_1"]})
            }
            Shape::Events => json!("cut_1"),
        };
        blocks[field.block][field.name] = json!([item]);
    }
    for judgement in judgements(analysis) {
        let value = json!({"value": judgement.values[0], "citations": []});
        blocks[judgement.block][judgement.name] = value;
    }
    blocks
        .into_iter()
        .map(|(block, value)| (name(&block), value))
        .collect()
}

fn text(analysis: AnalysisName, name: impl Fn(&str) -> String) -> String {
    Value::Object(answer(analysis, name)).to_string()
}

/// Every object in a schema that describes an object.
fn objects<'a>(schema: &'a Value, found: &mut Vec<&'a Value>) {
    if schema["type"] == "object" {
        found.push(schema);
    }
    match schema {
        Value::Object(fields) => fields.values().for_each(|value| objects(value, found)),
        Value::Array(items) => items.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

#[test]
fn every_analysis_has_a_schema_that_providers_take() {
    assert_eq!(schema(TEMPORAL_MARKERS, Citable::Any), None);
    for analysis in asked() {
        let schema = schema(analysis, Citable::Any).unwrap();
        let written = schema.to_string();
        for refused in [
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "maxItems",
            "minItems",
            "pattern",
            "examples",
            "default",
            "oneOf",
        ] {
            assert!(!written.contains(&format!("\"{refused}\"")), "{refused}");
        }
        let mut all = Vec::new();
        objects(&schema, &mut all);
        assert!(all.len() > 10);
        for object in all {
            assert_eq!(object["additionalProperties"], false);
            let names: Vec<&String> = object["properties"].as_object().unwrap().keys().collect();
            assert_eq!(object["required"], json!(names));
        }
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good = Value::Object(answer(analysis, str::to_owned));
        assert!(validator.is_valid(&good), "{}", analysis.name);
        let mut judged = good.clone();
        let first = judgements(analysis)[0];
        judged[first.block][first.name]["value"] = Value::Null;
        assert!(validator.is_valid(&judged));
        judged[first.block][first.name]["value"] = json!("made_up");
        assert!(!validator.is_valid(&judged));
        let mut timed = good.clone();
        timed["KeyEvents"]["timestamps"][0] = json!(3.4);
        assert!(!validator.is_valid(&timed), "a time is no id");
        let mut more = good;
        more["Quality"]["confidence"] = json!(0.9);
        assert!(!validator.is_valid(&more));
    }
}

#[test]
fn a_schema_can_name_the_only_ids_there_are() {
    let schema = schema(SCENE_PACING, Citable::Among(&["shot_1", "cut_1"])).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut answer = Value::Object(answer(SCENE_PACING, str::to_owned));
    assert!(validator.is_valid(&answer));
    answer["CoreMetrics"]["summary"][0]["citations"] = json!(["shot_9"]);
    assert!(!validator.is_valid(&answer));
}

#[test]
fn templates_ask_for_what_the_schema_holds() {
    for analysis in asked() {
        let path = format!("../../prompt_templates/{}_v2.txt", analysis.name);
        let template =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let names = FIELDS.iter().map(|field| field.name);
        for name in names.chain(judgements(analysis).iter().map(|one| one.name)) {
            assert!(
                template.contains(&format!("\"{name}\"")),
                "{}: {name}",
                analysis.name
            );
        }
    }
}

#[test]
fn promise_05_d17_an_answer_is_taken_under_every_name_of_its_blocks() {
    for analysis in asked() {
        for prefix in ["", analysis.prefix] {
            let said = text(analysis, |block| format!("{prefix}{block}"));
            let read = validate(analysis, &said).unwrap();
            assert_eq!(read.form, Form::Json);
            assert_eq!(read.blocks, answer(analysis, str::to_owned));
            assert_eq!(read.blocks.keys().collect::<Vec<_>>(), BLOCKS);
        }
    }
    assert!(
        validate(
            PERSON_FRAMING,
            &text(PERSON_FRAMING, |block| format!("framing{block}"))
        )
        .is_ok()
    );
    let fenced = format!("```json\n{}\n```", text(SCENE_PACING, str::to_owned));
    assert!(validate(SCENE_PACING, &fenced).is_ok());
}

#[test]
fn generic_blocks_have_their_fields_and_prefixed_ones_may_have_others() {
    let other = |block: &str| json!({"note": format!("{block}{}", "x".repeat(90))});
    let prefixed: Map<String, Value> = BLOCKS
        .map(|block| (format!("density{block}"), other(block)))
        .into_iter()
        .collect();
    assert!(validate(CREATIVE_DENSITY, &json!(prefixed).to_string()).is_ok());
    let generic: Map<String, Value> = BLOCKS
        .map(|block| (block.to_owned(), other(block)))
        .into_iter()
        .collect();
    let problems = validate(CREATIVE_DENSITY, &json!(generic).to_string()).unwrap_err();
    assert_eq!(problems.len(), FIELDS.len());
    assert_eq!(
        problems[0].to_string(),
        "CoreMetrics has no field 'summary'"
    );
}

#[test]
fn an_answer_to_another_prompt_is_refused() {
    let said = text(CREATIVE_DENSITY, |block| format!("density{block}"));
    let problems = validate(SCENE_PACING, &said).unwrap_err();
    assert!(matches!(problems[0], Problem::OtherAnalysis { .. }));
}

#[test]
fn a_block_that_is_there_twice_is_refused() {
    let mut twice = answer(SCENE_PACING, str::to_owned);
    twice.insert("scenePacingQuality".into(), twice["Quality"].clone());
    let problems = validate(SCENE_PACING, &json!(twice).to_string()).unwrap_err();
    assert_eq!(problems, [Problem::Repeated("Quality")]);
}

#[test]
fn text_below_headings_is_a_second_chance_for_text_alone() {
    let headed: Vec<String> = BLOCKS
        .map(|block| format!("{block}:\nWords {{about}} it."))
        .into();
    let read = validate(SCENE_PACING, &headed.join("\n")).unwrap();
    assert_eq!(read.form, Form::Text);
    assert_eq!(read.blocks["Dynamics"], "Words {about} it.");
    assert_eq!(read.blocks.keys().collect::<Vec<_>>(), BLOCKS);
    assert_eq!(
        validate(SCENE_PACING, &headed[..5].join("\n")),
        Err(vec![Problem::NoObject])
    );
    let torn = format!("{{\"CoreMetrics\": \n{}", headed.join("\n"));
    assert!(validate(SCENE_PACING, &torn).is_err());
}

#[test]
fn a_record_has_the_same_fields_whoever_made_it() {
    let now = || "2026-01-02T03:04:05Z".to_owned();
    let new = |source| Record::new(SCENE_PACING, source, now());
    let blocks = answer(SCENE_PACING, str::to_owned);
    let said = text(SCENE_PACING, str::to_owned);
    let good = new(Source::Claude).answered(said.clone(), validate(SCENE_PACING, &said));
    let bad = new(Source::Ollama).answered("no".into(), validate(SCENE_PACING, "no"));
    let unasked = new(Source::Claude).failed("no budget is left".into());
    let computed = new(Source::PythonPrecompute).succeeded(blocks.clone());
    let fields = |record: &Record| {
        let written = serde_json::to_value(record).unwrap();
        let names: Vec<String> = written.as_object().unwrap().keys().cloned().collect();
        names
    };
    for record in [&bad, &unasked, &computed] {
        assert_eq!(fields(record), fields(&good));
        let written = serde_json::to_string(record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&written).unwrap(), *record);
    }
    let told = [
        "prompt_type",
        "success",
        "response",
        "parsed_response",
        "error",
        "processing_time",
        "tokens_used",
        "estimated_cost",
        "retry_attempts",
        "timestamp",
    ];
    assert_eq!(fields(&good)[..10], told);
    assert_eq!(
        (good.success, good.parsed_response, good.error),
        (true, Some(blocks), None)
    );
    assert_eq!((bad.success, bad.parsed_response.is_none()), (false, true));
    assert_eq!(
        (bad.response.as_deref(), bad.error.as_deref()),
        (Some("no"), Some("answer holds no JSON object"))
    );
    assert_eq!(
        serde_json::to_value(&computed).unwrap()["source"],
        "python_precompute"
    );
    assert_eq!(unasked.error.as_deref(), Some("no budget is left"));
}
