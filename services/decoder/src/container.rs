//! The outermost layer of a file: which container it is, and whether it is all there.

use contracts::decoded::Container;
use std::{fs::File, io, os::unix::fs::FileExt};

/// Most top-level boxes looked at; a fragmented file has two for every fragment.
const MAX_BOXES: usize = 100_000;
const EBML_MAGIC: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT_ID: [u8; 4] = [0x18, 0x53, 0x80, 0x67];
/// Types a QuickTime or ISO file may begin with.
const FIRST_BOXES: [&[u8; 4]; 6] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"];

/// What the outermost layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// The container.
    pub container: Container,
    /// Bytes the container says it has beyond the end of the file.
    pub missing_bytes: u64,
    /// Whether it is an MP4 in fragments, whose header knows nothing of its duration.
    pub is_fragmented: bool,
}

/// Looks at the first bytes and at the sizes of the outermost parts (ISO/IEC 14496-12 §4.2,
/// RFC 8794 §5); `None` if this is no container this program opens.
///
/// # Errors
/// If the file cannot be read.
pub fn outline(file: &File) -> io::Result<Option<Outline>> {
    let size = file.metadata()?.len();
    let start = read(file, 0)?;
    let outline = |container, end: u64, is_fragmented| Outline {
        container,
        missing_bytes: end.saturating_sub(size),
        is_fragmented,
    };
    if start.starts_with(&EBML_MAGIC) {
        return Ok(Some(outline(
            Container::Matroska,
            segment_end(file)?,
            false,
        )));
    }
    let first = start.get(4..8).unwrap_or_default();
    if FIRST_BOXES.iter().any(|name| name.as_slice() == first) {
        let (end, is_fragmented) = boxes(file, size)?;
        return Ok(Some(outline(Container::Mp4, end, is_fragmented)));
    }
    Ok(None)
}

/// Up to 16 bytes at an offset.
fn read(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 16];
    let mut filled = 0;
    while filled < bytes.len() {
        let rest = bytes.get_mut(filled..).unwrap_or_default();
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Where the last top-level box ends, as its size says, and whether one is a movie fragment.
fn boxes(file: &File, size: u64) -> io::Result<(u64, bool)> {
    let (mut offset, mut is_fragmented) = (0_u64, false);
    for _ in 0..MAX_BOXES {
        if offset >= size {
            break;
        }
        let header = read(file, offset)?;
        let Some((short, rest)) = header.split_first_chunk::<4>() else {
            return Ok((offset + 8, is_fragmented));
        };
        is_fragmented |= rest.starts_with(b"moof");
        let length = match u32::from_be_bytes(*short) {
            0 => return Ok((size, is_fragmented)),
            1 => match rest.get(4..12).and_then(|long| long.try_into().ok()) {
                Some(long) => u64::from_be_bytes(long),
                None => return Ok((offset + 16, is_fragmented)),
            },
            length => length.into(),
        };
        // Trailing rubbish is no box; what came before it is all there.
        if length < 8 {
            break;
        }
        offset = offset.saturating_add(length);
    }
    Ok((offset, is_fragmented))
}

/// Where the Matroska segment ends, as its size says; zero if it states none.
fn segment_end(file: &File) -> io::Result<u64> {
    let header = read(file, 4)?;
    let Some((length, width)) = variable_integer(&header) else {
        return Ok(0);
    };
    let start = 4_u64.saturating_add(width).saturating_add(length);
    let segment = read(file, start)?;
    let Some(size) = segment.strip_prefix(&SEGMENT_ID) else {
        return Ok(0);
    };
    Ok(match variable_integer(size) {
        Some((length, width)) => (start + 4 + width).saturating_add(length),
        None => 0,
    })
}

/// An EBML variable-size integer and its width in bytes; `None` if cut off or "unknown".
fn variable_integer(bytes: &[u8]) -> Option<(u64, u64)> {
    let (first, rest) = bytes.split_first()?;
    let width = first.leading_zeros() as usize + 1;
    if width > 8 {
        return None;
    }
    let mask = if width == 8 { 0 } else { 0xff_u8 >> width };
    let low = rest.get(..width - 1)?;
    let value = low.iter().fold(u64::from(first & mask), |value, byte| {
        value << 8 | u64::from(*byte)
    });
    let unknown = (1_u64 << (7 * width)) - 1;
    (value != unknown).then_some((value, width as u64))
}
