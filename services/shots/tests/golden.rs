//! Stored signals of a real film with known cuts: `golden/signals.json`, `golden/shots.json`.
//!
//! The film is the demo clip that `make setup` puts together (24 seconds, 30 frames a second);
//! where it is cut says `deploy/setup/demo-clip.sh`: at 5.5, 9, 12.5, 16.5 and 20 seconds (the last
//! lies a frame later, since a part of 25 frames a second goes before), and its last 0.4 seconds
//! fade to black, which separates nothing. The signals are rounded to three
//! decimals. Times must agree to the microsecond, scores within 0.01.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{MediaTime, decoded::ChangeSignals, shots::BoundaryKind};
use serde::Deserialize;
use shots::{Config, compute::find_shots};

const SCORE: f64 = 0.01;

#[derive(Debug, Deserialize)]
struct Expected {
    duration: f64,
    boundaries: Vec<Cut>,
}

#[derive(Debug, Deserialize)]
struct Cut {
    time: f64,
    kind: BoundaryKind,
    score: f64,
}

#[test]
fn the_stored_signals_are_cut_where_the_film_is() {
    let signals: ChangeSignals = serde_json::from_str(include_str!("golden/signals.json")).unwrap();
    let expected: Expected = serde_json::from_str(include_str!("golden/shots.json")).unwrap();
    let duration = MediaTime::from_seconds(expected.duration);
    let found = find_shots(&signals, duration, &Config::default()).unwrap();
    assert_eq!(
        found.boundaries.len(),
        expected.boundaries.len(),
        "{found:#?}"
    );
    for (ours, theirs) in found.boundaries.iter().zip(&expected.boundaries) {
        assert!((ours.time - theirs.time).abs() < 1e-6, "{ours:?}");
        assert_eq!(ours.kind, theirs.kind);
        assert!((ours.score - theirs.score).abs() <= SCORE, "{ours:?}");
    }
    assert!(found.flashes.is_empty());
    let again = find_shots(&signals, duration, &Config::default()).unwrap();
    let bytes = |one| serde_json::to_vec(one).unwrap();
    assert_eq!(bytes(&found), bytes(&again));
}
