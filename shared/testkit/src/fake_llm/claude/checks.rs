//! What Claude's interface takes and what it does not.

use super::{Version, grammar};
use crate::fake_llm::{
    answers::{Ask, Provider},
    models::Model,
    usage::{Block, Lifetime, tokens},
};
use serde_json::{Map, Value};
use std::time::SystemTime;

/// Most breakpoints of the prompt cache in one request.
const MAX_BREAKPOINTS: usize = 4;
/// Tokens that a message costs besides its text.
const MESSAGE_TOKENS: u64 = 3;
/// Everything a request may say.
const FIELDS: [&str; 20] = [
    "model",
    "max_tokens",
    "messages",
    "system",
    "output_config",
    "metadata",
    "stream",
    "stop_sequences",
    "thinking",
    "tools",
    "tool_choice",
    "service_tier",
    "inference_geo",
    "speed",
    "container",
    "cache_control",
    "diagnostics",
    "temperature",
    "top_p",
    "top_k",
];
const SAMPLING: [&str; 3] = ["temperature", "top_p", "top_k"];

/// Why a request is not taken.
#[derive(Debug)]
pub(super) enum Invalid {
    Request(String),
    /// There is no such model, or no more.
    Model(String),
}

fn invalid<T>(message: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid::Request(message.into()))
}

/// A request that is taken.
#[derive(Debug)]
pub(super) struct Params<'a> {
    pub(super) body: &'a Value,
    pub(super) model: &'static Model,
    pub(super) max_tokens: u64,
}

impl<'a> Params<'a> {
    /// Those of a message.
    pub(super) fn message(
        body: &'a Value,
        version: Version,
        now: SystemTime,
    ) -> Result<Self, Invalid> {
        let params = Self::counted(body, version, now)?;
        let Some(max_tokens) = body.get("max_tokens").filter(|value| !value.is_null()) else {
            return invalid("max_tokens: Field required");
        };
        let Some(max_tokens) = max_tokens.as_u64() else {
            return invalid("max_tokens: Input should be a valid integer");
        };
        let most = params.model.max_output;
        if max_tokens > most {
            let name = params.model.id;
            return invalid(format!(
                "max_tokens: {max_tokens} > {most}, which is the maximum allowed number of output tokens for {name}"
            ));
        }
        Ok(Self {
            max_tokens,
            ..params
        })
    }

    /// Those of a count, which may lack `max_tokens`.
    pub(super) fn counted(
        body: &'a Value,
        version: Version,
        now: SystemTime,
    ) -> Result<Self, Invalid> {
        let Value::Object(fields) = body else {
            return invalid("the body must be an object");
        };
        if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return invalid(format!("{name}: Extra inputs are not permitted"));
        }
        let Some(name) = body.get("model").and_then(Value::as_str) else {
            return invalid("model: Field required");
        };
        sampling_on(version, fields)?;
        let model = Model::find(name).filter(|model| !model.is_retired(now));
        let Some(model) = model else {
            return Err(Invalid::Model(name.to_owned()));
        };
        sampling_of(model, fields)?;
        messages(body, model)?;
        system(body)?;
        plain_fields(fields)?;
        tools(body, model)?;
        output(body)?;
        let params = Self {
            body,
            model,
            max_tokens: 0,
        };
        params.breakpoints()?;
        Ok(params)
    }

    /// The schema of the answer.
    pub(super) fn schema(&self) -> Option<&'a Value> {
        self.body.pointer("/output_config/format/schema")
    }
    /// The tool that must be used: its name and its schema.
    pub(super) fn forced_tool(&self) -> Option<(&'a str, &'a Value)> {
        let choice = self.body.get("tool_choice")?;
        let name = choice.get("name").and_then(Value::as_str);
        let any = choice["type"] == "any";
        let mut tools = self.body.get("tools")?.as_array()?.iter();
        let tool = tools.find(|tool| any || tool["name"].as_str() == name)?;
        let forced = any || choice["type"] == "tool";
        forced.then_some((tool["name"].as_str()?, &tool["input_schema"]))
    }

    pub(super) fn ask(&self) -> Ask {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        let said = |message: &Value| {
            let role = message["role"].as_str().unwrap_or_default();
            (role.to_owned(), text_of(&message["content"]))
        };
        let forced = self.forced_tool().map(|(_, schema)| schema);
        Ask {
            provider: Provider::Claude,
            model: self.body["model"].as_str().unwrap_or_default().to_owned(),
            system: text_of(&self.body["system"]),
            messages: messages.map(said).collect(),
            schema: self.schema().or(forced).cloned(),
            body: self.body.clone(),
        }
    }

    /// The parts of the prompt in the order in which they are cached: tools, system, messages.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Some(schema) = self.schema() {
            blocks.push(self.block("format", schema, 0));
        }
        for tool in self.body["tools"].as_array().into_iter().flatten() {
            blocks.push(self.block("tool", tool, 0));
        }
        self.content("system", &self.body["system"], &mut blocks);
        for message in self.body["messages"].as_array().into_iter().flatten() {
            let role = message["role"].as_str().unwrap_or_default();
            self.content(role, &message["content"], &mut blocks);
        }
        // The whole prompt up to its end.
        if let (Some(lifetime), Some(last)) = (lifetime(self.body), blocks.last_mut()) {
            last.breakpoint = last.breakpoint.or(Some(lifetime));
        }
        blocks
    }

    fn content(&self, role: &str, content: &Value, blocks: &mut Vec<Block>) {
        match content {
            Value::Null => {}
            Value::Array(parts) => {
                let more = |at: usize| if at == 0 { MESSAGE_TOKENS } else { 0 };
                let parts = parts.iter().enumerate();
                blocks.extend(parts.map(|(at, part)| self.block(role, part, more(at))));
            }
            text => blocks.push(self.block(role, text, MESSAGE_TOKENS)),
        }
    }

    fn block(&self, role: &str, part: &Value, more: u64) -> Block {
        let text = part.as_str().or_else(|| part["text"].as_str());
        let mut source = part.clone();
        if let Value::Object(fields) = &mut source {
            fields.shift_remove("cache_control");
        }
        let source = text.map_or_else(|| source.to_string(), str::to_owned);
        Block {
            tokens: tokens(&source, self.model.width) + more,
            source: format!("{role}:{}:{source}", source.len()),
            breakpoint: lifetime(part),
        }
    }

    fn breakpoints(&self) -> Result<(), Invalid> {
        let lifetimes: Vec<Lifetime> = self
            .blocks()
            .iter()
            .filter_map(|block| block.breakpoint)
            .collect();
        if lifetimes.len() > MAX_BREAKPOINTS {
            let count = lifetimes.len();
            return invalid(format!(
                "A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {count}."
            ));
        }
        let order = |pair: &[Lifetime]| pair == [Lifetime::FiveMinutes, Lifetime::OneHour];
        if lifetimes.windows(2).any(order) {
            return invalid("cache_control: a ttl of 1h must not come after a ttl of 5m");
        }
        Ok(())
    }
}

fn lifetime(part: &Value) -> Option<Lifetime> {
    let control = part.get("cache_control").filter(|value| !value.is_null())?;
    Some(match control["ttl"].as_str() {
        Some("1h") => Lifetime::OneHour,
        _ => Lifetime::FiveMinutes,
    })
}

/// The text of a message or of the system's part.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts
                .iter()
                .filter_map(|part| part["text"].as_str())
                .collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// Since the second version nothing may be said about sampling, not even the default.
fn sampling_on(version: Version, fields: &Map<String, Value>) -> Result<(), Invalid> {
    let said = SAMPLING.iter().find(|name| fields.contains_key(**name));
    match said {
        Some(name) if version == Version::Second => {
            invalid(format!("{name}: Extra inputs are not permitted"))
        }
        _ => Ok(()),
    }
}

fn sampling_of(model: &Model, fields: &Map<String, Value>) -> Result<(), Invalid> {
    for name in SAMPLING {
        let Some(value) = fields.get(name).filter(|value| !value.is_null()) else {
            continue;
        };
        let Some(number) = value.as_f64() else {
            return invalid(format!("{name}: Input should be a valid number"));
        };
        if name != "top_k" && !(0.0..=1.0).contains(&number) {
            return invalid(format!("{name}: range: 0..1"));
        }
        if !model.sampling && (name == "top_k" || number < 1.0) {
            let id = model.id;
            return invalid(format!(
                "{name}: only the default value is supported by {id}"
            ));
        }
    }
    Ok(())
}

fn messages(body: &Value, model: &Model) -> Result<(), Invalid> {
    let messages = match body.get("messages") {
        Some(Value::Array(all)) if !all.is_empty() => all,
        Some(Value::Array(_)) => return invalid("messages: at least one message is required"),
        _ => return invalid("messages: Field required"),
    };
    for (at, message) in messages.iter().enumerate() {
        if !matches!(message["role"].as_str(), Some("user" | "assistant")) {
            return invalid(format!(
                "messages.{at}.role: Input should be 'user' or 'assistant'"
            ));
        }
        blocks(&message["content"], &format!("messages.{at}.content"))?;
    }
    if messages[0]["role"] != "user" {
        return invalid("messages: first message must use the \"user\" role");
    }
    let prefilled = messages
        .last()
        .is_some_and(|last| last["role"] == "assistant");
    let formatted = body.pointer("/output_config/format").is_some();
    if prefilled && (!model.prefill || formatted) {
        return invalid("messages: the conversation must end with a user message");
    }
    Ok(())
}

/// A text, or a list of blocks of which texts are not empty.
fn blocks(content: &Value, place: &str) -> Result<(), Invalid> {
    match content {
        Value::String(text) if !text.is_empty() => Ok(()),
        Value::String(_) => invalid(format!("{place}: content must be non-empty")),
        Value::Array(parts) if !parts.is_empty() => {
            for (at, part) in parts.iter().enumerate() {
                if !part["type"].is_string() {
                    return invalid(format!("{place}.{at}.type: Field required"));
                }
                let text = part["text"].as_str();
                if part["type"] == "text" && text.is_none_or(str::is_empty) {
                    return invalid(format!(
                        "{place}.{at}: text content blocks must be non-empty"
                    ));
                }
                control(part, &format!("{place}.{at}"))?;
            }
            Ok(())
        }
        _ => invalid(format!("{place}: Field required")),
    }
}

fn control(part: &Value, place: &str) -> Result<(), Invalid> {
    let Some(control) = part.get("cache_control").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    if control["type"] != "ephemeral" {
        return invalid(format!(
            "{place}.cache_control.type: Input should be 'ephemeral'"
        ));
    }
    match control.get("ttl") {
        None => Ok(()),
        Some(ttl) if ttl == "5m" || ttl == "1h" => Ok(()),
        Some(_) => invalid(format!(
            "{place}.cache_control.ttl: Input should be '5m' or '1h'"
        )),
    }
}

fn system(body: &Value) -> Result<(), Invalid> {
    match body.get("system") {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(parts @ Value::Array(all)) => {
            if all.iter().any(|part| part["type"] != "text") {
                return invalid("system: only text blocks are allowed");
            }
            blocks(parts, "system")
        }
        Some(_) => invalid("system: Input should be a string or a list of blocks"),
    }
}

fn plain_fields(fields: &Map<String, Value>) -> Result<(), Invalid> {
    for (name, value) in fields {
        let fine = match name.as_str() {
            "stream" => value.is_boolean(),
            "stop_sequences" => value.as_array().is_some_and(|all| {
                all.iter()
                    .all(|one| one.as_str().is_some_and(|text| !text.trim().is_empty()))
            }),
            "service_tier" => matches!(value.as_str(), Some("auto" | "standard_only")),
            "metadata" => value.as_object().is_some_and(|all| {
                all.iter().all(|(name, value)| {
                    name == "user_id" && (value.is_string() || value.is_null())
                })
            }),
            "thinking" => matches!(
                value["type"].as_str(),
                Some("enabled" | "disabled" | "adaptive")
            ),
            "cache_control" => control(&Value::Object(fields.clone()), "body").is_ok(),
            _ => true,
        };
        if !fine {
            return invalid(format!("{name}: Input is not valid"));
        }
    }
    Ok(())
}

fn tools(body: &Value, model: &Model) -> Result<(), Invalid> {
    let tools = body.get("tools").and_then(Value::as_array);
    for (at, tool) in tools.into_iter().flatten().enumerate() {
        if !tool["name"].is_string() || !tool["input_schema"].is_object() {
            return invalid(format!("tools.{at}: name and input_schema are required"));
        }
        if tool["strict"] == true
            && let Err(reason) = grammar::check(&tool["input_schema"])
        {
            return invalid(format!("tools.{at}.input_schema: {reason}"));
        }
    }
    let Some(choice) = body.get("tool_choice").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let kind = choice["type"].as_str().unwrap_or_default();
    if !["auto", "any", "tool", "none"].contains(&kind) {
        return invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
    }
    let names = tools.into_iter().flatten().map(|tool| &tool["name"]);
    if tools.is_none_or(Vec::is_empty) {
        return invalid("tool_choice may only be specified while providing tools");
    }
    if kind == "tool" && !names.into_iter().any(|name| *name == choice["name"]) {
        return invalid("tool_choice.name: there is no such tool");
    }
    if !model.forced_tool && ["any", "tool"].contains(&kind) {
        let id = model.id;
        return invalid(format!(
            "tool_choice: forced tool use is not supported by {id}"
        ));
    }
    Ok(())
}

fn output(body: &Value) -> Result<(), Invalid> {
    let Some(config) = body.get("output_config").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let Some(fields) = config.as_object() else {
        return invalid("output_config: Input should be an object");
    };
    if let Some(name) = fields
        .keys()
        .find(|name| !["effort", "format"].contains(&name.as_str()))
    {
        return invalid(format!(
            "output_config.{name}: Extra inputs are not permitted"
        ));
    }
    if let Some(effort) = fields.get("effort")
        && !["low", "medium", "high", "xhigh", "max"]
            .iter()
            .any(|known| effort == known)
    {
        return invalid("output_config.effort: Input is not a known effort");
    }
    let Some(format) = fields.get("format").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    if format["type"] != "json_schema" {
        return invalid("output_config.format.type: Input should be 'json_schema'");
    }
    let known = ["type", "schema"];
    let format = format.as_object();
    let extra = format.and_then(|all| all.keys().find(|name| !known.contains(&name.as_str())));
    if let Some(name) = extra {
        return invalid(format!(
            "output_config.format.{name}: Extra inputs are not permitted"
        ));
    }
    match format.and_then(|all| all.get("schema")) {
        None => invalid("output_config.format.schema: Field required"),
        Some(schema) => grammar::check(schema)
            .or_else(|reason| invalid(format!("output_config.format.schema: {reason}"))),
    }
}
