//! What both providers' interfaces have in common: connections, waits, statuses.

use crate::{
    error::{Code, Failure, Wait},
    provider::Deltas,
    retry,
    timeout::PROGRESS,
};
use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response, header::HeaderMap, redirect};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use url::Url;

/// Longest answer that is read in one piece, in bytes.
pub(crate) const MAX_ANSWER_BYTES: usize = 8 << 20;
/// Longest telling of an error that is read, in bytes.
const MAX_ERROR_BYTES: usize = 64 << 10;
/// Time between two signs of life of a connection that is waited on.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Why a provider cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Its address is none.
    #[error("{0} is no address of a provider")]
    Address(String, #[source] url::ParseError),
    /// There is no HTTP client.
    #[error("cannot set up the http client")]
    Client(#[source] reqwest::Error),
    /// There is no key.
    #[error("claude_api_key is not set")]
    Key,
}

/// A client for the one address that the settings name: no proxies of the environment, no
/// redirects, which would carry the key elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) client: Client,
    base: Url,
}

impl Http {
    pub(crate) fn new(base: &str, connect_timeout: Duration) -> Result<Self, SetupError> {
        // One TLS implementation for the whole program; a second call finds it installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut base =
            Url::parse(base).map_err(|error| SetupError::Address(base.to_owned(), error))?;
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(connect_timeout)
            .tcp_keepalive(KEEP_ALIVE)
            .build()
            .map_err(SetupError::Client)?;
        Ok(Self { client, base })
    }

    /// The address of a path of the interface, without the slash at its beginning.
    pub(crate) fn url(&self, path: &str) -> Result<Url, Failure> {
        let url = self.base.join(path).ok();
        let within = url.filter(|url| url.origin() == self.base.origin());
        within.ok_or_else(|| Failure::new(Code::Protocol, "an address lies with somebody else"))
    }
}

/// Sends a request and waits for the head of the answer.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    request.send().await.map_err(|error| unreachable(&error))
}

fn unreachable(error: &reqwest::Error) -> Failure {
    let code = match (error.is_connect(), error.is_timeout()) {
        (true, true) => Code::Timeout(Wait::Connect),
        (false, true) => Code::Timeout(Wait::Total),
        _ => Code::Network,
    };
    // The address may be inside somebody's network and is left out.
    let mut text = String::from(if error.is_connect() {
        "cannot connect"
    } else {
        "no answer"
    });
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    Failure::new(code, text)
}

fn broken(error: &reqwest::Error) -> Failure {
    Failure {
        code: Code::Network,
        ..unreachable(error)
    }
}

/// All bytes of an answer, up to a limit.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > limit {
            let message = format!("answer is longer than {limit} bytes");
            return Err(Failure::new(Code::Protocol, message));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The beginning of a failed answer's body. What cannot be read is nothing: the status decides.
pub(crate) async fn read_error(mut response: Response) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MAX_ERROR_BYTES - bytes.len();
        bytes.extend(chunk.iter().take(room));
        if bytes.len() >= MAX_ERROR_BYTES {
            break;
        }
    }
    bytes
}

/// What a status means if nothing more is known.
pub(crate) const fn code_of(status: u16) -> Code {
    match status {
        401 | 403 => Code::Auth,
        402 => Code::QuotaExhausted,
        404 => Code::ModelNotFound,
        408 | 409 => Code::Conflict,
        429 => Code::RateLimited,
        499 => Code::Cancelled,
        503 | 529 => Code::Overloaded,
        400..=498 => Code::BadRequest,
        500.. => Code::ServerError,
        _ => Code::Protocol,
    }
}

/// What headers say of every failure.
pub(crate) fn with_headers(mut failure: Failure, headers: &HeaderMap, now: SystemTime) -> Failure {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    failure.retry_after = retry::retry_after(header("retry-after-ms"), header("retry-after"), now);
    failure.provider_request_id = request_id(headers);
    failure.should_retry = match header("x-should-retry") {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    };
    failure
}

/// The provider's name for a call, if it is one.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (id.len() <= 128 && id.bytes().all(plain)).then(|| id.to_owned())
}

/// Whether an answer says to be of a kind.
pub(crate) fn is_kind(headers: &HeaderMap, kinds: &[&str]) -> bool {
    let header = headers.get(reqwest::header::CONTENT_TYPE);
    let kind = header.and_then(|header| header.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    kinds
        .iter()
        .any(|one| kind.trim().eq_ignore_ascii_case(one))
}

/// What came of a piece of a stream.
pub(crate) enum Step {
    /// Nothing that says anything: a sign of life.
    Nothing,
    /// Something that is no word: a beginning, a thought, a count.
    Progress,
    /// Words.
    Words(String),
}

/// Reads a stream of pieces.
pub(crate) trait Pieces: Send {
    /// Takes bytes as they come, cut anywhere.
    fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Step>, Failure>;
    /// Whether the answer is complete, so that nothing more needs to come.
    fn is_complete(&self) -> bool;
    /// Whether nothing more will come.
    fn is_over(&self) -> bool;
}

/// Reads a stream to its end, or until its answer is complete. Returns the time of the first piece.
pub(crate) async fn drain(
    response: &mut Response,
    pieces: &mut dyn Pieces,
    mut pace: Pace,
    deltas: Option<&Deltas>,
) -> Result<Option<Duration>, Failure> {
    while !pieces.is_over() {
        let chunk = match pace.next(response).await {
            Ok(Some(chunk)) => chunk,
            // Whoever has said everything may go without a word.
            Ok(None) | Err(_) if pieces.is_complete() => break,
            Ok(None) => {
                return Err(Failure::new(
                    Code::StreamTruncated,
                    "the stream ended early",
                ));
            }
            Err(failure) if failure.code == Code::Network => {
                let message = format!("the stream broke: {}", failure.message);
                return Err(Failure::new(Code::StreamTruncated, message));
            }
            Err(failure) => return Err(failure),
        };
        for step in pieces.feed(&chunk)? {
            if !matches!(step, Step::Nothing) {
                pace.progressed();
            }
            if let (Step::Words(words), Some(deltas)) = (step, deltas)
                && deltas.send(words).await.is_err()
            {
                return Err(Failure::new(Code::Cancelled, "nobody takes the answer"));
            }
        }
        pace.heard();
    }
    Ok(pace.first)
}

/// How long a stream may be silent.
pub(crate) struct Pace {
    began: Instant,
    ttft: Duration,
    idle: Duration,
    first: Option<Duration>,
    heard_at: Instant,
    progressed_at: Instant,
}

impl Pace {
    pub(crate) fn new(began: Instant, ttft: Duration, idle: Duration) -> Self {
        Self {
            began,
            ttft,
            idle,
            first: None,
            heard_at: began,
            progressed_at: began,
        }
    }

    /// When the next must have come, and which wait ends then.
    fn until(&self) -> (Instant, Wait) {
        if self.first.is_none() {
            return (self.began + self.ttft, Wait::Ttft);
        }
        let idle = self.heard_at + self.idle;
        (idle.min(self.progressed_at + PROGRESS), Wait::Idle)
    }

    fn heard(&mut self) {
        self.heard_at = Instant::now();
    }

    fn progressed(&mut self) {
        self.progressed_at = Instant::now();
        if self.first.is_none() {
            self.first = Some(self.progressed_at - self.began);
        }
    }

    /// Waits for the head of an answer.
    pub(crate) async fn head(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let (until, wait) = self.until();
        match tokio::time::timeout_at(until, send(request)).await {
            Ok(sent) => sent,
            Err(_) => Err(late(wait)),
        }
    }

    async fn next(&self, response: &mut Response) -> Result<Option<Bytes>, Failure> {
        let (until, wait) = self.until();
        match tokio::time::timeout_at(until, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) => Err(late(wait)),
        }
    }
}

fn late(wait: Wait) -> Failure {
    let message = match wait {
        Wait::Ttft => "no first token in time",
        _ => "the stream fell silent",
    };
    Failure::new(Code::Timeout(wait), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_mean_what_the_table_says() {
        for (status, code) in [
            (200, Code::Protocol),
            (302, Code::Protocol),
            (400, Code::BadRequest),
            (401, Code::Auth),
            (402, Code::QuotaExhausted),
            (403, Code::Auth),
            (404, Code::ModelNotFound),
            (408, Code::Conflict),
            (409, Code::Conflict),
            (413, Code::BadRequest),
            (422, Code::BadRequest),
            (429, Code::RateLimited),
            (499, Code::Cancelled),
            (500, Code::ServerError),
            (502, Code::ServerError),
            (503, Code::Overloaded),
            (504, Code::ServerError),
            (529, Code::Overloaded),
        ] {
            assert_eq!(code_of(status), code, "{status}");
        }
    }

    #[test]
    fn nothing_is_asked_elsewhere() {
        let http = Http::new("http://127.0.0.1:1/prefix", Duration::from_secs(1)).unwrap();
        assert_eq!(
            http.url("v1/messages").unwrap().path(),
            "/prefix/v1/messages"
        );
        assert!(http.url("http://127.0.0.1:1/results/7").is_ok());
        for elsewhere in [
            "http://127.0.0.1:2/results",
            "https://example.com/x",
            "//example.com",
        ] {
            assert!(http.url(elsewhere).is_err(), "{elsewhere}");
        }
        assert!(Http::new("nowhere", Duration::from_secs(1)).is_err());
    }

    #[test]
    fn kinds_and_ids_are_read() {
        let mut headers = HeaderMap::new();
        assert!(!is_kind(&headers, &["application/json"]));
        headers.insert(
            "content-type",
            "Application/JSON; charset=utf-8".parse().unwrap(),
        );
        assert!(is_kind(&headers, &["text/plain", "application/json"]));
        headers.insert("request-id", "req_1".parse().unwrap());
        assert_eq!(request_id(&headers), Some("req_1".into()));
        headers.insert("request-id", "<b>".parse().unwrap());
        assert_eq!(request_id(&headers), None);
    }
}
