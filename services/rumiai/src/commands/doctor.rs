//! `rumiai doctor`: what works here, what is missing, what mends it.

use crate::{
    cli::{DoctorArguments, OutputFormat},
    exit::Exit,
    settings::Settings,
    stages::Opener,
};
use contracts::{
    StageName,
    flow::{Device, FLOW, StageSpec},
};
use decode::DecodeConfig;
use detect::Detect;
use inference::{CacheDir, Manifest, Model, ModelSet, verify};
use media::{
    Decoder, DecoderCommand, Installation,
    protocol::{Confinement, Inventory},
};
use nix::sys::statvfs::statvfs;
use serde::Serialize;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Free bytes below which a long video may not fit: 2 GiB.
const LOW_SPACE_BYTES: u64 = 2 << 30;

/// How a finding is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Note,
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    subject: String,
    verdict: Verdict,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn ok(subject: &str, text: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            verdict: Verdict::Ok,
            text: text.into(),
            remedy: None,
        }
    }
    fn note(subject: &str, text: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Note,
            ..Self::ok(subject, text)
        }
    }
    fn bad(subject: &str, text: impl Into<String>, remedy: &str) -> Self {
        Self {
            verdict: Verdict::Bad,
            remedy: Some(remedy.into()),
            ..Self::ok(subject, text)
        }
    }
}

/// Looks at everything and prints what it found.
///
/// # Errors
/// If JSON cannot be written, which the types rule out.
pub fn run(arguments: &DoctorArguments, settings: &Settings) -> anyhow::Result<Exit> {
    let cache = settings.cache()?;
    let mut findings = decoder(settings);
    findings.extend(files(&cache, settings));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    findings.extend(runtime.block_on(models(settings)));
    findings.push(space(settings)?);
    match arguments.output_format {
        OutputFormat::Json => println!("{}", serde_json::to_string_pretty(&findings)?),
        OutputFormat::Text => findings.iter().for_each(print),
    }
    let sound = findings
        .iter()
        .all(|finding| finding.verdict != Verdict::Bad);
    Ok(if sound { Exit::Success } else { Exit::Failure })
}

fn print(finding: &Finding) {
    let mark = match finding.verdict {
        Verdict::Ok => "ok  ",
        Verdict::Note => "note",
        Verdict::Bad => "BAD ",
    };
    println!("{mark}  {:22}{}", finding.subject, finding.text);
    if let Some(remedy) = &finding.remedy {
        println!("      {:22}-> {remedy}", "");
    }
}

fn decoder(settings: &Settings) -> Vec<Finding> {
    let remedy = "run `make setup` to build it and to install the Debian packages of GStreamer";
    match ask_decoder(settings) {
        Ok((program, installation)) => {
            let mut findings = vec![
                Finding::ok("decoder", program.display().to_string()),
                Finding::ok("gstreamer", installation.hello.library),
            ];
            findings.extend(plugins(&installation.inventory, remedy));
            findings.extend(confinement(&installation.hello.confinement));
            findings
        }
        Err(error) => vec![Finding::bad("decoder", format!("{error:#}"), remedy)],
    }
}

fn ask_decoder(settings: &Settings) -> anyhow::Result<(PathBuf, Installation)> {
    let command = DecoderCommand::locate(settings.decode.decoder.as_deref())?;
    let program = command.program().to_owned();
    let DecodeConfig {
        parameters, limits, ..
    } = settings.decode.clone();
    let decoder = Decoder::new(command, parameters, limits)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let installation = runtime.block_on(decoder.check(&CancellationToken::new()))?;
    Ok((program, installation))
}

fn plugins(inventory: &Inventory, remedy: &str) -> Vec<Finding> {
    let names = |wanted: bool| {
        let chosen = inventory
            .codecs
            .iter()
            .filter(|codec| codec.missing.is_none() == wanted);
        chosen
            .map(|codec| codec.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut findings = vec![Finding::ok("plugins", format!("decode {}", names(true)))];
    let missing = names(false);
    if !missing.is_empty() {
        findings.push(Finding::bad(
            "plugins",
            format!("nothing decodes {missing}"),
            remedy,
        ));
    }
    findings.extend(
        inventory
            .missing_plugins
            .iter()
            .map(|text| Finding::note("plugins", text)),
    );
    findings
}

fn confinement(confinement: &Confinement) -> Vec<Finding> {
    if confinement.missing.is_empty() {
        return vec![Finding::ok(
            "confinement",
            "resource limits, file system and system calls are closed",
        )];
    }
    confinement
        .missing
        .iter()
        .map(|text| Finding::note("confinement", text))
        .collect()
}

fn files(cache: &CacheDir, settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("cache", cache.root().display().to_string())];
    let reports = Manifest::models()
        .and_then(|manifest| verify::verify(&manifest, cache, settings.models.set));
    match reports {
        Ok(reports) => findings.extend(reports.iter().map(|report| match report.remedy() {
            None => Finding::ok(
                &report.item,
                format!("{} ({})", report.path.display(), report.licence),
            ),
            Some(remedy) => Finding::bad(&report.item, report.path.display().to_string(), remedy),
        })),
        Err(error) => findings.push(Finding::bad(
            "models",
            error.to_string(),
            "run `rumiai models fetch`",
        )),
    }
    findings
}

/// Opens what analysis opens, and says on which provider it runs and why not on a better one.
async fn models(settings: &Settings) -> Vec<Finding> {
    let remedy = "run `rumiai models fetch`";
    let opener = Opener::new(settings);
    let engine = match opener.engine() {
        Ok(engine) => engine,
        Err(reason) => return vec![Finding::bad("inference", reason, remedy)],
    };
    let mut findings = match Detect::open(engine, settings.detect.clone()) {
        Ok(detect) => provider(detect.model()),
        Err(_) => Vec::new(),
    };
    let wants_models = |stage: &&StageSpec| {
        stage.device == Device::Gpu || stage.name == StageName::Sound && settings.sound.classify
    };
    for stage in FLOW.iter().filter(wants_models) {
        findings.push(opens(stage.name, &opener, settings, remedy).await);
    }
    findings.push(comments(&opener).await);
    if settings.models.set == ModelSet::Agpl {
        findings.push(Finding::note(
            "licence",
            "weights under the AGPL are in use: serving them on a network obliges you to offer your source",
        ));
    }
    findings
}

/// Whether a stage can be opened, and with which networks.
async fn opens(name: StageName, opener: &Opener<'_>, settings: &Settings, remedy: &str) -> Finding {
    if settings.stages.without.contains(&name) {
        return Finding::note(name.as_str(), "switched off by stages.without");
    }
    match opener.open(name).await {
        Err(failure) => Finding::bad(name.as_str(), failure.message, remedy),
        Ok(stage) => match stage.unavailable() {
            Some(reason) => Finding::bad(name.as_str(), reason, remedy),
            None => {
                let models = stage.models();
                let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
                Finding::ok(name.as_str(), format!("opens with {}", names.join(", ")))
            }
        },
    }
}

/// Whether language models can be asked for comments. Nobody has to.
async fn comments(opener: &Opener<'_>) -> Finding {
    let name = StageName::Insight.as_str();
    match opener.open(StageName::Insight).await {
        Err(failure) => Finding::bad(name, failure.message, "mend the setting it names"),
        Ok(stage) => match stage.unavailable() {
            Some(reason) => Finding::note(name, format!("off: {reason}")),
            None => Finding::ok(name, "language models comment if `--insight` asks them to"),
        },
    }
}

fn provider(model: &Model) -> Vec<Finding> {
    let serves = format!("{} serves {}", model.provider(), model.entry().name);
    let mut findings = vec![Finding::ok("provider", serves)];
    findings.extend(model.passed_over().iter().map(|other| {
        Finding::note(
            "provider",
            format!("{} not used: {}", other.provider, other.reason),
        )
    }));
    findings
}

fn space(settings: &Settings) -> anyhow::Result<Finding> {
    let store = settings.store_directory()?;
    let existing = store
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let system = match statvfs(existing) {
        Ok(system) => system,
        Err(error) => {
            return Ok(Finding::note(
                "disk",
                format!("free space unknown: {error}"),
            ));
        }
    };
    let free = system
        .blocks_available()
        .saturating_mul(system.fragment_size());
    let text = format!(
        "{:.1} GiB free at {}",
        free as f64 / f64::from(1 << 30),
        existing.display()
    );
    Ok(if free < LOW_SPACE_BYTES {
        Finding::bad(
            "disk",
            text,
            "free some space or set `store.directory` to another disk",
        )
    } else {
        Finding::ok("disk", text)
    })
}
