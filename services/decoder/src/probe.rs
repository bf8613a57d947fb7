//! What the file says of itself: `demux ! parse ! fakesink`, nothing is decoded.

use crate::{
    allowed::{self, Codec},
    container::Outline,
    elements::{attach, codec_of, make, make_demuxer},
    failure::Failure,
};
use contracts::{
    MediaTime,
    decoded::{AudioStream, Probe, Rational, VideoStream},
};
use gst::prelude::*;
use media::Limits;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long the headers of a file may take.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(30);
/// The message by which a streaming thread says that nothing more is to be learnt.
const ENOUGH: &str = "enough";

/// One stream as it shows itself.
#[derive(Debug, Clone, Default)]
struct Stream {
    media_type: String,
    video: Option<&'static Codec>,
    audio: Option<&'static Codec>,
    caps: Option<gst::Caps>,
    orientation: Option<String>,
    /// A buffer has come.
    has_data: bool,
    /// The end has come.
    ended: bool,
}

#[derive(Debug, Default)]
struct Seen {
    streams: Vec<Stream>,
    all_announced: bool,
    /// The duration in nanoseconds, if the header states one. Asked when all streams are
    /// announced: later a demuxer may answer with how far it has come.
    stated: Option<u64>,
    /// Nothing more is noted of the streams, so that the answer does not depend on how fast the
    /// pipeline stops.
    is_enough: bool,
    /// An element has failed; what the others still bring does not count, for the same reason.
    has_failed: bool,
    end: u64,
    failure: Option<Failure>,
}

type Shared = Arc<Mutex<Seen>>;

fn lock(seen: &Shared) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the headers and checks them against the limits. `size_bytes` is the file's size.
///
/// # Errors
/// [`Failure::Refused`] if this is no video this program decodes, or over a limit.
pub fn probe(outline: &Outline, size_bytes: u64, limits: &Limits) -> Result<Probe, Failure> {
    let (pipeline, demuxer) = make_demuxer(outline.container)?;
    let seen = Shared::default();
    watch_pads(&pipeline, &demuxer, &seen, limits.streams as usize);
    let read = read_headers(&pipeline, &seen, !outline.is_fragmented);
    let stopped = pipeline.set_state(gst::State::Null);
    let duration = read?;
    stopped.map_err(Failure::internal)?;
    let mut seen = lock(&seen);
    if let Some(failure) = seen.failure.take() {
        return Err(failure);
    }
    if seen.streams.len() > limits.streams as usize {
        return Err(Failure::Refused(format!(
            "more than {} streams",
            limits.streams
        )));
    }
    let probe = Probe {
        container: outline.container,
        duration: MediaTime::from_nanos(duration.unwrap_or(seen.end)),
        video: video_stream(&seen.streams)?,
        audio: audio_stream(&seen.streams),
        size_bytes,
    };
    Ok(probe)
}

/// Runs until every stream has shown itself, or to the end if no duration is stated. Returns the
/// duration in nanoseconds.
fn read_headers(
    pipeline: &gst::Pipeline,
    seen: &Shared,
    states_duration: bool,
) -> Result<Option<u64>, Failure> {
    let bus = pipeline
        .bus()
        .ok_or_else(|| Failure::Internal("a pipeline has no bus".into()))?;
    let shared = Arc::clone(seen);
    bus.set_sync_handler(move |_, message| {
        if message.type_() == gst::MessageType::Error {
            lock(&shared).has_failed = true;
        }
        gst::BusSyncReply::Pass
    });
    pipeline
        .set_state(gst::State::Playing)
        .map_err(|_| Failure::Refused("the container cannot be opened".into()))?;
    loop {
        let kinds = [
            gst::MessageType::Error,
            gst::MessageType::Eos,
            gst::MessageType::Application,
        ];
        let Some(message) = bus.timed_pop_filtered(PATIENCE, &kinds) else {
            return Err(Failure::Refused("the headers take too long to read".into()));
        };
        let duration = lock(seen).stated.filter(|_| states_duration);
        match message.view() {
            gst::MessageView::Error(error) => {
                // A file that is cut off may still have shown enough.
                if lock(seen).streams.iter().any(|stream| stream.has_data) {
                    return Ok(duration);
                }
                return Err(Failure::Refused(format!(
                    "the container is damaged or empty: {}",
                    error.error()
                )));
            }
            gst::MessageView::Eos(_) => return Ok(duration),
            _ if duration.is_some() => return Ok(duration),
            _ => {}
        }
    }
}

fn watch_pads(pipeline: &gst::Pipeline, demuxer: &gst::Element, seen: &Shared, most: usize) {
    let (weak, shared) = (pipeline.downgrade(), Arc::clone(seen));
    demuxer.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else {
            return;
        };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let index = {
            let mut seen = lock(&shared);
            // One more than allowed is enough to know.
            if seen.streams.len() > most {
                return;
            }
            seen.streams.push(Stream {
                media_type: caps
                    .structure(0)
                    .map_or_else(String::new, |s| s.name().to_string()),
                video: codec_of(&caps, &allowed::VIDEO),
                audio: codec_of(&caps, &allowed::AUDIO),
                caps: Some(caps),
                ..Stream::default()
            });
            seen.streams.len() - 1
        };
        if let Err(failure) = watch_stream(&pipeline, pad, &shared, index) {
            lock(&shared).failure = Some(failure);
        }
    });
    let (weak, shared) = (pipeline.downgrade(), Arc::clone(seen));
    demuxer.connect_no_more_pads(move |demuxer| {
        let stated = demuxer
            .query_duration::<gst::ClockTime>()
            .filter(|duration| !duration.is_zero())
            .map(gst::ClockTime::nseconds);
        {
            let mut seen = lock(&shared);
            seen.all_announced = true;
            seen.stated = stated;
        }
        tell_if_enough(&weak, &shared);
    });
}

/// Puts parser and sink behind a pad and notes what reaches the sink.
fn watch_stream(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    shared: &Shared,
    index: usize,
) -> Result<(), Failure> {
    let sink = make("fakesink")?;
    sink.set_property("sync", false);
    sink.set_property("async", false);
    let parser = {
        let seen = lock(shared);
        let codec = seen.streams.get(index).and_then(|s| s.video.or(s.audio));
        codec.and_then(|codec| codec.parser)
    };
    let mut chain = Vec::new();
    if let Some(parser) = parser {
        chain.push(make(parser)?);
    }
    chain.push(sink.clone());
    let sink_pad = sink
        .static_pad("sink")
        .ok_or_else(|| Failure::Internal("a sink has no pad".into()))?;
    let (weak, shared) = (pipeline.downgrade(), Arc::clone(shared));
    let mask = gst::PadProbeType::BUFFER
        | gst::PadProbeType::BUFFER_LIST
        | gst::PadProbeType::EVENT_DOWNSTREAM;
    sink_pad.add_probe(mask, move |pad, info| {
        note(pad, info, &shared, index);
        tell_if_enough(&weak, &shared);
        gst::PadProbeReturn::Ok
    });
    attach(pipeline, pad, &chain)
}

fn note(pad: &gst::Pad, info: &gst::PadProbeInfo<'_>, shared: &Shared, index: usize) {
    let mut seen = lock(shared);
    if seen.has_failed {
        return;
    }
    let mut end = 0;
    let is_enough = seen.is_enough;
    let Some(stream) = seen.streams.get_mut(index) else {
        return;
    };
    match &info.data {
        Some(gst::PadProbeData::Event(_)) if is_enough => {}
        Some(gst::PadProbeData::Buffer(buffer)) => {
            stream.has_data = true;
            end = end_of(pad, buffer);
        }
        Some(gst::PadProbeData::BufferList(list)) => {
            stream.has_data = true;
            end = list.iter().map(|b| end_of(pad, b)).max().unwrap_or(0);
        }
        Some(gst::PadProbeData::Event(event)) => match event.view() {
            gst::EventView::Caps(caps) => stream.caps = Some(caps.caps_owned()),
            gst::EventView::Tag(tag) => {
                let orientation = tag.tag().get::<gst::tags::ImageOrientation>();
                if let Some(orientation) = orientation {
                    stream.orientation = Some(orientation.get().to_owned());
                }
            }
            gst::EventView::Eos(_) => stream.ended = true,
            _ => {}
        },
        _ => {}
    }
    seen.end = seen.end.max(end);
}

/// Where a buffer ends on the clock of the video, in nanoseconds.
fn end_of(pad: &gst::Pad, buffer: &gst::BufferRef) -> u64 {
    let segment = pad
        .sticky_event::<gst::event::Segment>(0)
        .and_then(|event| event.segment().downcast_ref::<gst::ClockTime>().cloned());
    let start = match (segment, buffer.pts()) {
        (Some(segment), Some(pts)) => segment.to_stream_time(pts),
        _ => None,
    };
    let duration = buffer.duration().unwrap_or_default();
    start.map_or(0, |start| (start + duration).nseconds())
}

fn tell_if_enough(pipeline: &gst::glib::WeakRef<gst::Pipeline>, shared: &Shared) {
    let enough = {
        let mut seen = lock(shared);
        let shown = |stream: &Stream| stream.has_data || stream.ended;
        let may_be = !seen.is_enough && !seen.has_failed && seen.all_announced;
        let is_new = may_be && seen.streams.iter().all(shown);
        seen.is_enough |= is_new;
        is_new
    };
    if let (true, Some(bus)) = (enough, pipeline.upgrade().and_then(|p| p.bus())) {
        let structure = gst::Structure::new_empty(ENOUGH);
        // A bus that takes no message is one nobody reads any more.
        let _ = bus.post(gst::message::Application::new(structure));
    }
}

fn video_stream(streams: &[Stream]) -> Result<VideoStream, Failure> {
    let found = streams
        .iter()
        .find_map(|stream| Some((stream, stream.video?, stream.caps.as_ref()?)));
    let Some((stream, codec, caps)) = found else {
        let names: Vec<&str> = streams.iter().map(|s| s.media_type.as_str()).collect();
        return Err(Failure::Refused(if names.is_empty() {
            "the container has no stream".into()
        } else {
            format!(
                "no video stream in a codec this program decodes, only {}",
                names.join(", ")
            )
        }));
    };
    let unknown = || Failure::Refused("the video stream states no size".into());
    let structure = caps.structure(0).ok_or_else(unknown)?;
    let side = |name| {
        let side = structure.get::<i32>(name).ok().filter(|side| *side > 0);
        side.and_then(|side| u32::try_from(side).ok())
    };
    let (width, height) = (
        side("width").ok_or_else(unknown)?,
        side("height").ok_or_else(unknown)?,
    );
    let aspect = structure.get::<gst::Fraction>("pixel-aspect-ratio").ok();
    let rotation_degrees = rotation(stream.orientation.as_deref());
    let (width, height) = shown_size((width, height), aspect, rotation_degrees);
    let frame_rate = structure
        .get::<gst::Fraction>("framerate")
        .ok()
        .and_then(rational);
    Ok(VideoStream {
        codec: codec.name.into(),
        width,
        height,
        rotation_degrees,
        frame_rate,
    })
}

fn rational(fraction: gst::Fraction) -> Option<Rational> {
    let numerator = u32::try_from(fraction.numer()).ok().filter(|n| *n > 0)?;
    let denominator = u32::try_from(fraction.denom()).ok().filter(|d| *d > 0)?;
    Some(Rational {
        numerator,
        denominator,
    })
}

/// Size with square pixels, the right way up. Pixels are only ever made wider or higher, never
/// smaller, so that the limit on pixels holds for the stored picture too.
fn shown_size(
    (width, height): (u32, u32),
    aspect: Option<gst::Fraction>,
    rotation_degrees: u16,
) -> (u32, u32) {
    let ratio = aspect
        .and_then(rational)
        .and_then(Rational::value)
        .unwrap_or(1.0);
    // A float cast saturates, and no limit admits the largest number.
    let stretch = |side: u32, by: f64| (f64::from(side) * by).round() as u32;
    let (width, height) = if ratio >= 1.0 {
        (stretch(width, ratio), height)
    } else {
        (width, stretch(height, 1.0 / ratio))
    };
    if rotation_degrees.is_multiple_of(180) {
        (width, height)
    } else {
        (height, width)
    }
}

/// Clockwise rotation in a tag as `rotate-90`; mirroring (`flip-rotate-90`) is not heeded.
fn rotation(orientation: Option<&str>) -> u16 {
    let degrees = orientation.and_then(|text| text.rsplit('-').next());
    match degrees {
        Some("90") => 90,
        Some("180") => 180,
        Some("270") => 270,
        _ => 0,
    }
}

fn audio_stream(streams: &[Stream]) -> Option<AudioStream> {
    // The first that can be decoded, else the first there is: it exists, whatever it is.
    let is_audio = |stream: &&Stream| stream.media_type.starts_with("audio/");
    let stream = streams
        .iter()
        .find(|stream| stream.audio.is_some())
        .or_else(|| streams.iter().find(is_audio))?;
    let structure = stream.caps.as_ref().and_then(|caps| caps.structure(0));
    let number = |name| {
        let number = structure.and_then(|s| s.get::<i32>(name).ok());
        number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(0)
    };
    Some(AudioStream {
        codec: stream
            .audio
            .map_or_else(|| stream.media_type.clone(), |codec| codec.name.into()),
        channels: number("channels"),
        sample_rate_hz: number("rate"),
    })
}
