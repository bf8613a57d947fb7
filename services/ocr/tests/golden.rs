//! One stored picture and what is read in it: `golden/page.jpg`, `golden/page.json`.
//!
//! The texts are those that were drawn. Confidences and corners are those the stage gave on an x86
//! processor; RapidOCR puts the corners of this picture within a hundredth of it. Texts are compared
//! letter by letter, confidences within 0.01 and corners within a two-hundredth of the picture, since
//! processors differ in the last bits and a pixel more or less changes a line's edge.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{read, reader};
use serde::Deserialize;

const CONFIDENCE: f64 = 0.01;
const CORNER: f64 = 0.005;

#[derive(Debug, Deserialize)]
struct Expected {
    text: String,
    confidence: f64,
    corners: [[f64; 2]; 4],
}

#[test]
fn the_stored_page_reads_as_stored() {
    let expected: Vec<Expected> = serde_json::from_str(include_str!("golden/page.json")).unwrap();
    assert!(expected.len() >= 5);
    let lines = read(&reader(), include_bytes!("golden/page.jpg"));
    for line in &lines {
        let corners = line.quad.0.map(|point| [point.x, point.y]);
        let reading = &line.reading;
        println!("{:?} {:.4} {corners:.4?}", reading.text, reading.confidence);
    }
    let said: Vec<&str> = lines
        .iter()
        .map(|line| line.reading.text.as_str())
        .collect();
    let stored: Vec<&str> = expected.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(said, stored);
    for (line, expected) in lines.iter().zip(&expected) {
        let off = (line.reading.confidence - expected.confidence).abs();
        assert!(off <= CONFIDENCE, "{line:?} instead of {expected:?}");
        for (point, [x, y]) in line.quad.0.iter().zip(expected.corners) {
            let off = (point.x - x).abs().max((point.y - y).abs());
            assert!(off <= CORNER, "{line:?} instead of {expected:?}");
        }
    }
}
