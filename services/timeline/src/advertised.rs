//! What is advertised: only who made the video knows.

use crate::Error;
use serde::{Deserialize, Serialize};

/// Most entries of one list: a brand with its spellings, or a line of products.
pub const MAX_ENTRIES: usize = 64;
/// Longest entry, in characters.
pub const MAX_ENTRY_CHARS: usize = 64;

/// The brand and the products of a video. Without them nothing is known of either.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brand {
    /// Names of the brand, every spelling that is to count.
    pub names: Vec<String>,
    /// Names of its products and of what kind they are.
    pub products: Vec<String>,
    /// COCO classes of objects that show a product, as `bottle`.
    pub product_classes: Vec<String>,
}

impl Brand {
    /// Checks that every entry can be found and that there are not too many.
    ///
    /// # Errors
    /// [`Error::Brand`] naming the list and what is wrong with it.
    pub fn validate(&self) -> Result<(), Error> {
        let lists = [
            ("brand.names", &self.names),
            ("brand.products", &self.products),
            ("brand.product_classes", &self.product_classes),
        ];
        for (key, entries) in lists {
            if entries.len() > MAX_ENTRIES {
                return Err(Error::Brand {
                    key,
                    problem: format!("has {} entries, at most {MAX_ENTRIES}", entries.len()),
                });
            }
            for entry in entries {
                if let Some(problem) = problem_of(entry) {
                    return Err(Error::Brand { key, problem });
                }
            }
        }
        Ok(())
    }
}

fn problem_of(entry: &str) -> Option<String> {
    if entry.chars().count() > MAX_ENTRY_CHARS {
        return Some(format!(
            "has an entry of more than {MAX_ENTRY_CHARS} characters"
        ));
    }
    let no_words = crate::compute::creative::terms::words(entry).is_empty();
    no_words.then(|| format!("has the entry {entry:?}, in which there is no letter or digit"))
}
