//! How a caption is worded: its style, how easily it reads, which way it leans, how it presses.
//!
//! The lists of words are English: what they do not find may be said in another language.

use super::{
    calls::{CALLS, HOOKS},
    caption::Caption,
};
use crate::compute::{
    measure::{Measured, Reason},
    phrases::{DIRECT_ADDRESS, find_in, words},
    scripts::is_east_asian,
    sentiment::{Sentiment, Tally},
};
use unicode_segmentation::UnicodeSegmentation;

/// Fewer plain words than these have no style; a short English clause has four.
const MINIMAL_WORDS: usize = 4;
/// Lines with a mark in front that make a list: two may be dashes in prose.
const LIST_LINES: usize = 3;
/// A story has a beginning, a middle and an end, one sentence each at least.
const STORY_SENTENCES: usize = 3;
/// What a readability of 100 loses per letter of the mean word and per word of the mean sentence.
const READABILITY: (f64, f64, f64) = (100.0, 10.0, 2.0);
const BULLETS: [char; 8] = [
    '-', '\u{2013}', '\u{2014}', '\u{2022}', '\u{2023}', '\u{25e6}', '*', '\u{b7}',
];
/// What follows the number of a line; the last is the frame of a keycap.
const AFTER_NUMBER: [&str; 5] = [". ", ") ", ": ", "\u{fe0f}\u{20e3}", "\u{20e3}"];
const FIRST_PERSON: [&str; 8] = ["i", "me", "my", "mine", "we", "us", "our", "ours"];
/// Personal pronouns of English, as subject and object.
const PERSONAL: [&str; 12] = [
    "i", "me", "you", "he", "him", "she", "her", "it", "we", "us", "they", "them",
];
/// Words that press for time.
const URGENT_WORDS: [&str; 7] = ["now", "today", "limited", "last", "hurry", "quick", "fast"];
/// Urgent words from which a caption without an urgent phrase presses noticeably.
const PRESSING_WORDS: usize = 2;

/// The plain words in lower case; of a contraction what stands before the apostrophe.
fn stems(caption: &Caption) -> Vec<String> {
    let plain = words(&caption.plain_words().join(" ")).into_iter();
    plain
        .map(|word| match word.split_once('\'') {
            Some((stem, _)) => stem.to_owned(),
            None => word,
        })
        .collect()
}

fn count_of(stems: &[String], list: &[&str]) -> usize {
    stems
        .iter()
        .filter(|word| list.contains(&word.as_str()))
        .count()
}

/// Number of personal pronouns of English.
#[must_use]
pub fn personal_pronouns(caption: &Caption) -> usize {
    count_of(&stems(caption), &PERSONAL)
}

/// Number of sentences (Unicode Standard Annex #29) with a plain word; a line ends a sentence.
#[must_use]
pub fn sentences(caption: &Caption) -> usize {
    let of_line = |line: &str| {
        let plain = Caption::of(line).plain_words().join(" ");
        plain.unicode_sentences().count()
    };
    caption.text.lines().map(of_line).sum()
}

/// Whether a line begins with a bullet or a number.
fn is_listed(line: &str) -> bool {
    let line = line.trim_start();
    let after_number = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let is_numbered = after_number.len() < line.len()
        && AFTER_NUMBER
            .iter()
            .any(|mark| after_number.starts_with(mark));
    let is_bulleted = line
        .strip_prefix(BULLETS)
        .is_some_and(|rest| rest.starts_with(char::is_whitespace));
    is_numbered || is_bulleted
}

/// The first that holds of `minimal` (fewer than four plain words), `list` (three lines that begin
/// with a bullet or number), `question` (a question mark), `storytelling` (story time, or three
/// sentences and a first person) and `direct` (a call to action, or viewers are addressed).
///
/// # Errors
/// The reason, if none holds.
pub fn style(caption: &Caption) -> Measured<&'static str> {
    let stems = stems(caption);
    let hooks = find_in(&caption.text, HOOKS);
    let is_story = hooks.iter().any(|hook| hook.phrase.kind == "story");
    let is_told = sentences(caption) >= STORY_SENTENCES && count_of(&stems, &FIRST_PERSON) > 0;
    let is_direct = [CALLS, DIRECT_ADDRESS]
        .iter()
        .any(|list| !find_in(&caption.text, list).is_empty());
    let rules = [
        ("minimal", caption.plain_words().len() < MINIMAL_WORDS),
        (
            "list",
            caption.text.lines().filter(|line| is_listed(line)).count() >= LIST_LINES,
        ),
        ("question", caption.questions() > 0),
        ("storytelling", is_story || is_told),
        ("direct", is_direct),
    ];
    let found = rules.into_iter().find(|(_, holds)| *holds);
    found
        .map(|(name, _)| name)
        .ok_or_else(|| Reason::of("none of the rules of a style holds"))
}

/// 100 − 10 × mean letters of the plain words − 2 × plain words per sentence, within 0–100.
///
/// # Errors
/// The reason, if there are no plain words, or words are not told apart by spaces.
pub fn readability(caption: &Caption) -> Measured<f64> {
    let plain = caption.plain_words();
    if plain.is_empty() {
        return Err("the caption has no plain words".into());
    }
    if plain.iter().any(|word| is_east_asian(word)) {
        return Err("the caption is not written in letters alone".into());
    }
    let letters = |word: &&str| word.chars().filter(|one| one.is_alphanumeric()).count();
    let (count, letters) = (plain.len() as f64, plain.iter().map(letters).sum::<usize>());
    let (full, per_letter, per_word) = READABILITY;
    let long = count / sentences(caption).max(1) as f64;
    Ok((full - per_letter * letters as f64 / count - per_word * long).clamp(0.0, full))
}

/// (p − n) / (p + n), from -1 for only ill words to 1 for only good ones.
///
/// # Errors
/// The reason, if none of the listed words and emoji stands in the caption.
pub fn polarity(tally: Tally) -> Measured<f64> {
    let (positive, negative) = (tally.positive as f64, tally.negative as f64);
    if tally == Tally::default() {
        return Err("none of the listed words and emoji stands in the caption".into());
    }
    Ok((positive - negative) / (positive + negative))
}

/// `positive` or `negative` by the majority of the [`Tally`], else `mixed` with words of both
/// kinds, else `neutral`.
#[must_use]
pub fn category(tally: Tally) -> &'static str {
    match tally.sentiment() {
        Sentiment::Neutral if tally.positive > 0 && tally.negative > 0 => "mixed",
        sentiment => sentiment.as_str(),
    }
}

/// `high` with an urgent phrase, else `medium` with two urgent words, `low` with one, else `none`.
#[must_use]
pub fn urgency(caption: &Caption) -> &'static str {
    let calls = find_in(&caption.text, CALLS);
    let pressing = count_of(&stems(caption), &URGENT_WORDS);
    match pressing {
        _ if calls.iter().any(|call| call.phrase.kind == "urgency") => "high",
        PRESSING_WORDS.. => "medium",
        1 => "low",
        _ => "none",
    }
}
