//! JPEG files by libjpeg-turbo, which takes luma and chroma planes as they are.

use crate::{elements::make, failure::Failure, render::Rendered};
use gst::prelude::*;
use gst_app::{AppSink, AppSrc};
use gst_video::{VideoColorimetry, VideoFormat, VideoFrameFlags, VideoInfo, VideoMeta};
use std::str::FromStr;

/// Luma and chroma as JFIF defines them: full range, BT.601 matrix.
const JFIF_COLORIMETRY: &str = "1:4:0:0";
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(30);

/// Encodes pictures of one size.
pub struct JpegEncoder {
    pipeline: gst::Pipeline,
    source: AppSrc,
    sink: AppSink,
    info: VideoInfo,
}

impl JpegEncoder {
    /// An encoder for pictures of this size.
    ///
    /// # Errors
    /// [`Failure`] if the library refuses the size or lacks the encoder.
    pub fn new(width: usize, height: usize, quality: u8) -> Result<Self, Failure> {
        let colorimetry =
            VideoColorimetry::from_str(JFIF_COLORIMETRY).map_err(Failure::internal)?;
        let info = VideoInfo::builder(VideoFormat::I420, width as u32, height as u32)
            .colorimetry(&colorimetry)
            .fps(gst::Fraction::new(0, 1))
            .build()
            .map_err(Failure::internal)?;
        let caps = info.to_caps().map_err(Failure::internal)?;
        let source = AppSrc::builder()
            .caps(&caps)
            .format(gst::Format::Time)
            .build();
        let encoder = make("jpegenc")?;
        encoder.set_property("quality", i32::from(quality));
        let sink = AppSink::builder().sync(false).async_(false).build();
        let pipeline = gst::Pipeline::new();
        let chain = [source.upcast_ref(), &encoder, sink.upcast_ref()];
        pipeline.add_many(chain).map_err(Failure::internal)?;
        gst::Element::link_many(chain).map_err(Failure::internal)?;
        pipeline
            .set_state(gst::State::Playing)
            .map_err(Failure::internal)?;
        Ok(Self {
            pipeline,
            source,
            sink,
            info,
        })
    }

    /// Encodes one picture.
    ///
    /// # Errors
    /// [`Failure::Internal`] if the encoder fails.
    pub fn encode(&self, picture: &Rendered) -> Result<Vec<u8>, Failure> {
        let buffer = self.padded(picture)?;
        self.source.push_buffer(buffer).map_err(Failure::internal)?;
        let sample = self
            .sink
            .try_pull_sample(PATIENCE)
            .ok_or_else(|| Failure::Internal("the JPEG encoder gives nothing back".into()))?;
        let bytes = sample.buffer().map(gst::BufferRef::map_readable);
        match bytes {
            Some(Ok(bytes)) => Ok(bytes.to_vec()),
            _ => Err(Failure::Internal("a JPEG cannot be read".into())),
        }
    }

    /// The planes in rows of whole blocks. The library reads whole blocks; past the end of a last
    /// row there would be whatever lay in memory before.
    fn padded(&self, picture: &Rendered) -> Result<gst::Buffer, Failure> {
        let [luma_width, luma_height] = [picture.width, picture.height].map(in_macroblocks);
        let sizes = [
            (luma_width, luma_height),
            (luma_width / 2, luma_height / 2),
            (luma_width / 2, luma_height / 2),
        ];
        let half = picture.width.div_ceil(2);
        let mut bytes = Vec::new();
        let mut offsets = Vec::new();
        for ((plane, width), size) in picture
            .planes
            .iter()
            .zip([picture.width, half, half])
            .zip(sizes)
        {
            offsets.push(bytes.len());
            extend_padded(&mut bytes, plane, width, size);
        }
        let strides = sizes.map(|(width, _)| i32::try_from(width).unwrap_or(i32::MAX));
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let described = buffer.get_mut().map(|buffer| {
            VideoMeta::add_full(
                buffer,
                VideoFrameFlags::empty(),
                self.info.format(),
                self.info.width(),
                self.info.height(),
                &offsets,
                &strides,
            )
            .map(drop)
        });
        match described {
            Some(Ok(())) => Ok(buffer),
            Some(Err(error)) => Err(Failure::internal(error)),
            None => Err(Failure::Internal("a picture buffer is not ours".into())),
        }
    }
}

/// Luma is coded in blocks of 16 × 16, of which chroma has 8 × 8.
fn in_macroblocks(pixels: usize) -> usize {
    pixels.next_multiple_of(16)
}

/// Appends a plane, its last column and row repeated up to `size` (width, height).
fn extend_padded(bytes: &mut Vec<u8>, plane: &[u8], width: usize, size: (usize, usize)) {
    let mut height = 0;
    for row in plane.chunks_exact(width).take(size.1) {
        bytes.extend_from_slice(row);
        let edge = row.last().copied().unwrap_or_default();
        bytes.extend(std::iter::repeat_n(edge, size.0 - width));
        height += 1;
    }
    let last = bytes.len().saturating_sub(size.0);
    for _ in height..size.1 {
        bytes.extend_from_within(last..last + size.0);
    }
}

impl Drop for JpegEncoder {
    fn drop(&mut self) {
        // The process is about to end; a pipeline that does not stop holds nothing of value.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_padded_by_their_edges() {
        let mut bytes = Vec::new();
        extend_padded(&mut bytes, &[1, 2, 3, 4], 2, (4, 3));
        assert_eq!(bytes, [1, 2, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4]);
    }

    #[test]
    fn what_lay_in_memory_before_is_no_part_of_a_picture() {
        gst::init().unwrap();
        let (width, height) = (360, 288);
        let plane = |width: usize, height: usize| -> Vec<u8> {
            (0..width * height).map(|n| (n * 7 % 251) as u8).collect()
        };
        let picture = Rendered {
            width,
            height,
            planes: [
                plane(width, height),
                plane(width / 2, height / 2),
                plane(width / 2, height / 2),
            ],
        };
        let encoder = JpegEncoder::new(width, height, 85).unwrap();
        let first = encoder.encode(&picture).unwrap();
        for filling in 1..=16_u8 {
            // Freed at once, so that the next buffer of this size lies where this lay.
            let dirt = vec![filling * 15; width * height * 3 / 2 + 4096];
            drop(std::hint::black_box(dirt));
            assert!(encoder.encode(&picture).unwrap() == first, "{filling}");
        }
    }
}
