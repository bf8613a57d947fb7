//! Entries as bytes: MessagePack, packed above a size, encrypted if there is a key, with a checksum.

use crate::{
    config::CacheConfig,
    entry::{ENTRY_VERSION, Entry},
    seal::EncryptionKey,
};
use contracts::codec;

/// First byte of every frame, and its version.
const HEADER: [u8; 2] = [b'R', 1];
/// Where the checksum lies.
const CHECKSUM: std::ops::Range<usize> = 3..7;
/// What the body went through.
const PACKED: u8 = 1;
const SEALED: u8 = 2;
/// Bodies above this size are packed, in bytes.
const PACK_ABOVE_BYTES: usize = 1024;
const PACK_LEVEL: i32 = 1;

/// More than any frame has: the limit of an entry, and room for what is around it.
pub(crate) const MAX_BYTES: usize = CacheConfig::VALUE_LIMIT_BYTES + 1024;

/// An entry that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritable {
    TooLarge,
    Unsealed,
}

impl Unwritable {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unsealed => "unsealed",
        }
    }
}

/// Bytes that are not the entry that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Version,
    Checksum,
    Sealed,
    Malformed,
}

impl Unreadable {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Checksum => "checksum",
            Self::Sealed => "sealed",
            Self::Malformed => "malformed",
        }
    }
}

/// Writes `entry` for the name it is stored under.
pub(crate) fn write(
    entry: &Entry,
    name: &str,
    key: Option<&EncryptionKey>,
) -> Result<Vec<u8>, Unwritable> {
    // Its limit is ours: codec::MAX_MESSAGE_BYTES.
    let mut body = codec::encode(entry).map_err(|_| Unwritable::TooLarge)?;
    let mut flags = 0;
    if body.len() > PACK_ABOVE_BYTES
        && let Ok(packed) = zstd::bulk::compress(&body, PACK_LEVEL)
        && packed.len() < body.len()
    {
        body = packed;
        flags |= PACKED;
    }
    if let Some(key) = key {
        body = key.seal(name, body).ok_or(Unwritable::Unsealed)?;
        flags |= SEALED;
    }
    let checksum = checksum(flags, &body).to_le_bytes();
    Ok([&HEADER[..], &[flags], &checksum, &body].concat())
}

/// Reads what [`write()`] wrote under the same name; never panics, whatever the bytes.
pub(crate) fn read(
    bytes: &[u8],
    name: &str,
    key: Option<&EncryptionKey>,
) -> Result<Entry, Unreadable> {
    if bytes.get(..HEADER.len()) != Some(&HEADER[..]) {
        return Err(Unreadable::Version);
    }
    let (head, body) = bytes
        .split_at_checked(CHECKSUM.end)
        .ok_or(Unreadable::Checksum)?;
    let flags = head[HEADER.len()];
    if head[CHECKSUM] != checksum(flags, body).to_le_bytes() {
        return Err(Unreadable::Checksum);
    }
    let opened = match (key, flags & SEALED != 0) {
        (Some(key), true) => key.open(name, body).ok_or(Unreadable::Sealed)?,
        (None, false) => body.to_vec(),
        // Whoever encrypts believes nothing that anybody could have written.
        _ => return Err(Unreadable::Sealed),
    };
    let plain = if flags & PACKED == 0 {
        opened
    } else {
        zstd::bulk::decompress(&opened, CacheConfig::VALUE_LIMIT_BYTES)
            .map_err(|_| Unreadable::Malformed)?
    };
    let entry: Entry = codec::decode_exact(&plain).map_err(|_| Unreadable::Malformed)?;
    if entry.v == ENTRY_VERSION {
        Ok(entry)
    } else {
        Err(Unreadable::Version)
    }
}

fn checksum(flags: u8, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[flags]);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn entry(value: Vec<u8>) -> Entry {
        Entry {
            v: ENTRY_VERSION,
            created_ms: 1,
            expires_ms: 2,
            task: "t".into(),
            schema: Some("s".into()),
            cost_usd: Some(0.001),
            took_ms: 1840,
            producer: "p".into(),
            subjects: vec!["aa".into()],
            value: Bytes::from(value),
        }
    }

    fn key() -> EncryptionKey {
        EncryptionKey::from_hex(&"01".repeat(32)).unwrap()
    }

    /// Bytes that cannot be packed.
    fn noise(length: usize) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(7);
        (0..length).map(|_| random.u8(..)).collect()
    }

    #[test]
    fn entries_come_back_as_they_were() {
        for value in [Vec::new(), noise(500), vec![b'a'; 100_000], noise(100_000)] {
            for key in [None, Some(&key())] {
                let entry = entry(value.clone());
                let bytes = write(&entry, "n", key).unwrap();
                assert_eq!(read(&bytes, "n", key).unwrap(), entry);
            }
        }
    }

    #[test]
    fn what_is_large_is_packed_and_what_is_small_is_not() {
        let large = write(&entry(vec![b'a'; 100_000]), "n", None).unwrap();
        assert!(large.len() < 1000, "{}", large.len());
        let small = write(&entry(vec![b'a'; 500]), "n", None).unwrap();
        assert!(small.windows(500).any(|part| part == [b'a'; 500]));
    }

    #[test]
    fn what_no_reader_would_take_is_not_written() {
        let largest = CacheConfig::VALUE_LIMIT_BYTES;
        assert_eq!(
            write(&entry(vec![0; largest]), "n", None),
            Err(Unwritable::TooLarge)
        );
        let bytes = write(&entry(noise(largest - 1024)), "n", Some(&key())).unwrap();
        assert!(bytes.len() < MAX_BYTES);
    }

    #[test]
    fn bytes_that_unpack_to_more_are_refused() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap();
        let sum = checksum(PACKED, &bomb).to_le_bytes();
        let bytes = [&HEADER[..], &[PACKED], &sum, &bomb].concat();
        assert_eq!(read(&bytes, "n", None), Err(Unreadable::Malformed));
    }

    #[test]
    fn each_way_to_be_wrong_has_its_name() {
        let good = write(&entry(noise(100)), "n", None).unwrap();
        let changed = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            read(&bytes, "n", None).unwrap_err()
        };
        assert_eq!(changed(1), Unreadable::Version);
        assert_eq!(changed(2), Unreadable::Checksum);
        assert_eq!(changed(4), Unreadable::Checksum);
        assert_eq!(changed(good.len() - 1), Unreadable::Checksum);
        assert_eq!(read(&good[..5], "n", None), Err(Unreadable::Checksum));
        assert_eq!(read(b"", "n", None), Err(Unreadable::Version));
        let newer = Entry {
            v: 2,
            ..entry(Vec::new())
        };
        let bytes = write(&newer, "n", None).unwrap();
        assert_eq!(read(&bytes, "n", None), Err(Unreadable::Version));
    }

    #[test]
    fn with_a_key_nothing_else_is_believed() {
        let plain = write(&entry(noise(100)), "n", None).unwrap();
        assert_eq!(read(&plain, "n", Some(&key())), Err(Unreadable::Sealed));
        let sealed = write(&entry(noise(100)), "n", Some(&key())).unwrap();
        assert_eq!(read(&sealed, "n", None), Err(Unreadable::Sealed));
        assert_eq!(read(&sealed, "m", Some(&key())), Err(Unreadable::Sealed));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, flags: u8) {
            drop(read(&bytes, "n", None));
            let sum = checksum(flags, &bytes).to_le_bytes();
            let framed = [&HEADER[..], &[flags], &sum, &bytes].concat();
            drop(read(&framed, "n", None));
            drop(read(&framed, "n", Some(&key())));
        }
    }
}
