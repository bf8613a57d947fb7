//! What was asked, and what became of it.

use super::{
    instant::{milliseconds, unix_ms},
    wire::{Played, Request},
};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, SystemTime},
};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It has not.
    Open,
    /// Everything was sent.
    Answered,
    /// Whoever asked closed the connection first.
    ClientGone,
    /// The server broke the connection.
    Broken,
}

impl Ending {
    pub(super) const fn of(played: Option<Played>) -> Self {
        match played {
            None => Self::ClientGone,
            Some(Played::Whole) => Self::Answered,
            Some(Played::Cut | Played::Reset) => Self::Broken,
        }
    }
}

/// One request and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct LlmCall {
    /// `GET`, `POST`…
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// What it asks of which model; empty where it asks none.
    pub model: String,
    /// The body, `Null` where it is not JSON.
    pub body: Value,
    /// How long the body was.
    pub body_bytes: u64,
    /// When it was read, in milliseconds since 1970 by the server's clock.
    pub at_unix_ms: u64,
    /// The fault that it met.
    pub fault: Option<&'static str>,
    /// What it was answered with.
    pub status: Option<u16>,
    /// How it ended.
    pub ending: Ending,
    /// From reading it to the last byte of the answer, in real time.
    pub took_ms: u64,
}

impl LlmCall {
    /// A header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Most requests that are remembered; the oldest go first.
const MAX_CALLS: usize = 100_000;

/// The requests since the last reset.
#[derive(Debug, Default)]
pub(super) struct Journal {
    calls: VecDeque<LlmCall>,
    forgotten: usize,
    open: HashSet<usize>,
    most: usize,
}

impl Journal {
    pub(super) fn begin(
        &mut self,
        request: &Request,
        model: &str,
        fault: Option<&'static str>,
        at: SystemTime,
    ) -> usize {
        if self.calls.len() == MAX_CALLS {
            self.calls.pop_front();
            self.forgotten += 1;
        }
        self.calls.push_back(LlmCall {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers.clone(),
            model: model.to_owned(),
            body: request.json().unwrap_or_default(),
            body_bytes: request.body_bytes,
            at_unix_ms: unix_ms(at),
            fault,
            status: None,
            ending: Ending::Open,
            took_ms: 0,
        });
        let number = self.forgotten + self.calls.len() - 1;
        self.open.insert(number);
        self.most = self.most.max(self.open.len());
        number
    }

    /// Before the first byte of the answer leaves, so that whoever reads it finds it here.
    pub(super) fn status(&mut self, number: usize, status: u16) {
        // A reset may have come between.
        if let Some(call) = self.call(number) {
            call.status = (status > 0).then_some(status);
        }
    }

    /// Just before whoever asked has the whole answer, and may ask again.
    pub(super) fn close(&mut self, number: usize) {
        self.open.remove(&number);
    }
    pub(super) fn end(&mut self, number: usize, ending: Ending, took: Duration) {
        self.close(number);
        if let Some(call) = self.call(number) {
            call.ending = ending;
            call.took_ms = milliseconds(took);
        }
    }

    fn call(&mut self, number: usize) -> Option<&mut LlmCall> {
        self.calls.get_mut(number.checked_sub(self.forgotten)?)
    }
    pub(super) fn calls(&self) -> Vec<LlmCall> {
        self.calls.iter().cloned().collect()
    }
    pub(super) const fn most_at_once(&self) -> usize {
        self.most
    }
    pub(super) fn count(&self, path: &str) -> usize {
        self.calls.iter().filter(|call| call.path == path).count()
    }
}
