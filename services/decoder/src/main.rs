//! `rumiai-decoder`: decodes one file from standard input for the parent that started it.

use decoder::{answer::Answer, confine, work};
use media::protocol::{
    EXIT_NO_LISTENER, EXIT_REFUSED, EXIT_USAGE, PROTOCOL_VERSION, REGISTRY_VARIABLE, Record,
    Request,
};
use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    let (code, reason) = match run() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(ended) => ended,
    };
    // A log nobody reads is no reason to fail otherwise.
    let _ = writeln!(std::io::stderr(), "{reason}");
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Does what was asked; otherwise an exit code and the reason.
fn run() -> Result<(), (i32, String)> {
    confine::close_other_files();
    let request = request().map_err(|reason| (EXIT_USAGE, reason))?;
    let answer = Answer::on_stdout().map_err(|error| (EXIT_NO_LISTENER, error.to_string()))?;
    work::answer(&request, &answer).map_err(|failure| {
        let (code, reason) = (failure.exit_code(), failure.to_string());
        if code == EXIT_REFUSED {
            // If this cannot be sent either, the exit code and the log still say it.
            let _ = answer.send_now(&Record::Refused(reason.clone()));
        }
        (code, reason)
    })
}

/// The request in the only argument.
#[expect(
    clippy::disallowed_methods,
    reason = "the variable is part of the protocol, not a setting"
)]
fn request() -> Result<Request, String> {
    let (variable, value) = REGISTRY_VARIABLE;
    if std::env::var_os(variable).is_none_or(|found| found != value) {
        return Err(format!(
            "this program is started by rumiai, with {variable}={value} in its environment"
        ));
    }
    let mut arguments = std::env::args().skip(1);
    let (Some(text), None) = (arguments.next(), arguments.next()) else {
        return Err("expected one argument: the request as JSON".into());
    };
    let request: Request =
        serde_json::from_str(&text).map_err(|error| format!("the request is unusable: {error}"))?;
    if request.protocol != PROTOCOL_VERSION {
        return Err(format!(
            "protocol {} was asked for, this program speaks {PROTOCOL_VERSION}",
            request.protocol
        ));
    }
    request
        .limits
        .validate()
        .and_then(|()| request.parameters.validate())
        .map_err(|error| error.to_string())?;
    Ok(request)
}
