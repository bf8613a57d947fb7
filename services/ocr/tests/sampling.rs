//! Which frames are looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{MediaTime, decoded::ChangeSignals};
use media::RgbPicture;
use ocr::compute::{
    geometry::BoundingBox,
    sampling::{Change, Mosaic, Scan, Verdict, refinement, step},
};
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};

fn ms(milliseconds: u64) -> MediaTime {
    MediaTime::from_nanos(milliseconds * 1_000_000)
}

/// A picture of one grey with a square of another in a corner.
fn picture(ground: u8, square: u8) -> RgbPicture {
    let (width, height) = (360, 640);
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    RgbPicture {
        width,
        height,
        data: pixels
            .flat_map(|(x, y)| [if x < 12 && y < 12 { square } else { ground }; 3])
            .collect(),
    }
}

fn mosaic(ground: u8, square: u8) -> Arc<Mosaic> {
    Arc::new(Mosaic::of(&picture(ground, square)).unwrap())
}

fn signals(changes: &[f32]) -> ChangeSignals {
    let zeros = vec![0.0; changes.len()];
    ChangeSignals {
        times: (0..changes.len() as u64).map(|at| ms(at * 40)).collect(),
        delta_hue: zeros.clone(),
        delta_saturation: zeros.clone(),
        delta_value: changes.to_vec(),
        delta_luma_two_back: zeros.clone(),
        mean_value: zeros.clone(),
        value_deviation: zeros,
    }
}

#[test]
fn steps_follow_the_duration() {
    let (shortest, longest) = (Duration::from_millis(400), Duration::from_secs(1));
    let of = |seconds: f64| step(MediaTime::from_seconds(seconds), 120, shortest, longest);
    assert_eq!(of(10.0), shortest);
    assert_eq!(of(60.0), Duration::from_millis(500));
    assert_eq!(of(600.0), longest);
}

#[test]
fn a_mosaic_sees_a_small_change_in_one_corner() {
    let (one, other) = (mosaic(100, 100), mosaic(100, 160));
    assert_eq!(one.size, (72, 128));
    assert_eq!(one.largest_difference(&one), 0);
    assert!(one.largest_difference(&other) >= 50);
    let everywhere = BoundingBox {
        left: 0.0,
        top: 0.0,
        right: 1.0,
        bottom: 1.0,
    };
    let corner = BoundingBox {
        left: 0.0,
        top: 0.0,
        right: 0.1,
        bottom: 0.1,
    };
    let rest = one.ring(everywhere, corner);
    assert_eq!(rest.len(), 72 * 128 - 7 * 13);
    assert_eq!(one.mean_difference(&other, &rest), Some(0.0));
    assert_eq!(one.mean_difference(&other, &[]), None);
}

#[test]
fn an_unchanged_picture_is_not_looked_at_again() {
    let change = Change::new(&signals(&[0.0, 0.01, 0.01, 5.0, 0.0]));
    let mut scan = Scan::new(Duration::from_millis(400), 0.05, 6);
    let next = |milliseconds| Some(ms(milliseconds));
    assert_eq!(scan.unopened(ms(0), &change), None);
    assert_eq!(
        scan.judge((0, ms(0)), next(80), &mosaic(100, 100)),
        Verdict::Look
    );
    assert_eq!(scan.unopened(ms(80), &change), Some(Verdict::SameAs(0)));
    assert_eq!(scan.unopened(ms(120), &change), None);
    assert_eq!(
        scan.judge((2, ms(120)), next(160), &mosaic(102, 102)),
        Verdict::SameAs(0)
    );
    // It differs, but the next one is soon enough.
    assert_eq!(
        scan.judge((3, ms(160)), next(200), &mosaic(140, 140)),
        Verdict::Pass
    );
    assert_eq!(
        scan.judge((4, ms(400)), next(440), &mosaic(140, 140)),
        Verdict::Look
    );
    // The last picture is always known.
    assert_eq!(
        scan.judge((5, ms(440)), None, &mosaic(180, 180)),
        Verdict::Look
    );
}

#[test]
fn a_change_after_a_long_still_is_looked_at_at_once() {
    let mut scan = Scan::new(Duration::from_millis(400), 0.0, 6);
    for at in 0..20 {
        let _ = scan.judge(
            (at, ms(at as u64 * 200)),
            Some(ms(9_000)),
            &mosaic(100, 100),
        );
    }
    let verdict = scan.judge((20, ms(4_000)), Some(ms(4_200)), &mosaic(100, 160));
    assert_eq!(verdict, Verdict::Look);
}

#[test]
fn differences_are_narrowed_down_half_by_half() {
    let times: Vec<MediaTime> = (0..11).map(|at| ms(at * 200)).collect();
    let finest = Duration::from_millis(200);
    let known = [(0, false), (4, true), (8, false), (9, true), (10, true)];
    assert_eq!(refinement(&known, &times, finest), [2]);
    let known = [(0, false), (2, false), (4, true)];
    assert_eq!(refinement(&known, &times, finest), [3]);
    assert_eq!(refinement(&[], &times, finest), [0_usize; 0]);
}

proptest! {
    #[test]
    fn change_between_frames_adds_up(
        changes in prop::collection::vec(0.0_f32..50.0, 1..80),
        (a, b, c) in (0_u64..80, 0_u64..80, 0_u64..80)
    ) {
        let change = Change::new(&signals(&changes));
        let mut times = [ms(a * 40), ms(b * 40), ms(c * 40)];
        times.sort_unstable();
        let [a, b, c] = times;
        prop_assert!(change.between(a, b) >= 0.0);
        prop_assert!((change.between(a, b) + change.between(b, c) - change.between(a, c)).abs() < 1e-6);
    }

    #[test]
    fn known_pictures_lie_no_further_apart_than_the_step(
        gaps in prop::collection::vec((20_u64..400, any::<u8>()), 1..60), step in 400_u64..1_000
    ) {
        let mut now = 0;
        let mut times = Vec::new();
        for (gap, _) in &gaps {
            times.push(ms(now));
            now += gap;
        }
        let mut scan = Scan::new(Duration::from_millis(step), 0.0, 6);
        let mut known = Vec::new();
        for (at, (_, grey)) in gaps.iter().enumerate() {
            let shown = Arc::new(Mosaic { size: (2, 2), cells: vec![[*grey; 3]; 4] });
            let verdict = scan.judge((at, times[at]), times.get(at + 1).copied(), &shown);
            if verdict != Verdict::Pass {
                known.push(times[at]);
            }
            if let Verdict::SameAs(source) = verdict {
                prop_assert!(gaps[source].1.abs_diff(*grey) <= 6, "taken for unchanged");
            }
        }
        prop_assert_eq!(known.first(), times.first());
        prop_assert_eq!(known.last(), times.last());
        for pair in known.windows(2) {
            prop_assert!(pair[1].since(pair[0]) <= Duration::from_millis(step));
        }
    }
}
