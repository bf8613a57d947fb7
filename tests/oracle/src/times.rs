//! Times as the record writes them.
//!
//! A number is seconds. A text is `"7"`, `"7.5s"`, a range such as `"7-8s"` (its beginning),
//! `"1:05"` or `"1:02:03"`. Everything else has no time.

use serde_json::Value;

/// Fields of an item that may hold its time, in the order in which they count.
const TIME_FIELDS: &[&str] = &["timestamp", "time", "start_time", "frame_time", "t"];
/// Fields that may hold the number of its frame.
const FRAME_FIELDS: &[&str] = &["frame", "frame_number"];

/// Seconds a value stands for; negative ones stay negative, because they lie outside of the video.
#[must_use]
pub fn seconds(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64().filter(|seconds| seconds.is_finite()),
        Value::String(text) => of_text(text.trim()),
        _ => None,
    }
}

fn of_text(text: &str) -> Option<f64> {
    if let Some((start, rest)) = number(text)
        && (rest.strip_prefix('-').and_then(number).is_some() || matches!(rest, "" | "s"))
    {
        return Some(start);
    }
    let parts: Vec<&str> = text.split(':').collect();
    if !matches!(parts.len(), 2 | 3) {
        return None;
    }
    parts.iter().try_fold(0.0, |sum, part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        Some(sum * 60.0 + digits.then(|| part.parse::<f64>().ok())??)
    })
}

/// The decimal number a text begins with, without sign or exponent, and what follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 {
        return None;
    }
    let fraction = text[whole..].strip_prefix('.').map_or(0, digits);
    let length = if fraction > 0 {
        whole + 1 + fraction
    } else {
        whole
    };
    Some((text[..length].parse().ok()?, &text[length..]))
}

/// When an item was seen: the first of its times that can be read, else the number of its frame.
#[must_use]
pub fn of_item(item: &Value, frames_per_second: f64) -> Option<f64> {
    let stated = TIME_FIELDS
        .iter()
        .find_map(|field| seconds(item.get(field)?));
    stated.or_else(|| {
        let frame = FRAME_FIELDS
            .iter()
            .find_map(|field| item.get(field)?.as_f64())?;
        Some(frame / frames_per_second)
    })
}
