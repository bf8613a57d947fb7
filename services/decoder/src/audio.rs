//! The sound of the file on the clock of the video.

use crate::{
    answer::Answer,
    clock::{AudioClock, sample_at},
    failure::Failure,
    graph::Graph,
};
use gst_app::AppSink;
use media::{
    Limits,
    protocol::{AUDIO_RATE_HZ, Record},
};

const BYTES_PER_SAMPLE: usize = 4;
/// Samples are sent in pieces of about this many bytes.
const PIECE_BYTES: usize = 128 * 1024;

struct AudioPass<'a> {
    graph: &'a Graph,
    answer: &'a Answer,
    clock: AudioClock,
    piece: Vec<u8>,
    most_samples: u64,
}

/// Sends all samples; returns how many.
///
/// # Errors
/// [`Failure`] if the audio is longer than the limit, or nobody listens.
pub fn send_audio(
    graph: &Graph,
    sink: &AppSink,
    limits: &Limits,
    answer: &Answer,
) -> Result<u64, Failure> {
    let mut pass = AudioPass {
        graph,
        answer,
        clock: AudioClock::default(),
        piece: Vec::with_capacity(PIECE_BYTES),
        most_samples: u64::from(limits.duration_s) * u64::from(AUDIO_RATE_HZ),
    };
    while let Some(sample) = graph.next(sink)? {
        pass.take(&sample)?;
    }
    pass.flush()?;
    Ok(pass.clock.written())
}

impl AudioPass<'_> {
    fn take(&mut self, sample: &gst::Sample) -> Result<(), Failure> {
        let (Some(buffer), Some(segment)) = (sample.buffer_owned(), sample.segment()) else {
            return Ok(());
        };
        // What lies outside the segment is the codec's run-up or cut away by an edit list.
        let clipped =
            gst_audio::audio_buffer_clip(buffer, segment, AUDIO_RATE_HZ, BYTES_PER_SAMPLE as u32);
        let Some(buffer) = clipped else {
            return Ok(());
        };
        let bytes = buffer.map_readable().map_err(Failure::internal)?;
        let (samples, _) = bytes.as_chunks::<BYTES_PER_SAMPLE>();
        let start = match self.graph.time_of(&buffer, Some(segment)) {
            Some(time) => sample_at(time, AUDIO_RATE_HZ),
            None => self.clock.written(),
        };
        if start.saturating_add(samples.len() as u64) > self.most_samples {
            return Err(Failure::Refused(format!(
                "audio beyond {} s",
                self.most_samples / u64::from(AUDIO_RATE_HZ)
            )));
        }
        let placement = self.clock.place(start, samples.len() as u64);
        for _ in 0..placement.silence {
            self.push(0.0)?;
        }
        let skip = usize::try_from(placement.skip).unwrap_or(usize::MAX);
        for sample in samples.iter().skip(skip) {
            let value = f32::from_le_bytes(*sample);
            // A damaged stream can decode to anything, even to what is not a number.
            let value = if value.is_nan() { 0.0 } else { value };
            self.push(value.clamp(-1.0, 1.0))?;
        }
        Ok(())
    }

    fn push(&mut self, value: f32) -> Result<(), Failure> {
        self.piece.extend_from_slice(&value.to_le_bytes());
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let next = Vec::with_capacity(PIECE_BYTES);
        let piece = std::mem::replace(&mut self.piece, next);
        self.answer.send(&Record::Audio(piece))
    }
}
