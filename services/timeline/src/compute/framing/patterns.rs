//! `personFramingPatterns`: how people are framed as a rule.

use super::{
    Evidence, FACES, Framing, NULL_FACES, NULL_NOBODY, ShotType, core, dynamics, key_events,
};
use crate::{
    compute::{
        block::Block,
        measure::{NO_DEFINITION, Reason},
        numbers,
    },
    metrics::{Range, define_metrics},
};

/// Share of frames with a face above which the video is about somebody: the face is gone for less
/// than a third.
const STRONG_PRESENCE: f64 = 0.7;
/// Share below which it hardly is: the same from the other end.
const MINIMAL_PRESENCE: f64 = 0.3;
/// Absences up to which they are no habit.
const MANY_ABSENCES: usize = 5;
/// Share of seconds with a change below which framing keeps still: one in more than five seconds.
const STABLE_FRAMING: f64 = 0.2;
/// Share above which it changes more often than it stays.
const DYNAMIC_FRAMING: f64 = 0.6;
/// Share below which somebody who is almost always there counts as a talking head.
const TALKING_HEAD: f64 = 0.3;
const CENTRE: f64 = 0.5;
/// Lines that divide the width into thirds.
const THIRDS: [f64; 2] = [1.0 / 3.0, 2.0 / 3.0];
/// Half the way (1/6) from the centre to the line of a third, so that a face belongs to the nearer
/// one; as far beyond that line it counts for the third as well. 90 of 1080 pixels.
const REACH: f64 = 1.0 / 12.0;

/// Share (0–1) of shots that are of a type; `None` without shots.
#[must_use]
pub fn share(shots: &[ShotType], shot: ShotType) -> Option<f64> {
    let count = shots.iter().filter(|other| **other == shot).count();
    (!shots.is_empty()).then(|| count as f64 / shots.len() as f64)
}

/// Where a face stands across the picture (0 left, 1 right): `center` or `rule_of_thirds` within a
/// twelfth of the middle or of a third, else `off_center`.
#[must_use]
pub fn composition(x: f64) -> &'static str {
    if (x - CENTRE).abs() <= REACH {
        "center"
    } else if THIRDS.iter().any(|third| (x - third).abs() <= REACH) {
        "rule_of_thirds"
    } else {
        "off_center"
    }
}

/// What most of the seconds looked at show: `single_focus` one face, `multi_person` several,
/// `environment_aware` none; the first of these among equals. `None` if none was looked at.
#[must_use]
pub fn visual_narrative(framing: &Framing) -> Option<&'static str> {
    let mut counts = [
        ("single_focus", 0),
        ("multi_person", 0),
        ("environment_aware", 0),
    ];
    for second in framing.seconds().iter().flatten() {
        let kind = match second.faces {
            1 => 0,
            0 => 2,
            _ => 1,
        };
        counts[kind].1 += 1;
    }
    let most = counts
        .into_iter()
        .reduce(|best, one| if one.1 > best.1 { one } else { best });
    most.filter(|(_, count)| *count > 0).map(|(name, _)| name)
}

/// Share (0–1) of the pairs of neighbouring seconds looked at between which the shot type changes;
/// `None` without such a pair.
#[must_use]
pub fn volatility(framing: &Framing) -> Option<f64> {
    let pairs = framing.seconds().windows(2);
    let looked_at = pairs
        .filter(|pair| pair.iter().all(Option::is_some))
        .count();
    (looked_at > 0).then(|| dynamics::changes(framing).len() as f64 / looked_at as f64)
}

/// Tags that hold.
fn tags(framing: &Framing) -> Vec<&'static str> {
    let visible = core::face_visibility(framing);
    // Where nobody is, nothing is framed steadily.
    let volatility = volatility(framing).filter(|_| visible > 0.0);
    let below = |limit| volatility.is_some_and(|share| share < limit);
    let absences = key_events::absences(framing).len();
    [
        ("strong_creator_presence", visible > STRONG_PRESENCE),
        ("minimal_creator_presence", visible < MINIMAL_PRESENCE),
        ("cutaway_heavy", absences > MANY_ABSENCES),
        ("continuous_presence", absences == 0),
        ("stable_framing", below(STABLE_FRAMING)),
        (
            "dynamic_framing",
            volatility.is_some_and(|share| share > DYNAMIC_FRAMING),
        ),
        (
            "talking_head_style",
            visible > STRONG_PRESENCE && below(TALKING_HEAD),
        ),
    ]
    .into_iter()
    .filter(|(_, holds)| *holds)
    .map(|(tag, _)| tag)
    .collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("personFramingPatterns");
    let shares = ["close", "medium", "wide", "none"];
    for (name, shot) in shares.into_iter().zip(ShotType::ALL) {
        let value = evidence.some_of(|framing| {
            share(&core::shots(framing), shot)
                .ok_or_else(|| Reason::from("no frame was looked at for faces"))
        });
        block.put(&format!("framingDistribution.{name}"), value);
    }
    for name in ["extreme_close", "full"] {
        block.put::<f64>(&format!("framingDistribution.{name}"), Err(NO_DEFINITION));
    }
    let rule = evidence.some_of_faced(|framing| {
        let across: Vec<f64> = framing.centres().iter().map(|centre| centre[0]).collect();
        numbers::mean(&across).map(composition)
    });
    block.put("compositionRule", rule);
    block.put::<f64>("cinematicStyle", Err(NO_DEFINITION));
    block.put::<f64>("framingTechnique", Err(NO_DEFINITION));
    let narrative = evidence.some_of(|framing| {
        visual_narrative(framing).ok_or_else(|| Reason::from("no frame was looked at for faces"))
    });
    block.put("visualNarrative", narrative);
    block.put("mlTags", evidence.of(tags));
    evidence.put_confidence(&mut block);
    block
}

const NEVER: &str = "always: no definition that evidence supports";

define_metrics!(
    "person_framing",
    "personFramingPatterns",
    [
        (
            "framingDistribution.close",
            "seconds of type close / seconds looked at",
            FACES,
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "framingDistribution.medium",
            "seconds of type medium / seconds looked at",
            FACES,
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "framingDistribution.wide",
            "seconds of type wide / seconds looked at",
            FACES,
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "framingDistribution.none",
            "seconds of type none / seconds looked at",
            FACES,
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "framingDistribution.extreme_close",
            "none; close holds these seconds",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "framingDistribution.full",
            "none; wide holds these seconds",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "compositionRule",
            "by the mean over frames of the middle of the main face, as a share of the width: center within 1/12 of 1/2, rule_of_thirds within 1/12 of 1/3 or 2/3, else off_center",
            FACES,
            "name",
            Range::OneOf(&["center", "rule_of_thirds", "off_center"]),
            NULL_NOBODY
        ),
        (
            "cinematicStyle",
            "none",
            "nothing",
            "name",
            Range::Nothing,
            NEVER
        ),
        (
            "framingTechnique",
            "none",
            "nothing",
            "name",
            Range::Nothing,
            NEVER
        ),
        (
            "visualNarrative",
            "what most of the seconds looked at show, the first among equals: single_focus one face, multi_person several in one frame, environment_aware none",
            FACES,
            "name",
            Range::OneOf(&["single_focus", "multi_person", "environment_aware"]),
            NULL_FACES
        ),
        (
            "mlTags",
            "those that hold, where v is framingTransitions / pairs of neighbouring seconds looked at: strong_creator_presence (faceVisibilityRate > 0.7), minimal_creator_presence (< 0.3), cutaway_heavy (more than 5 absenceSegments), continuous_presence (none), stable_framing (v < 0.2), dynamic_framing (v > 0.6), talking_head_style (faceVisibilityRate > 0.7 and v < 0.3); those of v only if a face is seen",
            "faces, persons in frames",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "strong_creator_presence",
                "minimal_creator_presence",
                "cutaway_heavy",
                "continuous_presence",
                "stable_framing",
                "dynamic_framing",
                "talking_head_style",
            ])),
            NULL_FACES
        ),
        (
            "confidence",
            "personFramingQuality.overallConfidence",
            "coverage, faces",
            "1",
            Range::Share,
            super::quality::NULL_CONFIDENCE
        ),
    ]
);
