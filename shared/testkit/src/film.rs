//! A film made of pictures, as the decode stage would have stored it.

use crate::{Bench, decoded};
use contracts::{
    ArtifactKey, ArtifactRef, MediaTime, codec,
    decoded::{PictureEntry, PictureIndex, PictureSet},
    messages::Decoded,
};
use stage::Artifacts;

const NANOS_PER_MILLISECOND: u64 = 1_000_000;
/// The decoder keeps one frame in so many.
const FRAMES_PER_PICTURE: u64 = 6;

impl Bench {
    /// Stores bytes under `media/film/<name>`.
    ///
    /// # Panics
    /// If the store refuses them.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> ArtifactRef {
        let key = ArtifactKey::new(format!("media/film/{name}")).unwrap();
        self.artifacts.put(&key, bytes.into()).await.unwrap()
    }

    /// A set of JPEG pictures of `size`, each with its time in milliseconds.
    ///
    /// # Panics
    /// If the store refuses them.
    pub async fn pictures(&self, size: (u32, u32), shown: &[(u64, &[u8])]) -> PictureSet {
        let mut data = Vec::new();
        let mut entries = Vec::new();
        for (number, (milliseconds, jpeg)) in (0..).zip(shown) {
            entries.push(PictureEntry {
                time: MediaTime::from_nanos(milliseconds * NANOS_PER_MILLISECOND),
                frame_number: number * FRAMES_PER_PICTURE,
                offset: data.len() as u64,
                length: u32::try_from(jpeg.len()).unwrap(),
                crc32: crc32fast::hash(jpeg),
            });
            data.extend_from_slice(jpeg);
        }
        let index = PictureIndex {
            width: size.0,
            height: size.1,
            pictures: entries,
        };
        PictureSet {
            count: u32::try_from(shown.len()).unwrap(),
            data: self.put("frames.jpegs", data).await,
            index: self
                .put("frames.index", codec::encode(&index).unwrap())
                .await,
        }
    }
}

/// A decoded video of `size` that shows these frames, without sound.
#[must_use]
pub fn film(frames: PictureSet, size: (u32, u32), duration: MediaTime) -> Decoded {
    let mut decoded = decoded(&frames.index, duration);
    (decoded.probe.video.width, decoded.probe.video.height) = size;
    Decoded {
        thumbnails: frames.clone(),
        frames,
        ..decoded
    }
}
