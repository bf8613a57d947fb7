//! The opening, the closing and the moments in between.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    even_cuts, json, objects, perceived::perceived, rapid_cuts, result, rich, shots, video,
};
use contracts::{MediaTime, TimeSpan, emotion::EmotionLabel};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::{
    Limits,
    compute::{
        Input, build,
        clock::Clock,
        coverage::Stream,
        events::{Events, ExpressionSeen, Expressions, Overlay, Sighting, Utterance, Word},
        markers::{
            activity::{Marks, appearances},
            closing, opening,
            peaks::{curve, peak_seconds},
        },
        measure::Reason,
    },
};

fn markers(input: &Input) -> Value {
    result(input, "temporal_markers")
}

fn events(input: &Input) -> Events {
    let limits = Limits::default();
    build::events(input, &build::Results::read(input, &limits))
}

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(at(start), at(end))
}

#[test]
fn the_opening_shows_what_is_in_its_five_seconds() {
    assert_eq!(
        markers(&perceived())["first_5_seconds"],
        json!({
            // 0 s: text 3, sentence 2, person, cup, thumb and joy; 2 s: two cuts, dog, two
            // persons, sticker; 3 s: fade, cut, cup.
            "density_progression": [9, 1, 6, 3, 0],
            "text_moments": [{
                "timestamp": "0s", "text": "3 THINGS", "duration": 1.25, "position": "top-center",
            }],
            "emotion_sequence": ["joy", "surprise", null, null, null],
            "gesture_moments": [{"timestamp": "0s", "type": "thumbs_up", "confidence": 0.7}],
            "object_appearances": [
                {"class": "person", "first_appearance": "0s", "count": 3},
                {"class": "cup", "first_appearance": "0s", "count": 2},
                {"class": "dog", "first_appearance": "2s", "count": 1},
            ],
            "speech_segments": [{"start": "0s", "end": "1s", "text": "Look at this."}],
            "scene_changes": [2.0, 2.5, 3.0, 3.4],
        })
    );
}

#[test]
fn the_closing_shows_what_is_in_its_last_part() {
    let closing = &markers(&perceived())["cta_window"];
    assert_eq!(closing["time_range"], "8-11s");
    assert_eq!(
        closing["cta_appearances"],
        json!([{
            "timestamp": "8s", "keyword": "follow", "context": "Follow for more!",
            "type": "speech",
        }])
    );
    assert_eq!(
        closing["gesture_sync"],
        json!({"gesture_count": 0, "speech_count": 1, "sync_ratio": null})
    );
    assert_eq!(
        closing["object_focus"],
        json!([{"class": "person", "first_appearance": "9s", "count": 1}])
    );
    // The sentence lasts until 10.2 s, the window begins at 8.84 s.
    let emphasis = &closing["speech_emphasis"];
    assert!((emphasis["speech_duration"].as_f64().unwrap() - 1.36).abs() < 1e-9);
    assert!((emphasis["words_per_second"].as_f64().unwrap() - 3.0 / 1.36).abs() < 1e-9);
    assert_eq!(
        (&emphasis["word_count"], &emphasis["segment_count"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(closing["text_overlays"], json!([]));
}

#[test]
fn peaks_and_curves_stand_beside_the_blocks() {
    let found = markers(&perceived());
    assert_eq!(
        found["peak_moments"],
        json!([
            {
                "timestamp": 0.0, "intensity": 8.5,
                "events": [
                    "text: 3 THINGS", "object: person", "emotion", "speech", "object: cup",
                    "gesture",
                ],
            },
            {
                "timestamp": 2.0, "intensity": 8.0,
                "events": [
                    "scene_change", "object: dog", "object: person", "object: person", "sticker",
                    "scene_change",
                ],
            },
        ])
    );
    assert_eq!(found["engagement_curve"], json!([1.0, 0.5, 0.1]));
    assert_eq!(
        found["activity_curve"],
        json!([
            {"start": 0.0, "end": 5.0, "activity": 1.0},
            {"start": 5.0, "end": 10.0, "activity": 0.5},
            {"start": 10.0, "end": 10.4, "activity": 0.1},
        ])
    );
    let names: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "first_5_seconds",
            "cta_window",
            "peak_moments",
            "engagement_curve",
            "activity_curve",
            "metadata"
        ]
    );
    let about = found["metadata"].as_object().unwrap();
    assert_eq!(about["video_id"], "clip_1");
    assert_eq!(about["unsampled_seconds"], json!([]));
    assert!(!about.contains_key("generated_at"));
}

#[test]
fn both_forms_of_the_file_have_the_same_names() {
    let output = common::run(&perceived());
    let files = output
        .analyses
        .iter()
        .find(|f| f.name == "temporal_markers");
    assert_eq!(files.unwrap().result, files.unwrap().ml);
}

#[test]
fn with_nothing_measured_everything_is_null_and_explained() {
    let found = markers(&video(20.0));
    for field in ["peak_moments", "engagement_curve", "activity_curve"] {
        assert_eq!(found[field], Value::Null);
        assert_eq!(
            found["metadata"]["notMeasured"][field],
            "no kind of mark was measured"
        );
    }
    assert_eq!(found["first_5_seconds"]["text_moments"], Value::Null);
    assert_eq!(
        found["metadata"]["notMeasured"]["first_5_seconds.text_moments"],
        "the ocr stage left no result"
    );
    assert_eq!(found["cta_window"]["time_range"], "17-20s");
    assert_eq!(found["cta_window"]["cta_appearances"], Value::Null);
    assert_eq!(found["metadata"]["ml_data_available"]["yolo"], false);
    let of_none = markers(&video(0.0));
    assert_eq!(of_none["cta_window"]["time_range"], Value::Null);
    assert_eq!(of_none["metadata"]["duration"], Value::Null);
}

#[test]
fn what_was_not_measured_does_not_hide_the_rest() {
    let silent = Input {
        speech: None,
        ..perceived()
    };
    let found = markers(&silent);
    assert_eq!(found["first_5_seconds"]["speech_segments"], Value::Null);
    assert_eq!(found["cta_window"]["cta_appearances"], json!([]));
    assert_eq!(
        found["cta_window"]["speech_emphasis"]["word_count"],
        Value::Null
    );
    // Without the sentence.
    assert_eq!(found["first_5_seconds"]["density_progression"][0], 7);
    assert_eq!(found["activity_curve"][2]["activity"], 0.0);
    let counted = found["metadata"]["kinds_counted"].as_array().unwrap();
    assert!(!counted.contains(&json!("speech")));
}

#[test]
fn seconds_not_looked_at_are_null() {
    let mut found = objects(12.0, 1.0, &[(0.0, "cup", None), (11.0, "cup", None)]);
    found
        .metadata
        .frame_times
        .retain(|time| *time < 7.0 || *time > 10.0);
    let input = Input {
        objects: json(&found),
        ..video(12.0)
    };
    let found = markers(&input);
    assert_eq!(found["metadata"]["unsampled_seconds"], json!([7, 8, 9, 10]));
    assert_eq!(found["engagement_curve"], json!([0.05, null, null]));
    let reasons = &found["metadata"]["notMeasured"];
    assert!(reasons["engagement_curve[]"].is_string());
    assert!(reasons["activity_curve[].activity"].is_string());
}

#[test]
fn the_curve_has_no_window_after_the_end() {
    let ten = events(&rapid_cuts());
    let marks = Marks::of(&ten).unwrap();
    assert_eq!(curve(&marks, ten.clock).len(), 2);
    let twenty = events(&even_cuts());
    let marks = Marks::of(&twenty).unwrap();
    let values: Vec<f64> = curve(&marks, twenty.clock)
        .into_iter()
        .map(|one| one.activity.unwrap())
        .collect();
    // Cuts at 2, 4 | 6, 8 | 10, 12, 14 | 16, 18: each once.
    let expected = [0.3, 0.3, 0.45, 0.3];
    assert!(
        values
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-12)
    );
    assert_eq!(values.len(), expected.len());
}

#[test]
fn peaks_may_lie_at_the_edges_and_last() {
    let all = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
    assert_eq!(peak_seconds(&all(&[9.0, 0.0, 0.0, 0.0])), [(0, 9.0)]);
    assert_eq!(peak_seconds(&all(&[0.0, 0.0, 0.0, 9.0])), [(3, 9.0)]);
    assert_eq!(
        peak_seconds(&all(&[0.0, 7.0, 7.0, 0.0, 0.0, 0.0])),
        [(1, 7.0)]
    );
    assert_eq!(peak_seconds(&all(&[0.0, 7.0, 8.0, 0.0, 0.0])), [(2, 8.0)]);
    assert!(peak_seconds(&all(&[3.0; 6])).is_empty());
    assert!(peak_seconds(&[]).is_empty());
    assert!(peak_seconds(&[None, None]).is_empty());
    let with_gap = [Some(9.0), None, Some(0.0), Some(0.0), None];
    assert_eq!(peak_seconds(&with_gap), [(0, 9.0)]);
}

#[test]
fn the_density_of_the_opening_is_cut_off_and_short_videos_have_less_of_it() {
    let marks = Marks::of(&events(&Input {
        shots: json(&shots(
            6.0,
            &(1..20).map(|i| f64::from(i) / 20.0).collect::<Vec<_>>(),
        )),
        ..video(6.0)
    }));
    let density = opening::density_progression(&marks.unwrap());
    assert_eq!(density, [Some(10), Some(0), Some(0), Some(0), Some(0)]);
    let found = markers(&common::short());
    assert_eq!(found["first_5_seconds"]["density_progression"], json!([1]));
    assert_eq!(found["cta_window"]["time_range"], "0-1s");
}

#[test]
fn of_equally_frequent_expressions_the_first_leads() {
    let seen = [
        (0.1, EmotionLabel::Joy),
        (0.5, EmotionLabel::Anger),
        (2.0, EmotionLabel::Anger),
        (2.2, EmotionLabel::Joy),
        (2.4, EmotionLabel::Joy),
    ];
    let expressions = Expressions {
        seen: seen
            .map(|(time, label)| ExpressionSeen {
                time: at(time),
                label,
                confidence: 0.9,
                scores: contracts::emotion::EmotionScores::from_fn(|_| 1.0 / 7.0),
                valence: 0.0,
                intensity: 0.5,
            })
            .to_vec(),
        ..Expressions::default()
    };
    let sequence = opening::emotion_sequence(&expressions, Clock::new(at(2.5)));
    assert_eq!(
        sequence,
        [Some(EmotionLabel::Joy), None, Some(EmotionLabel::Joy)]
    );
}

fn text(content: &str, intervals: &[TimeSpan]) -> Overlay {
    Overlay {
        intervals: intervals.to_vec(),
        content: content.into(),
        confidence: 0.9,
        role: None,
        position: None,
        cta_keywords: Vec::new(),
    }
}

fn sentence(content: &str, start: f64, is_timed: bool) -> Utterance {
    let word = |(index, word): (usize, &str)| Word {
        span: span(start + index as f64, start + index as f64 + 1.0),
        text: word.into(),
        confidence: 0.9,
    };
    let words: Vec<Word> = content.split(' ').enumerate().map(word).collect();
    Utterance {
        span: span(start, start + words.len() as f64),
        text: content.into(),
        confidence: 0.9,
        words: if is_timed { words } else { Vec::new() },
    }
}

#[test]
fn calls_are_whole_words_inside_the_window() {
    let window = closing::window(Clock::new(at(100.0)));
    assert_eq!(window, span(85.0, 100.0));
    let calls = |texts: &[Overlay]| -> Vec<(String, &str)> {
        let all = closing::written_calls(texts, window).into_iter();
        all.map(|one| (one.timestamp, one.keyword)).collect()
    };
    let twice = text("LINK in bio, link!", &[span(80.0, 86.0), span(90.0, 91.0)]);
    assert_eq!(
        calls(&[twice]),
        [
            ("85s".into(), "link"),
            ("85s".into(), "bio"),
            ("90s".into(), "link"),
            ("90s".into(), "bio"),
        ]
    );
    assert!(calls(&[text("biography, unlike followers", &[span(90.0, 91.0)])]).is_empty());
    assert!(calls(&[text("follow", &[span(80.0, 85.0)])]).is_empty());
    let spoken = |one: Utterance| -> Vec<(String, &str)> {
        let all = closing::spoken_calls(&[one], window).into_iter();
        all.map(|one| (one.timestamp, one.keyword)).collect()
    };
    // Words begin at 82, 83, 84, 85 and 86 s.
    let timed = sentence("Follow or check out shop", 82.0, true);
    assert_eq!(spoken(timed), [("86s".into(), "shop")]);
    let untimed = sentence("Follow or check out shop", 82.0, false);
    assert_eq!(spoken(untimed).len(), 3);
    assert_eq!(spoken(sentence("Link-in-bio", 90.0, true)).len(), 2);
}

#[test]
fn speech_of_the_closing_is_clipped_to_it() {
    let window = span(85.0, 100.0);
    // Words begin at 83.8, 84.8 and 85.8 s.
    let said = [sentence("one two three", 83.8, true)];
    assert!((closing::speech_seconds(&said, window) - 1.8).abs() < 1e-9);
    assert_eq!(closing::word_count(&said, window), Ok(2));
    assert!(closing::word_count(&[sentence("one", 90.0, false)], window).is_err());
    assert_eq!(closing::word_count(&[], window), Ok(0));
    let gesture = |start, end| Sighting {
        span: span(start, end),
        label: "victory".into(),
        confidence: 0.8,
    };
    let seen = [
        gesture(80.0, 85.5),
        gesture(95.0, 96.0),
        gesture(10.0, 84.0),
    ];
    assert_eq!(closing::sync_ratio(&seen, &said, window), Ok(0.5));
    assert!(closing::sync_ratio(&seen[2..], &said, window).is_err());
}

#[test]
fn objects_without_a_track_appear_once_for_frames_in_a_row() {
    let objects = events(&rich());
    let objects = objects.objects.events().unwrap();
    let cups: Vec<TimeSpan> = appearances(objects)
        .into_iter()
        .filter(|(class, _)| *class == "cup")
        .map(|(_, span)| span)
        .collect();
    assert_eq!(cups.len(), 2);
    let loose = common::objects(
        4.0,
        2.0,
        &[(0.5, "dog", None), (1.0, "dog", None), (2.0, "dog", None)],
    );
    let found = events(&Input {
        objects: json(&loose),
        ..video(4.0)
    });
    let spans: Vec<TimeSpan> = appearances(found.objects.events().unwrap())
        .into_iter()
        .map(|(_, span)| span)
        .collect();
    assert_eq!(spans, [span(0.5, 1.0), span(2.0, 2.0)]);
}

#[test]
fn calls_in_another_language_are_not_searched() {
    let mut german = events(&perceived());
    let calls = |events: &Events| {
        let blocks = timeline::compute::markers::analyse(events).unwrap().blocks;
        blocks["cta_window"]["cta_appearances"].clone()
    };
    assert_eq!(calls(&german)[0]["keyword"], "follow");
    if let Stream::Measured { events, .. } = &mut german.speech {
        events.language = Some("de".into());
    }
    assert_eq!(calls(&german), json!([]));
    german.text = Stream::NotMeasured(Reason::of("nobody read"));
    assert_eq!(calls(&german), Value::Null);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn numbers_stay_in_their_ranges(
        seconds in 0.1_f64..40.0,
        cuts in proptest::collection::vec(0.01_f64..40.0, 0..60),
    ) {
        let mut cuts: Vec<f64> = cuts.into_iter().filter(|cut| *cut < seconds).collect();
        cuts.sort_by(f64::total_cmp);
        let input = Input {
            shots: json(&shots(seconds, &cuts)),
            objects: json(&objects(seconds, 2.0, &[(0.0, "cup", None)])),
            ..video(seconds)
        };
        let found = markers(&input);
        for value in found["engagement_curve"].as_array().unwrap() {
            prop_assert!((0.0..=1.0).contains(&value.as_f64().unwrap()));
        }
        for value in found["first_5_seconds"]["density_progression"].as_array().unwrap() {
            prop_assert!(value.as_u64().unwrap() <= 10);
        }
        let peaks: Vec<f64> = found["peak_moments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|peak| peak["intensity"].as_f64().unwrap())
            .collect();
        prop_assert!(peaks.iter().all(|peak| *peak > 0.0));
        prop_assert!(peaks.is_sorted_by(|a, b| a >= b));
    }
}
