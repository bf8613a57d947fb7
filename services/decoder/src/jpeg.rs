//! JPEG files by libjpeg-turbo, which takes luma and chroma planes as they are.

use crate::{elements::make, failure::Failure, render::Rendered};
use gst::prelude::*;
use gst_app::{AppSink, AppSrc};
use gst_video::{VideoColorimetry, VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};
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
        let mut buffer = gst::Buffer::with_size(self.info.size()).map_err(Failure::internal)?;
        self.fill(&mut buffer, picture)?;
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

    fn fill(&self, buffer: &mut gst::Buffer, picture: &Rendered) -> Result<(), Failure> {
        let unreadable = || Failure::Internal("a picture buffer cannot be written".into());
        let buffer = buffer.get_mut().ok_or_else(unreadable)?;
        let mut frame = VideoFrameRef::from_buffer_ref_writable(buffer, &self.info)
            .map_err(|_| unreadable())?;
        let half = picture.width.div_ceil(2);
        let widths = [picture.width, half, half];
        for (index, (plane, width)) in picture.planes.iter().zip(widths).enumerate() {
            let stride = frame
                .plane_stride()
                .get(index)
                .and_then(|stride| usize::try_from(*stride).ok())
                .ok_or_else(unreadable)?;
            let target = frame
                .plane_data_mut(index as u32)
                .map_err(|_| unreadable())?;
            for (row, line) in plane.chunks_exact(width).zip(target.chunks_mut(stride)) {
                if let Some(line) = line.get_mut(..width) {
                    line.copy_from_slice(row);
                }
            }
        }
        Ok(())
    }
}

impl Drop for JpegEncoder {
    fn drop(&mut self) {
        // The process is about to end; a pipeline that does not stop holds nothing of value.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
