//! The figures as a page for people.

use crate::Agreement;
use std::fmt::Write;

/// What two sides are to agree within.
const PIXELS: f64 = 1.0;
const SCORE: f64 = 0.01;

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Name of the model.
    pub model: &'static str,
    /// What both sides were given.
    pub given: &'static str,
    /// How they agreed.
    pub agreement: Agreement,
}

/// Markdown: how far the two sides are apart.
#[must_use]
pub fn page(pictures: usize, rows: &[Row]) -> String {
    let mut page = String::from(HEAD);
    let _ = writeln!(page, "{pictures} pictures.\n");
    page.push_str(TABLE);
    for Row {
        model,
        given,
        agreement,
    } in rows
    {
        let pairs = agreement.distances.len();
        let within = agreement.distances.iter().zip(&agreement.scores);
        let within = within.filter(|(pixels, score)| **pixels <= PIXELS && **score <= SCORE);
        let _ = writeln!(
            page,
            "| {model} | {given} | {pairs} | {} | {:.3} | {:.2} | {:.2} | {:.4} | {:.4} |",
            alone(&agreement.alone),
            within.count() as f64 / pairs.max(1) as f64,
            quantile(&agreement.distances, 0.5),
            quantile(&agreement.distances, 1.0),
            quantile(&agreement.scores, 0.5),
            quantile(&agreement.scores, 1.0),
        );
    }
    page.push_str(FOOT);
    page
}

fn alone(scores: &[f64]) -> String {
    match scores {
        [] => "none".into(),
        _ => {
            let highest = quantile(scores, 1.0);
            format!("{} (up to {highest:.2})", scores.len())
        }
    }
}

/// The value below which a share of the others lies; 0 of none.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

const HEAD: &str = "# Objects: agreement with the same weights under Python

What the detectors see through this program, beside what the same weights see when Python drives
them (ONNX Runtime 1.23, OpenCV, NumPy; `tests/detect/reference.py`). Photographs of `make setup`
and frames of its films, as the decode stage stores them. Written by
`cargo run --release -p detect-accuracy -- docs/accuracy/detect.md`.

";

const TABLE: &str = "\
| model | both given | pairs | seen by one side only | within 1 px and 0.01 | edges, median px | edges, worst px | scores, median | scores, worst |
|---|---|---|---|---|---|---|---|---|
";

const FOOT: &str = "
Two detections are a pair if they are of one class and overlap by half. An edge is the worst of the
four of a box, in pixels of the picture.

*The JPEG file*: each side opens it with its own decoder; those differ by single steps of colour.
*The same pixels*: what our decoder made of it, given to both; they still scale it each with their
own bilinear filter, whose roundings differ by single steps too. *Scaled*: the square that we show
the model, given to both, so that only running the model and reading its answer are left. What the
last does not show comes from those single steps, to which coco-ssd reacts more than yolo11n: a box
that is nearly suppressed moves to its neighbour, and where a score stands near the limit one side
sees what the other does not.

How good the models are say their authors, on COCO's validation set (mean average precision over
overlaps of 0.5 to 0.95): coco-ssd, SSDLite with MobileNetV2, 0.22 (TensorFlow detection model
zoo); yolo11n 0.395 (Ultralytics). So coco-ssd misses much of what is small; where licences allow,
yolo11n is the better choice.
";
