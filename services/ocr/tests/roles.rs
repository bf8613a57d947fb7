//! What texts are for, and what speaks for it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    MediaTime, TimeSpan,
    speech::{SpeechSegment, SpokenWord},
    text::{EvidenceValue, TextRole, TextSize},
};
use ocr::{
    RoleConfig,
    compute::{
        geometry::BoundingBox,
        roles::{Facts, Judgement, Speech, judge},
        words::words,
    },
};

fn span(start: f64, end: f64) -> TimeSpan {
    TimeSpan::new(MediaTime::from_seconds(start), MediaTime::from_seconds(end))
}

/// A text of medium size in the lower third, of which nothing else is known.
fn text(says: &str, start: f64, end: f64) -> Facts {
    Facts {
        text: says.into(),
        words: words(says),
        confidence: 0.98,
        intervals: vec![span(start, end)],
        bbox: BoundingBox {
            left: 0.2,
            top: 0.78,
            right: 0.8,
            bottom: 0.82,
        },
        height_share: 0.04,
        size: TextSize::Medium,
        rotation_degrees: 0.0,
        drift: Some(0.001),
        cuts_crossed: None,
        ends_inside_shots: None,
        surroundings_change: None,
    }
}

fn at(mut one: Facts, top: f64, height: f64) -> Facts {
    one.bbox.top = top;
    one.bbox.bottom = top + height;
    one.height_share = height;
    one.size = match height {
        height if height < 0.025 => TextSize::Small,
        height if height < 0.05 => TextSize::Medium,
        _ => TextSize::Large,
    };
    one
}

fn judged(texts: &[Facts], speech: Option<&[Speech]>) -> Vec<Judgement> {
    let duration = MediaTime::from_seconds(20.0);
    judge(texts, speech, duration, &RoleConfig::default())
}

fn one(text: Facts) -> Judgement {
    judged(&[text], None).remove(0)
}

fn finding(judgement: &Judgement, name: &str) -> Option<EvidenceValue> {
    let mut named = judgement.evidence.iter().filter(|one| one.name == name);
    named.next().map(|one| one.value.clone())
}

fn spoken(start: f64, said: &str) -> SpeechSegment {
    let each = said.split(' ').enumerate();
    let word = |(at, word): (usize, &str)| SpokenWord {
        word: word.into(),
        start: start + 0.3 * at as f64,
        end: start + 0.3 * (at + 1) as f64,
        confidence: 0.9,
        interpolated: false,
    };
    SpeechSegment {
        id: 0,
        start,
        end: start + 0.3 * said.split(' ').count() as f64,
        text: said.into(),
        confidence: 0.9,
        avg_logprob: -0.1,
        no_speech_prob: 0.0,
        words: each.map(word).collect(),
    }
}

#[test]
fn texts_that_follow_the_speech_are_captions() {
    let segment = spoken(1.0, "ask not what your country can do for you");
    let speech = Speech::of_segment(&segment);
    assert_eq!(speech.len(), 9);
    let texts = [
        text("Ask not what", 1.0, 1.9),
        text("your country", 1.9, 2.5),
        text("can do for you.", 2.5, 3.7),
        at(text("Best speech ever", 0.0, 4.0), 0.1, 0.06),
    ];
    let found = judged(&texts, Some(&speech));
    for caption in &found[..3] {
        assert_eq!(caption.role, TextRole::Caption);
        assert_eq!(
            finding(caption, "spoken_share"),
            Some(EvidenceValue::Number(1.0))
        );
        let together = finding(caption, "texts_following_speech_here");
        assert_eq!(together, Some(EvidenceValue::Number(3.0)));
        // Three of them leave an eighth of doubt.
        assert!((caption.confidence - 0.875 * 0.98).abs() < 1e-9);
    }
    assert_eq!(found[3].role, TextRole::HookTitle);
}

#[test]
fn words_said_at_another_time_make_no_caption() {
    let speech = Speech::of_segment(&spoken(10.0, "ask not what your country can do"));
    let found = judged(
        &[text("Ask not what your country can do", 1.0, 3.0)],
        Some(&speech),
    );
    assert_ne!(found[0].role, TextRole::Caption);
}

#[test]
fn one_word_that_happens_to_be_said_makes_no_caption() {
    let speech = Speech::of_segment(&spoken(1.0, "look at this dog"));
    let found = judged(&[text("dog", 1.0, 2.0)], Some(&speech));
    assert_eq!(found[0].role, TextRole::Other);
}

#[test]
fn without_a_transcript_a_run_of_short_texts_is_captions() {
    let says = [
        "one fine day",
        "I went out",
        "and saw it",
        "over there",
        "for real",
    ];
    let texts: Vec<Facts> = (0_u32..)
        .zip(says)
        .map(|(at, says)| text(says, 4.0 + f64::from(at), 5.0 + f64::from(at)))
        .collect();
    let found = judged(&texts, None);
    assert!(found.iter().all(|one| one.role == TextRole::Caption));
    assert_eq!(
        finding(&found[0], "texts_in_sequence"),
        Some(EvidenceValue::Number(5.0))
    );
    // With one, the speech decides.
    assert!(
        judged(&texts, Some(&[]))
            .iter()
            .all(|one| one.role == TextRole::Other)
    );
    // Three are no run.
    assert!(
        judged(&texts[..3], None)
            .iter()
            .all(|one| one.role == TextRole::Other)
    );
}

#[test]
fn what_a_text_says_of_itself_counts() {
    let handle = one(text("@jump_crew", 5.0, 9.0));
    assert_eq!(handle.role, TextRole::Handle);
    assert_eq!(
        finding(&handle, "handle"),
        Some(EvidenceValue::Text("@jump_crew".into()))
    );
    assert_eq!(one(text("#fyp #viral", 5.0, 9.0)).role, TextRole::Hashtag);
    assert_eq!(one(text("Only $9.99", 5.0, 9.0)).role, TextRole::Price);
    let call = one(text("Follow me for part 2", 15.0, 19.0));
    assert_eq!(call.role, TextRole::Cta);
    assert_eq!(call.calls, ["follow me"]);
    assert_eq!(
        finding(&call, "keyword"),
        Some(EvidenceValue::Text("follow me".into()))
    );
    assert!((call.confidence - 0.75 * 0.98).abs() < 1e-9);
    assert_eq!(
        one(text("All together now", 5.0, 9.0)).role,
        TextRole::Other
    );
}

#[test]
fn a_large_text_at_the_beginning_is_the_hook() {
    let hook = one(at(text("POV: your country calls", 0.0, 5.0), 0.15, 0.06));
    assert_eq!(hook.role, TextRole::HookTitle);
    assert_eq!(
        finding(&hook, "hook"),
        Some(EvidenceValue::Text("pov".into()))
    );
    assert_eq!(
        finding(&hook, "first_seen_s"),
        Some(EvidenceValue::Number(0.0))
    );
    let later = one(at(text("POV: your country calls", 8.0, 12.0), 0.15, 0.06));
    assert_eq!(later.role, TextRole::Other);
    let tiny = one(at(text("small print here", 0.0, 5.0), 0.9, 0.012));
    assert_eq!(tiny.role, TextRole::Other);
}

#[test]
fn what_stays_small_at_the_edge_across_cuts_is_a_watermark() {
    let mut mark = at(text("studio nine", 0.0, 20.0), 0.04, 0.015);
    mark.cuts_crossed = Some(4);
    let found = one(mark.clone());
    assert_eq!(
        (found.role, found.overlay),
        (TextRole::Watermark, Some(true))
    );
    assert_eq!(
        finding(&found, "visible_share"),
        Some(EvidenceValue::Number(1.0))
    );
    assert_eq!(
        finding(&found, "cuts_crossed"),
        Some(EvidenceValue::Number(4.0))
    );
    mark.intervals = vec![span(0.0, 6.0)];
    assert_ne!(one(mark).role, TextRole::Watermark);
    let named = at(text("CapCut", 6.0, 9.0), 0.04, 0.015);
    assert_eq!(one(named.clone()).role, TextRole::Watermark);
    let both = Facts {
        intervals: vec![span(0.0, 20.0)],
        cuts_crossed: Some(4),
        ..named.clone()
    };
    assert!(one(both).confidence > one(named).confidence);
}

#[test]
fn what_moves_with_the_picture_was_filmed_and_what_does_not_was_laid_over() {
    let mut sign = text("Calle Mayor", 5.0, 8.0);
    sign.drift = Some(0.08);
    let found = one(sign.clone());
    assert_eq!(
        (found.role, found.overlay),
        (TextRole::SceneText, Some(false))
    );
    assert_eq!(
        finding(&found, "drift_share"),
        Some(EvidenceValue::Number(0.08))
    );
    sign.rotation_degrees = -12.0;
    assert!(one(sign.clone()).confidence > found.confidence);

    let mut over = text("Calle Mayor", 5.0, 8.0);
    over.surroundings_change = Some(20.0);
    assert_eq!(one(over.clone()).overlay, Some(true));
    over.surroundings_change = None;
    over.ends_inside_shots = Some(2);
    assert_eq!(one(over.clone()).overlay, Some(true));
    over.ends_inside_shots = Some(0);
    let nothing = one(over);
    assert_eq!((nothing.overlay, nothing.role), (None, TextRole::Other));
    assert_eq!(nothing.confidence, 0.0);
    assert!(nothing.evidence.is_empty());
}
