#![doc = include_str!("../README.md")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "speaking to people is its purpose"
)]

mod analyze;
mod cli;
mod commands;
mod connection;
mod exit;
mod language_models;
mod progress;
mod settings;
mod shutdown;
mod source;
mod stages;

use clap::Parser;
use cli::{Cli, Command};
use exit::Exit;
use std::{io::IsTerminal, process::ExitCode, sync::Arc, time::Duration};
use telemetry::{LogFormat, Telemetry};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = match settings::load(cli.config.as_deref()) {
        Ok(settings) => match start_telemetry(&cli, &settings) {
            Ok(telemetry) => watched(cli, settings, &Arc::new(telemetry)),
            Err(error) => unusable(&error),
        },
        Err(error) => unusable(&error),
    };
    exit.into()
}

fn unusable(error: &dyn std::error::Error) -> Exit {
    eprintln!("error: {error}");
    Exit::Settings
}

/// Runs the command, then sends what telemetry has left.
fn watched(cli: Cli, settings: settings::Settings, telemetry: &Arc<Telemetry>) -> Exit {
    let limit = Duration::from_secs(settings.telemetry.flush_timeout_s);
    let exit = run(cli, settings, telemetry);
    if let Err(error) = telemetry.shutdown(limit) {
        tracing::warn!(%error, "telemetry did not end well");
    }
    exit
}

fn run(cli: Cli, settings: settings::Settings, telemetry: &Arc<Telemetry>) -> Exit {
    let outcome = match cli.command {
        Command::Analyze(arguments) => return analyze::run(&arguments, &settings),
        Command::Results(arguments) => return analyze::results(&arguments, &settings),
        Command::Cancel(arguments) => commands::jobs::cancel(&arguments, &settings),
        Command::Classify(arguments) => commands::classify::run(&arguments, &settings, telemetry),
        Command::Compare(arguments) => commands::compare::run(&arguments),
        Command::DeadLetters(arguments) => commands::dead_letters::run(&arguments, &settings),
        Command::Doctor(arguments) => commands::doctor::run(&arguments, &settings),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Retry(arguments) => commands::jobs::retry(&arguments, &settings),
        Command::Schemas(arguments) => commands::schemas::run(&arguments),
        Command::Stage(arguments) => commands::stage::run(&arguments, &settings),
        Command::Status(arguments) => commands::jobs::status(&arguments, &settings),
        Command::Submit(arguments) => commands::submit::run(&arguments, &settings),
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Models(arguments) => commands::models::run(&arguments, &settings),
        Command::Worker(arguments) => commands::worker::run(&arguments, &settings, telemetry),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Exit::of(&error)
    })
}

/// Logs go to standard error, so that standard output stays for results.
fn start_telemetry(
    cli: &Cli,
    settings: &settings::Settings,
) -> Result<Telemetry, telemetry::Error> {
    let wanted = cli
        .log_level
        .as_deref()
        .unwrap_or(&settings.log.level)
        .to_lowercase();
    let mut config = settings.telemetry.config(cli.command.role());
    // ONNX Runtime reports every allocation as information; who wants that names it: `ort=info`.
    // The AMQP client reports the end of every connection as an error, also one that was asked for;
    // what matters of it is said by ours.
    config.log_filter = format!("ort=warn,lapin=off,{wanted}");
    config.log_format = if settings.log.json {
        LogFormat::Json
    } else {
        LogFormat::Text {
            ansi: std::io::stderr().is_terminal(),
        }
    };
    telemetry::init(&config)
}
