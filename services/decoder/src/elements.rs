//! Loading plugins and making elements: only those of the constant tables.

use crate::{allowed, failure::Failure};
use contracts::decoded::Container;
use gst::prelude::*;
use media::protocol::{CodecState, Task};
use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

/// The file on standard input, opened anew so that demuxers may read it at any place; `fdsrc`
/// would only let them read on.
pub const INPUT: &str = "/proc/self/fd/0";

/// Where the plugins lie: asked of GStreamer's own package when this program was built.
const PLUGIN_DIRECTORY: &str = env!("GSTREAMER_PLUGINS");

/// Loads the plugins a task needs, by file, without looking for any other. Returns what is
/// missing of those that only some files need.
///
/// # Errors
/// [`Failure::Unavailable`] if one is missing that every file needs.
pub fn load_plugins(task: Task) -> Result<Vec<String>, Failure> {
    for name in allowed::PLUGINS_TO_PROBE {
        load(name).map_err(Failure::Unavailable)?;
    }
    if task == Task::Probe {
        return Ok(Vec::new());
    }
    for name in allowed::PLUGINS_TO_DECODE {
        load(name).map_err(Failure::Unavailable)?;
    }
    let missing = |name: &str| load(name).err();
    Ok(allowed::DECODER_PLUGINS
        .into_iter()
        .filter_map(missing)
        .collect())
}

fn load(name: &str) -> Result<(), String> {
    let path = Path::new(PLUGIN_DIRECTORY).join(format!("libgst{name}.so"));
    gst::Plugin::load_file(&path)
        .map(drop)
        .map_err(|error| format!("plugin {} cannot be loaded: {error}", path.display()))
}

/// Errors the codec library has reported so far.
static REPORTED: AtomicU64 = AtomicU64::new(0);
/// The category of the codec library's log within GStreamer's.
const CODEC_LOG: &str = "libav";

/// Counts the errors the codec library reports. It hides damage in a stream as well as it can
/// and tells nobody but its log.
pub fn count_reported_errors() {
    gst::log::remove_default_log_function();
    gst::log::add_log_function(|category, level, _, _, _, _, _| {
        if level == gst::DebugLevel::Error && category.name() == CODEC_LOG {
            REPORTED.fetch_add(1, Ordering::Relaxed);
        }
    });
    gst::log::set_active(true);
    gst::log::set_threshold_for_name(CODEC_LOG, gst::DebugLevel::Error);
}

/// Errors the codec library has reported since [`count_reported_errors`].
#[must_use]
pub fn reported_errors() -> u64 {
    REPORTED.load(Ordering::Relaxed)
}

/// Makes one element.
///
/// # Errors
/// [`Failure::Unavailable`] if no loaded plugin has it.
pub fn make(name: &str) -> Result<gst::Element, Failure> {
    gst::ElementFactory::make(name)
        .build()
        .map_err(|_| Failure::Unavailable(format!("no plugin has the element '{name}'")))
}

/// Makes the first element of a list that there is.
///
/// # Errors
/// [`Failure::Unavailable`] if there is none.
pub fn make_first(names: &[&str]) -> Result<gst::Element, Failure> {
    names
        .iter()
        .find_map(|name| make(name).ok())
        .ok_or_else(|| Failure::Unavailable(format!("no plugin has one of {names:?}")))
}

/// Every codec of the allow-list, and what is missing to decode it.
#[must_use]
pub fn codecs() -> Vec<CodecState> {
    let missing = |codec: &allowed::Codec| {
        let parser = codec.parser.and_then(|name| make(name).err());
        parser
            .or_else(|| make_first(codec.decoders).err())
            .map(|failure| failure.to_string())
    };
    let state = |codec: &allowed::Codec| CodecState {
        name: codec.name.into(),
        missing: missing(codec),
    };
    allowed::VIDEO
        .iter()
        .chain(&allowed::AUDIO)
        .map(state)
        .collect()
}

/// Makes the source and the demuxer of a container and links them, in a new pipeline.
///
/// # Errors
/// [`Failure::Unavailable`] if an element is missing.
pub fn make_demuxer(container: Container) -> Result<(gst::Pipeline, gst::Element), Failure> {
    let source = make("filesrc")?;
    source.set_property("location", INPUT);
    let demuxer = make(match container {
        Container::Mp4 => "qtdemux",
        Container::Matroska => "matroskademux",
    })?;
    let pipeline = gst::Pipeline::new();
    pipeline
        .add_many([&source, &demuxer])
        .map_err(Failure::internal)?;
    source.link(&demuxer).map_err(Failure::internal)?;
    Ok((pipeline, demuxer))
}

/// Sets a property to the value its text means, if the element has it.
pub fn set(element: &gst::Element, property: &str, value: &str) {
    if element.has_property(property) {
        element.set_property_from_str(property, value);
    }
}

/// Adds a chain of elements to a pipeline, linked to each other.
///
/// # Errors
/// [`Failure::Internal`] if they do not fit together.
pub fn add(pipeline: &gst::Pipeline, chain: &[gst::Element]) -> Result<(), Failure> {
    pipeline.add_many(chain).map_err(Failure::internal)?;
    gst::Element::link_many(chain).map_err(Failure::internal)
}

/// Links a demuxer's pad to the first element of a chain.
///
/// # Errors
/// [`Failure::Internal`] if they do not fit together.
pub fn link(pad: &gst::Pad, chain: &[gst::Element]) -> Result<(), Failure> {
    let sink = chain.first().and_then(|first| first.static_pad("sink"));
    let sink = sink.ok_or_else(|| Failure::Internal("a chain has no beginning".into()))?;
    pad.link(&sink).map(drop).map_err(Failure::internal)
}

/// Adds a chain of elements behind a pad of a demuxer that runs already, and starts them.
///
/// # Errors
/// [`Failure::Internal`] if they do not fit together.
pub fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    chain: &[gst::Element],
) -> Result<(), Failure> {
    add(pipeline, chain)?;
    // From the sink up, so that data never meets an element that is not running yet.
    for element in chain.iter().rev() {
        element
            .sync_state_with_parent()
            .map_err(Failure::internal)?;
    }
    link(pad, chain)
}

/// The encoded stream's codec in one of the tables.
#[must_use]
pub fn codec_of(
    caps: &gst::CapsRef,
    table: &'static [allowed::Codec],
) -> Option<&'static allowed::Codec> {
    let structure = caps.structure(0)?;
    let version = structure.get::<i32>("mpegversion").ok();
    allowed::find(table, structure.name().as_str(), version)
}
