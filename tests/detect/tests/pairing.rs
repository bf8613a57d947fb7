//! How detections of two sides are paired.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use detect_accuracy::{Agreement, Row, Seen, agreement, page};

fn seen(class: usize, score: f64, left: f64) -> Seen {
    Seen {
        class,
        score,
        edges: [left, 0.0, left + 10.0, 10.0],
    }
}

#[test]
fn pairs_are_of_one_class_and_each_is_taken_once() {
    let ours = [seen(0, 0.9, 0.0), seen(0, 0.8, 1.0), seen(2, 0.7, 0.0)];
    let theirs = [seen(0, 0.88, 0.5), seen(2, 0.7, 0.0), seen(5, 0.3, 0.0)];
    let found = agreement(&ours, &theirs);
    assert_eq!(found.distances, [0.5, 0.0]);
    assert!((found.scores[0] - 0.02).abs() < 1e-12 && found.scores[1] == 0.0);
    assert_eq!(found.alone, [0.8, 0.3], "the second person and class 5");
}

#[test]
fn the_page_counts_what_is_within_the_limits() {
    let row = Row {
        model: "made",
        given: "the same pixels",
        agreement: Agreement {
            distances: vec![0.2, 0.4, 3.0],
            scores: vec![0.001, 0.02, 0.0],
            alone: vec![0.26],
        },
    };
    let text = page(2, &[row]);
    let line =
        "| made | the same pixels | 3 | 1 (up to 0.26) | 0.333 | 0.40 | 3.00 | 0.0010 | 0.0200 |";
    assert!(text.contains(line), "{text}");
}
