//! Models that are run step by step, carry text in them or have files beside them.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod support;

use inference::{
    CacheDir, Engine, EngineConfig, Error, ErrorClass, Input, Kept, Model, OwnModel, Tensor,
    golden::{part, stop_sign},
    image::{self, ChannelOrder, Layout, Normalisation},
};
use ndarray::{ArrayD, Axis, IxDyn};
use support::{config, engine, real_cache};

const DECODER: &str = "whisper-tiny-decoder";
const LAYERS: usize = 4;
const HEADS: usize = 6;
const WIDTH: usize = 384;
/// Start, English, transcribe, no timestamps.
const PROMPT: [i64; 4] = [50258, 50259, 50359, 50363];

fn floats(shape: &[usize], value: impl Fn(usize) -> f32) -> Tensor {
    let count = shape.iter().product();
    let values = (0..count).map(value).collect();
    Tensor::F32(ArrayD::from_shape_vec(IxDyn(shape), values).unwrap())
}

/// What an encoder could have given.
fn heard() -> Tensor {
    floats(&[1, 1500, WIDTH], |index| {
        ((index * 7919) % 1000) as f32 / 500.0 - 1.0
    })
}

fn tokens(tokens: &[i64]) -> Tensor {
    Tensor::I64(ArrayD::from_shape_vec(IxDyn(&[1, tokens.len()]), tokens.to_vec()).unwrap())
}

fn past(prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for layer in 0..LAYERS {
        for side in ["decoder", "encoder"] {
            for kind in ["key", "value"] {
                names.push(format!("{prefix}.{layer}.{side}.{kind}"));
            }
        }
    }
    names
}

/// One run; logits of the last token, and what to go on with.
fn step(model: &Model, ids: &[i64], state: Option<&[Kept]>) -> (Vec<f32>, Vec<Kept>) {
    let (names, keep) = (past("past_key_values"), past("present"));
    let flag = Tensor::Bool(ArrayD::from_elem(IxDyn(&[1]), state.is_some()));
    let mut inputs: Vec<(&str, Input<'_>)> = vec![
        ("input_ids", tokens(ids).into()),
        ("encoder_hidden_states", heard().into()),
        ("use_cache_branch", flag.into()),
    ];
    for (index, name) in names.iter().enumerate() {
        let input = match state {
            Some(kept) => (&kept[index]).into(),
            None => floats(&[1, HEADS, 0, 64], |_| 0.0).into(),
        };
        inputs.push((name, input));
    }
    let keep: Vec<_> = keep.iter().map(String::as_str).collect();
    let (read, kept) = model.run_keeping(inputs, &["logits"], &keep).unwrap();
    let logits = read[0].tensor.index_axis(Axis(1), ids.len() - 1).to_owned();
    (logits.into_iter().collect(), kept)
}

fn best(logits: &[f32]) -> usize {
    let places = 0..logits.len();
    places
        .max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
        .unwrap()
}

#[test]
fn a_decoder_that_keeps_its_past_answers_as_with_its_past_handed_back() {
    let model = engine().load(DECODER).unwrap();
    let (_, first) = step(&model, &PROMPT[..3], None);
    assert_eq!(first[0].shape(), [1, HEADS, 3, 64]);
    let (kept, second) = step(&model, &PROMPT[3..], Some(&first));
    assert_eq!(second[0].shape(), [1, HEADS, 4, 64]);

    let flag = |past| Tensor::Bool(ArrayD::from_elem(IxDyn(&[1]), past));
    let names = past("past_key_values");
    let inputs = |ids: &[i64], past: bool, state: Vec<Tensor>| {
        let mut inputs = vec![
            ("input_ids", tokens(ids)),
            ("encoder_hidden_states", heard()),
            ("use_cache_branch", flag(past)),
        ];
        inputs.extend(names.iter().map(String::as_str).zip(state));
        inputs
    };
    let nothing = names.iter().map(|_| floats(&[1, HEADS, 0, 64], |_| 0.0));
    let first = model
        .run(inputs(&PROMPT[..3], false, nothing.collect()))
        .unwrap();
    let state = first.into_iter().skip(1).take(names.len());
    let state = state.map(|output| Tensor::F32(output.tensor)).collect();
    let second = model.run(inputs(&PROMPT[3..], true, state)).unwrap();
    assert_eq!(second[0].name, "logits");
    assert_eq!(second[0].tensor.as_slice().unwrap(), kept);

    let (at_once, _) = step(&model, &PROMPT, None);
    assert_eq!(best(&kept), best(&at_once));
    let (forgetful, _) = step(&model, &PROMPT[3..], None);
    let distance = |from: &[f32]| -> f32 {
        let differences = from.iter().zip(&at_once).map(|(a, b)| (a - b).abs());
        differences.sum()
    };
    // Not the same: eight-bit products round by what else is in the run.
    assert!(distance(&kept) < distance(&forgetful) / 2.0);
}

#[test]
fn a_kept_value_can_be_used_again() {
    let model = engine().load(DECODER).unwrap();
    let (_, state) = step(&model, &PROMPT[..3], None);
    let again: Vec<_> = (0..2)
        .map(|_| step(&model, &PROMPT[3..], Some(&state)).0)
        .collect();
    assert_eq!(again[0], again[1]);
}

#[test]
fn only_declared_outputs_can_be_read_or_kept() {
    let model = engine().load("silero-vad").unwrap();
    let run = |read: &[&str], keep: &[&str]| {
        let state = || floats(&[1, 1, 128], |_| 0.0);
        let inputs = vec![
            ("input", floats(&[3, 576], |_| 0.0).into()),
            ("h", state().into()),
            ("c", state().into()),
        ];
        model.run_keeping(inputs, read, keep)
    };
    let (read, kept) = run(&["speech_probs"], &["hn", "cn"]).unwrap();
    assert_eq!(read[0].tensor.shape(), [3]);
    assert_eq!(kept.len(), 2);
    assert!(run(&["loudness"], &[]).is_err());
    assert!(run(&[], &["loudness"]).is_err());
}

#[test]
fn only_inputs_declared_so_may_be_empty() {
    let model = engine().load("minilm").unwrap();
    let empty = || Tensor::I64(ArrayD::zeros(IxDyn(&[1, 0])));
    let error = model
        .run(vec![
            ("input_ids", empty()),
            ("attention_mask", empty()),
            ("token_type_ids", empty()),
        ])
        .unwrap_err();
    assert_eq!(error.class(), ErrorClass::Input);
}

#[test]
fn a_recogniser_reads_the_drawing_with_the_alphabet_in_its_metadata() {
    let model = engine().load("pp-ocr-recognition").unwrap();
    let size = (128, 48);
    let line = part(size, [2600, 3300, 7400, 5100]);
    let (layout, order) = (Layout::Nchw, ChannelOrder::Bgr);
    let input = image::numbers(&[line], size, layout, order, &Normalisation::SIGNED).unwrap();
    let answer = model.run(vec![("x", input)]).unwrap().remove(0).tensor;
    let alphabet: Vec<_> = model.metadata("character").unwrap().split('\n').collect();
    assert_eq!(
        alphabet.len() + 2,
        answer.shape()[2],
        "a blank before, a space behind"
    );
    let mut read = String::new();
    let mut before = 0;
    for step in answer.index_axis(Axis(0), 0).outer_iter() {
        let best = best(step.as_slice().unwrap());
        if best != 0 && best != before {
            read.push_str(alphabet[best - 1]);
        }
        before = best;
    }
    assert_eq!(read, "STOP");
    assert_eq!(model.metadata("colour"), None);
}

#[test]
fn bytes_come_back_as_the_numbers_they_are() {
    let model = engine().load("efficientnet-lite3").unwrap();
    let input = image::nhwc(&[stop_sign(280)], (280, 280), ChannelOrder::Rgb).unwrap();
    let answer = model.run(vec![("images", input)]).unwrap().remove(0).tensor;
    let labels = model.companion("efficientnet_labels.txt").unwrap();
    let labels = String::from_utf8(labels).unwrap();
    assert_eq!(labels.lines().count(), answer.len());
    assert!(
        answer
            .iter()
            .all(|value| value.fract() == 0.0 && (0.0..=255.0).contains(value))
    );
    let best = best(answer.as_slice().unwrap());
    assert_eq!(labels.lines().nth(best), Some("digital clock"));
    assert!(answer.as_slice().unwrap()[best] > 50.0);
}

#[test]
fn companions_are_given_out_only_when_their_digest_is_right() {
    let model = engine().load("minilm").unwrap();
    let tokenizer = model.companion("tokenizer.json").unwrap();
    assert!(tokenizer.starts_with(b"{"));
    let error = model.companion("tokenizer.txt").unwrap_err();
    assert!(matches!(error, Error::UnknownCompanion { .. }), "{error}");
    let error = model.companion("../minilm/tokenizer.json").unwrap_err();
    assert!(matches!(error, Error::UnknownCompanion { .. }), "{error}");

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
    let from = real_cache().model("minilm").join("model_quantized.onnx");
    std::fs::create_dir_all(cache.model("minilm")).unwrap();
    std::fs::copy(from, cache.model("minilm").join("model_quantized.onnx")).unwrap();
    let model = engine.load("minilm").unwrap();
    let error = model.companion("tokenizer.json").unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    std::fs::write(cache.model("minilm").join("tokenizer.json"), b"{}").unwrap();
    let error = model.companion("tokenizer.json").unwrap_err();
    assert!(matches!(error, Error::WrongDigest { .. }), "{error}");
}

#[test]
fn a_model_of_the_users_own_is_opened_as_it_is_and_named_by_its_digest() {
    let engine = engine();
    let pinned = engine.load("minilm").unwrap();
    let own = OwnModel {
        name: "mine".into(),
        path: real_cache().model("minilm").join("model_quantized.onnx"),
        inputs: pinned.entry().inputs.clone(),
        outputs: pinned.entry().outputs.clone(),
    };
    let model = engine.load_own(&own).unwrap();
    assert_eq!(model.stamp().name, "mine");
    assert_eq!(model.stamp().digest, pinned.stamp().digest);

    let mut other = own.clone();
    other.inputs.pop();
    let error = engine.load_own(&other).err().unwrap();
    assert!(matches!(error, Error::Tensors { .. }), "{error}");
    other.path = "/no/such/file.onnx".into();
    let error = engine.load_own(&other).err().unwrap();
    assert!(error.to_string().contains("/no/such/file.onnx"), "{error}");
}
