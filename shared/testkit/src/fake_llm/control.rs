//! `/__ctl/…`: what [`super::FakeLlm`]'s methods do, over HTTP.

use super::{
    ClaudeLimits, Latency, OllamaServer, Port, State,
    answers::Canned,
    instant::rfc3339,
    script::Rule,
    wire::{Reply, Request},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// One thing or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn all(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(all) => all,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    seed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refuse {
    for_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    held: bool,
}

fn parsed<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, serde_json::Error> {
    serde_json::from_slice(&request.body)
}

fn done() -> Reply {
    Reply::json(200, &json!({"status": "ok"}))
}

/// Answers a request to the server's controls.
pub(super) fn answer(request: &Request, state: &State) -> Reply {
    let what = request.path.trim_start_matches("/__ctl/");
    let answered = match (request.method.as_str(), what) {
        ("POST", "script") => parsed::<OneOrMany<Rule>>(request).map(|rules| {
            let mut inner = state.lock();
            rules
                .all()
                .into_iter()
                .for_each(|rule| inner.script.add(rule));
            done()
        }),
        ("POST", "seed") => parsed::<Seed>(request).map(|seed| {
            state.lock().script.seed(seed.seed);
            done()
        }),
        ("POST", "answers") => parsed::<OneOrMany<Canned>>(request).map(|answers| {
            state.lock().canned.extend(answers.all());
            done()
        }),
        ("GET", "journal") => Ok(journal(state)),
        ("POST", "clock") => parsed::<Advance>(request).map(|by| {
            state.lock().advanced += Duration::from_millis(by.advance_ms);
            clock(state)
        }),
        ("GET", "clock") => Ok(clock(state)),
        ("POST", "latency") => parsed::<Latency>(request).map(|latency| {
            state.lock().latency = latency;
            done()
        }),
        ("POST", "ollama") => parsed::<OllamaServer>(request).map(|server| {
            state.ollama.change(|known| *known = server);
            done()
        }),
        ("POST", "limits") => parsed::<ClaudeLimits>(request).map(|limits| {
            state.lock().claude.limits(limits);
            done()
        }),
        ("POST", "hold") => parsed::<Hold>(request).map(|hold| {
            state.held.send_replace(hold.held);
            done()
        }),
        ("POST", "refuse") => parsed::<Refuse>(request).map(|refuse| {
            let time = Duration::from_millis(refuse.for_ms);
            state.ports.send_replace(Port::Closed(Some(time)));
            done()
        }),
        ("POST", "reset") => {
            state.reset();
            Ok(done())
        }
        _ => Ok(Reply::json(404, &json!({"error": "no such control"}))),
    };
    answered.unwrap_or_else(|error: serde_json::Error| {
        Reply::json(400, &json!({"error": format!("not understood: {error}")}))
    })
}

fn journal(state: &State) -> Reply {
    let calls = state.lock().journal.calls();
    Reply::json(200, &json!({"calls": calls}))
}

fn clock(state: &State) -> Reply {
    let now: Value = json!(rfc3339(state.now()));
    Reply::json(200, &json!({"now": now}))
}
