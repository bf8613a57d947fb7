//! What a text says that can be held against measurements: quotations, ids, times, shares, numbers.
//!
//! Read are digits and a few words, no grammar. Numbers written as words count only before a unit
//! of time or `percent`.

use super::tokens::{Token, tokens};

/// A number as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// As it stands in the text, with its unit.
    pub said: String,
    /// Its value.
    pub value: f64,
    /// Half a unit of its last digit: what rounding may have taken away.
    pub half: f64,
}

/// Something that can be checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Mention {
    /// What stands in quotation marks.
    Quote(String),
    /// What looks like an id of an event, as `shot_3`.
    Id(String),
    /// An instant, in seconds: `0:12`, `at 3 s`, `second 3`.
    Instant(Written),
    /// Seconds that are an instant or a length: `12.4 s`, `between 3 and 5 s`.
    Seconds(Written),
    /// A share, in percent.
    Percent(Written),
    /// Any other number, and the word after it.
    Number(Written, Option<String>),
    /// A number after `at` without a unit: an instant or any other number.
    Unclear(Written),
}

/// Words before an instant.
const INSTANT_WORDS: [&str; 8] = [
    "at",
    "until",
    "till",
    "since",
    "second",
    "seconds",
    "timestamp",
    "timestamps",
];
/// Of these, those that say so without a unit after the number.
const CLEAR_WORDS: [&str; 4] = ["second", "seconds", "timestamp", "timestamps"];
/// Words between the ends of a range.
const RANGE_WORDS: [&str; 5] = ["to", "and", "until", "till", "through"];
/// Signs between the ends of a range.
const RANGE_SIGNS: [char; 4] = ['-', '–', '—', '−'];
/// Numbers as words.
const WORDS: [(&str, f64); 27] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
];

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    /// Seconds of this length.
    Time(f64),
    Percent,
}

/// Everything in a text that can be checked, in its order; quotations first.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let (rest, quotes) = unquoted(text);
    let tokens = tokens(&rest);
    let reader = Reader { tokens: &tokens };
    let mut found: Vec<Mention> = quotes.into_iter().map(Mention::Quote).collect();
    let mut at = 0;
    while at < tokens.len() {
        let (mention, next) = reader.mention(at);
        found.extend(mention);
        at = next.max(at + 1);
    }
    found
}

/// The text with spaces in place of what stands in double quotation marks, and that.
fn unquoted(text: &str) -> (String, Vec<String>) {
    let mut rest = String::with_capacity(text.len());
    let mut quotes = Vec::new();
    let mut left = text;
    while let Some(at) = left.find(['"', '“', '«', '„']) {
        let (before, from) = left.split_at(at);
        rest.push_str(before);
        let mut letters = from.chars();
        letters.next();
        let inside = letters.as_str();
        let Some(end) = inside.find(['"', '”', '»', '“']) else {
            // A mark without its partner marks nothing.
            rest.push(' ');
            left = inside;
            continue;
        };
        let (quote, from) = inside.split_at(end);
        if quote.chars().any(char::is_alphanumeric) {
            quotes.push(quote.to_owned());
        }
        rest.push(' ');
        let mut letters = from.chars();
        letters.next();
        left = letters.as_str();
    }
    rest.push_str(left);
    (rest, quotes)
}

struct Reader<'a> {
    tokens: &'a [Token],
}

impl Reader<'_> {
    /// What is said at a token, and where to go on.
    fn mention(&self, at: usize) -> (Option<Mention>, usize) {
        match self.tokens.get(at) {
            Some(Token::Clock {
                said,
                seconds,
                half,
            }) => {
                let written = written(said.clone(), *seconds, *half);
                (Some(Mention::Instant(written)), at + 1)
            }
            Some(Token::Word(word)) if is_id(word) => (Some(Mention::Id(word.clone())), at + 1),
            Some(Token::Word(word)) => {
                let unit = self.unit(at + 1);
                let unit = unit.or_else(|| Some((self.unit_of_range(at + 1)?, at + 1)));
                match spelt(word).zip(unit) {
                    Some((value, (unit, next))) => {
                        let written = written(word.clone(), value, 0.5);
                        (Some(self.of_unit(at, written, unit)), next)
                    }
                    None => (None, at + 1),
                }
            }
            Some(Token::Number { said, value, half }) => {
                self.number(at, written(said.clone(), *value, *half))
            }
            _ => (None, at + 1),
        }
    }

    fn number(&self, at: usize, written: Written) -> (Option<Mention>, usize) {
        if let Some((unit, next)) = self.unit(at + 1) {
            if let Some((compound, next)) = self.compound(&written, unit, next) {
                return (Some(self.of_unit(at, compound, Unit::Time(1.0))), next);
            }
            return (Some(self.of_unit(at, written, unit)), next);
        }
        if let Some(unit) = self.unit_of_range(at + 1) {
            return (Some(self.of_unit(at, written, unit)), at + 1);
        }
        let before = self.before(at);
        let is = |words: &[&str]| before.as_deref().is_some_and(|word| words.contains(&word));
        if is(&CLEAR_WORDS) || self.follows_clear_range(at) || self.is_after_sign(at) {
            return (Some(Mention::Instant(written)), at + 1);
        }
        if is(&["at"]) {
            return (Some(Mention::Unclear(written)), at + 1);
        }
        let noun = match self.tokens.get(at + 1) {
            Some(Token::Word(word)) => Some(word.to_lowercase()),
            _ => None,
        };
        (Some(Mention::Number(written, noun)), at + 1)
    }

    fn of_unit(&self, at: usize, written: Written, unit: Unit) -> Mention {
        let Unit::Time(length) = unit else {
            return Mention::Percent(written);
        };
        let written = Written {
            value: written.value * length,
            half: written.half * length,
            said: written.said,
        };
        let before = self.before(at);
        let is_instant = before.is_some_and(|word| INSTANT_WORDS.contains(&word.as_str()));
        if is_instant || self.is_after_sign(at) {
            Mention::Instant(written)
        } else {
            Mention::Seconds(written)
        }
    }

    /// `1 minute 12 seconds`.
    fn compound(&self, minutes: &Written, unit: Unit, at: usize) -> Option<(Written, usize)> {
        if unit != Unit::Time(60.0) {
            return None;
        }
        let is_and = matches!(self.tokens.get(at), Some(Token::Word(word)) if word == "and");
        let at = at + usize::from(is_and);
        let Some(Token::Number { said, value, half }) = self.tokens.get(at) else {
            return None;
        };
        let (unit, next) = self.unit(at + 1)?;
        let said = format!("{} minutes {said}", minutes.said);
        let total = minutes.value * 60.0 + value;
        (unit == Unit::Time(1.0)).then(|| (written(said, total, *half), next))
    }

    /// The unit at a token, or behind a hyphen there, and where it ends.
    fn unit(&self, at: usize) -> Option<(Unit, usize)> {
        match self.tokens.get(at)? {
            Token::Sign('%') => Some((Unit::Percent, at + 1)),
            Token::Sign('-') => match self.tokens.get(at + 1)? {
                Token::Word(word) => unit_of(word).map(|unit| (unit, at + 2)),
                _ => None,
            },
            Token::Word(word) if word.eq_ignore_ascii_case("per") => {
                let cent =
                    matches!(self.tokens.get(at + 1), Some(Token::Word(word)) if word == "cent");
                cent.then_some((Unit::Percent, at + 2))
            }
            Token::Word(word) => unit_of(word).map(|unit| (unit, at + 1)),
            _ => None,
        }
    }

    /// The unit behind the other end of a range that begins before this token.
    fn unit_of_range(&self, at: usize) -> Option<Unit> {
        self.is_range(at).then_some(())?;
        match self.tokens.get(at + 1)? {
            Token::Number { .. } => self.unit(at + 2).map(|(unit, _)| unit),
            Token::Word(word) if spelt(word).is_some() => self.unit(at + 2).map(|(unit, _)| unit),
            _ => None,
        }
    }

    fn is_range(&self, at: usize) -> bool {
        match self.tokens.get(at) {
            Some(Token::Sign(sign)) => RANGE_SIGNS.contains(sign),
            Some(Token::Word(word)) => RANGE_WORDS.contains(&word.to_lowercase().as_str()),
            _ => false,
        }
    }

    /// `seconds 3 to 5`: the second number.
    fn follows_clear_range(&self, at: usize) -> bool {
        let Some(start) = at.checked_sub(2) else {
            return false;
        };
        let is_number = matches!(self.tokens.get(start), Some(Token::Number { .. }));
        let before = self.before(start);
        let is_clear = before.is_some_and(|word| CLEAR_WORDS.contains(&word.as_str()));
        is_number && self.is_range(at - 1) && is_clear
    }

    /// `@3`, `t=3`.
    fn is_after_sign(&self, at: usize) -> bool {
        let token = |back: usize| at.checked_sub(back).and_then(|at| self.tokens.get(at));
        match token(1) {
            Some(Token::Sign('@')) => true,
            Some(Token::Sign('=')) => {
                matches!(token(2), Some(Token::Word(word)) if word.eq_ignore_ascii_case("t"))
            }
            _ => false,
        }
    }

    fn before(&self, at: usize) -> Option<String> {
        match self.tokens.get(at.checked_sub(1)?)? {
            Token::Word(word) => Some(word.to_lowercase()),
            _ => None,
        }
    }
}

const fn written(said: String, value: f64, half: f64) -> Written {
    Written { said, value, half }
}

fn unit_of(word: &str) -> Option<Unit> {
    match word.to_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(Unit::Time(1.0)),
        "ms" | "msec" | "millisecond" | "milliseconds" => Some(Unit::Time(0.001)),
        "min" | "mins" | "minute" | "minutes" => Some(Unit::Time(60.0)),
        "percent" | "pct" => Some(Unit::Percent),
        _ => None,
    }
}

fn spelt(word: &str) -> Option<f64> {
    let word = word.to_lowercase();
    let found = WORDS.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value)
}

/// Whether a word is letters, an underscore and digits in the end.
fn is_id(word: &str) -> bool {
    let Some((name, number)) = word.rsplit_once('_') else {
        return false;
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && name.chars().any(char::is_alphabetic)
}
