//! Writing systems, as far as formulas depend on them.

use icu_properties::{CodePointMapData, props::Script};

/// Whether a text holds a character of Chinese, Japanese or Korean writing: a few of them say as
/// much as a word of letters, and Chinese and Japanese put no space between words.
#[must_use]
pub fn is_east_asian(text: &str) -> bool {
    let scripts = CodePointMapData::<Script>::new();
    let listed = [
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
        Script::Hangul,
        Script::Bopomofo,
    ];
    text.chars()
        .any(|letter| listed.contains(&scripts.get(letter)))
}
