//! Hue, saturation and value of a small picture as OpenCV scales them: hue 0–179, saturation and
//! value 0–255 (`cvtColor` with `COLOR_BGR2HSV`, 8 bit).
//!
//! Written here, without branches or tables, because the conversion runs on every frame and the
//! compiler can then use whatever vector instructions the processor has.

/// Fixed-point digits of OpenCV's divisions.
const SHIFT: i32 = 12;
const HALF: i32 = 1 << (SHIFT - 1);
/// The largest saturation, and a sixth of the largest hue, in fixed point.
const SATURATION: f32 = (255 << SHIFT) as f32;
const HUE: f32 = ((180 / 6) << SHIFT) as f32;

/// The least `f32` above which there are only whole numbers: added to a smaller number, it
/// leaves that number, rounded, in the lowest bits.
const WHOLE: f32 = (1 << 23) as f32;

/// OpenCV's table entry for a divisor: the quotient rounded to a whole number; none is half way
/// between two. Zero for zero. (A cast from `f32` saturates, which not every processor can do
/// for many numbers at once.)
#[inline(always)]
fn quotient(numerator: f32, divisor: i32) -> i32 {
    let bits = (numerator / divisor.max(1) as f32 + WHOLE).to_bits();
    let quotient = (bits & (WHOLE as u32 - 1)) as i32;
    if divisor == 0 { 0 } else { quotient }
}

/// Hue, saturation and value of one pixel of red, green and blue, each 0–255.
#[inline(always)]
#[must_use]
pub fn hsv([red, green, blue]: [i32; 3]) -> [u8; 3] {
    let value = red.max(green).max(blue);
    let spread = value - red.min(green).min(blue);
    let from_red = green - blue;
    let from_green = blue - red + 2 * spread;
    let from_blue = red - green + 4 * spread;
    let sector = if value == green {
        from_green
    } else {
        from_blue
    };
    let sector = if value == red { from_red } else { sector };
    let saturation = (spread * quotient(SATURATION, value) + HALF) >> SHIFT;
    let hue = (sector * quotient(HUE, spread) + HALF) >> SHIFT;
    let hue = if hue < 0 { hue + 180 } else { hue };
    [hue as u8, saturation as u8, value as u8]
}

/// Fixed-point factors of the conversion from luma and chroma to red, green and blue, ITU-R
/// BT.601 in 1/256: what a reader of videos that heeds no colour tags computes.
#[derive(Debug, Clone, Copy)]
pub struct ToRgb {
    black: i32,
    luma: i32,
    red: i32,
    green: [i32; 2],
    blue: i32,
}

impl ToRgb {
    /// The factors for samples of full or limited range.
    #[must_use]
    pub fn new(full_range: bool) -> Self {
        if full_range {
            Self {
                black: 0,
                luma: 256,
                red: 359,
                green: [88, 183],
                blue: 454,
            }
        } else {
            Self {
                black: 16,
                luma: 298,
                red: 409,
                green: [100, 208],
                blue: 516,
            }
        }
    }
    /// Red, green and blue of one pixel, each 0–255.
    #[inline(always)]
    #[must_use]
    pub fn convert(self, luma: u8, chroma_blue: u8, chroma_red: u8) -> [i32; 3] {
        let y = (i32::from(luma) - self.black) * self.luma + 128;
        let (u, v) = (i32::from(chroma_blue) - 128, i32::from(chroma_red) - 128);
        let clamp = |sum: i32| (sum >> 8).clamp(0, 255);
        [
            clamp(y + self.red * v),
            clamp(y - self.green[0] * u - self.green[1] * v),
            clamp(y + self.blue * u),
        ]
    }
}
