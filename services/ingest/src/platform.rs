//! Videos of TikTok: through the scraper, unless it is better left alone.

use crate::{
    apify::{self, Apify},
    compute::{breaker::Breaker, check_url, forms::TikTok, verdict},
    config::IngestConfig,
    failure::{Failure, Kind},
    fetch::Fetcher,
    files,
    known::{self, Flights},
    problem::Problem,
};
use contracts::{job::VideoMetadata, messages::Ingested};
use serde_json::Value;
use stage::{Clock, StageContext, StageError};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What is asked for videos of TikTok.
pub(crate) struct Platform {
    config: IngestConfig,
    apify: Option<Apify>,
    breaker: Mutex<Breaker>,
    flights: Flights,
}

/// One use of the platform; without a verdict, as when the work was cut short, it counts as none.
struct Use<'a> {
    breaker: &'a Mutex<Breaker>,
    clock: &'a dyn Clock,
    judged: bool,
}

fn lock(breaker: &Mutex<Breaker>) -> MutexGuard<'_, Breaker> {
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Use<'_> {
    fn judge(mut self, outcome: &Result<Ingested, Problem>) {
        let mut breaker = lock(self.breaker);
        match outcome {
            Err(Problem::Store(_)) => return,
            Err(Problem::Failure(failure)) if failure.kind().blames_platform() => {
                if breaker.failed(self.clock.monotonic()) {
                    let kind = failure.kind().name();
                    tracing::warn!(
                        kind,
                        "tiktok failed too often and is left alone for a while"
                    );
                }
            }
            Ok(_) | Err(Problem::Failure(_)) => breaker.succeeded(),
        }
        drop(breaker);
        self.judged = true;
    }
}

impl Drop for Use<'_> {
    fn drop(&mut self) {
        if !self.judged {
            lock(self.breaker).abandoned(self.clock.monotonic());
        }
    }
}

/// Whether another attempt needs another run: the scraper was held up, or its addresses are no
/// longer good. What failed on our way to the bytes would fail no less after another run.
const fn is_of_no_use(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Blocked | Kind::RateLimited | Kind::ExtractorBroken | Kind::NoData
    )
}

impl Platform {
    pub(crate) fn new(config: &IngestConfig, apify: Option<Apify>) -> Self {
        let pause = Duration::from_secs(config.breaker.pause_s);
        Self {
            config: config.clone(),
            apify,
            breaker: Mutex::new(Breaker::new(config.breaker.failures, pause)),
            flights: Flights::default(),
        }
    }

    /// Takes a video in.
    pub(crate) async fn take(
        &self,
        video: TikTok,
        fetcher: &Fetcher,
        context: &StageContext,
    ) -> Result<Ingested, StageError> {
        let Some(apify) = &self.apify else {
            let text = "videos of TikTok need a token of Apify: set `ingest.apify.token` \
                        (APIFY_API_TOKEN), or pass a direct https URL or a file";
            return Err(Failure::new(Kind::NotConfigured, text).into());
        };
        let clock = &*context.clock;
        if let Err(wait) = lock(&self.breaker).admit(clock.monotonic()) {
            let text = format!(
                "tiktok failed often and is left alone for {} s",
                wait.as_secs()
            );
            return Err(Failure::new(Kind::Paused, text).after(Some(wait)).into());
        }
        let guard = Use {
            breaker: &self.breaker,
            clock,
            judged: false,
        };
        let outcome = self.through(apify, video, fetcher, context).await;
        guard.judge(&outcome);
        Ok(outcome?)
    }

    async fn through(
        &self,
        apify: &Apify,
        video: TikTok,
        fetcher: &Fetcher,
        context: &StageContext,
    ) -> Result<Ingested, Problem> {
        let video = match video.id {
            Some(_) => video,
            None => fetcher.follow(&video.url).await?.unwrap_or(video),
        };
        let known = match &video.id {
            Some(id) => known::find(id, context).await?,
            None => None,
        };
        // What people do with a video changes by the hour, so that is always asked for; its bytes
        // do not change.
        let items = apify.items(&video.url, known.is_none(), context).await?;
        let used = self.use_items(&items, &video, fetcher, context).await;
        if let Err(Problem::Failure(failure)) = &used
            && is_of_no_use(failure.kind())
        {
            apify::spend(context).await?;
        }
        used
    }

    async fn use_items(
        &self,
        items: &Value,
        video: &TikTok,
        fetcher: &Fetcher,
        context: &StageContext,
    ) -> Result<Ingested, Problem> {
        let metadata = verdict::metadata_of(items, video.id.as_ref())?;
        verdict::check_duration(&metadata, &self.config)?;
        self.bytes_of(metadata, fetcher, context).await
    }

    async fn bytes_of(
        &self,
        metadata: VideoMetadata,
        fetcher: &Fetcher,
        context: &StageContext,
    ) -> Result<Ingested, Problem> {
        let _alone = self.flights.enter(&metadata.id).await;
        if let Some(source) = known::find(&metadata.id, context).await? {
            files::check_size(source.size_bytes, &self.config)?;
            context.record(source.clone());
            return Ok(Ingested { source, metadata });
        }
        let Some(address) = &metadata.download_url else {
            let text = "the scraper told of the video and gave no address of its bytes";
            return Err(Failure::new(Kind::ExtractorBroken, text).into());
        };
        let url = check_url(address, &self.config).map_err(|error| {
            let text = format!("the scraper gave an address that is not fetched: {error}");
            Failure::new(Kind::ExtractorBroken, text)
        })?;
        let path = context.scratch.join("download");
        fetcher.download(&url, &path, context).await?;
        let source = files::keep(&path, &self.config, context).await?;
        known::remember(&metadata.id, &source, context).await?;
        Ok(Ingested { source, metadata })
    }
}
