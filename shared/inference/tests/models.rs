//! The real models on the real runtime.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod support;

use contracts::ids::Sha256;
use inference::{
    CacheDir, Engine, EngineConfig, Error, ErrorClass, Manifest, Model, ModelSet, Provider, Tensor,
    golden::stop_sign,
    image::{self, ChannelOrder},
    registry::{ElementType, ModelEntry, Selection},
};
use ndarray::{ArrayD, IxDyn};
use std::num::NonZeroUsize;
use support::{config, engine, real_cache};

const COCO_INPUT: &str = "image_tensor:0";
const COCO_SCORES: &str = "Postprocessor/Slice:0";
/// Column of COCO's id 13.
const COCO_STOP_SIGN: usize = 12;
/// Row of class 11, after the box.
const YOLO_STOP_SIGN: usize = 4 + 11;

fn drawing(side: u32, count: usize) -> Tensor {
    image::nhwc(
        &vec![stop_sign(side); count],
        (side, side),
        ChannelOrder::Rgb,
    )
    .unwrap()
}

fn run(model: &Model, tensor: Tensor) -> Vec<ArrayD<f32>> {
    let input = model.entry().inputs[0].name.clone();
    let outputs = model.run(vec![(&input, tensor)]).unwrap();
    outputs.into_iter().map(|output| output.tensor).collect()
}

fn bits(outputs: &[ArrayD<f32>]) -> Vec<u32> {
    outputs
        .iter()
        .flat_map(|output| output.iter().map(|value| value.to_bits()))
        .collect()
}

#[test]
fn the_drawing_is_the_same_everywhere() {
    let digest = |side| Sha256::of(&stop_sign(side)).to_string();
    assert_eq!(
        digest(300),
        "e0f2e4a40373b152b5d136c80ab9f21938101aa53f46774856e913fa1b1ecc25"
    );
    assert_eq!(
        digest(640),
        "fc5c5b06aba51c1bd5a94c482e1035e423a8950d4599083dceba7249b85a6cc3"
    );
}

#[test]
fn both_detectors_see_the_stop_sign() {
    let engine = engine();
    let coco = engine.load("coco-ssd").unwrap();
    let outputs = coco.run(vec![(COCO_INPUT, drawing(300, 1))]).unwrap();
    let scores = &outputs
        .iter()
        .find(|output| output.name == COCO_SCORES)
        .unwrap()
        .tensor;
    let best = scores
        .indexed_iter()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .unwrap();
    assert_eq!(best.0[2], COCO_STOP_SIGN);
    assert!(*best.1 > 0.99, "{}", best.1);

    let yolo = engine.load("yolo11n").unwrap();
    let input = image::nchw(&[stop_sign(640)], (640, 640), ChannelOrder::Rgb).unwrap();
    let output = run(&yolo, input).remove(0);
    let class = output.indexed_iter().filter(|(place, _)| place[1] >= 4);
    let best = class.max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!(best.0[1], YOLO_STOP_SIGN);
    assert!(*best.1 > 0.9, "{}", best.1);
}

#[test]
fn a_stamp_names_the_bytes_that_were_loaded() {
    let model = engine().load("yolo11n").unwrap();
    let stamp = model.stamp();
    assert_eq!(stamp.name, "yolo11n");
    assert_eq!(stamp.digest, model.entry().source.files[0].sha256);
    assert_eq!(model.provider(), Provider::Cpu);
}

#[test]
fn the_same_input_gives_the_same_bytes_in_any_session_and_in_any_batch() {
    let config = EngineConfig {
        sessions_per_model: NonZeroUsize::new(2).unwrap(),
        ..config()
    };
    let model = Engine::start(real_cache(), config)
        .unwrap()
        .load("coco-ssd")
        .unwrap();
    let expected = bits(&run(&model, drawing(300, 1)));
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| bits(&run(&model, drawing(300, 1)))))
            .collect();
        for thread in running {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
    let batch = run(&model, drawing(300, 3));
    for output in batch {
        assert_eq!(output.shape()[0], 3);
        let image = |index| output.index_axis(ndarray::Axis(0), index);
        assert_eq!(image(0), image(1));
        assert_eq!(image(0), image(2));
    }
}

#[test]
fn more_callers_than_sessions_all_get_their_turn() {
    let model = engine().load("coco-ssd").unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| run(&model, drawing(96, 1)).len()))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), 2);
        }
    });
}

#[test]
fn inputs_that_do_not_fit_are_the_callers_fault_and_leave_the_model_usable() {
    let model = engine().load("coco-ssd").unwrap();
    let flat = || Tensor::F32(ArrayD::zeros(IxDyn(&[1, 30, 30, 3])));
    let four_channels = Tensor::U8(ArrayD::zeros(IxDyn(&[1, 30, 30, 4])));
    let empty = Tensor::U8(ArrayD::zeros(IxDyn(&[0, 30, 30, 3])));
    let rank = Tensor::U8(ArrayD::zeros(IxDyn(&[30, 30, 3])));
    let cases = [
        (vec![], "given 0 times"),
        (vec![(COCO_INPUT, flat())], "takes u8, got f32"),
        (vec![(COCO_INPUT, four_channels)], "takes shape"),
        (vec![(COCO_INPUT, empty)], "takes shape"),
        (vec![(COCO_INPUT, rank)], "takes shape"),
        (
            vec![(COCO_INPUT, drawing(30, 1)), (COCO_INPUT, drawing(30, 1))],
            "given 2 times",
        ),
        (
            vec![(COCO_INPUT, drawing(30, 1)), ("mask", flat())],
            "not declared",
        ),
    ];
    for (inputs, word) in cases {
        let error = model.run(inputs).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Input);
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_eq!(run(&model, drawing(30, 1)).len(), 2);
}

#[test]
fn arrays_in_another_memory_order_are_understood() {
    let model = engine().load("coco-ssd").unwrap();
    let Tensor::U8(plain) = drawing(96, 1) else {
        panic!("bytes")
    };
    let turned = plain
        .clone()
        .permuted_axes(IxDyn(&[0, 3, 1, 2]))
        .as_standard_layout()
        .into_owned();
    let turned = turned.permuted_axes(IxDyn(&[0, 2, 3, 1]));
    assert!(!turned.is_standard_layout() && turned == plain);
    assert_eq!(
        bits(&run(&model, Tensor::U8(turned))),
        bits(&run(&model, Tensor::U8(plain)))
    );
}

#[test]
fn a_model_out_of_tolerance_is_not_served() {
    let mut manifest = Manifest::models().unwrap();
    manifest.models[0].golden.outputs[0].value[7] += 0.01;
    let engine = Engine::with_manifest(real_cache(), config(), manifest).unwrap();
    let error = engine.load("coco-ssd").err().unwrap();
    assert!(matches!(error, Error::Golden { .. }), "{error}");
    assert!(error.to_string().contains(COCO_SCORES), "{error}");
}

#[test]
fn a_manifest_that_declares_other_tensors_is_not_served() {
    let changes: [fn(&mut ModelEntry); 4] = [
        |model| model.outputs[0].name.push('x'),
        |model| model.outputs[0].element = ElementType::U8,
        |model| model.inputs[0].name.push('x'),
        |model| {
            let mut more = model.inputs[0].clone();
            more.name.push('x');
            model.inputs.push(more);
        },
    ];
    for change in changes {
        let mut manifest = Manifest::models().unwrap();
        change(&mut manifest.models[0]);
        let engine = Engine::with_manifest(real_cache(), config(), manifest).unwrap();
        let error = engine.load("coco-ssd").err().unwrap();
        assert!(matches!(error, Error::Tensors { .. }), "{error}");
    }
}

#[test]
fn outputs_that_are_not_declared_are_not_given() {
    let mut manifest = Manifest::models().unwrap();
    manifest.models[0].outputs.pop();
    manifest.models[0].golden.outputs.pop();
    let engine = Engine::with_manifest(real_cache(), config(), manifest).unwrap();
    let model = engine.load("coco-ssd").unwrap();
    assert_eq!(run(&model, drawing(30, 1)).len(), 1);
}

#[test]
fn every_model_that_is_always_fetched_answers_its_golden_sample() {
    let manifest = Manifest::models().unwrap();
    let engine = engine();
    let chosen = Selection::from(ModelSet::Agpl);
    let mut failures = Vec::new();
    for entry in manifest
        .models
        .iter()
        .filter(|entry| chosen.includes(entry))
    {
        match engine.load(&entry.name) {
            Ok(model) => assert_eq!(model.provider(), Provider::Cpu),
            Err(error) => failures.push(error.to_string()),
        }
    }
    assert!(failures.is_empty(), "{failures:#?}\nrun `make setup`");
}

#[test]
fn agpl_weights_are_served_only_when_they_were_chosen() {
    let config = EngineConfig {
        set: ModelSet::Permissive,
        ..config()
    };
    let engine = Engine::start(real_cache(), config).unwrap();
    let error = engine.load("yolo11n").err().unwrap();
    assert!(matches!(error, Error::NotInSet { .. }), "{error}");
    assert!(error.to_string().contains("AGPL-3.0"), "{error}");
    assert!(matches!(
        engine.load("resnet").err().unwrap(),
        Error::UnknownModel { .. }
    ));
}

#[test]
fn weights_that_are_missing_altered_or_unrecorded_are_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CacheDir::new(folder.path());
    let library = Some(support::real_library());
    let engine = Engine::start(
        cache.clone(),
        EngineConfig {
            library,
            ..config()
        },
    )
    .unwrap();
    let load = |name: &str| engine.load(name).err().unwrap();
    assert!(matches!(load("yolo11n"), Error::Missing { .. }));

    let weights = real_cache().model("yolo11n").join("yolo11n.onnx");
    let mut bytes = std::fs::read(weights).unwrap();
    bytes[1_000_000] ^= 1;
    std::fs::create_dir_all(cache.model("yolo11n")).unwrap();
    std::fs::write(cache.model("yolo11n").join("yolo11n.onnx"), bytes).unwrap();
    assert!(matches!(load("yolo11n"), Error::WrongDigest { .. }));

    let converted = real_cache().model("coco-ssd").join("coco-ssd.onnx");
    std::fs::create_dir_all(cache.model("coco-ssd")).unwrap();
    std::fs::copy(converted, cache.model("coco-ssd").join("coco-ssd.onnx")).unwrap();
    assert!(
        matches!(load("coco-ssd"), Error::Missing { .. }),
        "nobody vouches for it"
    );
}

#[test]
fn providers_that_do_not_load_are_passed_over_with_a_reason() {
    let config = EngineConfig {
        providers: vec![Provider::TensorRt, Provider::Cuda],
        ..config()
    };
    let model = Engine::start(real_cache(), config)
        .unwrap()
        .load("coco-ssd")
        .unwrap();
    assert_eq!(
        model.provider(),
        Provider::Cpu,
        "the pinned build is for processors"
    );
    let passed: Vec<_> = model
        .passed_over()
        .iter()
        .map(|passed| passed.provider)
        .collect();
    assert_eq!(passed, [Provider::TensorRt, Provider::Cuda]);
    assert!(
        model.passed_over()[1].reason.contains("has no CUDA"),
        "{:?}",
        model.passed_over()
    );
}
