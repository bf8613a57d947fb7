//! The stage on real files and a real https server on loopback.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the server's task ends with the test's runtime"
)]

use contracts::{
    JobId, Sha256, StageName,
    job::{Job, Source},
    messages::{IngestInput, Ingested},
};
use ingest::{Ingest, IngestConfig};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use stage::{Artifacts, Stage, StageError};
use std::{path::Path, sync::Arc, time::Duration};
use testkit::Bench;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// The beginning of an MP4 file, which is all that ingest looks at.
const MP4_HEAD: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0isom";

fn video(size: usize) -> Vec<u8> {
    let mut bytes = MP4_HEAD.to_vec();
    bytes.resize(size, 7);
    bytes
}

async fn ingest(
    source: Source,
    config: IngestConfig,
    bench: &Bench,
) -> Result<Ingested, StageError> {
    let job = Job::new(JobId::new("test").unwrap(), source);
    Ingest::new(config)
        .unwrap()
        .run(IngestInput { job }, &bench.context(StageName::Ingest))
        .await
}

async fn ingest_file(path: &Path, config: IngestConfig) -> Result<Ingested, StageError> {
    ingest(
        Source::LocalFile(path.to_str().unwrap().into()),
        config,
        &Bench::default(),
    )
    .await
}

fn assert_rejected(outcome: Result<Ingested, StageError>, text: &str) {
    match outcome {
        Err(error @ StageError::Rejected(_)) => {
            assert!(
                error.reason().contains(text),
                "'{}' does not say '{text}'",
                error.reason()
            );
        }
        other => panic!("expected a rejection that says '{text}', got {other:?}"),
    }
}

#[tokio::test]
async fn the_same_bytes_are_stored_once_under_their_digest() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::default();
    let bytes = video(100_000);
    let mut stored = Vec::new();
    for name in ["first clip.mp4", "second.mov"] {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let source = Source::LocalFile(path.to_str().unwrap().into());
        stored.push(
            ingest(source, IngestConfig::default(), &bench)
                .await
                .unwrap(),
        );
    }
    assert_eq!(stored[0].source, stored[1].source);
    assert_eq!(
        stored[0].source.key.to_string(),
        format!("media/{}/source.mp4", Sha256::of(&bytes))
    );
    assert_eq!(bench.artifacts.get(&stored[0].source).await.unwrap(), bytes);
    assert_eq!(stored[0].metadata.id.as_str(), "first_clip");
    assert_eq!(
        stored[0].metadata.views, None,
        "what is not known is not zero"
    );
}

#[tokio::test]
async fn files_that_cannot_be_taken_are_rejected_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let config = IngestConfig {
        max_bytes: 1000,
        ..IngestConfig::default()
    };
    assert_rejected(
        ingest_file(&folder.path().join("absent.mp4"), config.clone()).await,
        "cannot read",
    );
    assert_rejected(
        ingest_file(folder.path(), config.clone()).await,
        "not a regular file",
    );
    assert_rejected(
        ingest_file(&file("empty.mp4", b""), config.clone()).await,
        "is empty",
    );
    assert_rejected(
        ingest_file(&file("large.mp4", &video(1001)), config.clone()).await,
        "limit is 1000",
    );
    assert!(
        ingest_file(&file("fits.mp4", &video(1000)), config)
            .await
            .is_ok()
    );
}

/// A server that answers one canned response per path.
struct Server {
    port: u16,
    config: IngestConfig,
    _certificate: tempfile::NamedTempFile,
}

impl Server {
    async fn start(answer: fn(&str) -> Vec<u8>) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let certificate = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(certificate.path(), cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = vec![0; 4096];
                let count = stream.read(&mut request).await.unwrap_or(0);
                let text = String::from_utf8_lossy(&request[..count]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or("/").to_owned();
                let _ = stream.write_all(&answer(&path)).await;
                let _ = stream.shutdown().await;
            }
        });
        let config = IngestConfig {
            allow_loopback: true,
            ca_file: Some(certificate.path().to_owned()),
            ..IngestConfig::default()
        };
        Self {
            port,
            config,
            _certificate: certificate,
        }
    }

    async fn ingest(&self, path: &str, config: IngestConfig) -> Result<Ingested, StageError> {
        let url = format!("https://localhost:{}{path}", self.port);
        ingest(Source::Url(url), config, &Bench::default()).await
    }
}

fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn with_length(body: &[u8]) -> Vec<u8> {
    response(
        "200 OK",
        &format!("content-length: {}\r\n", body.len()),
        body,
    )
}

fn answer(path: &str) -> Vec<u8> {
    match path {
        "/clip.mp4" => with_length(&video(50_000)),
        "/streamed.mp4" => response("200 OK", "", &video(50_000)),
        "/short.mp4" => response("200 OK", "content-length: 60000\r\n", &video(50_000)),
        "/page.mp4" => with_length(b"<!doctype html><p>log in"),
        "/moved" => response(
            "302 Found",
            "location: /clip.mp4\r\ncontent-length: 0\r\n",
            b"",
        ),
        "/loop" => response("302 Found", "location: /loop\r\ncontent-length: 0\r\n", b""),
        "/to-metadata" => response(
            "302 Found",
            "location: https://169.254.169.254/latest\r\ncontent-length: 0\r\n",
            b"",
        ),
        "/to-http" => response(
            "302 Found",
            "location: http://example.com/a.mp4\r\ncontent-length: 0\r\n",
            b"",
        ),
        "/busy" => response("503 Busy", "retry-after: 7\r\ncontent-length: 0\r\n", b""),
        _ => response("404 Not Found", "content-length: 0\r\n", b""),
    }
}

#[tokio::test]
async fn a_direct_url_is_downloaded_and_named_by_its_path() {
    let server = Server::start(answer).await;
    for path in ["/clip.mp4", "/streamed.mp4", "/moved"] {
        let ingested = server.ingest(path, server.config.clone()).await.unwrap();
        assert_eq!(ingested.source.digest, Sha256::of(&video(50_000)), "{path}");
        let name = path.trim_start_matches('/').trim_end_matches(".mp4");
        assert_eq!(ingested.metadata.id.as_str(), name);
    }
}

#[tokio::test]
async fn bad_answers_are_rejected_with_the_reason() {
    let server = Server::start(answer).await;
    let small = IngestConfig {
        max_bytes: 1000,
        ..server.config.clone()
    };
    let cases = [
        ("/absent.mp4", &server.config, "404"),
        ("/page.mp4", &server.config, "did not send a video"),
        ("/loop", &server.config, "redirects"),
        ("/to-metadata", &server.config, "redirects to an address"),
        ("/to-http", &server.config, "redirects to an address"),
        ("/clip.mp4", &small, "larger than 1000"),
        ("/streamed.mp4", &small, "larger than 1000"),
    ];
    for (path, config, text) in cases {
        assert_rejected(server.ingest(path, config.clone()).await, text);
    }
}

#[tokio::test]
async fn failures_that_may_pass_are_temporary() {
    let server = Server::start(answer).await;
    match server.ingest("/busy", server.config.clone()).await {
        Err(StageError::Transient { retry_after, .. }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(7)));
        }
        other => panic!("{other:?}"),
    }
    let short = server.ingest("/short.mp4", server.config.clone()).await;
    assert!(
        matches!(short, Err(StageError::Transient { .. })),
        "{short:?}"
    );
}

#[tokio::test]
async fn loopback_is_out_of_reach_without_the_switch() {
    let server = Server::start(answer).await;
    let closed = IngestConfig {
        allow_loopback: false,
        ..server.config.clone()
    };
    assert_rejected(server.ingest("/clip.mp4", closed.clone()).await, "port");
    // Without a port the name is resolved, and its only addresses are not public.
    let outcome = ingest(
        Source::Url("https://localhost/clip.mp4".into()),
        closed,
        &Bench::default(),
    )
    .await;
    assert!(outcome.is_err_and(|error| error.reason().contains("no public address")));
}

#[tokio::test]
async fn a_server_with_an_unknown_certificate_is_not_trusted() {
    let server = Server::start(answer).await;
    let distrusting = IngestConfig {
        ca_file: None,
        ..server.config.clone()
    };
    assert!(server.ingest("/clip.mp4", distrusting).await.is_err());
}
