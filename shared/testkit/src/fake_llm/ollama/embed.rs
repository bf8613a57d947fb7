//! `POST /api/embed` and `POST /api/embeddings`

use super::{Refusal, WIDTH, asked, context, embeds, keep_alive, scheduler};
use crate::fake_llm::{
    State,
    faults::Fault,
    random::Random,
    usage::{pieces, tokens},
    wire::{Reply, Request, Step},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// The least that is told of a load.
const NO_LOAD: Duration = Duration::from_millis(2);

pub(super) async fn many(
    request: &Request,
    fault: Option<&Fault>,
    state: &Arc<State>,
) -> Result<Reply, Refusal> {
    let (body, model) = asked(request, state)?;
    let texts: Vec<String> = match &body["input"] {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) if all.iter().all(Value::is_string) => {
            let texts = all.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        Value::Null => Vec::new(),
        _ => return Err(Refusal::bad("invalid input type")),
    };
    let size = size(&model, body["dimensions"].as_u64());
    let (texts, read) = fit(texts, &body, context(&body, state))?;
    let (place, load) = place(&model, &body, state).await?;
    let first = {
        let latency = state.lock().latency;
        latency.timing(read, &mut Random::new(state.id())).first
    };
    let vectors: Vec<Vec<f64>> = texts.iter().map(|text| unit(vector(text, size))).collect();
    let told = load.unwrap_or_default().max(NO_LOAD);
    let mut answer = json!({
        "model": body["model"],
        "embeddings": vectors,
        "total_duration": (told.as_nanos() as u64) + 1000 * read,
        "load_duration": told.as_nanos() as u64,
        "prompt_eval_count": read,
    });
    if let Some(Fault::LyingUsage { factor }) = fault {
        answer["prompt_eval_count"] = json!((read as f64 * factor).round() as u64);
    }
    let mut reply = Reply::json(200, &answer);
    reply.before = vec![Step::Wait(load.unwrap_or_default() + first)];
    reply.held = Some(Box::new(place));
    Ok(reply)
}

pub(super) async fn one(request: &Request, state: &Arc<State>) -> Result<Reply, Refusal> {
    let (body, model) = asked(request, state)?;
    let prompt = body["prompt"].as_str().unwrap_or_default();
    let size = size(&model, None);
    let (place, load) = place(&model, &body, state).await?;
    // Here they have not the length one.
    let vector: Vec<f64> = if prompt.is_empty() {
        Vec::new()
    } else {
        vector(prompt, size)
    };
    let mut reply = Reply::json(200, &json!({"embedding": vector}));
    reply.before = vec![Step::Wait(load.unwrap_or_default())];
    reply.held = Some(Box::new(place));
    Ok(reply)
}

async fn place(
    model: &str,
    body: &Value,
    state: &Arc<State>,
) -> Result<(scheduler::Place, Option<Duration>), Refusal> {
    if !embeds(model) {
        return Err(Refusal::bad("this model does not support embeddings"));
    }
    let keep = keep_alive(body)?;
    let place = scheduler::place(state, model, context(body, state), keep).await;
    let busy = "server busy, please try again.  maximum pending requests exceeded";
    let mut place = place.ok_or_else(|| Refusal(503, busy.into()))?;
    let load = place.load.take();
    Ok((place, load))
}

fn size(model: &str, dimensions: Option<u64>) -> usize {
    let own = if model.contains("minilm") { 384 } else { 768 };
    dimensions.map_or(own, |wanted| own.min(wanted.max(1) as usize))
}

/// The texts as far as the context holds them, and how many tokens that are.
fn fit(texts: Vec<String>, body: &Value, context: u64) -> Result<(Vec<String>, u64), Refusal> {
    let mut read = 0;
    let mut kept = Vec::new();
    for text in texts {
        if tokens(&text, WIDTH) > context && body["truncate"] == false {
            return Err(Refusal::bad("the input length exceeds the context length"));
        }
        let text: String = pieces(&text, WIDTH).take(context as usize).collect();
        read += tokens(&text, WIDTH);
        kept.push(text);
    }
    Ok((kept, read))
}

/// The sum of a direction for every word: texts with the same words are close.
fn vector(text: &str, size: usize) -> Vec<f64> {
    let mut sum = vec![0.0; size];
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
    let mut words: Vec<String> = words.collect();
    if words.is_empty() {
        words.push(text.to_owned());
    }
    for word in words {
        let mut random = Random::of([word.as_str()]);
        for value in &mut sum {
            *value += random.normal();
        }
    }
    sum
}

fn unit(mut vector: Vec<f64>) -> Vec<f64> {
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    for value in &mut vector {
        *value /= length.max(f64::MIN_POSITIVE);
    }
    vector
}
