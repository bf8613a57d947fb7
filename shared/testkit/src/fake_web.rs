//! Names and an `https` server that answers what a test says.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::{
    collections::{HashMap, VecDeque},
    io,
    net::IpAddr,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// Largest request read, in bytes.
const MAX_REQUEST_BYTES: usize = 1 << 20;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A certificate for some names, which nobody trusts who is not told to.
#[derive(Clone)]
pub struct Certificate {
    file: Arc<NamedTempFile>,
    server: Arc<ServerConfig>,
}

impl Certificate {
    /// A fresh certificate for these host names.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self {
            file: Arc::new(file),
            server: Arc::new(server),
        }
    }

    /// Where it lies as PEM, as long as this value lives.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`…
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// What followed.
    pub body: Vec<u8>,
}

impl Request {
    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
    /// A header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    Repeat(Vec<u8>, Duration),
    Hang,
}

/// What is sent back, in steps; then the connection is closed.
#[derive(Debug, Clone, Default)]
pub struct Reply(Vec<Step>);

impl Reply {
    /// A whole answer with its length.
    #[must_use]
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let length = body.as_ref().len().to_string();
        let headers = [headers, &[("content-length", length.as_str())]].concat();
        Self::head(status, &headers).send(body)
    }
    /// Status and headers, and nothing yet after them.
    #[must_use]
    pub fn head(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut text = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        Self::default().send(text + "\r\n")
    }
    /// A redirect.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::new(302, &[("location", location)], "")
    }
    /// Then bytes, as they are.
    #[must_use]
    pub fn send(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.push(Step::Send(bytes.as_ref().to_vec()));
        self
    }
    /// Then nothing for a while.
    #[must_use]
    pub fn wait(mut self, time: Duration) -> Self {
        self.0.push(Step::Wait(time));
        self
    }
    /// Then the same bytes again and again until the other side goes away.
    #[must_use]
    pub fn repeat(mut self, bytes: impl AsRef<[u8]>, every: Duration) -> Self {
        self.0.push(Step::Repeat(bytes.as_ref().to_vec(), every));
        self
    }
    /// Then nothing for ever.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.0.push(Step::Hang);
        self
    }

    async fn play(self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
        for step in self.0 {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await?,
                Step::Wait(time) => {
                    stream.flush().await?;
                    tokio::time::sleep(time).await;
                }
                Step::Repeat(bytes, every) => loop {
                    stream.write_all(&bytes).await?;
                    stream.flush().await?;
                    tokio::time::sleep(every).await;
                },
                Step::Hang => {
                    stream.flush().await?;
                    std::future::pending::<()>().await;
                }
            }
        }
        stream.shutdown().await
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<Request>>,
    lookups: Mutex<Vec<String>>,
}

/// An `https` server on loopback, and the names that lead to it or elsewhere.
pub struct FakeWeb {
    port: u16,
    seen: Arc<Seen>,
    names: Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>,
    // Dropping them ends them.
    _tasks: JoinSet<()>,
}

impl FakeWeb {
    /// A server that answers every request by what `answer` says.
    pub async fn start(
        certificate: &Certificate,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Seen>::default();
        let acceptor = TlsAcceptor::from(certificate.server.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, acceptor, Arc::new(answer), seen.clone()));
        Self {
            port,
            seen,
            names: Mutex::default(),
            _tasks: tasks,
        }
    }

    /// Where it listens on `127.0.0.1`.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
    /// A URL that leads to it if the host does.
    #[must_use]
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.port)
    }
    /// How many connections were made, whether or not anything was asked.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
    /// Every request, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.seen.requests).clone()
    }
    /// How often a path was asked for.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        let requests = lock(&self.seen.requests);
        requests
            .iter()
            .filter(|request| request.path() == path)
            .count()
    }

    /// Gives a name addresses: the first list at the first question, and so on; the last stays.
    pub fn name(&self, host: &str, answers: &[&[&str]]) {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        lock(&self.names).insert(host.to_owned(), answers);
    }
    /// The addresses of a name.
    ///
    /// # Errors
    /// If it has none.
    pub fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        lock(&self.seen.lookups).push(host.to_owned());
        let mut names = lock(&self.names);
        let answers = names.get_mut(host);
        let answers = answers.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        match answers.len() {
            0 => Ok(Vec::new()),
            1 => Ok(answers[0].clone()),
            _ => Ok(answers.pop_front().unwrap_or_default()),
        }
    }
    /// Every name that was asked for, in order.
    #[must_use]
    pub fn lookups(&self) -> Vec<String> {
        lock(&self.seen.lookups).clone()
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    answer: Arc<Handler>,
    seen: Arc<Seen>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let (acceptor, answer, seen) = (acceptor.clone(), answer.clone(), seen.clone());
        connections.spawn(async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            let Some(request) = read(&mut stream).await else {
                return;
            };
            let reply = answer(&request);
            lock(&seen.requests).push(request);
            // The other side may go away whenever it likes.
            let _ = reply.play(&mut stream).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// A request with a `content-length`, or without a body.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            break end;
        }
        if bytes.len() > MAX_REQUEST_BYTES || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = Request {
        method,
        target,
        headers,
        body: bytes.split_off(head + 4),
    };
    let length = request.header("content-length").unwrap_or("0");
    let length: usize = length.parse().ok()?;
    while request.body.len() < length.min(MAX_REQUEST_BYTES) {
        if stream.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}
