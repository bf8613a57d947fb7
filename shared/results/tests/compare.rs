//! What `compare` calls the same, and what it does not.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{change, name, video};
use results::compare::{Compared, Options, Strictness, Verdict, compare, tolerance};
use serde_json::{Value, json};
use std::{fs, path::Path};

const DENSITY: &str = "creative_density";

/// Two folders with the same video, of which the second was changed.
fn compared(options: &Options, harm: impl FnOnce(&Path)) -> Compared {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    video(a.path(), "clip");
    video(b.path(), "clip");
    harm(b.path());
    let mut found = compare(a.path(), b.path(), options).unwrap();
    assert!(found.only_in_a.is_empty() && found.only_in_b.is_empty());
    found.videos.remove(0)
}

fn with_core(field: &str, value: Value) -> impl FnOnce(&Path) {
    let field = field.to_owned();
    move |root| {
        change(root, &name(DENSITY, "ml"), |one| {
            one["CoreMetrics"][field] = value;
        });
    }
}

fn paths(found: &Compared) -> Vec<&str> {
    let fields = &found.analyses[DENSITY].differences;
    fields.iter().map(|one| one.path.as_str()).collect()
}

fn options(strictness: Strictness) -> Options {
    Options {
        analyses: vec![DENSITY.into()],
        strictness,
    }
}

#[test]
fn a_result_is_the_same_as_itself() {
    let found = compared(&Options::default(), |_| {});
    assert_eq!(found.verdict, Verdict::Pass);
    assert_eq!(found.share_equal, Some(1.0));
    assert_eq!(found.structure, []);
    assert_eq!(found.analyses.len(), 8);
    // Seven of the core block, two times two of the peaks.
    assert_eq!(found.analyses[DENSITY].compared, 11);
}

#[test]
fn numbers_may_differ_by_the_tolerance_of_their_field() {
    let per_field = options(Strictness::PerField);
    let cases = [
        ("totalElements", json!(115), true),
        ("totalElements", json!(116), false),
        ("mean", json!(2.2), true),
        ("mean", json!(1.79), false),
        ("totalWords", json!(50.0), true),
        ("totalWords", json!(51), false),
        ("zero", json!(0.0), true),
        ("zero", json!(0.001), false),
        ("label", json!("STEADY"), true),
        ("label", json!("unsteady"), false),
        ("tags", json!(["b", "A", "c"]), true),
        ("tags", json!(["a"]), false),
        ("empty", json!(0), false),
        ("mean", Value::Null, false),
    ];
    for (field, value, same) in cases {
        let what = format!("{field} = {value}");
        let found = compared(&per_field, with_core(field, value));
        let expected: &[&str] = if same {
            &[]
        } else {
            &[&format!("CoreMetrics.{field}")]
        };
        assert_eq!(paths(&found), expected, "{what}");
    }
}

#[test]
fn a_difference_says_both_values_and_how_far_they_are_apart() {
    let found = compared(
        &options(Strictness::PerField),
        with_core("mean", json!(3.0)),
    );
    let difference = &found.analyses[DENSITY].differences[0];
    assert_eq!(difference.a, json!(2.0));
    assert_eq!(difference.b, json!(3.0));
    assert_eq!(difference.relative, Some(0.5));
}

#[test]
fn one_tolerance_for_all_and_none_at_all() {
    let half = options(Strictness::Within(0.5));
    assert_eq!(
        paths(&compared(&half, with_core("totalWords", json!(75)))).len(),
        0
    );
    let exact = options(Strictness::Exact);
    for (field, value) in [
        ("mean", json!(2.000_001)),
        ("label", json!("steady")),
        ("tags", json!(["a", "b", "c"])),
    ] {
        assert_eq!(
            paths(&compared(&exact, with_core(field, value))).len(),
            1,
            "{field}"
        );
    }
    assert_eq!(
        paths(&compared(&exact, with_core("totalWords", json!(50.0)))).len(),
        0
    );
    assert_eq!(tolerance("anything"), 0.10);
}

#[test]
fn items_of_lists_are_compared_one_by_one() {
    let found = compared(&options(Strictness::PerField), |root| {
        change(root, &name(DENSITY, "ml"), |one| {
            one["KeyEvents"]["peaks"] = json!([{"time": 1.0, "kind": "z"}]);
        });
    });
    assert_eq!(
        paths(&found),
        ["KeyEvents.peaks[0].kind", "KeyEvents.peaks[1]"]
    );
}

#[test]
fn nine_of_ten_pass_and_three_of_four_are_marginal() {
    let harm = |fields: &'static [&'static str]| {
        move |root: &Path| {
            change(root, &name(DENSITY, "ml"), |one| {
                for field in fields {
                    one["CoreMetrics"][*field] = json!("other");
                }
            });
        }
    };
    let verdict = |fields| compared(&options(Strictness::PerField), harm(fields)).verdict;
    // Of eleven fields.
    assert_eq!(verdict(&["mean"]), Verdict::Pass);
    assert_eq!(verdict(&["mean", "label"]), Verdict::Marginal);
    assert_eq!(verdict(&["mean", "label", "zero"]), Verdict::Fail);
}

#[test]
fn another_structure_fails_whatever_the_values() {
    let found = compared(&Options::default(), |root| {
        change(root, &name(DENSITY, "result"), |one| {
            one["densityCoreMetrics"]["more"] = json!(1);
        });
    });
    assert_eq!(found.verdict, Verdict::Fail);
    let only = &found.structure[0];
    assert_eq!(
        (
            only.analysis.as_str(),
            only.file.as_str(),
            only.path.as_str(),
            only.only_in
        ),
        (DENSITY, "result", "densityCoreMetrics.more", 'b')
    );
    let found = compared(&Options::default(), |root| {
        fs::remove_dir_all(root.join("insights/clip").join(DENSITY)).unwrap();
    });
    assert_eq!(found.structure.len(), 3);
    assert!(
        found
            .structure
            .iter()
            .all(|one| one.only_in == 'a' && one.path.is_empty())
    );
}

#[test]
fn reasons_and_maps_that_depend_on_the_video_are_no_structure() {
    let found = compared(&Options::default(), |root| {
        change(root, &name(DENSITY, "ml"), |one| {
            one["Quality"]["notMeasured"] = json!({"another": "reason"});
        });
    });
    assert_eq!(found.structure, []);
    assert_eq!(found.verdict, Verdict::Pass);
}

#[test]
fn videos_are_paired_by_name_unless_there_is_one_of_each() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    video(a.path(), "golden");
    video(b.path(), "clip");
    let found = compare(a.path(), b.path(), &Options::default()).unwrap();
    assert_eq!(found.videos.len(), 1);
    assert!(found.passes());
    video(b.path(), "golden");
    let found = compare(a.path(), b.path(), &Options::default()).unwrap();
    assert_eq!(found.videos[0].a, "golden");
    assert_eq!(found.only_in_b, ["clip"]);
    assert!(!found.passes());
}
