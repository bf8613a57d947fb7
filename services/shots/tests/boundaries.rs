//! Which changes of the picture are boundaries, and of what kind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Film, Picture, brighter, flat, mix, scene};
use contracts::{
    MediaTime,
    shots::{BoundaryKind, ShotList},
};
use shots::{Config, compute::Error, compute::find_shots};

fn shots_of(film: &Film) -> ShotList {
    find_shots(&film.signals(), film.end, &Config::default()).unwrap()
}

fn kinds(list: &ShotList) -> Vec<BoundaryKind> {
    list.boundaries.iter().map(|b| b.kind).collect()
}

#[test]
fn a_video_without_a_change_is_one_shot() {
    let list = shots_of(&Film::of(&[(scene(1), 50)]));
    assert_eq!(list.total_scenes, 1);
    assert_eq!(
        (list.scenes[0].start_time, list.scenes[0].end_time),
        (0.0, 2.0)
    );
    assert!(list.scene_changes.is_empty() && list.boundaries.is_empty());
}

#[test]
fn a_single_frame_is_one_shot() {
    let list = shots_of(&Film::of(&[(scene(1), 1)]));
    assert_eq!(list.total_scenes, 1);
}

#[test]
fn a_cut_lies_at_the_first_frame_of_the_new_shot() {
    let list = shots_of(&Film::of(&[(scene(1), 25), (scene(2), 25)]));
    assert_eq!(list.scene_changes, [1.0]);
    let boundary = &list.boundaries[0];
    assert_eq!(boundary.kind, BoundaryKind::Cut);
    assert_eq!(boundary.transition_start, boundary.time);
    assert!(boundary.score >= boundary.threshold);
}

#[test]
fn half_second_shots_are_all_found() {
    let parts: Vec<_> = (0..16).map(|seed| (scene(seed), 13)).collect();
    let list = shots_of(&Film::of(&parts));
    let expected: Vec<f64> = (1..16).map(|shot| f64::from(shot) * 0.52).collect();
    assert_eq!(list.scene_changes.len(), 15);
    for (found, expected) in list.scene_changes.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9);
    }
}

/// A step of `content` (HSV content value) on a picture that otherwise shakes by `shake`.
fn step(content: f32, shake: f32) -> ShotList {
    let base = flat(100.0);
    let mut film = Film::default();
    for frame in 0..50 {
        let offset = if frame < 25 { 0.0 } else { content * 3.0 };
        let jitter = if frame % 2 == 0 { 0.0 } else { shake * 3.0 };
        film.show(brighter(&base, offset + jitter), 40);
    }
    shots_of(&film)
}

#[test]
fn a_small_step_counts_where_the_picture_stands_still() {
    for content in [8.3, 10.0, 24.0] {
        assert_eq!(step(content, 0.0).scene_changes, [1.0], "step of {content}");
    }
    assert!(step(6.0, 0.0).scene_changes.is_empty());
}

#[test]
fn the_threshold_rises_with_the_motion_around() {
    assert!(step(8.3, 2.0).scene_changes.is_empty());
    assert_eq!(step(24.0, 2.0).scene_changes, [1.0]);
    assert!(step(24.0, 14.0).scene_changes.is_empty());
}

#[test]
fn a_stutter_of_a_still_picture_is_not_a_step() {
    let picture = mix(&scene(1), &flat(128.0), 0.6);
    let mut aside = picture.clone();
    aside.rotate_left(1);
    let film = Film::of(&[(picture, 25), (aside, 25)]);
    let jump = film.signals().content_value(25).unwrap();
    assert!((7.0..15.0).contains(&jump), "{jump}");
    assert_eq!(shots_of(&film).total_scenes, 1);
}

#[test]
fn a_step_of_colour_alone_counts() {
    let mut signals = Film::of(&[(flat(100.0), 50)]).signals();
    signals.delta_hue[25] = 30.0;
    let end = MediaTime::from_seconds(2.0);
    let list = find_shots(&signals, end, &Config::default()).unwrap();
    assert_eq!(list.scene_changes, [1.0]);
}

#[test]
fn small_steps_in_a_row_are_motion() {
    let base = flat(60.0);
    let mut film = Film::default();
    for frame in 0..60_u32 {
        film.show(brighter(&base, 27.0 * (frame / 8) as f32), 40);
    }
    assert_eq!(shots_of(&film).total_scenes, 1);
}

fn flash(frames: usize) -> ShotList {
    let picture = mix(&scene(1), &flat(60.0), 0.5);
    shots_of(&Film::of(&[
        (picture.clone(), 25),
        (brighter(&picture, 110.0), frames),
        (picture, 25),
    ]))
}

#[test]
fn a_flash_is_reported_and_does_not_cut() {
    for frames in 1..=4 {
        let list = flash(frames);
        assert_eq!(list.total_scenes, 1, "{frames} frames");
        assert_eq!(list.flashes.len(), 1, "{frames} frames");
        assert_eq!(list.flashes[0].time, 1.0);
    }
}

#[test]
fn a_bright_picture_that_stays_is_a_shot() {
    assert_eq!(flash(12).scene_changes, [1.0, 1.48]);
}

#[test]
fn a_flash_that_fades_away_does_not_cut() {
    let picture = mix(&scene(1), &flat(60.0), 0.5);
    let list = shots_of(&Film::of(&[
        (picture.clone(), 25),
        (brighter(&picture, 120.0), 1),
        (brighter(&picture, 95.0), 1),
        (brighter(&picture, 40.0), 1),
        (brighter(&picture, 12.0), 1),
        (picture, 25),
    ]));
    assert_eq!(list.total_scenes, 1);
}

#[test]
fn a_flash_between_two_pictures_is_one_boundary() {
    let list = shots_of(&Film::of(&[
        (scene(1), 25),
        (flat(255.0), 1),
        (scene(2), 25),
    ]));
    assert_eq!(list.total_scenes, 2);
    assert!((list.scene_changes[0] - 1.0).abs() < 0.05);
}

/// The same pixels elsewhere: brightness and contrast are equal, the picture is another.
fn rearranged(picture: &Picture) -> Picture {
    let mut other = picture.clone();
    other.rotate_left(common::PIXELS / 3);
    other
}

#[test]
fn a_flash_into_another_picture_of_equal_brightness_is_a_boundary() {
    let a = scene(1);
    let film = Film::of(&[(a.clone(), 25), (flat(255.0), 1), (rearranged(&a), 25)]);
    assert_eq!(shots_of(&film).total_scenes, 2);
    let film = Film::of(&[
        (a.clone(), 25),
        (brighter(&a, 70.0), 5),
        (rearranged(&a), 25),
    ]);
    assert_eq!(shots_of(&film).total_scenes, 2);
}

#[test]
fn a_cut_back_to_the_first_picture_after_a_second_is_a_boundary() {
    let list = shots_of(&Film::of(&[(scene(1), 25), (scene(2), 25), (scene(1), 25)]));
    assert_eq!(list.scene_changes, [1.0, 2.0]);
    assert!(list.flashes.is_empty());
}

fn gradually(film: &mut Film, from: &Picture, to: &Picture, frames: usize) {
    for frame in 1..=frames {
        film.show(mix(from, to, frame as f32 / (frames + 1) as f32), 40);
    }
}

#[test]
fn a_fade_through_black_is_one_boundary_after_the_blank_frames() {
    let (a, b, black) = (scene(1), scene(2), flat(0.0));
    let mut film = Film::of(&[(a.clone(), 25)]);
    gradually(&mut film, &a, &black, 11);
    film.hold(&black, 5);
    gradually(&mut film, &black, &b, 11);
    film.hold(&b, 25);
    let list = shots_of(&film);
    assert_eq!(kinds(&list), [BoundaryKind::Fade]);
    let boundary = &list.boundaries[0];
    assert!((boundary.time - 1.64).abs() <= 0.04, "{}", boundary.time);
    assert!((1.0..=1.2).contains(&boundary.transition_start));
}

#[test]
fn a_cut_to_black_with_a_fade_from_it_is_one_fade() {
    let (a, b, black) = (scene(1), scene(2), flat(0.0));
    let mut film = Film::of(&[(a, 25), (black.clone(), 5)]);
    gradually(&mut film, &black, &b, 15);
    film.hold(&b, 25);
    let list = shots_of(&film);
    assert_eq!(kinds(&list), [BoundaryKind::Fade]);
    assert_eq!(list.boundaries[0].transition_start, 1.0);
}

#[test]
fn fades_at_the_ends_of_the_video_separate_nothing() {
    let (a, black) = (scene(1), flat(0.0));
    let mut film = Film::of(&[(black.clone(), 15)]);
    gradually(&mut film, &black, &a, 15);
    film.hold(&a, 25);
    gradually(&mut film, &a, &black, 15);
    film.hold(&black, 15);
    assert_eq!(shots_of(&film).total_scenes, 1);
}

#[test]
fn a_long_blank_stretch_is_a_shot_of_its_own() {
    let (a, b, black) = (scene(1), scene(2), flat(0.0));
    let mut film = Film::of(&[(a.clone(), 25)]);
    gradually(&mut film, &a, &black, 15);
    film.hold(&black, 75);
    gradually(&mut film, &black, &b, 15);
    film.hold(&b, 25);
    assert_eq!(kinds(&shots_of(&film)), [BoundaryKind::Fade; 2]);
}

#[test]
fn a_dissolve_is_one_boundary_in_its_middle() {
    let (a, b) = (scene(1), scene(2));
    let mut film = Film::of(&[(a.clone(), 25)]);
    gradually(&mut film, &a, &b, 9);
    film.hold(&b, 25);
    let list = shots_of(&film);
    assert_eq!(kinds(&list), [BoundaryKind::Dissolve]);
    let boundary = &list.boundaries[0];
    assert!((boundary.time - 1.2).abs() <= 0.08, "{}", boundary.time);
    assert_eq!(boundary.transition_start, 1.0);
}

#[test]
fn a_slow_brightening_is_not_a_dissolve() {
    let a = mix(&scene(1), &flat(40.0), 0.7);
    let b = brighter(&a, 80.0);
    let mut film = Film::of(&[(a.clone(), 25)]);
    gradually(&mut film, &a, &b, 20);
    film.hold(&b, 25);
    assert_eq!(shots_of(&film).total_scenes, 1);
}

#[test]
fn restless_contrast_is_not_a_dissolve() {
    let mut signals = Film::of(&[(scene(1), 70)]).signals();
    for frame in 25..45 {
        signals.delta_value[frame] = 15.0;
        signals.value_deviation[frame] -= if frame % 3 == 0 { 40.0 } else { 0.0 };
    }
    let end = MediaTime::from_seconds(2.8);
    let list = find_shots(&signals, end, &Config::default()).unwrap();
    assert_eq!(list.total_scenes, 1);
}

/// A camera that moves over a wide picture, `pixels` per frame.
fn pan(frames: usize, pixels: usize) -> Vec<Picture> {
    let wide: Picture = (0..40)
        .flat_map(scene)
        .collect::<Vec<_>>()
        .windows(60)
        .map(|w| w.iter().sum::<f32>() / 60.0)
        .collect();
    (0..frames)
        .map(|frame| wide[frame * pixels..][..common::PIXELS].to_vec())
        .collect()
}

#[test]
fn a_moving_camera_does_not_cut() {
    let mut film = Film::default();
    for picture in pan(100, 20) {
        film.show(picture, 40);
    }
    assert_eq!(shots_of(&film).total_scenes, 1);
}

#[test]
fn doubled_frames_change_nothing() {
    let mut pictures = pan(30, 30);
    pictures.extend(pan(30, 30).iter().rev().map(|p| brighter(p, 90.0)));
    let (mut plain, mut doubled) = (Film::default(), Film::default());
    for picture in pictures {
        plain.show(picture.clone(), 40);
        doubled.show(picture.clone(), 20);
        doubled.show(picture, 20);
    }
    assert_eq!(shots_of(&plain).scene_changes, [1.2]);
    assert_eq!(shots_of(&doubled).scene_changes, [1.2]);
}

#[test]
fn doubled_frames_do_not_hide_the_motion_around() {
    let (mut plain, mut doubled) = (Film::default(), Film::default());
    for frame in 0..60 {
        let base = if frame < 30 { 100.0 } else { 120.0 };
        let value = if frame % 2 == 0 { base + 30.0 } else { base };
        plain.show(flat(value), 40);
        doubled.show(flat(value), 20);
        doubled.show(flat(value), 20);
    }
    let largest = plain.signals().content_value(30).unwrap();
    assert!((15.0..30.0).contains(&largest), "{largest}");
    assert_eq!(shots_of(&plain).total_scenes, 1);
    assert_eq!(shots_of(&doubled).total_scenes, 1);
}

#[test]
fn variable_frame_rate_is_measured_in_time() {
    let mut film = Film::default();
    for length in [40, 10, 100, 250, 40, 30, 330, 40, 200, 80] {
        film.show(scene(1), length);
    }
    let cut = film.end;
    for length in [10, 200, 33, 34, 400, 40] {
        film.show(scene(2), length);
    }
    assert_eq!(shots_of(&film).scene_changes, [cut.seconds()]);
}

#[test]
fn of_two_cuts_too_close_together_the_stronger_stays() {
    let (a, b) = (flat(100.0), flat(160.0));
    let film = Film::of(&[(a, 25), (b, 5), (scene(2), 25)]);
    let signals = film.signals();
    assert!(signals.content_value(25).unwrap() >= 15.0, "both are cuts");
    assert!(signals.content_value(30) > signals.content_value(25));
    assert_eq!(shots_of(&film).scene_changes, [1.2]);
}

#[test]
fn what_says_nothing_is_refused() {
    let film = Film::of(&[(scene(1), 5)]);
    let config = Config::default();
    let find = |signals, end| find_shots(&signals, end, &config).unwrap_err();
    assert_eq!(find(film.signals(), MediaTime::ZERO), Error::NoDuration);
    assert_eq!(find(Film::default().signals(), film.end), Error::NoFrames);
    let mut short = film.signals();
    short.mean_value.pop();
    assert_eq!(find(short, film.end), Error::Inconsistent);
    let mut unreal = film.signals();
    unreal.delta_hue[3] = f32::NAN;
    assert_eq!(find(unreal, film.end), Error::Inconsistent);
}

#[test]
fn settings_are_checked_by_name() {
    assert_eq!(Config::default().validate(), Ok(()));
    let flash = Config {
        max_flash_ms: 400,
        ..Config::default()
    };
    let text = flash.validate().unwrap_err().to_string();
    assert!(text.contains("shots.max_flash_ms") && text.contains("shots.min_shot_ms"));
}
