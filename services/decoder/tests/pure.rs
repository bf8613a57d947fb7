//! The arithmetic: which frames, where sound goes, what a file's outermost layer says, colours.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use decoder::{
    clock::{AudioClock, TOLERANCE_SAMPLES, sample_at},
    container::outline,
    hsv::hsv,
    planes::{Colours, Frame, Plane},
    render::{Look, Renderer},
    selection::{Chooser, at_rate, evenly},
    shrink::Shrinker,
};
use proptest::prelude::*;
use std::{fs::File, io::Write};

/// Which of these frames are chosen, by running the chooser as the decoder does.
fn chosen(times: &[u64], targets: impl Iterator<Item = u64>, always_last: bool) -> Vec<usize> {
    let mut chooser = Chooser::new(targets, always_last);
    let mut chosen = Vec::new();
    for (index, time) in times.iter().enumerate() {
        let choice = chooser.offer(*time);
        if choice.previous {
            chosen.push(index - 1);
        }
        if choice.current {
            chosen.push(index);
        }
    }
    if chooser.finish(chosen.len() as u64) {
        chosen.push(times.len() - 1);
    }
    chosen
}

proptest! {
    #[test]
    fn chosen_frames_are_the_nearest_ones(
        gaps in prop::collection::vec(1_000_000_u64..400_000_000, 1..200),
        start in 0_u64..2_000_000_000,
        rate in 1_u32..30,
    ) {
        let times: Vec<u64> = gaps.iter().scan(start, |time, gap| {
            *time += gap;
            Some(*time)
        }).collect();
        let last = *times.last().unwrap();
        let nearest = |target: u64| {
            let distance = |index: &usize| (times[*index].abs_diff(target), *index);
            (0..times.len()).min_by_key(distance).unwrap()
        };
        let mut wanted: Vec<usize> = at_rate(rate).take_while(|t| *t <= last).map(nearest).collect();
        wanted.push(times.len() - 1);
        wanted.dedup();
        prop_assert_eq!(chosen(&times, at_rate(rate), true), wanted);
    }

    #[test]
    fn sound_has_neither_holes_nor_overlaps(
        chunks in prop::collection::vec((0_u64..40_000, 1_u64..3_000), 1..60),
    ) {
        let mut clock = AudioClock::default();
        for (start, count) in chunks {
            let before = clock.written();
            let placed = clock.place(start, count);
            prop_assert!(placed.skip <= count);
            prop_assert_eq!(clock.written(), before + placed.silence + count - placed.skip);
            let kept = count - placed.skip;
            if kept > 0 {
                let first = before + placed.silence;
                let wanted = start + placed.skip;
                prop_assert!(first.abs_diff(wanted) <= TOLERANCE_SAMPLES);
            }
        }
    }

    #[test]
    fn any_bytes_have_an_outline_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200), magic in 0_usize..4) {
        let start: [&[u8]; 4] = [b"", b"\0\0\0\x10ftypisom", b"\0\0\0\x01moov", b"\x1a\x45\xdf\xa3"];
        let file = written(&[start[magic], &bytes].concat());
        let outline = outline(&file).unwrap();
        prop_assert!(magic == 0 || outline.is_some());
    }

    #[test]
    fn hue_saturation_value_are_those_of_the_formula(red: u8, green: u8, blue: u8) {
        let [hue, saturation, value] = hsv([red.into(), green.into(), blue.into()]).map(f64::from);
        let (r, g, b) = (f64::from(red), f64::from(green), f64::from(blue));
        let (most, least) = (r.max(g).max(b), r.min(g).min(b));
        let spread = most - least;
        prop_assert_eq!(value, most);
        let wanted = if most == 0.0 { 0.0 } else { 255.0 * spread / most };
        prop_assert!((saturation - wanted).abs() <= 0.67, "{saturation} {wanted}");
        let sixth = if spread == 0.0 { 0.0 }
            else if most == r { (g - b) / spread }
            else if most == g { 2.0 + (b - r) / spread }
            else { 4.0 + (r - g) / spread };
        let wanted = (sixth * 30.0).rem_euclid(180.0);
        let distance = (hue - wanted).abs();
        prop_assert!(distance.min(180.0 - distance) <= 0.67, "{hue} {wanted}");
        prop_assert!(hue < 180.5);
    }

    #[test]
    fn shrinking_interpolates_between_the_middle_pixels(
        width in 16_usize..300, height in 16_usize..100, divide in 1_usize..9,
    ) {
        let target = ((width / divide).max(1), (height / divide).max(1));
        let value = |x: f64, y: f64| (x * 0.6 + y * 0.5).min(250.0);
        let data: Vec<u8> = (0..width * height)
            .map(|i| value((i % width) as f64, (i / width) as f64).round() as u8)
            .collect();
        let plane = Plane { data: &data, stride: width, width, height };
        let mut small = vec![0; target.0 * target.1];
        Shrinker::new((width, height), target, false).shrink(&plane, &mut small);
        for (i, found) in small.iter().enumerate() {
            let centre = |place: usize, from: usize, to: usize| {
                ((place as f64 + 0.5) * from as f64 / to as f64 - 0.5).clamp(0.0, from as f64 - 1.0)
            };
            let wanted = value(centre(i % target.0, width, target.0), centre(i / target.0, height, target.1));
            prop_assert!((f64::from(*found) - wanted).abs() <= 1.6, "{found} {wanted}");
        }
    }

    #[test]
    fn any_size_renders_to_the_size_asked_for(
        width in 1_usize..70, height in 1_usize..70, padding in 0_usize..5,
        long_side in 16_u32..64, turn in 0_u16..4,
    ) {
        let half = (width.div_ceil(2), height.div_ceil(2));
        let sizes = [(width, height), half, half];
        let data = sizes.map(|(w, h)| vec![90_u8; (w + padding) * h]);
        let plane = |i: usize| Plane {
            data: &data[i], stride: sizes[i].0 + padding, width: sizes[i].0, height: sizes[i].1,
        };
        let frame = Frame { planes: [plane(0), plane(1), plane(2)], colours: Colours::JFIF };
        let degrees = turn * 90;
        let shown = if turn % 2 == 0 { (width, height) } else { (height, width) };
        let look = Look::new((shown.0 as u32, shown.1 as u32), long_side, degrees);
        let rendered = Renderer::default().render(&frame, look).unwrap();
        let longest = rendered.width.max(rendered.height);
        prop_assert_eq!(longest, shown.0.max(shown.1).min(long_side as usize));
        prop_assert_eq!(rendered.planes[0].len(), rendered.width * rendered.height);
        let half = rendered.width.div_ceil(2) * rendered.height.div_ceil(2);
        prop_assert_eq!([rendered.planes[1].len(), rendered.planes[2].len()], [half, half]);
        prop_assert!(rendered.planes.iter().flatten().all(|sample| *sample == 90));
    }
}

fn written(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn thumbnails_lie_in_the_middles_of_equal_parts() {
    assert_eq!(
        evenly(4, 8_000).collect::<Vec<_>>(),
        [1_000, 3_000, 5_000, 7_000]
    );
    assert_eq!(evenly(0, 8_000).count(), 0);
}

#[test]
fn a_frame_is_chosen_once_however_many_times_it_is_nearest() {
    let second = 1_000_000_000;
    assert_eq!(
        chosen(&[0, second, 2 * second], at_rate(5), true),
        [0, 1, 2]
    );
    assert_eq!(chosen(&[5 * second], at_rate(5), true), [0]);
    assert_eq!(chosen(&[0, 1, 2], std::iter::empty(), true), [2]);
    assert_eq!(chosen(&[0, 1, 2], std::iter::empty(), false), [2]);
    assert_eq!(chosen(&[0, 1, 2], std::iter::once(1), false), [1]);
    // Of two equally near ones the earlier.
    assert_eq!(chosen(&[10, 30, 50], std::iter::once(20), false), [0]);
    assert_eq!(chosen(&[], at_rate(5), true), Vec::<usize>::new());
}

#[test]
fn late_sound_begins_with_silence_to_the_sample() {
    let mut clock = AudioClock::default();
    assert_eq!(clock.place(sample_at(5_000_000, 16_000), 100).silence, 80);
    // A hole of a tolerable size is none, one of a packet is.
    assert_eq!(clock.place(180 + TOLERANCE_SAMPLES, 100).silence, 0);
    assert_eq!(clock.place(1_000, 10).silence, 720);
    assert_eq!(clock.place(0, 10).skip, 10);
}

#[test]
fn the_outermost_layer_says_what_is_missing() {
    let missing = |bytes: &[u8]| outline(&written(bytes)).unwrap().map(|o| o.missing_bytes);
    let brand = b"\0\0\0\x10ftypisom\0\0\0\0";
    assert_eq!(missing(brand), Some(0));
    assert_eq!(missing(&brand[..12]), Some(4));
    assert_eq!(
        missing(&[brand, b"\0\0\0\x20mdat".as_slice()].concat()),
        Some(24)
    );
    assert_eq!(
        missing(&[brand, b"\0\0\0\0mdat".as_slice()].concat()),
        Some(0)
    );
    let long = b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x40";
    assert_eq!(missing(&[brand, long.as_slice()].concat()), Some(0x40 - 16));
    // EBML head of no content, segment of 16 bytes, none of which are there.
    let matroska = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x90";
    assert_eq!(missing(matroska), Some(16));
    let unknown = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(missing(unknown), Some(0));
    assert_eq!(missing(b"#EXTM3U\nhttp://example.invalid/"), None);
}
