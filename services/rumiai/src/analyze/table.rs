//! The short table for people.

mod rows;

use super::summary::Summary;
use rows::Row;
use std::fmt::Write;

/// Renders the summary.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut text = heading(summary);
    for (label, value) in rows(summary) {
        // What is read and heard is untrusted, and a terminal obeys control characters.
        let value = value.replace(char::is_control, " ");
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {label:12}{value}");
    }
    text
}

fn heading(summary: &Summary) -> String {
    let probe = &summary.probe;
    let audio = probe
        .audio
        .as_ref()
        .map_or("no audio", |audio| audio.codec.as_str());
    format!(
        "{} ({:.1} s, {}x{}, {} / {audio})",
        summary.files.video_id,
        probe.duration.seconds(),
        probe.video.width,
        probe.video.height,
        probe.video.codec,
    )
}

fn rows(summary: &Summary) -> Vec<Row> {
    let mut rows = rows::findings(&summary.findings);
    rows.extend(rows::hook(&summary.hook).map(|hook| ("hook", hook)));
    rows.push(("coverage", rows::coverage(&summary.coverage)));
    rows.push(("insight", insight(summary)));
    rows.push(("time", time(summary)));
    rows.extend(
        summary
            .problems
            .iter()
            .map(|problem| ("decoding", problem.clone())),
    );
    rows.extend(
        summary
            .failures
            .iter()
            .map(|hole| ("failed", format!("{}: {}", hole.stage, hole.reason))),
    );
    if !summary.switched_off.is_empty() {
        let names: Vec<_> = summary
            .switched_off
            .iter()
            .map(|one| one.as_str())
            .collect();
        rows.push(("left out", names.join(", ")));
    }
    if summary.degraded() {
        let text = "something that was asked for could not be measured: see above and `coverage`";
        rows.push(("degraded", text.into()));
    }
    rows.push(("results", summary.files.insights.display().to_string()));
    rows.push(("", summary.files.unified.display().to_string()));
    rows
}

/// What a language model's comments came to.
fn insight(summary: &Summary) -> String {
    let report = &summary.insight;
    if report.is_null() {
        return "off".into();
    }
    let number = |key: &str| report[key].as_f64();
    let cost =
        number("cost_usd").map_or_else(|| "at an unknown price".into(), |usd| format!("${usd:.4}"));
    let holds = number("grounding_rate").map_or_else(
        || "nothing to check".into(),
        |rate| format!("{:.0} % of what can be checked holds", rate * 100.0),
    );
    let tokens = report["tokens_used"].as_u64().unwrap_or_default();
    format!("{tokens} tokens, {cost}; {holds}")
}

fn time(summary: &Summary) -> String {
    let stages: Vec<_> = summary
        .stages
        .iter()
        .map(|stage| format!("{} {:.2} s", stage.stage, stage.took.as_secs_f64()))
        .collect();
    let factor = summary.real_time_factor();
    let factor = factor
        .map(|factor| format!(", real-time factor {factor:.2}"))
        .unwrap_or_default();
    format!(
        "{:.2} s{factor} ({})",
        summary.took.as_secs_f64(),
        stages.join(", ")
    )
}
