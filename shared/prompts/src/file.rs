//! The forms in which templates are written: name and text, name and versions, a text of its own.

use crate::{
    contract::expected,
    engine::Engine,
    error::LoadProblem,
    template::{Draft, Status},
    variable::{Declaration, is_name},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt, path::Path};

/// Version of a template written as name and text.
const ONLY_VERSION: &str = "1";
/// Weight of a version that names none.
const DEFAULT_WEIGHT: u32 = 100;
/// Line before the system part of a text file; it is the first one.
const SYSTEM_LINE: &str = "=== system ===";
/// Line before the user part of a text file that has a system part.
const USER_LINE: &str = "=== user ===";

/// Whether a file of this name holds templates.
pub(crate) fn is_template_file(path: &Path) -> bool {
    matches!(extension(path), "yaml" | "yml" | "json")
        || extension(path) == "txt" && stem(path).is_some()
}

fn extension(path: &Path) -> &str {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.unwrap_or_default()
}

/// Name and version of a text file: `scene_pacing_v2.txt` is version 2 of `scene_pacing`.
fn stem(path: &Path) -> Option<(&str, &str)> {
    let (name, version) = path.file_stem()?.to_str()?.rsplit_once("_v")?;
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && is_name(name)).then_some((name, version))
}

/// The templates of a file.
pub(crate) fn drafts(path: &Path, bytes: &[u8]) -> Result<Vec<Draft>, LoadProblem> {
    let problem = |what: String| LoadProblem::new("file", what);
    let text = std::str::from_utf8(bytes).map_err(|error| problem(format!("no UTF-8: {error}")))?;
    let entries: Entries = match extension(path) {
        "json" => serde_json::from_str(text).map_err(|error| problem(error.to_string()))?,
        "txt" => return Ok(text_file(path, text).into_iter().collect()),
        _ => {
            serde_saphyr::from_str(text).map_err(|error| problem(first_line(&error.to_string())))?
        }
    };
    let mut drafts = Vec::new();
    for (name, entry) in entries.0 {
        match entry {
            Entry::Text(text) => drafts.push(only_text(&name, text)),
            Entry::Full(full) => drafts.append(&mut full.drafts(&name)?),
        }
    }
    Ok(drafts)
}

/// What the parser says, without the excerpt of the file that follows it.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

fn only_text(name: &str, user: String) -> Draft {
    Draft {
        name: name.to_owned(),
        version: ONLY_VERSION.to_owned(),
        weight: DEFAULT_WEIGHT,
        status: Status::Active,
        engine: Engine::Brace,
        task: None,
        output_schema: None,
        system: None,
        user,
        variables: None,
        has_sections: false,
    }
}

fn text_file(path: &Path, text: &str) -> Option<Draft> {
    let (name, version) = stem(path)?;
    let text = text.replace("\r\n", "\n");
    let after = text.strip_prefix(SYSTEM_LINE);
    let parts = after.and_then(|text| text.split_once(&format!("\n{USER_LINE}\n")));
    let (system, user) = match parts {
        Some((system, user)) => (Some(system.trim().to_owned()), user.trim().to_owned()),
        None => (None, text.trim().to_owned()),
    };
    let known = expected(name).filter(|known| known.is_analysis);
    let has_place = |text: &str| {
        let variables = known.map_or(&[][..], |known| known.variables);
        let mut places = variables.iter().map(|one| format!("{{{}}}", one.name));
        places.any(|place| text.contains(&place))
    };
    let has_sections = known.is_some() && system.is_none() && !has_place(&user);
    Some(Draft {
        version: version.to_owned(),
        output_schema: known.map(|_| format!("{name}.v{version}")),
        system,
        has_sections,
        ..only_text(name, user)
    })
}

/// Everything in a file, in its order; no name twice.
struct Entries(Vec<(String, Entry)>);

enum Entry {
    Text(String),
    Full(Full),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    task: Option<String>,
    #[serde(default)]
    engine: Engine,
    #[serde(default)]
    variables: BTreeMap<String, Declaration>,
    output_schema: Option<String>,
    versions: Vec<Version>,
    #[serde(default, rename = "fallback")]
    _fallback: Fallback,
}

/// What is used where no version can be: only the built-in template.
#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fallback {
    #[default]
    Builtin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: String,
    #[serde(default = "default_weight")]
    weight: u32,
    #[serde(default)]
    status: Status,
    system: Option<String>,
    user: String,
}

const fn default_weight() -> u32 {
    DEFAULT_WEIGHT
}

impl Full {
    fn drafts(self, name: &str) -> Result<Vec<Draft>, LoadProblem> {
        let active = self
            .versions
            .iter()
            .filter(|one| one.status == Status::Active);
        if active.map(|one| u64::from(one.weight)).sum::<u64>() == 0 {
            let what = "its active versions have no weight; give one of them a weight above 0";
            return Err(LoadProblem::new(name, what));
        }
        let draft = |one: Version| Draft {
            name: name.to_owned(),
            version: one.version,
            weight: one.weight,
            status: one.status,
            engine: self.engine,
            task: self.task.clone(),
            output_schema: self.output_schema.clone(),
            system: one.system,
            user: one.user,
            variables: Some(self.variables.clone()),
            has_sections: false,
        };
        Ok(self.versions.into_iter().map(draft).collect())
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("templates by name")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries: Vec<(String, Entry)> = Vec::new();
        while let Some((name, entry)) = map.next_entry::<String, Entry>()? {
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("'{name}' is there twice")));
            }
            entries.push((name, entry));
        }
        Ok(Entries(entries))
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or an object with 'versions'")
    }
    fn visit_str<E>(self, text: &str) -> Result<Entry, E> {
        Ok(Entry::Text(text.to_owned()))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        Full::deserialize(MapAccessDeserializer::new(map)).map(Entry::Full)
    }
}
