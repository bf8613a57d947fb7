//! What texts say: as part of what is said, by their words, by their place and their role.

use super::{first_seen, interactions::Occasions, telling};
use crate::compute::{
    clock::second_of,
    events::{Overlay, Utterance},
    metadata::caption::Caption,
    phrases::words,
    spans,
};
use contracts::{
    TimeSpan,
    text::{TextPosition, TextRole},
};
use serde::Serialize;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Texts repeat what is said if most of their words are.
const REINFORCING_SHARE: f64 = 0.5;
const PRODUCT: &[&str] = &["product", "item", "brand", "quality", "feature", "benefit"];
const URGENCY: &[&str] = &["now", "today", "limited", "last", "hurry", "quick", "fast"];
const SOCIAL_PROOF: &[&str] = &[
    "everyone", "viral", "trending", "popular", "love", "favorite",
];

/// How many texts hold a word of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SemanticGroups {
    /// A word for what is on offer.
    pub product: usize,
    /// A word that presses.
    pub urgency: usize,
    /// A word for what others think.
    pub social_proof: usize,
    /// A question mark.
    pub question: usize,
}

/// How many texts stand in one ninth of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PositionCount {
    /// The ninth.
    pub position: TextPosition,
    /// Texts that stand in it.
    pub texts: usize,
    /// The same as a share of the texts whose place is known.
    pub share: f64,
}

/// A text with a purpose.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyText {
    /// The second in which it appears first, as `"7s"`.
    pub timestamp: String,
    /// When it appears first, in seconds.
    pub start: f64,
    /// What it says.
    pub text_content: String,
    /// What it is for.
    pub role: TextRole,
}

/// `dominant` if nothing is said during any of the texts, else `reinforcing` if at least half of
/// their words are among those said while the text is visible, else `supplementary`. `None` if it
/// is known of no text whether something is said.
#[must_use]
pub fn approach(
    texts: &[Overlay],
    utterances: &[Utterance],
    speech: &Occasions<'_>,
) -> Option<&'static str> {
    let known: Vec<(&Overlay, bool)> = telling(texts)
        .into_iter()
        .filter_map(|text| Some((text, speech.meet(text)?)))
        .collect();
    if known.is_empty() {
        return None;
    }
    if known.iter().all(|(_, is_accompanied)| !is_accompanied) {
        return Some("dominant");
    }
    let spoken: Vec<(TimeSpan, Vec<String>)> = utterances
        .iter()
        .map(|one| (one.span, words(&one.text)))
        .collect();
    let (mut all, mut said) = (0_usize, 0_usize);
    for (text, _) in known {
        let heard = heard_with(text, &spoken);
        let written = words(&text.content);
        all += written.len();
        let is_said = |word: &&String| heard.contains(word.as_str());
        said += written.iter().filter(is_said).count();
    }
    let repeats = all > 0 && said as f64 >= REINFORCING_SHARE * all as f64;
    Some(if repeats {
        "reinforcing"
    } else {
        "supplementary"
    })
}

/// The words of all sentences that are said while a text is visible, at least in part.
fn heard_with<'a>(text: &Overlay, spoken: &'a [(TimeSpan, Vec<String>)]) -> BTreeSet<&'a str> {
    let is_heard = |(said, _): &&(TimeSpan, Vec<String>)| {
        let mut visible = text.intervals.iter();
        visible.any(|span| spans::overlap(*span, *said))
    };
    let heard = spoken.iter().filter(is_heard);
    heard
        .flat_map(|(_, words)| words)
        .map(String::as_str)
        .collect()
}

/// How many texts belong to which group; a text can belong to several.
#[must_use]
pub fn semantic_groups(texts: &[Overlay]) -> SemanticGroups {
    let mut groups = SemanticGroups::default();
    for text in texts {
        let words = words(&text.content);
        let holds = |list: &[&str]| {
            let listed = |word: &String| list.contains(&word.as_str());
            usize::from(words.iter().any(listed))
        };
        groups.product += holds(PRODUCT);
        groups.urgency += holds(URGENCY);
        groups.social_proof += holds(SOCIAL_PROOF);
        groups.question += usize::from(Caption::of(&text.content).questions() > 0);
    }
    groups
}

/// The ninths in which texts stand, those with most texts first, then in reading order.
#[must_use]
pub fn positions(texts: &[Overlay]) -> Vec<PositionCount> {
    let mut counts: BTreeMap<TextPosition, usize> = BTreeMap::new();
    for position in texts.iter().filter_map(|text| text.position) {
        *counts.entry(position).or_insert(0) += 1;
    }
    let all: usize = counts.values().sum();
    let count = |(position, texts)| PositionCount {
        position,
        texts,
        share: texts as f64 / all as f64,
    };
    let mut positions: Vec<PositionCount> = counts.into_iter().map(count).collect();
    positions.sort_by_key(|one| Reverse(one.texts));
    positions
}

/// The texts that are a title at the beginning, a call to action or a price, by first appearance.
#[must_use]
pub fn key_texts(texts: &[Overlay]) -> Vec<KeyText> {
    let key = |text: &Overlay| {
        let is_key =
            |role: &TextRole| matches!(role, TextRole::HookTitle | TextRole::Cta | TextRole::Price);
        let start = first_seen(text);
        Some(KeyText {
            timestamp: format!("{}s", second_of(start)),
            start: start.seconds(),
            text_content: text.content.clone(),
            role: text.role.filter(is_key)?,
        })
    };
    telling(texts).into_iter().filter_map(key).collect()
}
