//! What texts say, whether they can be read, and how that is published.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{everything::everything, perceived::perceived, result, video};
use contracts::{
    MediaTime, TimeSpan,
    text::{TextPosition, TextRole},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    clock::Clock,
    coverage::{SampledSeconds, Stream},
    events::{Events, Overlay, Utterance},
    measure::Reason,
    overlay::{self, interactions::Occasions, reading, wording},
};

fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(MediaTime::from_seconds(start), MediaTime::from_seconds(end))
}

fn text(content: &str, start: f64, end: f64) -> Overlay {
    Overlay {
        intervals: vec![span(start, end)],
        content: content.into(),
        confidence: 0.9,
        role: Some(TextRole::Other),
        position: None,
        cta_keywords: Vec::new(),
    }
}

fn said(words: &str, start: f64, end: f64) -> Utterance {
    Utterance {
        span: span(start, end),
        text: words.into(),
        confidence: 0.9,
        words: Vec::new(),
    }
}

fn analysed(events: &Events) -> Value {
    overlay_blocks(events).into()
}

fn overlay_blocks(events: &Events) -> serde_json::Map<String, Value> {
    overlay::analyse(events).unwrap().blocks
}

#[test]
fn reading_takes_a_second_or_fifteen_characters_each() {
    assert_eq!(reading::needed_seconds(""), 1.0);
    assert_eq!(reading::needed_seconds("fifteen letters"), 1.0);
    assert_eq!(reading::needed_seconds(&"x".repeat(45)), 3.0);
    // A flag is one character.
    let flags = "\u{1f1eb}\u{1f1f7}".repeat(30);
    assert_eq!(reading::needed_seconds(&flags), 2.0);
}

#[test]
fn the_longest_appearance_decides() {
    let mut returning = text("short", 0.0, 0.5);
    returning.intervals.push(span(3.0, 4.0));
    let long = text(&"x".repeat(30), 1.0, 2.5);
    let caption = Overlay {
        role: Some(TextRole::Caption),
        ..text("word", 0.0, 0.2)
    };
    let texts = [
        returning,
        long,
        caption,
        text("\u{660e}\u{65e5}", 0.0, 0.1),
        text("  ", 0.0, 0.1),
    ];
    assert_eq!(reading::judged(&texts).len(), 2);
    let issues = reading::issues(&texts);
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].timestamp, "1s");
    assert_eq!(
        (issues[0].visible_seconds, issues[0].needed_seconds),
        (1.5, 2.0)
    );
    assert_eq!(reading::flow(&texts), Some(0.5));
    // Two glimpses do not make one look.
    let mut glimpsed = text("short", 0.0, 0.75);
    glimpsed.intervals.push(span(3.0, 3.75));
    assert_eq!(reading::issues(&[glimpsed])[0].visible_seconds, 0.75);
    assert_eq!(reading::flow(&texts[2..]), None);
    assert_eq!(reading::flow(&[]), None);
}

#[test]
fn texts_repeat_add_or_stand_alone() {
    let clock = Clock::new(MediaTime::from_seconds(10.0));
    let sampled = SampledSeconds::all(clock);
    let approach = |texts: &[Overlay], utterances: &[Utterance]| {
        let spans: Vec<TimeSpan> = utterances.iter().map(|one| one.span).collect();
        let occasions = Occasions {
            spans: &spans,
            sampled: &sampled,
        };
        wording::approach(texts, utterances, &occasions)
    };
    let texts = [text("THREE things you need", 0.0, 2.0)];
    let heard = [said("These three things.", 1.0, 3.0)];
    assert_eq!(approach(&texts, &heard), Some("reinforcing"));
    let heard = [said("One of three.", 1.0, 3.0)];
    assert_eq!(approach(&texts, &heard), Some("supplementary"));
    // One text with company is enough; the words of both count.
    let both = [text("three things", 0.0, 2.0), text("buy now", 5.0, 6.0)];
    let heard = [said("These three things.", 1.0, 3.0)];
    assert_eq!(approach(&both, &heard), Some("reinforcing"));
    // Said when the text is gone.
    let heard = [said("Three things you need", 2.0, 3.0)];
    assert_eq!(approach(&texts, &heard), Some("dominant"));
    assert_eq!(approach(&texts, &[]), Some("dominant"));
    assert_eq!(
        approach(&[text("!!", 0.0, 2.0)], &[said("Hm", 0.0, 1.0)]),
        Some("supplementary")
    );
    assert_eq!(approach(&[], &heard), None);
    let deaf = SampledSeconds::of_times(clock, []);
    let occasions = Occasions {
        spans: &[],
        sampled: &deaf,
    };
    assert_eq!(wording::approach(&texts, &[], &occasions), None);
}

#[test]
fn groups_are_whole_words() {
    let groups = wording::semantic_groups(&[
        text("Best QUALITY today?", 0.0, 1.0),
        text("now or never, hurry", 0.0, 1.0),
        text("I know a lovely breakfast", 0.0, 1.0),
        text("Everyone\u{2019}s favorite\u{ff1f}", 0.0, 1.0),
        text("https://a.example/?q", 0.0, 1.0),
    ]);
    assert_eq!(
        (
            groups.product,
            groups.urgency,
            groups.social_proof,
            groups.question
        ),
        (1, 2, 1, 2)
    );
    assert_eq!(
        wording::semantic_groups(&[]),
        wording::SemanticGroups::default()
    );
}

#[test]
fn positions_are_counted_where_they_are_known() {
    let placed = |position| Overlay {
        position,
        ..text("x", 0.0, 1.0)
    };
    let positions = wording::positions(&[
        placed(Some(TextPosition::BottomRight)),
        placed(Some(TextPosition::TopLeft)),
        placed(Some(TextPosition::BottomRight)),
        placed(None),
        placed(Some(TextPosition::MiddleCenter)),
    ]);
    let found: Vec<_> = positions
        .iter()
        .map(|one| (one.position, one.texts, one.share))
        .collect();
    assert_eq!(
        found,
        [
            (TextPosition::BottomRight, 2, 0.5),
            (TextPosition::TopLeft, 1, 0.25),
            (TextPosition::MiddleCenter, 1, 0.25),
        ]
    );
    assert!(wording::positions(&[placed(None)]).is_empty());
}

#[test]
fn key_texts_have_a_purpose() {
    let with = |role, content: &str, start| Overlay {
        role,
        ..text(content, start, start + 1.0)
    };
    let keys = wording::key_texts(&[
        with(Some(TextRole::Cta), "Follow", 3.5),
        with(Some(TextRole::HookTitle), "3 things", 0.0),
        with(Some(TextRole::Watermark), "@anna", 0.0),
        with(None, "unknown", 0.0),
    ]);
    let found: Vec<_> = keys
        .iter()
        .map(|one| (one.timestamp.as_str(), one.role))
        .collect();
    assert_eq!(found, [("0s", TextRole::HookTitle), ("3s", TextRole::Cta)]);
}

#[test]
fn a_title_that_returns_is_published_under_every_name() {
    let found = result(&perceived(), "visual_overlay_analysis");
    let core = &found["visualOverlayCoreMetrics"];
    assert_eq!(core["uniqueTexts"], 1);
    assert_eq!(core["avgTextsPerSecond"], 1.0 / 10.4);
    assert_eq!(core["timeToFirstText"], 0.0);
    assert_eq!(core["avgTextDisplayDuration"], 2.75);
    assert_eq!(core["uniqueStickers"], 1);
    assert_eq!(core["textStickerRatio"], 1.0);
    let complexity = core["visualComplexityScore"].as_f64().unwrap();
    assert!((complexity - (2.75 + 1.5) / 10.4).abs() < 1e-12);
    let dynamics = &found["visualOverlayDynamics"];
    assert_eq!(dynamics["overlayTimeline"].as_array().unwrap().len(), 6);
    // Gaps 2.25 and 4.
    assert_eq!(dynamics["appearancePattern"], "gradual");
    assert_eq!(dynamics["densityProgression"], "front_loaded");
    assert_eq!(dynamics["visualPacing"], "moderate");
    let interactions = &found["visualOverlayInteractions"];
    assert_eq!(
        interactions["textSpeechSync"],
        interactions["overlaySpeechAlignment"]
    );
    assert_eq!(
        interactions["overlayGestureCoordination"],
        interactions["overlayGestureSync"]
    );
    assert_eq!(interactions["multiLayerComplexity"], "simple");
    assert_eq!(interactions["readingFlowScore"], 1.0);
    let events = &found["visualOverlayKeyEvents"];
    assert_eq!(
        events["keyTextMoments"],
        json!([{"timestamp": "0s", "start": 0.0, "textContent": "3 THINGS", "role": "hook_title"}])
    );
    assert_eq!(events["clutterWindows"], json!([]));
    let patterns = &found["visualOverlayPatterns"];
    assert_eq!(patterns["communicationApproach"], "supplementary");
    assert_eq!(patterns["visualTechniques"], patterns["overlayTechniques"]);
    assert_eq!(
        patterns["positionDistribution"],
        json!([{"position": "top-center", "texts": 1, "share": 1.0}])
    );
    let quality = &found["visualOverlayQuality"];
    assert_eq!(
        quality["textDetectionAccuracy"],
        quality["detectionConfidence"]
    );
    assert_eq!(quality["stickerRecognitionRate"], 0.4);
    assert_eq!(quality["overlayDataCompleteness"], 1.0);
    assert_eq!(quality["readabilityIssues"], json!([]));
}

#[test]
fn what_was_not_measured_is_null_under_every_name() {
    let found = result(&video(8.0), "visual_overlay_analysis");
    for (block, fields) in [
        (
            "visualOverlayCoreMetrics",
            &[
                "uniqueTexts",
                "avgTextsPerSecond",
                "timeToFirstText",
                "textStickerRatio",
                "visualComplexityScore",
            ][..],
        ),
        (
            "visualOverlayDynamics",
            &[
                "overlayTimeline",
                "appearancePattern",
                "densityProgression",
                "visualPacing",
            ],
        ),
        (
            "visualOverlayInteractions",
            &["textSpeechSync", "multiLayerComplexity", "readingFlowScore"],
        ),
        (
            "visualOverlayKeyEvents",
            &["keyTextMoments", "clutterWindows"],
        ),
        (
            "visualOverlayPatterns",
            &[
                "communicationApproach",
                "visualTechniques",
                "positionDistribution",
            ],
        ),
        (
            "visualOverlayQuality",
            &[
                "textDetectionAccuracy",
                "stickerRecognitionRate",
                "readabilityIssues",
            ],
        ),
    ] {
        for field in fields {
            assert_eq!(found[block][field], Value::Null, "{field}");
            let reason = &found["visualOverlayQuality"]["notMeasured"][format!("{block}.{field}")];
            assert!(reason.is_string(), "{field}");
        }
    }
    assert_eq!(
        found["visualOverlayQuality"]["overlayDataCompleteness"],
        0.0
    );
}

#[test]
fn a_picture_without_overlays_is_measured_and_empty() {
    let mut events = everything();
    let clock = events.clock;
    let none = || Stream::Measured {
        events: Vec::new(),
        sampled: SampledSeconds::all(clock),
    };
    (events.text, events.stickers) = (none(), none());
    let found = analysed(&events);
    let core = &found["visualOverlayCoreMetrics"];
    assert_eq!(core["uniqueTexts"], 0);
    assert_eq!(core["avgTextsPerSecond"], 0.0);
    assert_eq!(core["visualComplexityScore"], 0.0);
    assert_eq!(core["timeToFirstText"], Value::Null);
    assert_eq!(core["textStickerRatio"], Value::Null);
    assert_eq!(found["visualOverlayDynamics"]["overlayTimeline"], json!([]));
    assert_eq!(found["visualOverlayDynamics"]["visualPacing"], Value::Null);
    assert_eq!(
        found["visualOverlayInteractions"]["multiLayerComplexity"],
        Value::Null
    );
    assert_eq!(
        found["visualOverlayInteractions"]["readingFlowScore"],
        Value::Null
    );
    assert_eq!(
        found["visualOverlayPatterns"]["communicationApproach"],
        Value::Null
    );
    assert_eq!(
        found["visualOverlayPatterns"]["semanticGroups"]["question"],
        0
    );
    assert_eq!(
        found["visualOverlayQuality"]["readabilityIssues"],
        json!([])
    );
    // Without speech the texts are still counted.
    events = everything();
    events.speech = Stream::NotMeasured(Reason::of("nobody listened"));
    let found = analysed(&events);
    assert_eq!(
        found["visualOverlayPatterns"]["communicationApproach"],
        Value::Null
    );
    assert_eq!(
        found["visualOverlayPatterns"]["semanticGroups"]["product"],
        0
    );
}

proptest! {
    #[test]
    fn reading_is_a_share_of_any_texts(
        texts in prop::collection::vec((".{0,40}", 0_u32..40, 0_u32..40), 0..8),
    ) {
        let texts: Vec<Overlay> = texts
            .iter()
            .map(|(content, start, length)| {
                let start = f64::from(*start) / 4.0;
                text(content, start, start + f64::from(*length) / 4.0)
            })
            .collect();
        let flow = reading::flow(&texts);
        prop_assert!(flow.is_none_or(|flow| (0.0..=1.0).contains(&flow)));
        for issue in reading::issues(&texts) {
            prop_assert!(issue.needed_seconds >= 1.0);
            prop_assert!((0.0..issue.needed_seconds).contains(&issue.visible_seconds));
        }
        let groups = wording::semantic_groups(&texts);
        prop_assert!(groups.product.max(groups.urgency).max(groups.question) <= texts.len());
        let shares: f64 = wording::positions(&texts).iter().map(|one| one.share).sum();
        prop_assert!(shares == 0.0 || (shares - 1.0).abs() < 1e-9);
    }
}
