//! Decoding a file: one child, a second one if the first crashes.

use crate::{
    child,
    collect::{CheckCollector, Collector, ProbeCollector},
    command::DecoderCommand,
    error::Error,
    limits::{InvalidSetting, Limits},
    output::{DecodedMedia, Installation, Progress},
    parameters::DecodeParameters,
    protocol::{PROTOCOL_VERSION, Request, Task},
};
use contracts::decoded::Probe;
use std::{fs::File, path::Path};
use tokio_util::sync::CancellationToken;

/// Decodes files in child processes, one for each.
#[derive(Debug, Clone)]
pub struct Decoder {
    command: DecoderCommand,
    parameters: DecodeParameters,
    limits: Limits,
}

impl Decoder {
    /// A decoder with these settings.
    ///
    /// # Errors
    /// [`InvalidSetting`] if one of them is unusable.
    pub fn new(
        command: DecoderCommand,
        parameters: DecodeParameters,
        limits: Limits,
    ) -> Result<Self, InvalidSetting> {
        parameters.validate()?;
        limits.validate()?;
        Ok(Self {
            command,
            parameters,
            limits,
        })
    }
    /// What is taken from a file.
    #[must_use]
    pub fn parameters(&self) -> &DecodeParameters {
        &self.parameters
    }

    /// Asks the decoder what it can decode here. No file is opened.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the media library or a plugin that every file needs is missing.
    pub async fn check(&self, cancel: &CancellationToken) -> Result<Installation, Error> {
        let nothing = File::open("/dev/null").map_err(Error::io("open /dev/null"))?;
        let mut collector = CheckCollector::default();
        let request = self.request(Task::Check);
        child::run(&self.command, &request, &nothing, &mut collector, cancel).await?;
        collector.finish()
    }

    /// Reads what the file says of itself, without decoding.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Refused`] if it is not a video this program decodes, or over a limit.
    pub async fn probe(&self, input: &File, cancel: &CancellationToken) -> Result<Probe, Error> {
        self.check_size(input)?;
        let first = self.probe_once(input, cancel).await;
        match first {
            Err(error) if error.is_worth_a_second_child() => self.probe_once(input, cancel).await,
            outcome => outcome,
        }
    }

    /// Decodes the whole file in one pass and leaves frames, thumbnails and audio as files in
    /// `output`. A child that crashes, or stands still, is replaced once, by one that decodes on one thread. Damaged streams are decoded a second time,
    /// on one thread, so that the same bytes give the same result. On any error, and when this future is
    /// dropped, the child is killed and its files are removed.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Refused`] if it is not a video this program decodes, or over a limit.
    pub async fn decode(
        &self,
        input: &File,
        output: &Path,
        cancel: &CancellationToken,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<DecodedMedia, Error> {
        self.check_size(input)?;
        let threads = self.parameters.decoder_threads;
        let run = |threads| self.decode_once(threads, input, output, cancel, progress);
        let media = match run(threads).await {
            Err(error) if error.is_worth_a_second_child() => {
                // What threads did to each other one thread cannot do to itself.
                tracing::warn!(%error, "the decoder failed, trying a fresh one on one thread");
                return run(1).await;
            }
            outcome => outcome?,
        };
        if media.damaged && threads > 1 {
            tracing::info!("the streams are damaged, decoding again on one thread");
            return run(1).await;
        }
        Ok(media)
    }

    fn check_size(&self, input: &File) -> Result<(), Error> {
        let bytes = input
            .metadata()
            .map_err(Error::io("ask for the size of the video"))?
            .len();
        if bytes > self.limits.file_bytes {
            return Err(Error::Refused(format!(
                "file of {bytes} bytes, limit is {}",
                self.limits.file_bytes
            )));
        }
        Ok(())
    }

    async fn probe_once(&self, input: &File, cancel: &CancellationToken) -> Result<Probe, Error> {
        let mut collector = ProbeCollector::new(&self.limits);
        let request = self.request(Task::Probe);
        child::run(&self.command, &request, input, &mut collector, cancel).await?;
        collector.finish()
    }

    async fn decode_once(
        &self,
        threads: u32,
        input: &File,
        output: &Path,
        cancel: &CancellationToken,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<DecodedMedia, Error> {
        let mut collector =
            Collector::create(output, &self.parameters, &self.limits, progress).await?;
        let mut request = self.request(Task::Decode);
        request.parameters.decoder_threads = threads;
        child::run(&self.command, &request, input, &mut collector, cancel).await?;
        collector.finish().await
    }

    fn request(&self, task: Task) -> Request {
        Request {
            protocol: PROTOCOL_VERSION,
            task,
            limits: self.limits.clone(),
            parameters: self.parameters.clone(),
        }
    }
}
