//! Where recorded cases lie, and what they hold.
//!
//! A folder has `inputs/<case>.json` and, for each, `<case>/<analysis>.json`; and, where it was
//! recorded, `fuzz/<nn>.json` with `{input, outputs}`. Cases are taken as they are found.

use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The analyses that were recorded, with the markers.
pub const ANALYSES: [&str; 8] = [
    "creative_density",
    "emotional_journey",
    "person_framing",
    "scene_pacing",
    "speech_analysis",
    "visual_overlay_analysis",
    "metadata_analysis",
    "temporal_markers",
];

/// What the names of made cases begin with.
const MADE: &str = "fuzz/";

/// One recorded video.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What the original was given.
    pub input: Value,
    /// What it gave, by analysis; an analysis that failed is not there.
    pub results: BTreeMap<String, Value>,
    /// Places at which the original gives now this and now that, as `analysis.block.list[2].field`.
    pub undetermined: BTreeSet<String>,
}

impl Case {
    /// Whether it was made, and not recorded.
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.name.starts_with(MADE)
    }
}

/// Places listed for a case under `<case>/<analysis>.json`, as `/block/list[2]/field`.
fn places(undetermined: &Value, case: &str) -> BTreeSet<String> {
    let of = |analysis: &&str| {
        let listed = undetermined[format!("{case}/{analysis}.json")].as_object();
        let place = |place: &String| format!("{analysis}{}", place.replace('/', "."));
        listed.map_or_else(Vec::new, |all| all.keys().map(place).collect())
    };
    ANALYSES.iter().flat_map(of).collect()
}

/// The recorded cases by name, the made ones after them; none where nothing was recorded.
///
/// # Errors
/// If a file cannot be read.
pub fn cases() -> Result<Vec<Case>> {
    match testkit::oracle_dir() {
        Some(folder) => cases_in(&folder),
        None => Ok(Vec::new()),
    }
}

/// The same for a folder.
///
/// # Errors
/// If a file cannot be read.
pub fn cases_in(folder: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let undetermined = load(&folder.join("nondeterministic_fields.json")).unwrap_or_default();
    for path in listed(&folder.join("inputs"))? {
        let name = stem(&path);
        let results = ANALYSES.iter().filter_map(|analysis| {
            let result = folder.join(&name).join(format!("{analysis}.json"));
            let result = load(&result).ok().filter(succeeded)?;
            Some(((*analysis).to_owned(), result))
        });
        cases.push(Case {
            results: results.collect(),
            undetermined: places(&undetermined, &name),
            input: load(&path)?,
            name,
        });
    }
    for path in listed(&folder.join("fuzz"))? {
        let made = load(&path)?;
        let results = ANALYSES.iter().filter_map(|analysis| {
            let result = made["outputs"].get(analysis)?.clone();
            succeeded(&result).then(|| ((*analysis).to_owned(), result))
        });
        let name = format!("{MADE}{}", stem(&path));
        cases.push(Case {
            undetermined: places(&undetermined, &name),
            name,
            results: results.collect(),
            input: made["input"].clone(),
        });
    }
    Ok(cases)
}

/// A JSON file.
///
/// # Errors
/// If it cannot be read.
pub fn load(path: &Path) -> Result<Value> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("cannot parse {}", path.display()))
}

fn succeeded(result: &Value) -> bool {
    let fields = result.as_object();
    fields.is_some_and(|fields| !fields.is_empty() && !fields.contains_key("__error__"))
}

/// The JSON files of a folder by name; none if there is no such folder.
fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
