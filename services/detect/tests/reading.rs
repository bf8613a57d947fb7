//! Reading the tensors of both models.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use detect::compute::{Detection, Detector, Error, Thinning};
use inference::NamedTensor;
use media::RgbPicture;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;

const THINNING: Thinning = Thinning {
    confidence: 0.4,
    most: 100,
};

fn picture(width: u32, height: u32) -> RgbPicture {
    RgbPicture {
        width,
        height,
        data: vec![90; (width * height * 3) as usize],
    }
}

fn tensor(name: &str, shape: &[usize], values: Vec<f32>) -> NamedTensor {
    NamedTensor {
        name: name.into(),
        tensor: ArrayD::from_shape_vec(IxDyn(shape), values).unwrap(),
    }
}

/// The answer of coco-ssd with these anchors: column, score, box as top, left, bottom, right.
fn coco_ssd(anchors: &[(usize, f32, [f32; 4])]) -> Vec<NamedTensor> {
    let count = anchors.len();
    let mut scores = vec![0.0; count * 90];
    for (at, (column, score, _)) in anchors.iter().enumerate() {
        scores[at * 90 + column] = *score;
    }
    let boxes = anchors.iter().flat_map(|(_, _, edges)| *edges).collect();
    vec![
        tensor("Postprocessor/Slice:0", &[1, count, 90], scores),
        tensor("Postprocessor/ExpandDims_1:0", &[1, count, 1, 4], boxes),
    ]
}

/// The answer of YOLO with these anchors: class, score, centre and extent in pixels.
fn yolo(anchors: &[(usize, f32, [f32; 4])]) -> Vec<NamedTensor> {
    let count = anchors.len();
    let mut values = vec![0.0; 84 * count];
    for (at, (class, score, place)) in anchors.iter().enumerate() {
        for (row, value) in place.iter().enumerate() {
            values[row * count + at] = *value;
        }
        values[(4 + class) * count + at] = *score;
    }
    vec![tensor("output0", &[1, 84, count], values)]
}

fn read(
    detector: Detector,
    size: (u32, u32),
    answer: &[NamedTensor],
) -> Result<Vec<Detection>, Error> {
    let prepared = detector.prepare(&[picture(size.0, size.1)]).unwrap();
    let (_, _, placement) = prepared.into_parts();
    let mut found = detector.read(answer, &placement, THINNING)?;
    assert_eq!(found.len(), 1);
    Ok(found.remove(0))
}

#[test]
fn coco_ssd_names_ids_and_forgets_those_without_pictures() {
    let place = [0.1, 0.2, 0.5, 0.4];
    let answer = coco_ssd(&[
        (0, 0.9, place),
        (11, 0.99, place),
        (31, 0.8, place),
        (2, 0.3, place),
    ]);
    let found = read(Detector::CocoSsd, (64, 32), &answer).unwrap();
    let classes: Vec<usize> = found.iter().map(|one| one.class).collect();
    assert_eq!(classes, [0, 27]);
    let bbox = found[0].bbox;
    let edges = [bbox.left, bbox.top, bbox.right, bbox.bottom];
    for (edge, expected) in edges.iter().zip([0.2, 0.1, 0.4, 0.5]) {
        assert!((edge - expected).abs() < 1e-6);
    }
}

#[test]
fn doubles_of_one_class_become_one() {
    let answer = coco_ssd(&[
        (0, 0.7, [0.1, 0.1, 0.5, 0.5]),
        (0, 0.9, [0.1, 0.1, 0.5, 0.52]),
        (2, 0.8, [0.1, 0.1, 0.5, 0.5]),
    ]);
    let found = read(Detector::CocoSsd, (64, 64), &answer).unwrap();
    let kept: Vec<(usize, f64)> = found
        .iter()
        .map(|one| (one.class, one.confidence))
        .collect();
    assert_eq!(kept, [(0, f64::from(0.9_f32)), (2, f64::from(0.8_f32))]);
}

#[test]
fn answers_of_another_model_are_refused() {
    let answer = yolo(&[(0, 0.9, [320.0, 320.0, 10.0, 10.0])]);
    let error = read(Detector::CocoSsd, (64, 64), &answer).unwrap_err();
    assert!(error.to_string().contains("Postprocessor/Slice:0"));
    let short = vec![tensor("output0", &[1, 83, 1], vec![0.0; 83])];
    assert!(matches!(
        read(Detector::Yolo11n, (64, 64), &short),
        Err(Error::Answer(_))
    ));
    let two = vec![tensor("output0", &[2, 84, 1], vec![0.0; 168])];
    assert!(matches!(
        read(Detector::Yolo11n, (64, 64), &two),
        Err(Error::Answer(_))
    ));
}

#[test]
fn a_picture_without_its_pixels_is_refused() {
    let mut short = picture(4, 4);
    short.data.pop();
    for detector in [Detector::CocoSsd, Detector::Yolo11n] {
        assert!(matches!(
            detector.prepare(&[short.clone()]),
            Err(Error::Picture(_))
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A box drawn on the picture, moved into the square, comes back where it was.
    #[test]
    fn letterboxed_boxes_come_back(
        width in 16_u32..400, height in 16_u32..400,
        x in 0.05_f32..0.5, y in 0.05_f32..0.5, w in 0.1_f32..0.4, h in 0.1_f32..0.4,
    ) {
        let side = 640.0;
        let scale = side / width.max(height) as f32;
        let margin = |extent: u32| ((side - (extent as f32 * scale).round()) / 2.0).floor();
        let (inner_w, inner_h) = ((width as f32 * scale).round(), (height as f32 * scale).round());
        let place = [
            margin(width) + (x + w / 2.0) * inner_w,
            margin(height) + (y + h / 2.0) * inner_h,
            w * inner_w,
            h * inner_h,
        ];
        let found = read(Detector::Yolo11n, (width, height), &yolo(&[(5, 0.9, place)])).unwrap();
        prop_assert_eq!(found.len(), 1);
        let bbox = found[0].bbox;
        for (edge, expected) in [(bbox.left, x), (bbox.top, y), (bbox.right, x + w), (bbox.bottom, y + h)] {
            prop_assert!((edge - f64::from(expected)).abs() < 1e-4, "{} {}", edge, expected);
        }
    }
}
