//! The server's connections.

use super::{
    S3Conditions, S3Fault, S3Request, State,
    objects::{Answer, Asked},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Method, Request, Response,
    body::{Body, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

/// Longest wait for a second writer where conditional writes are not atomic.
const OVERLAP: Duration = Duration::from_millis(200);

pub(super) async fn all(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        connections.spawn(async move {
            let handler = service_fn(|request| handle(request, &state));
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), handler);
            // A connection that is cut on purpose ends with an error.
            drop(served.await);
        });
    }
}

/// An error without an answer: the connection is closed.
fn cut() -> io::Error {
    io::Error::other("cut on purpose")
}

async fn handle(request: Request<Incoming>, state: &State) -> io::Result<Response<Scripted>> {
    let asked = read(request).await?;
    let (fault, meeting) = {
        let mut inner = state.lock();
        inner.seen.push((asked.request, asked.key.clone()));
        let queue = inner.faults.iter_mut();
        let mut queue =
            queue.filter(|(request, left)| *request == asked.request && !left.is_empty());
        let fault = queue.next().and_then(|(_, left)| left.pop_front());
        let meeting = inner.meeting.clone();
        (
            fault,
            meeting.filter(|(request, _)| *request == asked.request),
        )
    };
    if let Some((_, barrier)) = meeting {
        barrier.wait().await;
    }
    match fault {
        Some(S3Fault::Status(status, code)) => {
            Ok(Answer::error(status, code).into_response(&asked, None))
        }
        Some(S3Fault::Cut) => Err(cut()),
        Some(S3Fault::Silence) => std::future::pending().await,
        Some(S3Fault::AnswerLost) => {
            answer(&asked, state).await;
            Err(cut())
        }
        fault => Ok(answer(&asked, state).await.into_response(&asked, fault)),
    }
}

async fn answer(asked: &Asked, state: &State) -> Answer {
    let conditional = asked
        .headers
        .get("if-none-match")
        .is_some_and(|text| text == "*");
    let conditions = state.lock().conditions;
    let once = match conditions {
        S3Conditions::Honoured => conditional,
        S3Conditions::Ignored => false,
        S3Conditions::NotAtomic => {
            if conditional && state.lock().objects.holds(&asked.key) {
                return Answer::error(412, "PreconditionFailed");
            }
            // Both of two writers have looked when the first goes on.
            drop(timeout(OVERLAP, state.second_writer()).await);
            false
        }
    };
    state.lock().objects.answer(asked, once)
}

async fn read(request: Request<Incoming>) -> io::Result<Asked> {
    let (head, body) = request.into_parts();
    let query: BTreeMap<String, String> = pairs(head.uri.query().unwrap_or_default());
    let path = decoded(head.uri.path());
    // The first segment is the bucket.
    let (_, key) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let headers = head.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap_or_default();
        (name.as_str().to_owned(), value.to_owned())
    });
    Ok(Asked {
        request: kind(&head.method, key, &query),
        key: key.to_owned(),
        headers: headers.collect(),
        query,
        body: body.collect().await.map_err(io::Error::other)?.to_bytes(),
    })
}

fn kind(method: &Method, key: &str, query: &BTreeMap<String, String>) -> S3Request {
    let upload = query.contains_key("uploadId");
    match *method {
        Method::PUT if upload => S3Request::Part,
        Method::PUT => S3Request::Put,
        Method::HEAD => S3Request::Head,
        Method::POST if upload => S3Request::Complete,
        Method::POST => S3Request::Begin,
        Method::DELETE if upload => S3Request::Abort,
        Method::DELETE => S3Request::Delete,
        _ if key.is_empty() => S3Request::List,
        _ => S3Request::Get,
    }
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

/// Percent-decoded; keys are ASCII.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = u8::from_str_radix(&part[..2], 16).unwrap();
        decoded.push(char::from(byte));
        decoded.push_str(&part[2..]);
    }
    decoded
}

/// What follows the last byte of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Whole,
    Cut,
    Stalls,
}

/// A body that may end otherwise than it announced.
pub(super) struct Scripted {
    bytes: Option<Bytes>,
    ending: Ending,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.ending {
            Ending::Whole => Poll::Ready(None),
            Ending::Cut => Poll::Ready(Some(Err(cut()))),
            Ending::Stalls => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.bytes, self.ending) {
            (Some(bytes), Ending::Whole) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

impl Answer {
    fn into_response(self, asked: &Asked, fault: Option<S3Fault>) -> Response<Scripted> {
        let announced = self.body.len();
        let (bytes, length, ending) = match fault {
            Some(S3Fault::BodyCut(count)) => (self.body.slice(..count), announced, Ending::Cut),
            Some(S3Fault::BodyStalls(count)) => {
                (self.body.slice(..count), announced, Ending::Stalls)
            }
            Some(S3Fault::BodyShort(count)) => (self.body.slice(..count), count, Ending::Whole),
            Some(S3Fault::BodyDamaged) => {
                let flipped = self.body.iter().map(|byte| !byte);
                (flipped.collect(), announced, Ending::Whole)
            }
            _ => (self.body, announced, Ending::Whole),
        };
        let mut response = Response::builder()
            .status(self.status)
            .header("content-length", length);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let silent = asked.request == S3Request::Head;
        let bytes = (!silent).then_some(bytes);
        response.body(Scripted { bytes, ending }).unwrap()
    }
}
