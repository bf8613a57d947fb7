//! What `verify` finds, and what it lets pass.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{change, name, video, write};
use contracts::analysis::ANALYSES;
use results::{
    Error,
    verify::{Issue, Schemas, Verified, verify},
};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// Schemas that demand an object, of results also a number where there is a mean.
fn schemas() -> Schemas {
    let object = json!({"type": "object"});
    let mean = json!({
        "type": "object",
        "patternProperties": {"CoreMetrics$": {"properties": {"mean": {"type": "number"}}}},
    });
    let mut all: Vec<(String, Value)> = [
        "complete",
        "unified_analysis",
        "summary",
        "creative_measures",
        "insight_report",
        "insight_record",
    ]
    .map(|name| (name.to_owned(), object.clone()))
    .into();
    for analysis in ANALYSES {
        all.push((format!("{}_result", analysis.name), mean.clone()));
        all.push((format!("{}_ml", analysis.name), mean.clone()));
        all.push((format!("{}_legacy", analysis.name), object.clone()));
    }
    Schemas::new(all.iter().map(|(name, schema)| (name.as_str(), schema))).unwrap()
}

fn verified(root: &Path) -> Verified {
    let mut videos = verify(root, &schemas()).unwrap();
    assert_eq!(videos.len(), 1);
    videos.remove(0)
}

/// The issues after one thing was done to a folder in which all is well.
fn issues_after(harm: impl FnOnce(&Path)) -> Vec<Issue> {
    let folder = tempfile::tempdir().unwrap();
    video(folder.path(), "clip");
    assert_eq!(verified(folder.path()).issues, []);
    harm(folder.path());
    verified(folder.path()).issues
}

fn problems(issues: &[Issue]) -> Vec<&str> {
    issues.iter().map(|issue| issue.problem.as_str()).collect()
}

#[test]
fn comments_are_of_analyses_and_have_a_report() {
    let comment = |root: &Path, name: &str, content: Value| {
        let file = root.join(format!("insights/clip/insight/{name}.json"));
        write(&file, &content);
    };
    let right = json!({"prompt_type": "scene_pacing"});
    let issues = issues_after(|root| {
        comment(root, "report", json!({}));
        comment(root, "scene_pacing", right.clone());
    });
    assert_eq!(issues, []);
    let issues = issues_after(|root| {
        comment(
            root,
            "scene_pacing",
            json!({"prompt_type": "speech_analysis"}),
        );
        comment(root, "horoscope", right);
    });
    assert_eq!(
        problems(&issues),
        [
            "comments on no analysis",
            "is missing beside the comments",
            "is not 'scene_pacing'"
        ]
    );
}

#[test]
fn a_whole_video_has_no_issues_and_all_its_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    video(folder.path(), "clip");
    let found = verified(folder.path());
    assert_eq!(found.video_id, "clip");
    assert_eq!(found.issues, []);
    assert_eq!(found.files, 3 + 8 * 3);
    // The folder of one video may be named alone.
    let alone = verified(&folder.path().join("insights/clip"));
    assert_eq!((alone.video_id.as_str(), alone.files), ("clip", 2 + 8 * 3));
    assert_eq!(alone.issues, []);
}

#[test]
fn every_video_is_verified_on_its_own() {
    let folder = tempfile::tempdir().unwrap();
    video(folder.path(), "a");
    video(folder.path(), "b");
    fs::remove_file(folder.path().join("unified_analysis/b.json")).unwrap();
    let found = verify(folder.path(), &schemas()).unwrap();
    let counts: Vec<_> = found
        .iter()
        .map(|one| (one.video_id.as_str(), one.issues.len()))
        .collect();
    assert_eq!(counts, [("a", 0), ("b", 1)]);
}

#[test]
fn a_missing_file_of_three_is_found() {
    let issues = issues_after(|root| {
        let file = root.join("insights/clip").join(name("scene_pacing", "ml"));
        fs::remove_file(file).unwrap();
    });
    assert_eq!(problems(&issues), ["is missing beside the others"]);
    assert!(issues[0].path.ends_with(name("scene_pacing", "ml")));
}

#[test]
fn an_analysis_without_files_needs_a_reason() {
    let without = |root: &Path| {
        fs::remove_dir_all(root.join("insights/clip/speech_analysis")).unwrap();
    };
    let issues = issues_after(without);
    assert!(issues[0].problem.contains("summary gives no reason"));
    let folder = tempfile::tempdir().unwrap();
    video(folder.path(), "clip");
    without(folder.path());
    change(folder.path(), "summary.json", |summary| {
        summary["report"]["prompt_details"]["speech_analysis"]["reason"] = json!("no model");
    });
    let found = verified(folder.path());
    assert_eq!(found.issues, []);
    assert_eq!(found.without_files["speech_analysis"], "no model");
}

#[test]
fn what_disobeys_its_schema_is_found_with_its_place() {
    let issues = issues_after(|root| {
        change(root, &name("scene_pacing", "result"), |one| {
            one["scenePacingCoreMetrics"]["mean"] = json!("two");
        });
    });
    let schema = issues.iter().find(|one| one.problem.contains("number"));
    assert_eq!(schema.unwrap().place, "/scenePacingCoreMetrics/mean");
}

#[test]
fn the_three_files_must_say_the_same() {
    let issues = issues_after(|root| {
        change(root, &name("scene_pacing", "ml"), |one| {
            one["CoreMetrics"]["mean"] = json!(3.0);
        });
    });
    assert_eq!(
        problems(&issues),
        [
            "does not hold the ml file",
            "its blocks are not those of the result file under generic names"
        ]
    );
    let issues = issues_after(|root| {
        change(root, &name("scene_pacing", "complete"), |one| {
            one["result"] = json!("not JSON");
            one["analysis_type"] = json!("speech_analysis");
        });
    });
    assert_eq!(
        problems(&issues),
        ["is not 'scene_pacing'", "does not hold the result file"]
    );
}

#[test]
fn a_prefixed_name_in_an_ml_file_is_found() {
    let issues = issues_after(|root| {
        change(root, &name("creative_density", "ml"), |one| {
            let blocks = one.as_object_mut().unwrap();
            let core = blocks.remove("CoreMetrics").unwrap();
            blocks.insert("densityCoreMetrics".into(), core);
        });
    });
    assert!(problems(&issues)[1].contains("generic names"));
}

#[test]
fn files_of_the_first_layout_are_not_expected_to_hold_blocks() {
    let issues = issues_after(|root| {
        let flat = json!({"total_scenes": 6});
        write(
            &root.join("insights/clip").join(name("scene_pacing", "ml")),
            &flat,
        );
        change(root, &name("scene_pacing", "complete"), |one| {
            one["parsed_response"] = flat.clone();
            one["version"] = json!("1.0");
        });
    });
    assert_eq!(issues, []);
}

#[test]
fn newest_files_of_different_runs_are_found() {
    let issues = issues_after(|root| {
        let folder = root.join("insights/clip/scene_pacing");
        for kind in ["complete", "ml", "result"] {
            let from = root.join("insights/clip").join(name("scene_pacing", kind));
            let to = folder.join(format!("scene_pacing_{kind}_20260102_030406.json"));
            fs::copy(from, to).unwrap();
        }
    });
    assert_eq!(issues.len(), 1);
    assert!(
        issues[0]
            .problem
            .contains("20260102_030405, 20260102_030406")
    );
}

#[test]
fn broken_and_strange_files_are_found() {
    let issues = issues_after(|root| {
        let clip = root.join("insights/clip");
        fs::write(clip.join(name("scene_pacing", "ml")), "{").unwrap();
        fs::write(clip.join("scene_pacing/notes.txt"), "").unwrap();
        fs::write(clip.join("scene_pacing/.scene_pacing.partial"), "").unwrap();
    });
    let found = problems(&issues).join("; ");
    assert!(found.contains("is not JSON"), "{found}");
    assert!(found.contains("no file of an analysis"), "{found}");
    assert_eq!(issues.len(), 2, "{found}");
}

#[test]
fn a_name_that_is_not_that_of_the_folder_is_found() {
    let issues = issues_after(|root| {
        let unified = root.join("unified_analysis/clip.json");
        write(&unified, &json!({"video_id": "other"}));
    });
    assert_eq!(problems(&issues), ["is not 'clip'"]);
}

#[test]
fn folders_that_hold_no_results_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = verify(folder.path(), &schemas()).unwrap_err();
    assert!(matches!(refused, Error::NoResults { .. }));
    let refused = verify(&folder.path().join("none"), &schemas()).unwrap_err();
    assert!(matches!(refused, Error::Unreadable { .. }));
    let broken = json!({"type": "nonsense"});
    assert!(matches!(
        Schemas::new([("odd", &broken)]).map(|_| ()),
        Err(Error::Schema { .. })
    ));
}
