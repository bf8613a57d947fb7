//! Graphics that stay across cuts, on made mosaics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::MediaTime;
use ocr::{
    GraphicsConfig,
    compute::{
        geometry::{Point, Quad},
        graphics::{Found, find_graphics},
        letters::Reading,
        sampling::Mosaic,
        tracks::{Look, TextLine},
    },
};
use std::time::Duration;

const SIZE: (u32, u32) = (72, 128);

/// What lies over a shot: a patch from the first to before the last column and row.
type Patch = ((u32, u32), (u32, u32));

const STICKER: Patch = ((8, 16), (10, 20));

/// A shot's picture, different in every cell from that of any other shot, with patches over it.
fn shot(number: u32, patches: &[Patch]) -> Mosaic {
    let cell = |x: u32, y: u32| {
        let over = patches.iter().any(|((left, right), (top, bottom))| {
            (*left..*right).contains(&x) && (*top..*bottom).contains(&y)
        });
        if over {
            // A face: yellow with a dark middle.
            return if x % 4 < 2 && y % 5 < 2 {
                [60, 40, 0]
            } else {
                [250, 210, 40]
            };
        }
        let base = (x * 7 + y * 13 + number * 60) % 200;
        [base as u8, (200 - base) as u8, (number * 50 % 200) as u8]
    };
    let cells = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x, y)));
    Mosaic {
        size: SIZE,
        cells: cells.map(|(x, y)| cell(x, y)).collect(),
    }
}

fn look(milliseconds: u64) -> Look {
    Look {
        time: MediaTime::from_nanos(milliseconds * 1_000_000),
        number: milliseconds,
        fresh: true,
        lines: Vec::new(),
    }
}

/// Two looks at each shot of a second.
fn film(shots: &[Mosaic]) -> (Vec<Look>, Vec<&Mosaic>, Vec<MediaTime>) {
    let looks = (0..2 * shots.len() as u64)
        .map(|at| look(at * 500))
        .collect();
    let mosaics = shots.iter().flat_map(|shot| [shot, shot]).collect();
    let cuts = (1..shots.len() as u64).map(|at| MediaTime::from_nanos(at * 1_000_000_000));
    (looks, mosaics, cuts.collect())
}

fn find(shots: &[Mosaic]) -> Found {
    let (looks, mosaics, cuts) = film(shots);
    find_graphics(&looks, &mosaics, &cuts, &GraphicsConfig::default())
}

#[test]
fn what_stays_across_two_cuts_is_a_graphic() {
    let shots: Vec<Mosaic> = (0..3).map(|number| shot(number, &[STICKER])).collect();
    let found = find(&shots);
    assert_eq!(found.telling_cuts, 2);
    let [graphic] = found.graphics.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((graphic.cuts, graphic.confidence()), (2, 0.75));
    let [left, top, right, bottom] = graphic.bbox.edges();
    let close = |found: f64, cell: f64, of: u32| (found - cell / f64::from(of)).abs() < 0.015;
    assert!(
        close(left, 8.0, SIZE.0) && close(right, 16.0, SIZE.0),
        "{graphic:?}"
    );
    assert!(
        close(top, 10.0, SIZE.1) && close(bottom, 20.0, SIZE.1),
        "{graphic:?}"
    );
    assert_eq!(graphic.seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn it_is_visible_while_its_colours_are_there() {
    let with = |number| shot(number, &[STICKER]);
    let shots = [shot(0, &[]), with(1), with(2), with(3), shot(4, &[])];
    let (looks, mosaics, cuts) = film(&shots);
    let found = find_graphics(&looks, &mosaics, &cuts, &GraphicsConfig::default());
    assert_eq!(found.telling_cuts, 4);
    let [graphic] = found.graphics.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(graphic.seen, [2, 3, 4, 5, 6, 7]);
    let times: Vec<MediaTime> = looks.iter().map(|look| look.time).collect();
    let end = MediaTime::from_seconds(5.0);
    let shown = graphic.visible(&times, end, Duration::ZERO);
    assert_eq!(
        (shown[0].start.seconds(), shown[0].end.seconds()),
        (0.75, 3.75)
    );
}

#[test]
fn one_cut_may_spare_an_area_by_chance() {
    let shots = [shot(0, &[STICKER]), shot(1, &[STICKER]), shot(2, &[])];
    assert!(find(&shots).graphics.is_empty());
}

#[test]
fn bars_and_still_pictures_are_no_graphics() {
    // Bars above and below: kept across every cut, but even.
    let barred = |number: u32| {
        let mut mosaic = shot(number, &[]);
        let row = SIZE.0 as usize;
        let length = mosaic.cells.len();
        mosaic.cells[..10 * row].fill([0, 0, 0]);
        mosaic.cells[length - 10 * row..].fill([0, 0, 0]);
        mosaic
    };
    let found = find(&[barred(0), barred(1), barred(2)]);
    assert_eq!(found.telling_cuts, 2);
    assert!(found.graphics.is_empty(), "{found:?}");
    // Boundaries at which nothing changes tell nothing.
    let still = [
        shot(1, &[STICKER]),
        shot(1, &[STICKER]),
        shot(1, &[STICKER]),
    ];
    assert_eq!(find(&still), Found::default());
}

#[test]
fn texts_are_no_graphics() {
    let shots: Vec<Mosaic> = (0..3).map(|number| shot(number, &[STICKER])).collect();
    let (mut looks, mosaics, cuts) = film(&shots);
    let corner = |x: f64, y: f64| Point::new(x, y);
    for look in &mut looks {
        look.lines.push(TextLine {
            quad: Quad([
                corner(0.1, 0.07),
                corner(0.24, 0.07),
                corner(0.24, 0.17),
                corner(0.1, 0.17),
            ]),
            reading: Reading {
                text: "So good".into(),
                confidence: 0.9,
            },
        });
    }
    let found = find_graphics(&looks, &mosaics, &cuts, &GraphicsConfig::default());
    assert!(found.graphics.is_empty());
}

#[test]
fn nothing_looked_at_is_nothing_found() {
    let cuts = [MediaTime::from_seconds(1.0)];
    let found = find_graphics(&[], &[], &cuts, &GraphicsConfig::default());
    assert_eq!(found, Found::default());
}
