//! Sentiment of a written text, by a list of words and emoji.

/// Words that speak well of something.
const POSITIVE: &[&str] = &[
    "love",
    "amazing",
    "great",
    "awesome",
    "excellent",
    "best",
    "perfect",
    "beautiful",
    "fantastic",
    "wonderful",
    "happy",
    "good",
    "like",
    "enjoy",
];
/// Words that speak ill of something.
const NEGATIVE: &[&str] = &[
    "hate",
    "terrible",
    "awful",
    "worst",
    "bad",
    "horrible",
    "disgusting",
    "ugly",
    "nasty",
    "poor",
    "wrong",
    "fail",
    "don't",
    "not",
];
const POSITIVE_EMOJI: &[char] = &['😊', '😍', '❤', '🔥', '💯', '👍', '✨', '🎉', '💖', '😄'];
const NEGATIVE_EMOJI: &[char] = &['😞', '😢', '😡', '👎', '💔', '😠', '😤', '😭'];
/// How many times as often one side must be found as the other.
const MAJORITY: f64 = 1.5;

/// Which way a text leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentiment {
    /// More than 1.5 times as many positive words and emoji as negative ones.
    Positive,
    /// More than 1.5 times as many negative words and emoji as positive ones.
    Negative,
    /// Neither, which includes a text without any.
    Neutral,
}

impl Sentiment {
    /// Its published name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Neutral => "neutral",
        }
    }
}

/// Words and emoji of the lists in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// p: positive ones.
    pub positive: usize,
    /// n: negative ones.
    pub negative: usize,
}

impl Tally {
    /// Counts whole words, whatever their case, and emoji; a hashtag is a word.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.to_lowercase().replace('\u{2019}', "'");
        let mut tally = Self::default();
        let is_inside = |letter: char| letter.is_alphanumeric() || letter == '\'';
        for word in text.split(|letter| !is_inside(letter)) {
            let word = word.trim_matches('\'');
            tally.positive += usize::from(POSITIVE.contains(&word));
            tally.negative += usize::from(NEGATIVE.contains(&word));
        }
        for letter in text.chars() {
            tally.positive += usize::from(POSITIVE_EMOJI.contains(&letter));
            tally.negative += usize::from(NEGATIVE_EMOJI.contains(&letter));
        }
        tally
    }
    /// Which way they lean: positive if p > 1.5 n, negative if n > 1.5 p, else neutral.
    #[must_use]
    pub fn sentiment(self) -> Sentiment {
        let (positive, negative) = (self.positive as f64, self.negative as f64);
        if positive > MAJORITY * negative {
            Sentiment::Positive
        } else if negative > MAJORITY * positive {
            Sentiment::Negative
        } else {
            Sentiment::Neutral
        }
    }
}
