//! Words and phrases, found as whole words; intervals that overlap.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::{MediaTime, TimeSpan};
use proptest::prelude::*;
use timeline::compute::{
    clock::Clock,
    phrases::{
        self, DIRECT_ADDRESS, INCLUSIVE_ADDRESS, MARKER_CALLS, OVERLAY_CALLS, Phrase, SPOKEN_CALLS,
        SPOKEN_HOOKS, URGENCY,
    },
    spans,
};

fn found(text: &str, list: &[Phrase]) -> Vec<(usize, &'static str)> {
    phrases::find_in(text, list)
        .into_iter()
        .map(|found| (found.first, found.phrase.text))
        .collect()
}

#[test]
fn words_are_whole_lower_case_and_without_punctuation() {
    assert_eq!(
        phrases::words("You\u{2019}ll LOVE herbs, 3.5 caf\u{e9}s\u{1f525} \u{2014} mind-blowing!"),
        [
            "you'll",
            "love",
            "herbs",
            "3.5",
            "caf\u{e9}s",
            "mind",
            "blowing"
        ]
    );
    assert_eq!(
        phrases::words("\u{4eca}\u{65e5}\u{306f}"),
        ["\u{4eca}", "\u{65e5}", "\u{306f}"]
    );
    assert!(phrases::words(" \u{2026} ?! \u{1f525}").is_empty());
}

#[test]
fn parts_of_words_are_no_phrases() {
    assert_eq!(found("Get yours together", OVERLAY_CALLS), [(0, "get")]);
    assert_eq!(found("together we know workshops", OVERLAY_CALLS), []);
    assert_eq!(found("I know", URGENCY), []);
}

#[test]
fn phrases_may_have_several_words_and_stand_inside_others() {
    assert_eq!(
        found("Now CHECK   this, out: a mind-blowing trick", SPOKEN_HOOKS),
        [(1, "check this out"), (5, "mind-blowing"), (7, "trick")]
    );
    assert_eq!(
        found("share with a friend", SPOKEN_CALLS),
        [(0, "share"), (0, "share with")]
    );
    assert_eq!(found("check out", MARKER_CALLS), [(0, "check out")]);
    assert_eq!(found("check", MARKER_CALLS), []);
}

#[test]
fn greetings_count_at_the_beginning_only() {
    assert_eq!(
        found("What\u{2019}s up, hello", SPOKEN_HOOKS),
        [(0, "what's up")]
    );
    assert_eq!(found("well hello", SPOKEN_HOOKS), []);
}

#[test]
fn every_listed_phrase_finds_itself() {
    let lists = [
        SPOKEN_HOOKS,
        SPOKEN_CALLS,
        OVERLAY_CALLS,
        MARKER_CALLS,
        URGENCY,
        DIRECT_ADDRESS,
        INCLUSIVE_ADDRESS,
    ];
    for phrase in lists.into_iter().flatten() {
        let itself = phrases::find_in(phrase.text, &[*phrase]);
        assert_eq!(itself.len(), 1, "{}", phrase.text);
        assert_eq!(itself[0].length, phrases::words(phrase.text).len());
    }
}

fn span(start: u64, end: u64) -> TimeSpan {
    TimeSpan::new(MediaTime::from_nanos(start), MediaTime::from_nanos(end))
}

#[test]
fn instants_overlap_what_holds_them() {
    assert!(spans::overlap(span(2, 2), span(2, 5)));
    assert!(!spans::overlap(span(5, 5), span(2, 5)));
    assert!(!spans::overlap(span(0, 2), span(2, 5)));
    assert!(spans::overlap(span(0, 3), span(2, 5)));
    assert_eq!(spans::share_in(span(2, 2), span(2, 5)), 1.0);
    assert_eq!(spans::share_in(span(0, 4), span(3, 5)), 0.25);
}

proptest! {
    #[test]
    fn a_union_is_what_is_covered(edges in prop::collection::vec((0_u64..40, 0_u64..10), 0..12)) {
        let all: Vec<TimeSpan> = edges.iter().map(|(start, length)| span(*start, start + length)).collect();
        let union = spans::union(all.iter().copied());
        for nanos in 0..60 {
            let time = MediaTime::from_nanos(nanos);
            let covered = |spans: &[TimeSpan]| spans.iter().filter(|s| s.contains(time)).count();
            prop_assert_eq!(covered(&union), usize::from(covered(&all) > 0));
        }
        prop_assert!(union.windows(2).all(|pair| pair[0].end < pair[1].start));
    }

    #[test]
    fn windows_and_shares_make_up_the_whole(
        duration in 1_u64..100_000, count in 1_u32..20, start in 0_u64..100_000, length in 0_u64..100_000,
    ) {
        let clock = Clock::new(MediaTime::from_nanos(duration));
        let windows = spans::equal_windows(clock, count);
        prop_assert_eq!(windows.len(), count as usize);
        prop_assert_eq!(windows[0].start, MediaTime::ZERO);
        prop_assert_eq!(windows.last().unwrap().end, clock.duration());
        prop_assert!(windows.windows(2).all(|pair| pair[0].end == pair[1].start));
        let event = spans::common(span(start, start + length), clock.span());
        if event.start < clock.duration() {
            let sum: f64 = windows.iter().map(|window| spans::share_in(event, *window)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn the_words_of_every_listed_phrase_are_those_of_its_text() {
    let lists = [
        DIRECT_ADDRESS,
        phrases::FILLERS,
        INCLUSIVE_ADDRESS,
        MARKER_CALLS,
        OVERLAY_CALLS,
        SPOKEN_CALLS,
        SPOKEN_HOOKS,
        URGENCY,
    ];
    for phrase in lists.concat() {
        let parts: Vec<&str> = phrase.parts().collect();
        assert_eq!(parts, phrases::words(phrase.text), "{}", phrase.text);
    }
}
