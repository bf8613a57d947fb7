//! What a text says of itself: calls, prices, handles, hashtags.

use super::phrases::{CALLS, CURRENCIES, DISCOUNTS, HOOKS, MARKS, NOT_CALLS, OPENING_CALLS};
use crate::compute::words::{find_phrase, folded, words};

/// Longest name of an account, in characters.
const MAX_HANDLE: usize = 31;
/// Share of its words that make a text a list of hashtags.
const HASHTAG_SHARE: f64 = 0.5;
/// Signs of currencies that stand before or behind a number.
const CURRENCY_SIGNS: &[char] = &[
    '$', '€', '£', '¥', '₹', '₩', '₽', '₺', '฿', '₫', '₱', '₴', '¢',
];

/// The calls in a text, in the order in which they stand, each once.
#[must_use]
pub fn calls(text: &str) -> Vec<String> {
    let said = words(text);
    let mut found = found(&said, CALLS);
    let opens = |phrases: &'static [&'static str]| {
        let mut phrases = phrases.iter();
        phrases.find(|phrase| find_phrase(&said, &words(phrase)) == Some(0))
    };
    // A verb alone asks for nothing; it needs its object.
    if let Some(verb) = opens(OPENING_CALLS)
        && opens(NOT_CALLS).is_none()
        && said.len() > 1
    {
        found.push((0, (*verb).to_owned()));
    }
    found.sort();
    // "follow" says nothing that "follow me" does not.
    let all = found.clone();
    found.retain(|(at, phrase)| {
        let covers = |(other_at, other): &(usize, String)| {
            other_at == at && other.len() > phrase.len() && other.starts_with(phrase.as_str())
        };
        !all.iter().any(covers)
    });
    found.dedup_by(|a, b| a.1 == b.1);
    found.into_iter().map(|(_, phrase)| phrase).collect()
}

fn found(said: &[String], phrases: &[&str]) -> Vec<(usize, String)> {
    let places = phrases
        .iter()
        .map(|phrase| (find_phrase(said, &words(phrase)), *phrase));
    places
        .filter_map(|(at, phrase)| Some((at?, phrase.to_owned())))
        .collect()
}

/// The first phrase in a text that promises something.
#[must_use]
pub fn hook(text: &str) -> Option<String> {
    first(text, HOOKS)
}

/// The first name of a program or platform in a text.
#[must_use]
pub fn mark(text: &str) -> Option<String> {
    first(text, MARKS)
}

fn first(text: &str, phrases: &[&str]) -> Option<String> {
    let found = found(&words(text), phrases);
    found.into_iter().min().map(|(_, phrase)| phrase)
}

/// The name of an account, if a text is one: `@name`, alone or behind the name of a platform.
#[must_use]
pub fn handle(text: &str) -> Option<&str> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let name = match parts.as_slice() {
        [name] => name,
        [before, name] if mark(before).is_some() => name,
        _ => return None,
    };
    let bare = name.strip_prefix('@')?;
    let fits = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '-';
    let length = bare.chars().count();
    ((2..MAX_HANDLE).contains(&length) && bare.chars().all(fits)).then_some(name)
}

/// The hashtags, if at least half of a text consists of them.
#[must_use]
pub fn hashtags(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let is_tag = |part: &&str| {
        let bare = part.strip_prefix(['#', '＃']);
        bare.is_some_and(|bare| bare.chars().any(char::is_alphanumeric))
    };
    let tags: Vec<&str> = parts.iter().copied().filter(is_tag).collect();
    let enough = tags.len() as f64 >= HASHTAG_SHARE * parts.len() as f64;
    (!tags.is_empty() && enough).then(|| tags.join(" "))
}

/// The price or discount in a text: a number beside the sign or the word of a currency, or a
/// percentage off.
#[must_use]
pub fn price(text: &str) -> Option<String> {
    let tokens = tokens(text);
    let sign = |token: &str| token.chars().all(|c| CURRENCY_SIGNS.contains(&c));
    let number = |token: &str| token.starts_with(|c: char| c.is_ascii_digit());
    let one_of = |token: &str, list: &[&str]| list.iter().any(|word| folded(word) == folded(token));
    let pair = tokens.windows(2).find(|pair| match pair {
        [a, b] => (sign(a) && number(b)) || (number(a) && (sign(b) || one_of(b, CURRENCIES))),
        _ => false,
    });
    let discount = || {
        let triple = tokens.windows(3).find(|triple| match triple {
            [a, b, c] => number(a) && b == "%" && one_of(c, DISCOUNTS),
            _ => false,
        });
        triple.map(<[String]>::concat)
    };
    let reduced = || {
        let triple = tokens.windows(3).find(|triple| match triple {
            [a, b, c] => (a == "-" || a == "−") && number(b) && c == "%",
            _ => false,
        });
        triple.map(<[String]>::concat)
    };
    pair.map(<[String]>::concat)
        .or_else(discount)
        .or_else(reduced)
}

/// Numbers (with their decimal separators), signs of currencies, words, and single other
/// characters.
fn tokens(text: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Number,
        Sign,
        Word,
    }
    let kind = |c: char| match c {
        '0'..='9' => Some(Kind::Number),
        c if CURRENCY_SIGNS.contains(&c) => Some(Kind::Sign),
        c if c.is_alphabetic() => Some(Kind::Word),
        _ => None,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut last = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let digit_follows = characters.peek().is_some_and(char::is_ascii_digit);
        let separates = matches!(c, '.' | ',') && last == Some(Kind::Number) && digit_follows;
        let now = if separates {
            Some(Kind::Number)
        } else {
            kind(c)
        };
        match tokens.last_mut() {
            Some(token) if now.is_some() && now == last => token.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.into()),
        }
        last = now;
    }
    tokens
}
