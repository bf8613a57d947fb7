//! `rumiai schemas`: JSON Schemas of everything that is written.

use crate::{analyze, cli::SchemasArguments, exit::Exit};
use anyhow::Context;
use std::fs;
use timeline::SchemaFile;

/// Prints the names, prints one schema, or writes all of them.
///
/// # Errors
/// If no schema has that name or a file cannot be written.
pub fn run(arguments: &SchemasArguments) -> anyhow::Result<Exit> {
    let all = all();
    if let Some(folder) = &arguments.output {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for file in &all {
            let path = folder.join(format!("{}.schema.json", file.name));
            fs::write(&path, format!("{:#}\n", file.schema))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        return Ok(Exit::Success);
    }
    let Some(name) = &arguments.name else {
        all.iter().for_each(|file| println!("{}", file.name));
        return Ok(Exit::Success);
    };
    let Some(found) = all.iter().find(|file| file.name == *name) else {
        anyhow::bail!("no schema is called '{name}' (`rumiai schemas` lists all)");
    };
    println!("{:#}", found.schema);
    Ok(Exit::Success)
}

/// Every schema: those of the timeline, of the summary, of what `analyze` prints, and of comments.
#[must_use]
pub fn all() -> Vec<SchemaFile> {
    let mut all = timeline::schemas();
    for (name, schema) in [
        ("summary", analyze::summary_schema()),
        ("analyze_output", analyze::output_schema()),
        (
            "insight_report",
            analyze::schema_of::<insight::compute::Report>(),
        ),
        (
            "insight_record",
            analyze::schema_of::<llm::answer::Record>(),
        ),
    ] {
        all.push(SchemaFile {
            name: name.into(),
            schema,
        });
    }
    all
}
