//! A text as words, numbers, clock times and signs.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// Letters, digits and underscores that begin with a letter or an underscore.
    Word(String),
    /// Digits, with a fraction and a sign where there are.
    Number { said: String, value: f64, half: f64 },
    /// `0:12`, `1:02:03.5`.
    Clock {
        said: String,
        seconds: f64,
        half: f64,
    },
    /// Anything else that is no space.
    Sign(char),
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    // Whether a minus here would be a sign and no hyphen.
    let mut is_open = true;
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_ascii_digit() {
            number(rest, false)
        } else if matches!(first, '-' | '−') && is_open && begins_with_digit(after(rest, first)) {
            let (token, length) = number(after(rest, first), true);
            (token, length + first.len_utf8())
        } else if first.is_alphabetic() || first == '_' {
            let length = length_of(rest, |c| c.is_alphanumeric() || c == '_');
            (Token::Word(start(rest, length).to_owned()), length)
        } else {
            is_open = first.is_whitespace() || first == '(';
            rest = after(rest, first);
            if !first.is_whitespace() {
                found.push(Token::Sign(first));
            }
            continue;
        };
        is_open = false;
        found.push(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

fn after(text: &str, first: char) -> &str {
    text.get(first.len_utf8()..).unwrap_or_default()
}

fn start(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or_default()
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn digits(text: &str) -> usize {
    length_of(text, |c| c.is_ascii_digit())
}

/// The number or clock time a text begins with, and its length.
fn number(text: &str, is_negative: bool) -> (Token, usize) {
    if let Some((token, length)) = clock(text) {
        return (token, length);
    }
    let length = whole(text);
    let rest = text.get(length..).unwrap_or_default();
    let fraction = fraction(rest);
    let length = length + fraction;
    let said = start(text, length);
    let value: f64 = said.replace(',', "").parse().unwrap_or(f64::NAN);
    let token = Token::Number {
        said: format!("{}{said}", if is_negative { "-" } else { "" }),
        value: if is_negative { -value } else { value },
        half: half(fraction),
    };
    (token, length)
}

/// Digits, with commas before groups of three.
fn whole(text: &str) -> usize {
    let mut length = digits(text);
    if length > 3 {
        return length;
    }
    while let Some(group) = text.get(length..).and_then(|rest| rest.strip_prefix(','))
        && digits(group) == 3
    {
        length += 4;
    }
    length
}

/// A point and digits.
fn fraction(text: &str) -> usize {
    match text.strip_prefix('.').map(digits) {
        Some(count) if count > 0 => count + 1,
        _ => 0,
    }
}

/// Half a unit of the last digit of a fraction of this length, with its point.
fn half(fraction: usize) -> f64 {
    let places = i32::try_from(fraction.saturating_sub(1)).unwrap_or(i32::MAX);
    0.5 * 10f64.powi(-places)
}

fn clock(text: &str) -> Option<(Token, usize)> {
    let mut length = digits(text);
    let mut seconds: f64 = start(text, length).parse().ok()?;
    let mut parts = 1;
    while parts < 3 {
        let rest = text.get(length..)?.strip_prefix(':');
        let Some(rest) = rest.filter(|rest| digits(rest) == 2) else {
            break;
        };
        seconds = seconds * 60.0 + start(rest, 2).parse::<f64>().ok()?;
        length += 3;
        parts += 1;
    }
    if parts == 1 {
        return None;
    }
    let fraction = fraction(text.get(length..)?);
    let part: f64 = if fraction == 0 {
        0.0
    } else {
        format!("0{}", text.get(length..length + fraction)?)
            .parse()
            .ok()?
    };
    length += fraction;
    let token = Token::Clock {
        said: start(text, length).to_owned(),
        seconds: seconds + part,
        half: half(fraction),
    };
    Some((token, length))
}
