//! Pictures as decoders give them: luma and two chroma planes of half the size (4:2:0).

/// One plane of 8-bit samples.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The samples, row by row.
    pub data: &'a [u8],
    /// Distance between rows in bytes.
    pub stride: usize,
    /// Samples in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
}

impl<'a> Plane<'a> {
    /// The samples of one row; empty if the plane does not have it.
    #[must_use]
    pub fn row(&self, row: usize) -> &'a [u8] {
        let start = row * self.stride;
        self.data.get(start..start + self.width).unwrap_or_default()
    }
}

/// How luma and chroma relate to red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colours {
    /// Weight of red in luma.
    pub red: f32,
    /// Weight of blue in luma.
    pub blue: f32,
    /// Whether samples use all of 0–255, instead of 16–235 (luma) and 16–240 (chroma).
    pub full_range: bool,
}

impl Colours {
    /// ITU-R BT.601, limited range: what a video has that says nothing.
    pub const BT601: Self = Self {
        red: 0.299,
        blue: 0.114,
        full_range: false,
    };
    /// What a JPEG has (JFIF): ITU-R BT.601, full range.
    pub const JFIF: Self = Self {
        red: 0.299,
        blue: 0.114,
        full_range: true,
    };
}

/// A decoded frame.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Luma, then blue and red chroma, each of half the size rounded up.
    pub planes: [Plane<'a>; 3],
    /// What the samples mean.
    pub colours: Colours,
}

impl Frame<'_> {
    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.planes[0].width
    }
    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.planes[0].height
    }
}
