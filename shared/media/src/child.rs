//! One child from start to end: how it is watched and what its end means.

use crate::{
    collect::Collect,
    command::DecoderCommand,
    error::Error,
    protocol::{
        EXIT_DONE, EXIT_NO_LISTENER, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_USAGE, ProtocolError,
        Request, read_record,
    },
};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{fs::File, os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, BufReader},
    process::{Child, ChildStdout},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How much of the child's log is kept: its end.
const LOG_TAIL_BYTES: usize = 4096;
/// How long a child may take to end after its last record.
const LAST_BREATH: Duration = Duration::from_secs(10);
const READ_BUFFER_BYTES: usize = 256 * 1024;
/// What allocators say before they abort (GLib, Rust), and GLib when it gets no more threads.
const OUT_OF_MEMORY: [&str; 3] = [
    "failed to allocate",
    "memory allocation of",
    "creating thread",
];

/// Runs one child and hands its records to `collector`.
pub(crate) async fn run(
    command: &DecoderCommand,
    request: &Request,
    input: &File,
    collector: &mut impl Collect,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let mut child = command.spawn(request, input)?;
    let (Some(answer), Some(log)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Error::io("read from the decoder")(
            std::io::ErrorKind::BrokenPipe.into(),
        ));
    };
    let pid = child.id();
    let listen = async {
        let read = async {
            let read = read_all(answer, collector, request.limits.silence()).await;
            if matches!(read, Err(Error::Crashed(_))) {
                // It stands still, and would keep its log open for ever.
                kill(pid);
            }
            read
        };
        let (read, log) = tokio::join!(read, tail(log));
        // An answer that ends early or well leaves the reason to the exit status.
        let status = match &read {
            Ok(()) | Err(Error::Protocol(ProtocolError::Truncated)) => {
                timeout(LAST_BREATH, child.wait()).await.ok()
            }
            Err(_) => None,
        };
        (read, log, status)
    };
    let heard = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::Cancelled),
        heard = timeout(request.limits.wall_time(), listen) => heard.map_err(|_| {
            Error::TooExpensive(format!("over {} s", request.limits.wall_time_s))
        }),
    };
    end(&mut child).await;
    let (read, log, status) = heard?;
    if let Some(reason) = collector.refused() {
        return Err(Error::Refused(reason.into()));
    }
    match status {
        Some(status) => judge(
            status.map_err(Error::io("wait for the decoder"))?,
            &log,
            read,
        ),
        None => read.and(Err(Error::Crashed("it does not end".into()))),
    }
}

/// Kills what is left of the child's process group and waits for the child.
async fn end(child: &mut Child) {
    kill(child.id());
    let _ = child.wait().await;
}

fn kill(pid: Option<u32>) {
    if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()) {
        // It may have ended by itself in this moment, which is as good.
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// Takes every record.
///
/// # Errors
/// [`Error::Crashed`] if the child says nothing for too long.
async fn read_all(
    answer: ChildStdout,
    collector: &mut impl Collect,
    silence: Duration,
) -> Result<(), Error> {
    let mut answer = BufReader::with_capacity(READ_BUFFER_BYTES, answer);
    loop {
        let record = timeout(silence, read_record(&mut answer))
            .await
            .map_err(|_| Error::Crashed(format!("it said nothing for {} s", silence.as_secs())))?;
        match record? {
            Some(record) => collector.take(record).await?,
            None => return Ok(()),
        }
    }
}

/// Reads a log to its end and keeps only the last of it.
async fn tail(mut log: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::with_capacity(2 * LOG_TAIL_BYTES);
    let mut chunk = [0; LOG_TAIL_BYTES];
    while let Ok(count @ 1..) = log.read(&mut chunk).await {
        kept.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let excess = kept.len().saturating_sub(LOG_TAIL_BYTES);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

/// What the end of a child means.
fn judge(status: ExitStatus, log: &str, read: Result<(), Error>) -> Result<(), Error> {
    let with_log = |what: String| match log.lines().last() {
        Some(line) => format!("{what}: {line}"),
        None => what,
    };
    if let Some(signal) = status.signal() {
        let name = Signal::try_from(signal).map_or("unknown signal", Signal::as_str);
        let out_of_memory = OUT_OF_MEMORY.iter().any(|text| log.contains(text));
        return Err(match Signal::try_from(signal) {
            Ok(Signal::SIGKILL | Signal::SIGXCPU) => {
                Error::TooExpensive(format!("killed by a limit ({name})"))
            }
            Ok(Signal::SIGTRAP | Signal::SIGABRT) if out_of_memory => {
                Error::TooExpensive(with_log("out of memory".into()))
            }
            _ => Error::Crashed(with_log(name.into())),
        });
    }
    match status.code() {
        Some(EXIT_DONE) => read,
        Some(EXIT_REFUSED) => Err(Error::Refused(with_log("no reason given".into()))),
        Some(EXIT_USAGE) => Err(Error::Unavailable(with_log(
            "it does not understand this program; install both of one version".into(),
        ))),
        Some(EXIT_UNAVAILABLE) => Err(Error::Unavailable(log.into())),
        Some(EXIT_NO_LISTENER) => read.and(Err(ProtocolError::Truncated.into())),
        code => Err(Error::Crashed(with_log(format!(
            "exit code {}",
            code.unwrap_or_default()
        )))),
    }
}
