//! Reading the folder of templates.

use crate::{error::ReloadError, file::is_template_file, identity::Digest};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Link that orchestrators swing from one generation of mounted files to the next.
const GENERATION_LINK: &str = "..data";
/// How often the folder is read if it is swung meanwhile.
const MAX_READS: usize = 4;

/// How much a folder of templates may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most files and folders.
    pub max_entries: usize,
    /// Largest file, in bytes.
    pub max_file_bytes: u64,
    /// Deepest folder below the first.
    pub max_depth: usize,
    /// Largest prompt, in bytes.
    pub max_prompt_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_entries: 1_000,
            max_file_bytes: 256 * 1024,
            max_depth: 4,
            max_prompt_bytes: 1024 * 1024 - 1,
        }
    }
}

/// What a folder holds.
pub(crate) struct Content {
    /// Files of templates by their path below the folder: bytes, or why there are none.
    pub(crate) files: BTreeMap<PathBuf, Result<Vec<u8>, String>>,
    /// The folder and all folders below it.
    pub(crate) folders: Vec<PathBuf>,
}

impl Content {
    /// Changes if any file does.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digest = Digest::new("rumiai prompt files");
        for (path, content) in &self.files {
            digest.part(path.as_os_str().as_encoded_bytes());
            match content {
                Ok(bytes) => digest.part(bytes),
                Err(message) => digest.part(message.as_bytes()),
            }
            digest.part(&[u8::from(content.is_ok())]);
        }
        digest.bytes()
    }
}

/// Reads a folder; of mounted files, all of one generation.
pub(crate) fn read(folder: &Path, limits: &Limits) -> Result<Content, ReloadError> {
    let generation = || fs::read_link(folder.join(GENERATION_LINK)).ok();
    let mut before = generation();
    for _ in 0..MAX_READS {
        let content = read_once(folder, limits);
        let after = generation();
        if before == after {
            return content;
        }
        before = after;
    }
    Err(ReloadError::Unsettled {
        folder: folder.to_owned(),
    })
}

fn read_once(folder: &Path, limits: &Limits) -> Result<Content, ReloadError> {
    let mut content = Content {
        files: BTreeMap::new(),
        folders: vec![folder.to_owned()],
    };
    let mut entries = 0;
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((current, depth)) = open.pop() {
        for entry in listed(&current).map_err(|error| unreadable(&current, &error))? {
            entries += 1;
            if entries > limits.max_entries {
                return Err(ReloadError::TooMuch {
                    folder: folder.to_owned(),
                    what: format!("{} files and folders", limits.max_entries),
                });
            }
            // Links are followed: mounted files are links.
            let is_folder = fs::metadata(&entry).is_ok_and(|metadata| metadata.is_dir());
            if is_folder && depth < limits.max_depth {
                content.folders.push(entry.clone());
                open.push((entry, depth + 1));
            } else if !is_folder && is_template_file(&entry) {
                let path = entry.strip_prefix(folder).unwrap_or(&entry).to_owned();
                content.files.insert(path, bytes(&entry, limits));
            }
        }
    }
    Ok(content)
}

/// What a folder holds, without what is hidden.
fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn unreadable(folder: &Path, error: &io::Error) -> ReloadError {
    ReloadError::Unreadable {
        folder: folder.to_owned(),
        message: error.to_string(),
    }
}

fn bytes(path: &Path, limits: &Limits) -> Result<Vec<u8>, String> {
    let told = |error: io::Error| error.to_string();
    if !fs::metadata(path).map_err(told)?.is_file() {
        return Err("it is no regular file".into());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(told)?;
    let mut limited = file.take(limits.max_file_bytes + 1);
    limited.read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > limits.max_file_bytes {
        return Err(format!("it exceeds {} bytes", limits.max_file_bytes));
    }
    Ok(bytes)
}
