//! What was drawn, what was read of it, and how right that is.

use serde::Deserialize;
use std::{collections::BTreeMap, ops::AddAssign};
use strsim::levenshtein;

/// A line that was drawn, and where.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Drawn {
    /// What it says.
    pub text: String,
    /// Edges `[left, top, right, bottom]` in pixels.
    #[serde(rename = "box")]
    pub edges: [f64; 4],
    /// What it was drawn with, by kind: typeface, style, background, script, size, emoji.
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
    /// Share (0–1) of characters read right; `None` where none were drawn.
    #[must_use]
    pub fn character_accuracy(self) -> Option<f64> {
        share(self.characters - self.errors, self.characters)
    }
    /// Share (0–1) of lines read without an error; `None` where none were drawn.
    #[must_use]
    pub fn line_accuracy(self) -> Option<f64> {
        share(self.exact, self.lines)
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

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Page {
    /// What was read in the place of each line: texts whose middle lies in it, from left to right.
    #[must_use]
    pub fn said(&self, read: &[Read]) -> Vec<String> {
        let each = self.lines.iter().map(|line| {
            let mut parts: Vec<&Read> = read.iter().filter(|one| line.holds(one)).collect();
            parts.sort_by(|a, b| a.edges[0].total_cmp(&b.edges[0]));
            let said: Vec<&str> = parts.iter().map(|one| one.text.as_str()).collect();
            said.join(" ")
        });
        each.collect()
    }
    /// How many texts were read where no line was drawn.
    #[must_use]
    pub fn elsewhere(&self, read: &[Read]) -> usize {
        let nowhere = |one: &&Read| !self.lines.iter().any(|line| line.holds(one));
        read.iter().filter(nowhere).count()
    }
}

impl Drawn {
    fn holds(&self, one: &Read) -> bool {
        let [left, top, right, bottom] = self.edges;
        let x = one.edges[0].midpoint(one.edges[2]);
        let y = one.edges[1].midpoint(one.edges[3]);
        (left..=right).contains(&x) && (top..=bottom).contains(&y)
    }
}
