//! Words, and phrases that ask, promise or address, found as whole words.
//!
//! Words are those of Unicode Standard Annex #29, in lower case: `together` does not hold `get`.
//! Scripts that put no space between words give one word per ideograph. The lists are English.

use super::measure::{Measured, Reason};
use unicode_segmentation::UnicodeSegmentation;

/// A phrase to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    /// The phrase in lower case: words with spaces or hyphens between them.
    pub text: &'static str,
    /// What it does, as `question`; its own first word where a list knows no kinds.
    pub kind: &'static str,
    /// Whether it counts at the very beginning only.
    pub opening: bool,
}

impl Phrase {
    /// Its words: the same as [`words`] of its text, without the work.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.text.split([' ', '-'])
    }
}

/// Where a phrase was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Position of its first word.
    pub first: usize,
    /// Number of its words.
    pub length: usize,
    /// The phrase.
    pub phrase: Phrase,
}

const fn of(kind: &'static str, text: &'static str) -> Phrase {
    Phrase {
        text,
        kind,
        opening: false,
    }
}

const fn opening(kind: &'static str, text: &'static str) -> Phrase {
    Phrase {
        text,
        kind,
        opening: true,
    }
}

/// Spoken phrases that make listeners stay.
pub const SPOKEN_HOOKS: &[Phrase] = &[
    of("question", "did you know"),
    of("question", "guess what"),
    of("question", "wait for it"),
    of("question", "watch this"),
    of("question", "check this out"),
    of("hyperbole", "amazing"),
    of("hyperbole", "incredible"),
    of("hyperbole", "mind-blowing"),
    of("hyperbole", "shocking"),
    of("hyperbole", "unbelievable"),
    of("promise", "you won't believe"),
    of("promise", "you need to see"),
    of("promise", "this will change"),
    opening("greeting", "hey"),
    opening("greeting", "hi"),
    opening("greeting", "hello"),
    opening("greeting", "what's up"),
    of("value_prop", "secret"),
    of("value_prop", "trick"),
    of("value_prop", "hack"),
    of("value_prop", "tip"),
];

/// Spoken phrases that ask listeners to do something.
pub const SPOKEN_CALLS: &[Phrase] = &[
    of("engagement", "follow"),
    of("engagement", "like"),
    of("engagement", "subscribe"),
    of("engagement", "comment"),
    of("engagement", "share"),
    of("engagement", "hit the"),
    of("traffic", "link in bio"),
    of("traffic", "check out"),
    of("traffic", "visit"),
    of("traffic", "go to"),
    of("conversion", "buy"),
    of("conversion", "purchase"),
    of("conversion", "get yours"),
    of("conversion", "order now"),
    of("save", "save this"),
    of("save", "bookmark"),
    of("save", "remember"),
    of("viral", "tag someone"),
    of("viral", "send this"),
    of("viral", "share with"),
];

/// Written words that ask viewers to do something, the strongest first.
pub const OVERLAY_CALLS: &[Phrase] = &[
    of("buy", "buy"),
    of("shop", "shop"),
    of("click", "click"),
    of("link", "link"),
    of("follow", "follow"),
    of("subscribe", "subscribe"),
    of("comment", "comment"),
    of("share", "share"),
    of("order", "order"),
    of("get", "get"),
];

/// Words and phrases, spoken or written, that ask for something at the end of a video.
pub const MARKER_CALLS: &[Phrase] = &[
    of("follow", "follow"),
    of("like", "like"),
    of("subscribe", "subscribe"),
    of("comment", "comment"),
    of("share", "share"),
    of("link", "link"),
    of("bio", "bio"),
    of("check out", "check out"),
    of("click", "click"),
    of("tap", "tap"),
    of("swipe", "swipe"),
    of("buy", "buy"),
    of("shop", "shop"),
    of("order", "order"),
];

/// Words that make a call urgent.
pub const URGENCY: &[Phrase] = &[
    of("urgency", "now"),
    of("urgency", "today"),
    of("urgency", "quick"),
];

/// Words that speak to the listener.
pub const DIRECT_ADDRESS: &[Phrase] = &[
    of("direct", "you"),
    of("direct", "your"),
    of("direct", "you're"),
    of("direct", "you'll"),
    of("direct", "you've"),
];

/// Words that speak of speaker and listener together.
pub const INCLUSIVE_ADDRESS: &[Phrase] = &[
    of("inclusive", "we"),
    of("inclusive", "us"),
    of("inclusive", "our"),
    of("inclusive", "let's"),
];

/// The language of the lists, as ISO 639.
const ENGLISH: &str = "en";

/// Whether the lists can be used on what is said: in English, or as far as nobody knows better.
///
/// # Errors
/// The reason, if another language was recognised.
pub fn readable(language: Option<&str>) -> Measured<()> {
    match language {
        None | Some(ENGLISH) => Ok(()),
        Some(other) => Err(Reason::new(format!(
            "phrases are known in English only, the language is {other}"
        ))),
    }
}

/// Words that fill, and say nothing: `like` and the others count wherever they are said.
pub const FILLERS: &[Phrase] = &[
    of("filler", "um"),
    of("filler", "uh"),
    of("filler", "like"),
    of("filler", "you know"),
    of("filler", "basically"),
    of("filler", "literally"),
    of("filler", "actually"),
];

/// The words of a text, in lower case, without punctuation.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    // One apostrophe, however it was written.
    let text = text.to_lowercase().replace('\u{2019}', "'");
    text.unicode_words().map(str::to_owned).collect()
}

/// The places at which phrases stand in a row of [`words`], by position, then in the order of the
/// list.
#[must_use]
pub fn find<W: AsRef<str>>(row: &[W], list: &[Phrase]) -> Vec<Found> {
    let mut found = Vec::new();
    for first in 0..row.len() {
        for phrase in list.iter().filter(|one| first == 0 || !one.opening) {
            if begins_with(&row[first..], phrase.parts()) {
                found.push(Found {
                    first,
                    length: phrase.parts().count(),
                    phrase: *phrase,
                });
            }
        }
    }
    found
}

/// Whether a row of words begins with these.
pub fn begins_with<W: AsRef<str>, P: AsRef<str>>(
    row: &[W],
    parts: impl IntoIterator<Item = P>,
) -> bool {
    let mut words = row.iter();
    let mut parts = parts.into_iter();
    parts.all(|part| {
        words
            .next()
            .is_some_and(|word| word.as_ref() == part.as_ref())
    })
}

/// The phrases of a list that a text holds.
#[must_use]
pub fn find_in(text: &str, list: &[Phrase]) -> Vec<Found> {
    find(&words(text), list)
}
