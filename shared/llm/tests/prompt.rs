//! Prompts, byte for byte.
#![allow(clippy::unwrap_used, reason = "tests")]

use llm::prompt::{TooLarge, check_size, kib, prompt};
use serde_json::{Map, Value, json};

fn context(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn measured_values_come_first_then_the_length_then_the_rest() {
    let context = context(json!({
        "video_id": "7",
        "video_duration": 30.5,
        "precomputed_metrics": {"a": [1, 2.5]},
        "prompt_type": "scene_pacing",
    }));
    assert_eq!(
        prompt("Say what you see.", &context).unwrap(),
        "Say what you see.\n\n### Context Data:\n\n\
         ## Precomputed Metrics:\n{\n  \"a\": [\n    1,\n    2.5\n  ]\n}\n\n\
         ## Video Duration: 30.5 seconds\n\n\
         ## Video Id:\n7\n\n\
         ## Prompt Type:\nscene_pacing\n"
    );
}

#[test]
fn without_context_there_is_only_the_template() {
    assert_eq!(prompt("Say.", &Map::new()).unwrap(), "Say.\n\n");
}

#[test]
fn what_is_too_large_is_refused() {
    assert_eq!(kib(1023), 0);
    assert_eq!(kib(1024), 1);
    assert_eq!(check_size(1_048_575), Ok(()));
    assert_eq!(check_size(1_048_576), Err(TooLarge { actual_kib: 1024 }));
    let large = context(json!({"note": "x".repeat(1 << 20)}));
    assert!(prompt("", &large).is_err());
}
