//! The drawing: a stop sign on its pole, made by arithmetic on integers, so that it is the same
//! everywhere and belongs to nobody.

/// Places are computed in ten-thousandths of the side.
const UNIT: i64 = 10_000;

/// Left, top, right and bottom of a part of the drawing, in ten-thousandths of its side.
pub type Window = [u16; 4];
/// All of it.
pub const WHOLE: Window = [0, 0, 10_000, 10_000];

const SIGN_CENTRE: (i64, i64) = (5_000, 4_200);
const LETTER_DOT: i64 = 180;
const WHITE: [u8; 3] = [240, 240, 240];
/// S, T, O, P: seven rows of five dots, the leftmost dot in the highest bit.
const LETTERS: [[u8; 7]; 4] = [
    [
        0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110,
    ],
    [
        0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100,
    ],
    [
        0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110,
    ],
    [
        0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000,
    ],
];

/// The whole drawing: packed RGB, `side` by `side` pixels.
#[must_use]
pub fn stop_sign(side: u32) -> Vec<u8> {
    part((side, side), WHOLE)
}

/// What `window` shows of the drawing, stretched to `size` in pixels: packed RGB. The window is
/// left, top, right and bottom in ten-thousandths of the drawing's side.
#[must_use]
pub fn part((width, height): (u32, u32), window: Window) -> Vec<u8> {
    let [left, top, right, bottom] = window.map(i64::from);
    // The middle of a pixel.
    let place = |pixel: u32, pixels: u32, from: i64, to: i64| {
        from + (2 * i64::from(pixel) + 1) * (to - from) / (2 * i64::from(pixels))
    };
    (0..height)
        .flat_map(|y| {
            (0..width).flat_map(move |x| {
                colour(place(x, width, left, right), place(y, height, top, bottom))
            })
        })
        .collect()
}

fn colour(x: i64, y: i64) -> [u8; 3] {
    let (dx, dy) = ((x - SIGN_CENTRE.0).abs(), (y - SIGN_CENTRE.1).abs());
    // A regular octagon is a square cut by a square turned by 45 degrees.
    let inside = |radius: i64| dx.max(dy) < radius && (dx + dy) * UNIT < radius * 14_142;
    if in_letter(x, y) {
        WHITE
    } else if inside(2_400) {
        [190, 20, 30]
    } else if inside(2_600) {
        WHITE
    } else if dx < 200 && y > SIGN_CENTRE.1 {
        [130, 130, 130]
    } else if y > 8_000 {
        [90, 110, 70]
    } else {
        let sky = |top: i64, change: i64| u8::try_from(top + change * y / UNIT).unwrap_or(u8::MAX);
        [sky(120, 60), sky(160, 40), sky(210, -10)]
    }
}

fn in_letter(x: i64, y: i64) -> bool {
    // Four letters of five dots with a dot between them.
    let column = (x - SIGN_CENTRE.0 + LETTER_DOT * 23 / 2).div_euclid(LETTER_DOT);
    let row = (y - SIGN_CENTRE.1 + LETTER_DOT * 7 / 2).div_euclid(LETTER_DOT);
    let (Ok(column), Ok(row)) = (usize::try_from(column), usize::try_from(row)) else {
        return false;
    };
    let dots = LETTERS.get(column / 6).and_then(|letter| letter.get(row));
    dots.is_some_and(|dots| column % 6 < 5 && dots >> (4 - column % 6) & 1 == 1)
}
