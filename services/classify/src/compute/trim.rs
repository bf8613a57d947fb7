//! Signals that are too long, without their middle.

/// What stands where something was left out.
const GAP: &str = "\n[…]\n";
/// Share of what is kept that comes from the beginning.
const HEAD: f64 = 0.7;

/// The two ends of a text, of `most` characters in all with what stands between them, and how many
/// characters were left out. A text that is short enough stays as it is.
#[must_use]
pub fn head_tail(text: &str, most: usize) -> (String, usize) {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return (text.to_owned(), 0);
    }
    let gap = GAP.chars().count();
    let Some(kept) = most.checked_sub(gap).filter(|kept| *kept > 0) else {
        let head: String = characters.iter().take(most).collect();
        return (head, characters.len() - most);
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a length is a length"
    )]
    let head = (kept as f64 * HEAD).ceil() as usize;
    let tail = kept.saturating_sub(head);
    let first = characters.iter().take(head);
    let last = characters.iter().skip(characters.len() - tail);
    let trimmed = first.copied().chain(GAP.chars()).chain(last.copied());
    (trimmed.collect(), characters.len() - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_stay_and_the_rest_is_counted() {
        let text: String = ('a'..='z').cycle().take(100).collect();
        let (trimmed, left_out) = head_tail(&text, 45);
        assert_eq!(trimmed.chars().count(), 45);
        assert_eq!(left_out, 60);
        let (head, tail) = trimmed.split_once(GAP).unwrap();
        assert!(text.starts_with(head) && text.ends_with(tail));
        assert_eq!((head.len(), tail.len()), (28, 12));
    }

    #[test]
    fn what_is_short_stays_and_little_room_is_used() {
        assert_eq!(head_tail("äöü", 3), ("äöü".into(), 0));
        assert_eq!(head_tail("äöüß", 3), ("äöü".into(), 1));
    }
}
