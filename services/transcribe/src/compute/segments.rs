//! From tokens to segments and words within a window.

use super::{
    SAMPLE_RATE_HZ, Stretch,
    alignment::{TokenTimes, token_times},
    search::{Chosen, Found},
    vocabulary::{TIME_STEP, TokenGroup, Vocabulary},
};

/// Marks that belong to the word after them, as in Whisper.
const LEADING_MARKS: &str = "\"'“¿([{-";
/// Marks that belong to the word before them, as in Whisper.
const TRAILING_MARKS: &str = "\"'.。,，!！?？:：”)]}、";
/// Languages written without spaces between words, as in Whisper.
const WITHOUT_SPACES: [&str; 6] = ["zh", "ja", "th", "lo", "my", "yue"];

/// A word within a window or in the audio, depending on where its times point.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// With the space before it, if there is one.
    pub text: String,
    /// Where it is, in samples.
    pub place: Stretch,
    /// Sum of the logarithms of the probabilities of its tokens.
    pub log_probability: f64,
    /// Number of its tokens.
    pub tokens: usize,
    /// Whether its place is divided up by letters.
    pub interpolated: bool,
}

/// Words that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Where it is, in samples, as the recogniser's time tokens say.
    pub place: Stretch,
    /// At least one.
    pub words: Vec<Word>,
}

/// Cuts what was found in a window of `length` samples at its times.
#[must_use]
pub fn segments(
    found: &Found,
    vocabulary: &Vocabulary,
    language: &str,
    length: usize,
) -> Vec<Segment> {
    let rows: Vec<&[Vec<f32>]> = found
        .tokens
        .iter()
        .map(|chosen| chosen.attention.as_slice())
        .chain(found.end_attention.as_deref())
        .collect();
    let times = token_times(&rows, length.div_ceil(TIME_STEP));
    let mut segments = Vec::new();
    for run in runs(found, vocabulary, length) {
        let words = words(&run, vocabulary, language);
        let words = match &times {
            Some(times) => aligned(words, times, length),
            None => interpolated(words, run.place),
        };
        if !words.is_empty() {
            segments.push(Segment {
                place: run.place,
                words,
            });
        }
    }
    segments
}

/// Text tokens between two times, with their positions among all tokens.
struct Run<'a> {
    place: Stretch,
    tokens: Vec<(usize, &'a Chosen)>,
}

fn runs<'a>(found: &'a Found, vocabulary: &Vocabulary, length: usize) -> Vec<Run<'a>> {
    let special = vocabulary.special();
    let mut runs: Vec<Run<'a>> = Vec::new();
    let mut start = 0;
    let mut tokens = Vec::new();
    let mut close = |start: usize, end: usize, tokens: &mut Vec<(usize, &'a Chosen)>| {
        if !tokens.is_empty() {
            let end = end.min(length);
            runs.push(Run {
                place: Stretch {
                    start: start.min(end),
                    end,
                },
                tokens: std::mem::take(tokens),
            });
        }
    };
    for (at, chosen) in found.tokens.iter().enumerate() {
        match special.time(chosen.token) {
            Some(time) => {
                close(start, time, &mut tokens);
                start = time;
            }
            None if special.is_text(chosen.token) => tokens.push((at, chosen)),
            None => {}
        }
    }
    close(start, length, &mut tokens);
    runs
}

/// A word and the positions of its tokens among all tokens.
struct Spelled {
    text: String,
    start: usize,
    end: usize,
    log_probability: f64,
    tokens: usize,
}

/// Groups tokens to words: at spaces alone, so that `ill-disposed` and `$9.99` are one word each, or
/// by character where a language has none. Punctuation goes with its word.
fn words(run: &Run<'_>, vocabulary: &Vocabulary, language: &str) -> Vec<Spelled> {
    let ids: Vec<u32> = run.tokens.iter().map(|(_, chosen)| chosen.token).collect();
    let by_space = !WITHOUT_SPACES.contains(&language);
    let mut words: Vec<TokenGroup> = Vec::new();
    for group in vocabulary.characters(&ids) {
        let begins = group.text.starts_with(' ') || !by_space;
        match words.last_mut() {
            Some(last) if !begins => {
                last.text.push_str(&group.text);
                last.end = group.end;
            }
            _ => words.push(group),
        }
    }
    let spelled = merge_marks(words).into_iter().filter_map(|group| {
        let own = run.tokens.get(group.start..group.end)?;
        Some(Spelled {
            log_probability: own.iter().map(|(_, chosen)| chosen.log_probability).sum(),
            tokens: own.len(),
            start: own.first()?.0,
            end: own.last()?.0 + 1,
            text: group.text,
        })
    });
    spelled
        .filter(|word| !word.text.trim().is_empty())
        .collect()
}

/// Joins marks that stand alone with the word before or after them.
fn merge_marks(groups: Vec<TokenGroup>) -> Vec<TokenGroup> {
    let mut words: Vec<TokenGroup> = Vec::new();
    let only = |text: &str, marks: &str| {
        let trimmed = text.trim();
        !trimmed.is_empty() && trimmed.chars().all(|c| marks.contains(c))
    };
    for group in groups {
        let joins = words.last().is_some_and(|last| {
            let trails = only(&group.text, TRAILING_MARKS) && !group.text.starts_with(' ');
            let leads = last.text.starts_with(' ') && only(&last.text, LEADING_MARKS);
            trails || leads && !group.text.starts_with(' ')
        });
        match words.last_mut() {
            Some(last) if joins => {
                last.text.push_str(&group.text);
                last.end = group.end;
            }
            _ => words.push(group),
        }
    }
    words
}

fn aligned(words: Vec<Spelled>, times: &TokenTimes, length: usize) -> Vec<Word> {
    let at = |token: usize| (times.start(token) * TIME_STEP).min(length);
    words
        .into_iter()
        .map(|word| Word {
            place: Stretch {
                start: at(word.start),
                end: at(word.end).max(at(word.start)),
            },
            tokens: word.tokens,
            log_probability: word.log_probability,
            text: word.text,
            interpolated: false,
        })
        .collect()
}

/// Divides the time of a segment among its words by their letters.
fn interpolated(words: Vec<Spelled>, place: Stretch) -> Vec<Word> {
    let letters = |word: &Spelled| word.text.trim().chars().count();
    let total: usize = words.iter().map(letters).sum();
    let mut before = 0;
    let at = |letters: usize| place.start + place.length() * letters / total.max(1);
    words
        .into_iter()
        .map(|word| {
            let start = at(before);
            before += letters(&word);
            Word {
                place: Stretch {
                    start,
                    end: at(before),
                },
                tokens: word.tokens,
                log_probability: word.log_probability,
                text: word.text,
                interpolated: true,
            }
        })
        .collect()
}

impl Segment {
    /// Text without surrounding space.
    #[must_use]
    pub fn text(&self) -> String {
        let text: String = self.words.iter().map(|word| word.text.as_str()).collect();
        text.trim().to_owned()
    }
    /// Mean logarithm of the probability of its tokens.
    #[must_use]
    pub fn mean_log_probability(&self) -> f64 {
        let sum: f64 = self.words.iter().map(|word| word.log_probability).sum();
        let tokens: usize = self.words.iter().map(|word| word.tokens).sum();
        sum / tokens.max(1) as f64
    }
    /// Its length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.place.length() as f64 / f64::from(SAMPLE_RATE_HZ)
    }
}
