//! `rumiai analyze` as a real process on real videos with real models.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{files_below, json_of, obeys, rumiai, timeless_files, without_models};
use std::{fs, path::Path};

/// What was written obeys its schemas, and the tools that say so notice what does not.
fn verifies_and_compares(first: &Path, second: &Path) {
    let run = |arguments: &[&str]| {
        let mut command = rumiai(first);
        command.args(arguments).args(["--output-format", "json"]);
        let done = command.output().unwrap();
        (done.status.code(), json_of(&done.stdout))
    };
    let (a, b) = (first.to_str().unwrap(), second.to_str().unwrap());
    let (code, found) = run(&["verify", a]);
    assert_eq!(code, Some(0), "{found:#}");
    assert_eq!(found["videos"][0]["video_id"], "demo");
    let (code, found) = run(&["compare", a, b, "--exact"]);
    assert_eq!(code, Some(0), "{found:#}");
    assert!(found["videos"][0]["analyses"]["scene_pacing"]["compared"].as_u64() > Some(40));

    let pacing = second.join("insights/demo/scene_pacing");
    let ml = fs::read_dir(&pacing)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("_ml_"))
        .unwrap();
    let text = fs::read_to_string(&ml).unwrap();
    let spoilt = text.replacen("\"totalScenes\": 6", "\"totalScenes\": -6", 1);
    assert_ne!(text, spoilt);
    fs::write(&ml, spoilt).unwrap();
    let (code, found) = run(&["verify", b]);
    assert_eq!(code, Some(1));
    let issues = found["videos"][0]["issues"].as_array().unwrap();
    let says = |text: &str| {
        let problems = issues
            .iter()
            .map(|issue| issue["problem"].as_str().unwrap());
        problems.into_iter().any(|problem| problem.contains(text))
    };
    assert!(says("less than the minimum"), "{issues:#?}");
    assert!(says("not those of the result file"), "{issues:#?}");
    assert!(says("does not hold the ml file"), "{issues:#?}");
    let (code, found) = run(&["compare", a, b, "--exact"]);
    assert_eq!(code, Some(0), "one field of a thousand: {found:#}");
    let differences = &found["videos"][0]["analyses"]["scene_pacing"]["differences"];
    assert_eq!(differences[0]["path"], "CoreMetrics.totalScenes");
}

#[test]
fn the_demo_clip_gives_the_same_bytes_twice_and_a_person_recognises_the_result() {
    let clip = testkit::cache_file("media/demo.mp4");
    let store = tempfile::tempdir().unwrap();
    let run = || {
        let output = tempfile::tempdir().unwrap();
        let done = rumiai(store.path())
            .args([
                "analyze",
                clip.to_str().unwrap(),
                "--output-format",
                "json",
                "-o",
            ])
            .arg(output.path())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        (json_of(&done.stdout), output)
    };
    let (first, first_folder) = run();
    let (_, second_folder) = run();

    obeys("analyze_output", &first);
    assert_eq!(first["success"], true);
    assert_eq!(first["report"]["degraded"], false);
    let files = timeless_files(first_folder.path());
    let expected = [
        "insights/demo/creative_density/creative_density_complete.json",
        "insights/demo/creative_density/creative_density_ml.json",
        "insights/demo/creative_density/creative_density_result.json",
        "insights/demo/creative_measures.json",
        "insights/demo/emotional_journey/emotional_journey_complete.json",
        "insights/demo/emotional_journey/emotional_journey_ml.json",
        "insights/demo/emotional_journey/emotional_journey_result.json",
        "insights/demo/metadata_analysis/metadata_analysis_complete.json",
        "insights/demo/metadata_analysis/metadata_analysis_ml.json",
        "insights/demo/metadata_analysis/metadata_analysis_result.json",
        "insights/demo/person_framing/person_framing_complete.json",
        "insights/demo/person_framing/person_framing_ml.json",
        "insights/demo/person_framing/person_framing_result.json",
        "insights/demo/scene_pacing/scene_pacing_complete.json",
        "insights/demo/scene_pacing/scene_pacing_ml.json",
        "insights/demo/scene_pacing/scene_pacing_result.json",
        "insights/demo/speech_analysis/speech_analysis_complete.json",
        "insights/demo/speech_analysis/speech_analysis_ml.json",
        "insights/demo/speech_analysis/speech_analysis_result.json",
        "insights/demo/temporal_markers/temporal_markers_complete.json",
        "insights/demo/temporal_markers/temporal_markers_ml.json",
        "insights/demo/temporal_markers/temporal_markers_result.json",
        "insights/demo/transcript.srt",
        "insights/demo/transcript.vtt",
        "insights/demo/visual_overlay_analysis/visual_overlay_analysis_complete.json",
        "insights/demo/visual_overlay_analysis/visual_overlay_analysis_ml.json",
        "insights/demo/visual_overlay_analysis/visual_overlay_analysis_result.json",
        "unified_analysis/demo.json",
    ];
    assert_eq!(files.keys().collect::<Vec<_>>(), expected);
    assert!(
        files == timeless_files(second_folder.path()),
        "two runs of one file differ"
    );
    verifies_and_compares(first_folder.path(), second_folder.path());

    // Six shots were put together, people talk in most of them, and there is sound throughout.
    assert_eq!(first["report"]["shots"], 6);
    assert!(
        first["report"]["objects"]["person"]["tracks"]
            .as_u64()
            .unwrap()
            >= 3,
        "{first:#}"
    );
    let report = &first["report"];
    assert_eq!(report["sound"]["energy_windows"], 5);
    // Eleven seconds of speech, then a beat at 120.
    let speech = report["sound"]["classes"]["speech"].as_f64().unwrap();
    assert!((0.25..0.6).contains(&speech), "{speech}");
    assert!((report["sound"]["tempo_bpm"].as_f64().unwrap() - 120.0).abs() < 2.0);
    assert_eq!(report["speech"]["language"], "en");
    let said = report["speech"]["text"].as_str().unwrap();
    assert!(
        said.contains("ask not what your country can do for you"),
        "{said}"
    );
    let texts = report["text"].as_array().unwrap();
    let role = |text: &str| {
        let found = texts.iter().find(|one| one["text"] == text);
        found.unwrap_or_else(|| panic!("{text} is not among {texts:#?}"))["role"].clone()
    };
    assert_eq!(role("Follow for part 2"), "cta");
    for text in [
        "POV: your country calls",
        "Thumbs up or peace?",
        "me, waiting for the beat",
    ] {
        role(text);
    }
    assert!(
        report["people"]["face_tracks"].as_u64().unwrap() >= 4,
        "{report:#}"
    );
    // One man in the first and in the last shot.
    let tracks = report["people"]["face_tracks"].as_u64();
    assert!(
        report["people"]["identities"].as_u64() < tracks,
        "{report:#}"
    );
    assert!(report["people"]["gestures"]["thumbs_up"].as_u64().unwrap() >= 1);
    assert!(report["emotions"]["detection_rate"].as_f64().unwrap() > 0.3);
    assert_eq!(report["safety"]["rating"], "very_safe");
    assert!(report["labels"].is_array());
    for (modality, row) in report["coverage"].as_object().unwrap() {
        assert_eq!(row["measured"], true, "{modality}: {row}");
        assert_eq!(row["share"], 1.0, "{modality}: {row}");
    }
    assert!(first["metrics"]["real_time_factor"].as_f64().unwrap() > 0.0);
    assert!(first["metrics"]["stages"]["timeline"]["duration_ms"].is_u64());
    assert!(first["metrics"]["memory"]["peak_bytes"].as_u64().unwrap() > 0);
    assert_eq!(report["prompts_successful"], 8);
    assert_eq!(report["prompts_total"], 8);
    assert_eq!(report["ml_analyses_complete"], true);
    assert_eq!(report["total_tokens"], 0);
    let temporal = Path::new(first["outputs"]["temporal"].as_str().unwrap());
    assert!(
        temporal
            .file_name()
            .unwrap()
            .to_string_lossy()
            .contains("temporal_markers_complete")
    );
    let left: Vec<_> = files_below(&store.path().join("store/jobs"));
    assert!(
        left.is_empty(),
        "artifacts of finished jobs remain: {left:?}"
    );
}

#[test]
fn a_stage_left_out_is_said_to_be_not_measured() {
    let clip = testkit::cache_file("media/demo.mp4");
    let folder = tempfile::tempdir().unwrap();
    let done = without_models(&mut rumiai(folder.path()))
        .args([
            "analyze",
            clip.to_str().unwrap(),
            "--without",
            "detect",
            "--brand",
            "Acme",
            "--product",
            "Rocket Boots",
            "--product-class",
            "bottle",
            "--output-format",
            "json",
            "-o",
        ])
        .env("RUMIAI__BRAND__NAMES", "Acme Corporation")
        .arg(folder.path())
        .output()
        .unwrap();
    let result = json_of(&done.stdout);
    assert!(
        done.status.success(),
        "what was not asked for is no failure: {result:#}"
    );
    assert!(
        result["report"]["objects"].is_null(),
        "not measured is null, not an empty list"
    );
    let off = result["report"]["switched_off"].as_array().unwrap();
    assert!(
        off.contains(&"detect".into()) && off.contains(&"emotion".into()),
        "{off:?}"
    );
    let details = &result["report"]["prompt_details"]["person_framing"];
    assert_eq!(details["success"], false, "nothing of people was measured");
    assert!(
        details["reason"].as_str().unwrap().contains("switched off"),
        "{details}"
    );
    assert!(!folder.path().join("insights/demo/person_framing").exists());
    let read = |path: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(folder.path().join(path)).unwrap()).unwrap()
    };
    let measures = read("insights/demo/creative_measures.json");
    let quality = &measures["quality"];
    // The command line adds to what the settings name.
    assert_eq!(
        quality["brandNames"],
        serde_json::json!(["Acme Corporation", "Acme"])
    );
    assert_eq!(quality["productNames"], serde_json::json!(["Rocket Boots"]));
    assert_eq!(quality["productClasses"], serde_json::json!(["bottle"]));
    let unified = read("unified_analysis/demo.json");
    assert_eq!(unified["ml_data"]["yolo"], serde_json::json!({}));
    assert_eq!(unified["pipeline_status"]["yolo"], false);
    for key in [
        "whisper",
        "mediapipe",
        "ocr",
        "emotion_detection",
        "scene_detection",
        "audio_energy",
    ] {
        assert!(
            unified["ml_data"].get(key).is_some(),
            "ml_data has no {key}"
        );
    }
}

#[test]
fn several_videos_give_one_object_and_a_bad_one_costs_the_others_nothing() {
    let clip = testkit::cache_file("media/demo.mp4");
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.mp4");
    fs::write(&bad, "this is no video").unwrap();
    let done = without_models(&mut rumiai(folder.path()))
        .args([
            "analyze",
            bad.to_str().unwrap(),
            clip.to_str().unwrap(),
            "--without",
            "detect",
        ])
        .args(["--output-format", "json", "-o"])
        .arg(folder.path().join("out"))
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1));
    let object = json_of(&done.stdout);
    obeys("analyze_output", &object);
    assert_eq!(object["success"], false);
    assert_eq!(object["results"][0]["success"], false);
    assert_eq!(object["results"][0]["error_type"], "VideoError");
    assert_eq!(object["results"][1]["success"], true, "{object:#}");
    assert_eq!(object["totals"]["videos"], 2);
    assert_eq!(object["totals"]["success_rate"], 0.5);
    // What failed says how far it came.
    assert!(object["results"][0]["metrics"]["stages"]["ingest"]["duration_ms"].is_u64());
}

#[test]
fn older_consumers_get_their_layout_origin_and_folders() {
    let clip = testkit::cache_file("media/demo.mp4");
    let folder = tempfile::tempdir().unwrap();
    let (root, insights) = (folder.path().join("out"), folder.path().join("elsewhere"));
    let done = without_models(&mut rumiai(folder.path()))
        .args(["analyze", clip.to_str().unwrap(), "--without", "detect"])
        .args(["--output-format", "json"])
        .env("OUTPUT_FORMAT_VERSION", "v1")
        .env("OUTPUT_COMPAT", "original")
        .env("RUMIAI_OUTPUT_DIR", &root)
        .env("RUMIAI_INSIGHTS_DIR", &insights)
        .output()
        .unwrap();
    let object = json_of(&done.stdout);
    assert_eq!(object["success"], true, "{object:#}");
    assert_eq!(object["report"]["feature_flags"]["output_format"], "v1");
    assert!(root.join("unified_analysis/demo.json").is_file());
    let pacing = files_below(&insights.join("demo/scene_pacing"));
    let complete = pacing
        .iter()
        .find(|path| path.to_string_lossy().contains("_complete_"))
        .unwrap();
    let complete = json_of(&fs::read(complete).unwrap());
    assert_eq!(complete["source"], "python_precompute");
    assert_eq!(complete["version"], "1.0");
    assert_eq!(complete["parsed_response"]["total_scenes"], 6);
    let verified = rumiai(folder.path())
        .arg("verify")
        .arg(insights.join("demo"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!(verified.status.code(), Some(0), "{said}");
    assert!(said.contains("person_framing has no files"), "{said}");
}

#[test]
fn the_line_protocol_counts_up_and_ends_before_the_object() {
    let clip = testkit::cache_file("media/demo.mp4");
    let folder = tempfile::tempdir().unwrap();
    let done = without_models(&mut rumiai(folder.path()))
        .args(["analyze", clip.to_str().unwrap(), "--without", "detect"])
        .args(["--progress", "plain", "--output-format", "json", "-o"])
        .arg(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    let (lines, object) = text.split_at(text.find("\n{").unwrap() + 1);
    let percents: Vec<u32> = lines
        .lines()
        .filter_map(|line| {
            line.strip_prefix("📊 ")?
                .split_once("... (")?
                .1
                .strip_suffix("%)")?
                .parse()
                .ok()
        })
        .collect();
    assert_eq!(percents, [0, 10, 20, 50, 60, 65, 70, 95, 100]);
    assert!(lines.starts_with("🎮 GPU: ") || lines.starts_with("⚠️ WARNING: No GPU"));
    assert!(lines.contains("✅ Video ID: demo\n"));
    assert!(lines.contains("✅ Downloaded to: "));
    assert_eq!(json_of(object.as_bytes())["success"], true);
}

#[test]
fn failures_name_what_to_do_and_have_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (
            &["analyze", "/no/such/clip.mp4", "--without", "detect"],
            1,
            "check that the file exists",
        ),
        (
            &["analyze", "http://example.com/a.mp4", "--without", "detect"],
            3,
            "use https",
        ),
        (&["analyze"], 2, "Usage"),
        (
            &["analyze", "a.mp4", "--without", "decode"],
            64,
            "there is no result without decode",
        ),
        (
            &["analyze", "a.mp4", "--brand", "!?"],
            64,
            "brand.names has the entry",
        ),
        (
            &["analyze", "a.mp4", "--product-class", "botle"],
            64,
            "no class of COCO; it may hold person, bicycle",
        ),
    ];
    for (arguments, code, text) in cases {
        let done = without_models(&mut rumiai(folder.path()))
            .env("RUMIAI_CACHE_DIR", folder.path().join("empty"))
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(text), "{arguments:?} said: {said}");
    }
}
