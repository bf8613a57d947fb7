#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "for tests only"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The workspace's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("tests/tidy lies two folders down")
        .into()
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Member {
    /// Package name.
    pub name: String,
    /// Its folder, relative to the root, as `services/decode`.
    pub folder: String,
    /// Names of this workspace's crates it depends on, without dev-dependencies.
    pub uses: Vec<String>,
}

/// All crates of the workspace, by folder.
#[must_use]
pub fn members() -> Vec<Member> {
    let mut members: Vec<Member> = ["shared", "services", "tests"]
        .iter()
        .flat_map(|group| fs::read_dir(root().join(group)).expect("the three groups exist"))
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.join("Cargo.toml").exists())
        .map(|path| member(&path))
        .collect();
    let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
    for member in &mut members {
        member.uses.retain(|used| names.contains(used));
    }
    members.sort_by(|a, b| a.folder.cmp(&b.folder));
    members
}

fn member(folder: &Path) -> Member {
    let text = fs::read_to_string(folder.join("Cargo.toml")).expect("a member has a manifest");
    let manifest: toml::Table = text.parse().expect("a manifest is TOML");
    let keys = |table: &str| {
        let table = manifest.get(table).and_then(toml::Value::as_table);
        table
            .map(|table| table.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    Member {
        name: manifest["package"]["name"]
            .as_str()
            .expect("a package has a name")
            .to_owned(),
        folder: folder
            .strip_prefix(root())
            .expect("inside the root")
            .to_string_lossy()
            .into_owned(),
        uses: [keys("dependencies"), keys("build-dependencies")].concat(),
    }
}

/// A Rust source file.
#[derive(Debug)]
pub struct Source {
    /// Path relative to the root.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// The file as a syntax tree.
    ///
    /// # Panics
    /// If it does not parse, which the compiler would have said.
    #[must_use]
    pub fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
    /// Its lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
    /// Lines before a `#[cfg(test)]` module, which all stand at the end.
    #[must_use]
    pub fn production_lines(&self) -> usize {
        let tests = self.lines().find(|(_, line)| line.trim() == "#[cfg(test)]");
        tests.map_or_else(|| self.text.lines().count(), |(number, _)| number - 1)
    }
    /// Whether it is compiled into something that ships.
    #[must_use]
    pub fn is_production(&self) -> bool {
        let in_src = self.path.contains("/src/");
        in_src && !self.path.starts_with("tests/") && !self.path.starts_with("shared/testkit/")
    }
}

/// All Rust sources under `folders` of the root.
#[must_use]
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let mut pending: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder can be listed");
            pending.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(Source {
                text: fs::read_to_string(&path).expect("a source can be read"),
                path: path
                    .strip_prefix(root())
                    .expect("inside the root")
                    .to_string_lossy()
                    .into_owned(),
            });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Fails with all findings at once, so that they are mended at once.
///
/// # Panics
/// If there are any.
pub fn expect_none(rule: &str, findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{rule}:\n  {}\n",
        findings.join("\n  ")
    );
}
