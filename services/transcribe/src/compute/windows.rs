//! What is shown to the recogniser: stretches of speech packed into windows of 30 seconds.

use super::{Stretch, WINDOW_SAMPLES, activity::widen, samples_of};
use crate::config::WindowConfig;

/// A window: pieces of the audio laid end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// By time, none empty, together at most 30 seconds.
    pub pieces: Vec<Stretch>,
}

impl Window {
    /// Number of samples.
    #[must_use]
    pub fn length(&self) -> usize {
        self.pieces.iter().map(|piece| piece.length()).sum()
    }
    /// First sample of the audio in it.
    #[must_use]
    pub fn start(&self) -> usize {
        self.pieces.first().map_or(0, |piece| piece.start)
    }
    /// First sample of the audio after it.
    #[must_use]
    pub fn end(&self) -> usize {
        self.pieces.last().map_or(0, |piece| piece.end)
    }
    /// Its samples.
    #[must_use]
    pub fn cut(&self, audio: &[f32]) -> Vec<f32> {
        let pieces = self.pieces.iter();
        pieces
            .flat_map(|piece| audio.get(piece.start..piece.end).unwrap_or_default())
            .copied()
            .collect()
    }
    /// Where in the audio the stretch from `start` to `end` of the window lies. At a joint, a
    /// start belongs to the piece after it and an end to the piece before it.
    #[must_use]
    pub fn to_audio(&self, start: usize, end: usize) -> Stretch {
        let start = self.place(start, |at, length| at < length);
        let end = self.place(end, |at, length| at <= length).max(start);
        Stretch { start, end }
    }

    fn place(&self, mut at: usize, inside: impl Fn(usize, usize) -> bool) -> usize {
        for piece in &self.pieces {
            if inside(at, piece.length()) {
                return piece.start + at;
            }
            at -= piece.length();
        }
        self.end()
    }

    /// What is left of the window from sample `from` of the audio on; `None` if nothing is.
    #[must_use]
    pub fn after(&self, from: usize) -> Option<Self> {
        let pieces: Vec<Stretch> = self
            .pieces
            .iter()
            .filter(|piece| piece.end > from)
            .map(|piece| Stretch {
                start: piece.start.max(from),
                end: piece.end,
            })
            .collect();
        (!pieces.is_empty()).then_some(Self { pieces })
    }
}

/// Packs stretches of speech into windows.
///
/// Pauses up to the longest one joined stay in, longer ones are cut out but for a margin. Speech
/// that goes on for more than a window is cut in its longest pause if it has one in the second
/// half of the window; if not, the next window begins a little before the end of this one, so that
/// no word is cut in both.
#[must_use]
pub fn pack(speech: &[Stretch], length: usize, config: &WindowConfig) -> Vec<Window> {
    let mut joined: Vec<Stretch> = Vec::new();
    for stretch in speech {
        match joined.last_mut() {
            Some(last) if stretch.start <= last.end + samples_of(config.max_joined_pause_ms) => {
                last.end = stretch.end;
            }
            _ => joined.push(*stretch),
        }
    }
    widen(&mut joined, samples_of(config.margin_ms), length);
    let mut windows: Vec<Window> = Vec::new();
    for stretch in joined {
        for piece in divide(stretch, speech, samples_of(config.overlap_ms)) {
            match windows.last_mut() {
                Some(last)
                    if last.end() <= piece.start
                        && last.length() + piece.length() <= WINDOW_SAMPLES =>
                {
                    last.pieces.push(piece);
                }
                _ => windows.push(Window {
                    pieces: vec![piece],
                }),
            }
        }
    }
    windows
}

/// Cuts a stretch into pieces that fit into a window.
fn divide(stretch: Stretch, speech: &[Stretch], overlap: usize) -> Vec<Stretch> {
    let mut pieces = Vec::new();
    let mut start = stretch.start;
    while stretch.end - start > WINDOW_SAMPLES {
        let latest = start + WINDOW_SAMPLES;
        let earliest = start + WINDOW_SAMPLES / 2;
        let pauses = speech.windows(2).filter_map(|pair| match pair {
            [before, after] => Some((before.end, after.start)),
            _ => None,
        });
        let fitting = pauses.filter(|(from, to)| {
            let middle = from.midpoint(*to);
            from < to && earliest <= middle && middle <= latest
        });
        let cut = fitting
            .max_by_key(|(from, to)| to - from)
            .map(|(from, to)| from.midpoint(to));
        let end = cut.unwrap_or(latest);
        pieces.push(Stretch { start, end });
        start = if cut.is_some() { end } else { end - overlap };
    }
    pieces.push(Stretch {
        start,
        end: stretch.end,
    });
    pieces
}
