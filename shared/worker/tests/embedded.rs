//! The embedded runner on stages made for the purpose, through its public API.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use artifacts::Memory;
use contracts::{
    JobId, Manifest, Message, Outcome, StageName, Upstream,
    flow::FLOW,
    job::{Job, Source},
    manifest::{FailureClass, GatherError},
    messages::StageInput,
};
use serde::{Deserialize, Serialize};
use stage::{Artifacts, ProgressEvent, Stage, StageContext, StageError};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::{ManualClock, RecordedProgress};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;
use worker::{AnyStage, Embedded, EmbeddedParts, JobReport, Policy, RunError, erase, unavailable};

/// Which stages had an output when a stage began.
#[derive(Debug, Serialize, Deserialize)]
struct Seen(Vec<StageName>);
impl Message for Seen {
    const KIND: &'static str = "test.seen";
    const VERSION: u16 = 1;
}
impl StageInput for Seen {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        let done = upstream
            .outcomes()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Done { .. }));
        Ok(Self(done.map(|(stage, _)| stage).collect()))
    }
}

#[derive(Clone)]
enum Act {
    Work,
    Reject,
    FailTimes(u32),
    Panic,
    Hang,
    Meet(Arc<Barrier>),
    Store,
}

#[derive(Default)]
struct Runs(Mutex<Vec<(StageName, Vec<StageName>)>>);

macro_rules! acting_stage {
    ($name:ident) => {
        struct $name(Act, Arc<Runs>);
        impl Stage for $name {
            type Input = Seen;
            type Output = Seen;
            const NAME: StageName = StageName::$name;
            async fn run(&self, input: Seen, context: &StageContext) -> Result<Seen, StageError> {
                self.1.0.lock().unwrap().push((Self::NAME, input.0.clone()));
                match &self.0 {
                    Act::Work => {}
                    Act::Reject => return Err(StageError::rejected("bad input")),
                    Act::FailTimes(times) if context.attempt <= *times => {
                        return Err(StageError::transient("busy"));
                    }
                    Act::FailTimes(_) => {}
                    Act::Panic => panic!("wheel came off"),
                    Act::Hang => std::future::pending().await,
                    Act::Meet(barrier) => {
                        barrier.wait().await;
                    }
                    Act::Store => {
                        context.store("thing.bin", "thing".into()).await?;
                    }
                }
                Ok(input)
            }
        }
    };
}
acting_stage!(Ingest);
acting_stage!(Decode);
acting_stage!(Shots);
acting_stage!(Detect);
acting_stage!(People);
acting_stage!(Emotion);
acting_stage!(Sound);
acting_stage!(Transcribe);
acting_stage!(Ocr);
acting_stage!(Moderate);
acting_stage!(Label);
acting_stage!(Timeline);
acting_stage!(Insight);

struct Setup {
    acts: Vec<(StageName, Act)>,
    off: Vec<StageName>,
    missing: BTreeMap<StageName, &'static str>,
    cancel: CancellationToken,
}

struct Outcomes {
    report: Result<JobReport, RunError>,
    runs: Vec<(StageName, Vec<StageName>)>,
    store: Arc<Memory>,
    events: Vec<ProgressEvent>,
}

fn acting(acts: &[(StageName, Act)]) -> Setup {
    Setup {
        acts: acts.to_vec(),
        off: Vec::new(),
        missing: BTreeMap::new(),
        cancel: CancellationToken::new(),
    }
}

fn job() -> Job {
    Job::new(
        JobId::new("job").unwrap(),
        Source::LocalFile("/clip.mp4".into()),
    )
}

impl Setup {
    fn stages(&self, runs: &Arc<Runs>) -> Vec<Arc<dyn AnyStage>> {
        let act = |name| {
            let found = self.acts.iter().find(|(stage, _)| *stage == name);
            found.map_or(Act::Work, |(_, act)| act.clone())
        };
        let all = [
            erase(Ingest(act(StageName::Ingest), runs.clone())),
            erase(Decode(act(StageName::Decode), runs.clone())),
            erase(Shots(act(StageName::Shots), runs.clone())),
            erase(Detect(act(StageName::Detect), runs.clone())),
            erase(People(act(StageName::People), runs.clone())),
            erase(Emotion(act(StageName::Emotion), runs.clone())),
            erase(Sound(act(StageName::Sound), runs.clone())),
            erase(Transcribe(act(StageName::Transcribe), runs.clone())),
            erase(Ocr(act(StageName::Ocr), runs.clone())),
            erase(Moderate(act(StageName::Moderate), runs.clone())),
            erase(Label(act(StageName::Label), runs.clone())),
            erase(Timeline(act(StageName::Timeline), runs.clone())),
            erase(Insight(act(StageName::Insight), runs.clone())),
        ];
        let missing = |stage: Arc<dyn AnyStage>| {
            let reason = self.missing.get(&stage.name());
            reason.map_or(stage.clone(), |reason| unavailable(stage.name(), *reason))
        };
        all.into_iter()
            .filter(|stage| !self.off.contains(&stage.name()))
            .map(missing)
            .collect()
    }

    fn runner(&self, runs: &Arc<Runs>, store: &Arc<Memory>, scratch: &Path) -> EmbeddedParts {
        EmbeddedParts {
            stages: self.stages(runs),
            artifacts: store.clone(),
            clock: Arc::new(ManualClock::default()),
            progress: Arc::new(RecordedProgress::default()),
            policy: Policy {
                max_attempts: 3,
                attempt_timeout: Duration::from_secs(60),
                ..Policy::default()
            },
            scratch: scratch.to_owned(),
        }
    }

    /// One stage alone, on what the named ones left.
    async fn run_one(
        self,
        stage: StageName,
        done: &[StageName],
    ) -> (Result<Manifest, RunError>, usize, Arc<Memory>) {
        let (runs, store) = (Arc::new(Runs::default()), Arc::new(Memory::default()));
        let scratch = tempfile::tempdir().unwrap();
        let runner = Embedded::new(self.runner(&runs, &store, scratch.path()));
        let mut upstream = Upstream::default();
        for name in done {
            let output = serde_json::to_value(Seen(Vec::new())).unwrap();
            upstream.record(*name, Outcome::Done { output });
        }
        let manifest = runner
            .run_one(&job(), stage, &mut upstream, &self.cancel)
            .await;
        let ran = runs.0.lock().unwrap().len();
        (manifest, ran, store)
    }

    async fn run(self) -> Outcomes {
        let runs = Arc::new(Runs::default());
        let store = Arc::new(Memory::default());
        let progress = Arc::new(RecordedProgress::default());
        let scratch = tempfile::tempdir().unwrap();
        let runner = Embedded::new(EmbeddedParts {
            progress: progress.clone(),
            ..self.runner(&runs, &store, scratch.path())
        });
        let report = runner.run(&job(), &self.cancel).await;
        assert_eq!(
            std::fs::read_dir(scratch.path()).unwrap().count(),
            0,
            "no scratch directory remains"
        );
        let runs = runs.0.lock().unwrap().clone();
        Outcomes {
            report,
            runs,
            store,
            events: progress.events(),
        }
    }
}

impl Outcomes {
    fn failure(&self, stage: StageName) -> Option<(FailureClass, String)> {
        match &self.report.as_ref().unwrap().manifests[&stage].outcome {
            Outcome::Done { .. } => None,
            Outcome::Failed { reason, class } => Some((*class, reason.clone())),
        }
    }
    fn ran(&self, stage: StageName) -> usize {
        self.runs.iter().filter(|(name, _)| *name == stage).count()
    }
}

#[tokio::test]
async fn every_stage_runs_once_after_what_it_needs_and_uses() {
    let outcomes = acting(&[]).run().await;
    assert_eq!(
        outcomes.report.as_ref().unwrap().manifests.len(),
        FLOW.len()
    );
    for spec in FLOW {
        assert_eq!(outcomes.ran(spec.name), 1, "{}", spec.name);
        let (_, seen) = outcomes
            .runs
            .iter()
            .find(|(name, _)| *name == spec.name)
            .unwrap();
        for needed in spec.requires.iter().chain(spec.uses) {
            assert!(
                seen.contains(needed),
                "{} began before {needed} ended",
                spec.name
            );
        }
        assert_eq!(outcomes.failure(spec.name), None);
    }
}

#[tokio::test]
async fn stages_that_are_ready_together_run_together() {
    // Both wait for the other: one after the other they would never end.
    let barrier = Arc::new(Barrier::new(2));
    let meet = [
        (StageName::Shots, Act::Meet(barrier.clone())),
        (StageName::Sound, Act::Meet(barrier)),
    ];
    assert!(acting(&meet).run().await.report.is_ok());
}

#[tokio::test]
async fn a_stage_that_gives_up_does_not_stop_those_that_can_do_without() {
    let outcomes = acting(&[(StageName::Shots, Act::Reject)]).run().await;
    assert_eq!(
        outcomes.failure(StageName::Shots),
        Some((FailureClass::Rejected, "bad input".into()))
    );
    assert_eq!(outcomes.failure(StageName::Detect), None);
    assert_eq!(outcomes.failure(StageName::Timeline), None);
    assert_eq!(
        outcomes.ran(StageName::Shots),
        1,
        "rejected input is not tried again"
    );
}

#[tokio::test]
async fn what_needs_a_failed_stage_is_marked_and_never_runs() {
    let outcomes = acting(&[(StageName::Decode, Act::Reject)]).run().await;
    for stage in [
        StageName::Shots,
        StageName::Detect,
        StageName::Sound,
        StageName::Timeline,
    ] {
        let (class, reason) = outcomes.failure(stage).unwrap();
        assert_eq!(class, FailureClass::Upstream);
        assert!(reason.contains("decode"), "{reason}");
        assert_eq!(outcomes.ran(stage), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_temporary_failure_is_tried_again_until_it_passes() {
    let outcomes = acting(&[(StageName::Sound, Act::FailTimes(2))]).run().await;
    assert_eq!(outcomes.failure(StageName::Sound), None);
    assert_eq!(
        outcomes.report.as_ref().unwrap().manifests[&StageName::Sound].attempts,
        3
    );
    let delays: Vec<_> = outcomes
        .events
        .iter()
        .filter_map(|event| match event {
            ProgressEvent::Retrying { after, .. } => Some(after.as_secs()),
            _ => None,
        })
        .collect();
    assert_eq!(delays, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_the_stage_not_the_process() {
    let outcomes = acting(&[(StageName::Sound, Act::Panic)]).run().await;
    let (class, reason) = outcomes.failure(StageName::Sound).unwrap();
    assert_eq!(class, FailureClass::Exhausted);
    assert!(reason.contains("wheel came off"), "{reason}");
    assert_eq!(outcomes.failure(StageName::Timeline), None);
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_hangs_is_stopped_at_its_deadline() {
    let begun = tokio::time::Instant::now();
    let outcomes = acting(&[(StageName::Detect, Act::Hang)]).run().await;
    let (class, reason) = outcomes.failure(StageName::Detect).unwrap();
    assert_eq!(class, FailureClass::Exhausted);
    assert!(reason.contains("60s"), "{reason}");
    assert_eq!(outcomes.ran(StageName::Detect), 3);
    // Three attempts of 60 s with 1 and 2 s between them, on the runtime's own clock.
    assert_eq!(begun.elapsed().as_secs(), 183);
}

#[tokio::test]
async fn cancelling_stops_every_stage_and_records_nothing_of_them() {
    let setup = acting(&[(StageName::Shots, Act::Hang), (StageName::Sound, Act::Hang)]);
    let cancel = setup.cancel.clone();
    let stopper = async {
        // Waits for the hanging stages without knowing how long they take to begin.
        tokio::task::yield_now().await;
        cancel.cancel();
    };
    let (outcomes, ()) = tokio::join!(setup.run(), stopper);
    assert!(matches!(outcomes.report, Err(RunError::Cancelled)));
    let keys = outcomes.store.list("jobs/job/").await.unwrap();
    assert!(
        keys.iter()
            .all(|key| !key.as_str().contains("shots") && !key.as_str().contains("sound"))
    );
}

#[tokio::test]
async fn a_stage_switched_off_is_said_to_be() {
    let setup = Setup {
        off: vec![StageName::Detect],
        ..acting(&[])
    };
    let outcomes = setup.run().await;
    assert_eq!(
        outcomes.failure(StageName::Detect).unwrap().0,
        FailureClass::SwitchedOff
    );
    assert_eq!(outcomes.failure(StageName::Timeline), None);
}

#[tokio::test]
async fn the_manifest_names_what_was_stored() {
    let outcomes = acting(&[(StageName::Sound, Act::Store)]).run().await;
    let key = contracts::ArtifactKey::new("jobs/job/sound/manifest.json").unwrap();
    let reference = outcomes.store.find(&key).await.unwrap().unwrap();
    let manifest: Manifest =
        serde_json::from_slice(&outcomes.store.get(&reference).await.unwrap()).unwrap();
    assert_eq!(manifest.artifacts.len(), 1);
    assert_eq!(
        outcomes.store.get(&manifest.artifacts[0]).await.unwrap(),
        "thing"
    );
    assert_eq!(manifest.program_version, contracts::PROGRAM_VERSION);
}

#[tokio::test]
async fn a_stage_that_cannot_run_here_leaves_a_gap_with_its_reason() {
    let mut setup = acting(&[]);
    setup
        .missing
        .insert(StageName::Sound, "its weights are missing");
    let outcomes = setup.run().await;
    assert_eq!(outcomes.ran(StageName::Sound), 0);
    let (class, reason) = outcomes.failure(StageName::Sound).unwrap();
    assert_eq!(class, FailureClass::Exhausted);
    assert_eq!(reason, "its weights are missing");
    let manifest = &outcomes.report.as_ref().unwrap().manifests[&StageName::Sound];
    assert_eq!((manifest.attempts, manifest.models.len()), (0, 0));
    assert_eq!(outcomes.failure(StageName::Timeline), None);
}

#[tokio::test]
async fn what_needs_a_stage_that_is_switched_off_is_switched_off_too() {
    let setup = Setup {
        off: vec![StageName::People],
        ..acting(&[])
    };
    let outcomes = setup.run().await;
    assert_eq!(
        outcomes.failure(StageName::Emotion).unwrap(),
        (
            FailureClass::SwitchedOff,
            "it needs stage people, which is switched off".into()
        )
    );
    assert_eq!(outcomes.ran(StageName::Emotion), 0);
    assert_eq!(outcomes.failure(StageName::Timeline), None);
}

#[tokio::test]
async fn one_stage_runs_alone_and_leaves_its_manifest() {
    let left = [StageName::Ingest, StageName::Decode];
    let setup = acting(&[(StageName::Sound, Act::Store)]);
    let (manifest, ran, store) = setup.run_one(StageName::Sound, &left).await;
    let manifest = manifest.unwrap();
    assert_eq!((manifest.stage, ran), (StageName::Sound, 1));
    assert_eq!(manifest.artifacts.len(), 1);
    let key = contracts::ArtifactKey::new("jobs/job/sound/manifest.json").unwrap();
    assert!(store.find(&key).await.unwrap().is_some());
}

#[tokio::test]
async fn one_stage_waits_for_nobody() {
    // Shots may be used by detect, and nothing says how they ended.
    let left = [StageName::Ingest, StageName::Decode];
    let (stuck, ran, _) = acting(&[]).run_one(StageName::Detect, &left).await;
    assert!(matches!(stuck, Err(RunError::Stuck(StageName::Detect))));
    assert_eq!(ran, 0);
}

#[tokio::test]
async fn a_stage_switched_off_is_not_held_up_by_one_it_would_need() {
    let setup = Setup {
        off: vec![StageName::Emotion],
        ..acting(&[(StageName::People, Act::Reject)])
    };
    let outcomes = setup.run().await;
    let (class, _) = outcomes.failure(StageName::Emotion).unwrap();
    assert_eq!(class, FailureClass::SwitchedOff);
}
