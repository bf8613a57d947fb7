//! The figures as a page for people.

use crate::scores::{Drawn, Page, Read, Score};
use std::{collections::BTreeMap, fmt::Write};

/// Groups that are named as the weakest.
const WEAKEST: usize = 5;
/// Fewer lines say nothing of a group.
const FEWEST_LINES: usize = 10;
/// Lines that are quoted.
const QUOTED: usize = 15;

/// A line, and what both read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was drawn.
    pub drawn: Drawn,
    /// What the stage read.
    pub ours: String,
    /// What RapidOCR read.
    pub peer: String,
}

/// Everything that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// Line by line.
    pub outcomes: Vec<Outcome>,
    /// Pictures.
    pub pages: usize,
    /// Texts that the stage read where no line was drawn.
    pub elsewhere: usize,
    /// The same of RapidOCR.
    pub peer_elsewhere: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    ours: Score,
    peer: Score,
}

impl Measured {
    /// Adds a page.
    pub fn add(&mut self, page: &Page, ours: &[Read], peer: &[Read]) {
        self.pages += 1;
        self.elsewhere += page.elsewhere(ours);
        self.peer_elsewhere += page.elsewhere(peer);
        let said = page.said(ours).into_iter().zip(page.said(peer));
        for (drawn, (ours, peer)) in page.lines.iter().zip(said) {
            self.outcomes.push(Outcome {
                drawn: drawn.clone(),
                ours,
                peer,
            });
        }
    }

    fn all(&self) -> Pair {
        let mut all = Pair::default();
        for one in &self.outcomes {
            all.add(one);
        }
        all
    }

    fn by_trait(&self) -> BTreeMap<(&str, &str), Pair> {
        let mut groups: BTreeMap<(&str, &str), Pair> = BTreeMap::new();
        for one in &self.outcomes {
            for (kind, value) in &one.drawn.traits {
                groups.entry((kind, value)).or_default().add(one);
            }
        }
        groups
    }
}

impl Pair {
    fn add(&mut self, one: &Outcome) {
        self.ours += Score::of(&one.drawn.text, &one.ours);
        self.peer += Score::of(&one.drawn.text, &one.peer);
    }
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{:.1} %", 100.0 * value))
}

/// The page, as Markdown.
#[must_use]
pub fn page(measured: &Measured) -> String {
    let mut text = String::from(HEAD);
    // Writing to a string cannot fail; so everywhere here.
    let _ = writeln!(
        text,
        "{} lines on {} pictures, {} characters.\n",
        measured.outcomes.len(),
        measured.pages,
        measured.all().ours.characters
    );
    text.push_str(&table(measured));
    let _ = writeln!(
        text,
        "\nTexts read where no line was drawn: {}; RapidOCR: {}.\n",
        measured.elsewhere, measured.peer_elsewhere
    );
    text.push_str(&weak(measured));
    text.push_str(&quotes(measured));
    text.push_str(FOOT);
    text
}

/// Both judged side by side, as Markdown.
#[must_use]
pub fn table(measured: &Measured) -> String {
    let mut text = String::from(
        "| lines drawn with | lines | characters right | RapidOCR | lines right | RapidOCR |\n\
         |---|---|---|---|---|---|\n",
    );
    let mut row = |name: &str, pair: Pair| {
        let cells = [
            percent(pair.ours.character_accuracy()),
            percent(pair.peer.character_accuracy()),
            percent(pair.ours.line_accuracy()),
            percent(pair.peer.line_accuracy()),
        ];
        let _ = writeln!(
            text,
            "| {name} | {} | {} |",
            pair.ours.lines,
            cells.join(" | ")
        );
    };
    row("**all**", measured.all());
    for ((kind, value), pair) in measured.by_trait() {
        row(&format!("{kind}: {value}"), pair);
    }
    text
}

/// Names the groups with the fewest lines right.
fn weak(measured: &Measured) -> String {
    let mut weak: Vec<(f64, String)> = measured
        .by_trait()
        .into_iter()
        .filter(|(_, pair)| pair.ours.lines >= FEWEST_LINES)
        .filter_map(|((kind, value), pair)| {
            Some((pair.ours.line_accuracy()?, format!("{kind} {value}")))
        })
        .collect();
    weak.sort_by(|a, b| a.0.total_cmp(&b.0));
    let names: Vec<String> = weak
        .iter()
        .take(WEAKEST)
        .map(|(right, name)| format!("- {name}: {} of its lines", percent(Some(*right))))
        .collect();
    format!(
        "## Where it is poorest\n\nThe groups with the fewest lines right:\n\n{}\n\n",
        names.join("\n")
    )
}

/// The lines with the most mistakes.
fn quotes(measured: &Measured) -> String {
    let errors = |one: &Outcome| Score::of(&one.drawn.text, &one.ours).errors;
    let mut wrong: Vec<&Outcome> = measured
        .outcomes
        .iter()
        .filter(|one| errors(one) > 0)
        .collect();
    wrong.sort_by_key(|one| std::cmp::Reverse(errors(one)));
    let spaces = |text: &str| text.split_whitespace().collect::<String>();
    let only_spaces = wrong
        .iter()
        .filter(|one| spaces(&one.ours) == spaces(&one.drawn.text));
    let unseen = wrong.iter().filter(|one| one.ours.is_empty());
    let mut text = format!(
        "Of {} lines with a mistake, {} were not found at all and {} differ in spaces only. Those \
         with the\nmost mistakes:\n\n| drawn | read | RapidOCR | with |\n|---|---|---|---|\n",
        wrong.len(),
        unseen.count(),
        only_spaces.count()
    );
    for one in wrong.iter().take(QUOTED) {
        let with: Vec<&str> = ["size", "typeface", "style", "background"]
            .iter()
            .filter_map(|kind| one.drawn.traits.get(*kind).map(String::as_str))
            .collect();
        let cell = |text: &str| text.replace('|', "\\|");
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            cell(&one.drawn.text),
            cell(&one.ours),
            cell(&one.peer),
            with.join(", ")
        );
    }
    text
}

const HEAD: &str = "# Text on screen

Rendered overlays of 720 by 1280, as JPEG of the quality the decoder uses, read by the stage's
models and by RapidOCR 3.10.0, the Python program that runs the same weights, from the same files.
A character counts as right by edit distance between what was drawn and what was read in its place;
an emoji behind a line is no part of what it says, so whatever is read for it is a mistake. Written
by `cargo run --release -p ocr-accuracy -- docs/accuracy/ocr.md`.

";

const FOOT: &str = "
What would help, as far as the quotes show:

- `¡` and `¿` at the beginning of a line, and accents of thin letters, are what gets lost first.
  RapidOCR loses the same ones, and cutting lines out with a wider margin did not bring them back: it
  is the recogniser, of which larger ones exist.
- An emoji made of strokes is read as a sign such as `+`. Looking for emoji before reading, or
  leaving out single signs at the end of a line, would end that.

What this does not say: drawn overlays are sharper than writing that was filmed, a video is
compressed more than these pictures, and one photograph stands for all busy backgrounds. What the
stage makes of it over time, voting over frames above all, comes on top and is not measured here.
";
