//! `rumiai models`: fetch, verify, list.

use crate::{
    cli::{ModelsAction, ModelsArguments, OutputFormat},
    exit::Exit,
    settings::Settings,
};
use inference::{
    CacheDir, Manifest, ModelSet,
    fetch::{self, Event, FetchOptions},
    verify::{self, FileReport, FileState},
};
use serde_json::json;

/// Runs the chosen action.
///
/// # Errors
/// What the action could not do, and what mends it.
pub fn run(arguments: &ModelsArguments, settings: &Settings) -> anyhow::Result<Exit> {
    let cache = settings.cache()?;
    let set = |all: bool| {
        if all {
            ModelSet::Agpl
        } else {
            settings.models.set
        }
    };
    match &arguments.action {
        ModelsAction::Fetch { media, all, with } => {
            let options = FetchOptions {
                set: set(*all),
                groups: with.iter().cloned().collect(),
                library: settings.models.library.clone(),
                ..FetchOptions::default()
            };
            fetch(&cache, &options, *media)
        }
        ModelsAction::Verify { all } => verify(&cache, set(*all)),
        ModelsAction::List { output_format } => list(*output_format),
    }
}

fn fetch(cache: &CacheDir, options: &FetchOptions, media: bool) -> anyhow::Result<Exit> {
    let mut manifests = vec![Manifest::models()?];
    if media {
        manifests.push(Manifest::media()?);
    }
    for manifest in &manifests {
        fetch::fetch(manifest, cache, options, &mut |event| {
            eprintln!("{}", line(&event))
        })?;
    }
    Ok(Exit::Success)
}

fn line(event: &Event) -> String {
    match event {
        Event::Waiting => "waiting for another fetch to end".into(),
        Event::Downloading { package } => format!("downloading {package}"),
        Event::InstallingConverter => "installing the model converter, once (about 1.5 GB)".into(),
        Event::Converting { model } => format!("converting {model}"),
        Event::Stored { path } => format!("stored {}", path.display()),
    }
}

fn verify(cache: &CacheDir, set: ModelSet) -> anyhow::Result<Exit> {
    let reports = verify::verify(&Manifest::models()?, cache, set)?;
    for report in &reports {
        println!(
            "{:22} {:8} {}",
            report.item,
            state(report),
            report.path.display()
        );
        if let Some(remedy) = report.remedy() {
            println!("{:22} -> {remedy}", "");
        }
    }
    let all_right = reports.iter().all(|report| report.state == FileState::Ok);
    Ok(if all_right {
        Exit::Success
    } else {
        Exit::Models
    })
}

fn state(report: &FileReport) -> &'static str {
    match report.state {
        FileState::Ok => "ok",
        FileState::Missing => "missing",
        FileState::WrongDigest { .. } => "damaged",
    }
}

fn list(format: OutputFormat) -> anyhow::Result<Exit> {
    let manifest = Manifest::models()?;
    if format == OutputFormat::Json {
        let models: Vec<_> = manifest
            .models
            .iter()
            .map(|model| json!({"name": model.name, "role": model.role, "set": model.set, "licence": model.licence, "group": model.group}))
            .collect();
        println!("{}", serde_json::to_string_pretty(&models)?);
        return Ok(Exit::Success);
    }
    for model in &manifest.models {
        println!(
            "{:22} {:18} {:12} {:14} {}",
            model.name,
            model.role,
            model.set.to_string(),
            model.licence,
            model.group.as_deref().unwrap_or("")
        );
    }
    Ok(Exit::Success)
}
