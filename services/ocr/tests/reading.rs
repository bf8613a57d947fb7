//! What the real weights read in pictures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{FONT, drawn, photograph, pixels, read, reader, texts};
use ocr::compute::tracks::TextLine;

const GREY: &str = "color=c=0x506070:s=720x720:d=0.04";

/// A graph that writes a line in the middle.
fn page(text: &str, size: u32) -> String {
    format!(
        "{GREY},drawtext=fontfile={FONT}:fontsize={size}:fontcolor=white:borderw=3:\
         text='{text}':x=(w-tw)/2:y=(h-th)/2"
    )
}

fn only(lines: &[TextLine]) -> &TextLine {
    let [line] = lines else {
        panic!("{lines:#?}");
    };
    line
}

#[test]
fn the_bus_says_where_it_goes() {
    let lines = read(&reader(), &photograph("bus.jpg"));
    let said = texts(&lines);
    assert!(
        said.contains(&"cero") && said.contains(&"emisiones"),
        "{said:?}"
    );
    let zero = lines
        .iter()
        .find(|line| line.reading.text == "cero")
        .unwrap();
    assert!(zero.reading.confidence > 0.95);
    // It stands on the side of the bus.
    let bounds = zero.quad.bounds();
    assert!((0.66..0.70).contains(&bounds.left) && (0.49..0.52).contains(&bounds.top));
}

#[test]
fn a_line_is_read_with_its_accents_where_it_stands() {
    let lines = read(&reader(), &drawn(&page("¿Quién más lo haría?", 48)));
    let line = only(&lines);
    assert_eq!(line.reading.text, "¿Quién más lo haría?");
    assert!(
        line.reading.confidence > 0.95,
        "{}",
        line.reading.confidence
    );
    let centre = line.quad.bounds().centre();
    assert!(
        (centre.x - 0.5).abs() < 0.02 && (centre.y - 0.5).abs() < 0.02,
        "{centre:?}"
    );
    assert!((0.05..0.11).contains(&line.quad.bounds().height()));
}

#[test]
fn rotated_lines_are_read_and_their_direction_told() {
    let reader = reader();
    for degrees in [-60, -30, 30, 60, 90, -90, 180] {
        let turn = format!(
            "{},rotate=a={degrees}*PI/180:c=0x506070",
            page("turned around", 44)
        );
        let lines = read(&reader, &drawn(&turn));
        let line = only(&lines);
        assert_eq!(line.reading.text, "turned around", "at {degrees}");
        let off = (line.quad.rotation_degrees() - f64::from(degrees)).rem_euclid(360.0);
        assert!(
            off.min(360.0 - off) < 4.0,
            "{} at {degrees}",
            line.quad.rotation_degrees()
        );
    }
}

#[test]
fn a_picture_is_read_the_same_whatever_is_read_with_it() {
    let reader = reader();
    let bus = pixels(&photograph("bus.jpg"));
    let other = pixels(&drawn(&page("Follow for part 2", 40)));
    let alone = reader.read(std::slice::from_ref(&bus)).unwrap().remove(0);
    let together = reader.read(&[other, bus.clone(), bus]).unwrap();
    assert_eq!(texts(&together[0]), ["Follow for part 2"]);
    for (one, other) in together[1]
        .iter()
        .zip(&alone)
        .chain(together[2].iter().zip(&alone))
    {
        assert_eq!(
            (one.quad, &one.reading.text),
            (other.quad, &other.reading.text)
        );
        let off = (one.reading.confidence - other.reading.confidence).abs();
        assert!(off < 1e-6, "{one:?} instead of {other:?}");
    }
    assert_eq!(
        (together[1].len(), together[2].len()),
        (alone.len(), alone.len())
    );
}

#[test]
fn nothing_is_read_where_nothing_is_written() {
    let reader = reader();
    assert!(read(&reader, &drawn(GREY)).is_empty());
    assert!(read(&reader, &photograph("zidane.jpg")).iter().all(|line| {
        // The pictures on the wall behind them may hold some letters.
        line.reading.text.chars().count() <= 12
    }));
    assert!(reader.read(&[]).unwrap().is_empty());
}
