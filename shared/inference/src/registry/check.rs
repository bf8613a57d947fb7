//! What a manifest may not say.

use super::{Conversion, ElementType, MAX_FILE_BYTES, Manifest, ModelEntry, Source, SourceFile};
use std::collections::BTreeSet;

/// Refuses doubled names, contradictions, and anything that could leave the cache directory or be
/// taken for an option by a package client.
pub(super) fn manifest(manifest: &Manifest) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for runtime in &manifest.runtimes {
        word(&runtime.version)?;
        source(&runtime.source)?;
        if runtime.source.files.len() != 1 {
            return Err("a runtime takes exactly one file".into());
        }
    }
    for entry in &manifest.models {
        if !seen.insert(entry.name.as_str()) {
            return Err(format!("model '{}' is there twice", entry.name));
        }
        model(entry).map_err(|message| format!("model '{}': {message}", entry.name))?;
    }
    for media in &manifest.media {
        source(&media.source)?;
        for file in &media.source.files {
            if !seen.insert(file.name.as_str()) {
                return Err(format!("media file '{}' is there twice", file.name));
            }
        }
    }
    Ok(())
}

fn model(model: &ModelEntry) -> Result<(), String> {
    word(&model.name)?;
    word(&model.weights)?;
    source(&model.source)?;
    model.companions.iter().try_for_each(source)?;
    conversion(model)?;
    companions(model)?;
    tensors(model)
}

fn conversion(model: &ModelEntry) -> Result<(), String> {
    let files = &model.source.files;
    let any = |suffix: &str| files.iter().any(|file| file.name.ends_with(suffix));
    let (fits, rule) = match model.conversion {
        Conversion::None => (
            files.len() == 1 && files.iter().all(|file| file.name == model.weights),
            "without conversion its one file must be called like its weights",
        ),
        Conversion::TfjsToOnnx => (
            files.iter().any(|file| file.name == "model.json"),
            "a TensorFlow.js model needs a model.json",
        ),
        Conversion::TfliteToOnnx => (
            files.len() == 1 && any(".tflite"),
            "it is converted from one .tflite file",
        ),
        Conversion::KerasToOnnx => (
            files.len() == 1 && any(".hdf5"),
            "it is converted from one .hdf5 file",
        ),
        Conversion::FaceApiToOnnx => (
            files.len() == 2 && any(".json") && any(".bin"),
            "it is converted from a weights manifest (.json) and its weights (.bin)",
        ),
    };
    if fits { Ok(()) } else { Err(rule.into()) }
}

/// Companions lie in one folder with the weights and their record.
fn companions(model: &ModelEntry) -> Result<(), String> {
    let mut taken = BTreeSet::from([model.weights.clone(), format!("{}.sha256", model.weights)]);
    match model
        .companion_files()
        .find(|file| !taken.insert(file.name.clone()))
    {
        Some(file) => Err(format!("file '{}' is there twice", file.name)),
        None => Ok(()),
    }
}

fn tensors(model: &ModelEntry) -> Result<(), String> {
    for specs in [&model.inputs, &model.outputs] {
        let names: BTreeSet<_> = specs.iter().map(|spec| &spec.name).collect();
        if names.len() != specs.len() {
            return Err("a tensor is there twice".into());
        }
    }
    let readable = |element| matches!(element, ElementType::F32 | ElementType::U8);
    match model.outputs.iter().find(|spec| !readable(spec.element)) {
        Some(spec) => Err(format!(
            "output '{}' is {}; only f32 and u8 can be read",
            spec.name, spec.element
        )),
        None => Ok(()),
    }
}

fn source(source: &Source) -> Result<(), String> {
    let scoped = source.package.strip_prefix('@').unwrap_or(&source.package);
    scoped.split('/').try_for_each(word)?;
    word(&source.version)?;
    for tag in [&source.python, &source.platform].into_iter().flatten() {
        word(tag)?;
    }
    if source.files.is_empty() {
        return Err(format!("{source} takes no file"));
    }
    source.files.iter().try_for_each(file)
}

fn file(file: &SourceFile) -> Result<(), String> {
    word(&file.name)?;
    for path in std::iter::once(&file.path).chain(&file.inside) {
        path.split('/').try_for_each(word)?;
    }
    if file.bytes > MAX_FILE_BYTES {
        return Err(format!("{} is over {MAX_FILE_BYTES} bytes", file.path));
    }
    Ok(())
}

/// One component of a path or one word of a command line: no separator, not hidden, no option.
fn word(word: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    if word.is_empty() || word.starts_with(['.', '-']) || !word.bytes().all(allowed) {
        return Err(format!("'{word}' may not stand in a name or path"));
    }
    Ok(())
}
