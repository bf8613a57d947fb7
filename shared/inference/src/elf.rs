//! A look at a shared library before the dynamic linker sees it.
//!
//! The linker maps what the headers claim; a file cut short kills the process with SIGBUS instead
//! of giving an error. The few header fields that tell are read here, because a parser crate
//! would be larger than this file. Layout: System V ABI, ELF-64 object file format.

use std::{
    fs::File,
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::Path,
};

const HEADER_BYTES: usize = 64;
const MAGIC: &[u8] = b"\x7fELF";
const SHARED_OBJECT: u64 = 3;
/// Far more than any library has; keeps a forged count from costing memory.
const MAX_HEADERS_BYTES: u64 = 1 << 20;

/// `Err` with a reason if the file at `path` is not a whole 64-bit shared library for this machine.
pub(crate) fn check_library(path: &Path) -> Result<(), String> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err("no such file".into()),
        Err(error) => return Err(error.to_string()),
    };
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let mut header = [0; HEADER_BYTES];
    let start = file.read_exact(&mut header);
    if start.is_err() || !header.starts_with(MAGIC) {
        return Err("it is not a shared library".into());
    }
    let machine = match std::env::consts::ARCH {
        "x86_64" => 62,
        "aarch64" => 183,
        other => return Err(format!("the architecture {other} is not supported")),
    };
    // Class 2: 64 bits; data 1: little-endian.
    if header.get(4..6) != Some(&[2, 1]) || field(&header, 18, 2) != machine {
        return Err("it was built for another machine".into());
    }
    if field(&header, 16, 2) != SHARED_OBJECT {
        return Err("it is not a shared library".into());
    }
    let sections_end =
        field(&header, 40, 8).saturating_add(field(&header, 58, 2) * field(&header, 60, 2));
    let segments = (
        field(&header, 32, 8),
        field(&header, 54, 2),
        field(&header, 56, 2),
    );
    if sections_end > length || !segments_fit(&mut file, segments, length)? {
        return Err("it is cut short".into());
    }
    Ok(())
}

fn segments_fit(
    file: &mut File,
    (offset, size, count): (u64, u64, u64),
    length: u64,
) -> Result<bool, String> {
    let bytes = size * count;
    if size < 56 || bytes > MAX_HEADERS_BYTES || offset.saturating_add(bytes) > length {
        return Ok(false);
    }
    let mut table = vec![0; usize::try_from(bytes).unwrap_or_default()];
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.read_exact(&mut table))
        .map_err(|error| error.to_string())?;
    let entries = table.chunks_exact(usize::try_from(size).unwrap_or(1).max(1));
    Ok(entries
        .into_iter()
        .all(|entry| field(entry, 8, 8).saturating_add(field(entry, 32, 8)) <= length))
}

/// A little-endian number of `size` bytes at `offset`; zero outside.
fn field(bytes: &[u8], offset: usize, size: usize) -> u64 {
    let raw = bytes.get(offset..offset + size).unwrap_or_default();
    raw.iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}
