//! Videos of TikTok, through an interface that speaks as Apify's does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{WebNames, assert_no_file, config, context_of, passing, rejection, take, video};
use contracts::{ArtifactKey, ArtifactRef, Sha256, StageName, job::Source, messages::Ingested};
use ingest::{Ingest, IngestConfig};
use serde_json::{Value, json};
use stage::{Artifacts, StageContext, StageError};
use std::{sync::Arc, time::Duration};
use testkit::{Bench, Call, Certificate, FakeApify, FakeWeb, Reply, Request};

const ID: &str = "7280654844715666731";
const PAGE: &str = "https://www.tiktok.com/@someone/video/7280654844715666731";
/// Ten seconds before the clock of a bench.
const JUST_NOW: &str = "2023-11-14T22:13:10.000Z";

/// Apify, a host of files, and what is asked of them.
struct Scene {
    apify: FakeApify,
    files: Arc<FakeWeb>,
    config: IngestConfig,
    bench: Bench,
    _certificate: Certificate,
}

fn files(request: &Request) -> Reply {
    match request.path() {
        "/clip.mp4" => Reply::new(200, &[], video(50_000)),
        "/slow.mp4" => Reply::head(200, &[("content-length", "1000")])
            .wait(Duration::from_millis(200))
            .send(video(1000)),
        "/moved" => Reply::redirect("/clip.mp4"),
        "/forbidden" => Reply::new(403, &[], "secret"),
        "/ZMvideo" | "/t/ZTvideo" => Reply::redirect(&format!("{PAGE}?_r=1")),
        "/ZMtwice" => Reply::redirect("/ZMvideo"),
        "/ZMphoto" => Reply::redirect(&PAGE.replace("/video/", "/photo/")),
        "/ZMhome" => Reply::redirect("https://www.tiktok.com/?_r=1"),
        "/ZMelsewhere" => Reply::redirect("https://elsewhere.test/x"),
        "/ZMchallenge" => Reply::new(200, &[], "prove that you are human"),
        _ => Reply::new(404, &[], ""),
    }
}

impl Scene {
    async fn new() -> Self {
        let certificate = Certificate::new(&["localhost", "files.test", "vm.tiktok.com"]);
        let apify = FakeApify::start(&certificate).await;
        let web = FakeWeb::start(&certificate, files).await;
        for name in ["localhost", "files.test", "vm.tiktok.com"] {
            web.name(name, &[&["127.0.0.1"]]);
        }
        let mut config = config(&certificate);
        config.apify.token = Some(FakeApify::token().into());
        config.apify.base_url = apify.base_url();
        config.apify.poll_interval_ms = 1;
        config.apify.backoff_ms = 1;
        apify.items(json!([FakeApify::video(
            ID,
            &web.url("files.test", "/clip.mp4")
        )]));
        Self {
            apify,
            files: Arc::new(web),
            config,
            bench: Bench::default(),
            _certificate: certificate,
        }
    }

    fn stage(&self) -> Ingest {
        let names = WebNames(self.files.clone());
        Ingest::with_names(self.config.clone(), Arc::new(names)).unwrap()
    }

    fn context(&self) -> StageContext {
        self.bench.context(StageName::Ingest)
    }

    /// A fresh stage takes the page in.
    async fn take(&self) -> Result<Ingested, StageError> {
        take(&self.stage(), page(), &self.context()).await
    }

    /// The items are these, and nothing is known of earlier attempts.
    async fn take_items(&self, items: Value) -> Result<Ingested, StageError> {
        self.apify.items(items);
        let bench = Bench::default();
        take(&self.stage(), page(), &bench.context(StageName::Ingest)).await
    }

    fn item(&self, changes: Value) -> Value {
        let mut item = FakeApify::video(ID, &self.files.url("files.test", "/clip.mp4"));
        for (field, value) in changes.as_object().unwrap() {
            item[field] = value.clone();
        }
        item
    }

    /// Requests of this kind to Apify.
    fn asked(&self, what: &str) -> usize {
        let requests = self.apify.web().requests();
        requests
            .iter()
            .filter(|request| request.path().contains(what))
            .count()
    }
}

fn page() -> Source {
    Source::Url(PAGE.into())
}

#[tokio::test]
async fn a_video_is_asked_for_fetched_and_described() {
    let scene = Scene::new().await;
    let context = scene.context();
    let taken = take(&scene.stage(), page(), &context).await.unwrap();
    assert_eq!(taken.source.digest, Sha256::of(&video(50_000)));
    assert_eq!(context.stored(), std::slice::from_ref(&taken.source));
    let metadata = serde_json::to_value(&taken.metadata).unwrap();
    assert_eq!(metadata["id"], ID);
    assert_eq!(metadata["views"], 132_100);
    assert_eq!(
        (&metadata["widthPx"], &metadata["heightPx"]),
        (&json!(576), &json!(1024))
    );
    assert_eq!(metadata["textLanguage"], "en");
    assert_eq!(
        (&metadata["isAd"], &metadata["mentions"]),
        (&json!(false), &json!([]))
    );
    assert!(
        metadata.get("location").is_none(),
        "what is not told is not there"
    );
    assert_eq!(
        scene.apify.inputs(),
        [json!({
            "postURLs": [PAGE],
            "resultsPerPage": 1,
            "shouldDownloadVideos": true,
            "shouldDownloadCovers": true,
            "shouldDownloadSubtitles": true,
            "proxyConfiguration": {"useApifyProxy": true},
        })]
    );
    let paths: Vec<String> = scene
        .apify
        .web()
        .requests()
        .iter()
        .map(|r| r.path().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "/v2/acts/GdWCkxBtKWOsKjdch/runs",
            "/v2/actor-runs/run1",
            "/v2/actor-runs/run1",
            "/v2/datasets/datasetrun1/items"
        ]
    );
}

#[tokio::test]
async fn the_token_goes_to_apify_and_nowhere_else() {
    let scene = Scene::new().await;
    let address = scene.files.url("files.test", "/moved");
    scene
        .take_items(json!([scene.item(json!({"mediaUrls": [address]}))]))
        .await
        .unwrap();
    let link = Source::Url(scene.files.url("vm.tiktok.com", "/ZMvideo"));
    take(&scene.stage(), link, &scene.context()).await.unwrap();
    assert_eq!(
        (scene.files.count("/moved"), scene.files.count("/ZMvideo")),
        (2, 1)
    );
    for request in scene.files.requests() {
        let text = format!("{request:?}");
        assert!(
            !text.contains("authorization") && !text.contains(FakeApify::token()),
            "{text}"
        );
    }
    // Its own store of files needs it: without, the answer would have been 401.
    let own = scene
        .apify
        .web()
        .url("localhost", "/v2/key-value-stores/a/records/video.mp4");
    let outcome = scene
        .take_items(json!([scene.item(json!({"mediaUrls": [own]}))]))
        .await;
    assert_eq!(rejection(outcome), "gone: localhost answered 404");
    let wanted = format!("Bearer {}", FakeApify::token());
    for request in scene.apify.web().requests() {
        assert_eq!(
            request.header("authorization"),
            Some(wanted.as_str()),
            "{}",
            request.target
        );
        assert!(
            !request.target.contains(FakeApify::token()),
            "{}",
            request.target
        );
    }
}

#[tokio::test]
async fn every_end_of_a_run_is_an_end() {
    for (statuses, says) in [
        (&["RUNNING", "FAILED"][..], "failed"),
        (&["READY", "ABORTING", "ABORTED"], "was aborted"),
        (
            &["RUNNING", "TIMING-OUT", "TIMED-OUT"],
            "ran out of its time",
        ),
    ] {
        let scene = Scene::new().await;
        scene.apify.statuses(statuses);
        let reason = passing(scene.take().await);
        assert_eq!(
            reason,
            format!("extractor_broken: the scraper's run {says}")
        );
        assert_eq!(scene.asked("/actor-runs/"), statuses.len());
        assert_eq!(scene.files.connections(), 0);
    }
}

#[tokio::test]
async fn a_run_that_never_ends_is_given_up() {
    let mut scene = Scene::new().await;
    scene.apify.statuses(&["RUNNING"]);
    scene.config.apify.run_timeout_s = 1;
    let reason = passing(scene.take().await);
    assert!(
        reason.starts_with("timed_out: run took over 1s"),
        "{reason}"
    );
}

#[tokio::test]
async fn what_may_pass_is_asked_again_a_few_times() {
    let scene = Scene::new().await;
    scene
        .apify
        .reply_once(Call::Begin, FakeApify::error(429, "rate-limit-exceeded"));
    scene
        .apify
        .reply_once(Call::Begin, Reply::new(429, &[("retry-after", "0")], ""));
    scene
        .apify
        .reply_once(Call::Look, FakeApify::error(500, "internal-server-error"));
    scene
        .apify
        .reply_once(Call::Look, Reply::new(502, &[], "<html>bad gateway"));
    scene.apify.reply_once(Call::Items, Reply::default());
    scene.take().await.unwrap();
    assert_eq!(scene.asked("/runs"), 3);
    assert_eq!(scene.asked("/items"), 2);

    let scene = Scene::new().await;
    for _ in 0..9 {
        scene
            .apify
            .reply_once(Call::Begin, FakeApify::error(503, "busy"));
    }
    let reason = passing(scene.take().await);
    assert_eq!(reason, "unreachable: apify answered 503");
    assert_eq!(scene.asked("/runs"), 3);
}

#[tokio::test]
async fn a_long_wait_is_left_to_the_queue() {
    let scene = Scene::new().await;
    let busy = Reply::new(429, &[("retry-after", "99")], "");
    scene.apify.reply_once(Call::Begin, busy);
    match scene.take().await {
        Err(StageError::Transient {
            retry_after,
            parked: false,
            ..
        }) => assert_eq!(retry_after, Some(Duration::from_secs(99))),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.asked("/runs"), 1);
}

#[tokio::test]
async fn a_run_that_may_have_begun_is_not_begun_again() {
    let mut scene = Scene::new().await;
    scene.config.apify.request_timeout_s = 1;
    scene.apify.reply_once(Call::Begin, Reply::default().hang());
    let reason = passing(scene.take().await);
    assert!(
        reason.starts_with("timed_out: cannot fetch from apify"),
        "{reason}"
    );
    scene.apify.reply_once(Call::Begin, Reply::default());
    let reason = passing(scene.take().await);
    assert!(
        reason.starts_with("unreachable: cannot fetch from apify"),
        "{reason}"
    );
    assert_eq!(scene.asked("/runs"), 2);
}

#[tokio::test]
async fn nobody_listening_is_temporary() {
    let mut scene = Scene::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    scene.config.apify.base_url = format!("https://localhost:{port}/v2");
    let reason = passing(scene.take().await);
    assert!(
        reason.starts_with("unreachable: cannot fetch from apify"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_account_that_is_not_accepted_is_named() {
    let mut scene = Scene::new().await;
    scene.config.apify.token = Some("stale-secret".into());
    let reason = rejection(scene.take().await);
    assert!(
        reason.starts_with("not_configured: apify answered 401"),
        "{reason}"
    );
    assert!(
        reason.contains("ingest.apify.token") && reason.contains("APIFY_API_TOKEN"),
        "{reason}"
    );
    assert!(
        !reason.contains("secret") && !reason.contains("repeated"),
        "{reason}"
    );

    let before = scene.apify.web().connections();
    for token in [None, Some(" ".into())] {
        scene.config.apify.token = token;
        let reason = rejection(scene.take().await);
        assert!(
            reason.starts_with("not_configured: ") && reason.contains("APIFY_API_TOKEN"),
            "{reason}"
        );
    }
    assert_eq!(scene.apify.web().connections(), before);
}

#[tokio::test]
async fn without_credit_jobs_wait_and_no_attempt_counts() {
    let scene = Scene::new().await;
    scene.apify.reply_once(
        Call::Begin,
        FakeApify::error(402, "not-enough-usage-to-run-paid-actor"),
    );
    match scene.take().await {
        Err(
            error @ StageError::Transient {
                parked: true,
                retry_after: Some(_),
                ..
            },
        ) => assert_eq!(error.reason(), "quota_exhausted: apify answered 402"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn items_without_a_video_say_why() {
    let scene = Scene::new().await;
    for (code, text, reason) in [
        (
            "POST_NOT_FOUND_OR_PRIVATE",
            "Post not found or private",
            "gone: the scraper says: not found or private",
        ),
        (
            "",
            "This post is private",
            "private: the scraper says: private",
        ),
        (
            "",
            "not available in your region",
            "geo_restricted: the scraper says: not shown in the scraper's region",
        ),
    ] {
        let outcome = scene
            .take_items(json!([FakeApify::problem(code, text)]))
            .await;
        assert_eq!(rejection(outcome), reason);
    }
    let slideshow = scene.item(json!({"isSlideshow": true}));
    assert!(rejection(scene.take_items(json!([slideshow])).await).starts_with("photo_post: "));
    let photo = Source::Url(PAGE.replace("/video/", "/photo/"));
    let before = scene.apify.web().connections();
    let reason = rejection(take(&scene.stage(), photo, &scene.context()).await);
    assert!(reason.starts_with("photo_post: "), "{reason}");
    assert_eq!(scene.apify.web().connections(), before);

    for (items, start) in [
        (json!([]), "no_data: "),
        (
            json!({"error": {"type": "odd"}}),
            "extractor_broken: the dataset is not a list",
        ),
        (
            json!([FakeApify::problem("CAPTCHA", "blocked")]),
            "blocked: ",
        ),
        (
            json!([FakeApify::problem("X", "undefined")]),
            "extractor_broken: ",
        ),
        (
            json!([scene.item(json!({"id": "1"}))]),
            "extractor_broken: the scraper told of another",
        ),
        (
            json!([scene.item(json!({"mediaUrls": []}))]),
            "extractor_broken: the scraper told of the video",
        ),
        (
            json!([scene.item(json!({"mediaUrls": ["https://10.0.0.1/a.mp4"]}))]),
            "extractor_broken: the scraper gave an address that is not fetched",
        ),
    ] {
        let reason = passing(scene.take_items(items).await);
        assert!(reason.starts_with(start), "{reason}");
    }
    assert_eq!(scene.files.connections(), 0);
}

#[tokio::test]
async fn too_long_and_too_short_are_told_before_the_bytes_are_fetched() {
    let scene = Scene::new().await;
    for (seconds, start) in [(301, "too_long: lasts 301 s"), (2, "too_short: lasts 2 s")] {
        let item = scene.item(json!({"videoMeta": {"duration": seconds}}));
        let reason = rejection(scene.take_items(json!([item])).await);
        assert!(
            reason.starts_with(start) && reason.contains("video_duration_s"),
            "{reason}"
        );
    }
    assert_eq!(scene.files.connections(), 0);
    let item = scene.item(json!({"videoMeta": {"duration": 300}}));
    scene.take_items(json!([item])).await.unwrap();
}

#[tokio::test]
async fn answers_that_are_no_answers_are_the_scrapers_fault() {
    let mut scene = Scene::new().await;
    scene.config.apify.max_answer_bytes = 10_000;
    for (call, reply, says) in [
        (
            Call::Items,
            Reply::new(200, &[], "<html>secret"),
            "apify's answer is not JSON",
        ),
        (
            Call::Items,
            Reply::head(200, &[]).repeat("[".repeat(5000), Duration::ZERO),
            "apify's answer is over 10000 bytes",
        ),
        (
            Call::Begin,
            Reply::new(201, &[], "{\"data\": {\"id\": \"../acts\"}}"),
            "apify began a run without an id",
        ),
        (
            Call::Look,
            Reply::new(200, &[], "{\"data\": {\"status\": \"SUCCEEDED\"}}"),
            "the run has no dataset",
        ),
        (
            Call::Look,
            FakeApify::error(404, "record-not-found"),
            "apify answered 404",
        ),
    ] {
        scene.apify.reply_once(call, reply);
        let bench = Bench::default();
        let outcome = take(&scene.stage(), page(), &bench.context(StageName::Ingest)).await;
        assert_eq!(passing(outcome), format!("extractor_broken: {says}"));
    }
}

#[tokio::test]
async fn a_host_of_files_that_refuses_is_asked_again_later() {
    let scene = Scene::new().await;
    let address = scene.files.url("files.test", "/forbidden");
    let reason = passing(
        scene
            .take_items(json!([scene.item(json!({"mediaUrls": [address]}))]))
            .await,
    );
    assert_eq!(reason, "blocked: files.test answered 403");
}

#[tokio::test]
async fn an_attempt_after_a_crash_awaits_the_run_that_was_begun() {
    let scene = Scene::new().await;
    scene.apify.statuses(&["RUNNING"]);
    let (stage, context) = (scene.stage(), scene.context());
    let begun = async {
        while scene.asked("/actor-runs/run1") == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let limited = tokio::time::timeout(Duration::from_secs(20), begun);
    tokio::select! {
        outcome = take(&stage, page(), &context) => panic!("{outcome:?}"),
        begun = limited => begun.unwrap(),
    }
    scene.apify.statuses(&["RUNNING", "SUCCEEDED"]);
    scene.take().await.unwrap();
    assert_eq!(scene.asked("/runs"), 1, "one run is paid for");
    let stored = scene.bench.artifacts.list("jobs/test/").await.unwrap();
    let stored: Vec<&str> = stored.iter().map(ArtifactKey::as_str).collect();
    assert_eq!(stored, ["jobs/test/ingest-runs/1.json"]);
}

#[tokio::test]
async fn only_a_run_that_ended_well_a_short_time_ago_is_used_again() {
    for (finished_at, statuses, runs) in [
        (JUST_NOW, &["SUCCEEDED"][..], 1),
        ("2023-11-14T21:00:00.000Z", &["SUCCEEDED"], 2),
        ("yesterday", &["SUCCEEDED"], 2),
        (JUST_NOW, &["FAILED", "FAILED", "SUCCEEDED"], 2),
    ] {
        let scene = Scene::new().await;
        scene.apify.statuses(statuses);
        scene.apify.finished_at(finished_at);
        // The first attempt fails after the run: at its end, or at its items.
        scene
            .apify
            .reply_once(Call::Items, FakeApify::error(400, "odd"));
        let first = scene.take().await;
        assert!(first.is_err());
        let second = scene.take().await;
        assert_eq!(
            scene.asked("/runs"),
            runs,
            "{finished_at} {statuses:?}: {second:?}"
        );
    }
}

#[tokio::test]
async fn the_same_video_is_fetched_once_and_described_anew() {
    let scene = Scene::new().await;
    let stage = scene.stage();
    let scratch = tempfile::tempdir().unwrap();
    let first = take(&stage, page(), &context_of("first", &scene.bench, &scratch))
        .await
        .unwrap();
    // Without an address: the bytes are not asked for either.
    scene.apify.items(json!([
        scene.item(json!({"playCount": 200_000, "mediaUrls": []}))
    ]));
    let scratch = tempfile::tempdir().unwrap();
    let context = context_of("second", &scene.bench, &scratch);
    let bare = Source::Url(ID.into());
    let second = take(&scene.stage(), bare, &context).await.unwrap();
    assert_eq!(second.source, first.source);
    assert_eq!(context.stored(), [second.source], "the manifest names it");
    assert_eq!(
        (first.metadata.views, second.metadata.views),
        (Some(132_100), Some(200_000))
    );
    assert_eq!(scene.files.count("/clip.mp4"), 1);
    let inputs = scene.apify.inputs();
    assert_eq!(inputs[1]["shouldDownloadVideos"], false);
    assert_eq!(
        inputs[1]["postURLs"][0],
        format!("https://www.tiktok.com/@_/video/{ID}")
    );
    assert_no_file(&context);
}

#[tokio::test]
async fn an_entry_whose_bytes_are_gone_counts_for_nothing() {
    let scene = Scene::new().await;
    let gone = ArtifactRef {
        key: ArtifactKey::of_media(Sha256::of(b"gone"), "source.mp4").unwrap(),
        digest: Sha256::of(b"gone"),
        size_bytes: 4,
    };
    let folder = format!("sources/tiktok/{ID}");
    for (name, bytes) in [
        (gone.digest.to_string(), serde_json::to_vec(&gone).unwrap()),
        ("0".into(), b"not ours".to_vec()),
        ("1".into(), vec![b' '; 10_000]),
    ] {
        let key = ArtifactKey::new(format!("{folder}/{name}.json")).unwrap();
        scene.bench.artifacts.put(&key, bytes.into()).await.unwrap();
    }
    let taken = scene.take().await.unwrap();
    assert_eq!(taken.source.digest, Sha256::of(&video(50_000)));
    assert_eq!(scene.files.count("/clip.mp4"), 1);
    // Now there is one that counts.
    scene.take().await.unwrap();
    assert_eq!(scene.files.count("/clip.mp4"), 1);
}

#[tokio::test]
async fn two_jobs_at_once_fetch_the_same_video_once() {
    let scene = Scene::new().await;
    let address = scene.files.url("files.test", "/slow.mp4");
    scene
        .apify
        .items(json!([scene.item(json!({"mediaUrls": [address]}))]));
    let stage = scene.stage();
    let scratch = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let contexts: Vec<StageContext> = scratch
        .iter()
        .enumerate()
        .map(|(index, scratch)| context_of(&format!("job-{index}"), &scene.bench, scratch))
        .collect();
    let all = tokio::join!(
        take(&stage, page(), &contexts[0]),
        take(&stage, page(), &contexts[1]),
        take(&stage, page(), &contexts[2]),
        take(&stage, page(), &contexts[3]),
    );
    let sources = [all.0, all.1, all.2, all.3].map(|taken| taken.unwrap().source);
    assert!(sources.iter().all(|source| *source == sources[0]));
    assert_eq!(scene.files.count("/slow.mp4"), 1);
}

#[tokio::test]
async fn a_platform_that_fails_is_left_alone_until_one_succeeds() {
    let mut scene = Scene::new().await;
    scene.config.breaker.failures = 2;
    let stage = scene.stage();
    let scratch = tempfile::tempdir().unwrap();
    let mut job = 0;
    let mut next = || {
        job += 1;
        context_of(&format!("job-{job}"), &scene.bench, &scratch)
    };
    // What is the video's fault does not count.
    let gone = FakeApify::problem("POST_NOT_FOUND_OR_PRIVATE", "");
    scene.apify.items(json!([gone]));
    for _ in 0..5 {
        rejection(take(&stage, page(), &next()).await);
    }
    scene
        .apify
        .items(json!([FakeApify::problem("CAPTCHA", "")]));
    for _ in 0..2 {
        assert!(passing(take(&stage, page(), &next()).await).starts_with("blocked: "));
    }
    let parked = |outcome: Result<Ingested, StageError>| match outcome {
        Err(
            ref error @ StageError::Transient {
                parked: true,
                retry_after: Some(wait),
                ..
            },
        ) => {
            assert!(error.reason().starts_with("paused: "), "{}", error.reason());
            wait.as_secs()
        }
        other => panic!("{other:?}"),
    };
    let before = scene.apify.web().connections();
    scene.bench.clock.advance(Duration::from_secs(20));
    assert_eq!(parked(take(&stage, page(), &next()).await), 40);
    let direct = Source::Url(scene.files.url("files.test", "/clip.mp4"));
    take(&stage, direct, &next()).await.unwrap();
    assert_eq!(scene.apify.web().connections(), before, "nothing is asked");
    // One may try, fails, and it stays as it was.
    scene.bench.clock.advance(Duration::from_secs(40));
    assert!(passing(take(&stage, page(), &next()).await).starts_with("blocked: "));
    assert_eq!(parked(take(&stage, page(), &next()).await), 60);
    scene.bench.clock.advance(Duration::from_secs(60));
    scene.apify.items(json!([scene.item(json!({}))]));
    take(&stage, page(), &next()).await.unwrap();
    take(&stage, page(), &next()).await.unwrap();
}

#[tokio::test]
async fn short_links_are_followed_as_far_as_a_video() {
    let scene = Scene::new().await;
    let follow = async |code: &str| {
        let bench = Bench::default();
        let link = Source::Url(scene.files.url("vm.tiktok.com", code));
        let outcome = take(&scene.stage(), link, &bench.context(StageName::Ingest)).await;
        let asked = scene.apify.inputs().last().cloned().unwrap_or_default();
        let asked = asked["postURLs"][0].as_str().unwrap_or_default().to_owned();
        (outcome, asked)
    };
    let (outcome, _) = follow("/ZMphoto").await;
    assert!(rejection(outcome).starts_with("photo_post: "));
    let (outcome, _) = follow("/ZMabsent").await;
    assert!(rejection(outcome).starts_with("gone: "));
    assert!(scene.apify.inputs().is_empty(), "nothing was paid for");
    for code in ["/ZMvideo", "/ZMtwice"] {
        let (outcome, asked) = follow(code).await;
        assert_eq!(outcome.unwrap().metadata.id.as_str(), ID, "{code}");
        assert_eq!(asked, PAGE, "{code}");
    }
    // Where it leads nowhere we know, the scraper may try.
    for code in ["/ZMhome", "/ZMelsewhere", "/ZMchallenge"] {
        let (outcome, asked) = follow(code).await;
        assert_eq!(outcome.unwrap().metadata.id.as_str(), ID, "{code}");
        assert_eq!(asked, scene.files.url("vm.tiktok.com", code));
    }
    let names = scene.files.lookups();
    let known = ["vm.tiktok.com", "files.test"];
    assert!(
        names.iter().all(|name| known.contains(&name.as_str())),
        "{names:?}"
    );
}
