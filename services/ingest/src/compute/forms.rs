//! The forms in which a video may be named, and what each of them means.

use super::{MAX_URL_BYTES, UrlError, check_url, host_of};
use crate::config::IngestConfig;
use contracts::{ArtifactKey, VideoId, artifact::InvalidKey};
use url::Url;

/// Fewest and most digits of a bare id.
const BARE_ID_DIGITS: std::ops::RangeInclusive<usize> = 15..=20;
/// Most digits of an id in a URL.
const MAX_ID_DIGITS: usize = 20;
/// Longest user name and longest code of a short link, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// The user name in the URL of a video of which only the id is known; the platform ignores it.
const ANY_USER: &str = "_";

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A video on TikTok.
    TikTok(TikTok),
    /// A file at an address.
    Direct(Url),
    /// An object in the store.
    Object(ArtifactKey),
}

/// A video on TikTok.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TikTok {
    /// Its id; `None` while it is named by a short link only.
    pub id: Option<VideoId>,
    /// Its page, or the short link.
    pub url: Url,
}

/// Why a text names no video that can be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A rule of what may be fetched.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A row of pictures.
    #[error("post '{0}' is made of photos, not a video; photo posts are not analysed")]
    PhotoPost(VideoId),
    /// A page of TikTok that shows no single video.
    #[error("a page of tiktok.com, but not of a video; pass https://www.tiktok.com/@user/video/id")]
    NoVideoPage,
    /// An object of another bucket.
    #[error("bucket '{0}' is not ours; upload to the bucket that `ingest.bucket` names")]
    Bucket(String),
    /// An object, and no bucket is known.
    #[error("s3:// is not accepted: `ingest.bucket` is not set")]
    NoBucket,
    /// An object whose name is no key of the store.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// Not written as `s3://bucket/key`.
    #[error("not an object of the store; write s3://bucket/key")]
    NoKey,
}

/// Whether a text is a bare id of TikTok: 15 to 20 digits and nothing else.
#[must_use]
pub fn is_bare_id(text: &str) -> bool {
    BARE_ID_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What `text` names.
///
/// # Errors
/// [`FormError`] naming what is wrong and what to pass instead.
pub fn form_of(text: &str, config: &IngestConfig) -> Result<Form, FormError> {
    let text = text.trim();
    if is_bare_id(text) {
        return Ok(Form::TikTok(page_of(ANY_USER, text)?));
    }
    if let Some(object) = text.strip_prefix("s3://") {
        return object_of(object, config).map(Form::Object);
    }
    if let Some(video) = tiktok_of(text, config) {
        return video.map(Form::TikTok);
    }
    Ok(Form::Direct(check_url(text, config)?))
}

fn object_of(text: &str, config: &IngestConfig) -> Result<ArtifactKey, FormError> {
    let (bucket, key) = text.split_once('/').ok_or(FormError::NoKey)?;
    match &config.bucket {
        None => Err(FormError::NoBucket),
        Some(ours) if ours == bucket => Ok(ArtifactKey::new(key)?),
        Some(_) => Err(FormError::Bucket(
            bucket.chars().take(MAX_NAME_BYTES).collect(),
        )),
    }
}

/// The video a URL of TikTok names; `None` if the URL is of elsewhere.
#[must_use]
pub fn tiktok_of(text: &str, config: &IngestConfig) -> Option<Result<TikTok, FormError>> {
    if text.len() > MAX_URL_BYTES {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let host = host_of(&url);
    let known = ["tiktok.com", "www.tiktok.com", "m.tiktok.com"];
    let short = ["vm.tiktok.com", "vt.tiktok.com"];
    let is_short = short.contains(&host.as_str());
    if !matches!(url.scheme(), "http" | "https") || !(is_short || known.contains(&host.as_str())) {
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(Err(UrlError::Credentials.into()));
    }
    if let Some(port) = url.port().filter(|_| !config.allow_loopback) {
        return Some(Err(UrlError::Port(port).into()));
    }
    let segments: Vec<&str> = url
        .path()
        .split('/')
        .filter(|one| !one.is_empty())
        .collect();
    Some(match segments[..] {
        [user, kind @ ("video" | "photo"), id] => user_of(user)
            .ok_or(FormError::NoVideoPage)
            .and_then(|user| post_of(user, kind, id)),
        ["v", page] if !is_short => page_of(ANY_USER, page.trim_end_matches(".html")),
        ["t", code] if !is_short => short_link(&url, code),
        [code] if is_short => short_link(&url, code),
        _ => Err(FormError::NoVideoPage),
    })
}

/// The user name of a segment that begins with `@`, which some programs write as `%40`. Links that
/// were shared may leave the name out.
fn user_of(segment: &str) -> Option<&str> {
    let name = segment
        .strip_prefix('@')
        .or_else(|| segment.strip_prefix("%40"))?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let plain = name.len() <= MAX_NAME_BYTES && name.bytes().all(allowed);
    plain.then_some(if name.is_empty() { ANY_USER } else { name })
}

fn post_of(user: &str, kind: &str, id: &str) -> Result<TikTok, FormError> {
    let page = page_of(user, id)?;
    match (kind, page.id) {
        ("photo", Some(id)) => Err(FormError::PhotoPost(id)),
        (_, id) => Ok(TikTok { id, url: page.url }),
    }
}

fn page_of(user: &str, id: &str) -> Result<TikTok, FormError> {
    let digits = (1..=MAX_ID_DIGITS).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    let url = Url::parse(&format!("https://www.tiktok.com/@{user}/video/{id}"));
    match (digits, VideoId::new(id), url) {
        (true, Ok(id), Ok(url)) => Ok(TikTok { id: Some(id), url }),
        _ => Err(FormError::NoVideoPage),
    }
}

fn short_link(url: &Url, code: &str) -> Result<TikTok, FormError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if code.len() > MAX_NAME_BYTES || !code.bytes().all(allowed) {
        return Err(FormError::NoVideoPage);
    }
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both schemes are ones whose URLs have a host, so this cannot be refused.
    let _ = url.set_scheme("https");
    Ok(TikTok { id: None, url })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "7280654844715666731";

    fn config() -> IngestConfig {
        IngestConfig {
            bucket: Some("videos".into()),
            ..IngestConfig::default()
        }
    }

    fn form(text: &str) -> Result<Form, FormError> {
        form_of(text, &config())
    }

    fn video(text: &str) -> (Option<String>, String) {
        match form(text) {
            Ok(Form::TikTok(video)) => (video.id.map(String::from), video.url.into()),
            other => panic!("{text} gave {other:?}"),
        }
    }

    #[test]
    fn every_way_to_name_a_video_means_its_page() {
        let page = |user: &str| format!("https://www.tiktok.com/@{user}/video/{ID}");
        let cases = [
            (page("herbs"), "herbs"),
            (format!("{}?is_from_webapp=1#x", page("a.b_c-1")), "a.b_c-1"),
            (format!("http://tiktok.com/@herbs/video/{ID}/"), "herbs"),
            (
                format!("https://WWW.TikTok.com./@herbs/video/{ID}"),
                "herbs",
            ),
            (
                format!("https://www.tiktok.com/%40herbs/video/{ID}"),
                "herbs",
            ),
            (format!("https://www.tiktok.com/@/video/{ID}"), "_"),
            (format!("https://m.tiktok.com/v/{ID}.html?u_code=0"), "_"),
            (ID.to_owned(), "_"),
            (format!(" {ID}\n"), "_"),
        ];
        for (text, user) in cases {
            assert_eq!(video(&text), (Some(ID.to_owned()), page(user)), "{text}");
        }
    }

    #[test]
    fn short_links_keep_their_code_and_lose_what_follows() {
        for (text, url) in [
            (
                "https://vm.tiktok.com/ZMabc123/?k=1",
                "https://vm.tiktok.com/ZMabc123/",
            ),
            ("http://vt.tiktok.com/ZSxyz", "https://vt.tiktok.com/ZSxyz"),
            (
                "https://www.tiktok.com/t/ZTabc/#f",
                "https://www.tiktok.com/t/ZTabc/",
            ),
        ] {
            assert_eq!(video(text), (None, url.to_owned()));
        }
    }

    #[test]
    fn what_is_no_video_is_refused_by_its_reason() {
        let photo = format!("https://www.tiktok.com/@a/photo/{ID}");
        assert!(matches!(form(&photo), Err(FormError::PhotoPost(id)) if id.as_str() == ID));
        for page in [
            "https://www.tiktok.com/",
            "https://www.tiktok.com/@herbs",
            "https://www.tiktok.com/@a/video/../../etc",
            "https://www.tiktok.com/@a/video/12x",
            "https://www.tiktok.com/@a/video/123456789012345678901",
            "https://www.tiktok.com/@a b/video/123",
            "https://www.tiktok.com/herbs/video/123",
            "https://vm.tiktok.com/",
            "https://vm.tiktok.com/a/b",
            "https://vm.tiktok.com/%2e%2e",
            "https://m.tiktok.com/v/.html",
        ] {
            assert_eq!(form(page), Err(FormError::NoVideoPage), "{page}");
        }
        for (text, rule) in [
            (
                "https://u:p@www.tiktok.com/@a/video/123",
                UrlError::Credentials,
            ),
            (
                "https://www.tiktok.com:8443/@a/video/123",
                UrlError::Port(8443),
            ),
            (
                "https://youtube.com/watch?v=1",
                UrlError::Page("youtube.com".into()),
            ),
            (
                "https://www.instagram.com/reel/x",
                UrlError::Page("www.instagram.com".into()),
            ),
            (
                "https://ads.tiktok.com/x",
                UrlError::Page("ads.tiktok.com".into()),
            ),
            (
                "ftp://www.tiktok.com/@a/video/123",
                UrlError::Scheme("ftp".into()),
            ),
        ] {
            assert_eq!(form(text), Err(rule.into()), "{text}");
        }
        // Too short or too long for an id, so it is nothing.
        for text in ["12345678901234", "123456789012345678901", "", "clip.mp4"] {
            assert!(matches!(form(text), Err(FormError::Url(_))), "{text}");
        }
    }

    #[test]
    fn objects_are_taken_from_our_bucket_only() {
        let key = ArtifactKey::new("uploads/a.mp4").unwrap();
        assert_eq!(form("s3://videos/uploads/a.mp4"), Ok(Form::Object(key)));
        assert_eq!(
            form("s3://other/a.mp4"),
            Err(FormError::Bucket("other".into()))
        );
        assert_eq!(form("s3://videos"), Err(FormError::NoKey));
        for odd in ["", "../a", "a//b", "a%2fb", "a?x", "a\0", "/a"] {
            let text = format!("s3://videos/{odd}");
            assert!(matches!(form(&text), Err(FormError::Key(_))), "{text}");
        }
        let without = form_of("s3://videos/a.mp4", &IngestConfig::default());
        assert_eq!(without, Err(FormError::NoBucket));
    }

    #[test]
    fn a_direct_address_stays_as_it_is() {
        let url = "https://cdn.example.com/a.mp4?token=1";
        assert_eq!(form(url), Ok(Form::Direct(Url::parse(url).unwrap())));
        assert!(form("https://nottiktok.com/@a/video/123").is_ok());
    }

    proptest! {
        #[test]
        fn a_canonical_page_names_itself(user in "[A-Za-z0-9._-]{1,24}", id in "[0-9]{1,20}", query in "[a-z0-9=&]{0,20}") {
            let (found, page) = video(&format!("https://www.tiktok.com/@{user}/video/{id}?{query}"));
            prop_assert_eq!(found, Some(id));
            prop_assert_eq!(video(&page).1, page);
        }

        // row 25: an id is digits, whatever was sent.
        #[test]
        fn row_25_no_text_gives_an_id_that_is_not_digits(text in "(https://(www|vm|m)\\.tiktok\\.com/)?.{0,80}") {
            if let Ok(Form::TikTok(TikTok { id: Some(id), url })) = form(&text) {
                prop_assert!(id.as_str().bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(url.host_str(), Some("www.tiktok.com"));
                prop_assert!(url.query().is_none());
            }
        }

        #[test]
        fn row_25_no_object_leaves_the_store(key in ".{0,80}") {
            if let Ok(Form::Object(key)) = form(&format!("s3://videos/{key}")) {
                prop_assert!(key.as_str().split('/').all(|segment| !segment.trim_matches('.').is_empty()));
            }
        }
    }
}
