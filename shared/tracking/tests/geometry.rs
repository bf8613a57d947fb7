//! Boxes, suppression and sampling.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use tracking::{BoundingBox, Detection, evenly, suppress};

fn any_box() -> impl Strategy<Value = BoundingBox> {
    (0.0_f64..0.9, 0.0_f64..0.9, 0.01_f64..0.6, 0.01_f64..0.6)
        .prop_map(|(x, y, w, h)| BoundingBox::clipped([x, y, x + w, y + h]).unwrap())
}

fn any_detection() -> impl Strategy<Value = Detection> {
    (0_usize..3, 0_u32..100, any_box()).prop_map(|(class, percent, bbox)| Detection {
        class,
        confidence: f64::from(percent) / 100.0,
        bbox,
    })
}

proptest! {
    #[test]
    fn overlap_is_symmetric_and_a_share(a in any_box(), b in any_box()) {
        let overlap = a.overlap(b);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&overlap));
        prop_assert!((overlap - b.overlap(a)).abs() < 1e-12);
        prop_assert!((a.overlap(a) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn overlap_does_not_depend_on_the_scale_of_an_axis(a in any_box(), b in any_box(), x in 0.1_f64..1.0, y in 0.1_f64..1.0) {
        let scaled = |c: BoundingBox| BoundingBox::clipped([c.left * x, c.top * y, c.right * x, c.bottom * y]).unwrap();
        prop_assert!((scaled(a).overlap(scaled(b)) - a.overlap(b)).abs() < 1e-9);
    }

    #[test]
    fn growing_keeps_the_middle_and_never_lessens_overlap_of_equals(a in any_box(), share in 0.0_f64..1.0) {
        let grown = a.grown(share);
        prop_assert!((grown.centre().0 - a.centre().0).abs() < 1e-12);
        prop_assert!((grown.width() - a.width() * (1.0 + 2.0 * share)).abs() < 1e-12);
        prop_assert!(a.overlap(grown) > 0.0);
    }

    #[test]
    fn suppression_keeps_no_doubles_and_loses_nothing_else(
        found in prop::collection::vec(any_detection(), 0..40), limit in 0.1_f64..0.9,
    ) {
        let kept = suppress(found.clone(), limit, usize::MAX);
        for (at, one) in kept.iter().enumerate() {
            prop_assert!(found.contains(one));
            for other in &kept[at + 1..] {
                prop_assert!(one.class != other.class || one.bbox.overlap(other.bbox) <= limit);
                prop_assert!(one.order(other).is_le());
            }
        }
        for lost in found.iter().filter(|one| !kept.contains(one)) {
            prop_assert!(kept.iter().any(|one| one.class == lost.class
                && one.confidence >= lost.confidence
                && one.bbox.overlap(lost.bbox) > limit));
        }
    }

    #[test]
    fn suppression_does_not_depend_on_order(
        found in prop::collection::vec(any_detection(), 0..30).prop_shuffle(), most in 1_usize..40,
    ) {
        let mut other = found.clone();
        other.reverse();
        let kept = suppress(found, 0.5, most);
        prop_assert!(kept.len() <= most);
        prop_assert_eq!(kept, suppress(other, 0.5, most));
    }

    #[test]
    fn clipped_boxes_lie_in_the_picture(edges in prop::array::uniform4(-2.0_f64..3.0)) {
        if let Some(clipped) = BoundingBox::clipped(edges) {
            prop_assert!(clipped.left >= 0.0 && clipped.right <= 1.0 && clipped.width() > 0.0);
            prop_assert!(clipped.top >= 0.0 && clipped.bottom <= 1.0 && clipped.height() > 0.0);
        }
    }

    #[test]
    fn sampling_is_even_and_reaches_both_ends(count in 1_usize..5000, most in 2_usize..300) {
        let places = evenly(count, most);
        prop_assert_eq!(places.len(), count.min(most));
        prop_assert_eq!(places[0], 0);
        prop_assert_eq!(places[places.len() - 1], count - 1);
        let steps: Vec<usize> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
        prop_assert!(steps.iter().all(|step| *step > 0));
        if let (Some(least), Some(largest)) = (steps.iter().min(), steps.iter().max()) {
            prop_assert!(largest - least <= 1);
        }
    }
}

#[test]
fn boxes_outside_or_without_extent_are_none() {
    assert_eq!(BoundingBox::clipped([1.2, 0.0, 1.5, 0.5]), None);
    assert_eq!(BoundingBox::clipped([0.5, 0.5, 0.5, 0.9]), None);
    assert_eq!(BoundingBox::clipped([0.0, f64::NAN, 0.5, 0.9]), None);
}

#[test]
fn sampling_of_little_is_everything() {
    assert_eq!(evenly(0, 10), Vec::<usize>::new());
    assert_eq!(evenly(3, 10), [0, 1, 2]);
    assert_eq!(evenly(7, 3), [0, 3, 6]);
    assert_eq!(evenly(10, 1), [0]);
}
