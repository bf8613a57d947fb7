//! Reading pictures back: by index, by range, checked, as JPEG or as pixels.

use crate::parameters::MAX_LONG_SIDE;
use bytes::Bytes;
use contracts::{
    codec::{DecodeError, decode_exact_unbounded},
    decoded::{PictureEntry, PictureIndex, PictureSet},
};
use stage::{ArtifactError, Artifacts};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

/// Largest JPEG that is read, in bytes.
pub const MAX_PICTURE_BYTES: u32 = 32 * 1024 * 1024;

/// Pixels: red, green, blue, one byte each, row by row from the top, no padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbPicture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width · height · 3` bytes.
    pub data: Vec<u8>,
}

/// Why a picture cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The store failed or its bytes are damaged.
    #[error("cannot read pictures")]
    Artifact(#[from] ArtifactError),
    /// The index is not an index.
    #[error("picture index is unreadable")]
    Index(#[from] DecodeError),
    /// The index contradicts the set or itself.
    #[error("picture index is inconsistent: {0}")]
    Inconsistent(String),
    /// The bytes of one picture are not those the index names.
    #[error("picture at byte {offset} is damaged: its CRC-32 differs from the index")]
    Damaged {
        /// Where it begins.
        offset: u64,
    },
    /// The bytes are no JPEG this program reads.
    #[error("picture cannot be decoded: {0}")]
    Jpeg(String),
}

/// Reads and checks the index of a set of pictures.
///
/// # Errors
/// [`PictureError`] if the store fails, or the index names bytes the data does not have.
pub async fn load_index(
    artifacts: &dyn Artifacts,
    set: &PictureSet,
) -> Result<PictureIndex, PictureError> {
    let bytes = artifacts.get(&set.index).await?;
    let index: PictureIndex = decode_exact_unbounded(&bytes)?;
    check_index(&index, set)?;
    Ok(index)
}

fn check_index(index: &PictureIndex, set: &PictureSet) -> Result<(), PictureError> {
    let wrong = |what: String| Err(PictureError::Inconsistent(what));
    if index.pictures.len() as u64 != u64::from(set.count) {
        return wrong(format!(
            "{} entries for {} pictures",
            index.pictures.len(),
            set.count
        ));
    }
    let side = 1..=MAX_LONG_SIDE;
    if !side.contains(&index.width) || !side.contains(&index.height) {
        return wrong(format!("{}x{} pixels", index.width, index.height));
    }
    if !index.pictures.windows(2).all(|p| p[0].time < p[1].time) {
        return wrong("times do not rise".into());
    }
    for entry in &index.pictures {
        let end = entry.offset.checked_add(u64::from(entry.length));
        let inside = end.is_some_and(|end| end <= set.data.size_bytes);
        if !inside || entry.length > MAX_PICTURE_BYTES {
            return wrong(format!(
                "{} bytes at {} of {}",
                entry.length, entry.offset, set.data.size_bytes
            ));
        }
    }
    Ok(())
}

/// Reads the bytes of one picture and checks them by their CRC-32.
///
/// # Errors
/// [`PictureError::Damaged`] if they differ from what the index names.
pub async fn load_jpeg(
    artifacts: &dyn Artifacts,
    set: &PictureSet,
    entry: &PictureEntry,
) -> Result<Bytes, PictureError> {
    let range = entry.offset..entry.offset.saturating_add(u64::from(entry.length));
    let bytes = artifacts.get_range(&set.data, range).await?;
    if crc32fast::hash(&bytes) != entry.crc32 {
        return Err(PictureError::Damaged {
            offset: entry.offset,
        });
    }
    Ok(bytes)
}

/// Reads one picture as pixels. Decoding takes some milliseconds of the calling thread; a stage
/// that reads many should call [`load_jpeg`] here and [`decode_jpeg`] off the runtime's threads.
///
/// # Errors
/// As [`load_jpeg`] and [`decode_jpeg`].
pub async fn load_picture(
    artifacts: &dyn Artifacts,
    set: &PictureSet,
    entry: &PictureEntry,
) -> Result<RgbPicture, PictureError> {
    decode_jpeg(&load_jpeg(artifacts, set, entry).await?)
}

/// Decodes a JPEG of at most 4096 × 4096 pixels.
///
/// # Errors
/// [`PictureError::Jpeg`]; never panics, whatever the bytes.
pub fn decode_jpeg(jpeg: &[u8]) -> Result<RgbPicture, PictureError> {
    let failed = |error: zune_jpeg::errors::DecodeErrors| PictureError::Jpeg(error.to_string());
    let side = MAX_LONG_SIDE as usize;
    let options = DecoderOptions::default()
        .set_max_width(side)
        .set_max_height(side)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let data = decoder.decode().map_err(failed)?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| PictureError::Jpeg("no frame header".into()))?;
    if data.len() != width * height * 3 {
        return Err(PictureError::Jpeg(format!(
            "{} bytes for {width}x{height} pixels",
            data.len()
        )));
    }
    Ok(RgbPicture {
        width: width as u32,
        height: height as u32,
        data,
    })
}
