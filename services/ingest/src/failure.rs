//! Why a video was not taken in, and what follows from it.

use crate::compute::{UrlError, apify::ItemError, backoff::MAX_RETRY_AFTER, forms::FormError};
use stage::{BoxError, StageError};
use std::time::Duration;

/// Every reason for which a video is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It is named in a form, or lies in a place, that is not taken.
    Refused,
    /// A setting is missing, or what it names is not accepted.
    NotConfigured,
    /// It does not exist, or no longer.
    Gone,
    /// It is shown to some people only.
    Private,
    /// It is not shown in this part of the world.
    GeoRestricted,
    /// It is a row of pictures.
    PhotoPost,
    /// It lasts too long.
    TooLong,
    /// It is over before anything can be said of it.
    TooShort,
    /// It has too many bytes.
    TooLarge,
    /// What came begins like no video.
    NotAVideo,
    /// A file that cannot be read as it is.
    UnusableFile,
    /// A file that was being written.
    Changed,
    /// The host does not want to be asked by us, or from here.
    Blocked,
    /// We asked too often.
    RateLimited,
    /// Whoever is paid for asking has no more credit.
    QuotaExhausted,
    /// The scraper failed, or told something we do not understand.
    ExtractorBroken,
    /// The scraper told nothing at all.
    NoData,
    /// No connection, no answer, or an answer that says: not now.
    Unreachable,
    /// It took too long.
    TimedOut,
    /// Less came than was announced.
    Incomplete,
    /// It could not be written down.
    NoSpace,
    /// The platform is left alone for a while.
    Paused,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Another attempt cannot help.
    Rejected,
    /// Another attempt may help, after this time or the usual delay. What the server asks for goes
    /// before.
    Again(Option<Duration>),
    /// Nothing can work for this long; the attempt is not counted.
    Parked(Duration),
}

const fn seconds(count: u64) -> Option<Duration> {
    Some(Duration::from_secs(count))
}

/// How long a job waits for the credit of an account that has none.
const QUOTA_PAUSE: Duration = Duration::from_secs(900);

impl Kind {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Refused,
        Self::NotConfigured,
        Self::Gone,
        Self::Private,
        Self::GeoRestricted,
        Self::PhotoPost,
        Self::TooLong,
        Self::TooShort,
        Self::TooLarge,
        Self::NotAVideo,
        Self::UnusableFile,
        Self::Changed,
        Self::Blocked,
        Self::RateLimited,
        Self::QuotaExhausted,
        Self::ExtractorBroken,
        Self::NoData,
        Self::Unreachable,
        Self::TimedOut,
        Self::Incomplete,
        Self::NoSpace,
        Self::Paused,
    ];

    /// The one table: its name, what follows, and whether the platform is to blame, which is what
    /// the circuit breaker counts.
    const fn row(self) -> (&'static str, Rule, bool) {
        use Rule::{Again, Parked, Rejected};
        match self {
            Self::Refused => ("refused", Rejected, false),
            Self::NotConfigured => ("not_configured", Rejected, false),
            Self::Gone => ("gone", Rejected, false),
            Self::Private => ("private", Rejected, false),
            Self::GeoRestricted => ("geo_restricted", Rejected, false),
            Self::PhotoPost => ("photo_post", Rejected, false),
            Self::TooLong => ("too_long", Rejected, false),
            Self::TooShort => ("too_short", Rejected, false),
            Self::TooLarge => ("too_large", Rejected, false),
            Self::NotAVideo => ("not_a_video", Rejected, false),
            Self::UnusableFile => ("unusable_file", Rejected, false),
            Self::Changed => ("changed", Again(None), false),
            Self::Blocked => ("blocked", Again(seconds(60)), true),
            Self::RateLimited => ("rate_limited", Again(seconds(30)), true),
            Self::QuotaExhausted => ("quota_exhausted", Parked(QUOTA_PAUSE), false),
            Self::ExtractorBroken => ("extractor_broken", Again(seconds(60)), true),
            Self::NoData => ("no_data", Again(seconds(60)), false),
            Self::Unreachable => ("unreachable", Again(None), true),
            Self::TimedOut => ("timed_out", Again(None), true),
            Self::Incomplete => ("incomplete", Again(None), false),
            Self::NoSpace => ("no_space", Again(None), false),
            Self::Paused => ("paused", Parked(Duration::from_secs(60)), false),
        }
    }

    /// The name that the reason begins with. It never changes: people count by it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// What follows.
    #[must_use]
    pub const fn rule(self) -> Rule {
        self.row().1
    }

    /// Whether the platform, not the video, is to blame.
    #[must_use]
    pub const fn blames_platform(self) -> bool {
        self.row().2
    }
}

/// Why a video was not taken in: the reason's name, then what happened, for people. Holds no body
/// of an answer and no query of a URL.
#[derive(Debug, thiserror::Error)]
#[error("{}: {text}", kind.name())]
pub struct Failure {
    kind: Kind,
    text: String,
    retry_after: Option<Duration>,
    #[source]
    source: Option<BoxError>,
}

impl Failure {
    /// A failure of this kind.
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            retry_after: None,
            source: None,
        }
    }

    /// The same with the error behind it.
    pub(crate) fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same with the time a server asked for.
    pub(crate) fn after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after.map(|time| time.min(MAX_RETRY_AFTER));
        self
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// When a server wants to be asked again.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<Failure> for StageError {
    fn from(failure: Failure) -> Self {
        let asked = failure.retry_after;
        match failure.kind.rule() {
            Rule::Rejected => Self::rejected(failure),
            Rule::Again(usual) => Self::Transient {
                retry_after: asked.or(usual),
                source: failure.into(),
                parked: false,
            },
            Rule::Parked(usual) => Self::parked(failure, asked.unwrap_or(usual)),
        }
    }
}

impl From<UrlError> for Failure {
    fn from(error: UrlError) -> Self {
        Self::new(Kind::Refused, error.to_string())
    }
}

impl From<FormError> for Failure {
    fn from(error: FormError) -> Self {
        let kind = match error {
            FormError::PhotoPost(_) => Kind::PhotoPost,
            _ => Kind::Refused,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<ItemError> for Failure {
    fn from(error: ItemError) -> Self {
        let kind = match error {
            ItemError::Slideshow(_) => Kind::PhotoPost,
            ItemError::NoId => Kind::ExtractorBroken,
        };
        Self::new(kind, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_has_a_name_of_its_own_that_begins_its_reason() {
        let names: HashSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(kind.name().bytes().all(plain), "{kind:?}");
            let error = StageError::from(Failure::new(kind, "text"));
            assert_eq!(error.reason(), format!("{}: text", kind.name()));
        }
    }

    #[test]
    fn the_rule_decides_the_class_and_a_server_may_set_the_time() {
        let asked = Some(Duration::from_secs(7));
        for kind in Kind::ALL {
            let error = StageError::from(Failure::new(kind, "text").after(asked));
            match (kind.rule(), error) {
                (Rule::Rejected, StageError::Rejected(_)) => {
                    assert!(!kind.blames_platform(), "{kind:?} is the video's fault");
                }
                (
                    Rule::Again(_),
                    StageError::Transient {
                        retry_after,
                        parked: false,
                        ..
                    },
                )
                | (
                    Rule::Parked(_),
                    StageError::Transient {
                        retry_after,
                        parked: true,
                        ..
                    },
                ) => assert_eq!(retry_after, asked),
                (rule, error) => panic!("{kind:?}: {rule:?} gave {error:?}"),
            }
        }
    }

    #[test]
    fn the_page_names_every_kind() {
        let page = include_str!("../README.md");
        for kind in Kind::ALL {
            assert!(page.contains(&format!("`{}`", kind.name())), "{kind:?}");
        }
    }

    #[test]
    fn nobody_can_ask_for_a_wait_without_end() {
        let failure = Failure::new(Kind::RateLimited, "text").after(Some(Duration::MAX));
        assert_eq!(failure.retry_after(), Some(MAX_RETRY_AFTER));
    }
}
