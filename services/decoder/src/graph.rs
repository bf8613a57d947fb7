//! The decoding pipeline: explicit elements from the file to one sink per stream.

use crate::{
    allowed::{self, Codec},
    elements::{add, codec_of, link, make, make_demuxer, make_first, set},
    failure::Failure,
};
use contracts::decoded::{Container, Probe};
use gst::prelude::*;
use gst_app::AppSink;
use media::protocol::AUDIO_RATE_HZ;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Decoded frames that may wait; each is a few megabytes.
const WAITING_FRAMES: u32 = 4;
/// Decoded chunks of audio that may wait.
const WAITING_CHUNKS: u32 = 64;
/// How long to wait for a sample before looking around.
const LOOK_AROUND: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// After a failure, how many times in a row nothing may come before it is over.
const PATIENCE: u32 = 20;
/// Distinct problems that are told apart.
const MAX_PROBLEMS: usize = 16;

/// What a streaming thread needs to link a new pad.
struct Branch {
    codec: &'static Codec,
    table: &'static [Codec],
    chain: Vec<gst::Element>,
}

/// A running decode.
pub struct Graph {
    container: Container,
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    /// Where decoded frames come out, 8-bit 4:2:0.
    pub video: AppSink,
    /// Where decoded audio comes out, 16 kHz mono `f32`.
    pub audio: Option<AppSink>,
    problems: Mutex<BTreeMap<String, u64>>,
    failed: AtomicBool,
    stopped: AtomicBool,
    link_failure: Arc<Mutex<Option<Failure>>>,
}

impl Graph {
    /// Builds the pipeline for a probed file and starts it.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if no decoder for its streams is installed.
    pub fn start(container: Container, probe: &Probe, threads: u32) -> Result<Self, Failure> {
        let (pipeline, demuxer) = make_demuxer(container)?;
        let (video, video_branch) = video_branch(&probe.video.codec, threads)?;
        let audio_codec = probe.audio.as_ref().and_then(|audio| {
            let is_it = |codec: &&Codec| codec.name == audio.codec;
            allowed::AUDIO.iter().find(is_it)
        });
        let (audio, audio_branch) = audio_codec.map(audio_branch).transpose()?.unzip();
        let bus = pipeline
            .bus()
            .ok_or_else(|| Failure::Internal("a pipeline has no bus".into()))?;
        let graph = Self {
            container,
            bus,
            video,
            audio,
            problems: Mutex::default(),
            failed: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            link_failure: Arc::default(),
            pipeline,
        };
        let branches: Vec<_> = std::iter::once(video_branch).chain(audio_branch).collect();
        for branch in &branches {
            // A sink that is not running looks like one that has ended, so all run from the start.
            add(&graph.pipeline, &branch.chain)?;
        }
        graph.link_pads(&demuxer, branches);
        graph
            .pipeline
            .set_state(gst::State::Playing)
            .map_err(|_| Failure::Refused("the container cannot be opened".into()))?;
        Ok(graph)
    }

    fn link_pads(&self, demuxer: &gst::Element, branches: Vec<Branch>) {
        let branches = Arc::new(Mutex::new(branches));
        let left = Arc::clone(&branches);
        let failure = Arc::clone(&self.link_failure);
        demuxer.connect_pad_added(move |_, pad| {
            let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
            let mut branches = lock(&branches);
            // Each branch takes the first stream of its codec, as the probe did; others stay
            // unlinked, which the demuxer bears as long as one is linked.
            let fits = |branch: &Branch| codec_of(&caps, branch.table) == Some(branch.codec);
            let Some(place) = branches.iter().position(fits) else {
                return;
            };
            if let Err(error) = link(pad, &branches.remove(place).chain) {
                *lock(&failure) = Some(error);
            }
        });
        let failure = Arc::clone(&self.link_failure);
        demuxer.connect_no_more_pads(move |_| {
            if !lock(&left).is_empty() {
                let what = "a stream that was probed is gone".into();
                *lock(&failure) = Some(Failure::Internal(what));
            }
        });
    }

    /// The presentation time of a buffer of a segment, in nanoseconds; `None` if it has no place
    /// on the clock, as a frame that an edit list cuts away.
    #[must_use]
    pub fn time_of(&self, buffer: &gst::BufferRef, segment: Option<&gst::Segment>) -> Option<u64> {
        let pts = buffer.pts()?;
        let time = match self.container {
            Container::Mp4 => {
                let segment = segment?.downcast_ref::<gst::ClockTime>()?;
                segment.to_stream_time(pts)?
            }
            // Matroska's times are those of the clock already (RFC 9559 §11); its demuxer's
            // first segment begins at the first block and would move that to zero.
            Container::Matroska => pts,
        };
        Some(time.nseconds())
    }

    /// The next sample of a sink; `None` when there will be no more.
    ///
    /// # Errors
    /// [`Failure`] if the pipeline could not be put together.
    pub fn next(&self, sink: &AppSink) -> Result<Option<gst::Sample>, Failure> {
        let mut idle = 0;
        loop {
            if let Some(sample) = sink.try_pull_sample(LOOK_AROUND) {
                return Ok(Some(sample));
            }
            if sink.is_eos() || self.stopped.load(Ordering::Relaxed) {
                return Ok(None);
            }
            self.look_around()?;
            idle += u32::from(self.failed.load(Ordering::Relaxed));
            if idle > PATIENCE {
                return Ok(None);
            }
        }
    }

    /// Takes what the elements have to say.
    ///
    /// # Errors
    /// [`Failure`] if the pipeline could not be put together.
    pub fn look_around(&self) -> Result<(), Failure> {
        if let Some(failure) = lock(&self.link_failure).take() {
            return Err(failure);
        }
        let kinds = [gst::MessageType::Error, gst::MessageType::Warning];
        while let Some(message) = self.bus.pop_filtered(&kinds) {
            let source = message.src().and_then(|source| {
                let element = source.downcast_ref::<gst::Element>()?;
                Some(element.factory()?.name().to_string())
            });
            let text = match message.view() {
                gst::MessageView::Error(error) => {
                    self.failed.store(true, Ordering::Relaxed);
                    error.error().to_string()
                }
                gst::MessageView::Warning(warning) => warning.error().to_string(),
                _ => continue,
            };
            self.note(format!(
                "{}: {text}",
                source.as_deref().unwrap_or("pipeline")
            ));
        }
        Ok(())
    }

    /// Notes something that went wrong without ending the decode.
    pub fn note(&self, problem: String) {
        let mut problems = lock(&self.problems);
        if problems.len() < MAX_PROBLEMS || problems.contains_key(&problem) {
            *problems.entry(problem).or_default() += 1;
        }
    }

    /// Makes every waiting thread return.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Ends the pipeline and says what went wrong, sorted.
    ///
    /// # Errors
    /// As [`Graph::look_around`].
    pub fn finish(self) -> Result<Vec<String>, Failure> {
        self.look_around()?;
        self.pipeline
            .set_state(gst::State::Null)
            .map_err(Failure::internal)?;
        let problems = self
            .problems
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let tell = |(text, count): (String, u64)| match count {
            1 => text,
            _ => format!("{text} ({count} times)"),
        };
        Ok(problems.into_iter().map(tell).collect())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn queue() -> Result<gst::Element, Failure> {
    let queue = make("queue")?;
    // Streams may be laid out far apart in the file; bounded by bytes alone.
    queue.set_property("max-size-buffers", 0_u32);
    queue.set_property("max-size-time", 0_u64);
    Ok(queue)
}

fn video_branch(name: &str, threads: u32) -> Result<(AppSink, Branch), Failure> {
    let codec = allowed::VIDEO.iter().find(|codec| codec.name == name);
    let codec = codec.ok_or_else(|| Failure::Refused(format!("codec {name}")))?;
    let decoder = make_first(codec.decoders)?;
    for property in ["max-threads", "threads"] {
        set(&decoder, property, &threads.to_string());
    }
    set(&decoder, "qos", "false");
    let convert = make("videoconvert")?;
    set(&convert, "dither", "none");
    set(&convert, "qos", "false");
    let sink = AppSink::builder()
        .caps(
            &gst::Caps::builder("video/x-raw")
                .field("format", "I420")
                .build(),
        )
        .sync(false)
        .async_(false)
        .enable_last_sample(false)
        .max_buffers(WAITING_FRAMES)
        .build();
    let mut chain = vec![queue()?];
    chain.extend(codec.parser.map(make).transpose()?);
    chain.extend([decoder, convert, sink.clone().upcast()]);
    Ok((
        sink,
        Branch {
            codec,
            table: &allowed::VIDEO,
            chain,
        },
    ))
}

fn audio_branch(codec: &'static Codec) -> Result<(AppSink, Branch), Failure> {
    let rate = i32::try_from(AUDIO_RATE_HZ).map_err(Failure::internal)?;
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("layout", "interleaved")
        .field("rate", rate)
        .field("channels", 1)
        .build();
    let sink = AppSink::builder()
        .caps(&caps)
        .sync(false)
        .async_(false)
        .enable_last_sample(false)
        .max_buffers(WAITING_CHUNKS)
        .build();
    let mut chain = vec![queue()?];
    chain.extend(codec.parser.map(make).transpose()?);
    chain.extend([
        make_first(codec.decoders)?,
        make("audioconvert")?,
        make("audioresample")?,
        sink.clone().upcast(),
    ]);
    Ok((
        sink,
        Branch {
            codec,
            table: &allowed::AUDIO,
            chain,
        },
    ))
}
