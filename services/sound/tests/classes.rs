//! Speech, music and other sound: the numbers the classifier looks at, and what it says.
//!
//! `golden/jfk-classes.json` holds values that NumPy computed in double precision for `jfk.wav`:
//! energies (frame, band, value), patches (patch, place, value), and what the network answered
//! under Python (patch, speech, music, other).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    Sha256,
    manifest::ModelStamp,
    sound::{ClassShares, SoundClasses},
};
use inference::{Engine, ModelSet, Tensor};
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use serde_json::Value;
use sound::{
    CLASSIFIER, Config,
    compute::{
        classes::{CLASSES, PATCH_BANDS, PATCH_FRAMES, patches, shares},
        spectrum::MelBands,
    },
};

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/jfk-classes.json")).unwrap()
}

fn rows(list: &Value) -> Vec<Vec<f64>> {
    let row = |row: &Value| {
        row.as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_f64().unwrap())
            .collect()
    };
    list.as_array().unwrap().iter().map(row).collect()
}

fn speech() -> Vec<f32> {
    let path = testkit::cache_file("media/jfk.wav");
    let mut reader = hound::WavReader::open(path).unwrap();
    let samples = reader.samples::<i16>();
    samples
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect()
}

fn engine() -> Engine {
    testkit::engine(ModelSet::Permissive)
}

#[test]
fn energies_and_patches_are_those_of_the_definition() {
    let golden = golden();
    let energies = MelBands::default().energies(&speech());
    assert_eq!(energies.len(), 1098);
    for row in rows(&golden["energies"]) {
        let (frame, band, expected) = (row[0] as usize, row[1] as usize, row[2]);
        let found = energies[frame][band];
        let close = (found - expected).abs() <= 1e-9 * expected.abs().max(1e-6);
        assert!(
            close,
            "frame {frame}, band {band}: {found} instead of {expected}"
        );
    }
    let patches = patches(&energies);
    let length = PATCH_FRAMES * PATCH_BANDS;
    assert_eq!(
        patches.len() as u64,
        golden["patch_count"].as_u64().unwrap() * length as u64
    );
    for row in rows(&golden["patches"]) {
        let found = f64::from(patches[row[0] as usize * length + row[1] as usize]);
        assert!((found - row[2]).abs() < 1e-5, "{row:?}: {found}");
    }
}

#[test]
fn the_network_says_what_it_said_under_python() {
    let model = engine().load(CLASSIFIER).unwrap();
    let patches = patches(&MelBands::default().energies(&speech()));
    let count = patches.len() / (PATCH_FRAMES * PATCH_BANDS);
    let shape = IxDyn(&[count, PATCH_FRAMES, PATCH_BANDS]);
    let input = Tensor::F32(ArrayD::from_shape_vec(shape, patches).unwrap());
    let answer = model.run(vec![("input", input)]).unwrap();
    let found = answer[0].tensor.as_slice().unwrap();
    for row in rows(&golden()["probabilities"]) {
        for class in 0..CLASSES {
            let value = f64::from(found[row[0] as usize * CLASSES + class]);
            assert!((value - row[1 + class]).abs() < 2e-4, "{row:?}: {value}");
        }
    }
}

fn stamp() -> ModelStamp {
    ModelStamp {
        name: "test".into(),
        version: "made-up-models 1.0".into(),
        digest: Sha256::of(b"weights"),
    }
}

fn shared(probabilities: &[[f32; CLASSES]], samples: &[f32]) -> Option<SoundClasses> {
    shares(probabilities, samples, &Config::default(), &stamp())
}

const SPEECH: [f32; 3] = [0.8, 0.1, 0.1];
const MUSIC: [f32; 3] = [0.1, 0.7, 0.2];

#[test]
fn every_fifth_of_a_second_is_what_its_patch_is() {
    // Patch k is centred on 0.34 + 0.2 k seconds: the first four are nearest to the first second.
    let patches = [vec![SPEECH; 4], vec![MUSIC; 10]].concat();
    let found = shared(&patches, &vec![0.5; 48_000]).unwrap();
    assert_eq!(found.per_second.len(), 3);
    let first = found.per_second[0];
    assert!(first.speech >= 0.8 && first.silence == 0.0, "{first:?}");
    assert_eq!(found.per_second[2].music, 1.0);
    assert_eq!(found.model, stamp());
}

#[test]
fn what_is_silent_is_no_class() {
    let samples = [vec![0.5; 16_000], vec![0.0; 16_000]].concat();
    let found = shared(&[MUSIC; 8], &samples).unwrap();
    let silent = ClassShares {
        speech: 0.0,
        music: 0.0,
        other: 0.0,
        silence: 1.0,
    };
    assert_eq!(found.per_second[1], silent);
    assert_eq!((found.overall.music, found.overall.silence), (0.5, 0.5));
}

#[test]
fn nothing_is_said_of_what_is_too_short() {
    assert_eq!(shared(&[], &[0.1; 100]), None);
    assert!(patches(&[[1.0; 24]; PATCH_FRAMES - 1]).is_empty());
}

proptest! {
    #[test]
    fn shares_are_whole(
        patches in prop::collection::vec(prop::array::uniform3(0.0_f32..1.0), 1..60),
        length in 1_usize..100_000,
        level in prop::sample::select(vec![0.0_f32, 0.3]),
    ) {
        let found = shared(&patches, &vec![level; length]).unwrap();
        prop_assert_eq!(found.per_second.len(), length.div_ceil(16_000));
        for share in found.per_second.iter().chain([&found.overall]) {
            let all = [share.speech, share.music, share.other, share.silence];
            prop_assert!(all.iter().all(|one| (0.0..=1.0).contains(one)));
            prop_assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
