//! Workers as processes of their own, to be stopped in every way there is.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    ffi::OsStr,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, ChildStdin, Command},
    time::{Instant, sleep, timeout},
};

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Longest wait for an answer about health.
const ANSWER: Duration = Duration::from_secs(5);
/// Most of a log that is shown of a worker in a test that failed, in bytes.
const SHOWN_BYTES: usize = 8 << 10;

/// A worker as a child of the test. Dropped, it is killed; its standard input ends with the test,
/// however that ends.
#[derive(Debug)]
pub struct WorkerProcess {
    child: Child,
    /// Held apart: waiting for the child would close it.
    _input: ChildStdin,
    id: u32,
    health: SocketAddr,
    stderr: PathBuf,
}

impl WorkerProcess {
    /// Starts `command`, whose health is served at `health`; what it says goes to `stderr`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn spawn<I, S>(
        command: &Path,
        arguments: I,
        environment: &[(&str, String)],
        health: SocketAddr,
        stderr: &Path,
    ) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let file = fs::File::options().create(true).append(true).open(stderr);
        let mut child = Command::new(command)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(file.unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            id: child.id().unwrap(),
            _input: child.stdin.take().unwrap(),
            child,
            health,
            stderr: stderr.into(),
        }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether it takes work; else why not.
    ///
    /// # Errors
    /// What it says, or that it says nothing.
    pub async fn ready(&self) -> Result<(), String> {
        let asked = timeout(ANSWER, ask(self.health, "/readyz")).await;
        match asked {
            Ok(Ok((200, _))) => Ok(()),
            Ok(Ok((_, why))) => Err(why),
            Ok(Err(error)) => Err(format!("no answer: {error}")),
            Err(_) => Err("no answer".into()),
        }
    }

    /// Waits until it takes work.
    ///
    /// # Panics
    /// If it ends before, or does not within `patience`.
    pub async fn until_ready(&mut self, patience: Duration) {
        drop(self.until(patience, |ready| ready.is_ok()).await);
    }

    /// Waits until it takes no work, and says why.
    ///
    /// # Panics
    /// As [`WorkerProcess::until_ready`].
    pub async fn until_unready(&mut self, patience: Duration) -> String {
        let said = self.until(patience, |ready| ready.is_err()).await;
        said.err().unwrap_or_default()
    }

    async fn until(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&Result<(), String>) -> bool,
    ) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        loop {
            let ready = self.ready().await;
            if wanted(&ready) {
                return ready;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}: {}", self.stderr());
            assert!(Instant::now() < deadline, "readiness stays {ready:?}");
            sleep(LOOK).await;
        }
    }

    /// Asks it to stop, as an orchestrator does.
    pub fn term(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends it at once.
    pub fn kill9(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// Lets it stand still.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        signal_to(self.id, signal);
    }

    /// Asks the first process inside of name spaces it was started in to stop.
    ///
    /// # Panics
    /// If there is none.
    pub fn term_inside(&self) {
        let path = format!("/proc/{0}/task/{0}/children", self.id);
        let children = fs::read_to_string(path).unwrap();
        let first = children.split_whitespace().next();
        signal_to(first.unwrap().parse().unwrap(), Signal::SIGTERM);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end within `patience`.
    pub async fn wait(&mut self, patience: Duration) -> ExitStatus {
        let waited = timeout(patience, self.child.wait()).await;
        waited
            .unwrap_or_else(|_| panic!("it does not end: {}", self.stderr()))
            .unwrap()
    }

    /// Waits for its end as long as it takes.
    pub async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    /// Everything it said so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        let said = fs::read(&self.stderr).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.stderr();
            let from = said.len().saturating_sub(SHOWN_BYTES);
            let from = (from..=said.len()).find(|at| said.is_char_boundary(*at));
            eprintln!(
                "--- {}\n{}",
                self.stderr.display(),
                &said[from.unwrap_or(0)..]
            );
        }
    }
}

fn signal_to(process: u32, signal: Signal) {
    if let Ok(process) = i32::try_from(process) {
        kill(Pid::from_raw(process), signal).ok();
    }
}

async fn ask(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status.unwrap_or_default(), body.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::free_address;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn sleeping(folder: &Path) -> WorkerProcess {
        let arguments = ["-c", "echo started >&2; exec cat"];
        let stderr = folder.join("said");
        WorkerProcess::spawn(Path::new("sh"), arguments, &[], free_address(), &stderr)
    }

    #[tokio::test]
    async fn a_process_is_killed_and_says_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = sleeping(folder.path());
        while process.stderr().is_empty() {
            sleep(LOOK).await;
        }
        assert!(process.ready().await.is_err(), "nothing answers there");
        process.kill9();
        let ended = process.wait(PATIENCE).await;
        assert!(!ended.success());
        assert_eq!(process.stderr(), "started\n");
    }

    #[tokio::test]
    async fn a_process_ends_with_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let process = sleeping(folder.path());
        let place = PathBuf::from(format!("/proc/{}", process.id()));
        assert!(place.exists());
        drop(process);
        let deadline = Instant::now() + PATIENCE;
        // Whoever is dead and not yet waited for has no command line any more.
        while fs::read(place.join("cmdline")).is_ok_and(|line| !line.is_empty()) {
            assert!(Instant::now() < deadline);
            sleep(LOOK).await;
        }
    }
}
