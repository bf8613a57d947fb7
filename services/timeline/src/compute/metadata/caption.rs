//! What a caption is made of: words, emoji, hashtags, mentions, links.

use icu_properties::props::{BinaryProperty, Emoji, EmojiPresentation, RegionalIndicator};
use unicode_segmentation::UnicodeSegmentation;

/// Asks for the picture of the character before it (VS16).
const AS_PICTURE: char = '\u{fe0f}';
/// Asks for the letter form of the character before it (VS15).
const AS_TEXT: char = '\u{fe0e}';
const HASHTAG_SIGNS: [&str; 2] = ["#", "\u{ff03}"];
const MENTION_SIGNS: [char; 2] = ['@', '\u{ff20}'];
/// Question marks of the scripts captions are written in.
const QUESTION_MARKS: [char; 3] = ['?', '\u{ff1f}', '\u{61f}'];
const EXCLAMATION_MARKS: [char; 2] = ['!', '\u{ff01}'];
/// Ends of host names that make a word a link even without a scheme and a path.
const TOP_LEVEL: [&str; 18] = [
    "app", "be", "biz", "co", "com", "de", "dev", "ee", "gg", "info", "io", "ly", "me", "net",
    "org", "shop", "tv", "uk",
];

/// A caption, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The caption as written.
    pub text: String,
    /// Its words: what stands between white space.
    pub words: Vec<String>,
    /// Emoji by place, every occurrence; one for a joined sequence.
    pub emoji: Vec<String>,
    /// Hashtags by place, every occurrence, without `#`.
    pub hashtags: Vec<String>,
    /// Mentions by place, every occurrence, with `@`.
    pub mentions: Vec<String>,
    /// Words that are links.
    pub links: Vec<String>,
}

impl Caption {
    /// Takes a caption apart. Hashtags and mentions inside links do not count.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let (links, prose): (Vec<&str>, Vec<&str>) =
            text.split_whitespace().partition(|word| is_link(word));
        Self {
            text: text.into(),
            words: text.split_whitespace().map(Into::into).collect(),
            emoji: emoji(text),
            hashtags: prose.iter().flat_map(|word| hashtags(word)).collect(),
            mentions: prose.iter().flat_map(|word| mentions(word)).collect(),
            links: links.into_iter().map(Into::into).collect(),
        }
    }

    /// The words that are no links.
    fn prose(&self) -> impl Iterator<Item = &str> {
        self.words
            .iter()
            .map(String::as_str)
            .filter(|word| !is_link(word))
    }

    /// The words that are neither a hashtag, a mention nor a link and hold a letter or digit.
    #[must_use]
    pub fn plain_words(&self) -> Vec<&str> {
        let is_tag = |word: &str| {
            HASHTAG_SIGNS.iter().any(|sign| word.starts_with(sign))
                || word.starts_with(MENTION_SIGNS)
        };
        self.prose()
            .filter(|word| !is_tag(word) && word.graphemes(true).any(is_letter))
            .collect()
    }

    /// The plain words of at least two letters of which none is lower-case and one upper-case.
    #[must_use]
    pub fn capital_words(&self) -> Vec<&str> {
        let in_capitals = |word: &&str| {
            let letters = || word.chars().filter(|letter| letter.is_alphabetic());
            letters().count() > 1
                && letters().any(char::is_uppercase)
                && !letters().any(char::is_lowercase)
        };
        self.plain_words().into_iter().filter(in_capitals).collect()
    }

    /// Number of question marks outside links.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.marks(&QUESTION_MARKS)
    }

    /// Number of exclamation marks outside links.
    #[must_use]
    pub fn exclamations(&self) -> usize {
        self.marks(&EXCLAMATION_MARKS)
    }

    fn marks(&self, marks: &[char]) -> usize {
        self.prose()
            .flat_map(str::chars)
            .filter(|letter| marks.contains(letter))
            .count()
    }
}

/// The emoji of a text: extended grapheme clusters with a character that is shown as a picture,
/// of itself or because VS16 asks for it (Unicode Technical Standard 51).
#[must_use]
pub fn emoji(text: &str) -> Vec<String> {
    text.graphemes(true)
        .filter(|cluster| is_emoji(cluster))
        .map(Into::into)
        .collect()
}

fn is_emoji(cluster: &str) -> bool {
    let mut characters = cluster.chars().peekable();
    // Half a flag is shown as a letter.
    let is_alone = cluster.chars().nth(1).is_none();
    while let Some(character) = characters.next() {
        let shown = match characters.peek() {
            Some(&AS_TEXT) => false,
            Some(&AS_PICTURE) => Emoji::for_char(character),
            _ => EmojiPresentation::for_char(character),
        };
        if shown && !(is_alone && RegionalIndicator::for_char(character)) {
            return true;
        }
    }
    false
}

/// Whether a grapheme cluster can be part of a name.
fn is_letter(cluster: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    cluster.starts_with(inside) && !is_emoji(cluster)
}

/// The hashtags of one word; `C#minor` has none, `#one#two` has two.
fn hashtags(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut clusters = word.graphemes(true).peekable();
    let mut may_begin = true;
    while let Some(cluster) = clusters.next() {
        if may_begin && HASHTAG_SIGNS.contains(&cluster) {
            let mut name = String::new();
            while let Some(letter) = clusters.next_if(|next| is_letter(next)) {
                name.push_str(letter);
            }
            if !name.is_empty() {
                found.push(name);
            }
        } else {
            may_begin = !is_letter(cluster);
        }
    }
    found
}

/// The mentions of one word; an e-mail address is none.
fn mentions(word: &str) -> Vec<String> {
    word.match_indices(MENTION_SIGNS)
        .filter_map(|(at, sign)| {
            let name = user_name(word.get(at + sign.len()..)?);
            let after_letter = word
                .get(..at)?
                .graphemes(true)
                .next_back()
                .is_some_and(is_letter);
            let is_address = after_letter && name.contains('.');
            (!name.is_empty() && !is_address).then(|| format!("@{name}"))
        })
        .collect()
}

/// The letters, digits and underscores at the beginning, with single dots between them.
fn user_name(rest: &str) -> String {
    let mut name = String::new();
    for part in rest.split('.') {
        let letters: String = part
            .graphemes(true)
            .take_while(|next| is_letter(next))
            .collect();
        if letters.is_empty() {
            break;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&letters);
        if letters.len() < part.len() {
            break;
        }
    }
    name
}

/// Whether a word is a link: with `http://` or `https://`, or a host name that begins with `www.`,
/// has a path or ends in a well-known domain.
fn is_link(word: &str) -> bool {
    let word = word.to_lowercase();
    let has_scheme = |scheme: &str| {
        word.split_once(scheme)
            .is_some_and(|(_, rest)| rest.starts_with(char::is_alphanumeric))
    };
    if has_scheme("http://") || has_scheme("https://") {
        return true;
    }
    let word = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/');
    let (host, path) = word.split_once('/').unwrap_or((word, ""));
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let Some((first, last)) = host.split_once('.').zip(host.rsplit_once('.')) else {
        return false;
    };
    let is_name = last.1.len() > 1 && last.1.chars().all(|c| c.is_ascii_lowercase());
    host.split('.').all(is_label)
        && is_name
        && (first.0 == "www" || !path.is_empty() || TOP_LEVEL.contains(&last.1))
}
