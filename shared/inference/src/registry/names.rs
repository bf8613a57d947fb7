//! Names of tensors that stand for several: `layer.{0,1}.{key,value}` for four.

use super::{ModelEntry, TensorSpec};
use crate::golden::GoldenInput;

/// Writes out every name of `model` that stands for several.
pub(super) fn expand(model: &mut ModelEntry) {
    for specs in [&mut model.inputs, &mut model.outputs] {
        *specs = std::mem::take(specs)
            .into_iter()
            .flat_map(|spec| {
                all(&spec.name).into_iter().map(move |name| TensorSpec {
                    name,
                    ..spec.clone()
                })
            })
            .collect();
    }
    let inputs = &mut model.golden.inputs;
    *inputs = std::mem::take(inputs)
        .into_iter()
        .flat_map(|input| {
            all(&input.name).into_iter().map(move |name| GoldenInput {
                name,
                ..input.clone()
            })
        })
        .collect();
}

/// The names `name` stands for, in the order they are written; itself without a pair of braces.
fn all(name: &str) -> Vec<String> {
    let parts = name
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (choices, after))) = parts else {
        return vec![name.into()];
    };
    choices
        .split(',')
        .flat_map(|choice| {
            all(after)
                .into_iter()
                .map(move |rest| format!("{before}{choice}{rest}"))
        })
        .collect()
}
