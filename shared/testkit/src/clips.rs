//! Clips made by ffmpeg when a test runs: ordinary ones, damaged ones, and bombs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Words of ffmpeg for four seconds of a moving picture, 320 × 240 at 30 frames per second.
pub const VIDEO: &str = "-f lavfi -i testsrc2=s=320x240:r=30:d=4";
/// Words of ffmpeg for four seconds of a tone.
pub const SOUND: &str = "-f lavfi -i sine=440:d=4";
/// Words of ffmpeg for H.264, fast.
pub const H264: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";

/// A folder in which clips are made; it goes with the value.
pub struct Clips(TempDir);

impl Default for Clips {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Clips {
    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// A file in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs ffmpeg with these words, the last of which names the clip.
    ///
    /// # Panics
    /// If ffmpeg is not there or fails.
    #[must_use]
    pub fn ffmpeg(&self, words: &str) -> PathBuf {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.ffmpeg_with(&words)
    }

    /// As [`Self::ffmpeg`], for words with spaces in them.
    ///
    /// # Panics
    /// As [`Self::ffmpeg`].
    #[must_use]
    pub fn ffmpeg_with(&self, words: &[&str]) -> PathBuf {
        let ended = Command::new("ffmpeg")
            .args(["-nostdin", "-loglevel", "error", "-y"])
            .args(words)
            .current_dir(self.folder())
            .output()
            .unwrap_or_else(|error| {
                panic!("ffmpeg cannot be started ({error}); 'make setup' installs it")
            });
        let log = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "ffmpeg {words:?} failed: {log}");
        self.path(words.last().unwrap())
    }

    /// Four seconds of picture and sound, MP4 with its index first.
    #[must_use]
    pub fn mp4(&self) -> PathBuf {
        self.ffmpeg(&format!(
            "{VIDEO} {SOUND} {H264} -c:a aac -movflags +faststart clip.mp4"
        ))
    }

    /// The same in Matroska.
    #[must_use]
    pub fn mkv(&self) -> PathBuf {
        self.ffmpeg(&format!("{VIDEO} {SOUND} {H264} -c:a libmp3lame clip.mkv"))
    }

    /// Pictures of 7680 × 4320.
    #[must_use]
    pub fn eight_k(&self) -> PathBuf {
        self.ffmpeg(&format!(
            "-f lavfi -i color=black:s=7680x4320:r=30:d=1 {H264} clip.mp4"
        ))
    }

    /// The same, of which the container says that they are 64 × 64.
    ///
    /// # Panics
    /// If the clip is not as expected.
    #[must_use]
    pub fn eight_k_in_disguise(&self) -> PathBuf {
        // Width and height stand 28 bytes after the type of the sample entry.
        patch(&self.eight_k(), b"avc1\0\0\0\0\0\0", 28, &[0, 64, 0, 64])
    }

    /// Ten hours, a frame a second: half a megabyte.
    #[must_use]
    pub fn ten_hours(&self) -> PathBuf {
        self.ffmpeg(&format!(
            "-f lavfi -i color=black:s=64x64:r=1:d=36000 {H264} clip.mp4"
        ))
    }

    /// A thousand frames per second.
    #[must_use]
    pub fn thousand_frames_per_second(&self) -> PathBuf {
        self.ffmpeg(&format!(
            "-f lavfi -i color=black:s=64x64:r=1000:d=2 {H264} clip.mp4"
        ))
    }

    /// One stream of pictures, so many of sound.
    #[must_use]
    pub fn many_streams(&self, sounds: usize) -> PathBuf {
        let maps = "-map 1 ".repeat(sounds);
        self.ffmpeg(&format!(
            "{VIDEO} {SOUND} -map 0 {maps} {H264} -c:a aac clip.mp4"
        ))
    }

    /// An AVI that is called MP4.
    ///
    /// # Panics
    /// If it cannot be renamed.
    #[must_use]
    pub fn wrong_extension(&self) -> PathBuf {
        let clip = self.ffmpeg(&format!("{VIDEO} -c:v mpeg4 clip.avi"));
        let path = self.path("clip.mp4");
        fs::rename(clip, &path).unwrap();
        path
    }
}

/// Cuts a clip off after so many hundredths of it.
///
/// # Panics
/// If it cannot be read or written.
#[must_use]
pub fn cut(clip: &Path, percent: usize) -> PathBuf {
    let bytes = fs::read(clip).unwrap();
    fs::write(clip, &bytes[..bytes.len() * percent / 100]).unwrap();
    clip.into()
}

/// Overwrites the bytes at `offset` from the first place where `pattern` is found.
///
/// # Panics
/// If it is not found, or the clip cannot be read or written.
#[must_use]
pub fn patch(clip: &Path, pattern: &[u8], offset: usize, with: &[u8]) -> PathBuf {
    let mut bytes = fs::read(clip).unwrap();
    let found = bytes
        .windows(pattern.len())
        .position(|window| window == pattern);
    let start = found.unwrap() + offset;
    bytes[start..start + with.len()].copy_from_slice(with);
    fs::write(clip, bytes).unwrap();
    clip.into()
}
