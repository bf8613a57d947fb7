//! What a cache entry is called. Pure: values in, values out.

use contracts::{
    ArtifactKey, ArtifactRef, PROGRAM_VERSION, Sha256, artifact::InvalidKey, messages::Decoded,
};
use media::DecodeParameters;
use serde::Serialize;

/// Digits of the digest in a cache entry's name.
const DIGEST_DIGITS: usize = 16;
/// Version of what is stored; a change of the decoder that changes bytes raises it.
const FORMAT_VERSION: u16 = 1;

/// Everything the stored bytes depend on besides the file. The limits are not in it: they decide
/// whether there is a result, not what it is. Nor are threads.
#[derive(Serialize)]
struct Determinants<'a> {
    format: u16,
    program: &'a str,
    rates: &'a [media::SamplingRate],
    long_side: u32,
    jpeg_quality: u8,
    thumbnails: u32,
    thumbnail_long_side: u32,
}

/// The name of the folder for these parameters: `decoded@` and the first 16 hexadecimal digits of
/// the SHA-256 of their JSON, its fields in fixed order.
///
/// # Errors
/// If the parameters cannot be written as JSON, which none can.
pub fn folder(parameters: &DecodeParameters) -> Result<String, serde_json::Error> {
    let determinants = Determinants {
        format: FORMAT_VERSION,
        program: PROGRAM_VERSION,
        rates: &parameters.rates,
        long_side: parameters.long_side,
        jpeg_quality: parameters.jpeg_quality,
        thumbnails: parameters.thumbnails,
        thumbnail_long_side: parameters.thumbnail_long_side,
    };
    let digest = Sha256::of(&serde_json::to_vec(&determinants)?).to_string();
    let digits: String = digest.chars().take(DIGEST_DIGITS).collect();
    Ok(format!("decoded@{digits}"))
}

/// The key of one file of the entry.
///
/// # Errors
/// [`InvalidKey`] if `name` is not a plain segment.
pub fn key(media: Sha256, folder: &str, name: &str) -> Result<ArtifactKey, InvalidKey> {
    ArtifactKey::of_media(media, &format!("{folder}/{name}"))
}

/// Every artifact a decoded video refers to.
#[must_use]
pub fn artifacts_of(decoded: &Decoded) -> Vec<&ArtifactRef> {
    let sets = [&decoded.frames, &decoded.thumbnails];
    let pictures = sets.into_iter().flat_map(|set| [&set.data, &set.index]);
    let audio = decoded.audio.as_ref().map(|audio| &audio.samples);
    pictures.chain(audio).chain([&decoded.signals]).collect()
}
