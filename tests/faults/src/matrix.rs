//! The table of faults, the tests that show each row, and the page made of both.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// One fault.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its number; tests that show it begin with it, as `row_07_`.
    pub number: u32,
    /// What happens.
    pub fault: &'static str,
    /// What must follow.
    pub required: &'static str,
}

const fn row(number: u32, fault: &'static str, required: &'static str) -> Row {
    Row {
        number,
        fault,
        required,
    }
}

/// What holds for every row.
pub const INVARIANT: &str = "No accepted job is lost. Every job ends in exactly one result or in \
exactly one dead letter with a reason. Results are the same however often work is repeated. Other \
jobs are unaffected.";

/// The faults that are borne, in their order. Numbers that are missing belong to accelerators.
pub const ROWS: &[Row] = &[
    row(
        1,
        "the broker restarts, in order or by `kill -9`",
        "workers come back by themselves, not ready meanwhile; what was confirmed survives",
    ),
    row(
        2,
        "the network is cut while a message is published",
        "published again with the same id; copies are recognised",
    ),
    row(
        3,
        "a black hole: nothing arrives, nothing is refused",
        "both sides notice by heartbeat; the work goes to somebody else",
    ),
    row(
        4,
        "a worker dies by `kill -9` in the middle of a job",
        "another repeats it; the result is the same to the byte",
    ),
    row(
        5,
        "a worker is asked to stop in the middle of a job",
        "it finishes within the grace or hands back, and ends with 0",
    ),
    row(
        6,
        "a worker hangs",
        "the attempt ends; a thread that never does ends the worker; another finishes the job",
    ),
    row(
        7,
        "the store fails, is slow, stalls, breaks off",
        "bounded retries, then later; no job fails, no half object is trusted",
    ),
    row(
        8,
        "two write the same object at once",
        "one wins, the other verifies and uses it",
    ),
    row(
        9,
        "a damaged video",
        "rejected with the reason; the worker survives what its child does not",
    ),
    row(
        10,
        "a truncated or garbage message",
        "a dead letter at first sight, with its bytes",
    ),
    row(
        11,
        "a message of an unknown schema",
        "a dead letter that can be sent back after an upgrade",
    ),
    row(
        12,
        "a message that kills whoever takes it",
        "one dead letter after as many attempts as allowed; its neighbours end well",
    ),
    row(
        13,
        "a message is delivered twice",
        "the second costs a look; one result",
    ),
    row(
        14,
        "everything fails",
        "delays grow, taking pauses; no message is tried more often than it may be",
    ),
    row(
        15,
        "a language model is busy, failing, late, or too dear",
        "what it asks to wait is waited; money that is spent and a bad key park the stage",
    ),
    row(
        16,
        "a language model talks nonsense, refuses, breaks off",
        "sent back once; never part of a result",
    ),
    row(
        18,
        "the disk is full",
        "tried again later; no half file stays; not ready until there is room",
    ),
    row(
        19,
        "the broker raises an alarm",
        "publishers wait, what is in hand is settled, not ready meanwhile; nothing is lost",
    ),
    row(
        20,
        "a queue or a binding is missing",
        "said loudly, nothing settled; it goes on when mended",
    ),
    row(21, "a clock jumps", "results do not depend on it"),
    row(
        22,
        "an address that leads inside",
        "refused before any connection",
    ),
    row(
        23,
        "a reference inside of a video",
        "nothing is fetched, nothing is opened",
    ),
    row(
        24,
        "a bomb: huge pictures, endless video, many streams",
        "refused or stopped by limits",
    ),
    row(
        25,
        "a path in an id",
        "refused at the edge; keys stay inside of the store",
    ),
    row(
        26,
        "a text in the video gives orders to a language model",
        "at most the model's own words are spoilt; what does not hold of them is dropped",
    ),
    row(
        27,
        "a message larger than messages are",
        "refused before it is sent; a dead letter if it arrives",
    ),
    row(
        28,
        "two workers own one job",
        "one result; the one who comes back settles nothing",
    ),
    row(
        29,
        "the receiver of telemetry is away or hangs",
        "no job notices",
    ),
    row(
        30,
        "a setting that cannot be meant",
        "named before anything is touched",
    ),
    row(31, "a stage panics", "one attempt; the slot comes back"),
    row(
        32,
        "workers are replaced one by one",
        "nothing is lost, no attempt is counted",
    ),
];

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the outcomes of the last full run are kept.
#[must_use]
pub fn outcomes_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("outcomes.txt")
}

/// Where the page is.
#[must_use]
pub fn page_path() -> PathBuf {
    root().join("docs/faults.md")
}

/// A test that shows a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Its name.
    pub test: String,
    /// The file it is in, from the root of the workspace.
    pub file: String,
}

/// The tests of the workspace that show rows, by number.
///
/// # Panics
/// If the sources cannot be read.
#[must_use]
pub fn shown() -> BTreeMap<u32, BTreeSet<Shown>> {
    let root = root();
    let mut found: BTreeMap<u32, BTreeSet<Shown>> = BTreeMap::new();
    let mut pending: Vec<_> = ["shared", "services", "tests"]
        .map(|name| root.join(name))
        .into();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            pending.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(&root).unwrap().display().to_string();
            for (number, test) in rows_in(&fs::read_to_string(&path).unwrap()) {
                let file = file.clone();
                found
                    .entry(number)
                    .or_default()
                    .insert(Shown { test, file });
            }
        }
    }
    found
}

/// Functions of a source whose names begin with a row.
fn rows_in(source: &str) -> Vec<(u32, String)> {
    let named = |line: &str| {
        let line = line.trim_start();
        // A function, or an entry of a table that makes one.
        let entry = || {
            line.strip_prefix("row_")
                .filter(|rest| rest.contains(": |"))
        };
        let rest = match line.split_once("fn row_") {
            Some((_, rest)) => rest,
            None => entry()?,
        };
        let name: String = rest
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect();
        let (number, _) = name.split_once('_')?;
        let row = number.parse().ok().filter(|_| number.len() == 2)?;
        Some((row, format!("row_{name}")))
    };
    source.lines().filter_map(named).collect()
}

/// How tests ended in the last full run, by name.
///
/// # Panics
/// If the file of outcomes cannot be read.
#[must_use]
pub fn outcomes() -> BTreeMap<String, String> {
    let text = fs::read_to_string(outcomes_path()).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(test, outcome)| (test.to_owned(), outcome.to_owned()))
        .collect()
}

/// Reads outcomes from a report in the form of `JUnit`.
#[must_use]
pub fn read_report(report: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for case in report.split("<testcase ").skip(1) {
        let name = case
            .split_once("name=\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        let Some((name, _)) = name else {
            continue;
        };
        let body = case.split("</testcase>").next().unwrap_or(case);
        let failed = body.contains("<failure") || body.contains("<error");
        let test = name.rsplit("::").next().unwrap_or(name);
        let outcome = if failed { "failed" } else { "passed" };
        found.insert(test.to_owned(), outcome.to_owned());
    }
    found
}

/// Writes outcomes down.
///
/// # Errors
/// If the file cannot be written.
pub fn write_outcomes(outcomes: &BTreeMap<String, String>) -> std::io::Result<()> {
    let lines = outcomes.iter().filter(|(test, _)| test.starts_with("row_"));
    let text: String = lines
        .map(|(test, outcome)| format!("{test} {outcome}\n"))
        .collect();
    fs::write(outcomes_path(), text)
}

/// The page.
#[must_use]
pub fn page(shown: &BTreeMap<u32, BTreeSet<Shown>>, outcomes: &BTreeMap<String, String>) -> String {
    let mut page = String::from(
        "# Faults\n\nMade by `make faults` of the table in `tests/faults/src/matrix.rs`, of the names \
         of the tests, and of how they ended in the last full run.\n\n",
    );
    page.push_str(INVARIANT);
    page.push_str("\n\n| # | Fault | Required | Tests | Last full run |\n|--:|---|---|---|---|\n");
    for row in ROWS {
        let tests: Vec<&Shown> = shown.get(&row.number).into_iter().flatten().collect();
        let passed = tests
            .iter()
            .filter(|shown| outcomes.get(&shown.test).is_some_and(|how| how == "passed"))
            .count();
        let failed = tests
            .iter()
            .filter(|shown| outcomes.get(&shown.test).is_some_and(|how| how == "failed"))
            .count();
        let outcome = match (failed, tests.len() - passed - failed) {
            (0, 0) => format!("{passed} passed"),
            (0, missing) => format!("{passed} passed, {missing} not run"),
            (failed, _) => format!("{failed} of {} failed", tests.len()),
        };
        writeln!(
            page,
            "| {} | {} | {} | {} | {outcome} |",
            row.number,
            row.fault,
            row.required,
            tests.len()
        )
        .ok();
    }
    page.push_str("\n## Tests\n");
    for row in ROWS {
        write!(page, "\nRow {}, {}:\n\n", row.number, row.fault).ok();
        for shown in shown.get(&row.number).into_iter().flatten() {
            let outcome = outcomes.get(&shown.test).map_or("not run", String::as_str);
            writeln!(page, "- `{}` in `{}`: {outcome}", shown.test, shown.file).ok();
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_the_names_of_tests() {
        // Put together here, so that this is no row itself.
        let [function, entry] = ["fn row_", "row_"];
        let source = format!(
            "async {function}07_slow() {{\n    {function}25_no(text in \"x\") {{\n{function}ends() {{\n\
             {function}123_x() {{\n{entry}24_bomb: |bench| x\n{entry}09_x(1);\n"
        );
        let found = rows_in(&source);
        let found: Vec<_> = found.iter().map(|(row, name)| (*row, &name[..])).collect();
        let expected = [(7, "row_07_slow"), (25, "row_25_no"), (24, "row_24_bomb")];
        assert_eq!(found, expected);
    }

    #[test]
    fn reports_say_how_tests_ended() {
        let report = r#"<testsuite name="a"><testcase name="x::row_01_a" classname="a" time="1"></testcase>
            <testcase name="row_02_b" classname="a"><failure type="f">no</failure></testcase>
            <testcase name="row_03_c" classname="a"/></testsuite>"#;
        let read = read_report(report);
        let outcome = |test: &str| read[test].as_str();
        assert_eq!(
            ["row_01_a", "row_02_b", "row_03_c"].map(outcome),
            ["passed", "failed", "passed"]
        );
    }
}
