//! What a caption promises and asks for: phrases of captions, found as whole words.

use crate::compute::phrases::{Phrase, find_in};
use serde::Serialize;

const fn of(kind: &'static str, text: &'static str) -> Phrase {
    Phrase {
        text,
        kind,
        opening: false,
    }
}

/// Phrases that make people wait for something.
pub const HOOKS: &[Phrase] = &[
    of("suspense", "wait for it"),
    of("suspense", "watch till"),
    of("curiosity", "won't believe"),
    of("pov", "pov"),
    of("story", "story time"),
    of("how_to", "here's how"),
    of("secret", "the secret"),
];

/// Phrases that ask for something.
pub const CALLS: &[Phrase] = &[
    of("follow", "follow me"),
    of("follow", "follow for"),
    of("follow", "hit follow"),
    of("like", "drop a like"),
    of("like", "hit like"),
    of("like", "double tap"),
    of("like", "like if"),
    of("comment", "comment below"),
    of("comment", "let me know"),
    of("comment", "drop a comment"),
    of("comment", "tell me"),
    of("share", "share this"),
    of("share", "tag someone"),
    of("share", "send this to"),
    of("urgency", "limited time"),
    of("urgency", "act now"),
    of("urgency", "last chance"),
    of("urgency", "today only"),
    of("urgency", "ends soon"),
];

/// Which calls to action a caption holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// To follow.
    pub follow: bool,
    /// To like.
    pub like: bool,
    /// To comment.
    pub comment: bool,
    /// To share.
    pub share: bool,
    /// To hurry.
    pub urgency: bool,
}

impl Calls {
    /// The calls in a caption.
    #[must_use]
    pub fn of(caption: &str) -> Self {
        let found = find_in(caption, CALLS);
        let holds = |kind: &str| found.iter().any(|one| one.phrase.kind == kind);
        Self {
            follow: holds("follow"),
            like: holds("like"),
            comment: holds("comment"),
            share: holds("share"),
            urgency: holds("urgency"),
        }
    }

    /// How many kinds of calls there are, 0–5.
    #[must_use]
    pub fn count(self) -> usize {
        let kinds = [
            self.follow,
            self.like,
            self.comment,
            self.share,
            self.urgency,
        ];
        kinds.into_iter().filter(|held| *held).count()
    }
}

/// A phrase of a list in a caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PhraseFound {
    /// The phrase, as listed.
    pub text: &'static str,
    /// Number of words in front of it.
    pub position: usize,
    /// What it does.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// The phrases of a list that a caption holds, by place.
#[must_use]
pub fn listed(caption: &str, list: &[Phrase]) -> Vec<PhraseFound> {
    let published = |one: crate::compute::phrases::Found| PhraseFound {
        text: one.phrase.text,
        position: one.first,
        kind: one.phrase.kind,
    };
    find_in(caption, list).into_iter().map(published).collect()
}

/// Whether a caption holds a phrase that makes people wait.
#[must_use]
pub fn has_hook(caption: &str) -> bool {
    !find_in(caption, HOOKS).is_empty()
}
