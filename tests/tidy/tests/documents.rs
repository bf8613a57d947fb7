//! Documents that repeat what stands elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use tidy::{expect_none, root};

/// Figures with a decimal point or a slash in `text`.
fn figures(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '/'))
        .map(|word| word.trim_matches(['.', '/']))
        .filter(|word| word.contains(['.', '/']))
        .collect()
}

#[test]
fn the_overview_of_accuracy_quotes_its_pages() {
    let overview = fs::read_to_string(root().join("docs/accuracy.md")).unwrap();
    let mut findings = Vec::new();
    let mut quoted = 0;
    for row in overview.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, value, link] = cells[..] else {
            continue;
        };
        let Some((_, page)) = link.trim_end_matches(')').split_once("](") else {
            continue;
        };
        let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
        let known = figures(&text);
        for figure in figures(value) {
            quoted += 1;
            if !known.contains(&figure) {
                findings.push(format!("{figure} is not in docs/{page}"));
            }
        }
    }
    assert!(quoted > 15, "the table of docs/accuracy.md has no figures");
    expect_none(
        "a figure of docs/accuracy.md stands in the page it is from",
        &findings,
    );
}
