//! Manifests: what parses, what is refused, and the check of a cache against one.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod support;

use inference::{
    CacheDir, Error, Manifest, ModelSet,
    registry::{Conversion, ModelEntry, Registry, Selection},
    verify::{FileState, verify},
};
use support::manifest;

const MODELS: &str = include_str!("../../../deploy/models.toml");

fn refusal(text: &str) -> String {
    match Manifest::parse("test.toml", text) {
        Err(Error::Manifest { file, message }) => {
            assert_eq!(file, "test.toml");
            message
        }
        other => panic!("accepted: {other:?}"),
    }
}

fn changed(from: &str, to: &str) -> String {
    let text = MODELS.replacen(from, to, 1);
    // Not `assert_ne`, which would print the manifest twice.
    assert!(text != MODELS, "'{from}' is not in the manifest");
    text
}

#[test]
fn the_built_in_manifests_parse_and_hold_what_this_version_uses() {
    let models = Manifest::models().unwrap();
    let named = |wanted: &dyn Fn(&ModelEntry) -> bool| -> Vec<_> {
        let chosen = models.models.iter().filter(|model| wanted(model));
        chosen.map(|model| model.name.as_str()).collect()
    };
    assert_eq!(
        named(&|model| model.set == ModelSet::Agpl),
        ["yolo11n", "yolo11n-pose", "nudenet"]
    );
    assert_eq!(
        named(&|model| model.group.as_deref() == Some("whisper-small")),
        ["whisper-small-encoder", "whisper-small-decoder"]
    );
    let always = Selection::default();
    assert_eq!(named(&|model| always.includes(model)).len(), 24);
    assert_eq!(
        models.model("coco-ssd").unwrap().conversion,
        Conversion::TfjsToOnnx
    );
    assert_eq!(
        models.model("coco-ssd").unwrap().source.files.len(),
        6,
        "model.json and five shards"
    );
    let mut media: Vec<_> = Manifest::media()
        .unwrap()
        .media
        .into_iter()
        .flat_map(|media| media.source.files)
        .map(|file| file.name)
        .collect();
    media.sort();
    assert!(
        media.contains(&"franck.mp4".into()) && media.contains(&"jfk.wav".into()),
        "{media:?}"
    );
}

#[test]
fn every_weight_names_a_licence_that_fits_its_set() {
    for model in Manifest::models().unwrap().models {
        let copyleft = model.licence.contains("GPL");
        assert_eq!(
            copyleft,
            model.set == ModelSet::Agpl,
            "{}: {}",
            model.name,
            model.licence
        );
        assert!(
            !model.golden.outputs.is_empty(),
            "{} has no golden sample",
            model.name
        );
    }
}

#[test]
fn unknown_keys_are_refused_at_every_depth() {
    assert!(refusal(&changed("[[runtime]]", "colour = 1\n[[runtime]]")).contains("colour"));
    assert!(refusal(&changed("role = ", "colour = 1\nrole = ")).contains("colour"));
    assert!(refusal(&changed("path = ", "colour = 1\npath = ")).contains("colour"));
    assert!(
        refusal(&changed("tolerance_cpu = ", "colour = 1\ntolerance_cpu = ")).contains("colour")
    );
    assert!(refusal(&changed("drawing = {}", "drawing = { colour = 1 }")).contains("colour"));
    assert!(refusal(&changed("drawing = {}", "painting = {}")).contains("painting"));
    assert!(
        refusal(&changed("element = \"u8\"", "element = \"u8\", colour = 1")).contains("colour")
    );
}

#[test]
fn names_that_could_leave_the_cache_or_become_options_are_refused() {
    for (from, to) in [
        ("name = \"model.json\"", "name = \"../model.json\""),
        ("name = \"model.json\"", "name = \"/etc/passwd\""),
        ("name = \"model.json\"", "name = \".bashrc\""),
        (
            "path = \"models/coco-ssd/model.json\"",
            "path = \"models/../../model.json\"",
        ),
        ("package = \"onnxruntime\"", "package = \"--index-url\""),
        (
            "package = \"onnxruntime\"",
            "package = \"x @ file:///tmp/x\"",
        ),
        (
            "version = \"1.31.1\"\narch",
            "version = \"../1.31.1\"\narch",
        ),
        ("name = \"coco-ssd\"", "name = \"..\""),
        ("weights = \"coco-ssd.onnx\"", "weights = \"a/b.onnx\""),
        ("platform = \"", "platform = \"--x"),
    ] {
        assert!(
            refusal(&changed(from, to)).contains("may not stand"),
            "{to}"
        );
    }
}

#[test]
fn contradictions_are_refused() {
    assert!(refusal(&changed("name = \"yolo11n\"", "name = \"coco-ssd\"")).contains("twice"));
    assert!(refusal(&changed("bytes = 527315", "bytes = 99999999999")).contains("over"));
    assert!(
        refusal(&changed("name = \"model.json\"", "name = \"graph.json\"")).contains("model.json")
    );
    assert!(refusal(&changed("sha256 = \"fc44", "sha256 = \"zz44")).contains("sha256"));
    // What nothing fetches has no place in a manifest, where it would go unchecked.
    assert!(refusal(&changed("registry = \"npm\"", "registry = \"own\"")).contains("own"));
}

#[test]
fn a_conversion_has_what_it_converts() {
    for (from, to, word) in [
        (
            "conversion = \"tflite-to-onnx\"",
            "conversion = \"keras-to-onnx\"",
            ".hdf5",
        ),
        (
            "conversion = \"tflite-to-onnx\"",
            "conversion = \"face-api-to-onnx\"",
            "weights manifest",
        ),
        (
            "conversion = \"tflite-to-onnx\"",
            "conversion = \"none\"",
            "called like its weights",
        ),
        (
            "name = \"tokenizer.json\"",
            "name = \"../x\"",
            "may not stand",
        ),
        (
            "name = \"tokenizer.json\"",
            "name = \"decoder_model_merged_quantized.onnx\"",
            "twice",
        ),
        ("inside = [\"", "inside = [\"../", "may not stand"),
        (
            "name = \"logits\", element = \"f32\"",
            "name = \"logits\", element = \"i64\"",
            "only f32 and u8",
        ),
    ] {
        let message = refusal(&changed(from, to));
        assert!(message.contains(word), "{to}: {message}");
    }
}

#[test]
fn one_line_stands_for_a_row_of_tensors() {
    let models = Manifest::models().unwrap();
    let decoder = models.model("whisper-tiny-decoder").unwrap();
    let names: Vec<_> = decoder
        .inputs
        .iter()
        .map(|spec| spec.name.as_str())
        .collect();
    assert_eq!(names.len(), 2 + 4 * 4 + 1);
    assert_eq!(
        names[2..7],
        [
            "past_key_values.0.decoder.key",
            "past_key_values.0.decoder.value",
            "past_key_values.0.encoder.key",
            "past_key_values.0.encoder.value",
            "past_key_values.1.decoder.key"
        ]
    );
    assert_eq!(decoder.golden.inputs.len(), names.len());
    assert_eq!(decoder.outputs.len(), 1 + 4 * 4 + 4);
    let doubled = changed("{decoder,encoder}.{key,value}", "decoder.{key,key}");
    assert!(refusal(&doubled).contains("a tensor is there twice"));
}

#[test]
fn an_optional_group_is_chosen_by_name() {
    let models = Manifest::models().unwrap();
    let encoder = models.model("whisper-small-encoder").unwrap();
    let chosen = |groups: &[&str]| {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let set = ModelSet::default();
        Selection { set, groups }.includes(encoder)
    };
    assert!(!chosen(&[]));
    assert!(!chosen(&["whisper-tiny"]));
    assert!(chosen(&["whisper-small"]));
}

#[test]
fn choosing_agpl_gives_the_permissive_models_too_and_not_the_other_way_round() {
    assert!(ModelSet::Agpl.includes(ModelSet::Permissive));
    assert!(!ModelSet::Permissive.includes(ModelSet::Agpl));
    assert_eq!("agpl".parse(), Ok(ModelSet::Agpl));
    assert!("AGPL-3.0".parse::<ModelSet>().is_err());
}

#[test]
fn verify_tells_right_from_missing_from_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CacheDir::new(folder.path());
    let manifest = manifest(Registry::Npm, "clip.bin", b"right");
    let state = || {
        verify(&manifest, &cache, ModelSet::default())
            .unwrap()
            .remove(0)
    };

    assert_eq!(state().state, FileState::Missing);
    assert!(state().remedy().unwrap().contains("rumiai models fetch"));

    std::fs::create_dir(cache.media()).unwrap();
    std::fs::write(cache.media().join("clip.bin"), b"wrong").unwrap();
    assert!(matches!(state().state, FileState::WrongDigest { .. }));
    assert!(state().remedy().unwrap().contains("rumiai models fetch"));

    std::fs::write(cache.media().join("clip.bin"), b"right").unwrap();
    assert_eq!(state().state, FileState::Ok);
    assert_eq!(state().remedy(), None);
}

#[test]
fn the_cache_is_found_in_the_documented_order() {
    let set = |known: &'static [(&str, &str)]| {
        let found = CacheDir::resolve(|name| {
            known
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).into())
        });
        found.map(|cache| cache.root().display().to_string())
    };
    let all = &[
        ("RUMIAI_CACHE_DIR", "/a"),
        ("XDG_CACHE_HOME", "/b"),
        ("HOME", "/c"),
    ];
    assert_eq!(set(all).unwrap(), "/a");
    assert_eq!(
        set(&[("RUMIAI_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/b")]).unwrap(),
        "/b/rumiai"
    );
    assert_eq!(set(&[("HOME", "/c")]).unwrap(), "/c/.cache/rumiai");
    assert_eq!(set(&[]), None);
}
