//! `rumiai explain`: the definition of a metric.

use crate::{
    cli::{ExplainArguments, OutputFormat},
    exit::Exit,
};
use serde_json::json;
use timeline::Metric;

/// Prints the definitions that the query names, or what it may have meant.
///
/// # Errors
/// If JSON cannot be written, which the types rule out.
pub fn run(arguments: &ExplainArguments) -> anyhow::Result<Exit> {
    let found = match &arguments.metric {
        Some(query) => timeline::explain(query),
        None => timeline::metrics(),
    };
    if let (true, Some(query)) = (found.is_empty(), &arguments.metric) {
        let near = timeline::suggest(query);
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!("; did you mean {}?", near.join(", "))
        };
        anyhow::bail!("no metric is called '{query}'{hint} (`rumiai explain` lists all)");
    }
    match arguments.output_format {
        OutputFormat::Json => {
            let all: Vec<_> = found.iter().map(|metric| as_json(metric)).collect();
            println!("{}", serde_json::to_string_pretty(&all)?);
        }
        OutputFormat::Text if arguments.metric.is_none() => {
            for metric in found {
                println!("{}.{}", metric.analysis, metric.path);
            }
        }
        OutputFormat::Text => {
            let texts: Vec<_> = found.iter().map(|metric| as_text(metric)).collect();
            println!("{}", texts.join("\n\n"));
        }
    }
    Ok(Exit::Success)
}

fn as_text(metric: &Metric) -> String {
    let Metric {
        analysis,
        path,
        formula,
        inputs,
        unit,
        range,
        null_rule,
    } = metric;
    format!(
        "{analysis}.{path}\n  formula  {formula}\n  inputs   {inputs}\n  unit     {unit}\n  range    {range}\n  null     {null_rule}"
    )
}

fn as_json(metric: &Metric) -> serde_json::Value {
    json!({
        "analysis": metric.analysis,
        "path": metric.path,
        "formula": metric.formula,
        "inputs": metric.inputs,
        "unit": metric.unit,
        "range": metric.range.to_string(),
        "schema": metric.range.schema(),
        "null_rule": metric.null_rule,
    })
}
