//! From scores to a judgement, and from NudeNet's answer to parts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    MediaTime, Sha256, decoded::PictureEntry, manifest::ModelStamp, moderation::SafetyRating,
};
use inference::NamedTensor;
use moderate::{
    Config, Moderator,
    compute::{CLASSES, Error, Scene, Seen, is_explicit, judge, rating},
};
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;

fn scene(moderator: Moderator) -> Scene {
    Scene {
        duration: MediaTime::from_seconds(4.0),
        moderator,
        model: ModelStamp {
            name: moderator.name().into(),
            version: "made-up-models 1.0".into(),
            digest: Sha256::of(b"weights"),
        },
        threshold: 0.3,
    }
}

fn frames(scores: &[f64]) -> Vec<(PictureEntry, Seen)> {
    let scores = (0_u64..).zip(scores);
    scores
        .map(|(at, score)| {
            let entry = PictureEntry {
                time: MediaTime::from_seconds(at as f64),
                frame_number: at * 30,
                offset: 0,
                length: 0,
                crc32: 0,
            };
            let seen = Seen {
                score: *score,
                parts: Vec::new(),
            };
            (entry, seen)
        })
        .collect()
}

#[test]
fn the_highest_score_rates_the_video() {
    let bounds = [
        (0.0, SafetyRating::VerySafe),
        (0.0999, SafetyRating::VerySafe),
        (0.1, SafetyRating::Safe),
        (0.3, SafetyRating::Questionable),
        (0.5, SafetyRating::Unsafe),
        (0.8, SafetyRating::Explicit),
        (1.0, SafetyRating::Explicit),
    ];
    for (score, expected) in bounds {
        assert_eq!(rating(score), expected, "{score}");
    }
    let found = judge(
        &frames(&[0.05, 0.85, 0.3, 0.1]),
        &scene(Moderator::OpenNsfw),
    );
    let content = found.explicit_content.unwrap();
    assert!(!content.is_safe);
    assert_eq!(content.safety_rating, SafetyRating::Explicit);
    assert_eq!(
        (content.avg_nsfw_score, content.max_nsfw_score),
        (0.325, 0.85)
    );
    let explicit: Vec<(u64, f64)> = content
        .explicit_frames
        .iter()
        .map(|frame| (frame.frame, frame.timestamp))
        .collect();
    assert_eq!(explicit, [(30, 1.0), (60, 2.0)]);
    assert_eq!(content.explicit_frame_count, 2);
    assert_eq!(found.frame_results[0].safe_score, 0.95);
    assert_eq!(found.sample_fps, Some(1.0));
}

#[test]
fn the_published_shape_is_the_agreed_one() {
    let found = judge(&frames(&[0.2]), &scene(Moderator::OpenNsfw));
    let json = serde_json::to_value(found).unwrap();
    assert_eq!(json["explicitContent"]["safety_rating"], "safe");
    assert_eq!(json["explicitContent"]["is_safe"], true);
    assert_eq!(json["frame_results"][0]["nsfw_score"], 0.2);
    let none = judge(&[], &scene(Moderator::OpenNsfw));
    let json = serde_json::to_value(none).unwrap();
    assert!(json["explicitContent"].is_null() && json["reason"].is_string());
}

/// An answer of NudeNet with one anchor that found `class` at the centre and extent given in
/// pixels of its square, and one that found nothing.
fn answer(class: usize, score: f32, place: [f32; 4]) -> Vec<NamedTensor> {
    let mut values = vec![0.0; 22 * 2];
    for (row, value) in place.into_iter().enumerate() {
        values[row * 2] = value;
    }
    values[(4 + class) * 2] = score;
    vec![NamedTensor {
        name: "output0".into(),
        tensor: ArrayD::from_shape_vec(IxDyn(&[1, 22, 2]), values).unwrap(),
    }]
}

#[test]
fn explicit_parts_score_and_others_do_not() {
    let explicit = CLASSES
        .iter()
        .position(|name| *name == "FEMALE_BREAST_EXPOSED")
        .unwrap();
    let face = CLASSES
        .iter()
        .position(|name| *name == "FACE_MALE")
        .unwrap();
    assert!(is_explicit(explicit) && !is_explicit(face) && !is_explicit(99));
    let place = [80.0, 40.0, 40.0, 20.0];
    let read = |class, score| {
        let seen = Moderator::Nudenet.read(&answer(class, score, place), &[(640, 320)]);
        seen.unwrap().remove(0)
    };
    let seen = read(explicit, 0.7);
    assert!((seen.score - 0.7).abs() < 1e-6);
    // The square is 640 pixels wide, twice the model's: 60 to 100 of 320 across, 30 to 50 down of
    // the upper half.
    let bbox = seen.parts[0].bbox;
    let edges = [bbox.left, bbox.top, bbox.right, bbox.bottom];
    let expected = [0.1875, 0.1875, 0.3125, 0.3125];
    assert!(
        edges
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-6),
        "{edges:?}"
    );
    let seen = read(face, 0.9);
    assert_eq!((seen.score, seen.parts.len()), (0.0, 1));
    assert!(read(explicit, 0.2).parts.is_empty());
}

#[test]
fn an_answer_of_another_shape_is_refused() {
    let wrong = answer(0, 0.5, [0.0; 4]);
    let ended = Moderator::Nudenet.read(&wrong, &[(1, 1), (1, 1)]);
    assert!(matches!(ended, Err(Error::Answer(_))));
    let ended = Moderator::OpenNsfw.read(&wrong, &[(1, 1)]);
    assert!(matches!(ended, Err(Error::Answer(_))));
}

#[test]
fn settings_are_checked_by_name() {
    assert_eq!(Config::default().validate(), Ok(()));
    let wrong = Config {
        threshold: 0.0,
        ..Config::default()
    };
    let text = wrong.validate().unwrap_err().to_string();
    assert_eq!(
        text,
        "setting moderate.threshold must be above 0 and at most 1"
    );
}

proptest! {
    #[test]
    fn a_judgement_follows_from_its_frames(scores in prop::collection::vec(0.0_f64..=1.0, 1..40)) {
        let found = judge(&frames(&scores), &scene(Moderator::OpenNsfw));
        let content = found.explicit_content.unwrap();
        let highest = found.frame_results.iter().map(|one| one.nsfw_score).fold(0.0, f64::max);
        prop_assert_eq!(content.max_nsfw_score, highest);
        prop_assert_eq!(content.is_safe, highest < 0.3);
        prop_assert_eq!(content.safety_rating, rating(highest));
        prop_assert!(content.avg_nsfw_score <= highest + 1e-9);
        prop_assert_eq!(content.explicit_frames.len() as u32, content.explicit_frame_count);
    }

    #[test]
    fn a_box_comes_back_from_the_square_where_it_was(
        corner in prop::array::uniform2(0.0_f64..0.8),
        extent in prop::array::uniform2(0.05_f64..0.2),
        width in 16_u32..4000,
        height in 16_u32..4000,
    ) {
        // Shares of the picture, as pixels of the square of 320 whose upper left corner it fills.
        let scale = 320.0 / f64::from(width.max(height));
        let [across, down] = [width, height].map(|side| f64::from(side) * scale);
        let place = [
            (corner[0] + extent[0] / 2.0) * across,
            (corner[1] + extent[1] / 2.0) * down,
            extent[0] * across,
            extent[1] * down,
        ];
        let answer = answer(3, 0.9, place.map(|value| value as f32));
        let seen = Moderator::Nudenet.read(&answer, &[(width, height)]).unwrap();
        let bbox = seen[0].parts[0].bbox;
        let edges = [bbox.left, bbox.top, bbox.right, bbox.bottom];
        let expected =
            [corner[0], corner[1], corner[0] + extent[0], corner[1] + extent[1]];
        // The model counts in single precision; the shorter side has fewer pixels of the square.
        let tolerance = 1e-4 / (across.min(down) / 320.0);
        for (edge, expected) in edges.into_iter().zip(expected) {
            prop_assert!((edge - expected).abs() <= tolerance, "{edges:?} instead of {expected:?}");
        }
    }

    #[test]
    fn boxes_lie_in_the_picture_wherever_the_model_puts_them(
        place in prop::array::uniform4(-400.0_f32..800.0),
        width in 1_u32..2000,
        height in 1_u32..2000,
    ) {
        let seen = Moderator::Nudenet.read(&answer(3, 0.9, place), &[(width, height)]).unwrap();
        for part in &seen[0].parts {
            let bbox = part.bbox;
            prop_assert!(0.0 <= bbox.left && bbox.left < bbox.right && bbox.right <= 1.0);
            prop_assert!(0.0 <= bbox.top && bbox.top < bbox.bottom && bbox.bottom <= 1.0);
        }
    }
}
