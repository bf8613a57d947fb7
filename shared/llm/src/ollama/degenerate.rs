//! Noticing an answer that repeats itself without end, long before its room is full.

use std::collections::HashMap;

/// Spaces in a row after which nothing more will come.
const MAX_SPACES: usize = 200;
/// Words of a phrase.
const PHRASE: usize = 8;
/// Times a phrase may be said.
const MAX_SAID: u32 = 20;
/// Most phrases that are remembered; an answer with more different ones does not repeat itself.
const MAX_PHRASES: usize = 20_000;

/// Watches an answer as it comes.
#[derive(Debug, Default)]
pub(super) struct Watch {
    spaces: usize,
    word: String,
    last: std::collections::VecDeque<u64>,
    said: HashMap<u64, u32>,
}

impl Watch {
    /// Notes more of the answer. Says whether it has begun to repeat itself.
    pub(super) fn is_degenerate(&mut self, words: &str) -> bool {
        for character in words.chars() {
            if character.is_whitespace() {
                self.spaces += 1;
                if self.spaces > MAX_SPACES || self.end_word() {
                    return true;
                }
            } else {
                self.spaces = 0;
                self.word.push(character);
                // A word that long is a loop without spaces; parts of it are its words.
                if self.word.len() >= 64 && self.end_word() {
                    return true;
                }
            }
        }
        false
    }

    fn end_word(&mut self) -> bool {
        if self.word.is_empty() {
            return false;
        }
        let word = digest(self.word.bytes());
        self.word.clear();
        self.last.push_back(word);
        if self.last.len() > PHRASE {
            self.last.pop_front();
        }
        if self.last.len() < PHRASE {
            return false;
        }
        let phrase = digest(self.last.iter().flat_map(|word| word.to_le_bytes()));
        if self.said.len() >= MAX_PHRASES && !self.said.contains_key(&phrase) {
            return false;
        }
        let said = self.said.entry(phrase).or_default();
        *said += 1;
        *said > MAX_SAID
    }
}

/// FNV-1a: nobody gains anything by making two words alike.
fn digest(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn loops_are_noticed_and_prose_is_not() {
        assert!(Watch::default().is_degenerate(&" \n".repeat(101)));
        assert!(!Watch::default().is_degenerate(&"x          ".repeat(7)));
        assert!(
            Watch::default().is_degenerate(&"one two three four five six seven eight ".repeat(22))
        );
        assert!(
            !Watch::default().is_degenerate(&"one two three four five six seven eight ".repeat(19))
        );
        assert!(Watch::default().is_degenerate(&"ab".repeat(5000)));
        let prose: String = (0..5000).map(|n| format!("word{n} and ")).collect();
        assert!(!Watch::default().is_degenerate(&prose));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "( {0,30}|[a-c]{1,3} ){0,200}", size in 1usize..9) {
            let whole = Watch::default().is_degenerate(&text);
            let mut watch = Watch::default();
            let characters: Vec<char> = text.chars().collect();
            let pieces = characters
                .chunks(size)
                .any(|piece| watch.is_degenerate(&piece.iter().collect::<String>()));
            prop_assert_eq!(pieces, whole);
        }
    }
}
