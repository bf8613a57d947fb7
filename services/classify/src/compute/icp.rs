//! Who is looked for: descriptions of ideal customers, and which of them a signal fits.

use super::text::{contains_words, digest_of_parts, normalised};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The sizes that are named whatever is described.
const SIZES: [&str; 4] = ["1", "2-5", "6-10", "11-20"];
/// Most entries of one list.
const LIST_ENTRIES: usize = 100;
/// Most characters of one text.
const TEXT_CHARS: usize = 2000;

/// A description of an ideal customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// Its name; no two have the same.
    pub name: String,
    /// In a sentence.
    pub description: Option<String>,
    /// How large they are.
    pub size_buckets: Vec<String>,
    /// Their industries.
    pub industries: Vec<String>,
    /// Where they are.
    pub locations: Vec<String>,
    /// How far they have come.
    pub stages: Vec<String>,
    /// Words of their job posts.
    pub hiring_keywords: Vec<String>,
    /// Words for what troubles them.
    pub pain_keywords: Vec<String>,
    /// How they like to be spoken to.
    pub channel_preferences: Vec<String>,
    /// Signs that they can pay.
    pub budget_signals: Vec<String>,
}

impl Profile {
    fn lists(&self) -> [&Vec<String>; 8] {
        [
            &self.size_buckets,
            &self.industries,
            &self.locations,
            &self.stages,
            &self.hiring_keywords,
            &self.pain_keywords,
            &self.channel_preferences,
            &self.budget_signals,
        ]
    }

    /// What is wrong with it, if anything is.
    ///
    /// # Errors
    /// One sentence for people.
    pub fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("`name` is empty; give the description a name".into());
        }
        let texts = self.lists().into_iter().flatten().chain([&self.name]);
        let texts = texts.chain(self.description.as_ref());
        if texts
            .into_iter()
            .any(|text| text.chars().count() > TEXT_CHARS)
        {
            return Err(format!(
                "a text has more than {TEXT_CHARS} characters; shorten it"
            ));
        }
        if self.lists().iter().any(|list| list.len() > LIST_ENTRIES) {
            return Err(format!(
                "a list has more than {LIST_ENTRIES} entries; shorten it"
            ));
        }
        Ok(())
    }

    /// The description as one text, for a comparison by meaning.
    #[must_use]
    pub fn as_text(&self) -> String {
        let mut parts = vec![self.name.clone()];
        parts.extend(self.description.clone());
        let lists = [
            ("Industries", &self.industries),
            ("Sizes", &self.size_buckets),
            ("Places", &self.locations),
            ("Hires", &self.hiring_keywords),
            ("Troubles", &self.pain_keywords),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                parts.push(format!("{name}: {}", sorted(list).join(", ")));
            }
        }
        parts.join(". ")
    }
}

/// Sorted and without repetitions, so that the same set is the same text wherever it is written.
fn sorted<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let trimmed = texts.into_iter().map(|text| text.trim().to_owned());
    let set: BTreeSet<String> = trimmed.filter(|text| !text.is_empty()).collect();
    set.into_iter().collect()
}

/// What a model is told of all descriptions together.
#[must_use]
pub fn context(profiles: &[Profile]) -> String {
    let union = |pick: fn(&Profile) -> &Vec<String>| {
        let all = sorted(profiles.iter().flat_map(pick));
        if all.is_empty() {
            "not said".to_owned()
        } else {
            all.join(", ")
        }
    };
    format!(
        "sizes: {}\nindustries: {}\npain keywords: {}\nhiring keywords: {}",
        SIZES.join(", "),
        union(|profile| &profile.industries),
        union(|profile| &profile.pain_keywords),
        union(|profile| &profile.hiring_keywords),
    )
}

/// The descriptions whose keywords the signal holds.
#[must_use]
pub fn matches_by_keyword(signal: &str, profiles: &[(i64, Profile)]) -> Vec<i64> {
    let signal = normalised(signal);
    let fits = |profile: &Profile| {
        let words = profile.hiring_keywords.iter().chain(&profile.pain_keywords);
        words
            .map(|word| normalised(word))
            .any(|word| contains_words(&signal, &word))
    };
    let fitting = profiles.iter().filter(|(_, profile)| fits(profile));
    fitting.map(|(id, _)| *id).collect()
}

/// The digest of a description's text, so that a vector of an older one is not taken for its own.
#[must_use]
pub fn text_digest(profile: &Profile) -> String {
    digest_of_parts([profile.as_text().as_str()])
}

/// Why two vectors cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// A vector without a direction.
    #[error("a vector is zero, empty or not finite; the embedding model gave no direction")]
    NoDirection,
    /// They come from different models.
    #[error("vectors of {0} and {1} dimensions cannot be compared; one model must make both")]
    Dimensions(usize, usize),
}

/// The cosine of the angle between two vectors.
///
/// # Errors
/// [`VectorError`] if one has no direction, or they differ in their dimensions.
pub fn cosine(a: &[f32], b: &[f32]) -> Result<f64, VectorError> {
    if a.len() != b.len() {
        return Err(VectorError::Dimensions(a.len(), b.len()));
    }
    let dot = |x: &[f32], y: &[f32]| -> f64 {
        let products = x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y));
        products.sum()
    };
    let lengths = dot(a, a).sqrt() * dot(b, b).sqrt();
    if !lengths.is_finite() || lengths <= 0.0 {
        return Err(VectorError::NoDirection);
    }
    Ok((dot(a, b) / lengths).clamp(-1.0, 1.0))
}
