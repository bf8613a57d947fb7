//! What is asked: the same again and again, and things nobody asked before; heard piece by piece,
//! called off, and in a hurry. Every answer says which question it is of.

use cache::{State, Stats};
use llm::{Cached, Options, Question, completion::Completion, error::Code, request::Request};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

/// Questions that are asked again and again.
const KNOWN: u64 = 200;
/// A question that has not ended by then is lost: every attempt ends sooner.
const LOST_AFTER: Duration = Duration::from_secs(180);
/// Longest pause of an asker between two questions, in milliseconds.
const PAUSE_MS: u64 = 8;

/// What became of all questions.
#[derive(Default)]
pub struct Counts {
    asked: u64,
    answered: BTreeMap<&'static str, u64>,
    called_off: u64,
    lost: u64,
    failed: BTreeMap<String, u64>,
    others: u64,
    again: u64,
    evicted: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.called_off += other.called_off;
        self.lost += other.lost;
        self.others += other.others;
        self.again += other.again;
        for (state, count) in &other.answered {
            *self.answered.entry(state).or_default() += count;
        }
        for (code, count) in &other.failed {
            *self.failed.entry(code.clone()).or_default() += count;
        }
    }

    pub fn note_cache(&mut self, stats: &Stats) {
        self.evicted = stats.evicted_count;
    }

    fn answers(&self) -> u64 {
        self.answered.values().sum()
    }

    fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    pub fn failed_percent(&self) -> f64 {
        100.0 * self.failures() as f64 / self.asked.max(1) as f64
    }

    pub fn print(&self) {
        println!("asked {}, answered {:?}", self.asked, self.answered);
        println!("called off {}, failed {:?}", self.called_off, self.failed);
        println!("further attempts {}, evicted {}", self.again, self.evicted);
    }

    /// What is not as it should be.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let ended = self.answers() + self.failures() + self.called_off;
        if ended != self.asked {
            wrong.push(format!(
                "{} asked, {ended} ended, {} lost",
                self.asked, self.lost
            ));
        }
        if self.others > 0 {
            wrong.push(format!("{} answers are another question's", self.others));
        }
        let seen = |state: State| self.answered.contains_key(state.as_str());
        if !seen(State::Miss) || !seen(State::L1) || self.again == 0 {
            wrong.push("it was too short to show anything".into());
        }
        wrong
    }
}

fn request(alias: &str, number: u64) -> Request {
    let text = format!("Signal {number}: hiring our first marketer.");
    let mut request = Request::new(uuid::Uuid::nil(), "signal.classify", alias, text, 700);
    request.output_schema = Some(json!({
        "type": "object",
        "properties": {
            "number": {"type": "integer", "enum": [number]},
            "reason": {"type": "string"},
        },
        "required": ["number", "reason"],
        "additionalProperties": false,
    }));
    request
}

/// Asks until the end has come.
pub async fn ask_until(cached: &Cached, asker: u64, end: Instant) -> Counts {
    let mut random = fastrand::Rng::with_seed(asker);
    let mut counts = Counts::default();
    let mut fresh = (asker + 1) << 40;
    while Instant::now() < end {
        let number = if random.u8(0..10) < 7 {
            random.u64(0..KNOWN)
        } else {
            fresh += 1;
            fresh
        };
        let alias = if random.bool() { "haiku" } else { "fast" };
        let request = request(alias, number);
        counts.asked += 1;
        let patience = Duration::from_millis(random.u64(0..20));
        let way = random.u8(0..20);
        let asking = async {
            match way {
                0 => hang_up(cached, &request, patience).await,
                1 => call_off(cached, &request, patience).await,
                2..6 => Some(listen(cached, &request).await),
                _ => Some(ask(cached, &request, &CancellationToken::new()).await),
            }
        };
        match tokio::time::timeout(LOST_AFTER, asking).await {
            Ok(ended) => note(&mut counts, ended, number),
            Err(_) => counts.lost += 1,
        }
        tokio::time::sleep(Duration::from_millis(random.u64(0..PAUSE_MS))).await;
    }
    counts
}

type Ended = Result<Completion, Arc<llm::Failed>>;

fn note(counts: &mut Counts, ended: Option<Ended>, number: u64) {
    match ended {
        None => counts.called_off += 1,
        Some(Err(failed)) if failed.failure.code == Code::Cancelled => counts.called_off += 1,
        Some(Err(failed)) => {
            let code = failed.failure.code.to_string();
            *counts.failed.entry(code).or_default() += 1;
        }
        Some(Ok(answer)) => {
            let json = answer.json.as_ref();
            let named = json.and_then(|json| json["number"].as_u64());
            counts.others += u64::from(named != Some(number));
            counts.again += answer.attempts.len().saturating_sub(1) as u64;
            *counts.answered.entry(answer.cache.as_str()).or_default() += 1;
        }
    }
}

async fn ask(cached: &Cached, request: &Request, cancel: &CancellationToken) -> Ended {
    cached.complete(&Question::new(request), cancel).await
}

/// Goes away in the middle.
async fn hang_up(cached: &Cached, request: &Request, patience: Duration) -> Option<Ended> {
    let cancel = CancellationToken::new();
    let asking = ask(cached, request, &cancel);
    tokio::time::timeout(patience, asking).await.ok()
}

/// Says in the middle that it needs no answer.
async fn call_off(cached: &Cached, request: &Request, patience: Duration) -> Option<Ended> {
    let cancel = CancellationToken::new();
    let asking = ask(cached, request, &cancel);
    let calling_off = async {
        tokio::time::sleep(patience).await;
        cancel.cancel();
    };
    Some(tokio::join!(asking, calling_off).0)
}

/// Hears the answer piece by piece.
async fn listen(cached: &Cached, request: &Request) -> Ended {
    let (deltas, mut pieces) = mpsc::channel(4);
    let asking = async {
        let question = Question {
            options: Options {
                deltas: Some(&deltas),
                ..Options::default()
            },
            ..Question::new(request)
        };
        let ended = cached.complete(&question, &CancellationToken::new()).await;
        drop(deltas);
        ended
    };
    let hearing = async { while pieces.recv().await.is_some() {} };
    tokio::join!(asking, hearing).0
}
