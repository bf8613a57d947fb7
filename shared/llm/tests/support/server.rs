//! A server on loopback that says what it is told to say, byte for byte.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What is said to one request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A status, headers and a body.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The head of a stream of a kind, its body in pieces, and its proper end or a broken one.
    Stream(&'static str, Vec<Vec<u8>>, bool),
    /// The head of a stream, a piece, and then nothing.
    Stall(&'static str, Vec<u8>),
    /// Nothing at all.
    Silence,
    /// The connection is closed.
    Close,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub head: String,
    pub body: serde_json::Value,
}

impl Seen {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    _serving: JoinSet<()>,
}

impl Server {
    pub async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
        let mut serving = JoinSet::new();
        let kept = seen.clone();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, answers.clone(), kept.clone()));
            }
        });
        Self {
            address,
            seen,
            _serving: serving,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    seen.lock().unwrap().push(request);
    let answer = answers.lock().unwrap().pop_front().unwrap_or(Answer::Close);
    // Whoever asks may go away at any time.
    let _ = say(&mut stream, answer).await;
}

async fn say(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    match answer {
        Answer::Whole(status, headers, body) => {
            let headers: String = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\r\n"))
                .collect();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body).await?;
        }
        Answer::Stream(kind, pieces, ends) => {
            begin(stream, kind).await?;
            for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
                chunk(stream, piece).await?;
            }
            if ends {
                stream.write_all(b"0\r\n\r\n").await?;
            }
        }
        Answer::Stall(kind, piece) => {
            begin(stream, kind).await?;
            chunk(stream, &piece).await?;
            gone(stream).await;
        }
        Answer::Silence => gone(stream).await,
        Answer::Close => {}
    }
    stream.shutdown().await
}

/// Waits until the other side has closed the connection.
async fn gone(stream: &mut TcpStream) {
    let mut buffer = [0; 64];
    let closed = async { while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {} };
    let _ = tokio::time::timeout(Duration::from_secs(60), closed).await;
}

async fn begin(stream: &mut TcpStream, kind: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\nrequest-id: req_s\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await
}

async fn chunk(stream: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    stream
        .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
        .await?;
    stream.write_all(piece).await?;
    stream.write_all(b"\r\n").await?;
    stream.flush().await
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.ok()?;
        bytes.extend_from_slice(&buffer[..read]);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(end) = end else {
            if read == 0 {
                return None;
            }
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut seen = Seen {
            head,
            body: serde_json::Value::Null,
        };
        let length: usize = seen
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        if bytes.len() >= end + 4 + length {
            seen.body = serde_json::from_slice(&bytes[end + 4..]).unwrap_or_default();
            return Some(seen);
        }
    }
}
