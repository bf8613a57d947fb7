//! Descriptions of sound, as `[Music]`: what stands in brackets is not said.

/// What stands outside of brackets, which may go over several words. Brackets that do not close
/// or open enclose nothing.
#[derive(Debug)]
pub struct Outside {
    paired: bool,
    depth: usize,
}

impl Outside {
    /// For the words of this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let count = |kinds: [char; 2]| text.matches(kinds).count();
        Self {
            paired: count(['[', '(']) == count([']', ')']),
            depth: 0,
        }
    }

    /// What of the next part of the text stands outside.
    pub fn next(&mut self, part: &str) -> String {
        let outside = |letter: &char| match letter {
            '[' | '(' if self.paired => {
                self.depth += 1;
                false
            }
            ']' | ')' if self.paired => {
                self.depth = self.depth.saturating_sub(1);
                false
            }
            _ => self.depth == 0,
        };
        part.chars().filter(outside).collect()
    }
}
