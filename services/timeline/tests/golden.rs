//! The files of constructed videos, byte for byte. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod common;

use common::{even_cuts, perceived::perceived, rapid_cuts, rich, run, short};
use std::{fs, path::PathBuf};
use timeline::compute::Input;

fn compare(file: &str, actual: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read(&path).unwrap_or_default();
    assert_eq!(
        String::from_utf8_lossy(&expected),
        String::from_utf8_lossy(actual),
        "{file} differs; if that is meant, run UPDATE_GOLDEN=1 cargo test -p timeline --test golden"
    );
}

fn check(name: &str, input: &Input) {
    let output = run(input);
    compare(&format!("{name}/unified_analysis.json"), &output.unified);
    for files in &output.analyses {
        compare(&format!("{name}/{}_result.json", files.name), &files.result);
    }
    compare(
        &format!("{name}/creative_measures.json"),
        output.creative.as_ref().unwrap(),
    );
}

#[test]
fn everything_measured() {
    let input = rich();
    check("rich", &input);
    for files in &run(&input).analyses {
        compare(&format!("rich/{}_ml.json", files.name), &files.ml);
        compare(
            &format!("rich/{}_complete.json", files.name),
            &files.complete,
        );
    }
}

#[test]
fn everything_perceived() {
    check("perceived", &perceived());
}

#[test]
fn even_cuts_without_sound_or_objects() {
    check("even_cuts", &even_cuts());
}

#[test]
fn rapid_cuts_without_objects_in_view() {
    check("rapid_cuts", &rapid_cuts());
}

#[test]
fn less_than_a_second() {
    check("short", &short());
}
