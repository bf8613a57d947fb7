//! Phrases, rhythm and emphasis of speech whose values are known by hand.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod common;

use common::{
    built::{at, span},
    no_audio,
    perceived::{self, perceived},
    result,
    said::{said, spoken},
    video,
};
use contracts::speech::SpeechTranscript;
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    Input,
    events::{EnergyWindow, Sighting, Sound},
    speech::{
        dynamics::pacing_curve,
        emphasis, key_events,
        rhythm::{pause_pattern, pauses, rhythm},
        wording::{self, LIX_LANGUAGES, call_clusters, complexity, filler_ratio, key_phrases, lix},
    },
};

fn energy(windows: &[(f64, f64, f64)]) -> Vec<EnergyWindow> {
    let window = |(start, end, level): &(f64, f64, f64)| EnergyWindow {
        span: span(*start, *end),
        level: *level,
    };
    windows.iter().map(window).collect()
}

#[test]
fn phrases_that_return_are_told_with_their_share() {
    let spoken = spoken(
        20.0,
        vec![
            said(0.0, "Drink green tea. It is"),
            said(5.0, "green tea, drink green tea!"),
        ],
    );
    let phrases = key_phrases(&spoken);
    let told: Vec<(&str, usize)> = (phrases.iter())
        .map(|one| (one.phrase.as_str(), one.count))
        .collect();
    // Six words each; the longer first. "drink green" is within it as often.
    assert_eq!(told, [("drink green tea", 2), ("green tea", 3)]);
    assert_eq!(phrases[0].timestamp, 0.0);
    assert_eq!(phrases[0].significance, 0.6);
    assert_eq!(phrases[1].timestamp, 0.5);
}

#[test]
fn what_overlaps_itself_counts_once() {
    let again = spoken(20.0, vec![said(0.0, "ha ha ha ha")]);
    let phrases = key_phrases(&again);
    assert_eq!(phrases.len(), 1);
    assert_eq!((phrases[0].phrase.as_str(), phrases[0].count), ("ha ha", 2));
    assert_eq!(phrases[0].significance, 1.0);
    assert!(key_phrases(&spoken(20.0, vec![said(0.0, "one two three")])).is_empty());
    assert!(key_phrases(&spoken(20.0, Vec::new())).is_empty());
}

#[test]
fn five_phrases_are_enough() {
    let text = "a b x c d y e f z g h v i j w k l";
    let twice = spoken(
        60.0,
        vec![
            said(0.0, text),
            said(30.0, "a b . c d . e f . g h . i j . k l"),
        ],
    );
    assert_eq!(key_phrases(&twice).len(), 5);
}

#[test]
fn calls_close_together_are_a_cluster() {
    let spoken = spoken(
        60.0,
        vec![
            said(0.0, "follow and share"),
            said(5.9, "subscribe"),
            said(20.0, "buy"),
        ],
    );
    let clusters = call_clusters(&key_events::calls(&spoken));
    assert_eq!(clusters.len(), 1);
    assert_eq!((clusters[0].start, clusters[0].end), (0.0, 5.9));
    assert_eq!(clusters[0].count, 3);
    assert!(call_clusters(&[]).is_empty());
}

#[test]
fn fillers_and_hooks_are_shares() {
    let filled = spoken(20.0, vec![said(0.0, "Um, you know, unlikely tea actually")]);
    assert_eq!(filler_ratio(&filled), Some(4.0 / 6.0));
    assert_eq!(filler_ratio(&spoken(20.0, Vec::new())), None);
    let opening = |start, text| wording::opening_strength(&spoken(20.0, vec![said(start, text)]));
    assert_eq!(opening(0.0, "did you know"), 0.5);
    assert_eq!(opening(0.0, "hey an amazing secret trick"), 1.0);
    assert_eq!(opening(3.0, "did you know"), 0.0);
}

#[test]
fn long_words_and_sentences_are_harder_to_follow() {
    // 4 words in 2 sentences, one of them of more than six letters: 2 + 25.
    let easy = spoken(20.0, vec![said(0.0, "Green tea. Wonderful tea.")]);
    assert_eq!(lix(&easy), Some(27.0));
    // Two segments are two sentences, whatever their punctuation.
    let parts = spoken(20.0, vec![said(0.0, "green tea"), said(5.0, "and coffee")]);
    assert_eq!(lix(&parts), Some(2.0));
    assert_eq!(lix(&spoken(20.0, Vec::new())), None);
    assert_eq!(
        [39.9, 40.0, 49.9, 50.0].map(complexity),
        ["simple", "moderate", "moderate", "complex"]
    );
    assert!(LIX_LANGUAGES.is_sorted());
}

#[test]
fn the_rhythm_follows_from_the_pace_in_windows() {
    let some = |rates: &[f64]| -> Vec<Option<f64>> { rates.iter().copied().map(Some).collect() };
    assert_eq!(
        rhythm(&some(&[100.0, 100.0, 140.0, 140.0])),
        Some("accelerating")
    );
    assert_eq!(
        rhythm(&some(&[140.0, 140.0, 90.0, 90.0])),
        Some("decelerating")
    );
    assert_eq!(rhythm(&some(&[100.0, 110.0, 100.0, 110.0])), Some("steady"));
    assert_eq!(rhythm(&some(&[50.0, 150.0, 50.0, 150.0])), Some("variable"));
    // Where one half is silent there is no trend.
    assert_eq!(
        rhythm(&[None, None, Some(100.0), Some(100.0)]),
        Some("steady")
    );
    assert_eq!(rhythm(&[None, Some(100.0)]), None);
    assert_eq!(rhythm(&[]), None);
}

#[test]
fn pauses_have_a_pattern() {
    let pattern = |lengths: &[f64]| {
        let mut voiced = vec![span(0.0, 1.0)];
        for length in lengths {
            let start = voiced.last().unwrap().end.seconds() + length;
            voiced.push(span(start, start + 1.0));
        }
        pause_pattern(&pauses(&voiced))
    };
    assert_eq!(pattern(&[1.5, 1.8]), Some("natural"));
    assert_eq!(pattern(&[2.5, 3.0]), Some("dramatic"));
    assert_eq!(pattern(&[1.1, 1.1, 6.0]), Some("irregular"));
    assert_eq!(pattern(&[0.5]), None);
    assert_eq!(pattern(&[]), None);
}

#[test]
fn the_curve_tells_pace_and_energy_where_somebody_speaks() {
    let spoken = spoken(10.0, vec![said(0.0, "a b"), said(4.5, "c d")]);
    let sound = energy(&[(0.0, 4.5, 0.2), (4.5, 10.0, 0.8)]);
    let points = pacing_curve(&spoken, Some(&sound));
    let starts: Vec<f64> = points.iter().map(|one| one.timestamp).collect();
    assert_eq!(starts, [0.0, 4.0, 5.0]);
    assert!(
        points
            .iter()
            .all(|one| (one.words_per_second - 2.0).abs() < 1e-9)
    );
    let energies: Vec<f64> = points.iter().filter_map(|one| one.intensity).collect();
    assert!((energies[1] - 0.5).abs() < 1e-9);
    assert!((energies[2] - 0.8).abs() < 1e-9);
    assert!(
        pacing_curve(&spoken, None)
            .iter()
            .all(|one| one.intensity.is_none())
    );
}

#[test]
fn emphasis_is_an_onset_in_a_loud_stretch() {
    let spoken = spoken(
        20.0,
        vec![said(0.0, "quiet word"), said(10.0, "now listen closely")],
    );
    let bursts = emphasis::bursts(
        &energy(&[
            (0.0, 5.0, 0.1),
            (5.0, 10.0, 0.1),
            (10.0, 15.0, 0.9),
            (15.0, 20.0, 0.1),
        ]),
        &spoken,
    );
    // On "quiet", on "listen", and late on "closely".
    let onsets = [0.0, 10.45, 11.2].map(at);
    let moments = emphasis::emphasis(&bursts, &onsets, &spoken);
    assert_eq!(moments.len(), 1);
    assert_eq!(moments[0].word, "listen");
    assert_eq!(moments[0].timestamp, 10.5);
    assert!(emphasis::emphasis(&bursts, &[], &spoken).is_empty());
    assert!(emphasis::emphasis(&[], &onsets, &spoken).is_empty());

    let gesture = |start: f64| Sighting {
        span: span(start, start + 1.0),
        label: "point".into(),
        confidence: 0.9,
    };
    let moments = emphasis::gesture_moments(&[gesture(0.5), gesture(10.5), gesture(13.0)], &spoken);
    let both = emphasis::gestures_in_bursts(&bursts, moments);
    assert_eq!(both.len(), 1);
    assert_eq!((both[0].moment.timestamp, both[0].energy), (10.5, 0.9));
}

#[test]
fn the_climax_is_the_loudest_of_what_is_said() {
    let sound = Sound {
        energy: energy(&[(0.0, 5.0, 0.4), (5.0, 10.0, 0.8)]),
        ..Sound::default()
    };
    let spoken = spoken(
        20.0,
        vec![
            said(0.0, "a b"),
            said(4.5, "c d"),
            said(6.0, "e"),
            said(8.0, "f"),
        ],
    );
    let (said, energy) = emphasis::climax(&sound, spoken.all()).unwrap();
    assert_eq!((said.text.as_str(), energy), ("e", 0.8));
    assert!((emphasis::mean_energy(&sound.energy, span(4.5, 5.5)).unwrap() - 0.6).abs() < 1e-12);
    assert_eq!(
        emphasis::mean_energy(&sound.energy, span(5.0, 5.0)),
        Some(0.8)
    );
    assert_eq!(emphasis::mean_energy(&sound.energy, span(12.0, 13.0)), None);
    assert!(emphasis::climax(&Sound::default(), spoken.all()).is_none());
}

fn speech_of(change: impl FnOnce(&mut Value)) -> Value {
    let mut transcript = perceived::speech();
    change(&mut transcript);
    let typed: SpeechTranscript = serde_json::from_value(transcript).unwrap();
    let input = Input {
        speech: common::json(&typed),
        ..perceived()
    };
    result(&input, "speech_analysis")
}

#[test]
fn two_sentences() {
    let result = result(&perceived(), "speech_analysis");
    let core = &result["speechCoreMetrics"];
    assert!((core["speechRate"].as_f64().unwrap() - 2.4).abs() < 1e-9);
    assert_eq!(
        core["avgConfidence"],
        result["speechQuality"]["transcriptionConfidence"]
    );
    assert_eq!(
        core["speechClarityScore"],
        result["speechQuality"]["clarity"]
    );
    assert_eq!(result["speechDynamics"]["pausePattern"], "dramatic");
    let interactions = &result["speechInteractions"];
    // Joy and surprise while the first is said; the second was looked at.
    assert_eq!(interactions["speechExpressionAlignment"], 0.5);
    assert_eq!(
        interactions["verbalVisualCoherence"],
        interactions["multiModalCoherence"]
    );
    let patterns = &result["speechPatterns"];
    assert_eq!(patterns["fillerRatio"], 0.0);
    assert_eq!(patterns["openingHookStrength"], 0.0);
    assert_eq!(patterns["linguisticComplexity"], "simple");
    assert_eq!(patterns["speechTechniques"], patterns["emphasisTechniques"]);
    let climax = &result["speechKeyEvents"]["speechClimax"];
    assert_eq!(climax["text"], "Look at this.");
    assert_eq!(climax["intensity"], 0.5);
    assert_eq!(result["speechQuality"]["analysisLimitations"], json!([]));
}

#[test]
fn lists_of_words_hold_in_their_languages_only() {
    let german = speech_of(|transcript| transcript["language"] = json!("de"));
    let patterns = &german["speechPatterns"];
    for field in ["fillerRatio", "openingHookStrength", "verbalHooks"] {
        assert_eq!(patterns[field], Value::Null, "{field}");
    }
    assert_eq!(german["speechKeyEvents"]["ctaClustering"], Value::Null);
    assert_eq!(patterns["linguisticComplexity"], "simple");
    let chinese = speech_of(|transcript| transcript["language"] = json!("zh"));
    assert_eq!(
        chinese["speechQuality"]["notMeasured"]["speechPatterns.linguisticComplexity"],
        "LIX was not compared in the language, which is zh"
    );
    // Phrases that return do so in every language.
    assert_eq!(chinese["speechKeyEvents"]["keyPhrases"], json!([]));
}

#[test]
fn without_sound_the_curve_has_no_energy() {
    let input = Input {
        sound: common::json(&no_audio()),
        ..perceived()
    };
    let result = result(&input, "speech_analysis");
    assert_eq!(
        result["speechDynamics"]["speechPacingCurve"][0]["intensity"],
        Value::Null
    );
    assert_eq!(result["speechDynamics"]["emphasisMoments"], Value::Null);
    assert_eq!(
        result["speechKeyEvents"]["speechClimax"]["text"],
        Value::Null
    );
}

#[test]
fn nothing_heard_is_nothing_measured() {
    let nothing = result(&video(5.0), "speech_analysis");
    for (block, field) in [
        ("speechCoreMetrics", "speechRate"),
        ("speechDynamics", "speechRhythm"),
        ("speechDynamics", "pausePattern"),
        ("speechDynamics", "speechPacingCurve"),
        ("speechInteractions", "multimodalEmphasis"),
        ("speechKeyEvents", "keyPhrases"),
        ("speechPatterns", "fillerRatio"),
        ("speechPatterns", "linguisticComplexity"),
    ] {
        assert_eq!(nothing[block][field], Value::Null, "{field}");
    }
    let silent = speech_of(|transcript| {
        transcript["status"] = json!("no_speech");
        transcript["segments"] = json!([]);
        transcript["language"] = json!(null);
    });
    assert_eq!(silent["speechPatterns"]["fillerRatio"], Value::Null);
    assert_eq!(silent["speechPatterns"]["openingHookStrength"], 0.0);
    assert_eq!(silent["speechDynamics"]["speechPacingCurve"], json!([]));
    assert_eq!(
        silent["speechKeyEvents"]["speechClimax"]["text"],
        Value::Null
    );
}

proptest! {
    #[test]
    fn numbers_of_wording_keep_their_ranges(
        starts in prop::collection::vec((0_u32..40, "(um|you|know|tip|a|b)( (um|you|know|tip|a|b)){0,7}"), 0..8),
        levels in prop::collection::vec(0.0..=1.0_f64, 0..9),
    ) {
        let spoken = spoken(40.0, starts.iter().map(|(start, text)| said(f64::from(*start), text)).collect());
        let phrases = key_phrases(&spoken);
        prop_assert!(phrases.len() <= 5);
        for one in &phrases {
            prop_assert!(one.count > 1 && (0.0..=1.0).contains(&one.significance));
        }
        prop_assert!(filler_ratio(&spoken).is_none_or(|share| (0.0..=1.0).contains(&share)));
        prop_assert!((0.0..=1.0).contains(&wording::opening_strength(&spoken)));
        prop_assert!(lix(&spoken).is_none_or(|lix| lix > 0.0 && lix.is_finite()));
        let windows: Vec<(f64, f64, f64)> = levels.iter().zip(0_u32..).map(|(level, index)| {
            (5.0 * f64::from(index), 5.0 * f64::from(index + 1), *level)
        }).collect();
        let sound = Sound { energy: energy(&windows), ..Sound::default() };
        for point in pacing_curve(&spoken, Some(&sound.energy)) {
            prop_assert!(point.words_per_second >= 0.0);
            prop_assert!(point.intensity.is_none_or(|level| (0.0..=1.0).contains(&level)));
        }
        if let Some((_, level)) = emphasis::climax(&sound, spoken.all()) {
            prop_assert!((0.0..=1.0).contains(&level));
        }
    }
}
