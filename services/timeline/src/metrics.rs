//! The registry of metrics: one definition each, beside its formula, gathered here.

mod range;

pub use range::{Horizon, Range};

use crate::compute;
use std::fmt::Write as _;

/// Definition of one published field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// The analysis it belongs to, as `scene_pacing`.
    pub analysis: &'static str,
    /// Where it is published: `block.field`, with `[]` after a list of objects and `*` for any key.
    pub path: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// What it is computed from.
    pub inputs: &'static str,
    /// Its unit; `1` for a share or a count ratio.
    pub unit: &'static str,
    /// Which values it can take.
    pub range: Range,
    /// When it is null.
    pub null_rule: &'static str,
}

/// Declares the metrics of one block:
/// `define_metrics!("analysis", "block", [("field", formula, inputs, unit, range, null rule), …])`;
/// without a block, the paths are whole.
macro_rules! define_metrics {
    ($analysis:literal, $block:literal, [$(
        ($field:literal, $formula:expr, $inputs:expr, $unit:expr, $range:expr, $null:expr)
    ),* $(,)?]) => {
        /// Definitions of the fields of this block.
        pub const METRICS: &[$crate::Metric] = &[$($crate::Metric {
            analysis: $analysis,
            path: concat!($block, ".", $field),
            formula: $formula,
            inputs: $inputs,
            unit: $unit,
            range: $range,
            null_rule: $null,
        }),*];
    };
    // Fields that stand beside the blocks.
    ($analysis:literal, [$(
        ($path:literal, $formula:expr, $inputs:expr, $unit:expr, $range:expr, $null:expr)
    ),* $(,)?]) => {
        /// Definitions of these fields.
        pub const METRICS: &[$crate::Metric] = &[$($crate::Metric {
            analysis: $analysis,
            path: $path,
            formula: $formula,
            inputs: $inputs,
            unit: $unit,
            range: $range,
            null_rule: $null,
        }),*];
    };
}
pub(crate) use define_metrics;

/// Every metric, in the order in which it is published.
#[must_use]
pub fn metrics() -> Vec<&'static Metric> {
    compute::all()
        .flat_map(|analysis| analysis.metrics)
        .flat_map(|block| block.iter())
        .collect()
}

/// The metrics a query names: by path (with or without the analysis in front), else by name of
/// the field, else by the name of any part of the path. Case does not matter. Empty if nothing
/// matches; then [`suggest`] may help.
#[must_use]
pub fn explain(query: &str) -> Vec<&'static Metric> {
    let query = query.trim().to_lowercase().replace("[]", "");
    let matching = |matches: &dyn Fn(&Metric) -> bool| -> Vec<&'static Metric> {
        metrics().into_iter().filter(|m| matches(m)).collect()
    };
    let rules: [&dyn Fn(&Metric) -> bool; 3] = [
        &|metric| {
            let path = metric.path.to_lowercase().replace("[]", "");
            path == query || format!("{}.{path}", metric.analysis) == query
        },
        &|metric| parts(metric).last() == Some(&query),
        &|metric| parts(metric).contains(&query) || metric.analysis == query,
    ];
    rules
        .iter()
        .map(|rule| matching(*rule))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// Parts of the path of a metric, in lower case and without `[]`.
fn parts(metric: &Metric) -> Vec<String> {
    let path = metric.path.to_lowercase();
    path.split('.')
        .map(|part| part.trim_end_matches("[]").to_owned())
        .collect()
}

const SUGGESTIONS: usize = 5;
const LEAST_LIKENESS: f64 = 0.7;

/// Names of fields that look like `query`, the most alike first.
#[must_use]
pub fn suggest(query: &str) -> Vec<String> {
    let query = query.trim().to_lowercase();
    let wanted = query.rsplit('.').next().unwrap_or(&query);
    let mut names: Vec<(f64, &'static str)> = metrics()
        .into_iter()
        .flat_map(|metric| metric.path.split('.').skip(1))
        .map(|part| part.trim_end_matches("[]"))
        .filter(|part| *part != "*")
        .map(|part| (strsim::jaro_winkler(wanted, &part.to_lowercase()), part))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    names.dedup();
    names
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// The text of `docs/metrics.md`.
#[must_use]
pub fn metrics_markdown() -> String {
    let mut text = String::from(
        "# Metrics\n\n\
         Every field of the analyses, with its one definition. `rumiai explain <name>` prints the\n\
         same. This page is printed from the program; a test keeps it current.\n\n\
         D is the duration of the video in seconds, as probed; scene_pacing ends it where decoding\n\
         ended. d is the density of a second, N the number of shots, L their lengths. T is the\n\
         length of the video as far as it was listened to (speech_analysis) or frames were looked\n\
         at (visual_overlay_analysis), W the words, S the union of the segments of speech. An\n\
         overlay is one text or sticker laid over the picture, however often it returns; an\n\
         appearance is one interval in which it is visible. E are the expressions of the main\n\
         face, one per frame that has one, m their number, u the number of different labels among\n\
         them. a is the area of the main face of a frame in percent of the picture, A its mean; a\n\
         second is close if the mean of a in it is above 25, medium above 8, wide above 0, else\n\
         none. A value that\n\
         was not measured is null, and `notMeasured` in the last block of its analysis says why.\n\
         `[]` stands for every item of a list, `*` for every key of a map.\n",
    );
    let mut heading = ("", "");
    for metric in metrics() {
        let whole = (metric.path, metric.path);
        let (block, field) = metric.path.split_once('.').unwrap_or(whole);
        if heading.0 != metric.analysis {
            let _ = write!(text, "\n## {}\n", metric.analysis);
        }
        if heading != (metric.analysis, block) {
            let _ = write!(
                text,
                "\n### {block}\n\n\
                 | field | formula | from | unit | range | null |\n|---|---|---|---|---|---|\n"
            );
        }
        heading = (metric.analysis, block);
        let range = metric.range.to_string();
        let cells = [
            metric.formula,
            metric.inputs,
            metric.unit,
            &range,
            metric.null_rule,
        ]
        .map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| `{field}` | {} |", cells.join(" | "));
    }
    text
}
