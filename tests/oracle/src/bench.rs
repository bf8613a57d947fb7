//! How long it takes from stored results to the bytes of all files, beside the original.

use crate::{record, replay};
use anyhow::{Context, Result};
use std::{
    fmt::Write as _,
    fs,
    hint::black_box,
    time::{Duration, Instant},
};
use timeline::{
    Limits,
    compute::{self, Input, block::Analysis, build::Results, events::Events},
};

/// Number of entries of one type.
type Entries = (&'static str, usize);

/// Times each case is run; the median counts.
const RUNS: usize = 21;

/// A table of all recorded cases.
///
/// # Errors
/// If nothing was recorded or a case cannot be analysed.
pub fn table() -> Result<String> {
    let folder = testkit::oracle_dir().context("set ORACLE_DIR to the recorded data")?;
    let recorded = record::load(&folder.join("timings.json")).unwrap_or_default();
    let mut text = format!(
        "# Timeline\n\n\
         The recorded inputs of the original Python system. `in memory`: from the results of all\n\
         stages to timeline, markers, seven analyses and creative measures, as documents in memory;\n\
         what the original needed for that on its own machine (it has no creative measures) stands\n\
         beside it, with its two parts. `with files`: the same from stored bytes to the bytes of all\n\
         files, three for each analysis, and the unified analysis.\n\n\
         Median of {RUNS} runs, one thread, {}. Written by\n\
         `cargo run --release -p oracle -- bench docs/bench/timeline.md`.\n\n\
         | input | video, s | in memory, \u{b5}s | original, ms | timeline, ms | analyses, ms | times faster | with files, \u{b5}s |\n\
         |---|---|---|---|---|---|---|---|\n",
        machine()
    );
    for case in record::cases_in(&folder)?
        .iter()
        .filter(|case| !case.is_made())
    {
        let input = replay::replay(&case.input).input;
        let limits = Limits::default();
        let results = compute::build::Results::read(&input, &limits);
        let ours = median(|| documents(&input, &results))?;
        let files = median(|| Ok(compute::analyse(&input, &limits)?))?;
        let original = &recorded[&case.name];
        let number = |name: &str| original[name].as_f64();
        let shown = |name: &str| number(name).map_or("-".into(), |value| format!("{value:.2}"));
        let micros = ours.as_secs_f64() * 1e6;
        let ratio = number("end_to_end").map(|value| value * 1e3 / micros);
        let _ = writeln!(
            text,
            "| {} | {:.1} | {micros:.0} | {} | {} | {} | {} | {:.0} |",
            case.name,
            replay::duration(&case.input),
            shown("end_to_end"),
            shown("build_timeline+markers"),
            shown("sum_7_compute"),
            ratio.map_or("-".into(), |ratio| format!("{ratio:.1}")),
            files.as_secs_f64() * 1e6,
        );
    }
    Ok(text)
}

/// Timeline, markers, analyses and measures in memory, from results that were read.
fn documents(input: &Input, results: &Results) -> Result<(Events, Vec<Entries>, Vec<Analysis>)> {
    let events = compute::build::events(input, results);
    let entries = compute::entries::entries(&events, results);
    let kinds = compute::entries::entry_types(&entries)
        .into_iter()
        .collect();
    let analyses = compute::all()
        .map(|one| Ok((one.analyse)(&events)?))
        .collect::<Result<_>>()?;
    Ok((events, kinds, analyses))
}

#[expect(clippy::disallowed_methods, reason = "times are what is measured")]
fn median<T>(run: impl Fn() -> Result<T>) -> Result<Duration> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        black_box(run()?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times.get(RUNS / 2).copied().context("nothing was run")
}

/// Processor and number of cores.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model
        .and_then(|line| line.split_once(':'))
        .map(|(_, name)| name.trim());
    let build = if cfg!(debug_assertions) {
        ", not optimised"
    } else {
        ""
    };
    format!(
        "{} with {cores} cores{build}",
        model.unwrap_or("an unknown processor")
    )
}
