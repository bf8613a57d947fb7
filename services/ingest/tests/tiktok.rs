//! Videos of TikTok, through an interface that speaks as Apify's does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{
    context_of, passing, rejection,
    scene::{ID, PAGE, Scene, page},
    take, video,
};
use contracts::{Sha256, StageName, job::Source, messages::Ingested};
use serde_json::json;
use stage::StageError;
use std::time::Duration;
use testkit::{Bench, FakeApify};

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
