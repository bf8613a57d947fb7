//! The page of faults says what the tests show.
#![allow(
    clippy::disallowed_methods,
    reason = "the environment asks for the page to be written"
)]

use faults::matrix::{self, ROWS};
use std::fs;

#[test]
fn every_row_has_a_test_and_every_test_a_row() {
    let shown = matrix::shown();
    let missing: Vec<u32> = ROWS
        .iter()
        .map(|row| row.number)
        .filter(|number| !shown.contains_key(number))
        .collect();
    assert!(missing.is_empty(), "no test shows rows {missing:?}");
    let unknown: Vec<&u32> = shown
        .keys()
        .filter(|number| ROWS.iter().all(|row| row.number != **number))
        .collect();
    assert!(unknown.is_empty(), "there are no rows {unknown:?}");
}

#[test]
fn the_page_is_up_to_date() {
    let page = matrix::page(&matrix::shown(), &matrix::outcomes());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(matrix::page_path(), &page).unwrap();
    }
    let written = fs::read_to_string(matrix::page_path()).unwrap_or_default();
    assert!(
        written == page,
        "docs/faults.md is not what the tests say; write it with UPDATE_DOCS=1 cargo nextest run -p faults --test page"
    );
}
