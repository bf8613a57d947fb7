//! What `sound` measured.

use super::{Document, Read, is_share};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::sound::{Interval, SoundEnergy};

/// Reads the result of `sound`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn sound(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<SoundEnergy>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let mut document = Document::parse("audio_energy", bytes, limits)?;
    document.keep("onsets", |time: &f64| inside(*time))?;
    document.keep("silences", |one: &Interval| {
        inside(one.start) && one.start < one.end
    })?;
    document.keep_entries("energy_level_windows", |key, level: &f64| {
        window_of(key).is_some() && is_share(*level)
    })?;
    let mut read: Read<SoundEnergy> = document.finish()?;
    let sound = &mut read.result;
    sound.onsets.sort_by(f64::total_cmp);
    sound.onsets.dedup();
    sound
        .silences
        .sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)));
    sound
        .energy_level_windows
        .sort_by(|a, _, b, _| window_of(a).cmp(&window_of(b)));
    Ok(read)
}

/// First and last second of a window key such as `"0-5s"`.
pub(crate) fn window_of(key: &str) -> Option<(u64, u64)> {
    let (start, end) = key.strip_suffix('s')?.split_once('-')?;
    let (start, end) = (start.parse().ok()?, end.parse().ok()?);
    (start < end).then_some((start, end))
}
