//! Every file the stage writes obeys its schema, and what is wrong does not.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    even_cuts, parse, perceived::perceived, rapid_cuts, rich, run, schemas, short, video,
};
use serde_json::{Value, json};
use timeline::compute::Input;

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
    let schemas = schemas();
    for input in inputs() {
        let output = run(&input);
        let unified = parse(&output.unified);
        schemas.check("unified", "unified_analysis", &unified);
        for files in &output.analyses {
            for (kind, bytes) in [("result", &files.result), ("ml", &files.ml)] {
                let name = format!("{}_{kind}", files.name);
                schemas.check(files.name, &name, &parse(bytes));
            }
            schemas.check(files.name, "complete", &parse(&files.complete));
        }
    }
}

#[test]
fn what_is_wrong_does_not_obey() {
    let schemas = schemas();
    let output = run(&perceived());
    let pacing = output
        .analyses
        .iter()
        .find(|files| files.name == "scene_pacing")
        .unwrap();
    let good = parse(&pacing.ml);
    let spoilt = |spoil: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        spoil(&mut document);
        schemas.accepts("scene_pacing_ml", &document)
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
    assert!(!schemas.accepts("scene_pacing_result", &good));
}
