//! How labels come from classes, from likeness, and from frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    MediaTime, Sha256,
    decoded::PictureEntry,
    labels::{Label, LabelMethod},
    manifest::ModelStamp,
};
use label::{
    Config,
    compute::{
        Named, Scene, Sight, by_classes, by_likeness, class_names, labels, nearness, normalised,
        seen,
    },
};
use proptest::prelude::*;

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn stamp(name: &str) -> ModelStamp {
    ModelStamp {
        name: name.into(),
        version: "made-up-models 1.0".into(),
        digest: Sha256::of(name.as_bytes()),
    }
}

fn scene(candidates: Vec<String>) -> Scene {
    Scene {
        method: LabelMethod::ClassNameSimilarity,
        models: vec![stamp("classifier")],
        embedder: stamp("embedder"),
        candidates,
        threshold: 0.3,
        per_frame: 2,
        sample_frames: 2,
    }
}

#[test]
fn unrelated_meanings_are_not_near_and_equal_ones_are() {
    assert_eq!(
        (nearness(0.3), nearness(0.95), nearness(-0.5)),
        (0.0, 1.0, 0.0)
    );
    assert!(nearness(0.6) > nearness(0.5) && nearness(0.5) > 0.0);
}

#[test]
fn a_class_stands_for_labels_by_its_probability() {
    let named = seen(&[0.02, 0.6, 0.3]);
    assert_eq!(
        named.iter().map(|one| one.class).collect::<Vec<_>>(),
        [1, 2]
    );
    let candidates = list(&["sports", "food"]);
    let likeness = |class, label| if (class, label) == (1, 0) { 0.9 } else { 0.1 };
    let found = by_classes(&named, &candidates, likeness);
    assert_eq!((found[0].confidence, found[1].confidence), (0.6, 0.0));
    assert_eq!(found[0].label, "sports");
    let none = by_classes(&[], &candidates, |_, _| 1.0);
    assert!(none.iter().all(|label| label.confidence == 0.0));
}

#[test]
fn likeness_becomes_probability_among_the_list() {
    let (picture, near, far) = ([1.0, 0.0], vec![1.0, 0.0], vec![0.0, 1.0]);
    let found = by_likeness(&picture, &[near, far], &list(&["near", "far"]), 2.0);
    let expected = 2.0_f64.exp() / (2.0_f64.exp() + 1.0);
    assert!((found[0].confidence - expected).abs() < 1e-9);
    assert!((found[0].confidence + found[1].confidence - 1.0).abs() < 1e-9);
}

#[test]
fn names_are_read_line_by_line() {
    let names = class_names("tench, Tinca tinca\n\ngoldfish , \ncar");
    assert_eq!(names[0], ["tench", "Tinca tinca"]);
    assert_eq!((names.len(), names[1].len()), (3, 1));
}

fn frame(at: u64, confidences: &[f64]) -> (PictureEntry, Sight) {
    let entry = PictureEntry {
        time: MediaTime::from_seconds(at as f64),
        frame_number: at * 10,
        offset: 0,
        length: 0,
        crc32: 0,
    };
    let labels = confidences
        .iter()
        .enumerate()
        .map(|(label, confidence)| Label {
            label: format!("l{label}"),
            confidence: *confidence,
        });
    let sight = Sight {
        labels: labels.collect(),
        classes: Vec::new(),
        embedding: vec![1.0, 0.0],
    };
    (entry, sight)
}

#[test]
fn labels_of_the_video_are_those_that_reach_the_threshold() {
    let frames = vec![
        frame(0, &[0.9, 0.2, 0.0]),
        frame(1, &[0.5, 0.35, 0.0]),
        frame(2, &[0.4, 0.1, 0.0]),
    ];
    let (found, embeddings) = labels(frames, &scene(list(&["l0", "l1", "l2"])));
    let all: Vec<(&str, f64, u32, &[u64])> = found
        .labels
        .iter()
        .map(|one| {
            let frames = one.sample_frames.as_slice();
            (
                one.description.as_str(),
                one.confidence,
                one.frame_count,
                frames,
            )
        })
        .collect();
    assert_eq!(
        all,
        [("l0", 0.6, 3, &[0, 10][..]), ("l1", 0.35, 1, &[10][..])]
    );
    let first: Vec<&str> = found.frame_labels[0]
        .labels
        .iter()
        .map(|label| label.label.as_str())
        .collect();
    assert_eq!(first, ["l0", "l1"]);
    assert_eq!((embeddings.dimensions, embeddings.rows.len()), (2, 3));
    let (none, embeddings) = labels(Vec::new(), &scene(list(&["l0"])));
    assert_eq!(
        (none.frame_count, none.labels.len(), embeddings.dimensions),
        (0, 0, 0)
    );
}

#[test]
fn settings_are_checked_by_name() {
    assert_eq!(Config::default().validate(), Ok(()));
    assert_eq!(Config::default().candidates.len(), 30);
    let refused = |candidates: Vec<String>| {
        let config = Config {
            candidates,
            ..Config::default()
        };
        config.validate().unwrap_err().to_string()
    };
    assert!(refused(Vec::new()).contains("label.candidates must hold"));
    assert!(refused(list(&["a", "a"])).contains("twice"));
    assert!(refused(list(&["  "])).contains("1 to 100 characters"));
}

proptest! {
    #[test]
    fn confidences_are_shares(
        probabilities in prop::collection::vec(0.0_f64..=1.0, 1..30),
        likenesses in prop::collection::vec(-1.0_f64..=1.0, 90),
    ) {
        let named: Vec<Named> = seen(&probabilities);
        prop_assert!(named.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
        let candidates = list(&["a", "b", "c"]);
        let found = by_classes(&named, &candidates, |class, label| likenesses[class * 3 + label]);
        prop_assert!(found.iter().all(|label| (0.0..=1.0).contains(&label.confidence)));
    }

    #[test]
    fn points_have_length_one(point in prop::collection::vec(-100.0_f32..100.0, 1..50)) {
        prop_assume!(point.iter().any(|value| value.abs() > 1e-3));
        let length: f64 = normalised(&point).iter().map(|v| f64::from(*v).powi(2)).sum();
        prop_assert!((length - 1.0).abs() < 1e-5);
    }
}
