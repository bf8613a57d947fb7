//! `rumiai stage` as a real process: one stage after the other, each on what is in the folder.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{files_below, json_of, rumiai};
use serde_json::Value;
use std::{fs, path::Path, process::Output};

fn stage(folder: &Path, name: &str, input: &Path, output: &Path) -> Output {
    rumiai(folder)
        .args(["stage", name, "--output-format", "json", "--input"])
        .arg(input)
        .arg("--output")
        .arg(output)
        .output()
        .unwrap()
}

fn done(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    json_of(&output.stdout)
}

#[test]
fn stages_run_one_by_one_in_a_folder_and_again_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let clip = testkit::cache_file("media/demo.mp4");
    let (work, other) = (folder.path().join("work"), folder.path().join("other"));
    // Ingest and decode are needed, so they run as well.
    let shots = done(&stage(folder.path(), "shots", &clip, &work));
    assert_eq!(shots["manifest"]["stage"], "shots");
    let file = shots["files"][0].as_str().unwrap();
    let list: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(list["total_scenes"], 6);

    let first = done(&stage(folder.path(), "sound", &work, &work));
    let again = done(&stage(folder.path(), "sound", &work, &other));
    let bytes = |object: &Value| fs::read(object["files"][0].as_str().unwrap()).unwrap();
    assert_eq!(bytes(&first), bytes(&again));
    // The other folder holds all of it, so that the next stage can go on there.
    let timeline = done(&stage(folder.path(), "timeline", &other, &other));
    let unified = timeline["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file.as_str().unwrap())
        .find(|file| file.ends_with("unified_analysis.json"))
        .unwrap();
    let unified: Value = serde_json::from_slice(&fs::read(unified).unwrap()).unwrap();
    assert_eq!(unified["pipeline_status"]["scene"], true);
    assert_eq!(unified["pipeline_status"]["audio_energy"], true);
    assert_eq!(unified["pipeline_status"]["ocr"], false);
    // Run again in the same folder: the new result takes the place of the old one.
    done(&stage(folder.path(), "sound", &work, &work));
    let kept = files_below(&work.join("jobs"));
    let sounds = kept
        .iter()
        .filter(|path| path.ends_with("sound.json"))
        .count();
    assert_eq!(sounds, 1);
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (input, text) in [
        ("no-such-clip.mp4", "check --input"),
        ("empty", "holds no job"),
    ] {
        let failed = stage(folder.path(), "shots", Path::new(input), &work);
        let said = String::from_utf8_lossy(&failed.stderr);
        assert_eq!(failed.status.code(), Some(1), "{said}");
        assert!(said.contains(text), "{said}");
    }
    let unknown = stage(folder.path(), "juggle", Path::new("a.mp4"), &work);
    assert_eq!(unknown.status.code(), Some(2));
    let text = folder.path().join("text.mp4");
    fs::write(&text, "this is no video").unwrap();
    let refused = stage(folder.path(), "shots", &text, &work);
    assert_eq!(refused.status.code(), Some(1));
    let object = json_of(&refused.stdout);
    assert_eq!(object["success"], false);
    assert_eq!(object["manifest"]["stage"], "decode");
    assert_eq!(object["manifest"]["outcome"], "failed");
    // The folder holds a job now, and another video is not mixed into it.
    let clip = testkit::cache_file("media/demo.mp4");
    let mixed = stage(folder.path(), "shots", &clip, &work);
    assert!(String::from_utf8_lossy(&mixed.stderr).contains("name another folder"));
}
