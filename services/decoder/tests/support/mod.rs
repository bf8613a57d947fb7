//! Runs of the real decoder program on clips made by ffmpeg.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use media::{DecodeParameters, DecodedMedia, Decoder, DecoderCommand, Error, Limits};
use std::{
    fs::{self, File},
    ops::Deref,
    path::Path,
};
use testkit::clips::Clips;
use tokio_util::sync::CancellationToken;

/// One test's clips, and what they are decoded with.
pub struct Bench {
    pub clips: Clips,
    pub limits: Limits,
    pub parameters: DecodeParameters,
}

impl Default for Bench {
    fn default() -> Self {
        let limits = Limits {
            wall_time_s: 120,
            ..Limits::default()
        };
        Self {
            clips: Clips::default(),
            limits,
            parameters: DecodeParameters::default(),
        }
    }
}

impl Deref for Bench {
    type Target = Clips;
    fn deref(&self) -> &Clips {
        &self.clips
    }
}

impl Bench {
    pub fn decoder(&self) -> Decoder {
        let command = DecoderCommand::at(env!("CARGO_BIN_EXE_rumiai-decoder"));
        Decoder::new(command, self.parameters.clone(), self.limits.clone()).unwrap()
    }

    /// Decodes a clip and checks what holds whatever comes out: nothing is left over, nobody is
    /// left running, what is there is consistent.
    pub async fn decode(&self, clip: &Path) -> Result<DecodedMedia, Error> {
        let scratch = tempfile::tempdir_in(self.folder()).unwrap();
        let outcome = self.decode_into(clip, scratch.path()).await;
        match &outcome {
            Ok(media) => check_decoded(media, &self.limits, scratch.path()),
            Err(_) => assert_eq!(files_in(scratch.path()), Vec::<String>::new()),
        }
        assert_eq!(children(), "", "a child is left");
        // Tests look into the files afterwards.
        let _ = scratch.keep();
        outcome
    }

    pub async fn decode_into(&self, clip: &Path, output: &Path) -> Result<DecodedMedia, Error> {
        let input = File::open(clip).unwrap();
        let cancel = CancellationToken::new();
        self.decoder()
            .decode(&input, output, &cancel, &|_| {})
            .await
    }
}

pub fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Process ids of this process' children, over all its threads.
pub fn children() -> String {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let of_thread = |thread: std::io::Result<fs::DirEntry>| {
        fs::read_to_string(thread.ok()?.path().join("children")).ok()
    };
    threads
        .filter_map(of_thread)
        .collect::<String>()
        .trim()
        .into()
}

fn check_decoded(media: &DecodedMedia, limits: &Limits, scratch: &Path) {
    let mut expected = vec!["frames.bin", "thumbnails.bin"];
    if media.audio.is_some() {
        expected.insert(0, "audio.f32");
    }
    assert_eq!(files_in(scratch), expected);
    assert!(media.signals.is_consistent());
    assert_eq!(
        media.signals.len() as u64,
        media.completeness.frames_decoded
    );
    assert_eq!(
        media.completeness.complete,
        media.completeness.problems.is_empty()
    );
    assert!(media.usage.peak_memory_bytes > 0);
    assert!(
        media.usage.peak_memory_bytes < limits.address_space_bytes / 2,
        "{:?}",
        media.usage
    );
    let confinement = &media.hello.confinement;
    assert!(confinement.system_calls, "{confinement:?}");
    for pictures in [&media.frames, &media.thumbnails] {
        let last = pictures.index.pictures.last().expect("no picture");
        let size = fs::metadata(&pictures.path).unwrap().len();
        assert_eq!(last.offset + u64::from(last.length), size);
        for entry in &pictures.index.pictures {
            assert_eq!(media.signals.times[entry.frame_number as usize], entry.time);
        }
    }
    let last = media.frames.index.pictures.last().unwrap();
    assert_eq!(
        last.frame_number + 1,
        media.completeness.frames_decoded,
        "the last frame is kept"
    );
    if let Some(audio) = &media.audio {
        assert_eq!(
            fs::metadata(&audio.path).unwrap().len(),
            audio.sample_count * 4
        );
    }
}

/// The pixels of one kept frame.
pub fn picture(media: &DecodedMedia, index: usize) -> media::RgbPicture {
    let entry = media.frames.index.pictures[index];
    let bytes = fs::read(&media.frames.path).unwrap();
    let range = entry.offset as usize..entry.offset as usize + entry.length as usize;
    let picture = media::pictures::decode_jpeg(&bytes[range]).unwrap();
    assert_eq!(picture.width, media.frames.index.width);
    assert_eq!(picture.height, media.frames.index.height);
    picture
}

/// Red, green and blue at a place given in hundredths of width and height.
pub fn colour_at(picture: &media::RgbPicture, x: u32, y: u32) -> [u8; 3] {
    let (x, y) = (picture.width * x / 100, picture.height * y / 100);
    let start = ((y * picture.width + x) * 3) as usize;
    picture.data[start..start + 3].try_into().unwrap()
}

pub fn is_near(found: [u8; 3], wanted: [u8; 3], tolerance: u8) -> bool {
    found
        .iter()
        .zip(wanted)
        .all(|(a, b)| a.abs_diff(b) <= tolerance)
}

/// The decoded audio.
pub fn samples(media: &DecodedMedia) -> Vec<f32> {
    let bytes = fs::read(&media.audio.as_ref().expect("no audio").path).unwrap();
    let (samples, _) = bytes.as_chunks::<4>();
    samples
        .iter()
        .map(|sample| f32::from_le_bytes(*sample))
        .collect()
}

/// Pseudo-random numbers that are the same every time (xorshift).
pub fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}
