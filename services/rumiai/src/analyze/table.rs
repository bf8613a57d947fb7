//! The short table for people.

use super::summary::Summary;
use serde_json::Value;
use std::fmt::Write;

/// One row: a label and what it says.
type Row = (&'static str, String);

/// Renders the summary.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut text = heading(summary);
    for (label, value) in rows(summary) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {label:16}{value}");
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
    let not_measured = || "not measured".to_owned();
    let mut rows = vec![
        (
            "shots",
            summary
                .shots
                .map_or_else(not_measured, |count| count.to_string()),
        ),
        ("objects", objects(summary).unwrap_or_else(not_measured)),
        (
            "energy windows",
            energy(summary).unwrap_or_else(not_measured),
        ),
        ("coverage", coverage(&summary.coverage)),
        ("time", time(summary)),
    ];
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
    rows.push(("results", summary.files.insights.display().to_string()));
    rows.push(("", summary.files.unified.display().to_string()));
    rows
}

fn objects(summary: &Summary) -> Option<String> {
    let classes = summary.objects.as_ref()?;
    if classes.is_empty() {
        return Some("none".into());
    }
    let mut classes: Vec<_> = classes.iter().collect();
    classes.sort_by_key(|(name, count)| {
        (
            std::cmp::Reverse(count.tracks),
            std::cmp::Reverse(count.detections),
            *name,
        )
    });
    let tracked = classes.iter().filter(|(_, count)| count.tracks > 0);
    let mut text = tracked
        .map(|(name, count)| format!("{name} {}", plural(count.tracks, "track")))
        .collect::<Vec<_>>()
        .join(", ");
    let fleeting: Vec<_> = classes
        .iter()
        .filter(|(_, count)| count.tracks == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    if !fleeting.is_empty() {
        let separator = if text.is_empty() { "" } else { "; " };
        text = format!(
            "{text}{separator}too briefly for a track: {}",
            fleeting.join(", ")
        );
    }
    Some(text)
}

fn plural(count: u32, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn energy(summary: &Summary) -> Option<String> {
    let sound = summary.sound.as_ref()?;
    if !sound.has_audio {
        return Some("none: no audio stream".into());
    }
    let pattern = serde_json::to_value(sound.burst_pattern).ok();
    let pattern = pattern
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .replace('_', " ");
    Some(format!("{} ({pattern})", sound.energy_windows))
}

/// Which modalities were measured, in what share of the seconds, and which were not.
fn coverage(coverage: &Value) -> String {
    let rows: Vec<_> = coverage.as_object().into_iter().flatten().collect();
    let measured = |row: &&(&String, &Value)| row.1["measured"] == true;
    let share = |(name, row): &(&String, &Value)| match row["share"].as_f64() {
        Some(share) => format!("{name} {:.0} %", share * 100.0),
        None => (*name).clone(),
    };
    let present: Vec<_> = rows.iter().filter(measured).map(share).collect();
    let absent: Vec<_> = rows
        .iter()
        .filter(|row| !measured(row))
        .map(|(name, _)| name.as_str())
        .collect();
    match (present.is_empty(), absent.is_empty()) {
        (true, _) => format!("nothing measured ({})", absent.join(", ")),
        (false, true) => present.join(", "),
        (false, false) => format!(
            "{}; not measured: {}",
            present.join(", "),
            absent.join(", ")
        ),
    }
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
