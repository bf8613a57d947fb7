//! Jinja without anything it could reach: no filters, tests, functions, other templates, files.

use super::{Inserted, Refused};
use minijinja::{Environment, Error, UndefinedBehavior, value::Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// Most steps of one rendering.
const FUEL: u64 = 1_000_000;
/// Deepest nesting of calls.
const MAX_RECURSION: usize = 32;
/// Before and after the number of a value in a token: characters for private use.
const OPENING: char = '\u{f0000}';
const CLOSING: char = '\u{f0001}';

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(MAX_RECURSION);
    environment
}

pub(super) fn check(source: &str) -> Result<(), String> {
    if source.contains([OPENING, CLOSING]) {
        return Err("it holds characters that are kept for places".into());
    }
    let environment = environment();
    environment
        .template_from_str(source)
        .map(drop)
        .map_err(|error| told(&error))
}

pub(super) fn variables(source: &str) -> BTreeSet<String> {
    let environment = environment();
    environment
        .template_from_str(source)
        .map(|template| template.undeclared_variables(false).into_iter().collect())
        .unwrap_or_default()
}

/// Framed data never enters the engine: a token stands for it, so that nothing of the data can be
/// taken out of its frame, whatever a template does.
pub(super) fn fill(
    source: &str,
    values: &BTreeMap<String, Inserted>,
    limit: usize,
) -> Result<String, Refused> {
    let refused = |error: Error| Refused::Engine(told(&error));
    let environment = environment();
    let template = environment.template_from_str(source).map_err(refused)?;
    let context: BTreeMap<String, Value> = values
        .iter()
        .enumerate()
        .map(|(number, (name, value))| (name.clone(), inserted(number, value)))
        .collect();
    let mut written = Limited::new(limit);
    let outcome = template.render_captured_to(Value::from(context), &mut written);
    if written.is_over {
        return Err(Refused::TooLarge);
    }
    outcome.map_err(refused)?;
    let text = String::from_utf8(written.bytes)
        .map_err(|_| Refused::Engine("the result is no text".into()))?;
    whole(&text, values, limit)
}

fn inserted(number: usize, value: &Inserted) -> Value {
    match value {
        Inserted::Plain(text) => Value::from(text.replace([OPENING, CLOSING], "")),
        Inserted::Framed(_) => Value::from(format!("{OPENING}{number}{CLOSING}")),
    }
}

/// The text with every token replaced, once, by what it stands for.
fn whole(text: &str, values: &BTreeMap<String, Inserted>, limit: usize) -> Result<String, Refused> {
    let torn = || Refused::Engine("data from outside was taken apart; insert it whole".into());
    let mut pieces = text.split(OPENING);
    let mut found = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, after) = piece.split_once(CLOSING).ok_or_else(torn)?;
        let number: usize = number.parse().map_err(|_| torn())?;
        let value = values.values().nth(number).ok_or_else(torn)?;
        found.push_str(value.text());
        found.push_str(after);
        if found.len() > limit {
            return Err(Refused::TooLarge);
        }
    }
    // A mark of our own that is left belongs to no token.
    if text.matches(CLOSING).count() == text.matches(OPENING).count() {
        Ok(found)
    } else {
        Err(torn())
    }
}

/// Line and reason of a problem, without the text it is about.
fn told(error: &Error) -> String {
    let line = error.line().map(|line| format!("line {line}: "));
    let detail = error.detail().map(|detail| format!(": {detail}"));
    format!(
        "{}{}{}",
        line.unwrap_or_default(),
        error.kind(),
        detail.unwrap_or_default()
    )
}

/// A buffer that takes no more than a limit.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
    is_over: bool,
}

impl Limited {
    const fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            is_over: false,
        }
    }
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            self.is_over = true;
            return Err(io::Error::other("the prompt is too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
