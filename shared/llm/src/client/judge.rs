//! Whether an answer can be used.

use super::Check;
use crate::{
    completion::Stop,
    context,
    error::{Code, Failure},
    json::{self, Schema},
    provider::{Ask, Reply},
    request::{Message, Role},
};
use serde_json::Value;

/// Longest part of an answer that is sent back with what is wrong with it, in bytes.
const MAX_QUOTED: usize = 16 << 10;

/// An answer that cannot be used, and what is said to the model for another.
#[derive(Debug, PartialEq)]
pub(super) struct Unusable {
    pub(super) failure: Failure,
    pub(super) more: Vec<Message>,
}

impl From<Failure> for Box<Unusable> {
    fn from(failure: Failure) -> Self {
        Self::new(Unusable {
            failure,
            more: Vec::new(),
        })
    }
}

/// The answer as JSON, if it was to be JSON.
pub(super) fn judge(
    reply: &Reply,
    ask: &Ask,
    schema: Option<&Schema>,
    check: Option<&Check<'_>>,
    estimated: u64,
) -> Result<Option<Value>, Box<Unusable>> {
    let failure = |code, message: &str| <Box<Unusable>>::from(Failure::new(code, message));
    match reply.stop {
        Stop::Length => {
            return Err(failure(
                Code::OutputTruncated,
                "the answer did not fit its room",
            ));
        }
        Stop::Refusal => return Err(failure(Code::Refused, "the model declined to answer")),
        Stop::ContextExceeded => {
            return Err(failure(
                Code::ContextExceeded,
                "the answer did not fit the context",
            ));
        }
        Stop::Tool => return Err(failure(Code::Protocol, "the model wants to use a tool")),
        Stop::Complete | Stop::StopSequence => {}
    }
    if let Some(window) = ask.window
        && !reply.usage.estimated
        && context::was_cut(reply.usage.input, estimated, window)
    {
        return Err(failure(
            Code::ContextExceeded,
            "the provider cut the question",
        ));
    }
    if reply.text.trim().is_empty() {
        return Err(failure(Code::EmptyOutput, "the answer is empty"));
    }
    let Some(schema) = schema else {
        return Ok(None);
    };
    let value = json::extract(&reply.text).map_err(|problem| {
        let failure = Failure::new(Code::InvalidJson, problem.to_string());
        let wrong = [String::from("it is not one JSON object")];
        again(failure, reply, &wrong)
    })?;
    let fitted = schema.fit(value).map_err(|violation| {
        let failure = Failure::new(Code::SchemaViolation, violation.to_string());
        again(failure, reply, &violation.told)
    })?;
    if let Some(Err(wrong)) = check.map(|check| check(&fitted)) {
        let failure = Failure::new(Code::SchemaViolation, wrong.join("; "));
        return Err(again(failure, reply, &wrong));
    }
    Ok(Some(fitted))
}

fn again(failure: Failure, reply: &Reply, wrong: &[String]) -> Box<Unusable> {
    let end = (0..=MAX_QUOTED.min(reply.text.len()))
        .rev()
        .find(|end| reply.text.is_char_boundary(*end));
    let quoted = reply.text.get(..end.unwrap_or(0)).unwrap_or_default();
    let wrong: Vec<String> = wrong.iter().map(|one| format!("- {one}")).collect();
    let asked = format!(
        "That answer cannot be used:\n{}\nAnswer again with one JSON object that fits the schema, and with nothing else.",
        wrong.join("\n")
    );
    let said = Message {
        role: Role::Assistant,
        content: quoted.to_owned(),
    };
    Box::new(Unusable {
        failure,
        more: vec![said, Message::user(asked)],
    })
}
