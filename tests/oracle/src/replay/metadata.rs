//! Metadata, in the names of the scraper or of the file.

use super::duration;
use contracts::{VideoId, job::VideoMetadata};
use serde_json::Value;

pub(super) fn read(record: &Value) -> VideoMetadata {
    let metadata = &record["metadata"];
    let id = record["video_id"].as_str().unwrap_or("video");
    let id = VideoId::new(id).unwrap_or_else(|_| VideoId::from_name(id));
    let text = |names: &[&str]| -> Option<String> {
        let found = names.iter().find_map(|name| metadata[name].as_str());
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let count = |names: &[&str]| names.iter().find_map(|name| metadata[name].as_u64());
    let object = |names: &[&str]| {
        let found = names.iter().find_map(|name| metadata.get(name));
        found.filter(|value| value.is_object()).cloned()
    };
    let length = duration(record);
    VideoMetadata {
        url: text(&["url", "webVideoUrl"]),
        // An empty caption was read as well, and is one without words.
        description: ["description", "text"]
            .iter()
            .find_map(|name| metadata[name].as_str())
            .map(str::to_owned),
        duration: (length > 0.0).then_some(length),
        views: count(&["views", "playCount"]),
        likes: count(&["likes", "diggCount"]),
        comments: count(&["comments", "commentCount"]),
        shares: count(&["shares", "shareCount"]),
        saves: count(&["saves", "collectCount"]),
        create_time: text(&["createTime", "createTimeISO"]),
        download_url: text(&["downloadUrl"]),
        cover_url: text(&["coverUrl"]),
        hashtags: hashtags(&metadata["hashtags"]),
        music: object(&["music", "musicMeta"]),
        author: object(&["author", "authorMeta"]),
        ..VideoMetadata::unknown(id)
    }
}

fn hashtags(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    let name = |item: &Value| item["name"].as_str().or(item.as_str()).map(str::to_owned);
    items.filter_map(name).collect()
}
