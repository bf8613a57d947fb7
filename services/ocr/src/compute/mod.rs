//! From tensors to texts: values in, values out.

pub mod crops;
pub mod geometry;
pub mod graphics;
pub mod letters;
mod publish;
pub mod regions;
pub mod roles;
pub mod sampling;
pub mod tracks;
pub mod words;

pub use publish::{Scene, publish};

use contracts::text::TextPosition;
use geometry::Point;
use tracks::TextLine;

use crate::config::Config;

/// The ninth of the picture in which a point lies, given as shares of width and height.
#[must_use]
pub fn position(point: Point) -> TextPosition {
    use TextPosition::{
        BottomCenter, BottomLeft, BottomRight, MiddleCenter, MiddleLeft, MiddleRight, TopCenter,
        TopLeft, TopRight,
    };
    let grid = [
        [TopLeft, TopCenter, TopRight],
        [MiddleLeft, MiddleCenter, MiddleRight],
        [BottomLeft, BottomCenter, BottomRight],
    ];
    // The cast saturates, so points outside belong to the outermost ninths.
    let third = |share: f64| ((share * 3.0) as usize).min(2);
    grid[third(point.y)][third(point.x)]
}

/// Characters that are a stroke or a ring, which bars, railings and stripes look like.
const STROKES: &str = "1lI|!/\\-_—–.,:;'\"·•°oO0";
/// Characters up to which a text of strokes only is doubtful.
const FEW: usize = 4;

/// Whether many things look like a text: one character, or a few strokes.
#[must_use]
pub fn is_doubtful(text: &str) -> bool {
    match text.chars().count() {
        0 | 1 => true,
        length => length <= FEW && text.chars().all(|c| STROKES.contains(c)),
    }
}

/// Whether a line is worth keeping: surely enough read, more surely if it is doubtful.
#[must_use]
pub fn is_text(line: &TextLine, config: &Config) -> bool {
    let text = &line.reading.text;
    let least = if is_doubtful(text) {
        config.doubtful_confidence
    } else {
        config.confidence
    };
    let means = |c: char| c.is_alphanumeric() || is_pictograph(c);
    line.reading.confidence >= least && text.chars().any(means)
}

/// Blocks of pictographs, as emoji (Unicode Technical Standard 51).
fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x2600..=0x27BF | 0x1F1E6..=0x1FAFF)
}

/// A number with so many decimals.
fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}
