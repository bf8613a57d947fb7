#![doc = include_str!("../README.md")]

use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Write, ops::AddAssign};
use strsim::levenshtein;

/// A line that was drawn, and where.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Drawn {
    /// What it says.
    pub text: String,
    /// Edges `[left, top, right, bottom]` in pixels.
    #[serde(rename = "box")]
    pub edges: [f64; 4],
    /// What it was drawn with, by kind: font, style, background, language, size.
    pub traits: BTreeMap<String, String>,
}

/// A picture with its lines.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Page {
    /// File name of the JPEG.
    pub file: String,
    /// Its lines.
    pub lines: Vec<Drawn>,
}

/// A line that was read, and where.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Read {
    /// What it says.
    pub text: String,
    /// Edges `[left, top, right, bottom]` in pixels.
    #[serde(rename = "box")]
    pub edges: [f64; 4],
}

/// How well lines were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Characters drawn.
    pub characters: usize,
    /// Characters to insert, delete or replace to come from what was read to what was drawn; at
    /// most as many as were drawn.
    pub errors: usize,
    /// Lines drawn.
    pub lines: usize,
    /// Lines read without an error.
    pub exact: usize,
}

impl Score {
    /// Share (0–1) of characters read right.
    #[must_use]
    pub fn character_accuracy(self) -> f64 {
        share(self.characters - self.errors, self.characters)
    }
    /// Share (0–1) of lines read without an error.
    #[must_use]
    pub fn line_accuracy(self) -> f64 {
        share(self.exact, self.lines)
    }
    /// The score of one line.
    #[must_use]
    pub fn of(drawn: &str, read: &str) -> Self {
        let characters = drawn.chars().count();
        let errors = levenshtein(drawn, read).min(characters);
        Self {
            characters,
            errors,
            lines: 1,
            exact: usize::from(errors == 0),
        }
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.characters += other.characters;
        self.errors += other.errors;
        self.lines += other.lines;
        self.exact += other.exact;
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// Scores by trait and value, as `("size", "24")`, and over all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// By trait.
    pub by_trait: BTreeMap<(String, String), Score>,
    /// Over all lines.
    pub all: Score,
    /// Lines read where none was drawn.
    pub invented: usize,
}

impl Scores {
    /// Adds a page. What was read counts for the line in which its middle lies, from left to
    /// right where there are several.
    pub fn add(&mut self, page: &Page, read: &[Read]) {
        let inside = |line: &Drawn, one: &Read| {
            let middle = [
                one.edges[0].midpoint(one.edges[2]),
                one.edges[1].midpoint(one.edges[3]),
            ];
            (line.edges[0]..=line.edges[2]).contains(&middle[0])
                && (line.edges[1]..=line.edges[3]).contains(&middle[1])
        };
        for line in &page.lines {
            let mut parts: Vec<&Read> = read.iter().filter(|one| inside(line, one)).collect();
            parts.sort_by(|a, b| a.edges[0].total_cmp(&b.edges[0]));
            let said: Vec<&str> = parts.iter().map(|one| one.text.as_str()).collect();
            let score = Score::of(&line.text, &said.join(" "));
            self.all += score;
            for (kind, value) in &line.traits {
                let key = (kind.clone(), value.clone());
                *self.by_trait.entry(key).or_default() += score;
            }
        }
        let nowhere = |one: &&Read| !page.lines.iter().any(|line| inside(line, one));
        self.invented += read.iter().filter(nowhere).count();
    }
}

/// Both judged side by side, as Markdown.
#[must_use]
pub fn table(ours: &Scores, peer: &Scores) -> String {
    let mut text = String::from(
        "| lines drawn with | lines | characters right | RapidOCR | lines right | RapidOCR |\n\
         |---|---|---|---|---|---|\n",
    );
    let percent = |value: f64| format!("{:.2} %", 100.0 * value);
    let mut row = |name: &str, ours: Score, peer: Score| {
        let cells = [
            percent(ours.character_accuracy()),
            percent(peer.character_accuracy()),
            percent(ours.line_accuracy()),
            percent(peer.line_accuracy()),
        ];
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {name} | {} | {} |", ours.lines, cells.join(" | "));
    };
    row("**all**", ours.all, peer.all);
    for (key, score) in &ours.by_trait {
        let other = peer.by_trait.get(key).copied().unwrap_or_default();
        row(&format!("{} {}", key.0, key.1), *score, other);
    }
    text
}
