//! What a caption promises and asks for: phrases of captions, found as whole words.

use crate::compute::phrases::{Phrase, find_in};

const fn of(kind: &'static str, text: &'static str) -> Phrase {
    Phrase {
        text,
        kind,
        opening: false,
    }
}

/// Phrases that make people wait for something.
pub const HOOKS: &[Phrase] = &[
    of("hook", "wait for it"),
    of("hook", "watch till"),
    of("hook", "won't believe"),
    of("hook", "pov"),
    of("hook", "story time"),
    of("hook", "here's how"),
    of("hook", "the secret"),
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

/// Whether a caption holds a phrase that makes people wait.
#[must_use]
pub fn has_hook(caption: &str) -> bool {
    !find_in(caption, HOOKS).is_empty()
}
