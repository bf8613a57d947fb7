//! What is sorted out before and after a model was asked.

use super::{
    classification::choices,
    text::{digest_of_parts, normalised},
    trim,
};
use cache::Mode;
use serde::{Deserialize, Serialize};

choices! {
    /// Where a signal comes from.
    SourceType {
        /// Typed in.
        Manual = "manual",
        /// A list of jobs.
        JobBoard = "job_board",
        /// A single post of a job.
        JobPost = "job_post",
        /// A page.
        Website = "website",
        /// Read from a picture.
        Ocr = "ocr",
        /// A row of a table.
        Csv = "csv",
        /// A document of data.
        Json = "json",
        /// A feed.
        Rss = "rss",
    }
}

/// A signal as it is handed in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalInput {
    /// What it says.
    pub signal_text: String,
    /// Where it comes from; `manual` if nobody says.
    #[serde(default)]
    pub source_type: Option<String>,
    /// Its address.
    #[serde(default)]
    pub source_url: Option<String>,
    /// Whose it is.
    #[serde(default)]
    pub company_name: Option<String>,
    /// Their website.
    #[serde(default)]
    pub company_website: Option<String>,
    /// When it was posted, as a date or a time in RFC 3339.
    #[serde(default)]
    pub post_date: Option<String>,
    /// The industry, where somebody knows.
    #[serde(default)]
    pub industry: Option<String>,
    /// What is wanted of the cache: `on`, `off`, `read_only`, `write_only` or `refresh`.
    #[serde(default)]
    pub cache: Option<String>,
    /// Whether nothing is to be stored.
    #[serde(default)]
    pub dry_run: bool,
}

/// A signal that can be classified.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// What it says, as written, or without its middle.
    pub text: String,
    /// Characters of its middle that were left out.
    pub trimmed_chars: usize,
    /// Where it comes from.
    pub source_type: SourceType,
    /// Its address.
    pub source_url: Option<String>,
    /// Whose it is.
    pub company_name: Option<String>,
    /// The host of their website, normalised.
    pub website_host: Option<String>,
    /// When it was posted, in seconds since 1970.
    pub posted_at_s: Option<i64>,
    /// The industry.
    pub industry: Option<String>,
    /// What is wanted of the cache.
    pub cache: Mode,
    /// Whether nothing is to be stored.
    pub dry_run: bool,
}

/// Why a signal cannot be classified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {reason}")]
pub struct Unusable {
    /// Which field.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

fn unusable(field: &'static str, reason: impl Into<String>) -> Unusable {
    Unusable {
        field,
        reason: reason.into(),
    }
}

/// Most characters of a name.
const NAME_CHARS: usize = 200;
/// Most characters of an address.
const URL_CHARS: usize = 2000;

/// How long a signal may be, in characters, and what becomes of a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// It is refused.
    Refuse(usize),
    /// Its middle is left out.
    Trim(usize),
}

impl From<usize> for Limit {
    fn from(most: usize) -> Self {
        Self::Refuse(most)
    }
}

/// Checks a signal that was handed in: stage 0.
///
/// # Errors
/// [`Unusable`] if it is empty, too long, or has a field that cannot be meant.
pub fn check(input: &SignalInput, limit: impl Into<Limit>) -> Result<Signal, Unusable> {
    if input.signal_text.trim().is_empty() {
        return Err(unusable("signal_text", "is empty; say what to classify"));
    }
    let (text, trimmed_chars) = match limit.into() {
        Limit::Trim(most) => trim::head_tail(&input.signal_text, most),
        Limit::Refuse(most) if input.signal_text.chars().count() > most => {
            let reason = format!("has more than {most} characters; shorten it");
            return Err(unusable("signal_text", reason));
        }
        Limit::Refuse(_) => (input.signal_text.clone(), 0),
    };
    Ok(Signal {
        text,
        trimmed_chars,
        source_type: source_type(input.source_type.as_deref())?,
        source_url: short("source_url", input.source_url.as_deref(), URL_CHARS)?,
        company_name: short("company_name", input.company_name.as_deref(), NAME_CHARS)?,
        website_host: website_host(input.company_website.as_deref())?,
        posted_at_s: time_s("post_date", input.post_date.as_deref())?,
        industry: short("industry", input.industry.as_deref(), NAME_CHARS)?,
        cache: cache_mode(input.cache.as_deref())?,
        dry_run: input.dry_run,
    })
}

fn source_type(said: Option<&str>) -> Result<SourceType, Unusable> {
    let Some(said) = said.map(normalised).filter(|said| !said.is_empty()) else {
        return Ok(SourceType::Manual);
    };
    SourceType::parse(&said).ok_or_else(|| {
        unusable(
            "source_type",
            "is none of manual, job_board, job_post, website, ocr, csv, json, rss",
        )
    })
}

fn cache_mode(said: Option<&str>) -> Result<Mode, Unusable> {
    let Some(said) = said else {
        return Ok(Mode::On);
    };
    Mode::parse(said).ok_or_else(|| {
        unusable(
            "cache",
            "is none of on, off, read_only, write_only, refresh",
        )
    })
}

fn short(field: &'static str, said: Option<&str>, most: usize) -> Result<Option<String>, Unusable> {
    let said = said.map(str::trim).filter(|said| !said.is_empty());
    match said {
        Some(text) if text.chars().count() > most => {
            Err(unusable(field, format!("has more than {most} characters")))
        }
        other => Ok(other.map(str::to_owned)),
    }
}

/// The host of a website: lowercase, without `www.`, without the dot at its end.
///
/// # Errors
/// [`Unusable`] if it is no website.
pub fn website_host(said: Option<&str>) -> Result<Option<String>, Unusable> {
    let Some(said) = short("company_website", said, URL_CHARS)? else {
        return Ok(None);
    };
    let no_website = || unusable("company_website", "is no website, as https://example.org");
    let whole = if said.contains("://") {
        said
    } else {
        format!("https://{said}")
    };
    let parsed = url::Url::parse(&whole).map_err(|_| no_website())?;
    if !["http", "https"].contains(&parsed.scheme()) {
        return Err(no_website());
    }
    let host = parsed.host_str().ok_or_else(no_website)?.to_lowercase();
    let host = host.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    if host.is_empty() {
        return Err(no_website());
    }
    Ok(Some(host.to_owned()))
}

/// Seconds since 1970 of a date or a time.
///
/// # Errors
/// [`Unusable`] if it is neither.
pub fn time_s(field: &'static str, said: Option<&str>) -> Result<Option<i64>, Unusable> {
    let Some(said) = short(field, said, NAME_CHARS)? else {
        return Ok(None);
    };
    let time = said.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date: jiff::civil::Date = said.parse().ok()?;
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(start.timestamp())
    });
    let wanted = "is neither a date, as 2026-01-31, nor a time in RFC 3339";
    let time = time.ok_or_else(|| unusable(field, wanted))?;
    Ok(Some(time.as_second()))
}

/// What makes two signals of a batch the same: their normalised text, and whose they are.
#[must_use]
pub fn same_as(signal: &Signal) -> String {
    let company = signal.company_name.as_deref().map(normalised);
    digest_of_parts([
        normalised(&signal.text).as_str(),
        signal.website_host.as_deref().unwrap_or_default(),
        company.as_deref().unwrap_or_default(),
        if signal.dry_run { "rehearsal" } else { "" },
    ])
}

/// Whether a total is too low to be kept: stage 6.
#[must_use]
pub fn is_below(total: f64, threshold: f64) -> bool {
    total < threshold
}

/// Whether a total is high enough for a dossier: stage 8.
#[must_use]
pub fn deserves_dossier(total: f64, threshold: f64) -> bool {
    total > threshold
}
