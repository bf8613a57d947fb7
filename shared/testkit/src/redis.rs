//! A real Redis for one test.

use crate::{
    free_address,
    in_root::{InRoot, root_with},
};
use std::{net::SocketAddr, path::PathBuf};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PROGRAM: &str = "usr/bin/redis-server";
/// The password of every one.
const PASSWORD: &str = "tests";

/// A Redis of a test's own on 127.0.0.1, to be killed and started again. Ends when dropped, or when
/// the process of the test does.
#[derive(Debug)]
pub struct PrivateRedis {
    server: InRoot,
    root: PathBuf,
    data: tempfile::TempDir,
    address: SocketAddr,
    options: String,
}

impl PrivateRedis {
    /// Starts one that keeps everything; `None`, with a notice, where the servers are not there.
    pub async fn start() -> Option<Self> {
        Self::start_with("").await
    }

    /// The same with options of the command line, as `--maxmemory 4mb`.
    pub async fn start_with(options: &str) -> Option<Self> {
        let mut prepared = Self::prepare(options)?;
        prepared.restart().await;
        Some(prepared)
    }

    /// One that does not run yet, whose address is known; [`PrivateRedis::restart`] starts it.
    pub fn prepare(options: &str) -> Option<Self> {
        let root = root_with(PROGRAM)?;
        let data = tempfile::tempdir().unwrap();
        Some(Self {
            // Nothing that runs, until it is started.
            server: InRoot::start(&root, data.path(), "true"),
            root,
            data,
            address: free_address(),
            options: options.into(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How to reach it, password included.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_by(self.address)
    }

    /// How to reach it by way of another address, as that of a proxy.
    #[must_use]
    pub fn url_by(&self, address: SocketAddr) -> String {
        format!("redis://:{PASSWORD}@{address}")
    }

    /// Kills it as `kill -9` does, and returns when it is gone.
    pub fn kill9(&mut self) {
        self.server.kill9();
    }

    /// Starts it again, with what it had stored, and returns when it answers.
    pub async fn restart(&mut self) {
        self.server.kill9();
        let port = self.address.port();
        let command = format!(
            "exec /{PROGRAM} --bind 127.0.0.1 --port {port} --requirepass {PASSWORD} --dir /mnt \
             --save '' --appendonly yes --appendfsync always --daemonize no {}",
            self.options
        );
        self.server = InRoot::start(&self.root, self.data.path(), &command);
        self.server.until(|| self.answers()).await;
    }

    /// Forgets what it had stored; only while it does not run.
    pub fn wipe(&self) {
        std::fs::remove_dir_all(self.data.path().join("appendonlydir")).ok();
    }

    async fn answers(&self) -> bool {
        self.ask(&["PING"])
            .await
            .is_ok_and(|said| said.starts_with("+PONG"))
    }

    /// Sends one command, and gives the answer as it came.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn ask(&self, words: &[&str]) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        for command in [&["AUTH", PASSWORD][..], words, &["QUIT"]] {
            let mut line = format!("*{}\r\n", command.len());
            for word in command {
                line += &format!("${}\r\n{word}\r\n", word.len());
            }
            stream.write_all(line.as_bytes()).await?;
        }
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await?;
        let said = String::from_utf8_lossy(&said).into_owned();
        let answer = said.strip_prefix("+OK\r\n").unwrap_or(&said);
        Ok(answer.strip_suffix("+OK\r\n").unwrap_or(answer).into())
    }
}
