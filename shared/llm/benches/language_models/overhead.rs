//! What the layer adds to a call, at a rate of calls that does not wait for answers.

use crate::{
    figures::{Times, cpu, load, middle, us},
    question,
    setup::{self, Fake, OUTSIDE},
};
use llm::{Client, Options};
use std::{
    cell::Cell,
    fmt::Write,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Calls that are due in a second.
const RATE: u32 = 2000;
/// How long calls are due in one round.
const ROUND: Duration = Duration::from_secs(10);
/// The same once, unmeasured.
const WARM_UP: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
/// What 99 of 100 calls may spend in the layer.
const TARGET: Duration = Duration::from_millis(1);

/// What one call took.
#[derive(Clone, Copy)]
struct Took {
    /// From when it was due to the answer.
    from_due: Duration,
    /// In the layer and not at the provider.
    layer: Duration,
}

/// Everything of one round.
struct Round {
    took: Vec<Took>,
    failed: usize,
    cpu_us: f64,
    load: String,
}

/// Calls at fixed times, however long each takes.
async fn at_fixed_times<F>(whole: Duration, call: impl Fn(u32) -> F) -> Round
where
    F: Future<Output = Option<Duration>> + Send + 'static,
{
    let count = RATE * u32::try_from(whole.as_millis()).unwrap() / 1000;
    let (sender, mut due_now) = mpsc::unbounded_channel();
    // A thread of its own: timers of the runtime have steps of a millisecond.
    let pace = std::thread::spawn(move || {
        let began = Instant::now() + Duration::from_millis(5);
        for number in 0..count {
            let due = began + Duration::from_secs(1) * number / RATE;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            sender.send((number, due)).unwrap();
        }
    });
    let (before, mut calls) = (cpu(), JoinSet::new());
    let (mut took, mut failed) = (Vec::new(), 0);
    let mut note = |ended: Option<Took>| match ended {
        Some(one) => took.push(one),
        None => failed += 1,
    };
    while let Some((number, due)) = due_now.recv().await {
        let call = call(number);
        calls.spawn(async move {
            let layer = call.await?;
            let from_due = due.elapsed();
            Some(Took { from_due, layer })
        });
        while let Some(ended) = calls.try_join_next() {
            note(ended.unwrap());
        }
    }
    while let Some(ended) = calls.join_next().await {
        note(ended.unwrap());
    }
    pace.join().unwrap();
    Round {
        took,
        failed,
        cpu_us: (cpu() - before).as_secs_f64() * 1e6 / f64::from(count),
        load: load(),
    }
}

/// Calls through the layer.
async fn through(client: &Client, alias: &'static str, whole: Duration) -> Round {
    let call = |number: u32| {
        let client = client.clone();
        async move {
            let text = format!("Hiring our first marketing manager, number {number}, in Pune.");
            let request = question::classification(alias, &text);
            let cancel = CancellationToken::new();
            let asking = async {
                let began = Instant::now();
                let asked = client.complete(&request, &cancel, Options::default()).await;
                let took = began.elapsed();
                asked
                    .is_ok()
                    .then(|| took.saturating_sub(OUTSIDE.with(Cell::get)))
            };
            OUTSIDE.scope(Cell::default(), asking).await
        }
    };
    at_fixed_times(whole, call).await
}

/// The same bytes by an HTTP client alone, whose answers nobody reads.
async fn alone(http: &reqwest::Client, fake: &Fake, whole: Duration) -> Round {
    let request = question::classification("haiku", "NUMBER");
    let body = setup::sent(fake, &request);
    let call = |number: u32| {
        let text = format!("Hiring our first marketing manager, number {number}, in Pune.");
        let asked = http
            .post(format!("{}/v1/messages", fake.url))
            .header("authorization", format!("Bearer {}", fake.key))
            .header("anthropic-version", "2026-10-21")
            .header("content-type", "application/json")
            .body(body.replace("NUMBER", &text));
        async move {
            let answer = asked.send().await.ok()?;
            let is_success = answer.status().is_success();
            answer.bytes().await.ok()?;
            is_success.then_some(Duration::ZERO)
        }
    };
    at_fixed_times(whole, call).await
}

/// Rounds of one kind, as rows.
struct Kind {
    name: &'static str,
    rounds: Vec<Round>,
}

impl Kind {
    fn row(&self, what: &str, of: impl Fn(&Took) -> Duration) -> String {
        let each = self.rounds.iter().map(|round| {
            let times = Times(round.took.iter().map(&of).collect());
            times.within(990).as_secs_f64() * 1e6
        });
        let (_, least, most) = middle(each);
        let all = self.rounds.iter().flat_map(|round| &round.took);
        let all = Times(all.map(of).collect());
        format!(
            "| {what} | {} |{} {least:.0} to {most:.0} |\n",
            all.0.len(),
            all.cells()
        )
    }

    fn cpu(&self) -> (f64, f64, f64) {
        middle(self.rounds.iter().map(|round| round.cpu_us))
    }

    fn failed(&self) -> usize {
        self.rounds.iter().map(|round| round.failed).sum()
    }
}

/// Measures, and writes the part of the page.
pub async fn measure(fake: &Fake) -> String {
    let client = setup::client(fake, 1);
    let http = reqwest::Client::new();
    fake.at_once().await;
    through(&client, "haiku", WARM_UP).await;
    alone(&http, fake, WARM_UP).await;
    let mut layer = Kind::of("through the layer");
    let mut bare = Kind::of("HTTP client alone");
    // In turns, so that what else the machine does burdens both alike.
    for _ in 0..ROUNDS {
        fake.at_once().await;
        layer.rounds.push(through(&client, "haiku", ROUND).await);
        fake.at_once().await;
        bare.rounds.push(alone(&http, fake, ROUND).await);
    }
    page(&layer, &bare, request_bytes(fake))
}

fn request_bytes(fake: &Fake) -> usize {
    setup::sent(fake, &question::classification("haiku", "")).len()
}

impl Kind {
    const fn of(name: &'static str) -> Self {
        Self {
            name,
            rounds: Vec::new(),
        }
    }
}

fn page(layer: &Kind, bare: &Kind, bytes: usize) -> String {
    let mut page = format!(
        "| {RATE} calls a second | calls | p50, µs | p90, µs | p99, µs | p99.9, µs | p99 of the {ROUNDS} rounds, µs |\n\
         |---|---:|---:|---:|---:|---:|---:|\n"
    );
    page += &layer.row("in the layer, outside of the provider", |took| took.layer);
    page += &layer.row(
        "whole call through the layer, from when it was due",
        |took| took.from_due,
    );
    page += &bare.row(
        "the same bytes by the HTTP client alone, from when it was due",
        |took| took.from_due,
    );
    for kind in [layer, bare] {
        let (cpu, least, most) = kind.cpu();
        let loads: Vec<&str> = kind
            .rounds
            .iter()
            .map(|round| round.load.as_str())
            .collect();
        write!(
            page,
            "\n{}: {cpu:.0} µs of processor time a call ({least:.0} to {most:.0}), {} of {} calls failed; load {}.\n",
            kind.name,
            kind.failed(),
            kind.rounds.iter().map(|round| round.took.len() + round.failed).sum::<usize>(),
            loads.join(", "),
        )
        .unwrap();
    }
    let all = layer.rounds.iter().flat_map(|round| &round.took);
    let p99 = Times(all.map(|took| took.layer).collect()).within(990);
    let held = if p99 < TARGET {
        "holds"
    } else {
        "does not hold"
    };
    write!(
        page,
        "\nTarget: 99 of 100 calls spend less than {} µs in the layer. It {held}: {} µs. A question has {bytes} bytes.\n",
        us(TARGET),
        us(p99)
    )
    .unwrap();
    page
}
