//! Energy of the sound. Onsets, silences, loudness and kinds of sound were not recorded.

use super::Scene;
use serde_json::{Value, json};

pub(super) fn read(_scene: &mut Scene, data: &Value) -> Value {
    let pattern = &data["burst_pattern"];
    let pattern = match pattern.as_str() {
        Some("front_loaded" | "back_loaded" | "middle_peak" | "steady") => pattern.clone(),
        _ => json!("unknown"),
    };
    let windows = &data["energy_level_windows"];
    json!({
        "has_audio": true,
        "energy_level_windows": if windows.is_object() { windows.clone() } else { json!({}) },
        "energy_variance": data["energy_variance"].as_f64(),
        "climax_timestamp": data["climax_timestamp"].as_f64(),
        "burst_pattern": pattern,
        "duration": data["duration"].as_f64(),
        "integrated_loudness_lufs": null,
        "onsets": [],
        "silences": [],
        "metadata": {
            "processed": true,
            "success": true,
            "method": data["metadata"]["method"].as_str().unwrap_or("unknown"),
            "sample_rate": data["metadata"]["sample_rate"].as_u64().unwrap_or(0),
            "window_seconds": data["metadata"]["window_seconds"].as_u64().unwrap_or(0),
        },
    })
}
