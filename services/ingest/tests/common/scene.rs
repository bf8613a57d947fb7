//! Apify, a host of files, and a stage that knows both.

use super::{WebNames, config, take, video};
use contracts::{StageName, job::Source, messages::Ingested};
use ingest::{Ingest, IngestConfig};
use serde_json::{Value, json};
use stage::{StageContext, StageError};
use std::{sync::Arc, time::Duration};
use testkit::{Bench, Certificate, FakeApify, FakeWeb, Reply, Request};

/// A video.
pub const ID: &str = "7280654844715666731";
/// Its page.
pub const PAGE: &str = "https://www.tiktok.com/@someone/video/7280654844715666731";
/// Ten seconds before the clock of a bench.
pub const JUST_NOW: &str = "2023-11-14T22:13:10.000Z";

/// Apify, a host of files, and what is asked of them.
pub struct Scene {
    pub apify: FakeApify,
    pub files: Arc<FakeWeb>,
    pub config: IngestConfig,
    pub bench: Bench,
    _certificate: Certificate,
}

fn files(request: &Request) -> Reply {
    match request.path() {
        "/clip.mp4" => Reply::new(200, &[], video(50_000)),
        "/slow.mp4" => Reply::head(200, &[("content-length", "1000")])
            .wait(Duration::from_millis(200))
            .send(video(1000)),
        "/moved" => Reply::redirect("/clip.mp4"),
        "/busy" => Reply::new(503, &[], "secret"),
        "/forbidden" => Reply::new(403, &[], "secret"),
        "/ZMvideo" | "/t/ZTvideo" => Reply::redirect(&format!("{PAGE}?_r=1")),
        "/ZMtwice" => Reply::redirect("/ZMvideo"),
        "/ZMphoto" => Reply::redirect(&PAGE.replace("/video/", "/photo/")),
        "/ZMhome" => Reply::redirect("https://www.tiktok.com/?_r=1"),
        "/ZMelsewhere" => Reply::redirect("https://elsewhere.test/x"),
        "/ZMchallenge" => Reply::new(200, &[], "prove that you are human"),
        _ => Reply::new(404, &[], ""),
    }
}

impl Scene {
    /// With one video behind it.
    pub async fn new() -> Self {
        let certificate = Certificate::new(&["localhost", "files.test", "vm.tiktok.com"]);
        let apify = FakeApify::start(&certificate).await;
        let web = FakeWeb::start(&certificate, files).await;
        for name in ["localhost", "files.test", "vm.tiktok.com"] {
            web.name(name, &[&["127.0.0.1"]]);
        }
        let mut config = config(&certificate);
        config.apify.token = Some(FakeApify::token().into());
        config.apify.base_url = apify.base_url();
        config.apify.poll_interval_ms = 1;
        config.apify.backoff_ms = 1;
        apify.items(json!([FakeApify::video(
            ID,
            &web.url("files.test", "/clip.mp4")
        )]));
        Self {
            apify,
            files: Arc::new(web),
            config,
            bench: Bench::default(),
            _certificate: certificate,
        }
    }

    /// A fresh stage.
    pub fn stage(&self) -> Ingest {
        let names = WebNames(self.files.clone());
        Ingest::with_names(self.config.clone(), Arc::new(names)).unwrap()
    }

    /// The context of the job `test`.
    pub fn context(&self) -> StageContext {
        self.bench.context(StageName::Ingest)
    }

    /// A fresh stage takes the page in.
    pub async fn take(&self) -> Result<Ingested, StageError> {
        take(&self.stage(), page(), &self.context()).await
    }

    /// The items are these, and nothing is known of earlier attempts.
    pub async fn take_items(&self, items: Value) -> Result<Ingested, StageError> {
        self.apify.items(items);
        let bench = Bench::default();
        take(&self.stage(), page(), &bench.context(StageName::Ingest)).await
    }

    /// An item of the video with other fields.
    pub fn item(&self, changes: Value) -> Value {
        let mut item = FakeApify::video(ID, &self.files.url("files.test", "/clip.mp4"));
        for (field, value) in changes.as_object().unwrap() {
            item[field] = value.clone();
        }
        item
    }

    /// Requests of this kind to Apify.
    pub fn asked(&self, what: &str) -> usize {
        let requests = self.apify.web().requests();
        requests
            .iter()
            .filter(|request| request.path().contains(what))
            .count()
    }
}

/// The page as a source.
pub fn page() -> Source {
    Source::Url(PAGE.into())
}
