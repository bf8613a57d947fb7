//! Writes down how a full run ended, and the page of faults.

use faults::matrix;
use std::{fs, process::ExitCode};

fn main() -> anyhow::Result<ExitCode> {
    let Some(report) = std::env::args().nth(1) else {
        anyhow::bail!("say which report to read, as target/nextest/faults/junit.xml");
    };
    let outcomes = matrix::read_report(&fs::read_to_string(report)?);
    matrix::write_outcomes(&outcomes)?;
    fs::write(
        matrix::page_path(),
        matrix::page(&matrix::shown(), &matrix::outcomes()),
    )?;
    let failed = outcomes.values().any(|outcome| outcome == "failed");
    Ok(ExitCode::from(u8::from(failed)))
}
