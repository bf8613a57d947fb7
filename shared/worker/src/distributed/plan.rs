//! What follows from the end of a stage: pure, from what the manifests say.

use crate::record::{SWITCHED_OFF, blocked};
use contracts::{
    StageName, Upstream,
    flow::{FLOW, Readiness, StageSpec},
    manifest::FailureClass,
};
use std::collections::BTreeSet;

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Stages that have just become ready.
    pub(crate) start: Vec<StageName>,
    /// Stages that will never start, and why.
    pub(crate) over: Vec<(StageName, FailureClass, String)>,
}

/// What follows once the stages in `ended` have, given how all stages ended so far.
///
/// A stage is started by whoever made it ready: it is ready now, and would not be without
/// `ended`. Two who end at the same time may both start it, nobody may not.
pub(crate) fn plan(
    without: &[StageName],
    upstream: &Upstream,
    ended: &BTreeSet<StageName>,
) -> Plan {
    let before = before(upstream, ended);
    let mut plan = Plan::default();
    let open = |spec: &&StageSpec| upstream.outcome(spec.name).is_none();
    for spec in FLOW.iter().filter(open) {
        if without.contains(&spec.name) {
            let reason = SWITCHED_OFF.to_owned();
            plan.over
                .push((spec.name, FailureClass::SwitchedOff, reason));
        } else if let Some((class, reason)) = blocked(spec, upstream) {
            plan.over.push((spec.name, class, reason));
        } else if spec.readiness(upstream) == Readiness::Ready
            && spec.readiness(&before) != Readiness::Ready
        {
            plan.start.push(spec.name);
        }
    }
    plan
}

/// What was known before `ended` had.
fn before(upstream: &Upstream, ended: &BTreeSet<StageName>) -> Upstream {
    let mut before = Upstream::default();
    for (stage, outcome) in upstream.outcomes() {
        if !ended.contains(&stage) {
            before.record(stage, outcome.clone());
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Outcome;
    use proptest::prelude::*;

    fn done() -> Outcome {
        Outcome::Done {
            output: serde_json::Value::Null,
        }
    }
    fn failed() -> Outcome {
        Outcome::Failed {
            reason: "broken".into(),
            class: FailureClass::Rejected,
        }
    }
    fn upstream(outcomes: &[(StageName, Outcome)]) -> Upstream {
        let mut upstream = Upstream::default();
        for (stage, outcome) in outcomes {
            upstream.record(*stage, outcome.clone());
        }
        upstream
    }

    #[test]
    fn only_what_became_ready_by_this_end_is_started() {
        use StageName::{Decode, Detect, Ingest, Shots, Sound};
        let known = upstream(&[(Ingest, done()), (Decode, done()), (Shots, done())]);
        let after_shots = plan(&[], &known, &BTreeSet::from([Shots]));
        assert_eq!(after_shots.start, [Detect], "sound was ready before");
        let after_decode = plan(&[], &known, &BTreeSet::from([Decode]));
        assert!(after_decode.start.contains(&Sound));
    }

    #[test]
    fn what_was_not_asked_for_and_what_is_blocked_is_over() {
        use StageName::{Decode, Ingest, Ocr};
        let known = upstream(&[(Ingest, done()), (Decode, failed())]);
        let plan = plan(&[Ocr], &known, &BTreeSet::from([Decode]));
        assert!(plan.start.is_empty());
        // What needs the timeline learns of it by the timeline's own end.
        let later = FLOW
            .iter()
            .filter(|spec| spec.requires.contains(&StageName::Timeline));
        assert_eq!(plan.over.len(), FLOW.len() - 2 - later.count());
        let class_of = |stage| plan.over.iter().find(|over| over.0 == stage).unwrap().1;
        assert_eq!(class_of(Ocr), FailureClass::SwitchedOff);
        assert_eq!(class_of(StageName::Timeline), FailureClass::Upstream);
    }

    proptest! {
        /// Whatever the order in which stages end, and however many end unseen by each other,
        /// every stage is started by somebody exactly when it can run, and the flow ends.
        #[test]
        fn every_stage_is_started_in_any_order_of_ends(choices in proptest::collection::vec(any::<u16>(), 200), failures in any::<u16>()) {
            let mut known = Upstream::default();
            let mut started = BTreeSet::from([StageName::Ingest]);
            let mut running = vec![StageName::Ingest];
            for choice in choices {
                if running.is_empty() {
                    break;
                }
                let stage = running.remove(usize::from(choice) % running.len());
                let fails = failures & (1 << (stage as u16)) != 0;
                known.record(stage, if fails { failed() } else { done() });
                let mut mine = BTreeSet::from([stage]);
                loop {
                    let plan = plan(&[], &known, &mine);
                    if plan.over.is_empty() {
                        for next in plan.start {
                            if started.insert(next) {
                                running.push(next);
                            }
                        }
                        break;
                    }
                    for (over, class, reason) in plan.over {
                        known.record(over, Outcome::Failed { reason, class });
                        mine.insert(over);
                    }
                }
            }
            prop_assert_eq!(known.outcomes().count(), FLOW.len());
        }
    }
}
