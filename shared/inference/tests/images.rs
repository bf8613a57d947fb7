//! Geometry and layout of model inputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use inference::{
    ErrorClass, Tensor,
    image::{
        ChannelOrder, LETTERBOX_GREY, Letterbox, Sampling, batches, letterbox, nchw, nhwc, resize,
    },
};
use proptest::prelude::*;

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> Vec<u8> {
    (0..height)
        .flat_map(|_| {
            (0..width).flat_map(move |x| {
                if x < width / 2 {
                    [255, 0, 0]
                } else {
                    [0, 0, 255]
                }
            })
        })
        .collect()
}

#[test]
fn a_wide_picture_is_centred_between_grey_strips() {
    let (square, fit) = letterbox(&halves(80, 40), (80, 40), 32, Sampling::Bilinear).unwrap();
    assert_eq!(
        fit,
        Letterbox {
            source: (80, 40),
            inner: (32, 16),
            offset: (0, 8)
        }
    );
    let pixel = |x: usize, y: usize| &square[(y * 32 + x) * 3..][..3];
    assert_eq!(pixel(0, 7), [LETTERBOX_GREY; 3]);
    assert_eq!(pixel(0, 24), [LETTERBOX_GREY; 3]);
    assert_eq!(pixel(0, 8), [255, 0, 0]);
    assert_eq!(pixel(31, 23), [0, 0, 255]);
}

#[test]
fn letterbox_sizes_are_those_of_the_reference() {
    // round(1080 * 640 / 1920) and (640 - 360) / 2, as Ultralytics computes them.
    let fit = Letterbox::fit(1080, 1920, 640).unwrap();
    assert_eq!((fit.inner, fit.offset), ((360, 640), (140, 0)));
    let fit = Letterbox::fit(810, 1080, 640).unwrap();
    assert_eq!((fit.inner, fit.offset), ((480, 640), (80, 0)));
    // One pixel wide stays visible.
    assert_eq!(Letterbox::fit(1, 4000, 640).unwrap().inner, (1, 640));
}

#[test]
fn sizes_that_do_not_fit_their_bytes_are_refused() {
    for (bytes, size) in [
        (11, (2, 2)),
        (13, (2, 2)),
        (0, (0, 2)),
        (0, (2, 0)),
        (12, (u32::MAX, u32::MAX)),
    ] {
        let error = resize(&vec![0; bytes], size, (4, 4), Sampling::Bilinear).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Input, "{error}");
    }
    assert!(resize(&[0; 12], (2, 2), (0, 4), Sampling::Bilinear).is_err());
    assert!(letterbox(&[0; 12], (2, 2), 0, Sampling::Bilinear).is_err());
    assert!(nhwc(&[vec![0; 12], vec![0; 11]], (2, 2), ChannelOrder::Rgb).is_err());
    assert!(nchw(&[vec![0; 11]], (2, 2), ChannelOrder::Rgb).is_err());
}

#[test]
fn antialiasing_counts_every_pixel_and_plain_bilinear_does_not() {
    // One white column in sixteen black ones.
    let lines: Vec<u8> = (0..16 * 16)
        .flat_map(|index| [if index % 16 == 0 { 255 } else { 0 }; 3])
        .collect();
    let mean = |sampling| {
        let small = resize(&lines, (16, 16), (2, 2), sampling).unwrap();
        small.iter().map(|&byte| u32::from(byte)).sum::<u32>() / small.len() as u32
    };
    assert_eq!(mean(Sampling::Bilinear), 0);
    assert!(mean(Sampling::Antialiased) > 5);
}

#[test]
fn layouts_put_every_value_where_the_model_looks() {
    // Two images of two by one pixels.
    let images = [vec![1, 2, 3, 4, 5, 6], vec![7, 8, 9, 10, 11, 12]];
    let Tensor::U8(bytes) = nhwc(&images, (2, 1), ChannelOrder::Rgb).unwrap() else {
        panic!("bytes")
    };
    assert_eq!(bytes.shape(), [2, 1, 2, 3]);
    assert_eq!(bytes.as_slice().unwrap(), images.concat());
    let Tensor::U8(bgr) = nhwc(&images, (2, 1), ChannelOrder::Bgr).unwrap() else {
        panic!("bytes")
    };
    assert_eq!(bgr.as_slice().unwrap()[..6], [3, 2, 1, 6, 5, 4]);
    let Tensor::F32(planes) = nchw(&images, (2, 1), ChannelOrder::Rgb).unwrap() else {
        panic!("numbers")
    };
    assert_eq!(planes.shape(), [2, 3, 1, 2]);
    let expected = [1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12].map(|value| value as f32 / 255.0);
    assert_eq!(planes.as_slice().unwrap(), expected);
    let Tensor::F32(bgr) = nchw(&images, (2, 1), ChannelOrder::Bgr).unwrap() else {
        panic!("numbers")
    };
    assert_eq!(bgr.as_slice().unwrap()[..2], [3.0 / 255.0, 6.0 / 255.0]);
}

proptest! {
    #[test]
    fn a_point_comes_back_from_the_square(
        (width, height, side) in (1_u32..4000, 1_u32..4000, 8_u32..1400),
        (across, down) in (0.0_f32..1.0, 0.0_f32..1.0),
    ) {
        let fit = Letterbox::fit(width, height, side).unwrap();
        let point = (across * width as f32, down * height as f32);
        let (x, y) = fit.to_source(fit.to_square(point));
        // Single precision, magnified by the ratio of the sides.
        let allowed = 1e-3 * (width.max(height) as f32 / side as f32).max(1.0);
        prop_assert!((x - point.0).abs() <= allowed && (y - point.1).abs() <= allowed, "{x} {y} {point:?}");
    }

    #[test]
    fn the_picture_lies_inside_the_square_and_touches_two_borders(
        (width, height, side) in (1_u32..4000, 1_u32..4000, 8_u32..1400),
    ) {
        let fit = Letterbox::fit(width, height, side).unwrap();
        prop_assert!(fit.inner.0 >= 1 && fit.inner.1 >= 1);
        prop_assert!(fit.offset.0 + fit.inner.0 <= side && fit.offset.1 + fit.inner.1 <= side);
        prop_assert_eq!(fit.inner.0.max(fit.inner.1), side);
        // Divided evenly: at most one pixel more on the far side.
        prop_assert!(side - fit.inner.0 - 2 * fit.offset.0 <= 1);
        prop_assert!(side - fit.inner.1 - 2 * fit.offset.1 <= 1);
    }

    #[test]
    fn boxes_never_leave_the_source(
        (width, height) in (1_u32..4000, 1_u32..4000),
        corners in prop::array::uniform4(-500.0_f32..1500.0),
    ) {
        let fit = Letterbox::fit(width, height, 640).unwrap();
        let [left, top, right, bottom] = fit.box_to_source(corners);
        prop_assert!((0.0..=width as f32).contains(&left) && (0.0..=width as f32).contains(&right));
        prop_assert!((0.0..=height as f32).contains(&top) && (0.0..=height as f32).contains(&bottom));
    }

    #[test]
    fn batches_cover_everything_once_within_the_bound(
        (count, each, most) in (0_usize..500, 1_u64..1_000_000, 0_u64..10_000_000),
    ) {
        let mut next = 0;
        for batch in batches(count, each, most) {
            prop_assert_eq!(batch.start, next);
            prop_assert!(!batch.is_empty());
            prop_assert!(batch.len() == 1 || batch.len() as u64 * each <= most);
            next = batch.end;
        }
        prop_assert_eq!(next, count);
    }
}
