//! JSON Schemas (draft 2020-12) of everything the stage writes, made from the definitions of the
//! metrics and from the types.

mod tree;

use crate::compute::{ANALYSES, AnalysisSpec, block, unified};
use schemars::generate::SchemaSettings;
use serde_json::Value;
use tree::Tree;

/// The schema of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaFile {
    /// Its name, as `scene_pacing_result`.
    pub name: String,
    /// The schema.
    pub schema: Value,
}

/// All schemas: of the result and the ml file of every analysis, of the file that wraps both, and
/// of the unified analysis.
#[must_use]
pub fn schemas() -> Vec<SchemaFile> {
    let mut files: Vec<SchemaFile> = ANALYSES.iter().flat_map(of_analysis).collect();
    let generator = || {
        SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
    };
    for (name, schema) in [
        ("complete", block::schema(generator())),
        ("unified_analysis", unified::schema(generator())),
    ] {
        files.push(SchemaFile {
            name: name.into(),
            schema: schema.to_value(),
        });
    }
    files
}

fn of_analysis(analysis: &AnalysisSpec) -> [SchemaFile; 2] {
    let whole = |kind: &str, name_of: &dyn Fn(&str) -> String| {
        let mut tree = Tree::default();
        for metric in analysis.metrics.iter().copied().flatten() {
            let (block, field) = metric
                .path
                .split_once('.')
                .map_or((metric.path, None), |(block, field)| (block, Some(field)));
            let block = name_of(block);
            let path = field.map_or(block.clone(), |field| format!("{block}.{field}"));
            tree.insert(&path, metric);
        }
        SchemaFile {
            name: format!("{}_{kind}", analysis.name),
            schema: tree.root_schema(&format!("{} ({kind})", analysis.name)),
        }
    };
    [
        whole("result", &str::to_owned),
        whole("ml", &|block| block::generic_name(analysis.prefix, block)),
    ]
}
