//! From the recogniser's answer to strings: greedy decoding of connectionist temporal
//! classification (Graves et al., 2006).

use super::words::unmixed;

/// The characters a recogniser knows, by column of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alphabet(Vec<String>);

/// What was read in one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The text, without white space at its ends; see [`unmixed`].
    pub text: String,
    /// Mean probability of its characters, 0–1; zero of an empty text.
    pub confidence: f64,
}

impl Alphabet {
    /// The alphabet in a model's metadata, one character a line. Column 0 is the blank, the last
    /// one is the space, neither of which is listed.
    #[must_use]
    pub fn parse(listed: &str) -> Self {
        let listed = listed.strip_suffix('\n').unwrap_or(listed);
        let characters = listed
            .split('\n')
            .map(|line| line.trim_end_matches('\r').to_owned());
        Self(characters.chain([" ".to_owned()]).collect())
    }
    /// Number of columns of an answer, the blank included.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.0.len() + 1
    }
    /// Reads one line: probabilities of every column, step by step.
    #[must_use]
    pub fn read(&self, probabilities: &[f32]) -> Reading {
        let mut text = String::new();
        let (mut sum, mut count) = (0.0, 0_u32);
        let mut previous = 0;
        for step in probabilities.chunks_exact(self.columns()) {
            let (column, probability) = most_probable(step);
            // A column that goes on is one character; the blank is none.
            if column != previous
                && let Some(character) = column.checked_sub(1).and_then(|at| self.0.get(at))
            {
                text.push_str(character);
                sum += f64::from(probability);
                count += 1;
            }
            previous = column;
        }
        let confidence = if count == 0 {
            0.0
        } else {
            sum / f64::from(count)
        };
        Reading {
            text: unmixed(text.trim()),
            confidence: confidence.min(1.0),
        }
    }
}

/// The first column with the highest probability.
fn most_probable(step: &[f32]) -> (usize, f32) {
    step.iter()
        .copied()
        .enumerate()
        .fold((0, f32::NEG_INFINITY), |best, next| {
            if next.1 > best.1 { next } else { best }
        })
}
