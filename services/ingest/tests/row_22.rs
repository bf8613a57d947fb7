//! row 22: addresses that lead inside are refused before anything is connected to.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{WebNames, assert_no_file, config, rejection, take, video};
use contracts::{StageName, job::Source, messages::Ingested};
use ingest::{Ingest, IngestConfig};
use stage::StageError;
use std::sync::Arc;
use testkit::{Bench, Certificate, FakeWeb, Reply, Request};

/// Hosts that are addresses inside, in every way to write them. `PORT` is that of a listener.
const LITERALS: &[&str] = &[
    "https://127.0.0.1/a.mp4",
    "https://127.0.0.1:PORT/a.mp4",
    "https://127.0.0.2:PORT/a.mp4",
    "https://127.1:PORT/a.mp4",
    "https://127.0.1:PORT/a.mp4",
    "https://2130706433:PORT/a.mp4",
    "https://0x7f000001:PORT/a.mp4",
    "https://0x7f.0.0.1:PORT/a.mp4",
    "https://0177.0.0.1:PORT/a.mp4",
    "https://017700000001:PORT/a.mp4",
    "https://0x7f.1:PORT/a.mp4",
    "https://127.0.0.1.:PORT/a.mp4",
    "https://%31%32%37.0.0.1:PORT/a.mp4",
    "https://１２７.０.０.１:PORT/a.mp4",
    "https://127。0。0。1:PORT/a.mp4",
    "https://0:PORT/a.mp4",
    "https://0.0.0.0:PORT/a.mp4",
    "https://[::1]:PORT/a.mp4",
    "https://[::]:PORT/a.mp4",
    "https://[0:0:0:0:0:0:0:1]:PORT/a.mp4",
    "https://[::ffff:127.0.0.1]:PORT/a.mp4",
    "https://[::ffff:7f00:1]:PORT/a.mp4",
    "https://[::127.0.0.1]:PORT/a.mp4",
    "https://[64:ff9b::7f00:1]:PORT/a.mp4",
    "https://[64:ff9b:1::7f00:1]/a.mp4",
    "https://[2002:7f00:1::]/a.mp4",
    "https://[2001:0:1::1]/a.mp4",
    "https://[2001:db8::1]/a.mp4",
    "https://[3fff::1]/a.mp4",
    "https://[5f00::1]/a.mp4",
    "https://[100::1]/a.mp4",
    "https://[fc00::1]/a.mp4",
    "https://[fd00:ec2::254]/latest/meta-data",
    "https://[fe80::1]/a.mp4",
    "https://[fec0::1]/a.mp4",
    "https://[ff02::1]/a.mp4",
    "https://10.0.0.1/a.mp4",
    "https://10.255.255.255/a.mp4",
    "https://172.16.0.1/a.mp4",
    "https://172.31.255.255/a.mp4",
    "https://192.168.0.1/a.mp4",
    "https://169.254.169.254/latest/meta-data/iam",
    "https://2852039166/latest/meta-data",
    "https://0xa9fea9fe/latest/meta-data",
    "https://100.64.0.1/a.mp4",
    "https://100.127.255.255/a.mp4",
    "https://192.0.0.8/a.mp4",
    "https://192.0.2.1/a.mp4",
    "https://192.88.99.1/a.mp4",
    "https://198.18.0.1/a.mp4",
    "https://198.51.100.1/a.mp4",
    "https://203.0.113.1/a.mp4",
    "https://224.0.0.1/a.mp4",
    "https://240.0.0.1/a.mp4",
    "https://255.255.255.255/a.mp4",
];

/// What breaks another rule.
const OTHERS: &[&str] = &[
    "http://127.0.0.1:PORT/a.mp4",
    "http://example.com/a.mp4",
    "ftp://127.0.0.1:PORT/a.mp4",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_GET",
    "data:video/mp4;base64,AAAA",
    "https://user:secret@127.0.0.1:PORT/a.mp4",
    "https://example.com@127.0.0.1:PORT/a.mp4",
    "https://example.com:PORT/a.mp4",
    "https://example.com:22/a.mp4",
    "https://",
    "//127.0.0.1:PORT/a.mp4",
    "127.0.0.1:PORT/a.mp4",
    "https://exa mple.com/a.mp4",
    "https://[::1/a.mp4",
    "https://tiktok.com:PORT/@a/video/1",
];

fn refusing(_: &Request) -> Reply {
    Reply::new(200, &[], video(1000))
}

#[tokio::test]
async fn row_22_no_way_to_write_an_address_leads_inside() {
    let certificate = Certificate::new(&["localhost", "127.0.0.1"]);
    let web = Arc::new(FakeWeb::start(&certificate, refusing).await);
    let closed = IngestConfig {
        allow_loopback: false,
        ..config(&certificate)
    };
    let stage = Ingest::with_names(closed, Arc::new(WebNames(web.clone()))).unwrap();
    let bench = Bench::default();
    let context = bench.context(StageName::Ingest);
    let port = web.port().to_string();
    for (text, must_say) in LITERALS
        .iter()
        .map(|text| (text, "is not public"))
        .chain(OTHERS.iter().map(|text| (text, "")))
    {
        let text = text.replace("PORT", &port);
        let reason = rejection(take(&stage, Source::Url(text.clone()), &context).await);
        assert!(reason.starts_with("refused: "), "{text}: {reason}");
        assert!(reason.contains(must_say), "{text}: {reason}");
        assert!(!reason.contains("secret"), "{text}: {reason}");
    }
    assert_eq!(web.connections(), 0);
    assert!(web.lookups().is_empty(), "asked for {:?}", web.lookups());
    assert_no_file(&context);
}

#[tokio::test]
async fn row_22_names_that_lead_inside_are_refused() {
    let certificate = Certificate::new(&["localhost"]);
    let web = Arc::new(FakeWeb::start(&certificate, refusing).await);
    let closed = IngestConfig {
        allow_loopback: false,
        ..config(&certificate)
    };
    let stage = Ingest::with_names(closed, Arc::new(WebNames(web.clone()))).unwrap();
    let bench = Bench::default();
    let context = bench.context(StageName::Ingest);
    let cases: [(&str, &[&str]); 10] = [
        ("localhost", &["127.0.0.1", "::1"]),
        ("metadata.google.internal", &["169.254.169.254"]),
        ("instance-data.ec2.internal", &["169.254.169.254"]),
        ("kubernetes.default.svc", &["10.96.0.1"]),
        ("127.0.0.1.nip.io", &["127.0.0.1"]),
        ("six.test", &["::ffff:10.0.0.1"]),
        ("nat.test", &["64:ff9b::a00:1"]),
        // One address inside spoils those outside.
        ("mixed.test", &["93.184.216.34", "10.0.0.1"]),
        ("mixed6.test", &["2606:4700::1111", "::1"]),
        ("nothing.test", &[]),
    ];
    for (name, addresses) in cases {
        web.name(name, &[addresses]);
        let url = format!("https://{name}/a.mp4?token=secret");
        let reason = rejection(take(&stage, Source::Url(url), &context).await);
        assert!(
            reason.starts_with("refused: cannot fetch"),
            "{name}: {reason}"
        );
        assert!(reason.contains("no public address"), "{name}: {reason}");
        assert!(!reason.contains("secret"), "{name}: {reason}");
        // A name is asked for once for each connection, so there is nothing to change its mind.
        let asked = web.lookups().iter().filter(|asked| *asked == name).count();
        assert_eq!(asked, 1, "{name}");
    }
    assert_eq!(web.connections(), 0);
    assert_no_file(&context);
}

/// A web with two names: `safe.test` leads to the server, `inner.test` inside.
async fn rebinding(
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Arc<FakeWeb>, Ingest) {
    let certificate = Certificate::new(&["safe.test", "inner.test"]);
    let web = Arc::new(FakeWeb::start(&certificate, answer).await);
    web.name("inner.test", &[&["10.0.0.1"]]);
    let stage = Ingest::with_names(config(&certificate), Arc::new(WebNames(web.clone())));
    (web, stage.unwrap())
}

async fn fetch(stage: &Ingest, url: String) -> Result<Ingested, StageError> {
    let bench = Bench::default();
    let context = bench.context(StageName::Ingest);
    let outcome = take(stage, Source::Url(url), &context).await;
    assert!(context.stored().is_empty() == outcome.is_err());
    outcome
}

#[tokio::test]
async fn row_22_a_name_that_changes_its_mind_is_judged_again() {
    let (web, stage) = rebinding(|request| match request.path() {
        "/first" => Reply::redirect("/second"),
        _ => Reply::new(200, &[], video(1000)),
    })
    .await;
    // Outside at the first question (here: where the server is), inside at the second.
    web.name("safe.test", &[&["127.0.0.1"], &["10.0.0.1"]]);
    let reason = rejection(fetch(&stage, web.url("safe.test", "/first")).await);
    assert!(reason.contains("no public address"), "{reason}");
    assert_eq!((web.count("/first"), web.count("/second")), (1, 0));
    // With a name that stays, the same way leads to the file.
    web.name("safe.test", &[&["127.0.0.1"]]);
    assert!(fetch(&stage, web.url("safe.test", "/first")).await.is_ok());
    assert_eq!(web.count("/second"), 1);
}

#[tokio::test]
async fn row_22_no_redirect_leads_inside() {
    let (web, stage) = rebinding(|request| {
        let target = request.target.split_once("?to=").unwrap_or_default().1;
        Reply::redirect(target)
    })
    .await;
    web.name("safe.test", &[&["127.0.0.1"]]);
    for target in [
        "https://inner.test/a.mp4",
        "https://10.0.0.1/a.mp4",
        "https://[::ffff:169.254.169.254]/latest",
        "https://0xa9fea9fe/latest",
        "//10.0.0.1/a.mp4",
        "http://safe.test/a.mp4",
        "file:///etc/passwd",
        "ftp://safe.test/a.mp4",
        "https://user:secret@safe.test/a.mp4",
        "https://[broken",
        "https://vm.tiktok.com/x",
    ] {
        let before = web.connections();
        let url = web.url("safe.test", &format!("/go?to={target}"));
        let reason = rejection(fetch(&stage, url).await);
        assert!(reason.starts_with("refused: "), "{target}: {reason}");
        assert!(!reason.contains("secret"), "{target}: {reason}");
        assert_eq!(web.connections(), before + 1, "{target}");
    }
}
