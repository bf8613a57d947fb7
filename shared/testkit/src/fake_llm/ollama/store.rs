//! `GET /api/tags`, `GET /api/ps` and `POST /api/pull`

use super::{Refusal, tagged};
use crate::fake_llm::{
    State,
    faults::Fault,
    instant::rfc3339,
    stream::{self, Event, Form, Mark},
    wire::{Reply, Request},
};
use contracts::Sha256;
use serde_json::{Value, json};

/// What every model here weighs.
const SIZE_BYTES: u64 = 815_319_791;

fn row(name: &str) -> Value {
    let (family, parameters) = match name {
        name if name.contains("embed") => ("nomic-bert", "137M"),
        name if name.contains("minilm") => ("bert", "23M"),
        name if name.contains("4b") => ("gemma3", "4.3B"),
        name if name.contains("1b") => ("gemma3", "999.89M"),
        _ => ("llama", "7.2B"),
    };
    json!({
        "name": name,
        "model": name,
        "size": SIZE_BYTES,
        "digest": Sha256::of(name.as_bytes()).to_string(),
        "details": {
            "parent_model": "",
            "format": "gguf",
            "family": family,
            "families": [family],
            "parameter_size": parameters,
            "quantization_level": "Q4_K_M",
        },
    })
}

pub(super) fn tags(state: &State) -> Reply {
    let now = rfc3339(state.now());
    let installed = state.ollama.server().installed;
    let rows = installed.iter().map(|name| {
        let mut row = row(name);
        row["modified_at"] = json!(now);
        row
    });
    Reply::json(200, &json!({"models": rows.collect::<Vec<Value>>()}))
}

pub(super) fn loaded(state: &State) -> Reply {
    let loaded = state.ollama.loaded(state.now());
    let rows = loaded.iter().map(|(name, loaded)| {
        let mut row = row(name);
        row["expires_at"] = json!(rfc3339(loaded.until));
        row["size_vram"] = json!(SIZE_BYTES);
        row["context_length"] = json!(loaded.context);
        row
    });
    Reply::json(200, &json!({"models": rows.collect::<Vec<Value>>()}))
}

pub(super) fn pull(
    request: &Request,
    fault: Option<&Fault>,
    state: &State,
) -> Result<Reply, Refusal> {
    let body = request.json().unwrap_or_default();
    let name = body["model"].as_str().or_else(|| body["name"].as_str());
    let name = name.filter(|name| !name.is_empty());
    let name = tagged(name.ok_or_else(|| Refusal::bad("model is required"))?);
    let known = state.ollama.server().available.contains(&name);
    let missing = "pull model manifest: file does not exist";
    if body["stream"] == false {
        if !known {
            return Err(Refusal(500, missing.into()));
        }
        state.ollama.install(&name);
        return Ok(Reply::json(200, &json!({"status": "success"})));
    }
    let mut lines = vec![json!({"status": "pulling manifest"})];
    if known {
        let digest = Sha256::of(name.as_bytes()).to_string();
        let status = format!("pulling {}", &digest[..12]);
        lines.extend([0, SIZE_BYTES / 2, SIZE_BYTES].map(|completed| {
            json!({
                "status": status, "digest": format!("sha256:{digest}"),
                "total": SIZE_BYTES, "completed": completed,
            })
        }));
        lines.extend(
            ["verifying sha256 digest", "writing manifest", "success"]
                .map(|status| json!({"status": status})),
        );
        state.ollama.install(&name);
    } else {
        lines.push(json!({"error": missing}));
    }
    let last = lines.len() - 1;
    let events = lines.into_iter().enumerate().map(|(at, line)| {
        let mark = if at == last { Mark::Stop } else { Mark::Text };
        Event::new(mark, line)
    });
    let steps = stream::write(Form::Lines, events.collect(), fault);
    Ok(Reply::steps("application/x-ndjson", steps))
}
