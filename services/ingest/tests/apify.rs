//! The interface of Apify when it does not answer as it should.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{
    passing, rejection,
    scene::{Scene, page},
    take,
};
use contracts::StageName;
use stage::StageError;
use std::time::Duration;
use testkit::{Bench, Call, FakeApify, Reply};

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
        let mut scene = Scene::new().await;
        scene.config.apify.run_timeout_s = 20;
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
