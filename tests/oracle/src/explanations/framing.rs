//! `person_framing`.

use super::{Explanation, Reason::*, always, given, when::*};

const PROGRESSION: &[&str] = &["person_framing.personFramingDynamics.framingProgression*"];
const SIZE: &[&str] = &["person_framing.personFramingCoreMetrics.averageFaceSize"];
const CONTACT: &[&str] = &["person_framing.personFramingCoreMetrics.eyeContactRate"];

pub(super) const ALL: &[Explanation] = &[
    always(
        ConstantWithoutEvidence,
        &[
            "person_framing.personFramingCoreMetrics.dominantFraming",
            "person_framing.personFramingCoreMetrics.framingConsistency",
            "person_framing.personFramingDynamics.distanceVariation",
            "person_framing.personFramingDynamics.framingTransitions",
            "person_framing.personFramingDynamics.movementPattern",
            "person_framing.personFramingDynamics.stabilityScore",
            "person_framing.personFramingInteractions*",
            "person_framing.personFramingKeyEvents.closeUpMoments*",
            "person_framing.personFramingKeyEvents.groupShots*",
            "person_framing.personFramingKeyEvents.keySubjectMoments*",
            "person_framing.personFramingPatterns*",
            "person_framing.personFramingQuality*",
        ],
    ),
    always(
        NobodyIsSomebody,
        &[
            "person_framing.personFramingCoreMetrics.primarySubject",
            "person_framing.personFramingCoreMetrics.subjectCount",
        ],
    ),
    always(
        WrongDenominator,
        &["person_framing.personFramingCoreMetrics.faceVisibilityRate"],
    ),
    always(
        LookingAwayLeftOut,
        &["person_framing.personFramingDynamics.gazeSteadiness"],
    ),
    always(
        ListOfChanges,
        &["person_framing.personFramingKeyEvents.framingChanges*"],
    ),
    given(MissingIsNotZero, SIZE, no_face),
    given(MissingIsNotZero, CONTACT, no_gaze),
    given(MissingIsNotZero, PROGRESSION, no_people),
    given(OnePerSecond, SIZE, faces_share_a_second),
    given(OnePerSecond, PROGRESSION, faces_share_a_second),
    given(OnePerSecond, CONTACT, gaze_shares_a_second),
    given(WrongDenominator, CONTACT, gaze_not_in_every_second),
    given(OutsideTheVideo, SIZE, people_outside),
    given(OutsideTheVideo, PROGRESSION, people_outside),
    given(OutsideTheVideo, CONTACT, people_outside),
    given(FaceBeyondThePicture, SIZE, face_beyond_the_picture)
        .needs("a face that reaches beyond the picture"),
    given(FaceBeyondThePicture, PROGRESSION, face_beyond_the_picture)
        .needs("a face that reaches beyond the picture"),
    given(LastSecondLeftOut, PROGRESSION, ends_within_a_second),
    given(SecondsNotLookedAt, PROGRESSION, people_overlooked),
    given(NobodyIsAStretch, PROGRESSION, nobody),
];
