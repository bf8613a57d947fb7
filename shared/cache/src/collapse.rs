//! Texts that mean the same, for keys.

/// A text for keys alone: trimmed, in lower case, each run of whitespace one space. What is sent to a
/// model stays as it was written.
#[must_use]
pub fn collapse_lower(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_and_case_are_set_aside_for_keys() {
        assert_eq!(
            collapse_lower("  Erste \t Marketing\u{a0}Managerin\n"),
            "erste marketing managerin"
        );
    }
}
