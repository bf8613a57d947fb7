//! Streams of events, written as they should be and as they should not.

use super::{
    faults::{Fault, HangPoint, StreamFault},
    wire::Step,
};
use serde_json::{Value, json};
use std::time::Duration;

/// How often pings come while nothing else does.
const PING_EVERY: Duration = Duration::from_millis(50);

/// How a stream is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Server-sent events.
    Events,
    /// A JSON value in each line.
    Lines,
}

/// What an event means for those who watch for an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Start,
    Text,
    /// It says why the model stopped.
    Stop,
    /// The last one, where another one follows the one that says why.
    Last,
    Other,
}

/// One event of a stream.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) mark: Mark,
    pub(super) data: Value,
    /// What comes before it.
    pub(super) wait: Duration,
}

impl Event {
    pub(super) const fn new(mark: Mark, data: Value) -> Self {
        Self {
            mark,
            data,
            wait: Duration::ZERO,
        }
    }
}

/// The steps that write events.
pub(super) fn write(form: Form, events: Vec<Event>, fault: Option<&Fault>) -> Vec<Step> {
    let how = match fault {
        Some(Fault::Stream { how }) => Some(how),
        _ => None,
    };
    let events = match how {
        Some(how) => changed(form, events, how),
        None => events,
    };
    let mut steps = Vec::new();
    let mut invalid = how == Some(&StreamFault::InvalidUtf8);
    for event in &events {
        let mut bytes = frame(form, &event.data, how);
        if invalid && event.mark == Mark::Text {
            invalid = !break_text(&mut bytes);
        }
        if !event.wait.is_zero() {
            steps.push(Step::Wait(event.wait));
        }
        steps.push(Step::Send(bytes));
    }
    if let Some(how) = how {
        rewrite(form, &mut steps, how);
    }
    if let Some(Fault::Hang { at, pings }) = fault {
        hang(form, &events, &mut steps, *at, *pings);
    }
    steps
}

fn frame(form: Form, data: &Value, how: Option<&StreamFault>) -> Vec<u8> {
    let end = if how == Some(&StreamFault::Crlf) {
        "\r\n"
    } else {
        "\n"
    };
    let text = match form {
        Form::Lines => format!("{data}{end}"),
        Form::Events => {
            let name = data["type"].as_str().unwrap_or("message");
            let body = if how == Some(&StreamFault::MultiLineData) {
                let pretty = serde_json::to_string_pretty(data).unwrap();
                pretty.replace('\n', "\ndata: ")
            } else {
                data.to_string()
            };
            format!("event: {name}{end}data: {body}{end}{end}")
        }
    };
    text.into_bytes()
}

/// Puts two bytes into the first text that are no character.
fn break_text(bytes: &mut Vec<u8>) -> bool {
    let keys: [&[u8]; 3] = [b"\"text\":\"", b"\"content\":\"", b"\"response\":\""];
    let found = keys.iter().find_map(|key| {
        let at = bytes.windows(key.len()).position(|part| part == *key)?;
        Some(at + key.len())
    });
    if let Some(at) = found {
        bytes.splice(at..at, [0xC3, 0x28]);
    }
    found.is_some()
}

fn error(form: Form, kind: &str) -> Value {
    match form {
        Form::Events => {
            let error = json!({"type": kind, "message": "a scripted fault"});
            json!({"type": "error", "error": error})
        }
        Form::Lines => json!({"error": kind}),
    }
}

/// The events of a stream that goes wrong.
fn changed(form: Form, mut events: Vec<Event>, how: &StreamFault) -> Vec<Event> {
    let find = |events: &[Event], mark| events.iter().position(|event| event.mark == mark);
    match how {
        StreamFault::ErrorAt { event, error: kind } => {
            events.truncate(*event);
            events.push(Event::new(Mark::Other, error(form, kind)));
        }
        StreamFault::EofBeforeStop | StreamFault::EofMidFrame => {
            events.truncate(find(&events, Mark::Stop).unwrap_or(events.len()));
        }
        StreamFault::EofAfterStop => {
            let stop = find(&events, Mark::Stop).map_or(events.len(), |at| at + 1);
            events.truncate(stop);
        }
        StreamFault::DuplicateStop => {
            let last = events.last().cloned();
            events.extend(last);
        }
        StreamFault::OversizedFrame(bytes) => {
            let padding = "x".repeat(*bytes);
            let big = match form {
                Form::Events => json!({"type": "ping", "padding": padding}),
                Form::Lines => json!({"done": false, "padding": padding}),
            };
            let last = events.len().saturating_sub(1);
            events.insert(last, Event::new(Mark::Other, big));
        }
        StreamFault::PingFlood(count) if form == Form::Events => {
            let ping = Event::new(Mark::Other, json!({"type": "ping"}));
            let flood = std::iter::repeat_n(ping, *count as usize);
            events.splice(1..1, flood);
        }
        StreamFault::UnknownEvents => {
            return events
                .into_iter()
                .flat_map(|event| strange(form, event))
                .collect();
        }
        _ => {}
    }
    events
}

/// An event, and around it what nobody has heard of.
fn strange(form: Form, mut event: Event) -> Vec<Event> {
    match form {
        Form::Events => {
            event.data["field_of_tomorrow"] = json!({"a": [1]});
            let unknown = json!({"type": "event_of_tomorrow", "delta": {"type": "?"}});
            vec![Event::new(Mark::Other, unknown), event]
        }
        Form::Lines => {
            event.data["field_of_tomorrow"] = json!({"a": [1]});
            vec![event]
        }
    }
}

/// The bytes of a stream that is cut otherwise.
fn rewrite(form: Form, steps: &mut Vec<Step>, how: &StreamFault) {
    match how {
        StreamFault::SplitEveryByte => {
            let split = steps.drain(..).flat_map(|step| match step {
                Step::Send(bytes) => bytes.iter().map(|byte| Step::Send(vec![*byte])).collect(),
                other => vec![other],
            });
            *steps = split.collect();
        }
        StreamFault::OneChunk => {
            let sent = steps.drain(..).filter_map(|step| match step {
                Step::Send(bytes) => Some(bytes),
                _ => None,
            });
            let all: Vec<u8> = sent.flatten().collect();
            steps.push(Step::Send(all));
        }
        StreamFault::ByteOrderMark => steps.insert(0, Step::Send(b"\xEF\xBB\xBF".to_vec())),
        StreamFault::Comments if form == Form::Events => {
            between(steps, b": nothing to see here\n\n");
        }
        StreamFault::BlankLines if form == Form::Lines => between(steps, b"\n\r\n"),
        StreamFault::EofMidFrame => {
            if let Some(Step::Send(bytes)) = steps.last_mut() {
                bytes.truncate(bytes.len() / 2);
            }
        }
        _ => {}
    }
}

fn between(steps: &mut Vec<Step>, bytes: &[u8]) {
    let with = steps
        .drain(..)
        .flat_map(|step| [Step::Send(bytes.to_vec()), step]);
    *steps = with.collect();
}

fn hang(form: Form, events: &[Event], steps: &mut Vec<Step>, at: HangPoint, pings: bool) {
    let sends: Vec<usize> = (0..steps.len())
        .filter(|at| matches!(steps[*at], Step::Send(_)))
        .collect();
    let first_text = events.iter().position(|event| event.mark == Mark::Text);
    let kept = match at {
        HangPoint::BeforeHeaders => 0,
        HangPoint::BeforeFirstToken => first_text.unwrap_or(0),
        HangPoint::BetweenEvents => {
            let texts = events
                .iter()
                .filter(|event| event.mark == Mark::Text)
                .count();
            first_text.map_or(sends.len() / 2, |first| first + texts.div_ceil(2))
        }
    };
    let keep = sends.get(kept).copied().unwrap_or(steps.len());
    steps.truncate(keep);
    steps.push(if pings && form == Form::Events {
        let ping = frame(form, &json!({"type": "ping"}), None);
        Step::Repeat(ping, PING_EVERY)
    } else {
        Step::Hang
    });
}
