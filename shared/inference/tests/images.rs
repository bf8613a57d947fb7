//! Geometry and layout of model inputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use inference::{
    ErrorClass, Tensor,
    image::{
        ChannelOrder, Crop, LETTERBOX_GREY, Layout, Letterbox, Normalisation, Outside, Sampling,
        batches, crop, crops, letterbox, nchw, nhwc, numbers, resize,
    },
};
use proptest::prelude::*;
use std::f32::consts::FRAC_PI_2;

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

#[test]
fn numbers_are_normalised_in_the_order_of_the_tensor() {
    // One image of two by one pixels.
    let image = [vec![0, 51, 102, 153, 204, 255]];
    let normalisation = Normalisation {
        mean: [1.0, 2.0, 3.0],
        deviation: [1.0, 10.0, 100.0],
    };
    let run = |layout, order, normalisation: &Normalisation| {
        let tensor = numbers(&image, (2, 1), layout, order, normalisation).unwrap();
        let Tensor::F32(array) = tensor else {
            panic!("numbers")
        };
        (array.shape().to_vec(), array.into_raw_vec_and_offset().0)
    };
    let (shape, values) = run(Layout::Nhwc, ChannelOrder::Bgr, &normalisation);
    assert_eq!(shape, [1, 1, 2, 3]);
    assert_eq!(values, [101.0, 4.9, -0.03, 254.0, 20.2, 1.5]);
    let (shape, values) = run(Layout::Nchw, ChannelOrder::Bgr, &normalisation);
    assert_eq!(shape, [1, 3, 1, 2]);
    assert_eq!(values, [101.0, 254.0, 4.9, 20.2, -0.03, 1.5]);
    let (_, values) = run(Layout::Nhwc, ChannelOrder::Rgb, &Normalisation::UNIT);
    assert_eq!(values, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
    let (_, values) = run(Layout::Nhwc, ChannelOrder::Rgb, &Normalisation::SIGNED);
    assert_eq!((values[0], values[5]), (-1.0, 1.0));
    let (_, values) = run(Layout::Nhwc, ChannelOrder::Rgb, &Normalisation::BYTES);
    assert_eq!(values, [0.0, 51.0, 102.0, 153.0, 204.0, 255.0]);
}

/// Every pixel tells where it is.
fn map(width: u32, height: u32) -> Vec<u8> {
    (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| [x as u8 + 1, y as u8 + 1, 7]))
        .collect()
}

fn pixel(rgb: &[u8], width: usize, (x, y): (usize, usize)) -> &[u8] {
    &rgb[(y * width + x) * 3..][..3]
}

#[test]
fn a_level_crop_of_everything_is_the_picture() {
    let picture = map(7, 5);
    let whole = Crop::new((3.5, 2.5), (7.0, 5.0), 0.0, (7, 5)).unwrap();
    assert_eq!(
        crop(&picture, (7, 5), &whole, Outside::Black).unwrap(),
        picture
    );
    assert_eq!(whole.corners()[2], (7.0, 5.0));
}

#[test]
fn a_quarter_turn_puts_the_upper_edge_on_the_right() {
    let picture = map(6, 6);
    let turned = Crop::square([0.0, 0.0, 6.0, 6.0], 1.0, FRAC_PI_2, 6).unwrap();
    let cut = crop(&picture, (6, 6), &turned, Outside::Black).unwrap();
    // Along the upper edge of the crop one goes down in the picture, on its right side.
    assert_eq!(pixel(&cut, 6, (0, 0)), [6, 1, 7]);
    assert_eq!(pixel(&cut, 6, (5, 0)), [6, 6, 7]);
    assert_eq!(pixel(&cut, 6, (0, 5)), [1, 1, 7]);
    let (x, y) = turned.turn_to_source((1.0, 0.0));
    assert!(x.abs() < 1e-6 && (y - 1.0).abs() < 1e-6);
}

#[test]
fn what_lies_outside_is_black_or_the_border() {
    let picture = map(4, 4);
    // Two pixels beyond the upper left corner.
    let over = Crop::new((0.0, 0.0), (4.0, 4.0), 0.0, (4, 4)).unwrap();
    let black = crop(&picture, (4, 4), &over, Outside::Black).unwrap();
    assert_eq!(pixel(&black, 4, (1, 1)), [0, 0, 0]);
    assert_eq!(pixel(&black, 4, (2, 2)), [1, 1, 7]);
    let nearest = crop(&picture, (4, 4), &over, Outside::Nearest).unwrap();
    assert_eq!(pixel(&nearest, 4, (0, 0)), [1, 1, 7]);
    assert_eq!(pixel(&nearest, 4, (3, 0)), [2, 1, 7]);
    let far = Crop::new((1e30, -1e30), (4.0, 4.0), 0.3, (2, 2)).unwrap();
    assert_eq!(
        crop(&picture, (4, 4), &far, Outside::Black).unwrap(),
        [0; 12]
    );
    assert_eq!(
        crop(&picture, (4, 4), &far, Outside::Nearest).unwrap()[..3],
        [4, 1, 7]
    );
}

#[test]
fn between_pixels_lies_their_mean() {
    let picture = [0, 0, 0, 100, 200, 50];
    let between = Crop::new((1.0, 0.5), (1.0, 1.0), 0.0, (1, 1)).unwrap();
    let cut = crop(&picture, (2, 1), &between, Outside::Nearest).unwrap();
    assert_eq!(cut, [50, 100, 25]);
}

#[test]
fn a_crop_moves_along_its_own_edges() {
    let turned = Crop::square([0.0, 0.0, 10.0, 20.0], 1.5, FRAC_PI_2, 64).unwrap();
    assert_eq!(turned.size(), (30.0, 30.0));
    // Half its height down, which is to the left in the picture.
    let moved = turned.shifted((0.0, 0.5)).unwrap();
    let (x, y) = moved.centre();
    assert!(
        (x + 10.0).abs() < 1e-4 && (y - 10.0).abs() < 1e-4,
        "{x} {y}"
    );
    assert_eq!(moved.pixels(), (64, 64));
    assert_eq!(moved.angle(), FRAC_PI_2);
}

#[test]
fn crops_that_cannot_be_are_refused() {
    for (centre, size, angle, pixels) in [
        ((f32::NAN, 0.0), (1.0, 1.0), 0.0, (1, 1)),
        ((0.0, 0.0), (0.0, 1.0), 0.0, (1, 1)),
        ((0.0, 0.0), (1.0, -1.0), 0.0, (1, 1)),
        ((0.0, 0.0), (1.0, f32::INFINITY), 0.0, (1, 1)),
        ((0.0, 0.0), (1.0, 1.0), f32::NAN, (1, 1)),
        ((0.0, 0.0), (1.0, 1.0), 0.0, (0, 1)),
        ((0.0, 0.0), (1.0, 1.0), 0.0, (1, u32::MAX)),
    ] {
        let error = Crop::new(centre, size, angle, pixels).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Input, "{error}");
    }
    let good = Crop::new((0.0, 0.0), (1.0, 1.0), 0.0, (1, 1)).unwrap();
    assert!(crops(&[0; 11], (2, 2), &[good], Outside::Black).is_err());
    assert!(crops(&[], (0, 2), &[good], Outside::Black).is_err());
    assert_eq!(
        crops(&[9; 12], (2, 2), &[good, good], Outside::Black).unwrap(),
        vec![vec![2; 3]; 2],
        "a quarter of it lies inside"
    );
}

proptest! {
    #[test]
    fn a_point_comes_back_from_a_crop(
        centre in (-2000.0_f32..4000.0, -2000.0_f32..4000.0),
        size in (1.0_f32..4000.0, 1.0_f32..4000.0),
        angle in -7.0_f32..7.0,
        pixels in (1_u32..700, 1_u32..700),
        (across, down) in (-0.5_f32..1.5, -0.5_f32..1.5),
    ) {
        let crop = Crop::new(centre, size, angle, pixels).unwrap();
        let point = (across * pixels.0 as f32, down * pixels.1 as f32);
        let (x, y) = crop.to_crop(crop.to_source(point));
        // Single precision of the place in the picture, in pixels of the crop.
        let (right, below) = crop.pixel_steps();
        let allowed = 1e-3 + 4e-3 / right.min(below);
        prop_assert!((x - point.0).abs() <= allowed && (y - point.1).abs() <= allowed, "{x} {y} {point:?}");
    }

    #[test]
    fn a_crop_keeps_lengths_but_for_its_scale(
        centre in (0.0_f32..2000.0, 0.0_f32..2000.0),
        side in 10.0_f32..2000.0,
        angle in -7.0_f32..7.0,
    ) {
        let crop = Crop::new(centre, (side, side), angle, (256, 256)).unwrap();
        let [upper_left, upper_right, ..] = crop.corners();
        let length = (upper_right.0 - upper_left.0).hypot(upper_right.1 - upper_left.1);
        prop_assert!((length - side).abs() <= 1e-3 * side, "{length} {side}");
        let (x, y) = crop.to_source((128.0, 128.0));
        prop_assert!((x - centre.0).abs() < 1e-3 && (y - centre.1).abs() < 1e-3);
    }

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
