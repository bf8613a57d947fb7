//! `personFramingPatterns`: how people are framed as a rule.

use super::{Evidence, FACES, NULL_FACES, NULL_NOBODY, ShotType, core};
use crate::{
    compute::{
        block::Block,
        measure::{NO_DEFINITION, Reason},
        numbers,
    },
    metrics::{Range, define_metrics},
};

const CENTRE: f64 = 0.5;
/// Lines that divide the width into thirds.
const THIRDS: [f64; 2] = [1.0 / 3.0, 2.0 / 3.0];
/// Half the way from the centre to a third.
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
            "confidence",
            "personFramingQuality.overallConfidence",
            "coverage, faces",
            "1",
            Range::Share,
            super::quality::NULL_CONFIDENCE
        ),
    ]
);
