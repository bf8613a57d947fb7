//! `POST /api/chat` and `POST /api/generate`

use super::{Refusal, WIDTH, asked, context, embeds, keep_alive, scheduler};
use crate::fake_llm::{
    State,
    answers::{self, Ask, Provider},
    faults::Fault,
    instant::rfc3339,
    latency::Timing,
    random::Random,
    stream::{self, Event, Form, Mark},
    usage::{pieces, tokens},
    wire::{Reply, Request, Step},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Tokens of the template around every message.
const MESSAGE_TOKENS: u64 = 4;
/// The least that is told of a load.
const NO_LOAD: Duration = Duration::from_millis(2);
/// Time per token that is told where nothing takes time.
const LEAST_TOKEN: Duration = Duration::from_micros(10);

/// An answer and what is told of it.
struct Said {
    chat: bool,
    model: String,
    created: String,
    text: String,
    reason: String,
    read: u64,
    written: u64,
    load: Duration,
    timing: Timing,
    counted: Option<f64>,
}

pub(super) async fn answer(
    request: &Request,
    chat: bool,
    fault: Option<&Fault>,
    state: &Arc<State>,
) -> Result<Reply, Refusal> {
    let (body, model) = asked(request, state)?;
    if embeds(&model) {
        let verb = if chat { "chat" } else { "generate" };
        return Err(Refusal::bad(format!(
            "{} does not support {verb}",
            body["model"]
        )));
    }
    let keep = keep_alive(&body)?;
    check(&body)?;
    let mut ask = ask(&body, chat)?;
    let context = context(&body, state);
    let read = fit(&mut ask, &body, context)?;
    let streams = body["stream"] != false;
    if nothing_asked(&ask) && keep.is_zero() {
        state.ollama.unload(&model);
        return Ok(loading(&body, chat, "unload", streams, state));
    }
    let place = scheduler::place(state, &model, context, keep).await;
    let busy = "server busy, please try again.  maximum pending requests exceeded";
    let mut place = place.ok_or_else(|| Refusal(503, busy.into()))?;
    let load = place.load.take();
    let wait = Step::Wait(load.unwrap_or_default());
    let mut reply = if nothing_asked(&ask) {
        loading(&body, chat, "load", streams, state)
    } else {
        let timing = {
            let inner = state.lock();
            inner.latency.timing(read, &mut Random::new(state.id()))
        };
        let said = said(state, &ask, chat, fault, (read, context, load, timing));
        said.reply(streams, fault)
    };
    reply.before.insert(0, wait);
    reply.held = Some(Box::new(place));
    Ok(reply)
}

/// What the interface looks at before it looks at the prompt.
fn check(body: &Value) -> Result<(), Refusal> {
    match &body["format"] {
        Value::Null | Value::Object(_) => {}
        Value::String(text) if text.is_empty() || text == "json" => {}
        other => {
            return Err(Refusal::bad(format!(
                "invalid format: {other}; expected \"json\" or a valid JSON Schema object"
            )));
        }
    }
    if !(body["options"].is_null() || body["options"].is_object()) {
        return Err(Refusal::bad("json: cannot unmarshal options"));
    }
    // None of the models here can.
    if !matches!(body["think"], Value::Null | Value::Bool(false)) {
        return Err(Refusal::bad(format!(
            "{} does not support thinking",
            body["model"]
        )));
    }
    for name in ["stream", "truncate", "shift"] {
        if !(body[name].is_null() || body[name].is_boolean()) {
            return Err(Refusal::bad(format!(
                "json: cannot unmarshal {name} into bool"
            )));
        }
    }
    Ok(())
}

fn ask(body: &Value, chat: bool) -> Result<Ask, Refusal> {
    let mut system = body["system"].as_str().unwrap_or_default().to_owned();
    let mut messages = Vec::new();
    if chat {
        for message in body["messages"].as_array().into_iter().flatten() {
            let text = message["content"].as_str().unwrap_or_default().to_owned();
            match message["role"].as_str() {
                Some("system") => system += &text,
                Some(role @ ("user" | "assistant" | "tool")) => {
                    messages.push((role.to_owned(), text))
                }
                _ => return Err(Refusal::bad("invalid role in messages")),
            }
        }
    } else if let Some(prompt) = body["prompt"].as_str().filter(|text| !text.is_empty()) {
        messages.push(("user".to_owned(), prompt.to_owned()));
    }
    let any = json!({"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]});
    Ok(Ask {
        provider: Provider::Ollama,
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        system,
        messages,
        schema: match &body["format"] {
            Value::Object(schema) => Some(Value::Object(schema.clone())),
            Value::String(text) if text == "json" => Some(any),
            _ => None,
        },
        body: body.clone(),
    })
}

fn nothing_asked(ask: &Ask) -> bool {
    ask.messages.is_empty() && ask.system.is_empty()
}

/// How many tokens are read, once what is too long has been cut or refused.
fn fit(ask: &mut Ask, body: &Value, context: u64) -> Result<u64, Refusal> {
    let said = ask
        .messages
        .iter()
        .map(|(_, text)| tokens(text, WIDTH) + MESSAGE_TOKENS);
    let system = tokens(&ask.system, WIDTH);
    let all = said.sum::<u64>() + system + MESSAGE_TOKENS;
    if all <= context {
        return Ok(all);
    }
    if body["truncate"] == false {
        return Err(Refusal::bad("the input length exceeds the context length"));
    }
    // Silently, the end of the conversation in half a window is all that is left.
    let kept = context / 2;
    let mut left = kept;
    for (_, text) in ask.messages.iter_mut().rev() {
        let pieces: Vec<&str> = pieces(text, WIDTH).collect();
        let keep = pieces
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= keep as u64;
        *text = pieces[pieces.len() - keep..].concat();
    }
    ask.system.clear();
    Ok(kept)
}

fn said(
    state: &State,
    ask: &Ask,
    chat: bool,
    fault: Option<&Fault>,
    (read, context, load, timing): (u64, u64, Option<Duration>, Timing),
) -> Said {
    let answer = answers::answer(state, ask, fault);
    let wanted = ask
        .body
        .pointer("/options/num_predict")
        .and_then(Value::as_i64);
    let room = context.saturating_sub(read);
    let limit = match wanted {
        Some(limit) if limit >= 0 => (limit as u64).min(room),
        // Without a limit, even loops end with the window.
        _ => room,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (text, stopped) = until_stop(&answer.text, &ask.body);
    let text: String = pieces(text, WIDTH).take(limit).collect();
    let cut = !stopped && text.len() < answer.text.len();
    let reason = answer
        .stop
        .unwrap_or_else(|| if cut { "length" } else { "stop" }.to_owned());
    Said {
        chat,
        model: match fault {
            Some(Fault::Served { model }) => model.clone(),
            _ => ask.model.clone(),
        },
        created: rfc3339(state.now()),
        written: tokens(&text, WIDTH),
        text,
        reason,
        read,
        load: load.unwrap_or_default().max(NO_LOAD),
        timing,
        counted: match fault {
            Some(Fault::MissingUsage) => None,
            Some(Fault::LyingUsage { factor }) => Some(*factor),
            _ => Some(1.0),
        },
    }
}

fn until_stop<'a>(text: &'a str, body: &Value) -> (&'a str, bool) {
    let stops = body.pointer("/options/stop");
    let stops = match stops {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let stops = stops.into_iter().filter(|stop| !stop.is_empty());
    let found = stops.filter_map(|stop| text.find(stop)).min();
    found.map_or((text, false), |at| (&text[..at], true))
}

fn piece(chat: bool, text: &str) -> (&'static str, Value) {
    if chat {
        ("message", json!({"role": "assistant", "content": text}))
    } else {
        ("response", json!(text))
    }
}

impl Said {
    fn line(&self, text: &str, done: bool) -> Value {
        let (name, piece) = piece(self.chat, text);
        let mut line =
            json!({"model": self.model, "created_at": self.created, name: piece, "done": done});
        if done {
            line["done_reason"] = json!(self.reason);
        }
        if let (true, Some(factor)) = (done, self.counted) {
            let told = |count: u64| (count as f64 * factor).round() as u64;
            let ns = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            let times = |count: u64, token: Duration| {
                token.saturating_mul(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
            };
            let read = self.timing.first.max(times(self.read, LEAST_TOKEN));
            let written = times(self.written, self.timing.token.max(LEAST_TOKEN));
            line["total_duration"] = json!(ns(self.load + read + written));
            line["load_duration"] = json!(ns(self.load));
            line["prompt_eval_count"] = json!(told(self.read));
            line["prompt_eval_duration"] = json!(ns(read));
            line["eval_count"] = json!(told(self.written));
            line["eval_duration"] = json!(ns(written));
        }
        line
    }

    fn reply(&self, streams: bool, fault: Option<&Fault>) -> Reply {
        let mut reply = if streams {
            let mut events: Vec<Event> = pieces(&self.text, WIDTH)
                .map(|piece| {
                    let mut event = Event::new(Mark::Text, self.line(piece, false));
                    event.wait = self.timing.token;
                    event
                })
                .collect();
            events.push(Event::new(Mark::Stop, self.line("", true)));
            Reply::steps(
                "application/x-ndjson",
                stream::write(Form::Lines, events, fault),
            )
        } else {
            Reply::json(200, &self.line(&self.text, true))
        };
        let all = if streams { 0 } else { self.written };
        reply.before = vec![Step::Wait(self.timing.first + self.timing.tokens(all))];
        reply
    }
}

/// The answer to a request that only loads or unloads.
fn loading(body: &Value, chat: bool, reason: &str, streams: bool, state: &State) -> Reply {
    let (name, piece) = piece(chat, "");
    let created = rfc3339(state.now());
    let line = json!({
        "model": body["model"], "created_at": created, name: piece,
        "done": true, "done_reason": reason,
    });
    if streams {
        Reply::new(200, "application/x-ndjson", format!("{line}\n"))
    } else {
        Reply::json(200, &line)
    }
}
