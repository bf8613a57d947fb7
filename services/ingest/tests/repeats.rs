//! What is not asked for, fetched or paid for twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{
    assert_no_file, context_of, passing,
    scene::{ID, JUST_NOW, Scene, page},
    take, video,
};
use contracts::{ArtifactKey, ArtifactRef, Sha256, job::Source};
use serde_json::json;
use stage::{Artifacts, StageContext};
use std::time::Duration;
use testkit::{Call, FakeApify};

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
async fn what_a_run_told_decides_whether_another_is_needed() {
    // The scraper was held up, or the address it gave is no longer good: again.
    for (changes, items) in [
        (json!({}), vec![FakeApify::problem("CAPTCHA", "")]),
        (json!({}), vec![]),
        (json!({"mediaUrls": []}), vec![]),
        (json!({"path": "/forbidden"}), vec![]),
        // Their host is busy: what the run told is still good.
        (json!({"path": "/busy"}), vec![]),
    ] {
        let scene = Scene::new().await;
        scene.apify.finished_at(JUST_NOW);
        let is_empty = changes == json!({});
        let path = changes["path"].as_str().unwrap_or("/clip.mp4").to_owned();
        let mut item = scene.item(changes.clone());
        if path != "/clip.mp4" {
            item["mediaUrls"] = json!([scene.files.url("files.test", &path)]);
        }
        scene.apify.items(if is_empty {
            json!(items)
        } else {
            json!([item])
        });
        passing(scene.take().await);
        scene.apify.items(json!([scene.item(json!({}))]));
        scene.take().await.unwrap();
        let runs = if path == "/busy" { 1 } else { 2 };
        assert_eq!(scene.asked("/runs"), runs, "{changes} {items:?}");
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
