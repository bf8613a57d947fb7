//! Which values a metric can take: read by people in the docs and by programs in the schemas.

use serde_json::{Map, Value, json};
use std::fmt;

/// The end that lengths and instants are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// D: the duration of the video.
    Duration,
    /// T: as far as was looked at or listened to; at most D.
    Measured,
}

/// Which values a metric can take, besides null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// A number from 0 to 1.
    Share,
    /// 0 for no, 1 for yes.
    Flag,
    /// True or false.
    Boolean,
    /// An integer from `from` on, to `to` where there is one.
    Integer {
        /// The smallest.
        from: i64,
        /// The largest.
        to: Option<i64>,
    },
    /// Any number.
    Number,
    /// A number from this one on.
    AtLeast(f64),
    /// A number above this one.
    Above(f64),
    /// A number between these two, both included.
    Between(f64, f64),
    /// Seconds from 0 to this share of a horizon.
    UpTo(f64, Horizon),
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// An instant in seconds as text: `"3s"`.
    InstantKey,
    /// An interval in seconds as text: `"2-3.5s"`.
    SpanKey,
    /// Text; what it says.
    Text(&'static str),
    /// A list.
    ListOf(&'static Self),
    /// A list in which an item may be null.
    ListWithGaps(&'static Self),
    /// Always null.
    Nothing,
}

impl Range {
    /// A number of things.
    pub const COUNT: Self = Self::count_from(0);
    /// Seconds from 0 to the end of the video.
    pub const WITHIN_VIDEO: Self = Self::UpTo(1.0, Horizon::Duration);
    /// Seconds from 0 to the end of what was looked at or listened to.
    pub const WITHIN_MEASURED: Self = Self::UpTo(1.0, Horizon::Measured);
    /// Expressions of a face.
    pub const EMOTION: Self = Self::OneOf(&[
        "anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral",
    ]);
    /// Expressions of a face that say something.
    pub const EMOTION_NOT_NEUTRAL: Self =
        Self::OneOf(&["anger", "disgust", "fear", "joy", "sadness", "surprise"]);
    /// How near the main face is.
    pub const FRAMING: Self = Self::OneOf(&["close", "medium", "wide", "none"]);
    /// What a hand shows.
    pub const GESTURE: Self = Self::OneOf(&[
        "thumbs_up",
        "thumbs_down",
        "victory",
        "pointing",
        "open_palm",
        "closed_fist",
        "love",
    ]);
    /// Ninths of the picture.
    pub const TEXT_POSITION: Self = Self::OneOf(&[
        "top-left",
        "top-center",
        "top-right",
        "middle-left",
        "middle-center",
        "middle-right",
        "bottom-left",
        "bottom-center",
        "bottom-right",
    ]);
    /// Why other fields are null.
    pub const REASON: Self = Self::Text("one entry per null");

    /// Whole numbers from `from` on.
    #[must_use]
    pub const fn count_from(from: i64) -> Self {
        Self::Integer { from, to: None }
    }

    /// The JSON Schema (draft 2020-12) of such a value. Where the end of the video bounds it, the
    /// schema cannot know that end.
    #[must_use]
    pub fn schema(&self) -> Value {
        match *self {
            Self::Share => json!({"type": "number", "minimum": 0, "maximum": 1}),
            Self::Flag => json!({"type": "integer", "enum": [0, 1]}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Integer { from, to } => {
                let mut schema = Map::from_iter([
                    ("type".to_owned(), json!("integer")),
                    ("minimum".to_owned(), json!(from)),
                ]);
                schema.extend(to.map(|to| ("maximum".to_owned(), json!(to))));
                schema.into()
            }
            Self::Number => json!({"type": "number"}),
            Self::AtLeast(least) => json!({"type": "number", "minimum": least}),
            Self::Above(bound) => json!({"type": "number", "exclusiveMinimum": bound}),
            Self::Between(least, most) => {
                json!({"type": "number", "minimum": least, "maximum": most})
            }
            Self::UpTo(..) => json!({"type": "number", "minimum": 0}),
            Self::OneOf(names) => json!({"type": "string", "enum": names}),
            Self::InstantKey => json!({"type": "string", "pattern": r"^\d+(\.\d+)?s$"}),
            Self::SpanKey => {
                json!({"type": "string", "pattern": r"^\d+(\.\d+)?-\d+(\.\d+)?s$"})
            }
            Self::Text(_) => json!({"type": "string"}),
            Self::ListOf(item) => json!({"type": "array", "items": item.schema()}),
            Self::ListWithGaps(item) => {
                json!({"type": "array", "items": {"anyOf": [item.schema(), {"type": "null"}]}})
            }
            Self::Nothing => json!({"type": "null"}),
        }
    }

    /// The largest number in the range, in a video that lasts `duration_seconds`; `None` where it
    /// has none.
    #[must_use]
    pub fn largest(&self, duration_seconds: f64) -> Option<f64> {
        match *self {
            Self::Share | Self::Flag => Some(1.0),
            Self::Integer { to, .. } => to.map(|to| to as f64),
            Self::Between(_, most) => Some(most),
            Self::UpTo(share, _) => Some(share * duration_seconds),
            Self::ListOf(item) | Self::ListWithGaps(item) => item.largest(duration_seconds),
            _ => None,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Share => formatter.write_str("0–1"),
            Self::Flag => formatter.write_str("0, 1"),
            Self::Boolean => formatter.write_str("true, false"),
            Self::Integer { from, to: None } => write!(formatter, "integer ≥ {from}"),
            Self::Integer { from, to: Some(to) } => write!(formatter, "integer {from}–{to}"),
            Self::Number => formatter.write_str("any number"),
            Self::AtLeast(least) => write!(formatter, "≥ {least}"),
            Self::Above(bound) => write!(formatter, "> {bound}"),
            Self::Between(least, most) => write!(formatter, "{least} to {most}"),
            Self::UpTo(share, horizon) => {
                let end = match horizon {
                    Horizon::Duration => "D",
                    Horizon::Measured => "T",
                };
                if share == 1.0 {
                    write!(formatter, "0–{end}")
                } else {
                    write!(formatter, "0–{share} {end}")
                }
            }
            Self::OneOf(names) => formatter.write_str(&names.join(", ")),
            Self::InstantKey => formatter.write_str("as `3s`"),
            Self::SpanKey => formatter.write_str("as `2-3.5s`"),
            Self::Text(what) => formatter.write_str(what),
            Self::ListOf(item) => write!(formatter, "list of {item}"),
            Self::ListWithGaps(item) => write!(formatter, "list of {item}, with nulls"),
            Self::Nothing => formatter.write_str("always null"),
        }
    }
}
