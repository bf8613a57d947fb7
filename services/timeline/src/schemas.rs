//! JSON Schemas (draft 2020-12) of everything the stage writes, made from the definitions of the
//! metrics and from the types.

mod tree;

use crate::compute::{ANALYSES, AnalysisSpec, CREATIVE, block, legacy, unified};
use contracts::analysis::generic_block;
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

/// All schemas: of the result and the ml file of every analysis, of the ml file in the first
/// layout, of the creative measures, of the file that wraps both others, and of the unified analysis.
#[must_use]
pub fn schemas() -> Vec<SchemaFile> {
    let mut files: Vec<SchemaFile> = ANALYSES.iter().flat_map(of_analysis).collect();
    files.extend(ANALYSES.iter().filter_map(of_first_layout));
    files.push(SchemaFile {
        name: CREATIVE.name.into(),
        schema: generic(&CREATIVE).root_schema(CREATIVE.name),
    });
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
    let file = |kind: &str, tree: Tree| SchemaFile {
        name: format!("{}_{kind}", analysis.name),
        schema: tree.root_schema(&format!("{} ({kind})", analysis.name)),
    };
    [
        file("result", tree(analysis, str::to_owned)),
        file("ml", generic(analysis)),
    ]
}

/// What an analysis holds under the names of blocks that `name_of` makes of the prefixed ones.
fn tree(analysis: &AnalysisSpec, name_of: impl Fn(&str) -> String) -> Tree {
    let mut tree = Tree::default();
    for metric in analysis.metrics.iter().copied().flatten() {
        let path = match metric.path.split_once('.') {
            Some((block, field)) => format!("{}.{field}", name_of(block)),
            None => name_of(metric.path),
        };
        tree.insert(&path, metric);
    }
    tree
}

fn generic(analysis: &AnalysisSpec) -> Tree {
    tree(analysis, |block| generic_block(analysis.prefix, block))
}

/// The schema of an analysis in the first layout, if it has one of its own.
fn of_first_layout(analysis: &AnalysisSpec) -> Option<SchemaFile> {
    let blocks = generic(analysis);
    let fields = legacy::fields(analysis.name)?.iter().map(|field| {
        let source = field.from.iter().find_map(|path| blocks.at(path));
        (field.name, source)
    });
    let name = format!("{}_legacy", analysis.name);
    let schema = tree::flat_schema(&name, fields);
    Some(SchemaFile { name, schema })
}
