//! What may take part in a pipeline: constant tables of plugins and elements. Nothing else is
//! loaded, so a file can name what it likes.

/// One kind of stream this program decodes.
#[derive(Debug, PartialEq, Eq)]
pub struct Codec {
    /// Its name in a probe.
    pub name: &'static str,
    /// Media type of the encoded stream.
    pub media_type: &'static str,
    /// Versions in the field `mpegversion`, which tells MP3 from AAC; empty if there is none.
    mpeg_versions: &'static [i32],
    /// The element that cuts the stream into frames, if the decoder needs one.
    pub parser: Option<&'static str>,
    /// Elements that decode it, best first.
    pub decoders: &'static [&'static str],
}

/// Video codecs.
pub const VIDEO: [Codec; 5] = [
    codec(
        "h264",
        "video/x-h264",
        &[],
        Some("h264parse"),
        &["avdec_h264"],
    ),
    codec(
        "h265",
        "video/x-h265",
        &[],
        Some("h265parse"),
        &["avdec_h265"],
    ),
    codec("vp8", "video/x-vp8", &[], None, &["vp8dec"]),
    codec("vp9", "video/x-vp9", &[], Some("vp9parse"), &["vp9dec"]),
    codec(
        "av1",
        "video/x-av1",
        &[],
        Some("av1parse"),
        &["dav1ddec", "av1dec"],
    ),
];

/// Audio codecs.
pub const AUDIO: [Codec; 4] = [
    codec(
        "aac",
        "audio/mpeg",
        &[2, 4],
        Some("aacparse"),
        &["avdec_aac"],
    ),
    codec(
        "mp3",
        "audio/mpeg",
        &[1],
        Some("mpegaudioparse"),
        &["mpg123audiodec", "avdec_mp3"],
    ),
    codec("opus", "audio/x-opus", &[], None, &["opusdec"]),
    codec("vorbis", "audio/x-vorbis", &[], None, &["vorbisdec"]),
];

/// Plugins without which nothing works.
pub const PLUGINS_TO_PROBE: [&str; 6] = [
    "coreelements",
    "app",
    "isomp4",
    "matroska",
    "videoparsersbad",
    "audioparsers",
];

/// Plugins without which nothing is decoded.
pub const PLUGINS_TO_DECODE: [&str; 4] =
    ["videoconvertscale", "audioconvert", "audioresample", "jpeg"];

/// Plugins with decoders. One that is missing is only missed by files that need it.
pub const DECODER_PLUGINS: [&str; 7] = ["libav", "vpx", "dav1d", "aom", "mpg123", "opus", "vorbis"];

const fn codec(
    name: &'static str,
    media_type: &'static str,
    mpeg_versions: &'static [i32],
    parser: Option<&'static str>,
    decoders: &'static [&'static str],
) -> Codec {
    Codec {
        name,
        media_type,
        mpeg_versions,
        parser,
        decoders,
    }
}

/// The codec of an encoded stream, if it is in `table`.
#[must_use]
pub fn find(
    table: &'static [Codec],
    media_type: &str,
    mpeg_version: Option<i32>,
) -> Option<&'static Codec> {
    table.iter().find(|codec| {
        codec.media_type == media_type
            && (codec.mpeg_versions.is_empty()
                || mpeg_version.is_some_and(|version| codec.mpeg_versions.contains(&version)))
    })
}
