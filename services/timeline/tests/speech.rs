//! `speech_analysis` of videos whose values are known by hand.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod common;

use common::{
    failure, no_audio,
    perceived::{self, perceived},
    result, sound, video,
};
use contracts::{StageName, manifest::FailureClass, speech::SpeechTranscript};
use serde_json::{Value, json};
use timeline::compute::Input;

fn speech(input: &Input) -> Value {
    result(input, "speech_analysis")
}

fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

fn with_transcript(transcript: Value) -> Input {
    let typed: SpeechTranscript = serde_json::from_value(transcript).unwrap();
    Input {
        speech: common::json(&typed),
        ..perceived()
    }
}

fn nobody_speaks() -> Input {
    let mut transcript = perceived::speech();
    transcript["status"] = json!("no_speech");
    transcript["text"] = json!("");
    transcript["segments"] = json!([]);
    transcript["language"] = json!(null);
    with_transcript(transcript)
}

#[test]
fn two_sentences() {
    let result = speech(&perceived());
    let core = &result["speechCoreMetrics"];
    assert_eq!(core["totalWords"], 6);
    assert_eq!(core["uniqueWords"], 6);
    assert_eq!(core["totalSpeechSegments"], 2);
    assert_eq!(core["pauseCount"], 1);
    close(&core["speechDensity"], 6.0 / 10.4);
    close(&core["wordsPerMinute"], 144.0);
    close(&core["vocabularyDiversity"], 1.0);
    close(&core["speechCoverage"], 2.5 / 10.4);
    close(&core["silenceRatio"], 1.0 - 2.5 / 10.4);
    close(&core["avgSegmentDuration"], 1.25);
    close(&core["speechDuration"], 2.5);
    close(&core["avgPauseDuration"], 7.4);
    close(&core["confidence"], 0.88);
    let dynamics = &result["speechDynamics"];
    assert_eq!(dynamics["burstPattern"], "steady");
    assert_eq!(dynamics["energyVariance"], 0.002);
    assert_eq!(dynamics["hasAudioEnergy"], true);
    assert_eq!(dynamics["speechBursts"], json!([]));
    assert_eq!(dynamics["silencePeriods"][0]["type"], "awkward");
    assert_eq!(dynamics["accelerationScore"], 0.0);
    assert_eq!(dynamics["frontLoadRatio"], 0.5);
    let alignment = &dynamics["temporalAlignment"];
    assert_eq!(
        alignment["gesture_emphasis_moments"],
        json!([{"timestamp": 0.5, "gesture": "thumbs_up"}])
    );
    assert_eq!(alignment["lip_sync_quality"], Value::Null);
    assert_eq!(alignment["body_language_congruence"], 0.5);
    let interactions = &result["speechInteractions"];
    assert_eq!(interactions["speechGestureSync"], 0.5);
    assert_eq!(interactions["speechEmotionAlignment"], 0.5);
    assert_eq!(interactions["speechTextOverlap"], 0.0);
    close(&interactions["multiModalCoherence"], 1.0 / 3.0);
    close(
        &interactions["confidence"],
        (0.88 + 0.7 + 0.93 + 0.96) / 4.0,
    );
    let events = &result["speechKeyEvents"];
    assert_eq!(events["longestSegment"]["timestamp"], "8-11s");
    assert_eq!(events["longestSegment"]["words"], 3);
    close(&events["longestSegment"]["duration"], 1.4);
    close(&events["climaxMoment"]["timestamp"], 10.4 / 3.0);
    assert_eq!(events["climaxMoment"]["intensity"], 0.5);
    close(&events["silentMoments"][0]["start"], 1.4);
    close(&events["silentMoments"][0]["duration"], 7.4);
    assert_eq!(
        events["callsToAction"],
        json!([{"timestamp": 8.8, "phrase": "follow", "category": "engagement", "urgency": "medium"}])
    );
    let patterns = &result["speechPatterns"];
    assert_eq!(patterns["repetitionRate"], 0.0);
    assert_eq!(patterns["emphasisTechniques"], json!([]));
    assert_eq!(patterns["verbalHooks"], json!([]));
    close(&result["speechQuality"]["clarity"], 0.9);
    close(&result["speechQuality"]["transcriptionConfidence"], 0.88);
    close(&result["speechQuality"]["overallConfidence"], 0.88);
}

#[test]
fn silence_is_measured_and_nothing_else_is() {
    let result = speech(&nobody_speaks());
    assert!(!result.to_string().contains("-0.0"));
    let core = &result["speechCoreMetrics"];
    for (field, expected) in [
        ("totalWords", 0.0),
        ("speechDensity", 0.0),
        ("speechCoverage", 0.0),
        ("silenceRatio", 1.0),
        ("uniqueWords", 0.0),
    ] {
        assert_eq!(core[field].as_f64(), Some(expected), "{field}");
    }
    let reasons = &result["speechQuality"]["notMeasured"];
    for path in [
        "speechCoreMetrics.wordsPerMinute",
        "speechCoreMetrics.vocabularyDiversity",
        "speechCoreMetrics.avgSegmentDuration",
        "speechCoreMetrics.confidence",
        "speechDynamics.wpmProgression",
        "speechInteractions.multiModalCoherence",
        "speechKeyEvents.longestSegment.words",
        "speechPatterns.repetitionRate",
        "speechQuality.clarity",
    ] {
        assert_eq!(reasons[path], "nothing is said", "{path}");
    }
    assert_eq!(result["speechKeyEvents"]["silentMoments"], json!([]));
    assert_eq!(result["speechQuality"]["dataCompleteness"], 1.0);
}

#[test]
fn without_a_transcript_everything_is_null_for_the_reason_of_the_stage() {
    let input = Input {
        speech: None,
        failures: vec![failure(
            StageName::Transcribe,
            FailureClass::Exhausted,
            "model file is missing",
        )],
        ..perceived()
    };
    let result = speech(&input);
    let reasons = &result["speechQuality"]["notMeasured"];
    for field in ["totalWords", "silenceRatio", "speechCoverage", "confidence"] {
        assert_eq!(result["speechCoreMetrics"][field], Value::Null);
        assert_eq!(
            reasons[format!("speechCoreMetrics.{field}")],
            "the transcribe stage failed: model file is missing"
        );
    }
    assert_eq!(result["speechKeyEvents"]["silentMoments"], Value::Null);
    assert_eq!(result["speechQuality"]["dataCompleteness"], 0.0);
    assert!(!result.to_string().contains("-0.0"));
    // The sound was measured all the same.
    assert_eq!(result["speechDynamics"]["burstPattern"], "steady");
}

#[test]
fn a_file_without_audio_has_no_climax() {
    let mut input = Input {
        speech: None,
        sound: common::json(&no_audio()),
        ..perceived()
    };
    input.probe.audio = None;
    let result = speech(&input);
    assert_eq!(result["speechDynamics"]["hasAudioEnergy"], false);
    assert_eq!(
        result["speechKeyEvents"]["climaxMoment"],
        json!({"timestamp": null, "intensity": null})
    );
    assert_eq!(
        result["speechQuality"]["notMeasured"]["speechKeyEvents.climaxMoment.timestamp"],
        "the file has no audio stream"
    );
}

#[test]
fn a_video_without_duration_has_no_speech() {
    let result = speech(&video(0.0));
    assert_eq!(result["speechCoreMetrics"]["totalWords"], Value::Null);
    assert_eq!(result["speechQuality"]["dataCompleteness"], Value::Null);
}

#[test]
fn gestures_that_were_not_looked_for_leave_the_others() {
    let input = Input {
        people: None,
        ..perceived()
    };
    let result = speech(&input);
    let interactions = &result["speechInteractions"];
    assert_eq!(interactions["speechGestureSync"], Value::Null);
    assert_eq!(interactions["speechEmotionAlignment"], Value::Null);
    assert_eq!(interactions["multiModalCoherence"], 0.0);
    close(&interactions["confidence"], 0.5 * (0.88 + 0.96) / 2.0);
}

#[test]
fn english_phrases_are_not_looked_for_in_other_languages() {
    let mut transcript = perceived::speech();
    transcript["language"] = json!("es");
    let result = speech(&with_transcript(transcript));
    assert_eq!(result["speechKeyEvents"]["callsToAction"], Value::Null);
    assert_eq!(
        result["speechQuality"]["notMeasured"]["speechPatterns.verbalHooks"],
        "phrases are known in English only, the language is es"
    );
    assert_eq!(result["speechPatterns"]["questionCount"], 0);
}

#[test]
fn energy_follows_the_sound() {
    let input = Input {
        sound: common::json(&sound(10.4, &[])),
        ..nobody_speaks()
    };
    let result = speech(&input);
    assert_eq!(result["speechDynamics"]["speechBursts"], json!([]));
    assert_eq!(result["speechDynamics"]["energyVariance"], 0.002);
}
