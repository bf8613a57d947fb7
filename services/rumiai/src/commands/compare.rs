//! `rumiai compare`: whether two folders of results say the same.

use crate::{
    cli::{CompareArguments, OutputFormat},
    exit::Exit,
};
use contracts::analysis::{ANALYSES, AnalysisName};
use results::compare::{Compared, Comparison, Options, Strictness, Verdict, compare};
use serde_json::{Value, json};

/// Differences of one analysis that are printed; JSON has all of them.
const LISTED: usize = 20;

/// Compares two folders and prints where they differ.
///
/// # Errors
/// If a folder cannot be read or holds no results, or no analysis has that name.
pub fn run(arguments: &CompareArguments) -> anyhow::Result<Exit> {
    for name in &arguments.analysis {
        if AnalysisName::find(name).is_none() {
            let names = ANALYSES.map(|one| one.name).join(", ");
            anyhow::bail!("no analysis is called '{name}'; there are {names}");
        }
    }
    let options = Options {
        analyses: arguments.analysis.clone(),
        strictness: strictness(arguments)?,
    };
    let comparison = compare(&arguments.a, &arguments.b, &options)?;
    match arguments.output_format {
        OutputFormat::Json => {
            let mut object = json!({"success": comparison.passes()});
            if let (Value::Object(object), Value::Object(more)) =
                (&mut object, serde_json::to_value(&comparison)?)
            {
                object.extend(more);
            }
            println!("{object:#}");
        }
        OutputFormat::Text => print(&comparison),
    }
    Ok(if comparison.passes() {
        Exit::Success
    } else {
        Exit::Failure
    })
}

fn strictness(arguments: &CompareArguments) -> anyhow::Result<Strictness> {
    match arguments.tolerance {
        _ if arguments.exact => Ok(Strictness::Exact),
        None => Ok(Strictness::PerField),
        Some(percent) if percent.is_finite() && percent >= 0.0 => {
            Ok(Strictness::Within(percent / 100.0))
        }
        Some(percent) => anyhow::bail!("--tolerance is {percent}: give a percentage from 0 on"),
    }
}

fn print(comparison: &Comparison) {
    comparison.videos.iter().for_each(print_video);
    for (side, videos) in [("A", &comparison.only_in_a), ("B", &comparison.only_in_b)] {
        for video in videos {
            println!("{video}: only in {side}");
        }
    }
}

fn print_video(video: &Compared) {
    let name = if video.a == video.b {
        video.a.clone()
    } else {
        format!("{} and {}", video.a, video.b)
    };
    let verdict = match video.verdict {
        Verdict::Pass => "pass",
        Verdict::Marginal => "marginal",
        Verdict::Fail => "FAIL",
    };
    let share = video.share_equal.map_or_else(
        || "nothing to compare".into(),
        |share| format!("{:.1} % of the fields agree", 100.0 * share),
    );
    println!("{name}: {verdict}, {share}");
    for one in &video.structure {
        let what = if one.path.is_empty() {
            "the file"
        } else {
            one.path.as_str()
        };
        let side = one.only_in.to_ascii_uppercase();
        println!(
            "  {} ({}): {what} is only in {side}",
            one.analysis, one.file
        );
    }
    for (analysis, fields) in &video.analyses {
        println!(
            "  {analysis:26}{:4} of {:4} fields",
            fields.equal, fields.compared
        );
        for difference in fields.differences.iter().take(LISTED) {
            let relative = difference
                .relative
                .map(|share| format!("  ({:.1} %)", 100.0 * share))
                .unwrap_or_default();
            println!(
                "    {}: {} -> {}{relative}",
                difference.path, difference.a, difference.b
            );
        }
        if let Some(more) = fields
            .differences
            .len()
            .checked_sub(LISTED)
            .filter(|n| *n > 0)
        {
            println!("    and {more} more; --output-format json lists all");
        }
    }
}
