#![doc = include_str!("../README.md")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "speaking to people is its purpose"
)]

mod analyze;
mod cli;
mod commands;
mod exit;
mod progress;
mod settings;
mod shutdown;
mod stages;

use clap::Parser;
use cli::{Cli, Command};
use exit::Exit;
use std::{io::IsTerminal, process::ExitCode};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = match settings::load(cli.config.as_deref()) {
        Ok(settings) => {
            start_logging(&cli, &settings);
            run(cli, settings)
        }
        Err(error) => {
            eprintln!("error: {error}");
            Exit::Settings
        }
    };
    exit.into()
}

fn run(cli: Cli, settings: settings::Settings) -> Exit {
    let outcome = match cli.command {
        Command::Analyze(arguments) => return analyze::run(&arguments, &settings),
        Command::Compare(arguments) => commands::compare::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments, &settings),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Schemas(arguments) => commands::schemas::run(&arguments),
        Command::Stage(arguments) => commands::stage::run(&arguments, &settings),
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Models(arguments) => commands::models::run(&arguments, &settings),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Exit::of(&error)
    })
}

/// Logs go to standard error, so that standard output stays for results.
fn start_logging(cli: &Cli, settings: &settings::Settings) {
    use tracing_subscriber::{EnvFilter, fmt};
    let wanted = cli
        .log_level
        .as_deref()
        .unwrap_or(&settings.log.level)
        .to_lowercase();
    // ONNX Runtime reports every allocation as information; who wants that names it: `ort=info`.
    let filter =
        EnvFilter::try_new(format!("ort=warn,{wanted}")).unwrap_or_else(|_| EnvFilter::new("warn"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if settings.log.json {
        builder.json().init();
    } else {
        builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .init();
    }
}
