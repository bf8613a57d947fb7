//! Settings are checked by name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use transcribe::{ActivityConfig, Config, GateConfig, WindowConfig};

fn refused(config: &Config) -> String {
    config.validate().unwrap_err().to_string()
}

#[test]
fn settings_are_checked_by_name() {
    assert_eq!(Config::default().validate(), Ok(()));
    let wrong = Config {
        language: Some("English".into()),
        ..Config::default()
    };
    assert!(refused(&wrong).starts_with("setting transcribe.language must be"));
    let wrong = Config {
        activity: ActivityConfig {
            release_threshold: 0.9,
            ..ActivityConfig::default()
        },
        ..Config::default()
    };
    assert!(refused(&wrong).contains("activity.release_threshold"));
    let wrong = Config {
        windows: WindowConfig {
            overlap_ms: 30_000,
            ..WindowConfig::default()
        },
        ..Config::default()
    };
    assert!(refused(&wrong).contains("windows.overlap_ms"));
    let wrong = Config {
        gates: GateConfig {
            min_avg_logprob: f64::NAN,
            ..GateConfig::default()
        },
        ..Config::default()
    };
    assert!(refused(&wrong).contains("gates.min_avg_logprob"));
}
