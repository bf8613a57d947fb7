//! Descriptions of sound, as `[Music]`: what stands in brackets is not said.

use super::events::Utterance;
use contracts::TimeSpan;

/// What stands outside of brackets, which may go over several words. Brackets that do not close
/// or open enclose nothing.
#[derive(Debug)]
pub struct Outside {
    paired: bool,
    depth: usize,
}

impl Outside {
    /// For the words of this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let count = |kinds: [char; 2]| text.matches(kinds).count();
        Self {
            paired: count(['[', '(']) == count([']', ')']),
            depth: 0,
        }
    }

    /// What of the next part of the text stands outside.
    pub fn next(&mut self, part: &str) -> String {
        let outside = |letter: &char| match letter {
            '[' | '(' if self.paired => {
                self.depth += 1;
                false
            }
            ']' | ')' if self.paired => {
                self.depth = self.depth.saturating_sub(1);
                false
            }
            _ => self.depth == 0,
        };
        part.chars().filter(outside).collect()
    }
}

/// Words of an utterance, as `split` finds them, with the time they are said at, but for
/// descriptions of sound in brackets. One without timed words says all of them throughout.
pub fn timed_words(
    utterance: &Utterance,
    split: impl Fn(&str) -> Vec<String>,
) -> Vec<(String, TimeSpan)> {
    let mut outside = Outside::of(&utterance.text);
    let mut timed = Vec::new();
    let mut add = |text: &str, span: TimeSpan| {
        // A written word may be several words, as in `ready-made`.
        let parts = split(&outside.next(text)).into_iter();
        timed.extend(parts.map(|part| (part, span)));
    };
    if utterance.words.is_empty() {
        add(&utterance.text, utterance.span);
    }
    for word in &utterance.words {
        add(&word.text, word.span);
    }
    timed
}
