//! One run of a session: what goes in fits what is declared, what comes out is what was asked.

use crate::{
    engine::Provider,
    error::{Error, Result},
    registry::{ElementType, ModelEntry, TensorSpec},
    tensor::{Input, Kept, NamedTensor, Tensor},
};
use ndarray::ArrayD;
use ort::{
    session::{
        HasSelectedOutputs, OutputSelector, RunOptions, Session, SessionInputValue, SessionOutputs,
    },
    value::{DynValue, Outlet, PrimitiveTensorElementType, TensorElementType, ValueType},
};
use std::{collections::BTreeMap, fmt::Debug};

/// Which outputs a run is to give.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) read: &'a [&'a str],
    pub(crate) keep: &'a [&'a str],
}

/// The graph must have exactly the declared inputs and at least the declared outputs, or its
/// manifest entry is not about it.
pub(crate) fn check_tensors(entry: &ModelEntry, session: &Session) -> Result<()> {
    let found = |outlets: &[Outlet]| -> BTreeMap<String, Option<ElementType>> {
        let outlets = outlets.iter();
        outlets
            .map(|outlet| (outlet.name().to_owned(), element_of(outlet.dtype())))
            .collect()
    };
    let inputs = found(session.inputs());
    let all = |declared: &[TensorSpec], found: &BTreeMap<_, _>| {
        let mut declared = declared.iter();
        declared.all(|spec| found.get(&spec.name) == Some(&Some(spec.element)))
    };
    let differs = |kind, declared: &[TensorSpec], found| {
        let declared = declared.iter().map(|spec| (&spec.name, spec.element));
        let declared: BTreeMap<_, _> = declared.collect();
        Error::Tensors {
            model: entry.name.clone(),
            message: format!("{kind} declared {declared:?}, found {found:?}"),
        }
    };
    if inputs.len() != entry.inputs.len() || !all(&entry.inputs, &inputs) {
        return Err(differs("inputs", &entry.inputs, inputs));
    }
    let outputs = found(session.outputs());
    if !all(&entry.outputs, &outputs) {
        return Err(differs("outputs", &entry.outputs, outputs));
    }
    Ok(())
}

fn element_of(kind: &ValueType) -> Option<ElementType> {
    let ValueType::Tensor { ty, .. } = kind else {
        return None;
    };
    match ty {
        TensorElementType::Uint8 => Some(ElementType::U8),
        TensorElementType::Float32 => Some(ElementType::F32),
        TensorElementType::Int32 => Some(ElementType::I32),
        TensorElementType::Int64 => Some(ElementType::I64),
        TensorElementType::Bool => Some(ElementType::Bool),
        _ => None,
    }
}

pub(crate) fn check_inputs(entry: &ModelEntry, inputs: &[(&str, Input<'_>)]) -> Result<()> {
    let refuse = |input: &str, message: String| Error::Input {
        model: entry.name.clone(),
        input: input.into(),
        message,
    };
    for spec in &entry.inputs {
        let given: Vec<_> = inputs
            .iter()
            .filter(|(name, _)| *name == spec.name)
            .collect();
        let [(_, input)] = given.as_slice() else {
            return Err(refuse(
                &spec.name,
                format!("must be given once, was given {} times", given.len()),
            ));
        };
        let (element, shape) = described(input);
        if element != Some(spec.element) {
            let got = element.map_or("another type".into(), |element| element.to_string());
            return Err(refuse(
                &spec.name,
                format!("takes {}, got {got}", spec.element),
            ));
        }
        if !fits(spec, &shape) {
            return Err(refuse(
                &spec.name,
                format!("takes shape {:?}, got {shape:?}", spec.shape),
            ));
        }
    }
    match inputs
        .iter()
        .find(|(name, _)| entry.inputs.iter().all(|spec| spec.name != *name))
    {
        Some((name, _)) => Err(refuse(name, "is not declared".into())),
        None => Ok(()),
    }
}

/// Entries shown at once: the extent of the first axis of what is given first.
pub(crate) fn batch_size(inputs: &[(&str, Input<'_>)]) -> usize {
    let shape = inputs.first().map(|(_, input)| described(input).1);
    let first = shape.and_then(|shape| shape.first().copied());
    first.map_or(1, |extent| usize::try_from(extent).unwrap_or_default())
}

fn described(input: &Input<'_>) -> (Option<ElementType>, Vec<i64>) {
    match input {
        Input::Tensor(tensor) => {
            let shape = tensor.shape().iter();
            let shape = shape.map(|&extent| i64::try_from(extent).unwrap_or(i64::MAX));
            (Some(tensor.element()), shape.collect())
        }
        Input::Kept(kept) => (element_of(kept.0.dtype()), kept.0.shape().to_vec()),
    }
}

fn fits(spec: &TensorSpec, shape: &[i64]) -> bool {
    let fits = |(&declared, &found): (&i64, &i64)| match declared {
        0.. => declared == found,
        _ => found > 0 || spec.may_be_empty,
    };
    spec.shape.len() == shape.len() && spec.shape.iter().zip(shape).all(fits)
}

pub(crate) fn run(
    entry: &ModelEntry,
    provider: Provider,
    session: &mut Session,
    inputs: Vec<(&str, Input<'_>)>,
    asked: Asked<'_>,
) -> Result<(Vec<NamedTensor>, Vec<Kept>)> {
    let fails = |message: String| Error::Run {
        model: entry.name.clone(),
        provider: provider.to_string(),
        message,
    };
    let declared = |name: &&str| {
        let mut declared = entry.outputs.iter();
        let spec = declared.find(|spec| spec.name == *name);
        spec.ok_or_else(|| fails(format!("output '{name}' is not declared")))
    };
    let read = asked.read.iter().map(declared);
    let read = read.collect::<Result<Vec<_>>>()?;
    asked
        .keep
        .iter()
        .try_for_each(|name| declared(name).map(drop))?;
    let ort = |error: ort::Error| fails(error.to_string());
    let values = inputs
        .into_iter()
        .map(|(name, input)| Ok((name, value_of(input)?)))
        .collect::<ort::Result<Vec<_>>>()
        .map_err(ort)?;
    let options = selecting(asked).map_err(ort)?;
    let mut outputs = session.run_with_options(values, &options).map_err(ort)?;
    let read = read
        .into_iter()
        .map(|spec| output(entry, spec, &outputs, fails));
    let read = read.collect::<Result<Vec<_>>>()?;
    let mut keep = |name: &&str| {
        let kept = outputs.remove(name).map(Kept);
        kept.ok_or_else(|| fails(format!("no output '{name}'")))
    };
    let kept = asked.keep.iter().map(&mut keep).collect::<Result<_>>()?;
    Ok((read, kept))
}

fn selecting(asked: Asked<'_>) -> ort::Result<RunOptions<HasSelectedOutputs>> {
    let names = asked.read.iter().chain(asked.keep);
    let selector = names.fold(OutputSelector::no_default(), |selector, name| {
        selector.with(*name)
    });
    Ok(RunOptions::new()?.with_outputs(selector))
}

fn output(
    entry: &ModelEntry,
    spec: &TensorSpec,
    outputs: &SessionOutputs<'_>,
    fails: impl Fn(String) -> Error,
) -> Result<NamedTensor> {
    let value = outputs
        .get(&spec.name)
        .ok_or_else(|| fails(format!("no output '{}'", spec.name)))?;
    let tensor = extract(value, spec.element).map_err(|error| fails(error.to_string()))?;
    if tensor.iter().any(|value| !value.is_finite()) {
        return Err(Error::NotFinite {
            model: entry.name.clone(),
            output: spec.name.clone(),
        });
    }
    Ok(NamedTensor {
        name: spec.name.clone(),
        tensor,
    })
}

/// Bytes become the same numbers in single precision, which holds them all.
fn extract(value: &DynValue, element: ElementType) -> ort::Result<ArrayD<f32>> {
    if element == ElementType::U8 {
        Ok(value.try_extract_array::<u8>()?.mapv(f32::from))
    } else {
        Ok(value.try_extract_array::<f32>()?.into_owned())
    }
}

fn value_of(input: Input<'_>) -> ort::Result<SessionInputValue<'_>> {
    match input {
        Input::Tensor(Tensor::U8(array)) => owned(array),
        Input::Tensor(Tensor::F32(array)) => owned(array),
        Input::Tensor(Tensor::I32(array)) => owned(array),
        Input::Tensor(Tensor::I64(array)) => owned(array),
        Input::Tensor(Tensor::Bool(array)) => owned(array),
        Input::Kept(kept) => Ok((&kept.0).into()),
    }
}

/// Moves the array; copies it first only if its elements do not lie in C order.
fn owned<T>(array: ArrayD<T>) -> ort::Result<SessionInputValue<'static>>
where
    T: PrimitiveTensorElementType + Clone + Debug + 'static,
{
    let shape: Vec<usize> = array.shape().to_vec();
    let (data, offset) = if array.is_standard_layout() {
        array.into_raw_vec_and_offset()
    } else {
        (array.iter().cloned().collect(), None)
    };
    let data = match offset {
        None | Some(0) => data,
        Some(offset) => data.into_iter().skip(offset).collect(),
    };
    Ok(ort::value::Tensor::from_array((shape, data))?.into())
}
