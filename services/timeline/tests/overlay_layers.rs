//! How many overlays are visible at once, and in which rhythm they appear.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::{MediaTime, TimeSpan};
use proptest::prelude::*;
use timeline::compute::{
    clock::Clock,
    coverage::{SampledSeconds, Stream},
    events::Overlay,
    overlay::{Overlays, layers, pace},
    spans,
};

fn overlay(intervals: &[(f64, f64)]) -> Overlay {
    let at = MediaTime::from_seconds;
    Overlay {
        intervals: intervals
            .iter()
            .map(|(start, end)| TimeSpan::new(at(*start), at(*end)))
            .collect(),
        content: "text".into(),
        confidence: 0.9,
        role: None,
        position: None,
        cta_keywords: Vec::new(),
    }
}

fn overlays(seconds: f64, texts: &[Overlay], stickers: &[Overlay]) -> Overlays {
    let clock = Clock::new(MediaTime::from_seconds(seconds));
    let found = |all: &[Overlay]| Stream::Measured {
        events: all.to_vec(),
        sampled: SampledSeconds::all(clock),
    };
    Overlays::of(clock, &found(texts), &found(stickers)).unwrap()
}

#[test]
fn layers_change_where_overlays_come_and_go() {
    let all = [
        overlay(&[(0.0, 4.0)]),
        overlay(&[(1.0, 2.0), (1.5, 3.0)]),
        overlay(&[(3.0, 5.0)]),
        overlay(&[(7.0, 7.0)]),
    ];
    let found: Vec<(f64, f64, usize)> = layers::layers(&all)
        .iter()
        .map(|one| (one.span.start.seconds(), one.span.end.seconds(), one.count))
        .collect();
    // What ends when another begins is never visible beside it.
    assert_eq!(
        found,
        [(0.0, 1.0, 1), (1.0, 3.0, 2), (3.0, 4.0, 2), (4.0, 5.0, 1)]
    );
    assert_eq!(layers::most_at_once(&layers::layers(&all)), 2);
    assert_eq!(layers::layers(&[]), []);
    assert_eq!(layers::most_at_once(&[]), 0);
    // 4 + 2 + 2 seconds in ten.
    assert_eq!(layers::mean_at_once(&overlays(10.0, &all, &[])), 0.8);
    assert_eq!(layers::mean_at_once(&overlays(10.0, &[], &[])), 0.0);
}

#[test]
fn complexity_by_the_most_at_once() {
    let names: Vec<_> = (0..5).map(layers::complexity).collect();
    assert_eq!(
        names,
        ["simple", "simple", "moderate", "complex", "complex"]
    );
}

#[test]
fn three_texts_at_once_are_clutter() {
    let texts = [
        overlay(&[(0.0, 6.0)]),
        overlay(&[(1.0, 4.5)]),
        overlay(&[(2.0, 4.0)]),
        overlay(&[(3.0, 4.25)]),
        overlay(&[(8.0, 9.0)]),
    ];
    let clutter = layers::clutter(&overlays(10.0, &texts, &[]));
    assert_eq!(clutter.len(), 1);
    assert_eq!((clutter[0].start, clutter[0].end), (2.0, 4.25));
    assert_eq!(clutter[0].text_count, 4);
    assert_eq!(clutter[0].timestamp, "2-5s");
    // Stickers do not hide one another's words.
    assert_eq!(
        layers::clutter(&overlays(10.0, &texts[..2], &texts[2..])),
        []
    );
}

#[test]
fn seconds_name_what_is_visible() {
    let found = layers::timeline(&overlays(
        3.5,
        &[overlay(&[(0.2, 0.4), (0.5, 1.0)])],
        &[overlay(&[(0.9, 2.0)]), overlay(&[(3.2, 3.5)])],
    ));
    let rows: Vec<_> = found
        .iter()
        .map(|one| (one.timestamp.as_str(), one.overlay_count, one.kind))
        .collect();
    assert_eq!(
        rows,
        [
            ("0-1s", 2, "text_and_sticker"),
            ("1-2s", 1, "sticker"),
            ("3-4s", 1, "sticker"),
        ]
    );
    assert_eq!(found[0].density, 2.0);
    // The last second is half a second.
    assert_eq!(found[2].density, 2.0);
    assert!(layers::timeline(&overlays(3.5, &[], &[])).is_empty());
}

#[test]
fn gaps_tell_rhythm_from_chance_and_bursts() {
    assert_eq!(pace::variation(&[]), None);
    assert_eq!(pace::variation(&[1.0, 2.0]), None);
    assert_eq!(pace::variation(&[0.0, 1.0, 2.0]), Some(0.0));
    assert_eq!(pace::variation(&[3.0, 3.0, 3.0]), Some(f64::INFINITY));
    // Gaps 1 and 3: mean 2, deviation √2.
    let variation = pace::variation(&[0.0, 1.0, 4.0]).unwrap();
    assert!((variation - 2_f64.sqrt() / 2.0).abs() < 1e-12);
    let names = [0.0, 0.29, 0.3, 0.79, 0.8, 1.25, 1.26, f64::INFINITY];
    let names: Vec<_> = names.map(pace::appearance_pattern).into();
    assert_eq!(
        names,
        [
            "rhythmic", "rhythmic", "gradual", "gradual", "random", "random", "burst", "burst"
        ]
    );
}

#[test]
fn progressions_rest_on_halves_and_peaks() {
    assert_eq!(pace::density_progression("accelerating", true), "building");
    assert_eq!(
        pace::density_progression("decelerating", true),
        "front_loaded"
    );
    assert_eq!(pace::density_progression("stable", true), "climactic");
    assert_eq!(pace::density_progression("stable", false), "even");
}

#[test]
fn pacing_by_seconds_per_appearance() {
    assert_eq!(pace::visual_pacing(&[], 10.0), None);
    assert_eq!(pace::visual_pacing(&[1.0], 5.1), Some("slow"));
    assert_eq!(pace::visual_pacing(&[1.0], 5.0), Some("moderate"));
    assert_eq!(pace::visual_pacing(&[1.0], 2.0), Some("moderate"));
    assert_eq!(pace::visual_pacing(&[1.0], 1.9), Some("fast"));
    let burst = [0.0, 0.1, 0.2, 0.3, 9.0];
    assert_eq!(pace::visual_pacing(&burst, 10.0), Some("variable"));
}

proptest! {
    #[test]
    fn layers_hold_the_visible_time_and_no_more(
        spans in prop::collection::vec((0_u32..60, 0_u32..20), 0..12),
    ) {
        let all: Vec<Overlay> = spans
            .iter()
            .map(|(start, length)| {
                let start = f64::from(*start) / 4.0;
                overlay(&[(start, start + f64::from(*length) / 4.0)])
            })
            .collect();
        let found = layers::layers(&all);
        let weighted: f64 = found.iter().map(|one| one.count as f64 * spans::length(one.span)).sum();
        let visible: f64 = spans.iter().map(|(_, length)| f64::from(*length) / 4.0).sum();
        prop_assert!((weighted - visible).abs() < 1e-9);
        prop_assert!(found.windows(2).all(|two| two[0].span.end <= two[1].span.start));
        prop_assert!(found.iter().all(|one| one.count > 0 && one.span.start < one.span.end));
        prop_assert!(layers::most_at_once(&found) <= all.len());
        let video = overlays(20.0, &all, &[]);
        prop_assert!(layers::mean_at_once(&video) <= layers::most_at_once(&found) as f64);
        for one in layers::clutter(&video) {
            prop_assert!(one.start < one.end && one.end <= 20.0 && one.text_count >= 3);
        }
        for one in layers::timeline(&video) {
            prop_assert!(one.overlay_count > 0 && one.density >= one.overlay_count as f64);
        }
        let variation = pace::variation(&video.starts());
        prop_assert!(variation.is_none_or(|variation| variation >= 0.0));
    }
}
