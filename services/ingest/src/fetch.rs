//! Fetching a URL to a file, under limits.

mod part;

use crate::{
    compute::{
        backoff, check_reach, check_url,
        forms::{FormError, TikTok, tiktok_of},
        host_of,
        verdict::kind_of_status,
    },
    config::IngestConfig,
    failure::{Failure, Kind},
    net::is_not_public,
};
use part::Part;
use reqwest::{
    Client, Response,
    header::{LOCATION, RETRY_AFTER},
};
use secrecy::{ExposeSecret, SecretString};
use stage::StageContext;
use std::{path::Path, time::Duration};
use url::{Origin, Url};

/// Fetches what strangers name.
pub(crate) struct Fetcher {
    client: Client,
    config: IngestConfig,
    apify: Option<Origin>,
}

/// When a server wants to be asked again.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    let header = response.headers().get(RETRY_AFTER)?;
    backoff::retry_after(header.to_str().ok()?)
}

/// What a request that got no answer means. The URL may hold a secret and is left out.
pub(crate) fn no_answer(host: &str, error: reqwest::Error) -> Failure {
    let kind = if is_not_public(&error) {
        Kind::Refused
    } else if error.is_timeout() {
        Kind::TimedOut
    } else {
        Kind::Unreachable
    };
    Failure::new(kind, format!("cannot fetch from {host}")).because(error.without_url())
}

fn refusal(host: &str, response: &Response) -> Failure {
    let status = response.status().as_u16();
    Failure::new(kind_of_status(status), format!("{host} answered {status}"))
        .after(retry_after(response))
}

/// Where an answer sends us, if it is a redirect.
fn location(response: &Response) -> Option<&str> {
    let header = response.headers().get(LOCATION)?;
    header
        .to_str()
        .ok()
        .filter(|_| response.status().is_redirection())
}

impl Fetcher {
    pub(crate) fn new(client: Client, config: &IngestConfig) -> Self {
        let apify = Url::parse(&config.apify.base_url).ok();
        Self {
            client,
            config: config.clone(),
            apify: apify.map(|url| url.origin()),
        }
    }

    /// Downloads `url` to `path`, following redirects by hand. `path` holds all of it or does not
    /// exist.
    pub(crate) async fn download(
        &self,
        url: &Url,
        path: &Path,
        context: &StageContext,
    ) -> Result<(), Failure> {
        let total = Duration::from_secs(self.config.total_timeout_s);
        let work = async {
            let response = self.request(url).await?;
            self.save(response, path, context).await
        };
        tokio::time::timeout(total, work).await.map_err(|_| {
            let text = "raise `ingest.total_timeout_s` to wait longer";
            Failure::new(
                Kind::TimedOut,
                format!("download took over {total:?}; {text}"),
            )
        })?
    }

    async fn request(&self, url: &Url) -> Result<Response, Failure> {
        let mut url = url.clone();
        for _ in 0..=self.config.max_redirects {
            let host = host_of(&url);
            let response = self.get(&url).await?;
            if response.status().is_success() {
                return Ok(response);
            }
            let Some(next) = location(&response) else {
                return Err(refusal(&host, &response));
            };
            let refused = |error: &dyn std::fmt::Display| {
                let text = format!("{host} redirects to an address that is not fetched: {error}");
                Failure::new(Kind::Refused, text)
            };
            let next = url.join(next).map_err(|error| refused(&error))?;
            url = check_url(next.as_str(), &self.config).map_err(|error| refused(&error))?;
        }
        let text = format!("more than {} redirects", self.config.max_redirects);
        Err(Failure::new(Kind::Refused, text))
    }

    async fn get(&self, url: &Url) -> Result<Response, Failure> {
        let mut request = self.client.get(url.clone());
        if let Some(token) = self.token_for(url) {
            request = request.bearer_auth(token.expose_secret());
        }
        let sent = request.send().await;
        sent.map_err(|error| no_answer(&host_of(url), error))
    }

    /// The token, for addresses of Apify's interface alone: it serves the files that the scraper
    /// has stored. Every redirect is judged anew.
    fn token_for(&self, url: &Url) -> Option<&SecretString> {
        let same = self.apify.as_ref() == Some(&url.origin());
        self.config.apify.token().filter(|_| same)
    }

    async fn save(
        &self,
        mut response: Response,
        path: &Path,
        context: &StageContext,
    ) -> Result<(), Failure> {
        let host = host_of(response.url());
        let limit = self.config.max_bytes;
        let announced = response.content_length();
        if announced.is_some_and(|size| size > limit) {
            return Err(part::too_large(limit));
        }
        let mut part = Part::create(path, limit).await?;
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| no_answer(&host, error))?
        {
            part.write(&chunk, &host).await?;
            context.advance(part.received(), announced.unwrap_or(part.received()));
        }
        if let Some(expected) = announced.filter(|expected| *expected != part.received()) {
            let text = format!(
                "{host} announced {expected} bytes and sent {}",
                part.received()
            );
            return Err(Failure::new(Kind::Incomplete, text));
        }
        part.finish(path, &host).await
    }

    /// The video that a short link leads to; `None` if it leads nowhere we know, and the scraper
    /// may try. No body is read and nothing outside the platform is asked.
    ///
    /// # Errors
    /// [`Failure`] if the link leads to a photo post, or is known to lead nowhere.
    pub(crate) async fn follow(&self, link: &Url) -> Result<Option<TikTok>, Failure> {
        let mut url = link.clone();
        for _ in 0..=self.config.max_redirects {
            let Ok(checked) = check_reach(url.as_str(), &self.config) else {
                return Ok(None);
            };
            let Ok(response) = self.get(&checked).await else {
                return Ok(None);
            };
            if matches!(kind_of_status(response.status().as_u16()), Kind::Gone) {
                return Err(refusal(&host_of(&url), &response));
            }
            let next = location(&response).and_then(|next| url.join(next).ok());
            let Some(next) = next else {
                return Ok(None);
            };
            match tiktok_of(next.as_str(), &self.config) {
                Some(Ok(video)) if video.id.is_some() => return Ok(Some(video)),
                Some(Ok(another)) => url = another.url,
                Some(Err(error @ FormError::PhotoPost(_))) => return Err(error.into()),
                Some(Err(_)) | None => return Ok(None),
            }
        }
        Ok(None)
    }
}
