//! Connections that break, stall and are refused; seen from a socket where a client would hide it.

use super::{NEW, ask, chat, claude, post, quick, request, with};
use serde_json::json;
use std::{io::ErrorKind, time::Duration};
use testkit::fake_llm::{Ending, FakeLlm, Fault, HangPoint, ResetPoint, Rule};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long nothing must come to be called silence.
const SILENCE: Duration = Duration::from_millis(300);
/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks Ollama's side over a bare socket.
async fn bare(fake: &FakeLlm) -> TcpStream {
    let body = chat().to_string();
    let head = format!(
        "POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(fake.address()).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    stream
}

/// Everything that comes, and how it ends: `None` if nothing follows once it is `enough`.
async fn heard(
    stream: &mut TcpStream,
    enough: impl Fn(&str) -> bool,
) -> (String, Option<Result<(), ErrorKind>>) {
    let mut all = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        let patience = if enough(&text) { SILENCE } else { PATIENCE };
        let end = match timeout(patience, stream.read_buf(&mut all)).await {
            Err(_) => None,
            Ok(Ok(0)) => Some(Ok(())),
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => Some(Err(error.kind())),
        };
        return (text, end);
    }
}

fn body_of(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn a_connection_is_reset_at_every_point() {
    let fake = quick().await;
    let reset = Some(Err(ErrorKind::ConnectionReset));
    for (at, end) in [
        (ResetPoint::BeforeHeaders, reset),
        (ResetPoint::AfterHeaders, reset),
        (ResetPoint::MidBody, reset),
        (ResetPoint::MidBodyClosed, Some(Ok(()))),
    ] {
        fake.script(Fault::Reset { at });
        let mut stream = bare(&fake).await;
        let (answer, ended) = heard(&mut stream, |_| false).await;
        assert_eq!(ended, end, "{at:?}: {answer}");
        let has_head = answer.starts_with("HTTP/1.1 200");
        assert_eq!(has_head, at != ResetPoint::BeforeHeaders, "{at:?}");
        let has_body = !body_of(&answer).is_empty();
        let mid = matches!(at, ResetPoint::MidBody | ResetPoint::MidBodyClosed);
        assert_eq!(has_body, mid, "{at:?}");
    }
    let calls = fake
        .journal_when(|calls| calls.iter().all(|call| call.ending != Ending::Open))
        .await;
    assert!(
        calls
            .iter()
            .all(|call| call.ending == Ending::Broken && call.fault == Some("reset"))
    );
}

#[tokio::test]
async fn a_streamed_body_breaks_for_its_reader() {
    let fake = FakeLlm::start().await;
    for at in [ResetPoint::MidBody, ResetPoint::MidBodyClosed] {
        fake.script(Fault::Reset { at });
        let response = ask(&fake, "/v1/messages", NEW, &with("stream", json!(true)))
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.text().await.is_err());
    }
}

#[tokio::test]
async fn an_answer_stalls_at_every_point_until_the_client_goes() {
    let fake = quick().await;
    for at in [
        HangPoint::BeforeHeaders,
        HangPoint::BeforeFirstToken,
        HangPoint::BetweenEvents,
    ] {
        fake.script(Fault::Hang { at, pings: false });
        let mut stream = bare(&fake).await;
        let enough = |all: &str| match at {
            HangPoint::BeforeHeaders => true,
            HangPoint::BeforeFirstToken => all.ends_with("\r\n\r\n"),
            HangPoint::BetweenEvents => !body_of(all).is_empty(),
        };
        let (answer, ended) = heard(&mut stream, enough).await;
        assert_eq!(ended, None, "{at:?}");
        assert_eq!(answer.is_empty(), at == HangPoint::BeforeHeaders);
        assert_eq!(body_of(&answer).is_empty(), at != HangPoint::BetweenEvents);
        drop(stream);
        let gone = |call: &testkit::fake_llm::LlmCall| call.ending == Ending::ClientGone;
        fake.journal_when(|calls| calls.last().is_some_and(gone))
            .await;
    }
}

#[tokio::test]
async fn a_body_comes_in_pieces() {
    let fake = quick().await;
    fake.script(Fault::SlowBody {
        piece_bytes: 20,
        every_ms: 5,
    });
    let mut response = ask(&fake, "/v1/messages", NEW, &request()).await.unwrap();
    let length = response.content_length().unwrap();
    let mut chunks = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        chunks.push(chunk.len() as u64);
    }
    assert_eq!(chunks.iter().sum::<u64>(), length);
    assert!(chunks.len() > 5, "{chunks:?}");
}

#[tokio::test]
async fn an_answer_comes_late_and_whole() {
    let fake = quick().await;
    let rule = Rule::new(Fault::Late { by_ms: 300 }).path("/api/version");
    fake.script(rule.times(2));
    for late in [true, true, false] {
        let began = tokio::time::Instant::now();
        assert_eq!(
            super::look(&fake, "/api/version").await.json(),
            json!({"version": "0.33.0"})
        );
        assert!(!late || began.elapsed() >= Duration::from_millis(300));
    }
    let head = super::client().head(format!("{}/", fake.base_url()));
    assert_eq!(head.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn in_a_storm_every_request_is_written_down_once() {
    let fake = quick().await;
    fake.seed(3);
    fake.script(Rule::new(Fault::status(529)).chance(0.05));
    let mid_body = Fault::Reset {
        at: ResetPoint::MidBody,
    };
    fake.script(Rule::new(mid_body).chance(0.05));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (client, url) = (super::client(), format!("{}/v1/messages", fake.base_url()));
        tasks.spawn(async move {
            let mut good = 0;
            for number in 0..250 {
                let mut body = request();
                body["messages"][0]["content"] = json!(format!("Signal {number}."));
                let asked = client.post(&url).header("anthropic-version", NEW);
                let asked = asked.header("x-api-key", FakeLlm::api_key());
                let asked = asked.header("content-type", "application/json");
                let Ok(response) = asked.body(body.to_string()).send().await else {
                    continue;
                };
                let fine = response.status() == 200;
                good += usize::from(fine && response.bytes().await.is_ok());
            }
            good
        });
    }
    let good: usize = tasks.join_all().await.into_iter().sum();
    let ended =
        |calls: &[testkit::fake_llm::LlmCall]| calls.iter().all(|call| call.ending != Ending::Open);
    let calls = fake.journal_when(ended).await;
    assert_eq!(calls.len(), 2000);
    let failed = calls.iter().filter(|call| call.fault.is_some()).count();
    assert_eq!(good, 2000 - failed);
    assert!((100..350).contains(&failed), "{failed} of 2000");
}

#[tokio::test]
async fn connections_are_refused_until_they_are_not() {
    let fake = FakeLlm::start().await;
    assert_eq!(claude(&fake, &request()).await.status, 200);
    fake.refuse();
    let refused = async || {
        let connected = TcpStream::connect(fake.address()).await;
        connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    };
    let wait = async |wanted: bool| {
        while refused().await != wanted {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), wait(true)).await.unwrap();
    assert!(
        ask(&fake, "/v1/messages", NEW, &request())
            .await
            .unwrap_err()
            .is_connect()
    );
    fake.listen_again();
    timeout(Duration::from_secs(10), wait(false)).await.unwrap();
    assert_eq!(claude(&fake, &request()).await.status, 200);
}

#[tokio::test]
async fn a_refusal_by_script_ends_by_itself() {
    let fake = FakeLlm::start().await;
    fake.script(Rule::new(Fault::Refused { for_ms: 200 }).nth(2));
    assert_eq!(claude(&fake, &request()).await.status, 200);
    assert!(ask(&fake, "/v1/messages", NEW, &request()).await.is_err());
    let again = async {
        while ask(&fake, "/v1/messages", NEW, &request()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), again).await.unwrap();
    // Whoever was refused was never heard.
    assert_eq!(fake.count("/v1/messages"), 3);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let fake = quick().await;
    let mut stream = bare(&fake).await;
    let (first, ended) = heard(&mut stream, |all| body_of(all).ends_with('}')).await;
    assert!(first.starts_with("HTTP/1.1 200") && ended.is_none());
    stream
        .write_all(b"GET /api/version HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let (second, ended) = heard(&mut stream, |_| false).await;
    assert!(second.ends_with(r#"{"version":"0.33.0"}"#) && ended == Some(Ok(())));
}

#[tokio::test]
async fn a_body_may_come_in_chunks_and_wait_to_be_asked_for() {
    let fake = quick().await;
    let mut stream = TcpStream::connect(fake.address()).await.unwrap();
    let head =
        b"POST /api/pull HTTP/1.1\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on[..], b"HTTP/1.1 100 Continue\r\n\r\n");
    let body =
        b"9\r\n{\"model\":\r\nf;x=y\r\n\"mistral:7b\",\"s\r\nd\r\ntream\":false}\r\n0\r\n\r\n";
    stream.write_all(body).await.unwrap();
    let (answer, _) = heard(&mut stream, |all| body_of(all).ends_with('}')).await;
    assert_eq!(body_of(&answer), r#"{"status":"success"}"#);
    assert_eq!(
        fake.journal()[0].body,
        json!({"model": "mistral:7b", "stream": false})
    );
}

#[tokio::test]
async fn silence_before_the_head_meets_the_client_s_patience() {
    let fake = quick().await;
    fake.script(Fault::Hang {
        at: HangPoint::BeforeHeaders,
        pings: false,
    });
    let body = chat();
    let asked = timeout(Duration::from_millis(300), post(&fake, "/api/chat", &body));
    assert!(asked.await.is_err());
    fake.journal_when(|calls| calls[0].ending == Ending::ClientGone)
        .await;
    assert_eq!(fake.journal()[0].status, None);
}
