//! `POST /v1/messages`

use super::{
    Refusal, Version, body,
    checks::{Invalid, Params},
};
use crate::fake_llm::{
    State, answers,
    faults::Fault,
    latency::Timing,
    random::{Random, words},
    stream::{self, Event, Form, Mark},
    usage::{Input, pieces, tokens},
    wire::{Reply, Request, Step},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Tokens that one event of a stream brings.
const DELTA_TOKENS: usize = 4;

pub(super) fn answer(
    request: &Request,
    version: Version,
    fault: Option<&Fault>,
    state: &Arc<State>,
) -> Result<Reply, Refusal> {
    let body = body(request)?;
    let now = state.now();
    let params = Params::message(&body, version, now)?;
    let blocks = params.blocks();
    let (input, writes, timing) = {
        let mut inner = state.lock();
        let least = params.model.least_cached;
        let (input, writes) = inner
            .claude
            .cache
            .account(params.model.id, &blocks, least, now);
        inner.claude.buckets.admit(input.all() - input.read, now)?;
        let mut random = Random::new(state.id());
        (
            input,
            writes,
            inner.latency.timing(input.all(), &mut random),
        )
    };
    let message = Message::draw(state, &params, input, fault)?;
    let headers = {
        let buckets = &mut state.lock().claude.buckets;
        buckets.spend(message.output);
        buckets.headers(now)
    };
    let mut reply = if body["stream"] == true {
        streamed(&message, timing, fault)
    } else {
        let mut reply = Reply::json(200, &message.whole("standard"));
        reply.before = vec![Step::Wait(timing.first + timing.tokens(message.output))];
        reply
    };
    let shared = state.clone();
    reply.begun = Some(Box::new(move || shared.lock().claude.cache.write(writes)));
    let headers = headers.into_iter();
    Ok(headers.fold(reply, |reply, (name, value)| reply.with(&name, value)))
}

/// A part of an answer.
enum Part {
    Thinking(String),
    Unknown,
    Text(String),
    Tool(String, Value),
}

/// An answer of a model.
pub(super) struct Message {
    id: String,
    model: String,
    parts: Vec<Part>,
    stop: String,
    sequence: Option<String>,
    input: Input,
    output: u64,
    width: usize,
    /// What counts are multiplied with; `None` where there are none.
    honesty: Option<f64>,
}

impl Message {
    /// What the model says, as far as its limits let it.
    pub(super) fn draw(
        state: &State,
        params: &Params<'_>,
        input: Input,
        fault: Option<&Fault>,
    ) -> Result<Self, Invalid> {
        let model = params.model;
        if input.all() > model.context {
            let (is, most) = (input.all(), model.context);
            let message = format!("prompt is too long: {is} tokens > {most} maximum");
            return Err(Invalid::Request(message));
        }
        let ask = params.ask();
        let answer = answers::answer(state, &ask, fault);
        let asked_to_think = matches!(
            params
                .body
                .pointer("/thinking/type")
                .and_then(Value::as_str),
            Some("enabled" | "adaptive")
        );
        let usual = || asked_to_think.then(|| words(&mut ask.random(), 8, 24));
        let window = model.context - input.all();
        let limit = params.max_tokens.min(window);
        let thinking = answer.thinking.or_else(usual);
        let (thinking, thought) = limited(thinking.as_deref().unwrap_or(""), limit, model.width);
        let (text, sequence) = until_stop(&answer.text, params.body);
        let (said, spoken) = limited(text, limit - thought, model.width);
        let cut = said.len() < text.len();
        let mut message = Self {
            id: format!("msg_fake{:020}", state.id()),
            model: served(model.id, fault),
            parts: parts(thinking, said, params, fault),
            stop: String::new(),
            sequence: None,
            input,
            output: thought + spoken,
            width: model.width,
            honesty: honesty(fault),
        };
        let tool = message
            .parts
            .iter()
            .any(|part| matches!(part, Part::Tool(..)));
        let stop = match (cut, sequence) {
            (true, _) if window < params.max_tokens => "model_context_window_exceeded",
            (true, _) => "max_tokens",
            (_, Some(sequence)) => {
                message.sequence = Some(sequence);
                "stop_sequence"
            }
            _ if tool => "tool_use",
            _ => "end_turn",
        };
        message.stop = answer.stop.unwrap_or_else(|| stop.to_owned());
        Ok(message)
    }

    fn usage(&self, output: u64, tier: &str) -> Option<Value> {
        let factor = self.honesty?;
        let told = |count: u64| (count as f64 * factor).round() as u64;
        let input = self.input;
        Some(json!({
            "input_tokens": told(input.plain),
            "cache_creation_input_tokens": told(input.written_5m + input.written_1h),
            "cache_read_input_tokens": told(input.read),
            "cache_creation": {
                "ephemeral_5m_input_tokens": told(input.written_5m),
                "ephemeral_1h_input_tokens": told(input.written_1h),
            },
            "output_tokens": told(output),
            "service_tier": tier,
        }))
    }

    fn envelope(&self, content: Vec<Value>, stop: Value, usage: Option<Value>) -> Value {
        let mut message = json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": self.sequence.as_ref().filter(|_| !stop.is_null()),
            "stop_details": null,
        });
        if let Some(usage) = usage {
            message["usage"] = usage;
        }
        message
    }

    /// The answer in one piece.
    pub(super) fn whole(&self, tier: &str) -> Value {
        let content = self.parts.iter().map(|part| match part {
            Part::Thinking(text) => {
                json!({"type": "thinking", "thinking": text, "signature": "c2lnbmF0dXJl"})
            }
            Part::Unknown => json!({"type": "block_of_tomorrow", "payload": {"a": 1}}),
            Part::Text(text) => json!({"type": "text", "text": text}),
            Part::Tool(name, input) => {
                json!({"type": "tool_use", "id": "toolu_fake", "name": name, "input": input})
            }
        });
        let usage = self.usage(self.output, tier);
        self.envelope(content.collect(), json!(self.stop), usage)
    }

    /// The answer in events, and how many tokens the text has come to by each.
    fn events(&self, timing: Timing) -> Vec<Event> {
        let start = self.envelope(
            Vec::new(),
            Value::Null,
            self.usage(1.min(self.output), "standard"),
        );
        let mut events = vec![
            Event::new(
                Mark::Start,
                json!({"type": "message_start", "message": start}),
            ),
            Event::new(Mark::Other, json!({"type": "ping"})),
        ];
        for (index, part) in self.parts.iter().enumerate() {
            let (block, deltas) = self.deltas(part);
            let open =
                json!({"type": "content_block_start", "index": index, "content_block": block});
            events.push(Event::new(Mark::Other, open));
            for delta in deltas {
                let data = json!({"type": "content_block_delta", "index": index, "delta": delta});
                let mut event = Event::new(Mark::Text, data);
                event.wait = timing.tokens(DELTA_TOKENS as u64);
                events.push(event);
            }
            let close = json!({"type": "content_block_stop", "index": index});
            events.push(Event::new(Mark::Other, close));
        }
        let delta = json!({"stop_reason": self.stop, "stop_sequence": self.sequence});
        let mut stop = json!({"type": "message_delta", "delta": delta});
        if let Some(usage) = self.usage(self.output, "standard") {
            stop["usage"] = json!({"output_tokens": usage["output_tokens"]});
        }
        events.push(Event::new(Mark::Stop, stop));
        events.push(Event::new(Mark::Last, json!({"type": "message_stop"})));
        events
    }

    fn deltas(&self, part: &Part) -> (Value, Vec<Value>) {
        let cut = |text: &str| -> Vec<String> {
            let all: Vec<&str> = pieces(text, self.width).collect();
            all.chunks(DELTA_TOKENS).map(<[&str]>::concat).collect()
        };
        let deltas = |kind: &str, field: &str, text: &str| -> Vec<Value> {
            let cut = cut(text).into_iter();
            cut.map(|piece| json!({"type": kind, field: piece}))
                .collect()
        };
        match part {
            Part::Thinking(text) => {
                let mut all = deltas("thinking_delta", "thinking", text);
                all.push(json!({"type": "signature_delta", "signature": "c2lnbmF0dXJl"}));
                (
                    json!({"type": "thinking", "thinking": "", "signature": ""}),
                    all,
                )
            }
            Part::Unknown => {
                let delta = json!({"type": "delta_of_tomorrow", "payload": "?"});
                (json!({"type": "block_of_tomorrow"}), vec![delta])
            }
            Part::Text(text) => (
                json!({"type": "text", "text": ""}),
                deltas("text_delta", "text", text),
            ),
            Part::Tool(name, input) => {
                let block =
                    json!({"type": "tool_use", "id": "toolu_fake", "name": name, "input": {}});
                (
                    block,
                    deltas("input_json_delta", "partial_json", &input.to_string()),
                )
            }
        }
    }
}

fn streamed(message: &Message, timing: Timing, fault: Option<&Fault>) -> Reply {
    let steps = stream::write(Form::Events, message.events(timing), fault);
    let mut reply = Reply::steps("text/event-stream; charset=utf-8", steps);
    reply.before = vec![Step::Wait(timing.first)];
    reply.with("cache-control", "no-cache")
}

/// As much of a text as fits, and its tokens.
fn limited(text: &str, limit: u64, width: usize) -> (&str, u64) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let bytes: usize = pieces(text, width).take(limit).map(str::len).sum();
    let kept = &text[..bytes];
    (kept, tokens(kept, width))
}

/// The text before the first of the stop sequences, and which that is.
fn until_stop<'a>(text: &'a str, body: &Value) -> (&'a str, Option<String>) {
    let all = body["stop_sequences"].as_array().into_iter().flatten();
    let found = all
        .filter_map(Value::as_str)
        .filter_map(|sequence| Some((text.find(sequence)?, sequence)))
        .min();
    found.map_or((text, None), |(at, sequence)| {
        (&text[..at], Some(sequence.to_owned()))
    })
}

fn parts(thinking: &str, text: &str, params: &Params<'_>, fault: Option<&Fault>) -> Vec<Part> {
    let mut parts = Vec::new();
    if !thinking.is_empty() {
        parts.push(Part::Thinking(thinking.to_owned()));
    }
    if fault == Some(&Fault::UnknownBlock) {
        parts.push(Part::Unknown);
    }
    let input = params
        .forced_tool()
        .and_then(|(name, _)| Some((name, serde_json::from_str(text).ok()?)));
    match input {
        Some((name, input)) => parts.push(Part::Tool(name.to_owned(), input)),
        None if text.is_empty() => {}
        None => parts.push(Part::Text(text.to_owned())),
    }
    parts
}

fn served(model: &str, fault: Option<&Fault>) -> String {
    match fault {
        Some(Fault::Served { model }) => model.clone(),
        _ => model.to_owned(),
    }
}

fn honesty(fault: Option<&Fault>) -> Option<f64> {
    match fault {
        Some(Fault::MissingUsage) => None,
        Some(Fault::LyingUsage { factor }) => Some(*factor),
        _ => Some(1.0),
    }
}
