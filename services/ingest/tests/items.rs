//! Items of a scraper's dataset, as found and as nobody would send them.
#![allow(clippy::unwrap_used, reason = "tests")]

use ingest::compute::apify::{ItemError, metadata};
use proptest::prelude::*;
use serde_json::{Value, json};

fn item() -> Value {
    json!({
        "id": "7522345762324237623",
        "text": "Visit the shop #detox",
        "createTime": 1_751_432_619,
        "createTimeISO": "2025-07-02T05:03:39.000Z",
        "authorMeta": {"name": "herbs", "verified": false},
        "musicMeta": {"musicName": "original sound"},
        "webVideoUrl": "https://www.tiktok.com/@herbs/video/7522345762324237623",
        "mediaUrls": ["https://cdn.example.com/a.mp4"],
        "videoMeta": {"duration": 18, "coverUrl": "https://cdn.example.com/a.jpg"},
        "playCount": 100, "diggCount": 10, "commentCount": 3, "shareCount": 0, "collectCount": 2,
        "hashtags": [{"name": "detox"}, {"name": ""}, "#fyp"],
    })
}

#[test]
fn what_the_item_tells_is_taken_over() {
    let found = metadata(&item()).unwrap();
    assert_eq!(found.id.as_str(), "7522345762324237623");
    assert_eq!(found.description.as_deref(), Some("Visit the shop #detox"));
    assert_eq!(found.duration, Some(18.0));
    assert_eq!(
        (
            found.views,
            found.likes,
            found.comments,
            found.shares,
            found.saves
        ),
        (Some(100), Some(10), Some(3), Some(0), Some(2))
    );
    assert_eq!(
        found.create_time.as_deref(),
        Some("2025-07-02T05:03:39.000Z")
    );
    assert_eq!(
        found.download_url.as_deref(),
        Some("https://cdn.example.com/a.mp4")
    );
    assert_eq!(
        found.cover_url.as_deref(),
        Some("https://cdn.example.com/a.jpg")
    );
    assert_eq!(found.hashtags, ["detox", "fyp"]);
    assert_eq!(found.author.unwrap()["name"], "herbs");
}

#[test]
fn what_it_does_not_tell_is_null() {
    let found = metadata(&json!({"id": "1", "text": null, "videoMeta": {"duration": 0}})).unwrap();
    assert_eq!(
        found,
        contracts::job::VideoMetadata::unknown(contracts::VideoId::new("1").unwrap())
    );
}

#[test]
fn seconds_since_the_epoch_become_a_date() {
    let mut item = item();
    item.as_object_mut().unwrap().remove("createTimeISO");
    let found = metadata(&item).unwrap();
    assert_eq!(found.create_time.as_deref(), Some("2025-07-02T05:03:39Z"));
    item["createTime"] = json!(i64::MAX);
    assert_eq!(metadata(&item).unwrap().create_time, None);
}

#[test]
fn the_first_address_that_is_filled_counts() {
    let mut item = item();
    item["videoUrl"] = json!("");
    item["downloadAddr"] = json!("https://cdn.example.com/b.mp4");
    assert_eq!(
        metadata(&item).unwrap().download_url.as_deref(),
        Some("https://cdn.example.com/b.mp4")
    );
}

#[test]
fn what_is_no_video_is_refused() {
    let mut item = item();
    item["isSlideshow"] = json!(true);
    assert!(matches!(metadata(&item), Err(ItemError::Slideshow(_))));
    for id in [json!(null), json!(""), json!("../../etc"), json!({})] {
        assert_eq!(metadata(&json!({ "id": id })), Err(ItemError::NoId));
    }
    assert_eq!(metadata(&json!([])), Err(ItemError::NoId));
}

proptest! {
    #[test]
    fn whatever_stands_in_a_field_costs_only_that_field(
        field in prop::sample::select(vec![
            "text", "createTimeISO", "authorMeta", "mediaUrls", "videoMeta", "playCount", "hashtags",
        ]),
        odd in prop::sample::select(vec![
            json!(null), json!(-1), json!(1.5), json!(true), json!([1, [2]]), json!({"x": 1}),
            json!(""), json!(1e300),
        ]),
    ) {
        let mut spoilt = item();
        spoilt[field] = odd;
        let found = metadata(&spoilt).unwrap();
        prop_assert_eq!(found.likes, Some(10));
        prop_assert_eq!(found.id.as_str(), "7522345762324237623");
    }
}
