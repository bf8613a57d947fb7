//! `docs/parity.md`: every field, in how many cases it is equal, and why not in the others.

use crate::{
    explanations::{self, Explanation, Reason, When},
    parity::Compared,
    record::Case,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// The line that says what the page is about; another record has another one.
#[must_use]
pub fn about(cases: &[Case]) -> String {
    let made = cases.iter().filter(|case| case.is_made()).count();
    format!(
        "Compared are {} recorded inputs and {made} made ones.",
        cases.len() - made
    )
}

/// The page.
#[must_use]
pub fn page(cases: &[Case], compared: &[Compared]) -> String {
    let mut fields: BTreeMap<&str, Vec<&Compared>> = BTreeMap::new();
    for one in compared {
        fields.entry(&one.field).or_default().push(one);
    }
    let mut text = format!(
        "# Parity\n\n\
         What this program makes of the recorded inputs of the original Python system, field by\n\
         field. Numbers are equal within 1e-9, or within the last digit the original published: here\n\
         numbers are not rounded. A field that is not equal in every video differs for the reasons\n\
         named, each with the number of videos it holds in; several may hold in one. `bound` is the\n\
         number of videos in which no reason would let it differ: there it must be equal.\n\
         `[]` stands for every item of a list. This page is written by the tests of\n\
         `tests/oracle`, which fail where a field differs without a reason.\n\n{}\n",
        about(cases)
    );
    let mut used = BTreeSet::new();
    let mut analysis = "";
    for (field, all) in &fields {
        let (name, path) = field.split_once('.').unwrap_or((field, ""));
        if name != analysis {
            let _ = write!(
                text,
                "\n## {name}\n\n| field | equal | of | bound | reasons |\n|---|---|---|---|---|\n"
            );
            analysis = name;
        }
        let equal = all.iter().filter(|one| one.equal).count();
        let bound = all.iter().filter(|one| !one.may_differ).count();
        let reasons = reasons(all);
        let listed: Vec<String> = reasons
            .iter()
            .map(|(reason, count)| format!("{} ({count})", reason.name()))
            .collect();
        used.extend(reasons.into_keys());
        let _ = writeln!(
            text,
            "| `{path}` | {equal} | {} | {bound} | {} |",
            all.len(),
            listed.join(", ")
        );
    }
    text.push_str("\n## Reasons\n\n");
    for reason in used {
        let _ = writeln!(text, "- **{}**:{}", reason.name(), reason.sentence());
    }
    text
}

/// The reasons for which a field differs, each with the number of cases it holds in.
fn reasons(all: &[&Compared]) -> BTreeMap<Reason, usize> {
    let explanations = explanations::all();
    let mut counts = BTreeMap::new();
    for one in all {
        let holding = || one.explained_by.iter().map(|index| &explanations[*index]);
        // What differs in every video needs no further reason in one.
        let everywhere = |one: &&Explanation| matches!(one.when, When::Always);
        let only = holding().any(|one| everywhere(&one));
        let reasons: BTreeSet<Reason> = holding()
            .filter(|one| !only || everywhere(one))
            .map(|one| one.reason)
            .collect();
        for reason in reasons {
            *counts.entry(reason).or_default() += 1;
        }
    }
    counts
}
