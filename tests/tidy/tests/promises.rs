//! The page of the language-model layer's promises and the tests that hold them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeSet, fs};
use tidy::{expect_none, root, sources};

/// What names of such tests begin with.
const PREFIX: &str = "promise_";
/// The promises there are.
const PROMISES: u32 = 18;
/// The one that takes an hour: a target of the Makefile.
const SOAK: u32 = 16;
/// The mistakes of the first systems, each with a test of its own under this promise.
const MISTAKES: u32 = 17;
const OF_MISTAKES: &str = "promise_05_d";

/// Every name after `before` in `text`.
fn names(text: &str, before: &str) -> BTreeSet<String> {
    let begin = format!("{before}{PREFIX}");
    let found = text.match_indices(&begin).map(|(at, _)| {
        let name = &text[at + before.len()..];
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        name[..end.unwrap_or(name.len())].to_owned()
    });
    // A name has more than its number.
    found.filter(|name| name.len() > PREFIX.len() + 3).collect()
}

fn tests() -> BTreeSet<String> {
    let all = sources(&["shared", "services", "tests"]);
    let named = all.iter().map(|source| names(&source.text, "fn "));
    named.flatten().collect()
}

fn page() -> String {
    fs::read_to_string(root().join("docs/language-models.md")).unwrap()
}

#[test]
fn every_promise_has_a_test() {
    let tests = tests();
    let is_held = |begin: &str| tests.iter().any(|name| name.starts_with(begin));
    let promises = (1..=PROMISES).filter(|number| *number != SOAK);
    let begins = promises.map(|number| format!("{PREFIX}{number:02}_"));
    let mistakes = (1..=MISTAKES).map(|number| format!("{OF_MISTAKES}{number:02}_"));
    let findings: Vec<String> = begins
        .chain(mistakes)
        .filter(|begin| !is_held(begin))
        .map(|begin| format!("no test is called {begin}…"))
        .collect();
    expect_none("a promise of docs/language-models.md has a test", &findings);
}

#[test]
fn the_page_of_promises_names_the_tests_there_are() {
    let (tests, page) = (tests(), page());
    let told = names(&page, "`");
    let unknown = told.difference(&tests);
    let unknown =
        unknown.map(|name| format!("docs/language-models.md names {name}, which is none"));
    let untold = tests.difference(&told);
    let untold = untold.map(|name| format!("docs/language-models.md does not name {name}"));
    let findings: Vec<String> = unknown.chain(untold).collect();
    expect_none("the page of promises names its tests", &findings);
}

#[test]
fn the_page_of_promises_has_a_row_for_each() {
    let page = page();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    let is_there = |number: &str| {
        let begin = format!("| {number} |");
        rows.iter().filter(|row| row.starts_with(&begin)).count() == 1
    };
    let promises = (1..=PROMISES).map(|number| number.to_string());
    let mistakes = (1..=MISTAKES).map(|number| format!("D{number}"));
    let findings: Vec<String> = promises
        .chain(mistakes)
        .filter(|number| !is_there(number))
        .map(|number| format!("{number} has no row of its own"))
        .collect();
    expect_none("docs/language-models.md has a row for each", &findings);
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    assert!(makefile.lines().any(|line| line.starts_with("soak:")));
}
