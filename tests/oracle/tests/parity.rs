//! Every difference from what the original Python system gave has a reason that holds in the
//! input it is found in.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod common;

use common::FEW;
use oracle::{
    about,
    explanations::{self, Reason, When},
    page, parity, record,
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Differences shown when there are many.
const SHOWN: usize = 40;

#[test]
fn every_difference_has_a_reason() {
    let cases = record::cases().unwrap();
    let compared = parity::compare(&cases).unwrap();
    let differs = |one: &&parity::Compared| !one.equal && one.explained_by.is_empty();
    let unexplained: Vec<&parity::Compared> = compared.iter().filter(differs).collect();
    for one in unexplained.iter().take(SHOWN) {
        eprintln!(
            "{} of {} is {:?}, recorded was {:?}",
            one.field, one.case, one.ours, one.theirs
        );
    }
    assert!(
        unexplained.is_empty(),
        "{} differences without a reason",
        unexplained.len()
    );
    eprintln!(
        "compared {} values of {} cases",
        compared.len(),
        cases.len()
    );
}

#[test]
fn every_explanation_applies_or_names_what_it_needs() {
    let cases = record::cases().unwrap();
    if cases.len() < FEW {
        eprintln!("too few cases to tell which explanations are needed");
        return;
    }
    let compared = parity::compare(&cases).unwrap();
    let applied: BTreeSet<usize> = compared
        .iter()
        .flat_map(|one| one.explained_by.clone())
        .collect();
    let stale: Vec<String> = explanations::all()
        .iter()
        .enumerate()
        .filter(|(index, one)| !applied.contains(index) && one.needs.is_none())
        .map(|(_, one)| format!("{} of {:?}", one.reason.name(), one.fields))
        .collect();
    assert!(stale.is_empty(), "these never apply: {stale:#?}");
}

/// Status of a field in the record: `L` computed from its input, `X` misleading, `C` constant,
/// `D` a duplicate.
fn status(statuses: &Value, field: &str) -> Option<String> {
    let (analysis, path) = field.split_once('.')?;
    let parts: Vec<&str> = path
        .split('.')
        .map(|part| part.trim_end_matches("[]"))
        .collect();
    let prefixes = (1..=parts.len())
        .rev()
        .map(|count| parts[..count].join("/"));
    let mut found = prefixes.filter_map(|prefix| statuses[analysis][prefix].as_str());
    found.next().map(str::to_owned)
}

#[test]
fn what_was_sound_differs_only_where_the_input_says_so() {
    let Some(folder) = testkit::oracle_dir() else {
        return;
    };
    let cases = record::cases().unwrap();
    let statuses = record::load(&folder.join("field_status.json")).unwrap();
    let mut sound = 0;
    for (analysis, paths) in parity::fields(&cases) {
        for path in paths {
            let field = format!("{analysis}.{path}");
            let status = status(&statuses, &field);
            // Markers have no status: none of them is taken for constant.
            if !matches!(status.as_deref(), Some("L") | None) {
                continue;
            }
            sound += 1;
            for one in explanations::all().iter().filter(|one| one.covers(&field)) {
                assert!(
                    matches!(one.when, When::Input(_)),
                    "{field} is explained by {} whatever the input",
                    one.reason.name()
                );
            }
        }
    }
    assert!(sound > FEW || cases.len() < FEW);
}

#[test]
fn reasons_have_different_names_and_whole_sentences() {
    let names: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        assert!(reason.sentence().ends_with('.'), "{}", reason.name());
    }
    let used: BTreeSet<Reason> = explanations::all().iter().map(|one| one.reason).collect();
    let unused: Vec<&Reason> = Reason::ALL
        .iter()
        .filter(|one| !used.contains(one))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "says whether to write the page")]
fn page_is_current() {
    let cases = record::cases().unwrap();
    if cases.is_empty() {
        return;
    }
    let text = page(&cases, &parity::compare(&cases).unwrap());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/parity.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap();
    if !page.contains(&about(&cases)) {
        eprintln!("the page is about other cases than these");
        return;
    }
    assert!(
        page == text,
        "docs/parity.md is not current; run UPDATE_DOCS=1 cargo test -p oracle --test parity"
    );
}
