//! Who gets which version.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{folder, open, settings};
use prompts::{Choice, Repository, Settings, TemplateError, bucket, is_sampled};
use std::{collections::BTreeMap, path::Path};

const THREE: &str = "greeting:\n  versions:\n    - {version: '1', weight: 90, user: one}\n    - {version: '2', weight: 10, user: two}\n    - {version: '3', status: shadow, weight: 900, user: three}\n    - {version: '4', status: disabled, weight: 900, user: four}\n";

fn choose(repository: &Repository, unit: &str) -> Choice {
    repository.set().choose("greeting", unit).unwrap()
}

fn version(repository: &Repository, unit: &str) -> String {
    choose(repository, unit).template.identity.version.clone()
}

fn pinned(folder: &Path, name: &str, version: &str) -> Settings {
    Settings {
        pins: BTreeMap::from([(name.to_owned(), version.to_owned())]),
        ..settings(folder)
    }
}

/// The value was computed beside this program, with Python's hashlib.
#[test]
fn the_bucket_is_the_first_eight_bytes_of_the_digest() {
    assert_eq!(
        bucket("classification", "spring", "signal-1", u64::MAX),
        Some(EXPECTED)
    );
    assert_eq!(
        bucket("classification", "spring", "signal-1", 100),
        Some(EXPECTED % 100)
    );
    assert_eq!(bucket("classification", "spring", "signal-1", 0), None);
}

const EXPECTED: u64 = 11_646_605_608_597_888_930;

#[test]
fn promise_10_the_share_of_a_version_is_its_weight_within_three_sigma() {
    let folder = folder(&[("a.yaml", THREE)]);
    let (repository, report) = open(folder.path());
    assert_eq!(report.failures, []);
    let units = 20_000_u32;
    let chosen = (0..units).map(|unit| version(&repository, &format!("signal-{unit}")));
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for version in chosen {
        *counts.entry(version).or_default() += 1;
    }
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["1", "2"]);
    let expected = f64::from(units) * 0.1;
    let sigma = (f64::from(units) * 0.1 * 0.9).sqrt();
    let off = (f64::from(counts["2"]) - expected).abs();
    assert!(off < 3.0 * sigma, "{counts:?}");
}

#[test]
fn promise_10_a_unit_keeps_its_version_in_another_process() {
    let (first, second) = (folder(&[("a.yaml", THREE)]), folder(&[("b.yml", THREE)]));
    let ((one, _), (other, _)) = (open(first.path()), open(second.path()));
    let before: Vec<String> = (0..200)
        .map(|unit| version(&one, &unit.to_string()))
        .collect();
    one.reload().unwrap();
    let after: Vec<String> = (0..200)
        .map(|unit| version(&one, &unit.to_string()))
        .collect();
    let beside: Vec<String> = (0..200)
        .map(|unit| version(&other, &unit.to_string()))
        .collect();
    assert_eq!(before, after);
    assert_eq!(before, beside);
}

#[test]
fn another_salt_shares_the_units_out_anew() {
    let folder = folder(&[(
        "a.yaml",
        &THREE
            .replace("90", "50")
            .replace("weight: 10", "weight: 50"),
    )]);
    let salted = |salt: &str| {
        let settings = Settings {
            salt: salt.into(),
            ..settings(folder.path())
        };
        let (repository, _) = Repository::open(settings).unwrap();
        (0..200)
            .map(|unit| version(&repository, &unit.to_string()))
            .collect::<Vec<_>>()
    };
    let (spring, summer) = (salted("spring"), salted("summer"));
    let moved = spring.iter().zip(&summer).filter(|(a, b)| a != b).count();
    assert!((60..140).contains(&moved), "{moved} of 200");
}

#[test]
fn a_pin_stands_before_the_weights() {
    let folder = folder(&[("a.yaml", THREE)]);
    for pin in ["2", "3"] {
        let (repository, report) =
            Repository::open(pinned(folder.path(), "greeting", pin)).unwrap();
        assert_eq!(report.failures, []);
        assert!((0..50).all(|unit| version(&repository, &unit.to_string()) == pin));
    }
    for pin in ["4", "5"] {
        let (repository, report) =
            Repository::open(pinned(folder.path(), "greeting", pin)).unwrap();
        assert!(
            report.failures[0]
                .message
                .contains("not loaded or disabled"),
            "{report:?}"
        );
        let error = repository.set().choose("greeting", "unit").unwrap_err();
        assert!(matches!(error, TemplateError::Pinned { .. }), "{error}");
    }
}

#[test]
fn the_built_in_version_can_be_pinned_though_files_stand_before_it() {
    let folder = folder(&[("a.yaml", "signal_embedding: 'Mine {signal_text}'")]);
    let (repository, _) =
        Repository::open(pinned(folder.path(), "signal_embedding", "1.0.0")).unwrap();
    let choice = repository.set().choose("signal_embedding", "unit").unwrap();
    assert_eq!(choice.template.origin, prompts::Origin::Builtin);
}

#[test]
fn shadows_run_for_their_share_of_the_units_and_are_never_chosen() {
    let folder = folder(&[("a.yaml", THREE)]);
    let share = |rate: f64| {
        let settings = Settings {
            shadow_rate: rate,
            ..settings(folder.path())
        };
        let (repository, _) = Repository::open(settings).unwrap();
        let shadows = (0..4_000).map(|unit| choose(&repository, &unit.to_string()).shadows);
        let shadows: Vec<_> = shadows.filter(|shadows| !shadows.is_empty()).collect();
        for shadow in shadows.iter().flatten() {
            assert_eq!(shadow.identity.version, "3");
        }
        shadows.len()
    };
    assert_eq!((share(0.0), share(1.0)), (0, 4_000));
    let sigma = (4_000.0_f64 * 0.25 * 0.75).sqrt();
    assert!((share(0.25) as f64 - 1_000.0).abs() < 3.0 * sigma);
    assert!(!is_sampled("a", "b", "c", f64::NAN));
}

#[test]
fn a_template_nobody_wrote_is_an_error() {
    let (repository, _) = Repository::open(Settings::default()).unwrap();
    let error = repository.set().choose("greeting", "unit").unwrap_err();
    assert_eq!(error, TemplateError::Unknown("greeting".into()));
}
