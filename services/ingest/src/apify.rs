//! Asking Apify for a video of TikTok.

mod runs;

use crate::{
    compute::{
        backoff,
        verdict::{RunState, kind_of_api, run_state},
    },
    config::ApifyConfig,
    failure::{Failure, Kind},
    fetch::{no_answer, retry_after},
    problem::Problem,
};
use reqwest::{Client, Method, Response};
pub(crate) use runs::spend;
use runs::{Run, Runs};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use stage::StageContext;
use std::time::Duration;
use url::Url;

/// Longest id of a run or a dataset, in bytes.
const MAX_ID_BYTES: usize = 64;

/// Apify's interface.
pub(crate) struct Apify {
    client: Client,
    config: ApifyConfig,
    token: SecretString,
}

/// A request that failed, and whether it may be made again at once.
struct Failed {
    failure: Failure,
    again: bool,
}

fn broken(text: impl Into<String>) -> Failure {
    Failure::new(Kind::ExtractorBroken, text)
}

/// An id that Apify gave and that becomes a part of a path.
fn plain_id(value: &Value) -> Option<&str> {
    let id = value.as_str()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain && (1..=MAX_ID_BYTES).contains(&id.len())).then_some(id)
}

impl Apify {
    pub(crate) const fn new(client: Client, config: ApifyConfig, token: SecretString) -> Self {
        Self {
            client,
            config,
            token,
        }
    }

    /// What the scraper tells of the video at `page`: the items of its dataset. With `with_video`
    /// it also stores the bytes, which costs more.
    ///
    /// A run that an earlier attempt of this job began is awaited, not begun again.
    pub(crate) async fn items(
        &self,
        page: &Url,
        with_video: bool,
        context: &StageContext,
    ) -> Result<Value, Problem> {
        let mut runs = Runs::of(context).await?;
        let run = match runs.last() {
            Some(run) if self.is_usable(run, with_video, context).await? => run.clone(),
            _ => {
                let id = self.begin(page, with_video, context).await?;
                runs.remember(Run { id, with_video }, context).await?
            }
        };
        let limit = Duration::from_secs(self.config.run_timeout_s);
        let dataset = tokio::time::timeout(limit, self.finish(&run.id, context)).await;
        let dataset = dataset.map_err(|_| {
            let text = "raise `ingest.apify.run_timeout_s` to wait longer";
            Failure::new(Kind::TimedOut, format!("run took over {limit:?}; {text}"))
        })??;
        let path = format!("datasets/{dataset}/items?format=json&limit=1");
        Ok(self.call(Method::GET, &path, None, context).await?)
    }

    /// Whether a run of an earlier attempt is still going on, or ended well a short time ago.
    async fn is_usable(
        &self,
        run: &Run,
        with_video: bool,
        context: &StageContext,
    ) -> Result<bool, Failure> {
        if with_video && !run.with_video {
            return Ok(false);
        }
        let path = format!("actor-runs/{}", run.id);
        let found = match self.call(Method::GET, &path, None, context).await {
            Ok(found) => found,
            // It is not kept for ever.
            Err(failure) if failure.kind() == Kind::ExtractorBroken => return Ok(false),
            Err(failure) => return Err(failure),
        };
        let data = &found["data"];
        Ok(
            match run_state(data["status"].as_str().unwrap_or_default()) {
                RunState::Running => true,
                RunState::Failed(_) => false,
                RunState::Succeeded => {
                    let limit = Duration::from_secs(self.config.reuse_s);
                    runs::age(data, context).is_some_and(|age| age <= limit)
                }
            },
        )
    }

    async fn begin(
        &self,
        page: &Url,
        with_video: bool,
        context: &StageContext,
    ) -> Result<String, Failure> {
        let input = json!({
            "postURLs": [page.as_str()],
            "resultsPerPage": 1,
            "shouldDownloadVideos": with_video,
            "shouldDownloadCovers": with_video,
            "shouldDownloadSubtitles": with_video,
            "proxyConfiguration": {"useApifyProxy": true},
        });
        // The run ends by itself even if nobody comes back for it.
        let path = format!(
            "acts/{}/runs?timeout={}",
            self.config.actor, self.config.run_timeout_s
        );
        let begun = self
            .call(Method::POST, &path, Some(&input), context)
            .await?;
        let id = plain_id(&begun["data"]["id"]).or_else(|| plain_id(&begun["id"]));
        let id = id.ok_or_else(|| broken("apify began a run without an id"))?;
        Ok(id.to_owned())
    }

    /// Waits for a run; gives the id of its dataset.
    async fn finish(&self, run: &str, context: &StageContext) -> Result<String, Failure> {
        let path = format!("actor-runs/{run}");
        loop {
            let found = self.call(Method::GET, &path, None, context).await?;
            let data = &found["data"];
            match run_state(data["status"].as_str().unwrap_or_default()) {
                RunState::Failed(how) => return Err(broken(format!("the scraper's run {how}"))),
                RunState::Succeeded => {
                    let dataset = plain_id(&data["defaultDatasetId"]);
                    let dataset = dataset.ok_or_else(|| broken("the run has no dataset"))?;
                    return Ok(dataset.to_owned());
                }
                RunState::Running => {
                    let interval = Duration::from_millis(self.config.poll_interval_ms);
                    tokio::time::sleep(interval).await;
                }
            }
        }
    }

    /// One request in up to `attempts` attempts.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        context: &StageContext,
    ) -> Result<Value, Failure> {
        let base = Duration::from_millis(self.config.backoff_ms);
        let mut failed = 0;
        loop {
            let Failed { failure, again } = match self.once(&method, path, body).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            failed += 1;
            let usual = backoff::delay(base, failed, &context.job);
            let wait = failure.retry_after().unwrap_or(usual);
            let too_long = wait > Duration::from_secs(self.config.max_wait_s);
            if !again || too_long || failed >= self.config.attempts {
                return Err(failure);
            }
            tracing::debug!(kind = failure.kind().name(), failed, "asking apify again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failed> {
        let base = self.config.base_url.trim_end_matches('/');
        let mut request = self
            .client
            .request(method.clone(), format!("{base}/{path}"))
            .bearer_auth(self.token.expose_secret());
        if let Some(body) = body {
            request = request
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.map_err(|error| Failed {
            // What began a run must not be repeated unless it certainly did not arrive.
            again: method == Method::GET || error.is_connect(),
            failure: no_answer("apify", error),
        })?;
        let status = response.status();
        let after = retry_after(&response);
        let answer = self.read(response).await;
        if status.is_success() {
            return answer.map_err(|failure| Failed {
                again: method == Method::GET && failure.kind() != Kind::ExtractorBroken,
                failure,
            });
        }
        let answer = answer.unwrap_or_default();
        let kind = kind_of_api(status.as_u16(), answer["error"]["type"].as_str());
        let mut text = format!("apify answered {}", status.as_u16());
        if kind == Kind::NotConfigured {
            text.push_str("; check `ingest.apify.token` (APIFY_API_TOKEN)");
        }
        Err(Failed {
            again: matches!(kind, Kind::RateLimited | Kind::Unreachable),
            failure: Failure::new(kind, text).after(after),
        })
    }

    async fn read(&self, mut response: Response) -> Result<Value, Failure> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| no_answer("apify", error))?
        {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > self.config.max_answer_bytes {
                let limit = self.config.max_answer_bytes;
                return Err(broken(format!("apify's answer is over {limit} bytes")));
            }
        }
        serde_json::from_slice(&bytes).map_err(|_| broken("apify's answer is not JSON"))
    }
}
