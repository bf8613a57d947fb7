//! Texts compared, counted and shortened. They come from outside: nothing here trusts them.

use icu_casemap::CaseMapper;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Characters of a signal that results repeat, so that people find it again.
const EXCERPT_CHARS: usize = 100;

/// The text with its case folded, composed, and with single spaces between its words.
///
/// Two signals that differ in nothing else are one; the model is shown the original.
#[must_use]
pub fn normalised(text: &str) -> String {
    let composed: String = text.nfkc().collect();
    let folded = CaseMapper::new().fold_string(&composed);
    let folded: String = folded.nfc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The digest of the normalised text, in hexadecimal.
#[must_use]
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(normalised(text).as_bytes()))
}

/// The digest of several parts; their lengths count, so that no two lists run into each other.
#[must_use]
pub fn digest_of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// How many words there are, separated by white space.
#[must_use]
pub fn word_count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The text up to the end of its word number `limit`, and whether anything was cut.
#[must_use]
pub fn first_words(text: &str, limit: usize) -> (String, bool) {
    let text = text.trim();
    let mut words = 0;
    let mut inside = false;
    for (at, character) in text.char_indices() {
        if character.is_whitespace() {
            if inside && words == limit {
                return (text.get(..at).unwrap_or(text).to_owned(), true);
            }
            inside = false;
        } else if !inside {
            inside = true;
            words += 1;
        }
    }
    (text.to_owned(), false)
}

/// The beginning of a text, as results repeat it.
#[must_use]
pub fn excerpt(text: &str) -> String {
    first_chars(text, EXCERPT_CHARS)
}

/// The first `limit` characters.
#[must_use]
pub fn first_chars(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// Whether `phrase` occurs in `text` as whole words, both normalised already.
#[must_use]
pub fn contains_words(text: &str, phrase: &str) -> bool {
    count_words(text, phrase) > 0
}

/// How often `phrase` occurs in `text` as whole words, without overlap, both normalised already.
///
/// A boundary is asked for only where the phrase itself ends in a letter or a digit, so that
/// `{{company}}` and `C++` are found too.
#[must_use]
pub fn count_words(text: &str, phrase: &str) -> usize {
    let (Some(first), Some(last)) = (phrase.chars().next(), phrase.chars().next_back()) else {
        return 0;
    };
    let open = |neighbour: Option<char>, edge: char| {
        !edge.is_alphanumeric() || neighbour.is_none_or(|c| !c.is_alphanumeric())
    };
    let mut from = 0;
    let mut found = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(phrase)) {
        let start = from + at;
        let end = start + phrase.len();
        let before = text.get(..start).and_then(|t| t.chars().next_back());
        let after = text.get(end..).and_then(|t| t.chars().next());
        if open(before, first) && open(after, last) {
            found += 1;
            from = end;
        } else {
            from = start + first.len_utf8();
        }
    }
    found
}

/// How many characters a reader sees.
#[must_use]
pub fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_found_whole() {
        assert!(contains_words("we hire a cmo now", "cmo"));
        assert!(!contains_words("notbda", "tbd"));
        assert!(contains_words("the {{company}} way", "{{company}}"));
        assert_eq!(count_words("a a a", "a"), 3);
        assert_eq!(count_words("anything", ""), 0);
        assert_eq!(count_words("éé é", "é"), 1);
    }

    #[test]
    fn lists_do_not_run_into_each_other() {
        assert_ne!(digest_of_parts(["a|b", "c"]), digest_of_parts(["a", "b|c"]));
        assert_ne!(digest_of_parts(["ab", "c"]), digest_of_parts(["a", "bc"]));
    }

    #[test]
    fn case_and_white_space_make_no_other_signal() {
        assert_eq!(digest("Hiring  NOW\n"), digest("hiring now"));
        assert_eq!(digest("STRASSE"), digest("straße"));
        assert_ne!(digest("hiring now"), digest("hiring, now"));
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in any::<String>()) {
            let once = normalised(&text);
            prop_assert_eq!(normalised(&once), once);
        }

        #[test]
        fn cut_texts_keep_their_limit_and_begin_alike(text in any::<String>(), limit in 1usize..8) {
            let (cut, was_cut) = first_words(&text, limit);
            prop_assert!(word_count(&cut) <= limit);
            prop_assert_eq!(was_cut, word_count(&text) > limit);
            prop_assert!(text.trim().starts_with(&cut));
        }

        #[test]
        fn looking_for_words_ends(text in "[aé ]{0,20}", phrase in "[aé]{0,3}") {
            let found = count_words(&text, &phrase);
            prop_assert!(found <= text.len());
        }
    }
}
