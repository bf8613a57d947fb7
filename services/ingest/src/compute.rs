//! What may be fetched, and what it is called: pure functions of text, addresses and bytes.

pub mod apify;
pub mod backoff;
pub mod breaker;
pub mod forms;
pub mod verdict;

use crate::config::IngestConfig;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};
use url::{Host, Url};

/// Longest URL accepted, in bytes.
pub const MAX_URL_BYTES: usize = 4096;

/// Characters of a foreign scheme that are shown.
const MAX_SHOWN_SCHEME: usize = 20;

/// Why a URL is not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a URL at all.
    #[error("not a URL: {0}")]
    Malformed(String),
    /// Another scheme than `https`.
    #[error("scheme '{0}' is not fetched; use https")]
    Scheme(String),
    /// User name or password inside.
    #[error("a URL with credentials is not fetched; pass one without user name and password")]
    Credentials,
    /// Another port than 443.
    #[error("port {0} is not fetched; use 443")]
    Port(u16),
    /// A literal address that is not public.
    #[error("address {0} is not public")]
    NotPublic(IpAddr),
    /// The page of a video, which is not the video.
    #[error(
        "'{0}' is a page, not a video file; pass a direct https URL of the video or a downloaded file"
    )]
    Page(String),
}

/// Hosts whose pages show videos and are none themselves.
const PAGE_HOSTS: [&str; 3] = ["tiktok.com", "instagram.com", "youtube.com"];

/// Checks a URL against the rules of what may be fetched.
///
/// # Errors
/// [`UrlError`] naming the rule.
pub fn check_url(text: &str, config: &IngestConfig) -> Result<Url, UrlError> {
    refuse_pages(check_reach(text, config)?)
}

/// Checks a URL against the rules of what may be connected to; pages of platforms pass.
///
/// # Errors
/// [`UrlError`] naming the rule.
pub fn check_reach(text: &str, config: &IngestConfig) -> Result<Url, UrlError> {
    if text.len() > MAX_URL_BYTES {
        return Err(UrlError::Malformed(format!(
            "{} bytes, limit is {MAX_URL_BYTES}",
            text.len()
        )));
    }
    let url = Url::parse(text).map_err(|error| UrlError::Malformed(error.to_string()))?;
    if url.scheme() != "https" {
        return Err(UrlError::Scheme(
            url.scheme().chars().take(MAX_SHOWN_SCHEME).collect(),
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    // A resolver never sees a literal address, so it is judged here.
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) => None,
        None => return Err(UrlError::Malformed("no host".into())),
    };
    if let Some(address) = literal.filter(|address| !is_fetchable(*address, config)) {
        return Err(UrlError::NotPublic(address));
    }
    match url.port() {
        Some(port) if !config.allow_loopback => Err(UrlError::Port(port)),
        _ => Ok(url),
    }
}

fn refuse_pages(url: Url) -> Result<Url, UrlError> {
    let host = host_of(&url);
    let of_page_host = |page: &str| host == page || host.ends_with(&format!(".{page}"));
    if PAGE_HOSTS.into_iter().any(of_page_host) {
        return Err(UrlError::Page(host));
    }
    Ok(url)
}

/// The host of a URL as it is compared and shown: without the dot that may end it.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("host");
    host.trim_end_matches('.').to_owned()
}

/// Whether an address may be connected to under this configuration.
#[must_use]
pub fn is_fetchable(address: IpAddr, config: &IngestConfig) -> bool {
    is_public(address) || (config.allow_loopback && address.to_canonical().is_loopback())
}

/// Whether an address belongs to the public Internet (IANA special-purpose address registries).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3; within it, tunnels and documentation are not ordinary hosts.
    let [a, b, ..] = address.segments();
    let global_unicast = (0x2000..0x4000).contains(&a);
    let special =
        a == 0x2002 || (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || (a == 0x3fff && b < 0x1000);
    global_unicast && !special
}

/// The name of a video at a path: the stem of the file's name.
#[must_use]
pub fn name_of_path(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The name of a video at a URL: the stem of the last segment of its path.
#[must_use]
pub fn name_of_url(url: &Url) -> String {
    let last = url
        .path_segments()
        .and_then(Iterator::last)
        .unwrap_or_default();
    name_of_path(Path::new(last))
}

/// Extension of the container that a file begins like; `None` if it is none we know.
///
/// ISO 14496-12 files carry `ftyp` (old QuickTime ones `moov`, `mdat`, `wide`, `free` or `skip`)
/// at offset 4; Matroska files begin with the EBML magic (RFC 8794).
#[must_use]
pub fn container_extension(head: &[u8]) -> Option<&'static str> {
    const EBML: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
    const BOXES: [&[u8]; 6] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"];
    if head.starts_with(&EBML) {
        return Some("mkv");
    }
    let kind = head.get(4..8)?;
    BOXES.contains(&kind).then_some("mp4")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) -> Result<Url, UrlError> {
        check_url(text, &IngestConfig::default())
    }

    #[test]
    fn a_direct_https_url_is_accepted() {
        assert!(check("https://cdn.example.com/a/b.mp4?token=1").is_ok());
    }

    #[test]
    fn everything_else_is_refused_by_its_rule() {
        let cases = [
            ("http://example.com/a.mp4", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("ftp://example.com/a.mp4", "scheme"),
            ("https://user:secret@example.com/a.mp4", "credentials"),
            ("https://example.com:8443/a.mp4", "port 8443"),
            ("https://www.tiktok.com/@a/video/1", "page"),
            ("https://vm.tiktok.com/x", "page"),
            ("not a url", "not a URL"),
        ];
        for (text, rule) in cases {
            let error = check(text).map_err(|error| error.to_string());
            assert!(
                error.as_ref().is_err_and(|error| error.contains(rule)),
                "{text} gave {error:?}"
            );
        }
        assert!(
            check("https://nottiktok.com/a.mp4").is_ok(),
            "only the host itself and its subdomains"
        );
    }

    #[test]
    fn addresses_in_disguise_are_seen_through() {
        let disguises = [
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/",
            "https://10.0.0.1/",
            "https://192.168.1.1/",
            "https://172.16.0.1/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[fc00::1]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
        ];
        for text in disguises {
            assert!(
                matches!(check(text), Err(UrlError::NotPublic(_))),
                "{text} gave {:?}",
                check(text)
            );
        }
        assert!(check("https://1.1.1.1/").is_ok());
        assert!(check("https://[2606:4700::1111]/").is_ok());
    }

    #[test]
    fn names_come_from_the_last_segment() {
        let name = |text| name_of_url(&Url::parse(text).unwrap());
        assert_eq!(
            name("https://example.com/v/7280654844715666731.mp4?x=1"),
            "7280654844715666731"
        );
        assert_eq!(name("https://example.com/"), "");
        assert_eq!(
            name_of_path(Path::new("/a/my clip.final.mov")),
            "my clip.final"
        );
    }

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        assert_eq!(container_extension(b"\0\0\0\x20ftypisom"), Some("mp4"));
        assert_eq!(
            container_extension(&[0x1a, 0x45, 0xdf, 0xa3, 0]),
            Some("mkv")
        );
        assert_eq!(container_extension(b"#EXTM3U\n"), None);
        assert_eq!(container_extension(b""), None);
    }

    proptest! {
        #[test]
        fn no_private_v4_address_passes(b in any::<u8>(), c in any::<u8>(), d in any::<u8>()) {
            for a in [0u8, 10, 127, 224, 240, 255] {
                prop_assert!(!is_public(IpAddr::from([a, b, c, d])));
            }
            // The same addresses mapped into IPv6 are the same addresses.
            let mapped = Ipv4Addr::new(10, b, c, d).to_ipv6_mapped();
            prop_assert!(!is_public(IpAddr::V6(mapped)));
        }

        #[test]
        fn no_text_makes_the_check_panic(text in ".*") {
            let _ = check(&text);
        }
    }
}
