//! What the answers of hosts and of the scraper mean.

use super::apify;
use crate::{
    config::IngestConfig,
    failure::{Failure, Kind},
};
use contracts::{VideoId, job::VideoMetadata};
use serde_json::Value;
use std::collections::HashSet;

/// What a status other than success means, from whoever holds a file.
#[must_use]
pub const fn kind_of_status(status: u16) -> Kind {
    match status {
        401 => Kind::Private,
        403 => Kind::Blocked,
        404 | 410 => Kind::Gone,
        408 => Kind::TimedOut,
        429 => Kind::RateLimited,
        451 => Kind::GeoRestricted,
        500..=599 => Kind::Unreachable,
        _ => Kind::Refused,
    }
}

/// What a status other than success means, from Apify's own interface; `error_type` is the stable
/// name that its error answers carry.
#[must_use]
pub fn kind_of_api(status: u16, error_type: Option<&str>) -> Kind {
    match (status, error_type) {
        // The account's limit of spending, or of memory in use at a time.
        (402, _) | (403, Some("platform-feature-disabled")) => Kind::QuotaExhausted,
        (401 | 403, _) => Kind::NotConfigured,
        (408, _) => Kind::TimedOut,
        (429, _) => Kind::RateLimited,
        (500..=599, _) => Kind::Unreachable,
        _ => Kind::ExtractorBroken,
    }
}

/// How far a run of the scraper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Not at its end.
    Running,
    /// Ended, and there is a dataset.
    Succeeded,
    /// Ended without.
    Failed(&'static str),
}

/// What the status of a run means. Those we do not know may become one that we know.
#[must_use]
pub fn run_state(status: &str) -> RunState {
    match status {
        "SUCCEEDED" => RunState::Succeeded,
        "FAILED" => RunState::Failed("failed"),
        "ABORTED" => RunState::Failed("was aborted"),
        "TIMED-OUT" => RunState::Failed("ran out of its time"),
        _ => RunState::Running,
    }
}

/// Why an item tells of an error, if it does. Its text is read and never shown: it is whatever the
/// platform wrote.
#[must_use]
pub fn error_of_item(item: &Value) -> Option<Failure> {
    let told = [
        &item["errorCode"],
        &item["error"],
        &item["errorDescription"],
    ];
    let told: Vec<&str> = told.into_iter().filter_map(Value::as_str).collect();
    let text = told.join(" ").to_lowercase();
    if text.trim().is_empty() {
        return None;
    }
    let (kind, said) = meaning(&text);
    Some(Failure::new(kind, format!("the scraper says: {said}")))
}

fn meaning(text: &str) -> (Kind, &'static str) {
    let words: HashSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let any = |some: &[&str]| some.iter().any(|word| words.contains(word));
    let missing = any(&["deleted", "removed", "unavailable", "gone", "404"])
        || (words.contains("not") && any(&["found", "exist", "exists", "available"]));
    if any(&["captcha", "blocked", "block", "forbidden", "banned", "403"]) {
        (Kind::Blocked, "blocked")
    } else if (words.contains("rate") && any(&["limit", "limited"]))
        || (words.contains("too") && words.contains("many"))
    {
        (Kind::RateLimited, "asked too often")
    } else if any(&["geo", "region", "country", "451"]) {
        (Kind::GeoRestricted, "not shown in the scraper's region")
    } else if any(&["slideshow", "photo", "photos"]) {
        (Kind::PhotoPost, "a photo post, which is not analysed")
    } else if missing && words.contains("private") {
        (Kind::Gone, "not found or private")
    } else if missing {
        (Kind::Gone, "not found")
    } else if words.contains("private") {
        (Kind::Private, "private")
    } else {
        (Kind::ExtractorBroken, "an error of a kind we do not know")
    }
}

/// The metadata in the first item of a dataset.
///
/// # Errors
/// [`Failure`] if there is none, it tells of an error, or of another video than `wanted`.
pub fn metadata_of(items: &Value, wanted: Option<&VideoId>) -> Result<VideoMetadata, Failure> {
    let broken = |text: &str| Failure::new(Kind::ExtractorBroken, text);
    let items = items
        .as_array()
        .ok_or_else(|| broken("the dataset is not a list"))?;
    let Some(item) = items.first() else {
        return Err(Failure::new(
            Kind::NoData,
            "the scraper found nothing; the video may be gone, private or blocked",
        ));
    };
    if let Some(failure) = error_of_item(item) {
        return Err(failure);
    }
    let metadata = apify::metadata(item)?;
    match wanted {
        Some(wanted) if *wanted != metadata.id => Err(broken(
            "the scraper told of another video than was asked for",
        )),
        _ => Ok(metadata),
    }
}

/// Refuses a video that the platform says is too long or too short, before it is fetched. What it
/// says nothing of is measured once the file is open.
///
/// # Errors
/// [`Failure`] naming the setting.
pub fn check_duration(metadata: &VideoMetadata, config: &IngestConfig) -> Result<(), Failure> {
    let Some(told) = metadata.duration else {
        return Ok(());
    };
    let (least, most) = (config.min_video_duration_s, config.max_video_duration_s);
    let refused = |kind, limit, setting| {
        let text =
            format!("lasts {told} s, limit is {limit} s; change `ingest.{setting}` to accept it");
        Err(Failure::new(kind, text))
    };
    if told > f64::from(most) {
        refused(Kind::TooLong, most, "max_video_duration_s")
    } else if told < f64::from(least) {
        refused(Kind::TooShort, least, "min_video_duration_s")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn items_that_tell_of_an_error_are_understood() {
        let cases = [
            (
                json!({"errorCode": "POST_NOT_FOUND_OR_PRIVATE", "error": "Post not found or private"}),
                Kind::Gone,
            ),
            (json!({"error": "Post was deleted"}), Kind::Gone),
            (json!({"error": "This video is private"}), Kind::Private),
            (json!({"errorCode": "GEO_RESTRICTED"}), Kind::GeoRestricted),
            (
                json!({"error": "not available in your country"}),
                Kind::GeoRestricted,
            ),
            (
                json!({"error": "Request blocked by captcha"}),
                Kind::Blocked,
            ),
            (json!({"error": "Rate limit reached"}), Kind::RateLimited),
            (json!({"error": "too many requests"}), Kind::RateLimited),
            (
                json!({"error": "slideshow posts are not supported"}),
                Kind::PhotoPost,
            ),
            (
                json!({"error": "TypeError: undefined"}),
                Kind::ExtractorBroken,
            ),
        ];
        for (item, kind) in cases {
            let found = metadata_of(&json!([item]), None);
            assert_eq!(found.map_err(|failure| failure.kind()), Err(kind), "{item}");
        }
        assert!(error_of_item(&json!({"id": "1", "error": null, "errorCode": ""})).is_none());
    }

    #[test]
    fn what_the_scraper_wrote_is_not_repeated() {
        let item = json!([{"error": "private: cookie=secret <script>"}]);
        let failure = metadata_of(&item, None).unwrap_err();
        assert_eq!(failure.to_string(), "private: the scraper says: private");
    }

    #[test]
    fn a_dataset_of_another_shape_or_video_is_the_scrapers_fault() {
        let id = VideoId::new("1").unwrap();
        let kind = |items: &Value| metadata_of(items, Some(&id)).map_err(|failure| failure.kind());
        assert_eq!(kind(&json!([])), Err(Kind::NoData));
        assert_eq!(kind(&json!({"id": "1"})), Err(Kind::ExtractorBroken));
        assert_eq!(kind(&json!(["1"])), Err(Kind::ExtractorBroken));
        assert_eq!(kind(&json!([{"id": "2"}])), Err(Kind::ExtractorBroken));
        assert_eq!(
            kind(&json!([{"id": "1", "isSlideshow": true}])),
            Err(Kind::PhotoPost)
        );
        assert!(kind(&json!([{"id": "1"}])).is_ok());
    }

    #[test]
    fn durations_are_judged_before_the_bytes_are_fetched() {
        let config = IngestConfig::default();
        let told = |duration| VideoMetadata {
            duration,
            ..VideoMetadata::unknown(VideoId::new("1").unwrap())
        };
        let kind =
            |duration| check_duration(&told(duration), &config).map_err(|failure| failure.kind());
        assert_eq!(kind(None), Ok(()));
        assert_eq!(kind(Some(3.0)), Ok(()));
        assert_eq!(kind(Some(300.0)), Ok(()));
        assert_eq!(kind(Some(301.0)), Err(Kind::TooLong));
        assert_eq!(kind(Some(2.0)), Err(Kind::TooShort));
    }

    #[test]
    fn only_what_is_known_to_be_an_end_ends_a_run() {
        for status in ["READY", "RUNNING", "TIMING-OUT", "ABORTING", "", "PAUSED"] {
            assert_eq!(run_state(status), RunState::Running, "{status}");
        }
        assert_eq!(run_state("SUCCEEDED"), RunState::Succeeded);
        for status in ["FAILED", "ABORTED", "TIMED-OUT"] {
            assert!(matches!(run_state(status), RunState::Failed(_)), "{status}");
        }
    }

    #[test]
    fn the_interface_tells_its_troubles_from_those_of_a_video() {
        for (status, error_type, kind) in [
            (401, Some("user-or-token-not-found"), Kind::NotConfigured),
            (
                402,
                Some("not-enough-usage-to-run-paid-actor"),
                Kind::QuotaExhausted,
            ),
            (403, Some("platform-feature-disabled"), Kind::QuotaExhausted),
            (403, Some("insufficient-permissions"), Kind::NotConfigured),
            (404, None, Kind::ExtractorBroken),
            (429, Some("rate-limit-exceeded"), Kind::RateLimited),
            (503, None, Kind::Unreachable),
        ] {
            assert_eq!(
                kind_of_api(status, error_type),
                kind,
                "{status} {error_type:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_item_makes_it_panic(code in ".{0,40}", text in ".{0,80}", id in ".{0,30}") {
            let item = json!([{"errorCode": code, "error": text, "id": id}]);
            let _ = metadata_of(&item, None);
        }
    }
}
