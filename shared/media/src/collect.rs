//! The child's answer, checked record by record and written to files as it arrives.

use crate::{
    error::Error,
    limits::{Claim, Limits},
    output::{AudioFile, DecodedMedia, Installation, PictureFile, Progress},
    parameters::{DecodeParameters, MAX_LONG_SIDE},
    pictures::MAX_PICTURE_BYTES,
    protocol::{
        AUDIO_RATE_HZ, Finished, Hello, Inventory, PROTOCOL_VERSION, Picture, PictureKind,
        ProtocolError, Record,
    },
};
use contracts::{
    MediaTime,
    decoded::{ChangeSignals, PictureEntry, PictureIndex, Probe},
};
use std::path::{Path, PathBuf};
use tokio::{
    fs::File,
    io::{AsyncWriteExt, BufWriter},
};

const WRITE_BUFFER_BYTES: usize = 256 * 1024;
const BYTES_PER_SAMPLE: usize = 4;

/// Who takes a child's records.
pub(crate) trait Collect: Send {
    /// Checks and keeps one record.
    fn take(&mut self, record: Record) -> impl Future<Output = Result<(), Error>> + Send;
    /// Why the child refused the file, if it did.
    fn refused(&self) -> Option<&str>;
}

/// What a child has said of the file so far.
#[derive(Default)]
struct Headers {
    hello: Option<Hello>,
    probe: Option<Probe>,
    refused: Option<String>,
}

fn senseless<T>(what: impl Into<String>) -> Result<T, Error> {
    Err(ProtocolError::Senseless(what.into()).into())
}

impl Headers {
    fn take(&mut self, record: Record, limits: &Limits) -> Result<(), Error> {
        if self.hello.is_none() && !matches!(record, Record::Hello(_)) {
            return senseless("something before the greeting");
        }
        match record {
            Record::Hello(hello) => self.greet(hello),
            Record::Probed(probe) => self.probed(probe, limits),
            Record::Refused(reason) => {
                self.refused = Some(reason);
                Ok(())
            }
            _ => senseless("data where none was asked for"),
        }
    }

    fn greet(&mut self, hello: Hello) -> Result<(), Error> {
        if self.hello.is_some() {
            return senseless("a second greeting");
        }
        if hello.protocol != PROTOCOL_VERSION {
            return Err(Error::Unavailable(format!(
                "it speaks protocol {}, this program {PROTOCOL_VERSION}; install both of one version",
                hello.protocol
            )));
        }
        for missing in &hello.confinement.missing {
            tracing::warn!(%missing, "the decoder runs with a defence missing");
        }
        self.hello = Some(hello);
        Ok(())
    }

    fn probed(&mut self, probe: Probe, limits: &Limits) -> Result<(), Error> {
        let video = &probe.video;
        if self.probe.is_some() || video.width == 0 || video.height == 0 {
            return senseless("a second or empty probe");
        }
        limits.admit(&Claim::from(&probe)).map_err(Error::Refused)?;
        self.probe = Some(probe);
        Ok(())
    }
}

/// Takes the records of one check.
#[derive(Default)]
pub(crate) struct CheckCollector {
    hello: Option<Hello>,
    inventory: Option<Inventory>,
}

impl CheckCollector {
    pub(crate) fn finish(self) -> Result<Installation, Error> {
        match (self.hello, self.inventory) {
            (Some(hello), Some(inventory)) => Ok(Installation { hello, inventory }),
            _ => Err(ProtocolError::Truncated.into()),
        }
    }
}

impl Collect for CheckCollector {
    async fn take(&mut self, record: Record) -> Result<(), Error> {
        match record {
            Record::Hello(hello) => self.hello = Some(hello),
            Record::Checked(inventory) => self.inventory = Some(inventory),
            _ => return senseless("data of a file where none was opened"),
        }
        Ok(())
    }
    fn refused(&self) -> Option<&str> {
        None
    }
}

/// Takes the records of one probe.
pub(crate) struct ProbeCollector<'a> {
    headers: Headers,
    limits: &'a Limits,
}

impl<'a> ProbeCollector<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self {
            headers: Headers::default(),
            limits,
        }
    }
    pub(crate) fn finish(self) -> Result<Probe, Error> {
        self.headers
            .probe
            .ok_or_else(|| ProtocolError::Truncated.into())
    }
}

impl Collect for ProbeCollector<'_> {
    async fn take(&mut self, record: Record) -> Result<(), Error> {
        self.headers.take(record, self.limits)
    }
    fn refused(&self) -> Option<&str> {
        self.headers.refused.as_deref()
    }
}

/// A file that is removed unless it is kept.
struct Output {
    path: PathBuf,
    writer: Option<BufWriter<File>>,
    kept: bool,
}

impl Output {
    async fn create(directory: &Path, name: &str) -> Result<Self, Error> {
        let path = directory.join(name);
        let file = File::create(&path)
            .await
            .map_err(Error::io("create a file for decoded data"))?;
        Ok(Self {
            path,
            writer: Some(BufWriter::with_capacity(WRITE_BUFFER_BYTES, file)),
            kept: false,
        })
    }
    async fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.writer {
            Some(writer) => writer
                .write_all(bytes)
                .await
                .map_err(Error::io("write decoded data")),
            None => Ok(()),
        }
    }
    async fn keep(mut self) -> Result<PathBuf, Error> {
        if let Some(mut writer) = self.writer.take() {
            writer
                .flush()
                .await
                .map_err(Error::io("write decoded data"))?;
        }
        self.kept = true;
        Ok(self.path.clone())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.kept {
            // The directory goes with the attempt anyway; this only frees the space earlier.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

struct Pictures {
    output: Output,
    index: PictureIndex,
    end: u64,
    longest_side: u32,
}

impl Pictures {
    async fn create(directory: &Path, name: &str, longest_side: u32) -> Result<Self, Error> {
        Ok(Self {
            output: Output::create(directory, name).await?,
            index: PictureIndex {
                width: 0,
                height: 0,
                pictures: Vec::new(),
            },
            end: 0,
            longest_side: longest_side.min(MAX_LONG_SIDE),
        })
    }

    async fn append(&mut self, picture: &Picture) -> Result<(), Error> {
        let (index, size) = (&mut self.index, (picture.width, picture.height));
        if index.pictures.is_empty() {
            (index.width, index.height) = size;
        }
        let longest = size.0.max(size.1);
        if size != (index.width, index.height) || size.0.min(size.1) == 0 {
            return senseless("pictures of different or no size");
        }
        if longest > self.longest_side {
            return senseless(format!("a picture with a side of {longest} pixels"));
        }
        let rises = index.pictures.last().is_none_or(|last| {
            last.time < picture.time && last.frame_number < picture.frame_number
        });
        if !rises || picture.jpeg.is_empty() {
            return senseless("pictures that do not rise in time, or an empty one");
        }
        let length = u32::try_from(picture.jpeg.len()).unwrap_or(u32::MAX);
        if length > MAX_PICTURE_BYTES {
            return senseless(format!("a picture of {length} bytes"));
        }
        index.pictures.push(PictureEntry {
            time: picture.time,
            frame_number: picture.frame_number,
            offset: self.end,
            length,
            crc32: crc32fast::hash(&picture.jpeg),
        });
        self.end += u64::from(length);
        self.output.append(&picture.jpeg).await
    }

    async fn finish(self) -> Result<PictureFile, Error> {
        Ok(PictureFile {
            path: self.output.keep().await?,
            index: self.index,
        })
    }
}

/// Takes the records of one decode.
pub(crate) struct Collector<'a> {
    headers: Headers,
    finished: Option<Finished>,
    limits: &'a Limits,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    frames: Pictures,
    thumbnails: Pictures,
    audio: Output,
    sample_count: u64,
    signals: ChangeSignals,
    received_bytes: u64,
}

impl<'a> Collector<'a> {
    pub(crate) async fn create(
        directory: &Path,
        parameters: &DecodeParameters,
        limits: &'a Limits,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Result<Self, Error> {
        let thumbnail_side = parameters.thumbnail_long_side;
        Ok(Self {
            headers: Headers::default(),
            finished: None,
            limits,
            progress,
            frames: Pictures::create(directory, "frames.bin", parameters.long_side).await?,
            thumbnails: Pictures::create(directory, "thumbnails.bin", thumbnail_side).await?,
            audio: Output::create(directory, "audio.f32").await?,
            sample_count: 0,
            signals: ChangeSignals::default(),
            received_bytes: 0,
        })
    }

    fn tell(&self, position: MediaTime) {
        if let Some(probe) = &self.headers.probe {
            (self.progress)(Progress {
                position: position.min(probe.duration),
                duration: probe.duration,
            });
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.received_bytes += bytes as u64;
        if self.received_bytes > self.limits.output_bytes {
            return Err(Error::TooExpensive(format!(
                "over {} bytes of decoded data",
                self.limits.output_bytes
            )));
        }
        Ok(())
    }

    async fn append_audio(&mut self, samples: &[u8]) -> Result<(), Error> {
        self.count(samples.len())?;
        let (values, rest) = samples.as_chunks::<BYTES_PER_SAMPLE>();
        let valid = |bytes: &[u8; BYTES_PER_SAMPLE]| f32::from_le_bytes(*bytes).abs() <= 1.0;
        if !rest.is_empty() || !values.iter().all(valid) {
            return senseless("audio samples outside [-1, 1]");
        }
        self.sample_count += values.len() as u64;
        self.audio.append(samples).await
    }

    fn append_signals(&mut self, more: ChangeSignals) -> Result<(), Error> {
        self.count(more.len() * size_of::<u64>() * BYTES_PER_SAMPLE)?;
        let joins = match (self.signals.times.last(), more.times.first()) {
            (Some(last), Some(first)) => last < first,
            _ => true,
        };
        if !more.is_consistent() || !joins {
            return senseless("change signals that do not rise in time");
        }
        let all = &mut self.signals;
        all.times.extend(more.times);
        all.delta_hue.extend(more.delta_hue);
        all.delta_saturation.extend(more.delta_saturation);
        all.delta_value.extend(more.delta_value);
        all.delta_luma_two_back.extend(more.delta_luma_two_back);
        all.mean_value.extend(more.mean_value);
        all.value_deviation.extend(more.value_deviation);
        if all.len() as u64 > self.limits.frames {
            return senseless("more frames than the limit");
        }
        Ok(())
    }

    /// Everything together, once the child has ended well.
    pub(crate) async fn finish(self) -> Result<DecodedMedia, Error> {
        let Headers { hello, probe, .. } = self.headers;
        let (Some(hello), Some(mut probe), Some(finished)) = (hello, probe, self.finished) else {
            return Err(ProtocolError::Truncated.into());
        };
        let decoded = finished.completeness.frames_decoded;
        if decoded == 0 || decoded != self.signals.len() as u64 {
            return senseless(format!("{decoded} frames, {} signals", self.signals.len()));
        }
        if self.frames.index.pictures.is_empty() {
            return senseless("no picture");
        }
        if finished.frame_rate_varies {
            probe.video.frame_rate = None;
        }
        let audio = match self.sample_count {
            0 => None,
            sample_count => Some(AudioFile {
                path: self.audio.keep().await?,
                sample_rate_hz: AUDIO_RATE_HZ,
                sample_count,
            }),
        };
        Ok(DecodedMedia {
            hello,
            probe,
            completeness: finished.completeness,
            damaged: finished.damaged,
            frames: self.frames.finish().await?,
            thumbnails: self.thumbnails.finish().await?,
            audio,
            signals: self.signals,
            usage: finished.usage,
        })
    }
}

impl Collect for Collector<'_> {
    async fn take(&mut self, record: Record) -> Result<(), Error> {
        if matches!(
            record,
            Record::Hello(_) | Record::Checked(_) | Record::Probed(_) | Record::Refused(_)
        ) {
            return self.headers.take(record, self.limits);
        }
        if self.headers.probe.is_none() || self.finished.is_some() {
            return senseless("data before the probe or after the end");
        }
        match record {
            Record::Picture(picture) => {
                self.count(picture.jpeg.len())?;
                match picture.kind {
                    PictureKind::Frame => self.frames.append(&picture).await,
                    PictureKind::Thumbnail => self.thumbnails.append(&picture).await,
                }
            }
            Record::Audio(samples) => self.append_audio(&samples).await,
            Record::Signals(signals) => self.append_signals(signals),
            Record::Progress(position) => {
                self.tell(position);
                Ok(())
            }
            Record::Finished(finished) => {
                self.finished = Some(finished);
                Ok(())
            }
            Record::Hello(_) | Record::Checked(_) | Record::Probed(_) | Record::Refused(_) => {
                Ok(())
            }
        }
    }
    fn refused(&self) -> Option<&str> {
        self.headers.refused.as_deref()
    }
}
