//! Texts as words: folding, comparing, finding phrases.

use strsim::levenshtein;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

/// Share of its characters by which a text may differ from itself in another frame.
const DIFFERING_SHARE: f64 = 0.25;
/// The same where both frames were read surely.
const SURE_DIFFERING_SHARE: f64 = 0.125;
/// Confidence from which a reading counts as sure.
const SURE: f64 = 0.9;
/// Characters up to which one differing character may be a misreading, if a reading was unsure.
const SHORT: usize = 4;

/// A text in a form that can be compared: no case, no accents, no white space, compatibility
/// forms unified.
#[must_use]
pub fn folded(text: &str) -> String {
    text.nfkd()
        .filter(|c| !is_combining_mark(*c) && !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Letters of other scripts that recognisers take for Latin ones (Unicode Technical Standard 39).
const LOOKALIKES: &[(char, char)] = &[
    ('α', 'a'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('ν', 'v'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Χ', 'X'),
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('Х', 'X'),
];

/// A text in which Greek and Cyrillic letters between Latin ones are the Latin ones they look
/// like; words wholly in another script stay.
#[must_use]
pub fn unmixed(text: &str) -> String {
    let latin = |c: char| lookalike(c).is_none() && c.is_alphabetic() && u32::from(c) < 0x250;
    text.split_word_bounds()
        .flat_map(|word| {
            let mixed = word.chars().any(latin);
            word.chars()
                .map(move |c| lookalike(c).filter(|_| mixed).unwrap_or(c))
        })
        .collect()
}

fn lookalike(c: char) -> Option<char> {
    let found = LOOKALIKES.iter().find(|(other, _)| *other == c);
    found.map(|(_, latin)| *latin)
}

/// The words of a text (Unicode Standard Annex 29), folded; punctuation is none.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    text.unicode_words()
        .map(folded)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Where `phrase` stands in `text` as whole words: the position of its first word.
#[must_use]
pub fn find_phrase(text: &[String], phrase: &[String]) -> Option<usize> {
    if phrase.is_empty() {
        return None;
    }
    text.windows(phrase.len())
        .position(|window| window == phrase)
}

/// Whether two readings, each with its confidence, can be of the same text: how alike they are,
/// 0–1, or `None`.
///
/// Texts that differ in digits are different ones if both were read surely: `Part 1` is not
/// `Part 2`.
#[must_use]
pub fn same_text(a: (&str, f64), b: (&str, f64)) -> Option<f64> {
    let (one, other) = (folded(a.0), folded(b.0));
    let longest = one.chars().count().max(other.chars().count());
    if longest == 0 {
        return None;
    }
    let sure = a.1.min(b.1) >= SURE;
    if sure && digits(&one) != digits(&other) {
        return None;
    }
    let allowed = match (sure, longest <= SHORT) {
        (true, true) => 0,
        (false, true) => 1.min(longest - 1),
        (true, false) => (longest as f64 * SURE_DIFFERING_SHARE) as usize,
        (false, false) => (longest as f64 * DIFFERING_SHARE) as usize,
    };
    let differing = levenshtein(&one, &other);
    (differing <= allowed).then(|| 1.0 - differing as f64 / longest as f64)
}

fn digits(text: &str) -> String {
    text.chars().filter(|c| c.is_numeric()).collect()
}

/// Share (0–1) of `said` words that `heard` has too, each at most as often as it was heard.
#[must_use]
pub fn shared_words(said: &[String], heard: &[String]) -> f64 {
    let mut left: Vec<&String> = heard.iter().collect();
    let shared = said.iter().filter(|word| {
        let found = left.iter().position(|other| other == word);
        found.map(|at| left.swap_remove(at)).is_some()
    });
    let count = shared.count();
    if said.is_empty() {
        0.0
    } else {
        count as f64 / said.len() as f64
    }
}
