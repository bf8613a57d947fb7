//! Where a voice is active: from a probability per chunk to stretches of speech.

use super::{Stretch, samples_of};
use crate::config::ActivityConfig;

/// Samples the voice detector judges at once, 32 ms.
pub const CHUNK: usize = 512;

/// Stretches of speech in audio of `length` samples, given the probability of a voice in each
/// chunk of [`CHUNK`] samples.
///
/// Hysteresis, shortest speech, shortest pause and margin work as in Silero VAD's
/// `get_speech_timestamps`: speech begins at the higher threshold and ends once the probability
/// has stayed below the lower one for the shortest pause.
#[must_use]
pub fn stretches(probabilities: &[f32], length: usize, config: &ActivityConfig) -> Vec<Stretch> {
    let shortest_speech = samples_of(config.min_speech_ms);
    let shortest_pause = samples_of(config.min_pause_ms);
    let mut found: Vec<Stretch> = Vec::new();
    let mut begun: Option<usize> = None;
    let mut fallen: Option<usize> = None;
    let mut keep = |start: usize, end: usize| {
        if end - start > shortest_speech {
            found.push(Stretch { start, end });
        }
    };
    for (chunk, probability) in probabilities.iter().enumerate() {
        let (at, probability) = ((chunk * CHUNK).min(length), f64::from(*probability));
        if probability >= config.threshold {
            fallen = None;
            begun = begun.or(Some(at));
        } else if let Some(start) = begun.filter(|_| probability < config.release_threshold) {
            let end = *fallen.get_or_insert(at);
            if at - end >= shortest_pause {
                keep(start, end);
                (begun, fallen) = (None, None);
            }
        }
    }
    if let Some(start) = begun {
        keep(start, fallen.unwrap_or(length));
    }
    widen(&mut found, samples_of(config.margin_ms), length);
    found
}

/// Adds a margin on both sides; two neighbours share what lies between them.
pub(super) fn widen(stretches: &mut [Stretch], margin: usize, length: usize) {
    let mut before = 0;
    for at in 0..stretches.len() {
        let next = stretches.get(at + 1).map(|next| next.start);
        if let Some(stretch) = stretches.get_mut(at) {
            let free = next.map_or(length - stretch.end, |next| (next - stretch.end) / 2);
            stretch.start = before.max(stretch.start.saturating_sub(margin));
            stretch.end += margin.min(free);
            before = stretch.end;
        }
    }
}
