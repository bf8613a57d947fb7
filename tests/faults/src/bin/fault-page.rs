//! Writes down how a full run ended, and the page of faults.

use faults::matrix;
use std::{collections::BTreeMap, fs, process::ExitCode};

fn main() -> anyhow::Result<ExitCode> {
    let mut outcomes = BTreeMap::new();
    for report in std::env::args().skip(1) {
        outcomes.append(&mut matrix::read_report(&fs::read_to_string(report)?));
    }
    if outcomes.is_empty() {
        anyhow::bail!("say which reports to read, as target/nextest/faults/junit.xml");
    }
    matrix::write_outcomes(&outcomes)?;
    fs::write(
        matrix::page_path(),
        matrix::page(&matrix::shown(), &matrix::outcomes()),
    )?;
    let failed = outcomes.values().any(|outcome| outcome == "failed");
    Ok(ExitCode::from(u8::from(failed)))
}
