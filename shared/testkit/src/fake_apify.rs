//! Apify's interface as it speaks.

use crate::{Certificate, FakeWeb, Reply, Request};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is asked of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// `POST /v2/acts/<actor>/runs`
    Begin,
    /// `GET /v2/actor-runs/<run>`
    Look,
    /// `GET /v2/datasets/<dataset>/items`
    Items,
}

#[derive(Default)]
struct Script {
    replies: HashMap<Call, VecDeque<Reply>>,
    statuses: VecDeque<String>,
    items: Option<Value>,
    finished_at: Option<String>,
    begun: usize,
}

/// A server that speaks Apify's interface: runs are begun, looked at until they end, and leave a
/// dataset. Without a script every run succeeds at the second look.
pub struct FakeApify {
    web: FakeWeb,
    script: Arc<Mutex<Script>>,
}

/// What it accepts as a token.
const TOKEN: &str = "apify_api_for_tests";

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

fn json_reply(status: u16, value: &Value) -> Reply {
    let headers = [("content-type", "application/json; charset=utf-8")];
    Reply::new(status, &headers, value.to_string())
}

impl FakeApify {
    /// A server with this certificate, which must be for `localhost`.
    pub async fn start(certificate: &Certificate) -> Self {
        let script = Arc::<Mutex<Script>>::default();
        lock(&script).statuses = ["RUNNING", "SUCCEEDED"].map(str::to_owned).into();
        let own = script.clone();
        let web =
            FakeWeb::start(certificate, move |request| answer(&mut lock(&own), request)).await;
        Self { web, script }
    }

    /// The address of the interface.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.web.url("localhost", "/v2")
    }
    /// The token it accepts.
    #[must_use]
    pub const fn token() -> &'static str {
        TOKEN
    }
    /// The server below it.
    #[must_use]
    pub const fn web(&self) -> &FakeWeb {
        &self.web
    }

    /// Answers the next call of this kind in another way than usual.
    pub fn reply_once(&self, call: Call, reply: Reply) {
        let mut script = lock(&self.script);
        script.replies.entry(call).or_default().push_back(reply);
    }
    /// What looks at a run find, one after the other; the last stays.
    pub fn statuses(&self, statuses: &[&str]) {
        lock(&self.script).statuses = statuses.iter().map(|&one| one.to_owned()).collect();
    }
    /// When runs say they ended.
    pub fn finished_at(&self, time: &str) {
        lock(&self.script).finished_at = Some(time.to_owned());
    }
    /// What datasets hold.
    pub fn items(&self, items: Value) {
        lock(&self.script).items = Some(items);
    }
    /// What the runs were begun with.
    #[must_use]
    pub fn inputs(&self) -> Vec<Value> {
        let requests = self.web.requests();
        let begun = requests.iter().filter(|request| request.method == "POST");
        begun
            .map(|request| serde_json::from_slice(&request.body).unwrap())
            .collect()
    }

    /// An error answer as the interface gives it.
    #[must_use]
    pub fn error(status: u16, kind: &str) -> Reply {
        json_reply(status, &error(kind))
    }
    /// An item of a dataset that tells of a video, as the scraper writes it.
    #[must_use]
    pub fn video(id: &str, address: &str) -> Value {
        json!({
            "id": id,
            "text": "a caption #tag",
            "textLanguage": "en",
            "createTime": 1_751_432_619,
            "createTimeISO": "2025-07-02T05:03:39.000Z",
            "isAd": false,
            "authorMeta": {"id": "1", "name": "someone", "fans": 12},
            "musicMeta": {"musicName": "original sound"},
            "webVideoUrl": format!("https://www.tiktok.com/@someone/video/{id}"),
            "mediaUrls": [address],
            "videoMeta": {"height": 1024, "width": 576, "duration": 18},
            "diggCount": 8112, "shareCount": 1406, "playCount": 132_100,
            "collectCount": 3501, "commentCount": 122,
            "mentions": [], "hashtags": [{"name": "tag"}], "effectStickers": [],
            "isSlideshow": false,
        })
    }
    /// An item that tells why there is no video, as the scraper writes it.
    #[must_use]
    pub fn problem(code: &str, text: &str) -> Value {
        json!({"url": "https://www.tiktok.com/@someone/video/1", "errorCode": code, "error": text})
    }
}

fn error(kind: &str) -> Value {
    json!({"error": {"type": kind, "message": "a message that must not be repeated"}})
}

fn answer(script: &mut Script, request: &Request) -> Reply {
    let wanted = format!("Bearer {TOKEN}");
    if request.header("authorization") != Some(wanted.as_str()) {
        return FakeApify::error(401, "user-or-token-not-found");
    }
    let segments: Vec<&str> = request.path().split('/').skip(1).collect();
    let (call, id) = match (request.method.as_str(), &segments[..]) {
        ("POST", ["v2", "acts", actor, "runs"]) => (Call::Begin, *actor),
        ("GET", ["v2", "actor-runs", id]) => (Call::Look, *id),
        ("GET", ["v2", "datasets", id, "items"]) => (Call::Items, *id),
        _ => return FakeApify::error(404, "page-not-found"),
    };
    if let Some(reply) = script.replies.get_mut(&call).and_then(VecDeque::pop_front) {
        return reply;
    }
    match call {
        Call::Begin => {
            script.begun += 1;
            json_reply(201, &run(script, &format!("run{}", script.begun), "READY"))
        }
        Call::Look => {
            let status = match script.statuses.len() {
                0 | 1 => script.statuses.front().cloned(),
                _ => script.statuses.pop_front(),
            };
            json_reply(200, &run(script, id, &status.unwrap_or_default()))
        }
        Call::Items => json_reply(200, script.items.as_ref().unwrap_or(&json!([]))),
    }
}

fn run(script: &Script, id: &str, status: &str) -> Value {
    let ended = !matches!(status, "READY" | "RUNNING");
    let finished_at = script.finished_at.as_ref().filter(|_| ended);
    json!({"data": {
        "id": id,
        "actId": "GdWCkxBtKWOsKjdch",
        "status": status,
        "startedAt": "2023-11-14T22:13:00.000Z",
        "finishedAt": finished_at,
        "defaultDatasetId": format!("dataset{id}"),
    }})
}
