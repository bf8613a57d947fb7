//! The frames of the file: measured at full rate, kept at the wished times.

use crate::{
    answer::Answer,
    failure::Failure,
    graph::Graph,
    jpeg::JpegEncoder,
    planes::{Colours, Frame, Plane},
    render::{Look, Renderer},
    selection::{Chooser, at_rate, evenly},
    signals::ChangeMeter,
};
use contracts::{MediaTime, decoded::Probe};
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFrameExt, VideoFrameRef, VideoInfo};
use media::{
    Limits,
    protocol::{Picture, PictureKind, Record, Request},
};

/// Change signals are sent for this many frames at a time, and the position with them.
const FRAMES_PER_REPORT: usize = 128;
/// Distances between frames that differ by less are rounding of the container's clock.
const RATE_TOLERANCE_NS: u64 = 2_000_000;

/// What the frames amounted to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VideoSummary {
    /// Frames with a place on the clock.
    pub frames: u64,
    /// End of the last one.
    pub until: MediaTime,
    /// Whether the distances between them vary.
    pub rate_varies: bool,
    /// Frames the decoder itself calls damaged.
    pub damaged: u64,
    /// Frames left out because they have no time or one that does not rise.
    pub misplaced: u64,
}

/// A decoded frame that may still be wanted.
struct Held {
    sample: gst::Sample,
    info: VideoInfo,
    time: MediaTime,
    number: u64,
}

/// One set of pictures on its way out.
struct Gallery<'a> {
    kind: PictureKind,
    chooser: Chooser<Box<dyn Iterator<Item = u64> + 'a>>,
    look: Look,
    encoder: JpegEncoder,
    kept: u64,
}

struct VideoPass<'a> {
    graph: &'a Graph,
    probe: &'a Probe,
    limits: &'a Limits,
    answer: &'a Answer,
    galleries: Vec<Gallery<'a>>,
    renderer: Renderer,
    meter: Option<ChangeMeter>,
    info: Option<(gst::Caps, VideoInfo)>,
    previous: Option<Held>,
    summary: VideoSummary,
    pixels: u64,
    intervals: Option<(u64, u64)>,
    last_duration: Option<u64>,
}

/// Sends pictures and signals of all frames.
///
/// # Errors
/// [`Failure::Refused`] if a limit is passed, other [`Failure`]s if the decoder fails.
pub fn send_video(
    graph: &Graph,
    probe: &Probe,
    request: &Request,
    answer: &Answer,
) -> Result<VideoSummary, Failure> {
    let mut pass = VideoPass {
        graph,
        probe,
        limits: &request.limits,
        answer,
        galleries: galleries(probe, request)?,
        renderer: Renderer::default(),
        meter: None,
        info: None,
        previous: None,
        summary: VideoSummary::default(),
        pixels: 0,
        intervals: None,
        last_duration: None,
    };
    while let Some(sample) = graph.next(&graph.video)? {
        pass.take(sample)?;
    }
    pass.finish()
}

fn galleries<'a>(probe: &Probe, request: &Request) -> Result<Vec<Gallery<'a>>, Failure> {
    let (video, wish) = (&probe.video, &request.parameters);
    let gallery = |kind, times, long_side, always_last| {
        let shown = (video.width, video.height);
        let look = Look::new(shown, long_side, video.rotation_degrees);
        Ok::<_, Failure>(Gallery {
            kind,
            chooser: Chooser::new(times, always_last),
            look,
            encoder: JpegEncoder::new(look.width, look.height, wish.jpeg_quality)?,
            kept: 0,
        })
    };
    let rate = wish.rate_for(probe.duration);
    let at_rate: Box<dyn Iterator<Item = u64>> = Box::new(at_rate(rate));
    let evenly = Box::new(evenly(wish.thumbnails, probe.duration.nanos()));
    let (frame, thumbnail) = (PictureKind::Frame, PictureKind::Thumbnail);
    Ok(vec![
        gallery(frame, at_rate, wish.long_side, true)?,
        gallery(thumbnail, evenly, wish.thumbnail_long_side, false)?,
    ])
}

impl VideoPass<'_> {
    fn take(&mut self, sample: gst::Sample) -> Result<(), Failure> {
        let last = self.previous.as_ref().map(|held| held.time);
        let time = sample
            .buffer()
            .and_then(|buffer| self.graph.time_of(buffer, sample.segment()))
            .map(MediaTime::from_nanos);
        let Some(time) = time.filter(|time| last.is_none_or(|last| last < *time)) else {
            self.summary.misplaced += 1;
            return self.check_limits(self.summary.until);
        };
        let info = self.info_of(&sample)?;
        self.pixels += u64::from(info.width()) * u64::from(info.height());
        self.check_frame(&info)?;
        let held = Held {
            sample,
            info,
            time,
            number: self.summary.frames,
        };
        self.count(&held, last);
        self.check_limits(time)?;
        self.measure(&held)?;
        self.choose(&held)?;
        self.previous = Some(held);
        Ok(())
    }

    fn info_of(&mut self, sample: &gst::Sample) -> Result<VideoInfo, Failure> {
        let caps = sample
            .caps_owned()
            .ok_or_else(|| Failure::Internal("a frame has no format".into()))?;
        match &self.info {
            Some((known, info)) if *known == caps => Ok(info.clone()),
            _ => {
                let info = VideoInfo::from_caps(&caps).map_err(Failure::internal)?;
                self.info = Some((caps, info.clone()));
                Ok(info)
            }
        }
    }

    /// A frame as it really is, whatever the header claimed.
    fn check_frame(&self, info: &VideoInfo) -> Result<(), Failure> {
        let pixels = u64::from(info.width()) * u64::from(info.height());
        if pixels > self.limits.frame_pixels {
            return Err(Failure::Refused(format!(
                "a frame of {}x{} pixels, limit is {} in all",
                info.width(),
                info.height(),
                self.limits.frame_pixels
            )));
        }
        Ok(())
    }

    fn check_limits(&self, time: MediaTime) -> Result<(), Failure> {
        let frames = self.summary.frames + self.summary.misplaced;
        let at_full_rate = (time.seconds() + 1.0) * f64::from(self.limits.frames_per_second);
        let over = if frames > self.limits.frames {
            format!("over {} frames", self.limits.frames)
        } else if frames as f64 > at_full_rate + 1.0 {
            format!("over {} frames per second", self.limits.frames_per_second)
        } else if self.pixels > self.limits.total_pixels {
            format!("over {} pixels in all", self.limits.total_pixels)
        } else if time.seconds() > f64::from(self.limits.duration_s) {
            format!("frames beyond {} s", self.limits.duration_s)
        } else {
            return Ok(());
        };
        Err(Failure::Refused(over))
    }

    fn count(&mut self, held: &Held, last: Option<MediaTime>) {
        let summary = &mut self.summary;
        summary.frames += 1;
        let buffer = held.sample.buffer();
        let damaged = |buffer: &gst::BufferRef| {
            let flags = buffer.flags();
            flags.contains(gst::BufferFlags::CORRUPTED)
        };
        summary.damaged += u64::from(buffer.is_some_and(damaged));
        let stated = buffer.and_then(gst::BufferRef::duration);
        let interval = last.map(|last| held.time.nanos() - last.nanos());
        if let Some(interval) = interval {
            let (least, most) = self.intervals.unwrap_or((interval, interval));
            self.intervals = Some((least.min(interval), most.max(interval)));
        }
        let length = stated
            .map(gst::ClockTime::nseconds)
            .filter(|length| *length > 0)
            .or(interval)
            .or(self.last_duration);
        self.last_duration = length;
        let end = held.time.nanos().saturating_add(length.unwrap_or(0));
        summary.until = MediaTime::from_nanos(end);
    }

    fn measure(&mut self, held: &Held) -> Result<(), Failure> {
        let mapped = map(held)?;
        let frame = planes(&mapped)?;
        let (width, height) = (frame.width(), frame.height());
        let turned = !self.probe.video.rotation_degrees.is_multiple_of(180);
        let shown_width = if turned { height } else { width };
        let meter = self
            .meter
            .get_or_insert_with(|| ChangeMeter::new((width, height), shown_width));
        meter.measure(&frame, held.time);
        if meter.pending() >= FRAMES_PER_REPORT {
            self.answer.send(&Record::Signals(meter.take()))?;
            self.answer.send_now(&Record::Progress(held.time))?;
            self.graph.look_around()?;
        }
        Ok(())
    }

    fn choose(&mut self, held: &Held) -> Result<(), Failure> {
        for gallery in &mut self.galleries {
            let choice = gallery.chooser.offer(held.time.nanos());
            let previous = self.previous.as_ref().filter(|_| choice.previous);
            let current = Some(held).filter(|_| choice.current);
            for chosen in previous.into_iter().chain(current) {
                gallery.keep(chosen, &mut self.renderer, self.answer)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<VideoSummary, Failure> {
        let Some(last) = self.previous.take() else {
            self.graph.look_around()?;
            return Ok(self.summary);
        };
        for mut gallery in self.galleries {
            let chooser = std::mem::replace(
                &mut gallery.chooser,
                Chooser::new(Box::new(std::iter::empty()), false),
            );
            if chooser.finish(gallery.kept) {
                gallery.keep(&last, &mut self.renderer, self.answer)?;
            }
        }
        if let Some(mut meter) = self.meter {
            self.answer.send(&Record::Signals(meter.take()))?;
        }
        self.answer
            .send_now(&Record::Progress(self.summary.until))?;
        self.summary.rate_varies = self
            .intervals
            .is_some_and(|(least, most)| most - least > RATE_TOLERANCE_NS);
        Ok(self.summary)
    }
}

impl Gallery<'_> {
    fn keep(
        &mut self,
        held: &Held,
        renderer: &mut Renderer,
        answer: &Answer,
    ) -> Result<(), Failure> {
        let mapped = map(held)?;
        let rendered = renderer
            .render(&planes(&mapped)?, self.look)
            .map_err(Failure::internal)?;
        self.kept += 1;
        answer.send(&Record::Picture(Picture {
            kind: self.kind,
            time: held.time,
            frame_number: held.number,
            width: self.look.width as u32,
            height: self.look.height as u32,
            jpeg: self.encoder.encode(&rendered)?,
        }))
    }
}

type Mapped<'a> = VideoFrameRef<&'a gst::BufferRef>;

fn unreadable() -> Failure {
    Failure::Internal("a frame cannot be read".into())
}

fn map(held: &Held) -> Result<Mapped<'_>, Failure> {
    let buffer = held.sample.buffer().ok_or_else(unreadable)?;
    VideoFrameRef::from_buffer_ref_readable(buffer, &held.info).map_err(|_| unreadable())
}

fn planes<'a>(mapped: &'a Mapped<'_>) -> Result<Frame<'a>, Failure> {
    let plane = |index: u32, width: u32, height: u32| {
        let stride = mapped.plane_stride().get(index as usize);
        Ok::<_, Failure>(Plane {
            data: mapped.plane_data(index).map_err(|_| unreadable())?,
            stride: stride
                .and_then(|stride| usize::try_from(*stride).ok())
                .ok_or_else(unreadable)?,
            width: width as usize,
            height: height as usize,
        })
    };
    let (width, height) = (mapped.width(), mapped.height());
    let half = (width.div_ceil(2), height.div_ceil(2));
    Ok(Frame {
        planes: [
            plane(0, width, height)?,
            plane(1, half.0, half.1)?,
            plane(2, half.0, half.1)?,
        ],
        colours: colours(mapped.info()),
    })
}

/// The meaning of samples, by the matrix coefficients of ITU-T H.273.
fn colours(info: &VideoInfo) -> Colours {
    let colorimetry = info.colorimetry();
    let (red, blue) = match colorimetry.matrix() {
        VideoColorMatrix::Bt709 => (0.2126, 0.0722),
        VideoColorMatrix::Bt2020 => (0.2627, 0.0593),
        VideoColorMatrix::Smpte240m => (0.212, 0.087),
        VideoColorMatrix::Fcc => (0.30, 0.11),
        _ => (Colours::BT601.red, Colours::BT601.blue),
    };
    Colours {
        red,
        blue,
        full_range: colorimetry.range() == VideoColorRange::Range0_255,
    }
}
