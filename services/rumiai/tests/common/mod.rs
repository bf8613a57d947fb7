//! The executable under test.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use testkit::Schemas;

/// The executable with a store of its own under `folder`, weights from the real cache, and no
/// settings of the developer's.
pub fn rumiai(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rumiai"));
    command
        .env("RUMIAI_CACHE_DIR", testkit::cache_dir())
        .env("RUMIAI__STORE__DIRECTORY", folder.join("store"))
        .env("XDG_CONFIG_HOME", folder)
        .env_remove("LOG_LEVEL")
        .env_remove("CLAUDE_API_KEY")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .current_dir(folder);
    command
}

/// The one JSON object on standard output.
#[allow(dead_code, reason = "not every test file prints JSON")]
pub fn json_of(stdout: &[u8]) -> serde_json::Value {
    serde_json::from_slice(stdout)
        .unwrap_or_else(|error| panic!("{error} in: {}", String::from_utf8_lossy(stdout)))
}

/// All files below a folder; none if it does not exist.
#[allow(dead_code, reason = "not every test file looks at files")]
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut pending = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(path) = pending.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => pending.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) if path.is_file() => files.push(path),
            Err(_) => {}
        }
    }
    files.sort();
    files
}

/// Leaves out every stage that looks or listens through a network, for tests of anything else.
#[allow(dead_code, reason = "not every test file does without them")]
pub fn without_models(command: &mut Command) -> &mut Command {
    command
        .env(
            "RUMIAI__STAGES__WITHOUT",
            "detect,people,emotion,transcribe,ocr,moderate,label",
        )
        .env("RUMIAI__SOUND__CLASSIFY", "false")
}

/// Checks a document against a schema that is shipped.
#[allow(dead_code, reason = "not every test file looks at schemas")]
pub fn obeys(schema_name: &str, document: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas")
        .join(format!("{schema_name}.schema.json"));
    let text = std::fs::read_to_string(path).unwrap();
    let schema = serde_json::from_str(&text).unwrap();
    Schemas::new([(schema_name.to_owned(), schema)]).check(schema_name, schema_name, document);
}

/// Every file of a result by its path, the time in its name left out; `summary.json`, where times
/// and run ids are, apart.
#[allow(dead_code, reason = "not every test file compares results")]
pub fn timeless_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in files_below(folder) {
        let relative = path
            .strip_prefix(folder)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        if relative.ends_with("summary.json") {
            continue;
        }
        let name = match relative.rsplit_once("_20") {
            Some((stem, time)) if time.len() == "261120_120000.json".len() => {
                format!("{stem}.json")
            }
            _ => relative,
        };
        assert!(files.insert(name, fs::read(&path).unwrap()).is_none());
    }
    files
}
