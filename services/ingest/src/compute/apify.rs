//! What an item of the dataset of Apify's TikTok scraper tells of a video.
//!
//! Several names were in use for one thing over the years; the first that holds something counts.
//! What the item does not tell is null.

use contracts::{VideoId, job::VideoMetadata};
use jiff::Timestamp;
use serde_json::Value;

/// Hashtags taken over; captions hold fewer.
pub const MAX_HASHTAGS: usize = 256;

/// Mentions and effects taken over, of each.
pub const MAX_NAMES: usize = 256;

/// Why an item tells of no video.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// It has no usable id.
    #[error("item has no video id of letters, digits, '-' or '_'")]
    NoId,
    /// It is a row of pictures.
    #[error("'{0}' is a slideshow, not a video; slideshows are not analysed")]
    Slideshow(VideoId),
}

/// The metadata an item tells, in the one shape all sources share.
///
/// # Errors
/// [`ItemError`] if it tells of no video.
pub fn metadata(item: &Value) -> Result<VideoMetadata, ItemError> {
    let id = match &item["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return Err(ItemError::NoId),
    };
    let id = VideoId::new(id).map_err(|_| ItemError::NoId)?;
    if item["isSlideshow"] == true {
        return Err(ItemError::Slideshow(id));
    }
    let media = &item["mediaUrls"];
    let video = &item["videoMeta"];
    Ok(VideoMetadata {
        url: text([&item["webVideoUrl"], &item["url"]]),
        description: text([&item["text"], &item["description"]]),
        duration: [&video["duration"], &item["duration"]]
            .into_iter()
            .find_map(seconds),
        views: count([&item["playCount"], &item["views"]]),
        likes: count([&item["diggCount"], &item["likes"]]),
        comments: count([&item["commentCount"], &item["comments"]]),
        shares: count([&item["shareCount"], &item["shares"]]),
        saves: count([&item["collectCount"], &item["saves"]]),
        create_time: create_time(item),
        download_url: filled([
            &item["videoUrl"],
            &item["downloadAddr"],
            &media[0],
            &item["downloadUrl"],
            &video["downloadAddr"],
        ]),
        cover_url: filled([
            &video["cover"],
            &video["coverUrl"],
            &video["originalCoverUrl"],
            &item["coverUrl"],
        ]),
        hashtags: hashtags(&item["hashtags"]),
        music: object([&item["musicMeta"], &item["music"]]),
        author: object([&item["authorMeta"], &Value::Null]),
        width_px: pixels(&video["width"]),
        height_px: pixels(&video["height"]),
        text_language: filled([&item["textLanguage"]]),
        mentions: names(&item["mentions"]),
        detailed_mentions: objects(&item["detailedMentions"]),
        effect_stickers: names(&item["effectStickers"]),
        is_ad: item["isAd"].as_bool(),
        is_sponsored: item["isSponsored"].as_bool(),
        location: object([&item["locationMeta"], &Value::Null]),
        location_created: filled([&item["locationCreated"]]),
        id,
    })
}

fn text<const N: usize>(places: [&Value; N]) -> Option<String> {
    let found = places.into_iter().find_map(Value::as_str);
    found.map(str::to_owned)
}

/// An empty address is none.
fn filled<const N: usize>(places: [&Value; N]) -> Option<String> {
    let mut texts = places.into_iter().filter_map(Value::as_str);
    texts.find(|text| !text.is_empty()).map(str::to_owned)
}

fn count(places: [&Value; 2]) -> Option<u64> {
    places.into_iter().find_map(Value::as_u64)
}

fn object(places: [&Value; 2]) -> Option<Value> {
    places.into_iter().find(|place| place.is_object()).cloned()
}

/// A length the platform tells; zero is none.
fn seconds(place: &Value) -> Option<f64> {
    place.as_f64().filter(|seconds| *seconds > 0.0)
}

/// Publication time as ISO 8601; seconds since the Unix epoch are turned into it.
fn create_time(item: &Value) -> Option<String> {
    let written = text([&item["createTimeISO"], &item["createTime"]]);
    written.or_else(|| {
        let epoch = item["createTime"].as_i64()?;
        let time = Timestamp::from_second(epoch).ok()?;
        Some(time.to_string())
    })
}

/// A side of the picture; zero is none.
fn pixels(place: &Value) -> Option<u32> {
    let pixels = place.as_u64().and_then(|pixels| u32::try_from(pixels).ok());
    pixels.filter(|pixels| *pixels > 0)
}

/// Names in a list, whether listed as text or as objects with a name; `None` if there is no list.
fn names(list: &Value) -> Option<Vec<String>> {
    let items = list.as_array()?.iter();
    let named = items
        .filter_map(|item| item.as_str().or_else(|| item["name"].as_str()))
        .map(|name| name.trim_start_matches('@').to_owned())
        .filter(|name| !name.is_empty());
    Some(named.take(MAX_NAMES).collect())
}

/// Objects in a list; `None` if there is no list.
fn objects(list: &Value) -> Option<Vec<Value>> {
    let items = list.as_array()?.iter();
    let objects = items.filter(|item| item.is_object()).cloned();
    Some(objects.take(MAX_NAMES).collect())
}

/// Names without `#`, whether listed as text or as objects with a name.
fn hashtags(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().or_else(|| item["name"].as_str()))
        .map(|name| name.trim_start_matches('#').to_owned())
        .filter(|name| !name.is_empty())
        .take(MAX_HASHTAGS)
        .collect()
}
