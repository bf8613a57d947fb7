//! Following texts over time, on made looks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::MediaTime;
use ocr::{
    TrackConfig,
    compute::{
        geometry::{Point, Quad},
        letters::Reading,
        tracks::{Look, TextLine, Track, agree, follow, visible, vote},
    },
};
use proptest::prelude::*;
use std::time::Duration;

fn line(text: &str, confidence: f64, (x, y): (f64, f64)) -> TextLine {
    let corner = |right: f64, down: f64| Point::new(x + right, y + down);
    TextLine {
        quad: Quad([
            corner(0.0, 0.0),
            corner(0.4, 0.0),
            corner(0.4, 0.05),
            corner(0.0, 0.05),
        ]),
        reading: Reading {
            text: text.into(),
            confidence,
        },
    }
}

fn look(milliseconds: u64, lines: Vec<TextLine>) -> Look {
    Look {
        time: MediaTime::from_nanos(milliseconds * 1_000_000),
        number: milliseconds,
        fresh: true,
        lines,
    }
}

fn seen(track: &Track) -> Vec<usize> {
    track.sights.iter().map(|(at, _)| *at).collect()
}

fn tracks(looks: &[Look]) -> Vec<Track> {
    follow(looks, &TrackConfig::default())
}

#[test]
fn one_title_shown_three_times_is_one_track() {
    let shown = |at: u64| (at / 5).is_multiple_of(2);
    let looks: Vec<Look> = (0..25)
        .map(|at| {
            let title = shown(at).then(|| line("Three times", 0.98, (0.3, 0.2)));
            look(at * 400, title.into_iter().collect())
        })
        .collect();
    let found = tracks(&looks);
    assert_eq!(found.len(), 1);
    let times: Vec<MediaTime> = looks.iter().map(|look| look.time).collect();
    let end = MediaTime::from_seconds(10.0);
    let shown = visible(&seen(&found[0]), &times, end, Duration::from_millis(600));
    let spans: Vec<(f64, f64)> = shown
        .iter()
        .map(|one| (one.start.seconds(), one.end.seconds()))
        .collect();
    assert_eq!(spans, [(0.0, 1.8), (3.8, 5.8), (7.8, 10.0)]);
    assert_eq!(shown[1].start_uncertainty, Duration::from_millis(200));
    assert_eq!(shown[0].start_uncertainty, Duration::ZERO);
    assert_eq!(shown[2].end_uncertainty, Duration::from_millis(400));
}

#[test]
fn one_frame_read_wrongly_does_not_end_a_text() {
    let title = || line("Wait for it", 0.98, (0.3, 0.2));
    let looks = [
        look(0, vec![title()]),
        look(200, vec![]),
        look(400, vec![line("Wait for lt", 0.7, (0.3, 0.2))]),
        look(600, vec![title()]),
    ];
    let found = tracks(&looks);
    assert_eq!(found.len(), 1);
    assert_eq!(seen(&found[0]), [0, 2, 3]);
    let times: Vec<MediaTime> = looks.iter().map(|look| look.time).collect();
    let end = MediaTime::from_seconds(1.0);
    assert_eq!(
        visible(&[0, 2, 3], &times, end, Duration::from_millis(600)).len(),
        1
    );
    assert_eq!(
        visible(&[0, 2, 3], &times, end, Duration::from_millis(300)).len(),
        2
    );
}

#[test]
fn other_words_at_the_same_place_are_another_text() {
    let looks = [
        look(0, vec![line("ask not what", 0.98, (0.3, 0.7))]),
        look(400, vec![line("your country", 0.98, (0.3, 0.7))]),
        look(800, vec![line("can do", 0.98, (0.3, 0.7))]),
    ];
    assert_eq!(tracks(&looks).len(), 3);
}

#[test]
fn the_same_words_at_another_place_are_another_text_unless_they_move_there() {
    let at = |x: f64| vec![line("same words", 0.98, (x, 0.5))];
    let jump = [look(0, at(0.0)), look(400, at(0.6))];
    assert_eq!(tracks(&jump).len(), 2);
    let glide: Vec<Look> = (0_u32..6)
        .map(|step| look(u64::from(step) * 400, at(0.1 * f64::from(step))))
        .collect();
    assert_eq!(tracks(&glide).len(), 1);
}

#[test]
fn two_equal_texts_in_one_frame_stay_apart() {
    let both = || {
        vec![
            line("@jump_crew", 0.98, (0.1, 0.1)),
            line("@jump_crew", 0.98, (0.1, 0.17)),
        ]
    };
    let looks = [look(0, both()), look(400, both()), look(800, both())];
    let found = tracks(&looks);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|track| track.sights.len() == 3));
    let lines: Vec<usize> = found[1].sights.iter().map(|(_, line)| *line).collect();
    assert_eq!(lines, [1, 1, 1]);
}

#[test]
fn the_text_is_voted_by_confidence_and_time() {
    // Twice read surely, three times unsurely and close together.
    let looks = [
        look(0, vec![line("Déjame un like", 0.99, (0.3, 0.2))]),
        look(1_000, vec![line("Déjame un like", 0.99, (0.3, 0.2))]),
        look(2_000, vec![line("Dejame un llke", 0.7, (0.3, 0.2))]),
        look(2_200, vec![line("Dejame un llke", 0.7, (0.3, 0.2))]),
        look(2_400, vec![line("Dejame un llke", 0.7, (0.3, 0.2))]),
    ];
    let found = tracks(&looks);
    assert_eq!(found.len(), 1);
    let reading = vote(&found[0], &looks);
    assert_eq!(reading.text, "Déjame un like");
    // (0.99·1.5 s + 0.7·0.9 s) / 2.4 s
    assert!(
        (reading.confidence - 0.88125).abs() < 1e-6,
        "{}",
        reading.confidence
    );
}

#[test]
fn frames_agree_if_they_say_the_same_at_the_same_places() {
    let config = TrackConfig::default();
    let one = look(
        0,
        vec![
            line("So good", 0.98, (0.1, 0.1)),
            line("Part 1", 0.98, (0.1, 0.5)),
        ],
    );
    let swapped = look(
        9,
        vec![
            line("part 1", 0.98, (0.1, 0.5)),
            line("So good", 0.9, (0.11, 0.1)),
        ],
    );
    let other = look(
        9,
        vec![
            line("So good", 0.98, (0.1, 0.1)),
            line("Part 2", 0.98, (0.1, 0.5)),
        ],
    );
    let fewer = look(9, vec![line("So good", 0.98, (0.1, 0.1))]);
    assert!(agree(&one, &swapped, &config));
    assert!(!agree(&one, &other, &config));
    assert!(!agree(&one, &fewer, &config));
}

proptest! {
    #[test]
    fn visible_stretches_are_apart_inside_and_hold_what_was_seen(
        gaps in prop::collection::vec((1_u64..1_500, any::<bool>()), 1..60),
        bridge in 0_u64..2_000, tail in 0_u64..1_000
    ) {
        let mut now = 0;
        let mut times = Vec::new();
        let mut at = Vec::new();
        for (place, (gap, here)) in gaps.iter().enumerate() {
            times.push(MediaTime::from_nanos(now * 1_000_000));
            now += gap;
            if *here {
                at.push(place);
            }
        }
        let end = MediaTime::from_nanos((now + tail) * 1_000_000);
        let shown = visible(&at, &times, end, Duration::from_millis(bridge));
        prop_assert_eq!(shown.is_empty(), at.is_empty());
        for place in &at {
            let inside = shown.iter().filter(|one| one.start <= times[*place] && times[*place] <= one.end);
            prop_assert_eq!(inside.count(), 1);
        }
        for one in &shown {
            prop_assert!(one.start < one.end && one.end <= end);
            // Moving the ends by what they may be off never passes a frame without the text.
            prop_assert!(one.end.since(one.start) + one.start_uncertainty + one.end_uncertainty
                <= end.since(MediaTime::ZERO) + one.start_uncertainty + one.end_uncertainty);
        }
        for pair in shown.windows(2) {
            prop_assert!(pair[0].end < pair[1].start);
        }
    }

    #[test]
    fn every_line_belongs_to_exactly_one_track(
        words in prop::collection::vec(prop::collection::vec((0..4_usize, 0..3_usize), 0..5), 0..12)
    ) {
        let texts = ["follow me", "follow us", "part 1", "wait for it"];
        let looks: Vec<Look> = (0_u64..)
            .zip(&words)
            .map(|(at, lines)| {
                let place = |at: usize| (0.1, 0.3 * at as f64);
                let each = lines.iter().map(|(text, at)| line(texts[*text], 0.97, place(*at)));
                look(at * 400, each.collect())
            })
            .collect();
        let mut sights: Vec<(usize, usize)> =
            tracks(&looks).into_iter().flat_map(|track| track.sights).collect();
        sights.sort_unstable();
        let all: Vec<(usize, usize)> = looks
            .iter()
            .enumerate()
            .flat_map(|(at, look)| (0..look.lines.len()).map(move |line| (at, line)))
            .collect();
        prop_assert_eq!(sights, all);
    }
}
