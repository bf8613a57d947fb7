//! `abcd`: the 23 rubrics of Google's open ABCD detector, judged by what was measured.
//!
//! The names and thresholds are those of `google-marketing-solutions/abcds-detector`; every
//! criterion says how it is decided here.

use super::{
    advertised, attract, connect,
    finding::{Finding, Judgement},
};
use crate::{
    compute::{
        block::Block,
        events::Events,
        measure::{NO_DURATION, Reason},
    },
    metrics::{Range, define_metrics},
};
use contracts::MediaTime;
use serde::Serialize;

/// One rubric.
pub struct Rubric {
    /// Its id, as `dynamic_start`.
    pub id: &'static str,
    /// What the ABCD detector calls it.
    pub name: &'static str,
    /// `attract`, `brand`, `connect` or `direct`.
    pub group: &'static str,
    /// How it is decided.
    pub criterion: &'static str,
    /// What its value counts or measures.
    pub unit: &'static str,
    /// Judges a video.
    pub judge: fn(&Events) -> Judgement,
}

/// The rubrics, in the order in which the ABCD detector lists them.
pub const RUBRICS: [Rubric; 23] = [
    rubric(
        ("dynamic_start", "Dynamic Start", "attract"),
        ("the first shot is shorter than 3 s", "s"),
        attract::dynamic_start,
    ),
    rubric(
        ("quick_pacing", "Quick Pacing", "attract"),
        ("5 or more shots begin within any 5 s", "shots"),
        attract::quick_pacing,
    ),
    rubric(
        (
            "quick_pacing_first_5s",
            "Quick Pacing (First 5 seconds)",
            "attract",
        ),
        ("5 or more shots begin in the first 5 s", "shots"),
        attract::quick_pacing_early,
    ),
    rubric(
        ("supers", "Supers", "attract"),
        (
            "a text that is no watermark is laid over the picture",
            "appearances",
        ),
        attract::supers,
    ),
    rubric(
        ("supers_with_audio", "Supers with Audio", "attract"),
        (
            "half or more of the words of such a text, each of at least 3 letters or in East Asian writing, are said while it is visible or within 1 s of that",
            "appearances",
        ),
        attract::supers_with_audio,
    ),
    rubric(
        ("brand_visuals", "Brand Visuals", "brand"),
        ("the name of the brand is read on screen", "appearances"),
        advertised::visuals,
    ),
    rubric(
        (
            "brand_visuals_first_5s",
            "Brand Visuals (First 5 seconds)",
            "brand",
        ),
        (
            "the name of the brand is read on screen in the first 5 s",
            "appearances",
        ),
        advertised::visuals_early,
    ),
    rubric(
        ("brand_mention_speech", "Brand Mention (Speech)", "brand"),
        ("the name of the brand is said", "mentions"),
        advertised::mention,
    ),
    rubric(
        (
            "brand_mention_speech_first_5s",
            "Brand Mention (Speech) (First 5 seconds)",
            "brand",
        ),
        ("the name of the brand is said in the first 5 s", "mentions"),
        advertised::mention_early,
    ),
    rubric(
        ("product_visuals", "Product Visuals", "brand"),
        ("an object of one of the product classes is seen", "objects"),
        advertised::product_visuals,
    ),
    rubric(
        (
            "product_visuals_first_5s",
            "Product Visuals (First 5 seconds)",
            "brand",
        ),
        (
            "an object of one of the product classes is seen in the first 5 s",
            "objects",
        ),
        advertised::product_visuals_early,
    ),
    rubric(
        ("product_mention_text", "Product Mention (Text)", "brand"),
        ("the name of a product is read on screen", "appearances"),
        advertised::product_text,
    ),
    rubric(
        (
            "product_mention_text_first_5s",
            "Product Mention (Text) (First 5 seconds)",
            "brand",
        ),
        (
            "the name of a product is read on screen in the first 5 s",
            "appearances",
        ),
        advertised::product_text_early,
    ),
    rubric(
        (
            "product_mention_speech",
            "Product Mention (Speech)",
            "brand",
        ),
        ("the name of a product is said", "mentions"),
        advertised::product_speech,
    ),
    rubric(
        (
            "product_mention_speech_first_5s",
            "Product Mention (Speech) (First 5 seconds)",
            "brand",
        ),
        ("the name of a product is said in the first 5 s", "mentions"),
        advertised::product_speech_early,
    ),
    rubric(
        (
            "visible_face_first_5s",
            "Visible Face (First 5 seconds)",
            "connect",
        ),
        ("a face is seen in the first 5 s", "faces"),
        connect::face_early,
    ),
    rubric(
        (
            "visible_face_close_up",
            "Visible Face (Close Up)",
            "connect",
        ),
        (
            "a face takes 15 % or more of the picture",
            "share of the picture",
        ),
        connect::face_close_up,
    ),
    rubric(
        ("presence_of_people", "Presence of People", "connect"),
        (
            "a face or an object of class person is seen",
            "faces and objects",
        ),
        connect::people,
    ),
    rubric(
        (
            "presence_of_people_first_5s",
            "Presence of People (First 5 seconds)",
            "connect",
        ),
        (
            "a face or an object of class person is seen in the first 5 s",
            "faces and objects",
        ),
        connect::people_early,
    ),
    rubric(
        ("overall_pacing", "Overall Pacing", "connect"),
        ("shots last 2 s or less on average", "s"),
        connect::overall_pacing,
    ),
    rubric(
        ("audio_speech_early", "Audio Speech Early", "direct"),
        ("a word is said in the first 5 s", "words"),
        connect::speech_early,
    ),
    rubric(
        ("call_to_action_text", "Call To Action (Text)", "direct"),
        (
            "a text laid over the picture holds one of the English phrases that ask for something",
            "appearances",
        ),
        connect::call_in_text,
    ),
    rubric(
        ("call_to_action_speech", "Call To Action (Speech)", "direct"),
        (
            "one of the English phrases that ask for something is said",
            "mentions",
        ),
        connect::call_in_speech,
    ),
];

const fn rubric(
    (id, name, group): (&'static str, &'static str, &'static str),
    (criterion, unit): (&'static str, &'static str),
    judge: fn(&Events) -> Judgement,
) -> Rubric {
    Rubric {
        id,
        name,
        group,
        criterion,
        unit,
        judge,
    }
}

const fn ids() -> [&'static str; RUBRICS.len()] {
    let mut ids = [""; RUBRICS.len()];
    let mut at = 0;
    while at < ids.len() {
        ids[at] = RUBRICS[at].id;
        at += 1;
    }
    ids
}

const IDS: [&str; RUBRICS.len()] = ids();

impl Rubric {
    /// What it says of a video; nothing of one without length.
    #[must_use]
    pub fn of(&self, events: &Events) -> Judgement {
        if events.clock.duration() == MediaTime::ZERO {
            return Judgement::unknown(NO_DURATION);
        }
        (self.judge)(events)
    }
}

#[derive(Serialize)]
struct Judged {
    id: &'static str,
    name: &'static str,
    group: &'static str,
    detected: Option<bool>,
    criterion: &'static str,
    value: Option<f64>,
    unit: &'static str,
    evidence: Vec<Finding>,
    reason: Option<String>,
}

fn judged(rubric: &Rubric, events: &Events) -> Judged {
    let judgement = rubric.of(events);
    let reason = judgement.detected.as_ref().err().map(Reason::to_string);
    Judged {
        id: rubric.id,
        name: rubric.name,
        group: rubric.group,
        detected: judgement.detected.ok(),
        criterion: rubric.criterion,
        value: judgement.value.ok(),
        unit: rubric.unit,
        evidence: judgement.evidence,
        reason,
    }
}

const SEE_REASON: Reason = Reason::of("as the rubric's own reason says");
const NO_NUMBER: Reason =
    Reason::of("as the rubric's own reason says, or only a part of it was measured");
const DECIDED: Reason = Reason::of("the rubric was decided");

pub(super) fn block(events: &Events) -> Block {
    let mut block = Block::new("abcd");
    let all: Vec<Judged> = RUBRICS.iter().map(|one| judged(one, events)).collect();
    let count = |wanted: Option<bool>| all.iter().filter(|one| one.detected == wanted).count();
    block.put("detectedCount", Ok(count(Some(true))));
    block.put("notDetectedCount", Ok(count(Some(false))));
    block.put("undecidedCount", Ok(count(None)));
    let nulls: [(&str, bool, Reason); 3] = [
        (
            "rubrics[].detected",
            all.iter().any(|one| one.detected.is_none()),
            SEE_REASON,
        ),
        (
            "rubrics[].value",
            all.iter().any(|one| one.value.is_none()),
            NO_NUMBER,
        ),
        (
            "rubrics[].reason",
            all.iter().any(|one| one.reason.is_none()),
            DECIDED,
        ),
    ];
    for (field, present, reason) in nulls {
        if present {
            block.explain(field, reason);
        }
    }
    block.put("rubrics", Ok(all));
    block
}

const ALL: &str = "all modalities, settings";
const COUNT: Range = Range::Integer {
    from: 0,
    to: Some(RUBRICS.len() as i64),
};

define_metrics!(
    "creative_measures",
    "abcd",
    [
        (
            "detectedCount",
            "number of rubrics the video meets",
            ALL,
            "rubrics",
            COUNT,
            "never"
        ),
        (
            "notDetectedCount",
            "number of rubrics it does not meet",
            ALL,
            "rubrics",
            COUNT,
            "never"
        ),
        (
            "undecidedCount",
            "number of rubrics that could not be decided",
            ALL,
            "rubrics",
            COUNT,
            "never"
        ),
        (
            "rubrics[].id",
            "which rubric; the 23 of the ABCD detector, always all of them",
            ALL,
            "name",
            Range::OneOf(&IDS),
            "never"
        ),
        (
            "rubrics[].name",
            "what the ABCD detector calls it",
            ALL,
            "text",
            Range::Text("any rubric"),
            "never"
        ),
        (
            "rubrics[].group",
            "what it serves",
            ALL,
            "name",
            Range::OneOf(&["attract", "brand", "connect", "direct"]),
            "never"
        ),
        (
            "rubrics[].detected",
            "whether the video meets the criterion: true if it was found, wherever was looked; false if it was not found and all of the window was looked at",
            ALL,
            "flag",
            Range::Boolean,
            "nothing was found, but not all of the window was looked at or listened to, or what to look for is not named; a brand that is not read may still be shown, as logos are not looked for"
        ),
        (
            "rubrics[].criterion",
            "how it is decided",
            "definition",
            "text",
            Range::Text("any criterion"),
            "never"
        ),
        (
            "rubrics[].value",
            "the number it was decided by, as found where was looked: a count; of dynamic_start the length of the first shot, of overall_pacing the mean length of the shots, of visible_face_close_up the share of the largest face",
            ALL,
            "as `unit` says",
            Range::AtLeast(0.0),
            "as detected; or how long the first shot goes on is not known"
        ),
        (
            "rubrics[].unit",
            "what the value counts or measures",
            "definition",
            "text",
            Range::Text("any unit"),
            "never"
        ),
        (
            "rubrics[].evidence[].modality",
            "what speaks for it, the earliest 20; nothing if it is not met",
            ALL,
            "name",
            Range::OneOf(&["shots", "objects", "speech", "text", "faces"]),
            "never"
        ),
        (
            "rubrics[].evidence[].id",
            "number of the shot, number of the segment of speech, or track; of a face or object without a track its place in the unified analysis (JSON Pointer)",
            ALL,
            "id",
            Range::Text("any id"),
            "never"
        ),
        (
            "rubrics[].evidence[].start",
            "when it begins",
            ALL,
            "s",
            Range::WITHIN_VIDEO,
            "never"
        ),
        (
            "rubrics[].evidence[].end",
            "when it ends; as start for an instant",
            ALL,
            "s",
            Range::WITHIN_VIDEO,
            "never"
        ),
        (
            "rubrics[].reason",
            "why it could not be decided",
            ALL,
            "text",
            Range::Text("any text"),
            "it was decided"
        ),
    ]
);
