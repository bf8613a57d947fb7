//! A frame as a picture for people and models: scaled, in JPEG's colours, the right way up.

use crate::planes::{Colours, Frame, Plane};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

/// Fixed-point digits of the colour conversion.
const SHIFT: i32 = 14;

/// A picture of its own: luma and chroma planes without padding, in JPEG's colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Luma, then blue and red chroma of half the size rounded up.
    pub planes: [Vec<u8>; 3],
}

/// What a picture shall look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Width as shown, in pixels.
    pub width: usize,
    /// Height as shown, in pixels.
    pub height: usize,
    /// Clockwise rotation from stored to shown: 0, 90, 180 or 270 degrees.
    pub rotation_degrees: u16,
}

impl Look {
    /// A picture of `shown` (width, height) pixels, made smaller if its longer side is over
    /// `long_side`, never larger.
    #[must_use]
    pub fn new(shown: (u32, u32), long_side: u32, rotation_degrees: u16) -> Self {
        let longest = shown.0.max(shown.1).max(1);
        let scale = f64::from(long_side.min(longest)) / f64::from(longest);
        let side = |pixels: u32| ((f64::from(pixels) * scale).round() as usize).max(1);
        Self {
            width: side(shown.0),
            height: side(shown.1),
            rotation_degrees,
        }
    }
    /// Size before rotation.
    fn stored(self) -> (usize, usize) {
        if self.rotation_degrees.is_multiple_of(180) {
            (self.width, self.height)
        } else {
            (self.height, self.width)
        }
    }
}

/// A frame could not be scaled; with planes of the sizes they claim this does not happen.
#[derive(Debug, thiserror::Error)]
#[error("a frame cannot be scaled: {0}")]
pub struct RenderError(String);

/// Renders frames.
#[derive(Default)]
pub struct Renderer {
    resizer: Resizer,
}

impl Renderer {
    /// Scales, converts and turns one frame.
    ///
    /// # Errors
    /// [`RenderError`] if a plane is shorter than it claims.
    pub fn render(&mut self, frame: &Frame<'_>, look: Look) -> Result<Rendered, RenderError> {
        let (width, height) = look.stored();
        let half = (width.div_ceil(2), height.div_ceil(2));
        let [luma, blue, red] = &frame.planes;
        let mut planes = [
            self.scale(luma, width, height)?,
            self.scale(blue, half.0, half.1)?,
            self.scale(red, half.0, half.1)?,
        ];
        to_jpeg_colours(&mut planes, width, frame.colours);
        let [luma, blue, red] = planes;
        let turn = |plane: Vec<u8>, width| rotate(plane, width, look.rotation_degrees);
        Ok(Rendered {
            width: look.width,
            height: look.height,
            planes: [turn(luma, width), turn(blue, half.0), turn(red, half.0)],
        })
    }

    fn scale(
        &mut self,
        plane: &Plane<'_>,
        width: usize,
        height: usize,
    ) -> Result<Vec<u8>, RenderError> {
        if (plane.width, plane.height) == (width, height) {
            return Ok(copy(plane));
        }
        let failed = |error: &dyn std::fmt::Display| RenderError(error.to_string());
        // Rows with their padding, of which only the picture is used; a copy if the last row
        // has none.
        let padded = plane.data.len() >= plane.stride * plane.height;
        let copied = if padded { Vec::new() } else { copy(plane) };
        let (data, stride) = if padded {
            (plane.data, plane.stride)
        } else {
            (copied.as_slice(), plane.width)
        };
        let source = ImageRef::new(stride as u32, plane.height as u32, data, PixelType::U8)
            .map_err(|error| failed(&error))?;
        let mut target = Image::new(width as u32, height as u32, PixelType::U8);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
            .crop(0.0, 0.0, plane.width as f64, plane.height as f64);
        self.resizer
            .resize(&source, &mut target, &options)
            .map_err(|error| failed(&error))?;
        Ok(target.into_vec())
    }
}

/// The samples of a plane without padding.
fn copy(plane: &Plane<'_>) -> Vec<u8> {
    let mut samples = Vec::with_capacity(plane.width * plane.height);
    for row in 0..plane.height {
        samples.extend_from_slice(plane.row(row));
    }
    samples
}

/// Factors of luma and chroma in the luma and chroma of JPEG.
struct Conversion {
    /// New luma from luma, blue and red chroma; the sum's offset.
    luma: [i32; 4],
    /// New blue chroma from blue and red chroma.
    blue: [i32; 2],
    /// New red chroma from blue and red chroma.
    red: [i32; 2],
}

impl Conversion {
    /// `None` if the colours are JPEG's already.
    fn from(colours: Colours) -> Option<Self> {
        if colours == Colours::JFIF {
            return None;
        }
        let to = Colours::JFIF;
        let (luma_range, chroma_range, black) = if colours.full_range {
            (1.0, 1.0, 0.0)
        } else {
            (255.0 / 219.0, 255.0 / 224.0, 16.0)
        };
        // What the source's chroma adds to red, green and blue beyond luma.
        let green = 1.0 - colours.red - colours.blue;
        let red_by_red = 2.0 * (1.0 - colours.red);
        let blue_by_blue = 2.0 * (1.0 - colours.blue);
        let green_by_red = -red_by_red * colours.red / green;
        let green_by_blue = -blue_by_blue * colours.blue / green;
        let to_green = 1.0 - to.red - to.blue;
        let luma_by_blue = to_green * green_by_blue + to.blue * blue_by_blue;
        let luma_by_red = to.red * red_by_red + to_green * green_by_red;
        let (blue_scale, red_scale) = (2.0 * (1.0 - to.blue), 2.0 * (1.0 - to.red));
        let fixed = |factor: f32| (factor * (1 << SHIFT) as f32).round() as i32;
        Some(Self {
            luma: [
                fixed(luma_range),
                fixed(chroma_range * luma_by_blue),
                fixed(chroma_range * luma_by_red),
                fixed(-black * luma_range),
            ],
            blue: [
                fixed(chroma_range * (blue_by_blue - luma_by_blue) / blue_scale),
                fixed(chroma_range * -luma_by_red / blue_scale),
            ],
            red: [
                fixed(chroma_range * -luma_by_blue / red_scale),
                fixed(chroma_range * (red_by_red - luma_by_red) / red_scale),
            ],
        })
    }
}

fn to_sample(sum: i32) -> u8 {
    ((sum + (1 << (SHIFT - 1))) >> SHIFT).clamp(0, 255) as u8
}

fn to_jpeg_colours(planes: &mut [Vec<u8>; 3], width: usize, colours: Colours) {
    let Some(conversion) = Conversion::from(colours) else {
        return;
    };
    let [luma, blue, red] = planes;
    let [of_luma, of_blue, of_red, offset] = conversion.luma;
    let half = width.div_ceil(2);
    for (index, row) in luma.chunks_mut(width).enumerate() {
        let start = index / 2 * half;
        let blue = blue.get(start..start + half).unwrap_or_default();
        let red = red.get(start..start + half).unwrap_or_default();
        for ((pair, blue), red) in row.chunks_mut(2).zip(blue).zip(red) {
            let chroma =
                of_blue * (i32::from(*blue) - 128) + of_red * (i32::from(*red) - 128) + offset;
            for sample in pair {
                *sample = to_sample(of_luma * i32::from(*sample) + chroma);
            }
        }
    }
    let middle = 128 << SHIFT;
    for (blue, red) in blue.iter_mut().zip(red) {
        let (u, v) = (i32::from(*blue) - 128, i32::from(*red) - 128);
        *blue = to_sample(conversion.blue[0] * u + conversion.blue[1] * v + middle);
        *red = to_sample(conversion.red[0] * u + conversion.red[1] * v + middle);
    }
}

/// Turns a plane clockwise.
fn rotate(plane: Vec<u8>, width: usize, degrees: u16) -> Vec<u8> {
    let height = plane.len() / width.max(1);
    let column = |x: usize| plane.iter().skip(x).step_by(width).copied();
    match degrees {
        90 => (0..width)
            .flat_map(|x| column(x).rev().take(height))
            .collect(),
        180 => plane.into_iter().rev().collect(),
        270 => (0..width)
            .rev()
            .flat_map(|x| column(x).take(height))
            .collect(),
        _ => plane,
    }
}
