//! HTTP/1.1 byte by byte, so that it can be spoken wrongly.

use serde_json::Value;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    time::sleep,
};

/// Longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 1 << 18;
/// Longest body that is kept, in bytes; what is beyond is read and forgotten.
const MAX_KEPT_BYTES: u64 = 256_000_000;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// How long the body was, kept or not.
    pub(super) body_bytes: u64,
}

impl Request {
    /// A header by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
    fn closes(&self) -> bool {
        self.header("connection")
            .is_some_and(|text| text.eq_ignore_ascii_case("close"))
    }
}

/// One thing done while answering.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Bytes of the body, sent at once and alone.
    Send(Vec<u8>),
    Wait(Duration),
    /// The same bytes again and again until the other side goes away.
    Repeat(Vec<u8>, Duration),
    Hang,
    /// The connection ends at once, with a reset.
    Reset,
    /// The connection ends in the middle of the body, without a reset.
    Cut,
}

/// What follows the head.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Whole(Vec<u8>),
    /// Sent in chunks.
    Steps(Vec<Step>),
    /// Sent as if it had the length of all that is sent, step by step.
    Slowly(Vec<Step>),
}

/// Something done at a moment of an answer.
pub(super) type Hook = Box<dyn FnOnce() + Send>;

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// What is done before anything is sent.
    pub(super) before: Vec<Step>,
    pub(super) body: Body,
    /// What happens when the answer begins.
    pub(super) begun: Option<Hook>,
    /// What happens just before whoever asked has all of it.
    pub(super) ending: Option<Hook>,
    /// What is held until the answer has ended.
    pub(super) held: Option<Box<dyn Send>>,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            before: Vec::new(),
            body: Body::Whole(body.into()),
            begun: None,
            ending: None,
            held: None,
        }
        .with("content-type", content_type)
    }
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }
    pub(super) fn steps(content_type: &str, steps: Vec<Step>) -> Self {
        let mut reply = Self::new(200, content_type, "");
        reply.body = Body::Steps(steps);
        reply
    }
    /// No answer at all.
    pub(super) fn none(step: Step) -> Self {
        let mut reply = Self::new(0, "", "");
        reply.before = vec![step];
        reply
    }
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }
    pub(super) fn without_body(mut self) -> Self {
        self.body = Body::Whole(Vec::new());
        self
    }
    fn head(&self, closes: bool) -> String {
        let mut head = format!("HTTP/1.1 {} Status\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match &self.body {
            Body::Whole(bytes) => head.push_str(&format!("content-length: {}\r\n", bytes.len())),
            Body::Slowly(steps) => {
                let length: usize = steps.iter().map(sent).sum();
                head.push_str(&format!("content-length: {length}\r\n"));
            }
            Body::Steps(_) => head.push_str("transfer-encoding: chunked\r\n"),
        }
        head + if closes {
            "connection: close\r\n\r\n"
        } else {
            "\r\n"
        }
    }
}

fn sent(step: &Step) -> usize {
    match step {
        Step::Send(bytes) => bytes.len(),
        _ => 0,
    }
}

/// How playing an answer ended, when nobody went away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Played {
    Whole,
    Cut,
    Reset,
}

/// A connection and what was read of it too early.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// The next request; `None` where there is none.
    pub(super) async fn request(&mut self) -> Option<Request> {
        let head = loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                break self.buffer.drain(..end + 4).collect::<Vec<u8>>();
            }
            if self.buffer.len() > MAX_HEAD_BYTES {
                return None;
            }
            self.more().await?;
        };
        let mut request = parse(&String::from_utf8_lossy(&head))?;
        if request.header("expect").is_some() {
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
            self.stream.write_all(go_on).await.ok()?;
        }
        if request.header("transfer-encoding").is_some() {
            self.chunked(&mut request).await?;
        } else {
            let length = request.header("content-length").unwrap_or("0").parse();
            self.take(length.ok()?, &mut request).await?;
        }
        Some(request)
    }

    async fn more(&mut self) -> Option<()> {
        let read = self.stream.read_buf(&mut self.buffer).await.ok()?;
        (read > 0).then_some(())
    }
    /// Reads `length` bytes of the body.
    async fn take(&mut self, length: u64, request: &mut Request) -> Option<()> {
        let mut left = length;
        while left > 0 {
            if self.buffer.is_empty() {
                self.more().await?;
            }
            let count = self
                .buffer
                .len()
                .min(usize::try_from(left).unwrap_or(usize::MAX));
            request.body_bytes += count as u64;
            if request.body_bytes <= MAX_KEPT_BYTES {
                request.body.extend_from_slice(&self.buffer[..count]);
            }
            self.buffer.drain(..count);
            left -= count as u64;
        }
        Some(())
    }
    async fn chunked(&mut self, request: &mut Request) -> Option<()> {
        loop {
            let line = self.line().await?;
            let size = line.split(';').next().unwrap_or_default();
            let size = u64::from_str_radix(size.trim(), 16).ok()?;
            self.take(size, request).await?;
            self.line().await?;
            if size == 0 {
                return Some(());
            }
        }
    }
    async fn line(&mut self) -> Option<String> {
        loop {
            let end = self.buffer.windows(2).position(|two| two == b"\r\n");
            if let Some(end) = end {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line).trim().to_owned());
            }
            self.more().await?;
        }
    }

    /// Does something while watching the other side; `None` if that went away.
    pub(super) async fn unless_gone<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let (mut reader, _) = self.stream.split();
        tokio::select! {
            done = work => Some(done),
            () = gone(&mut reader, &mut self.buffer) => None,
        }
    }

    /// Sends an answer; `None` if the other side went away.
    pub(super) async fn play(&mut self, mut reply: Reply, closes: bool) -> Option<Played> {
        let played = {
            let (mut reader, mut writer) = self.stream.split();
            tokio::select! {
                played = play(&mut writer, &mut reply, closes) => played.ok(),
                () = gone(&mut reader, &mut self.buffer) => None,
            }
        };
        if played == Some(Played::Reset) {
            // Closing now sends a reset.
            self.stream.set_zero_linger().ok()?;
        }
        played
    }
}

/// Returns when the other side closes.
async fn gone(reader: &mut ReadHalf<'_>, buffer: &mut Vec<u8>) {
    while reader.read_buf(buffer).await.is_ok_and(|read| read > 0) {}
}

fn parse(head: &str) -> Option<Request> {
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?, first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines.filter_map(|line| line.split_once(':'));
    Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect(),
        ..Request::default()
    })
}

/// Whether the connection ends with the answer to this request.
pub(super) fn closes(request: &Request) -> bool {
    request.closes()
}

async fn play(writer: &mut WriteHalf<'_>, reply: &mut Reply, closes: bool) -> io::Result<Played> {
    let before = std::mem::take(&mut reply.before);
    if let Some(ended) = steps(writer, before, false, None).await? {
        return Ok(ended);
    }
    reply.begun.take().into_iter().for_each(|hook| hook());
    let ending = reply.ending.take();
    let mut head = reply.head(closes).into_bytes();
    let ended = match std::mem::replace(&mut reply.body, Body::Whole(Vec::new())) {
        Body::Whole(mut bytes) => {
            head.append(&mut bytes);
            ending.into_iter().for_each(|hook| hook());
            writer.write_all(&head).await?;
            None
        }
        Body::Slowly(body) => {
            writer.write_all(&head).await?;
            steps(writer, body, false, ending).await?
        }
        Body::Steps(body) => {
            writer.write_all(&head).await?;
            let ended = steps(writer, body, true, ending).await?;
            if ended.is_none() {
                writer.write_all(b"0\r\n\r\n").await?;
            }
            ended
        }
    };
    Ok(ended.unwrap_or(Played::Whole))
}

async fn steps(
    writer: &mut WriteHalf<'_>,
    steps: Vec<Step>,
    chunked: bool,
    mut ending: Option<Hook>,
) -> io::Result<Option<Played>> {
    let last = steps.iter().rposition(|step| sent(step) > 0);
    for (at, step) in steps.into_iter().enumerate() {
        if Some(at) == last {
            ending.take().into_iter().for_each(|hook| hook());
        }
        match step {
            Step::Send(bytes) => send(writer, &bytes, chunked).await?,
            Step::Wait(time) => sleep(time).await,
            Step::Repeat(bytes, every) => loop {
                send(writer, &bytes, chunked).await?;
                sleep(every).await;
            },
            Step::Hang => std::future::pending().await,
            Step::Reset => return Ok(Some(Played::Reset)),
            Step::Cut => return Ok(Some(Played::Cut)),
        }
    }
    Ok(None)
}

async fn send(writer: &mut WriteHalf<'_>, bytes: &[u8], chunked: bool) -> io::Result<()> {
    if !chunked {
        return writer.write_all(bytes).await;
    }
    if bytes.is_empty() {
        // An empty chunk would be the end.
        return Ok(());
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    writer.write_all(&chunk).await
}
