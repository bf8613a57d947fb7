//! Every file the stage writes obeys its schema, and what is wrong does not.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{even_cuts, parse, perceived::perceived, rapid_cuts, rich, run, short, video};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use timeline::{compute::Input, schemas};

fn validators() -> BTreeMap<String, Validator> {
    schemas()
        .into_iter()
        .map(|file| (file.name, jsonschema::validator_for(&file.schema).unwrap()))
        .collect()
}

fn check(validator: &Validator, name: &str, document: &Value) {
    let problems: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{name}: {problems:#?}");
}

fn inputs() -> Vec<Input> {
    vec![
        rich(),
        perceived(),
        even_cuts(),
        rapid_cuts(),
        short(),
        video(20.0),
        video(0.0),
    ]
}

#[test]
fn every_file_obeys_its_schema() {
    let validators = validators();
    for input in inputs() {
        let output = run(&input);
        let unified = parse(&output.unified);
        check(&validators["unified_analysis"], "unified", &unified);
        for files in &output.analyses {
            for (kind, bytes) in [("result", &files.result), ("ml", &files.ml)] {
                let name = format!("{}_{kind}", files.name);
                check(&validators[&name], &name, &parse(bytes));
            }
            check(&validators["complete"], files.name, &parse(&files.complete));
        }
    }
}

#[test]
fn what_is_wrong_does_not_obey() {
    let validators = validators();
    let output = run(&perceived());
    let pacing = output
        .analyses
        .iter()
        .find(|files| files.name == "scene_pacing")
        .unwrap();
    let good = parse(&pacing.ml);
    let validator = &validators["scene_pacing_ml"];
    let spoilt = |spoil: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        spoil(&mut document);
        validator.is_valid(&document)
    };
    assert!(spoilt(&|_| {}));
    let core = "CoreMetrics";
    assert!(!spoilt(&|one| one[core]["totalScenes"] = json!(-1)));
    assert!(!spoilt(&|one| one[core]["pacingScore"] = json!(1.01)));
    assert!(!spoilt(&|one| one[core]["pacingScore"] = json!("high")));
    assert!(!spoilt(&|one| one[core]["rhythmConsistency"] = json!("odd")));
    assert!(!spoilt(&|one| one[core]["surprise"] = json!(1)));
    assert!(!spoilt(&|one| {
        one[core].as_object_mut().unwrap().remove("totalScenes");
    }));
    assert!(!spoilt(&|one| one[core] = Value::Null));
    assert!(!validators["scene_pacing_result"].is_valid(&good));
}
