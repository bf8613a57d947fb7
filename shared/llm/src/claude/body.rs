//! What Claude is sent for a question.

use super::{ClaudeConfig, FIRST_VERSION, schema};
use crate::{
    provider::{Ask, Prepared},
    request::PromptCache,
};
use serde_json::{Map, Value, json};

/// The tool whose use is the answer, for models that are held to a schema in no other way.
const TOOL: &str = "answer";

/// How an answer becomes JSON.
#[derive(Debug, Clone, PartialEq)]
enum Route {
    /// It does not.
    Text,
    /// The provider holds it to the schema.
    Format(Value),
    /// It is what a tool is given, which the model is made to use.
    Tool(Value),
    /// The model is asked to.
    Asked(String),
}

/// What is sent, and whether the answer is what a tool is given.
pub(super) fn prepare(ask: &Ask, config: &ClaudeConfig) -> (Prepared, bool) {
    let model = &ask.model;
    let version = model.api_version.as_ref().unwrap_or(&config.api_version);
    let route = route(ask);
    let mut dropped = Vec::new();
    let mut body = Map::new();
    body.insert("model".into(), model.id.as_str().into());
    let allowance = if model.thinking.can_run() {
        config.thinking_allowance
    } else {
        0
    };
    let room = ask.max_output_tokens.saturating_add(allowance);
    body.insert(
        "max_tokens".into(),
        room.min(model.max_output_tokens).into(),
    );
    if let Some(system) = system(ask, config, &route) {
        body.insert("system".into(), system);
    }
    let messages = ask.messages.iter();
    let messages: Vec<Value> = messages
        .map(|message| json!({"role": message.role.as_str(), "content": message.content}))
        .collect();
    body.insert("messages".into(), messages.into());
    let mut output = Map::new();
    effort(ask, config, &mut output, &mut dropped);
    let with_tool = matches!(route, Route::Tool(_));
    match route {
        Route::Format(schema) => {
            let format = json!({"type": "json_schema", "schema": schema});
            output.insert("format".into(), format);
        }
        Route::Tool(schema) => {
            let tool =
                json!({"name": TOOL, "description": "Takes the answer.", "input_schema": schema});
            body.insert("tools".into(), json!([tool]));
            body.insert("tool_choice".into(), json!({"type": "tool", "name": TOOL}));
        }
        Route::Text | Route::Asked(_) => {}
    }
    if !output.is_empty() {
        body.insert("output_config".into(), output.into());
    }
    sampling(ask, version, &mut body, &mut dropped);
    if !ask.stop.is_empty() {
        body.insert("stop_sequences".into(), json!(ask.stop));
    }
    let prepared = Prepared {
        body: body.into(),
        api_version: version.clone(),
        dropped,
    };
    (prepared, with_tool)
}

/// How hard it thinks, where it can be told.
fn effort(
    ask: &Ask,
    config: &ClaudeConfig,
    output: &mut Map<String, Value>,
    dropped: &mut Vec<&'static str>,
) {
    if ask.model.effort {
        let effort = ask.effort.unwrap_or(config.effort);
        output.insert("effort".into(), effort.as_str().into());
    } else if ask.effort.is_some() {
        dropped.push("effort");
    }
}

fn route(ask: &Ask) -> Route {
    let Some(schema) = ask.output_schema.as_deref() else {
        return Route::Text;
    };
    match schema::sendable(schema) {
        Some(sent) if ask.model.structured => Route::Format(sent),
        Some(sent) if ask.model.forced_tool => Route::Tool(sent),
        _ => Route::Asked(crate::prompt::json_instruction(schema)),
    }
}

/// What the model is told first, with the mark up to which the provider keeps it.
fn system(ask: &Ask, config: &ClaudeConfig, route: &Route) -> Option<Value> {
    let asked = match route {
        Route::Asked(instruction) => Some(instruction.as_str()),
        _ => None,
    };
    let parts: Vec<&str> = ask.system.as_deref().into_iter().chain(asked).collect();
    if parts.is_empty() {
        return None;
    }
    let mut block = json!({"type": "text", "text": parts.join("\n\n")});
    let ttl = match ask.prompt_cache.unwrap_or(config.prompt_cache) {
        PromptCache::Off => return Some(json!([block])),
        PromptCache::FiveMinutes => "5m",
        PromptCache::Hour => "1h",
    };
    block["cache_control"] = json!({"type": "ephemeral", "ttl": ttl});
    Some(json!([block]))
}

/// Temperature and its kind: only some models take them, and only through the first version.
fn sampling(
    ask: &Ask,
    version: &str,
    body: &mut Map<String, Value>,
    dropped: &mut Vec<&'static str>,
) {
    let taken = ask.model.sampling && version == FIRST_VERSION;
    let sampling = ask.sampling;
    let asked: [(&str, Option<Value>); 3] = [
        ("temperature", sampling.temperature.map(Into::into)),
        ("top_p", sampling.top_p.map(Into::into)),
        ("top_k", sampling.top_k.map(Into::into)),
    ];
    for (name, value) in asked {
        match value {
            Some(value) if taken => drop(body.insert(name.into(), value)),
            Some(_) => dropped.push(name),
            None => {}
        }
    }
    if sampling.seed.is_some() {
        dropped.push("seed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::Catalogue,
        request::{Effort, Message, Sampling},
    };
    use std::sync::Arc;

    fn ask(model: &str) -> Ask {
        Ask {
            model: Catalogue::built_in().unwrap().row("claude", model),
            system: Some("be brief".into()),
            messages: vec![Message::user("hello")],
            max_output_tokens: 700,
            output_schema: None,
            sampling: Sampling {
                temperature: Some(0.3),
                top_k: Some(40),
                seed: Some(7),
                ..Sampling::default()
            },
            stop: vec!["END".into()],
            prompt_cache: None,
            effort: None,
            window: None,
            stream: false,
        }
    }

    fn sent(ask: &Ask, version: &str) -> (Prepared, bool) {
        let config = ClaudeConfig {
            api_version: version.into(),
            ..ClaudeConfig::new("http://127.0.0.1:1", "key".into())
        };
        prepare(ask, &config)
    }

    #[test]
    fn a_late_model_gets_effort_and_room_to_think_and_no_sampling() {
        let mut ask = ask("claude-haiku-5-5");
        ask.output_schema = Some(Arc::new(
            json!({"type": "object", "properties": {"a": {"type": "integer", "maximum": 5}}}),
        ));
        for version in ["2023-06-01", "2026-10-21"] {
            let (prepared, with_tool) = sent(&ask, version);
            assert!(!with_tool);
            assert_eq!(prepared.dropped, ["temperature", "top_k", "seed"]);
            assert_eq!(prepared.api_version, version);
            assert_eq!(
                prepared.body,
                json!({
                    "model": "claude-haiku-5-5", "max_tokens": 700 + 4096,
                    "system": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
                    "messages": [{"role": "user", "content": "hello"}],
                    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {
                        "type": "object", "properties": {"a": {"type": "integer", "description": "(maximum 5)"}},
                        "required": ["a"], "additionalProperties": false,
                    }}},
                    "stop_sequences": ["END"],
                })
            );
        }
    }

    #[test]
    fn an_early_model_takes_sampling_through_the_first_version_only() {
        let mut ask = ask("claude-haiku-4-5-20251001");
        ask.effort = Some(Effort::High);
        let (prepared, _) = sent(&ask, "2023-06-01");
        assert_eq!(prepared.dropped, ["effort", "seed"]);
        assert_eq!(
            (&prepared.body["temperature"], &prepared.body["top_k"]),
            (&json!(0.3), &json!(40))
        );
        assert_eq!(prepared.body["max_tokens"], 700);
        let (prepared, _) = sent(&ask, "2026-10-21");
        assert_eq!(prepared.body.get("temperature"), None);
    }

    #[test]
    fn json_is_had_by_a_tool_or_by_asking_where_there_is_no_format() {
        let mut ask = ask("claude-3-haiku-20240307");
        ask.output_schema = Some(Arc::new(json!({"type": "object", "properties": {}})));
        let (prepared, with_tool) = sent(&ask, "2023-06-01");
        assert!(with_tool);
        assert_eq!(
            prepared.body["tool_choice"],
            json!({"type": "tool", "name": "answer"})
        );
        ask.model.forced_tool = false;
        let (prepared, with_tool) = sent(&ask, "2023-06-01");
        assert!(!with_tool);
        let system = prepared.body["system"][0]["text"].as_str().unwrap();
        assert!(
            system.starts_with("be brief\n\n") && system.contains("JSON Schema"),
            "{system}"
        );
    }

    #[test]
    fn the_room_is_never_more_than_the_model_has_and_the_mark_can_be_left_out() {
        let mut ask = ask("claude-haiku-5-5");
        ask.max_output_tokens = u32::MAX;
        ask.prompt_cache = Some(PromptCache::Off);
        let (prepared, _) = sent(&ask, "2026-10-21");
        assert_eq!(prepared.body["max_tokens"], 128_000);
        assert_eq!(
            prepared.body["system"],
            json!([{"type": "text", "text": "be brief"}])
        );
        ask.system = None;
        assert_eq!(sent(&ask, "2026-10-21").0.body.get("system"), None);
    }
}
