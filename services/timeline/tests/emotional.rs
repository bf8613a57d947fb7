//! `emotional_journey` of videos whose values are known by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    failure, json, no_audio,
    perceived::{self, perceived},
    result,
};
use contracts::{StageName, manifest::FailureClass};
use serde_json::{Value, json};
use timeline::compute::Input;

fn emotional(input: &Input) -> Value {
    result(input, "emotional_journey")
}

/// The perceived video with other expressions.
fn with(change: impl FnOnce(&mut Value)) -> Input {
    let mut emotions = perceived::emotions();
    change(&mut emotions);
    Input {
        emotions: json(&emotions),
        ..perceived()
    }
}

#[test]
fn joy_that_turns_into_surprise() {
    let result = emotional(&perceived());
    let core = &result["emotionalCoreMetrics"];
    assert_eq!(core["uniqueEmotions"], 2);
    assert_eq!(core["emotionTransitions"], 1);
    assert_eq!(core["dominantEmotion"], "joy");
    assert_eq!(core["emotionalDiversity"], 1.0 / 6.0);
    assert_eq!(core["gestureEmotionAlignment"], 1.0);
    assert_eq!(core["audioEmotionAlignment"], Value::Null);
    assert_eq!(core["captionSentiment"], "positive");
    assert_eq!(core["emotionalIntensity"], 1.0);
    assert_eq!(core["confidence"], 0.9);
    let dynamics = &result["emotionalDynamics"];
    let windows = dynamics["emotionProgression"].as_array().unwrap();
    assert_eq!(windows.len(), 10);
    assert_eq!(
        windows[0],
        json!({"timestamp": "0-2s", "start": 0.0, "end": 1.04, "emotion": "joy", "intensity": 1.0})
    );
    assert_eq!(windows[1]["emotion"], "surprise");
    assert_eq!(windows[9]["emotion"], Value::Null);
    assert_eq!(windows[9]["end"], 10.4);
    assert_eq!(dynamics["transitionSmoothness"], 0.75);
    assert_eq!(dynamics["stabilityScore"], 0.75);
    assert_eq!(dynamics["emotionalArc"], "evolving");
    assert_eq!(dynamics["peakEmotionMoments"], json!([]));
    assert_eq!(dynamics["tempoEmotionSync"], Value::Null);
}

#[test]
fn moments_and_patterns_of_the_same_video() {
    let result = emotional(&perceived());
    let interactions = &result["emotionalInteractions"];
    assert_eq!(interactions["gestureReinforcement"], 1.0);
    assert_eq!(interactions["multimodalCoherence"], 1.0);
    assert_eq!(interactions["captionEmotionAlignment"], 1.0);
    assert_eq!(interactions["emotionalContrastMoments"], json!([]));
    let events = &result["emotionalKeyEvents"];
    assert_eq!(
        events["transitionPoints"],
        json!([{
            "timestamp": "0s", "start": 0.5, "end": 1.0,
            "fromEmotion": "joy", "toEmotion": "surprise", "from": "joy", "to": "surprise",
            "trigger": ["speech", "gesture"],
        }])
    );
    assert_eq!(events["climaxMoment"], "0s");
    assert_eq!(events["resolutionMoment"], Value::Null);
    let patterns = &result["emotionalPatterns"];
    assert_eq!(patterns["journeyArchetype"], "positive_journey");
    assert_eq!(
        patterns["emotionalTechniques"],
        json!(["gesture_reinforcement"])
    );
    assert_eq!(patterns["pacingStrategy"], "gradual_build");
    assert_eq!(patterns["viewerJourneyMap"], "gradual_build");
    let quality = &result["emotionalQuality"];
    assert_eq!(quality["detectionConfidence"], 0.9);
    assert_eq!(quality["timelineCoverage"], 2.0 / 11.0);
    assert_eq!(quality["emotionalDataCompleteness"], 1.0);
    assert_eq!(quality["analysisReliability"], "high");
    assert_eq!(quality["missingDataPoints"], json!([]));
    assert_eq!(quality["overallConfidence"], 0.9);
    assert_eq!(
        quality["notMeasured"]["emotionalCoreMetrics.audioEmotionAlignment"],
        "valence or energy of the sound does not vary"
    );
}

#[test]
fn a_video_without_faces_shows_nothing() {
    let result = emotional(&with(|emotions| emotions["emotions"] = json!([])));
    let core = &result["emotionalCoreMetrics"];
    assert_eq!(core["uniqueEmotions"], 0);
    assert_eq!(core["emotionTransitions"], 0);
    assert_eq!(core["captionSentiment"], "positive");
    for field in [
        "dominantEmotion",
        "emotionalDiversity",
        "gestureEmotionAlignment",
        "audioEmotionAlignment",
        "emotionalIntensity",
        "confidence",
    ] {
        assert_eq!(core[field], Value::Null, "{field}");
    }
    let reasons = &result["emotionalQuality"]["notMeasured"];
    assert_eq!(
        reasons["emotionalCoreMetrics.dominantEmotion"],
        "no expression was seen"
    );
    let dynamics = &result["emotionalDynamics"];
    assert_eq!(dynamics["emotionProgression"][0]["emotion"], Value::Null);
    assert_eq!(dynamics["emotionalArc"], Value::Null);
    assert_eq!(dynamics["transitionSmoothness"], Value::Null);
    assert_eq!(result["emotionalKeyEvents"]["climaxMoment"], Value::Null);
    assert_eq!(
        result["emotionalKeyEvents"]["resolutionMoment"],
        Value::Null
    );
    assert_eq!(result["emotionalPatterns"]["journeyArchetype"], Value::Null);
    assert_eq!(
        result["emotionalPatterns"]["emotionalTechniques"],
        json!([])
    );
    let quality = &result["emotionalQuality"];
    assert_eq!(quality["timelineCoverage"], 0.0);
    assert_eq!(quality["analysisReliability"], "low");
    assert_eq!(quality["overallConfidence"], Value::Null);
    assert_eq!(
        quality["missingDataPoints"],
        json!(["no_emotions_detected"])
    );
}

#[test]
fn without_expressions_every_value_names_the_stage() {
    let result = emotional(&Input {
        emotions: None,
        failures: vec![failure(
            StageName::Emotion,
            FailureClass::Exhausted,
            "model file is missing",
        )],
        ..perceived()
    });
    let reason = "the emotion stage failed: model file is missing";
    let reasons = &result["emotionalQuality"]["notMeasured"];
    for field in [
        "emotionalCoreMetrics.uniqueEmotions",
        "emotionalCoreMetrics.confidence",
        "emotionalDynamics.emotionProgression",
        "emotionalKeyEvents.climaxMoment",
        "emotionalPatterns.engagementHooks",
        "emotionalQuality.analysisReliability",
    ] {
        assert_eq!(reasons[field], reason, "{field}");
    }
    assert_eq!(
        result["emotionalQuality"]["missingDataPoints"],
        json!(["emotions_not_measured"])
    );
    assert_eq!(result["emotionalQuality"]["dataCompleteness"], 2.0 / 3.0);
}

#[test]
fn what_goes_with_expressions_may_be_missing() {
    let result = emotional(&Input {
        people: None,
        sound: json(&no_audio()),
        ..perceived()
    });
    let reasons = &result["emotionalQuality"]["notMeasured"];
    assert_eq!(
        reasons["emotionalCoreMetrics.gestureEmotionAlignment"],
        "the people stage left no result"
    );
    assert_eq!(
        reasons["emotionalCoreMetrics.audioEmotionAlignment"],
        "the file has no audio stream"
    );
    let quality = &result["emotionalQuality"];
    assert_eq!(
        quality["missingDataPoints"],
        json!(["gestures_not_measured", "sound_not_measured"])
    );
    assert_eq!(quality["overallConfidence"], 0.9 * (1.0 / 3.0));
    assert_eq!(
        result["emotionalPatterns"]["emotionalTechniques"],
        json!([])
    );
}

#[test]
fn one_expression_has_no_change() {
    let result = emotional(&with(|emotions| {
        emotions["emotions"].as_array_mut().unwrap().truncate(1);
    }));
    assert_eq!(result["emotionalCoreMetrics"]["emotionalDiversity"], 0.0);
    assert_eq!(
        result["emotionalDynamics"]["transitionSmoothness"],
        Value::Null
    );
    assert_eq!(result["emotionalDynamics"]["emotionalArc"], "stable");
    assert_eq!(
        result["emotionalPatterns"]["emotionalTechniques"],
        json!(["steady_state", "gesture_reinforcement"])
    );
    assert_eq!(
        result["emotionalQuality"]["missingDataPoints"],
        json!(["limited_emotional_range"])
    );
}

#[test]
fn the_caption_may_be_unknown_empty_or_neutral() {
    let of = |caption: Option<&str>| {
        let mut input = perceived();
        input.metadata.description = caption.map(Into::into);
        let result = emotional(&input);
        let name = "emotionalCoreMetrics.captionSentiment";
        (
            result["emotionalCoreMetrics"]["captionSentiment"].clone(),
            result["emotionalQuality"]["notMeasured"][name].clone(),
            result["emotionalInteractions"]["captionEmotionAlignment"].clone(),
        )
    };
    let null = || Value::Null;
    assert_eq!(
        of(None),
        (null(), json!("the caption is not known"), null())
    );
    assert_eq!(
        of(Some(" ")),
        (null(), json!("the caption is empty"), null())
    );
    assert_eq!(of(Some("a day")), (json!("neutral"), null(), null()));
    assert_eq!(
        of(Some("the WORST day")),
        (json!("negative"), null(), json!(0.0))
    );
}

#[test]
fn a_video_without_length_has_no_journey() {
    let result = emotional(&common::video(0.0));
    assert_eq!(result["emotionalQuality"]["overallConfidence"], Value::Null);
    assert_eq!(result["emotionalQuality"]["dataCompleteness"], Value::Null);
}
