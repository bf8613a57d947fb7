//! Settings, limits, the record codec and reading pictures back.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{
    ArtifactKey, ArtifactRef, MediaTime, Sha256,
    decoded::{PictureEntry, PictureIndex, PictureSet, Rational},
};
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
use media::{
    Claim, DecodeParameters, Limits, PictureError,
    pictures::{decode_jpeg, load_index, load_picture},
    protocol::{Record, read_record, write_record},
};
use proptest::prelude::*;
use stage::{ArtifactError, Artifacts};
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

/// A store of a few artifacts that never change.
#[derive(Default)]
struct Few(BTreeMap<ArtifactKey, Bytes>);

impl Few {
    fn add(&mut self, name: &str, bytes: Vec<u8>) -> ArtifactRef {
        let key = ArtifactKey::new(name).unwrap();
        let reference = ArtifactRef {
            key: key.clone(),
            digest: Sha256::of(&bytes),
            size_bytes: bytes.len() as u64,
        };
        self.0.insert(key, bytes.into());
        reference
    }
}

#[async_trait]
impl Artifacts for Few {
    async fn put(&self, key: &ArtifactKey, _: Bytes) -> Result<ArtifactRef, ArtifactError> {
        Err(ArtifactError::NotFound(key.clone()))
    }
    async fn put_file(&self, key: &ArtifactKey, _: &Path) -> Result<ArtifactRef, ArtifactError> {
        Err(ArtifactError::NotFound(key.clone()))
    }
    async fn get(&self, reference: &ArtifactRef) -> Result<Bytes, ArtifactError> {
        let found = self.0.get(&reference.key).cloned();
        found.ok_or_else(|| ArtifactError::NotFound(reference.key.clone()))
    }
    async fn get_range(
        &self,
        reference: &ArtifactRef,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError> {
        let bytes = self.get(reference).await?;
        Ok(bytes.slice(range.start as usize..range.end as usize))
    }
    async fn local_file(&self, r: &ArtifactRef, _: &Path) -> Result<PathBuf, ArtifactError> {
        Err(ArtifactError::NotFound(r.key.clone()))
    }
    async fn find(&self, _: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError> {
        Ok(None)
    }
    async fn list(&self, _: &str) -> Result<Vec<ArtifactKey>, ArtifactError> {
        Ok(Vec::new())
    }
}

fn jpeg(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let pixels = colour.repeat((width * height) as usize);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

fn two_pictures() -> (Few, PictureSet, PictureIndex) {
    let pictures = [jpeg(32, 24, [200, 30, 30]), jpeg(32, 24, [30, 30, 200])];
    let entry = |n: usize| PictureEntry {
        time: MediaTime::from_nanos(n as u64),
        frame_number: n as u64,
        offset: if n == 0 { 0 } else { pictures[0].len() as u64 },
        length: pictures[n].len() as u32,
        crc32: crc32fast::hash(&pictures[n]),
    };
    let index = PictureIndex {
        width: 32,
        height: 24,
        pictures: vec![entry(0), entry(1)],
    };
    let (store, set) = stored(&index, pictures.concat());
    (store, set, index)
}

fn stored(index: &PictureIndex, data: Vec<u8>) -> (Few, PictureSet) {
    let mut store = Few::default();
    let set = PictureSet {
        data: store.add("data", data),
        index: store.add("index", rmp_serde::to_vec_named(index).unwrap()),
        count: index.pictures.len() as u32,
    };
    (store, set)
}

#[tokio::test]
async fn pictures_are_read_back_by_their_index() {
    let (store, set, index) = two_pictures();
    let read = load_index(&store, &set).await.unwrap();
    assert_eq!(read, index);
    let picture = load_picture(&store, &set, &read.pictures[1]).await.unwrap();
    assert_eq!(
        (picture.width, picture.height, picture.data.len()),
        (32, 24, 32 * 24 * 3)
    );
    assert!(
        picture.data[2] > 180 && picture.data[0] < 50,
        "{:?}",
        &picture.data[..3]
    );
}

#[tokio::test]
async fn a_picture_that_is_not_the_one_named_is_refused() {
    let (store, set, index) = two_pictures();
    let mut entry = index.pictures[0];
    entry.crc32 ^= 1;
    let outcome = load_picture(&store, &set, &entry).await;
    assert!(
        matches!(outcome, Err(PictureError::Damaged { offset: 0 })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn an_index_that_contradicts_its_data_is_refused() {
    let changes: [fn(&mut PictureIndex); 4] = [
        |index| index.pictures[1].offset = u64::MAX,
        |index| index.pictures[1].length += 1,
        |index| index.pictures[1].time = MediaTime::ZERO,
        |index| index.width = 100_000,
    ];
    for change in changes {
        let (_, _, mut index) = two_pictures();
        let data = vec![
            0;
            index
                .pictures
                .iter()
                .map(|entry| entry.length as usize)
                .sum()
        ];
        change(&mut index);
        let (store, set) = stored(&index, data);
        let outcome = load_index(&store, &set).await;
        assert!(
            matches!(outcome, Err(PictureError::Inconsistent(_))),
            "{outcome:?}"
        );
    }
    let (store, mut set, _) = two_pictures();
    set.count = 3;
    let outcome = load_index(&store, &set).await;
    assert!(
        matches!(outcome, Err(PictureError::Inconsistent(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_picture_beyond_the_limit_is_not_decoded() {
    // A frame header that claims 65,000 × 65,000 pixels.
    let mut bytes = jpeg(16, 16, [0, 0, 0]);
    let at = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[at + 5..at + 9].copy_from_slice(&[0xfd, 0xe8, 0xfd, 0xe8]);
    assert!(matches!(decode_jpeg(&bytes), Err(PictureError::Jpeg(_))));
}

#[test]
fn defaults_are_valid_and_extremes_are_named() {
    Limits::default().validate().unwrap();
    DecodeParameters::default().validate().unwrap();
    let limits = Limits {
        frames: 0,
        ..Limits::default()
    };
    assert!(
        limits
            .validate()
            .unwrap_err()
            .to_string()
            .starts_with("frames is 0")
    );
    let parameters = DecodeParameters {
        long_side: 5000,
        ..DecodeParameters::default()
    };
    assert!(
        parameters
            .validate()
            .unwrap_err()
            .to_string()
            .starts_with("long_side is 5000")
    );
    assert!(serde_json::from_str::<Limits>(r#"{"frame":1}"#).is_err());
    assert!(serde_json::from_str::<DecodeParameters>(r#"{"longside":1}"#).is_err());
}

#[test]
fn the_rate_falls_with_the_duration() {
    let parameters = DecodeParameters::default();
    let rate = |seconds| parameters.rate_for(MediaTime::from_seconds(seconds));
    let found = [0.0, 29.9, 30.0, 59.9, 60.0, 119.9, 120.0, 900.0].map(rate);
    assert_eq!(found, [5, 5, 3, 3, 2, 2, 1, 1]);
}

#[test]
fn a_claim_is_judged_by_arithmetic() {
    let limits = Limits::default();
    let fits = Claim {
        file_bytes: 1_000_000,
        duration: MediaTime::from_seconds(60.0),
        width: 1080,
        height: 1920,
        frame_rate: Some(Rational {
            numerator: 60,
            denominator: 1,
        }),
    };
    limits.admit(&fits).unwrap();
    let refused = |claim: Claim| limits.admit(&claim).unwrap_err();
    let rate = |numerator| {
        Some(Rational {
            numerator,
            denominator: 1,
        })
    };
    assert!(
        refused(Claim {
            file_bytes: u64::MAX,
            ..fits
        })
        .contains("bytes, limit")
    );
    assert!(
        refused(Claim {
            duration: MediaTime::from_nanos(u64::MAX),
            ..fits
        })
        .contains(" s, limit")
    );
    assert!(
        refused(Claim {
            width: u32::MAX,
            height: u32::MAX,
            ..fits
        })
        .contains("pixels, limit")
    );
    assert!(
        refused(Claim {
            frame_rate: rate(u32::MAX),
            ..fits
        })
        .contains("per second, limit")
    );
    let long = MediaTime::from_seconds(800.0);
    assert!(
        refused(Claim {
            frame_rate: rate(240),
            duration: long,
            ..fits
        })
        .contains("frames, limit")
    );
    assert!(
        refused(Claim {
            duration: long,
            ..fits
        })
        .contains("pixels in all")
    );
}

fn read_all(bytes: &[u8]) -> Vec<Result<Record, String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut reader = bytes;
        let mut records = Vec::new();
        loop {
            match read_record(&mut reader).await {
                Ok(None) => return records,
                Ok(Some(record)) => records.push(Ok(record)),
                Err(error) => {
                    records.push(Err(error.to_string()));
                    return records;
                }
            }
        }
    })
}

proptest! {
    #[test]
    fn records_are_read_as_they_were_written(audio: Vec<u8>, reason: String, cut: prop::sample::Index) {
        let records = [Record::Audio(audio), Record::Refused(reason)];
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for record in &records {
            write_record(&mut bytes, record).unwrap();
            ends.push(bytes.len());
        }
        let read: Vec<Record> = read_all(&bytes).into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(&read[..], &records[..]);
        // Cut anywhere: whole records are read, and a part of one is an error.
        let cut = cut.index(bytes.len());
        let read = read_all(&bytes[..cut]);
        prop_assert_eq!(read.last().is_some_and(Result::is_err), !ends.contains(&cut));
    }

    #[test]
    fn any_bytes_are_records_or_an_error(bytes: Vec<u8>) {
        let length = (bytes.len() as u32).to_le_bytes();
        let answers = read_all(&[&length, bytes.as_slice()].concat());
        prop_assert!(answers.len() <= 1);
        let _ = decode_jpeg(&bytes);
    }
}
