//! What a cache, several questions at once and sorting out beforehand save of the work on a
//! hundred signals, against a model that takes its time.

use crate::{
    figures::{Times, load},
    question,
    setup::{self, Fake},
};
use cache::State;
use llm::{Aliases, Cached, Question, completion::Completion, request::Request};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Signals of a run.
const SIGNALS: usize = 100;
/// Different texts among them.
const TEXTS: usize = 40;
/// How fast the model reads and writes, in tokens per second: both models alike.
const READ_PER_S: u64 = 8_000;
const WRITTEN_PER_S: u64 = 800;
/// Before it begins, in milliseconds.
const FIRST_MS: u64 = 20;
/// A total above which there is a dossier.
const DOSSIER_ABOVE: f64 = 70.0;
/// Closeness to the description of customers below which a signal is sorted out. Of the made-up
/// vectors here, which are close if they share words.
const CLOSE: f64 = 0.30;
/// Longest wait for vectors.
const EMBEDDING: Duration = Duration::from_secs(60);

/// One way to work.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    /// Whether answers are kept.
    keeps: bool,
    /// Whether every signal gets a dossier.
    all_dossiers: bool,
    /// Whether what is far from every customer is sorted out by vectors.
    sorts: bool,
    /// Signals at once.
    at_once: usize,
    /// Requests that the server answers at once per model.
    parallel: u32,
}

const NAIVE: Way = Way {
    name: "every signal asks both models, one after the other",
    keeps: false,
    all_dossiers: true,
    sorts: false,
    at_once: 1,
    parallel: 1,
};

const SORTING: Way = Way {
    name: "and sorted out by embeddings",
    all_dossiers: false,
    keeps: true,
    sorts: true,
    ..NAIVE
};

const WAYS: [Way; 6] = [
    NAIVE,
    Way {
        name: "the deep model only above 70 points",
        all_dossiers: false,
        ..NAIVE
    },
    Way {
        name: "and answers kept",
        all_dossiers: false,
        keeps: true,
        ..NAIVE
    },
    SORTING,
    Way {
        name: "and five at once, the server takes one",
        at_once: 5,
        ..SORTING
    },
    Way {
        name: "and five at once, the server takes five",
        at_once: 5,
        parallel: 5,
        ..SORTING
    },
];

/// What became of all signals.
struct Done {
    way: Way,
    took: Duration,
    each: Times,
    sorted_out: usize,
    hit_percent: f64,
    coalesced: u64,
    asked: [usize; 3],
    load: String,
}

struct Work {
    cached: Cached,
    way: Way,
    customers: Vec<f32>,
    sorted_out: AtomicUsize,
}

/// Texts as they come: some again and again, most about something else.
fn signals() -> Vec<String> {
    let hiring = "Founders of a small brand in India are hiring a first marketing manager to look \
        for leads and replace an agency, since growth has stopped";
    let other = "Senior engineer for embedded control software wanted, rotating shifts, welding \
        certificate, experience with hydraulic presses required";
    let texts: Vec<String> = (0..TEXTS)
        .map(|number| {
            let about = if number % 3 == 2 { other } else { hiring };
            format!("{about}. Advertisement {number}.")
        })
        .collect();
    let mut random = fastrand::Rng::with_seed(11);
    let mut all: Vec<String> = texts.clone();
    while all.len() < SIGNALS {
        all.push(texts[random.usize(..TEXTS)].clone());
    }
    random.shuffle(&mut all);
    all
}

impl Work {
    async fn vector(&self, text: &str) -> Vec<f32> {
        let (texts, cancel) = ([text.to_owned()], CancellationToken::new());
        let client = self.cached.client();
        let made = client.embed(Aliases::EMBEDDING, &texts, EMBEDDING, &cancel);
        made.await.unwrap().vectors.remove(0)
    }

    async fn is_close(&self, signal: &str) -> bool {
        let vector = self.vector(signal).await;
        let product =
            |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum() };
        let length = |a: &[f32]| product(a, a).sqrt();
        let both = length(&vector) * length(&self.customers);
        product(&vector, &self.customers) / both >= CLOSE
    }

    async fn ask(&self, request: &Request) -> Completion {
        let cancel = CancellationToken::new();
        let asked = self.cached.complete(&Question::new(request), &cancel).await;
        asked.unwrap()
    }

    async fn classify(&self, signal: &str) -> Duration {
        let began = Instant::now();
        if self.way.sorts && !self.is_close(signal).await {
            self.sorted_out.fetch_add(1, Ordering::Relaxed);
            return began.elapsed();
        }
        let mut request = question::classification(Aliases::FAST, signal);
        if !self.way.keeps {
            request.cache.mode = cache::Mode::Off;
        }
        let classified = self.ask(&request).await;
        assert!(self.way.keeps || classified.cache == State::Bypass);
        let classified = classified.json.unwrap();
        if self.way.all_dossiers || question::total(&classified) > DOSSIER_ABOVE {
            let dossier = question::dossier(Aliases::DEEP, signal, &classified);
            let mode = request.cache;
            self.ask(&Request {
                cache: mode,
                ..dossier
            })
            .await;
        }
        began.elapsed()
    }
}

async fn run(fake: &Fake, way: Way, signals: &[String]) -> Done {
    let rates = json!({"rates": {"first_ms": FIRST_MS, "read_per_s": READ_PER_S, "written_per_s": WRITTEN_PER_S}});
    let server = json!({"parallel": way.parallel, "load_ms": 0});
    fake.reset(&rates, &server).await;
    let client = setup::client(fake, way.parallel);
    let cached = setup::cached(client, "signals", None).await;
    let mut work = Work {
        cached,
        way,
        customers: Vec::new(),
        sorted_out: AtomicUsize::new(0),
    };
    work.customers = work.vector(question::CUSTOMERS).await;
    let work = Arc::new(work);
    let (room, mut tasks) = (Arc::new(Semaphore::new(way.at_once)), JoinSet::new());
    let began = Instant::now();
    for signal in signals {
        let place = room.clone().acquire_owned().await.unwrap();
        let (work, signal) = (work.clone(), signal.clone());
        tasks.spawn(async move {
            let took = work.classify(&signal).await;
            drop(place);
            took
        });
    }
    let each = Times(tasks.join_all().await);
    let took = began.elapsed();
    let stats = work.cached.cache().stats();
    Done {
        way,
        took,
        each,
        sorted_out: work.sorted_out.load(Ordering::Relaxed),
        hit_percent: stats.hit_rate_percent,
        coalesced: stats.coalesced,
        asked: [
            fake.asked("gemma3:1b").await,
            fake.asked("gemma3:4b").await,
            fake.asked("nomic-embed-text").await,
        ],
        load: load(),
    }
}

/// Measures, and writes the part of the page.
pub async fn measure(fake: &Fake) -> String {
    let signals = signals();
    let different = signals.iter().collect::<BTreeSet<_>>().len();
    let mut page = format!(
        "{SIGNALS} signals, {different} of them different. The fake answers as a machine that reads \
         {READ_PER_S} and writes {WRITTEN_PER_S} tokens a second after {FIRST_MS} ms, both models \
         alike; none has to be loaded.\n\n\
         | how | signals a minute | times the first row | p50 of a signal, ms | longest, ms | hits, % | asked together | sorted out | fast model asked | deep model asked | vectors asked | load |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
    );
    let mut first = None;
    for way in WAYS {
        let done = run(fake, way, &signals).await;
        let took = done.took.as_secs_f64();
        let naive = *first.get_or_insert(took);
        let [fast, deep, vectors] = done.asked;
        writeln!(
            page,
            "| {} | {:.0} | {:.1} | {} | {} | {:.0} | {} | {} | {fast} | {deep} | {vectors} | {} |",
            done.way.name,
            60.0 * SIGNALS as f64 / took,
            naive / took,
            done.each.within(500).as_millis(),
            done.each.within(1000).as_millis(),
            done.hit_percent,
            done.coalesced,
            done.sorted_out,
            done.load,
        )
        .unwrap();
    }
    page
}
