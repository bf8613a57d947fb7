//! Formulas of `speech_analysis` on speech whose values are known by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    built::{at, span},
    said::{said, spoken},
};
use contracts::{MediaTime, sound::BurstPattern};
use proptest::prelude::*;
use timeline::compute::{
    clock::Clock,
    coverage::SampledSeconds,
    events::{EnergyWindow, Overlay, Sighting, Sound, Speech},
    spans,
    speech::{
        Spoken,
        core::{average_segment_seconds, unique_words, words_per_minute},
        emphasis, interactions, key_events, patterns, rhythm,
    },
};

#[test]
fn a_recording_that_breaks_off_counts_as_far_as_it_was_heard() {
    let clock = Clock::new(at(20.0));
    let heard = SampledSeconds::until(clock, at(4.9));
    let speech = Speech {
        utterances: vec![said(3.5, "one two")],
        ..Speech::default()
    };
    let spoken = Spoken::of(&speech, clock, &heard).unwrap();
    assert_eq!(spoken.duration(), 4.5);
    let none = SampledSeconds::until(clock, MediaTime::ZERO);
    assert_eq!(
        Spoken::of(&Speech::default(), clock, &none)
            .unwrap_err()
            .as_str(),
        "no second was listened to"
    );
}

#[test]
fn descriptions_in_brackets_are_no_words() {
    let spoken = spoken(
        20.0,
        vec![
            said(0.0, "[soft music] Herbs, herbs (laughs) and you"),
            said(10.0, "[Applause]"),
            // Brackets without a counterpart hide nothing.
            said(12.0, "a) tea"),
            said(17.0, "(b"),
        ],
    );
    let words: Vec<&str> = spoken.words().map(|word| word.text.as_str()).collect();
    assert_eq!(words, ["herbs", "herbs", "and", "you", "a", "tea", "b"]);
    assert_eq!(unique_words(spoken.words()), 6);
    assert_eq!(spoken.all().len(), 3);
}

#[test]
fn overlapping_speech_counts_once() {
    let spoken = spoken(4.0, vec![said(0.0, "a b c d"), said(1.0, "e f g h")]);
    assert_eq!(spoken.voiced_seconds(), 3.0);
    assert_eq!(words_per_minute(8.0, spoken.voiced_seconds()), Some(160.0));
    assert_eq!(average_segment_seconds(spoken.all()), Some(2.0));
    assert_eq!(words_per_minute(1.0, 0.0), None);
}

#[test]
fn pace_is_measured_in_ten_equal_windows() {
    // Windows of one second: two words in the first, a word and a half in the third.
    let spoken = spoken(10.0, vec![said(0.0, "a b"), said(2.25, "c d")]);
    let rates = rhythm::pace(&spoken);
    assert_eq!(rates.len(), 10);
    assert_eq!(rates[..4], [Some(120.0), None, Some(120.0), Some(120.0)]);
    assert!(rates[4..].iter().all(Option::is_none));
}

#[test]
fn a_segment_without_word_times_is_spread_over_its_length() {
    let mut one = said(0.0, "a b c d");
    one.words.clear();
    let spoken = spoken(4.0, vec![one]);
    let rates = rhythm::pace(&spoken);
    assert_eq!(rates.iter().flatten().count(), 5);
    assert!(
        rates
            .iter()
            .flatten()
            .all(|rate| (rate - 120.0).abs() < 1e-6)
    );
}

#[test]
fn pauses_are_named_by_their_length() {
    let voiced = [
        span(0.0, 1.0),
        span(2.0, 3.0),
        span(5.0, 6.0),
        span(8.5, 9.0),
        span(13.0, 14.0),
    ];
    let pauses = rhythm::pauses(&voiced);
    let kinds: Vec<(f64, &str)> = pauses.iter().map(|p| (p.duration, p.kind)).collect();
    assert_eq!(
        kinds,
        [(2.0, "strategic"), (2.5, "dramatic"), (4.0, "awkward")]
    );
    assert_eq!(key_events::silent_moments(&pauses).len(), 2);
    assert!(rhythm::pauses(&[]).is_empty());
}

#[test]
fn bursts_are_loud_and_spoken() {
    let window = |index: u32, level| EnergyWindow {
        span: span(f64::from(index) * 5.0, f64::from(index) * 5.0 + 5.0),
        level,
    };
    let windows = [
        window(0, 1.0),
        window(1, 0.1),
        window(2, 0.1),
        window(3, 0.1),
        window(4, 1.0),
        window(5, 0.1),
    ];
    let bursts = emphasis::bursts(&windows, &spoken(23.0, vec![said(21.0, "now")]));
    assert_eq!(bursts.len(), 1);
    assert_eq!(
        (bursts[0].start, bursts[0].end, bursts[0].duration),
        (20.0, 23.0, 3.0)
    );
    assert!(emphasis::bursts(&windows, &spoken(23.0, Vec::new())).is_empty());
    assert!(emphasis::bursts(&[], &spoken(23.0, vec![said(21.0, "now")])).is_empty());
    let sound = Sound {
        energy: windows.to_vec(),
        burst_pattern: Some(BurstPattern::Steady),
        ..Sound::default()
    };
    assert_eq!(key_events::energy_at(&sound, at(21.0)), Some(1.0));
    assert_eq!(key_events::energy_at(&sound, at(31.0)), None);
}

#[test]
fn the_first_of_the_longest_is_the_longest() {
    let spoken = spoken(
        20.0,
        vec![said(0.0, "a"), said(2.0, "b c"), said(5.0, "d e")],
    );
    assert_eq!(
        key_events::longest(spoken.all()).unwrap().span,
        span(2.0, 3.0)
    );
    assert!(key_events::longest(&[]).is_none());
}

#[test]
fn calls_are_urgent_by_their_words_or_late() {
    let spoken = spoken(
        20.0,
        vec![
            said(0.0, "Follow me"),
            said(5.0, "Order now, today"),
            said(15.0, "Link in bio"),
        ],
    );
    let calls: Vec<_> = key_events::calls(&spoken)
        .into_iter()
        .map(|call| (call.timestamp, call.phrase, call.category, call.urgency))
        .collect();
    assert_eq!(
        calls,
        [
            (0.0, "follow", "engagement", "low"),
            (5.0, "order now", "conversion", "high"),
            (15.0, "link in bio", "traffic", "medium"),
        ]
    );
}

#[test]
fn hooks_stand_where_they_are_said() {
    let spoken = spoken(
        20.0,
        vec![
            said(1.0, "Hey, did you know?"),
            said(8.0, "A shocking secret"),
        ],
    );
    let hooks: Vec<_> = patterns::hooks(&spoken)
        .into_iter()
        .map(|hook| (hook.timestamp, hook.phrase, hook.kind))
        .collect();
    assert_eq!(
        hooks,
        [
            (1.0, "hey", "greeting"),
            (1.5, "did you know", "question"),
            (8.5, "shocking", "hyperbole"),
            (9.0, "secret", "value_prop"),
        ]
    );
    assert_eq!(patterns::questions(&spoken), 1);
}

#[test]
fn repeated_phrases_of_two_and_three_words() {
    // Of a b, b a, a b, a b a, b a b the pair a b comes twice.
    let repeated = spoken(20.0, vec![said(0.0, "a b a b")]);
    assert_eq!(patterns::repetition(&repeated), Some(0.4));
    let once = spoken(20.0, vec![said(0.0, "a b c"), said(4.0, "d")]);
    assert_eq!(patterns::repetition(&once), Some(0.0));
    assert_eq!(
        patterns::repetition(&spoken(20.0, vec![said(0.0, "a")])),
        None
    );
}

#[test]
fn written_words_are_spoken_at_most_a_second_away() {
    let text = |start, end| Overlay {
        intervals: vec![span(start, end)],
        content: "Buy HERBS today".into(),
        confidence: 0.9,
        role: None,
        position: None,
        cta_keywords: Vec::new(),
    };
    let spoken = spoken(20.0, vec![said(5.0, "herbs today")]);
    let overlap = |start, end| interactions::text_overlap(&spoken, &[text(start, end)]).unwrap();
    assert_eq!(overlap(5.0, 6.0), 2.0 / 3.0);
    // From 4.6 s on, only the first word is near enough.
    assert_eq!(overlap(3.0, 4.4), 1.0 / 3.0);
    assert_eq!(overlap(0.0, 4.0), 0.0);
    assert_eq!(overlap(7.1, 8.0), 0.0);
    assert_eq!(interactions::text_overlap(&spoken, &[]), None);
}

#[test]
fn only_speech_where_somebody_looked_counts() {
    let clock = Clock::new(at(10.0));
    let spoken = spoken(10.0, vec![said(1.0, "a"), said(3.0, "b"), said(8.0, "c")]);
    let gesture = Sighting {
        span: span(3.0, 3.0),
        label: "wave".into(),
        confidence: 0.7,
    };
    let share = |until| {
        let sampled = SampledSeconds::until(clock, at(until));
        interactions::share_with(&spoken, std::slice::from_ref(&gesture), &sampled)
    };
    assert_eq!(share(10.0), Some(1.0 / 3.0));
    assert_eq!(share(5.0), Some(0.5));
    assert_eq!(share(1.0), None);
}

proptest! {
    #[test]
    fn shares_stay_shares_and_every_word_counts_once(
        seconds in 1_u32..30,
        starts in prop::collection::vec((0_u32..40, "[a-d]{1,2}( [a-d]{1,2}){0,4}"), 0..8),
    ) {
        let duration = f64::from(seconds);
        let utterances = starts.iter().map(|(start, text)| said(f64::from(*start), text)).collect();
        let spoken = spoken(duration, utterances);
        let coverage = spoken.voiced_seconds() / spoken.duration();
        prop_assert!((0.0..=1.0 + 1e-12).contains(&coverage));
        prop_assert!(unique_words(spoken.words()) <= spoken.words().count());
        let pace = rhythm::pace(&spoken);
        prop_assert_eq!(pace.len(), 10);
        prop_assert!(pace.iter().flatten().all(|rate| *rate >= 0.0 && rate.is_finite()));
        for share in [patterns::repetition(&spoken), rhythm::front_load(&spoken, 0.2)] {
            prop_assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
        prop_assert!(rhythm::acceleration(&spoken).is_none_or(|score| score >= -1.0));
        prop_assert!(rhythm::pauses(spoken.voiced()).iter().all(|p| p.duration > 1.0 && p.end <= duration));
        let windows = spans::equal_windows(spoken.clock(), 10);
        let shared: f64 = windows
            .iter()
            .flat_map(|window| spoken.words().map(|word| spans::share_in(word.span, *window)))
            .sum();
        prop_assert!((shared - spoken.words().count() as f64).abs() < 1e-6);
    }
}
