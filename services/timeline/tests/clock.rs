//! Windows are half-open and exact, and nothing falls between them.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::{MediaTime, TimeSpan};
use proptest::prelude::*;
use timeline::compute::{
    clock::{Clock, second_key, second_of, seconds_of, span_key},
    coverage::SampledSeconds,
};

fn seconds(value: f64) -> MediaTime {
    MediaTime::from_seconds(value)
}

fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(seconds(start), seconds(end))
}

proptest! {
    #[test]
    fn windows_cover_the_video_without_gap_or_overlap(
        nanos in 1_u64..400_000_000_000,
        length in 1_usize..30,
    ) {
        let clock = Clock::new(MediaTime::from_nanos(nanos));
        let windows = clock.windows(length);
        prop_assert_eq!(windows.first().unwrap().start, MediaTime::ZERO);
        prop_assert_eq!(windows.last().unwrap().end, clock.duration());
        for pair in windows.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start);
            prop_assert_eq!(pair[0].duration().as_secs(), length as u64);
        }
        prop_assert!(windows.iter().all(|window| window.start < window.end));
    }

    #[test]
    fn every_instant_lies_in_exactly_one_second(nanos in 1_u64..90_000_000_000, at in 0.0..1.0) {
        let clock = Clock::new(MediaTime::from_nanos(nanos));
        let time = MediaTime::from_nanos((nanos as f64 * at) as u64);
        prop_assume!(time < clock.duration());
        let holding: Vec<usize> = (0..clock.second_count())
            .filter(|second| clock.second(*second).contains(time))
            .collect();
        prop_assert_eq!(holding, vec![second_of(time)]);
    }

    #[test]
    fn an_event_is_present_in_the_seconds_it_overlaps(start in 0_u64..20_000, length in 0_u64..5_000) {
        let time = |millis: u64| MediaTime::from_nanos(millis * 1_000_000);
        let event = TimeSpan::new(time(start), time(start + length));
        let clock = Clock::new(time(60_000));
        let expected: Vec<usize> = (0..60)
            .filter(|second| {
                let window = clock.second(*second);
                if length == 0 {
                    window.contains(event.start)
                } else {
                    event.start < window.end && window.start < event.end
                }
            })
            .collect();
        prop_assert_eq!(seconds_of(event).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_key_contains_its_interval(start in 0.0_f64..500.0, length in 0.0_f64..50.0) {
        let event = span(start, start + length);
        let key = span_key(event);
        let (first, last) = key.strip_suffix('s').unwrap().split_once('-').unwrap();
        let (first, last): (f64, f64) = (first.parse().unwrap(), last.parse().unwrap());
        prop_assert!(first <= event.start.seconds() && event.end.seconds() <= last);
        prop_assert!(first < last && last - first < length + 2.0);
    }
}

#[test]
fn an_event_at_a_window_edge_belongs_to_the_later_window() {
    let clock = Clock::new(seconds(10.0));
    let windows = clock.windows(5);
    let holding: Vec<bool> = windows
        .iter()
        .map(|window| window.contains(seconds(5.0)))
        .collect();
    assert_eq!(holding, [false, true]);
}

#[test]
fn an_event_that_ends_with_a_second_is_not_in_the_next() {
    assert_eq!(seconds_of(span(1.0, 2.0)), 1..2);
    assert_eq!(seconds_of(span(1.0, 2.001)), 1..3);
    assert_eq!(seconds_of(span(2.0, 2.0)), 2..3);
}

#[test]
fn keys_are_whole_seconds() {
    assert_eq!(second_key(7), "7-8s");
    assert_eq!(span_key(span(14.466_666, 16.733_333)), "14-17s");
    assert_eq!(span_key(span(2.0, 4.0)), "2-4s");
    assert_eq!(span_key(span(3.2, 3.4)), "3-4s");
    assert_eq!(span_key(span(3.0, 3.0)), "3-4s");
}

#[test]
fn a_video_without_length_has_no_second() {
    let clock = Clock::new(MediaTime::ZERO);
    assert_eq!(clock.second_count(), 0);
    assert!(clock.windows(10).is_empty());
    assert_eq!(SampledSeconds::all(clock).share(), None);
}

#[test]
fn a_part_of_a_second_counts_as_one() {
    let clock = Clock::new(seconds(0.7));
    assert_eq!(clock.second_count(), 1);
    assert_eq!(clock.second(0), span(0.0, 0.7));
}

#[test]
fn coverage_knows_which_seconds_were_looked_at() {
    let clock = Clock::new(seconds(4.5));
    let by_frames = SampledSeconds::of_times(clock, [0.0, 0.9, 3.0].map(seconds));
    assert_eq!(by_frames.missing(), [1, 2, 4]);
    assert_eq!(by_frames.share(), Some(0.4));
    let tail = by_frames.with_all_from(clock, seconds(4.0));
    assert_eq!(tail.missing(), [1, 2]);
    let cut_short = SampledSeconds::until(clock, seconds(2.5));
    assert_eq!(cut_short.missing(), [2, 3, 4]);
    assert_eq!(SampledSeconds::until(clock, seconds(4.5)).count(), 5);
}
