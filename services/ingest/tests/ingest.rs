//! The stage on real files and a real https server on loopback.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{assert_no_file, config, ingest, passing, rejection, take, video};
use contracts::{ArtifactKey, Sha256, StageName, VideoId, job::Source, messages::Ingested};
use ingest::{Ingest, IngestConfig};
use stage::{Artifacts, StageError};
use std::{path::Path, time::Duration};
use testkit::{Bench, Certificate, FakeWeb, Reply, Request};

async fn ingest_file(path: &Path, config: IngestConfig) -> Result<Ingested, StageError> {
    ingest(
        Source::LocalFile(path.to_str().unwrap().into()),
        config,
        &Bench::default(),
    )
    .await
}

fn assert_rejected(outcome: Result<Ingested, StageError>, text: &str) {
    let reason = rejection(outcome);
    assert!(reason.contains(text), "'{reason}' does not say '{text}'");
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

#[tokio::test]
async fn a_path_in_a_message_reads_no_disk_of_a_worker() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    std::fs::write(&path, video(100)).unwrap();
    let worker = IngestConfig {
        allow_local_files: false,
        ..IngestConfig::default()
    };
    let reason = rejection(ingest_file(&path, worker.clone()).await);
    assert!(reason.starts_with("refused: "), "{reason}");
    // Nor does it tell whether there is such a file.
    let absent = rejection(ingest_file(&folder.path().join("absent.mp4"), worker).await);
    assert_eq!(reason, absent);
}

#[tokio::test]
async fn objects_of_the_store_are_found_by_their_name() {
    let bench = Bench::default();
    let key = ArtifactKey::new("uploads/my clip.mp4".replace(' ', "_")).unwrap();
    let put = bench.artifacts.put(&key, video(1000).into()).await.unwrap();
    let config = IngestConfig {
        bucket: Some("videos".into()),
        ..IngestConfig::default()
    };
    let named = |text: &str| Source::Url(text.into());
    let found = ingest(
        named("s3://videos/uploads/my_clip.mp4"),
        config.clone(),
        &bench,
    )
    .await;
    let found = found.unwrap();
    assert_eq!(found.source, put);
    assert_eq!(found.metadata.id.as_str(), "my_clip");
    let stored = Source::Stored {
        key,
        name: VideoId::new("other").unwrap(),
    };
    let small = IngestConfig {
        max_bytes: 999,
        ..config.clone()
    };
    assert_eq!(
        ingest(stored.clone(), config.clone(), &bench)
            .await
            .unwrap()
            .source,
        put
    );
    for (text, start) in [
        ("s3://videos/uploads/absent.mp4", "gone: "),
        ("s3://others/uploads/my_clip.mp4", "refused: "),
        ("s3://videos/../etc/passwd", "refused: "),
    ] {
        let reason = rejection(ingest(named(text), config.clone(), &bench).await);
        assert!(reason.starts_with(start), "{text}: {reason}");
    }
    let reason = rejection(ingest(stored, small, &bench).await);
    assert!(reason.starts_with("too_large: "), "{reason}");
}

/// A web that answers as [`answer`] says, and what reaches it.
struct Server {
    web: FakeWeb,
    config: IngestConfig,
    _certificate: Certificate,
}

impl Server {
    async fn start() -> Self {
        let certificate = Certificate::new(&["localhost"]);
        Self {
            web: FakeWeb::start(&certificate, answer).await,
            config: config(&certificate),
            _certificate: certificate,
        }
    }

    /// Whatever becomes of it, only a whole file may be left.
    async fn ingest(&self, path: &str, config: IngestConfig) -> Result<Ingested, StageError> {
        let bench = Bench::default();
        let context = bench.context(StageName::Ingest);
        let source = Source::Url(self.web.url("localhost", path));
        let outcome = take(&Ingest::new(config).unwrap(), source, &context).await;
        if outcome.is_err() {
            assert_no_file(&context);
        }
        outcome
    }
}

fn answer(request: &Request) -> Reply {
    let whole = |bytes: &[u8]| Reply::new(200, &[], bytes);
    let file = video(50_000);
    match request.path() {
        "/clip.mp4" => whole(&file),
        "/lies.mp4" => Reply::new(200, &[("content-type", "text/html")], &file),
        "/streamed.mp4" => Reply::head(200, &[]).send(&file),
        "/short.mp4" => Reply::head(200, &[("content-length", "60000")]).send(&file),
        "/long.mp4" => Reply::head(200, &[("content-length", "40000")]).send(&file),
        "/endless.mp4" => Reply::head(200, &[])
            .send(&file)
            .repeat(&file, Duration::ZERO),
        "/drops.mp4" => Reply::head(200, &[])
            .send(&file)
            .repeat([7], Duration::from_millis(50)),
        "/stalls.mp4" => Reply::head(200, &[("content-length", "60000")])
            .send(&file)
            .hang(),
        "/silent.mp4" => Reply::default().hang(),
        "/page.mp4" => Reply::new(
            200,
            &[("content-type", "video/mp4")],
            "<!doctype html><p>secret page",
        ),
        "/list.m3u8" => whole(b"#EXTM3U\n#EXTINF:9,\nhttps://10.0.0.1/a.ts\n"),
        "/list.mpd" => whole(b"<?xml version=\"1.0\"?><MPD><BaseURL>file:///etc/</BaseURL></MPD>"),
        "/list.txt" => whole(b"ffconcat version 1.0\nfile /etc/passwd\n"),
        "/tiny.mp4" => whole(b"\0\0"),
        "/empty.mp4" => whole(b""),
        "/moved" => Reply::redirect("/clip.mp4"),
        "/loop" => Reply::redirect("/loop"),
        "/to-metadata" => Reply::redirect("https://169.254.169.254/latest?key=secret"),
        "/to-http" => Reply::redirect("http://example.com/a.mp4"),
        "/to-page" => Reply::redirect("https://www.tiktok.com/login?redirect=secret"),
        "/busy" => Reply::new(503, &[("retry-after", "7")], "secret"),
        path => {
            let status = path.trim_start_matches('/').parse();
            Reply::new(status.unwrap_or(404), &[], "secret")
        }
    }
}

#[tokio::test]
async fn a_direct_url_is_downloaded_and_named_by_its_path() {
    let server = Server::start().await;
    for path in ["/clip.mp4", "/streamed.mp4", "/lies.mp4", "/moved"] {
        let ingested = server.ingest(path, server.config.clone()).await.unwrap();
        assert_eq!(ingested.source.digest, Sha256::of(&video(50_000)), "{path}");
        let name = path.trim_start_matches('/').trim_end_matches(".mp4");
        assert_eq!(ingested.metadata.id.as_str(), name);
    }
}

#[tokio::test]
async fn bad_answers_are_rejected_with_the_reason() {
    let server = Server::start().await;
    let small = IngestConfig {
        max_bytes: 1000,
        ..server.config.clone()
    };
    let cases = [
        (
            "/absent.mp4",
            &server.config,
            "gone: localhost answered 404",
        ),
        ("/410", &server.config, "gone: localhost answered 410"),
        ("/401", &server.config, "private: localhost answered 401"),
        (
            "/451",
            &server.config,
            "geo_restricted: localhost answered 451",
        ),
        ("/400", &server.config, "refused: localhost answered 400"),
        (
            "/page.mp4",
            &server.config,
            "not_a_video: localhost did not send a video",
        ),
        (
            "/tiny.mp4",
            &server.config,
            "not_a_video: localhost did not send a video",
        ),
        (
            "/empty.mp4",
            &server.config,
            "not_a_video: localhost did not send a video",
        ),
        ("/loop", &server.config, "refused: more than 3 redirects"),
        (
            "/to-metadata",
            &server.config,
            "redirects to an address that is not fetched",
        ),
        (
            "/to-http",
            &server.config,
            "redirects to an address that is not fetched",
        ),
        (
            "/to-page",
            &server.config,
            "redirects to an address that is not fetched",
        ),
        ("/clip.mp4", &small, "too_large: larger than 1000 bytes"),
        ("/streamed.mp4", &small, "too_large: larger than 1000 bytes"),
        ("/endless.mp4", &small, "too_large: larger than 1000 bytes"),
    ];
    for (path, config, text) in cases {
        let reason = rejection(
            server
                .ingest(&format!("{path}?token=secret"), config.clone())
                .await,
        );
        assert!(
            reason.contains(text),
            "{path}: '{reason}' does not say '{text}'"
        );
        assert!(!reason.contains("secret"), "{path}: {reason}");
    }
}

#[tokio::test]
async fn failures_that_may_pass_are_temporary() {
    let server = Server::start().await;
    for (path, start, wait) in [
        ("/busy", "unreachable: localhost answered 503", Some(7)),
        ("/429", "rate_limited: localhost answered 429", Some(30)),
        ("/403", "blocked: localhost answered 403", Some(60)),
        ("/500", "unreachable: localhost answered 500", None),
        (
            "/short.mp4",
            "unreachable: cannot fetch from localhost",
            None,
        ),
    ] {
        match server.ingest(path, server.config.clone()).await {
            Err(error @ StageError::Transient { parked: false, .. }) => {
                assert!(
                    error.reason().starts_with(start),
                    "{path}: {}",
                    error.reason()
                );
                assert!(
                    !error.reason().contains("secret"),
                    "{path}: {}",
                    error.reason()
                );
                let StageError::Transient { retry_after, .. } = error else {
                    unreachable!()
                };
                assert_eq!(retry_after, wait.map(Duration::from_secs), "{path}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    // What follows after the announced length is of no answer.
    let long = server
        .ingest("/long.mp4", server.config.clone())
        .await
        .unwrap();
    assert_eq!(long.source.size_bytes, 40_000);
}

#[tokio::test]
async fn whoever_sends_slowly_is_not_waited_for() {
    let server = Server::start().await;
    let hasty = IngestConfig {
        idle_timeout_s: 1,
        total_timeout_s: 60,
        ..server.config.clone()
    };
    for path in ["/stalls.mp4", "/silent.mp4"] {
        let reason = passing(server.ingest(path, hasty.clone()).await);
        assert!(
            reason.starts_with("timed_out: cannot fetch"),
            "{path}: {reason}"
        );
    }
    // Bytes that drip in keep the connection alive, but not for ever.
    let hasty = IngestConfig {
        idle_timeout_s: 60,
        total_timeout_s: 1,
        ..server.config.clone()
    };
    let reason = passing(server.ingest("/drops.mp4", hasty).await);
    assert!(
        reason.starts_with("timed_out: download took over 1s"),
        "{reason}"
    );
}

#[tokio::test]
async fn row_18_a_full_disk_is_temporary_and_leaves_nothing() {
    let server = Server::start().await;
    let bench = Bench::default();
    let context = bench.context(StageName::Ingest);
    // Whatever is written to this device finds no space.
    let part = context.scratch.join("download.part");
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let source = Source::Url(server.web.url("localhost", "/clip.mp4"));
    let stage = Ingest::new(server.config.clone()).unwrap();
    let reason = passing(take(&stage, source.clone(), &context).await);
    assert!(
        reason.starts_with("no_space: cannot write the download"),
        "{reason}"
    );
    assert_no_file(&context);
    assert!(bench.artifacts.list("").await.unwrap().is_empty());
    // Once there is space, the same stage takes it.
    assert!(take(&stage, source, &context).await.is_ok());
}

#[tokio::test]
async fn work_that_is_cut_short_leaves_no_part_of_a_file() {
    let server = Server::start().await;
    let bench = Bench::default();
    let context = bench.context(StageName::Ingest);
    let source = Source::Url(server.web.url("localhost", "/stalls.mp4"));
    let stage = Ingest::new(server.config.clone()).unwrap();
    let part = context.scratch.join("download.part");
    let began = async {
        while std::fs::metadata(&part).map_or(0, |part| part.len()) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limited = tokio::time::timeout(Duration::from_secs(20), began);
    tokio::select! {
        outcome = take(&stage, source, &context) => panic!("{outcome:?}"),
        began = limited => began.unwrap(),
    }
    assert_no_file(&context);
}

#[tokio::test]
async fn a_server_with_an_unknown_certificate_is_not_trusted() {
    let server = Server::start().await;
    let distrusting = IngestConfig {
        ca_file: None,
        ..server.config.clone()
    };
    let reason = passing(server.ingest("/clip.mp4", distrusting).await);
    assert!(reason.starts_with("unreachable: "), "{reason}");
    assert!(server.web.requests().is_empty());
}

// What names other files from within a container is the decoder's to refuse.
#[tokio::test]
async fn row_23_a_list_of_addresses_is_no_video_and_nothing_in_it_is_asked_for() {
    let server = Server::start().await;
    for path in ["/list.m3u8", "/list.mpd", "/list.txt"] {
        let reason = rejection(server.ingest(path, server.config.clone()).await);
        assert!(reason.starts_with("not_a_video: "), "{path}: {reason}");
    }
    assert_eq!(server.web.connections(), 3);
}

proptest::proptest! {
    #[test]
    fn row_25_whatever_names_a_video_its_id_is_plain(
        text in "(https://a\\.test/|s3://b/|/tmp/|\\.\\./)?.{0,300}",
    ) {
        for source in [Source::Url(text.clone()), Source::LocalFile(text)] {
            let id = ingest::video_id(&source);
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            proptest::prop_assert!(!id.as_str().is_empty() && id.as_str().bytes().all(plain));
        }
    }
}

#[test]
fn a_video_of_a_platform_is_called_by_its_id() {
    let id = "7280654844715666731";
    for text in [
        id.to_owned(),
        format!("https://www.tiktok.com/@a/video/{id}?x=1"),
        format!("https://m.tiktok.com/v/{id}.html"),
        format!("s3://videos/uploads/{id}.mp4"),
    ] {
        assert_eq!(
            ingest::video_id(&Source::Url(text.clone())).as_str(),
            id,
            "{text}"
        );
    }
}
