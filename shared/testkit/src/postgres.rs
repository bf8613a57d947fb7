//! A real PostgreSQL for one test.

use crate::{
    free_address,
    in_root::{InRoot, root_with},
};
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

const PROGRAMS: &str = "usr/lib/postgresql/17/bin";
/// The one user, who may everything.
const USER: &str = "rumiai";
/// The user's password.
const PASSWORD: &str = "tests";

/// Begins as root, because only root sees the data in the root, and goes on as the user that the
/// server insists on. What is lost with the machine may be lost: the data is a test's.
const START: &str = r#"
set -e
export PATH=/usr/lib/postgresql/17/bin:$PATH
chmod 711 /mnt
if [ ! -e /mnt/data/PG_VERSION ]; then
    echo PASSWORD >/mnt/password
    mkdir -p /mnt/data
    chown -R postgres:postgres /mnt/data /mnt/password
    setpriv --reuid postgres --regid postgres --clear-groups initdb --pgdata /mnt/data \
        --username USER --pwfile /mnt/password --auth scram-sha-256 --encoding UTF8 \
        --locale C.UTF-8 --no-sync --no-instructions
fi
rm -f /mnt/data/postmaster.pid
exec setpriv --reuid postgres --regid postgres --clear-groups postgres -D /mnt/data \
    -c listen_addresses=127.0.0.1 -c port=PORT -c unix_socket_directories= \
    -c dynamic_shared_memory_type=mmap -c shared_buffers=32MB -c max_connections=50 \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off
"#;

/// A PostgreSQL of a test's own on 127.0.0.1, to be killed and started again. Ends when dropped, or
/// when the process of the test does.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: InRoot,
    root: PathBuf,
    data: tempfile::TempDir,
    address: SocketAddr,
    databases: AtomicUsize,
}

impl PrivatePostgres {
    /// Starts one; `None`, with a notice, where the servers are not there.
    pub async fn start() -> Option<Self> {
        let root = root_with(&format!("{PROGRAMS}/postgres"))?;
        let (data, address) = (tempfile::tempdir().unwrap(), free_address());
        let server = InRoot::start(&root, data.path(), &start(address));
        let started = Self {
            server,
            root,
            data,
            address,
            databases: AtomicUsize::new(0),
        };
        started.server.until(|| started.answers()).await;
        Some(started)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How to reach the database that is there from the beginning, password included.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@{}/{database}", self.address)
    }

    /// Makes an empty database, and says how to reach it.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.sql(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.url_of(&name)
    }

    /// Runs SQL in the database that is there from the beginning; its rows as plain text.
    ///
    /// # Errors
    /// What the server or its client said.
    pub async fn sql(&self, text: &str) -> Result<String, String> {
        let mut client = Command::new("chroot");
        client.arg(&self.root).arg(format!("/{PROGRAMS}/psql"));
        client.arg(self.url()).args(["-X", "-q", "-A", "-t"]);
        client.args(["-v", "ON_ERROR_STOP=1", "-c", text]);
        let running = tokio::task::spawn_blocking(move || client.output());
        let ended = running.await.unwrap().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if ended.status.success() {
            Ok(text(&ended.stdout))
        } else {
            Err(text(&ended.stderr))
        }
    }

    /// Kills it as `kill -9` does, and returns when it is gone.
    pub fn kill9(&mut self) {
        self.server.kill9();
    }

    /// Starts it again, with what it had stored, and returns when it answers.
    pub async fn restart(&mut self) {
        self.kill9();
        self.server = InRoot::start(&self.root, self.data.path(), &start(self.address));
        self.server.until(|| self.answers()).await;
    }

    async fn answers(&self) -> bool {
        let listens = tokio::net::TcpStream::connect(self.address).await.is_ok();
        listens && self.sql("SELECT 1").await.is_ok_and(|said| said == "1")
    }
}

fn start(address: SocketAddr) -> String {
    START
        .replace("USER", USER)
        .replace("PASSWORD", PASSWORD)
        .replace("PORT", &address.port().to_string())
}
