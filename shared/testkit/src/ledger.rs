//! What became of every job, and whether that is what must become of it.

use artifacts::Jobs;
use broker::Transport;
use contracts::{ArtifactKey, JobId, Sha256, StageName, flow::FLOW, queue};
use jobs::{Client, JobState, LetterFilter, Letters};
use stage::Artifacts;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Everything a job stored, by its place in the job's folder.
pub type Results = BTreeMap<String, Sha256>;

/// A history: what was handed in, and what was found at the end. It is whole when every message
/// has been worked on and every worker has ended.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Jobs that were accepted, with what names their source.
    pub submitted: BTreeMap<String, String>,
    /// What every source has to give, if that is known from somewhere else.
    pub reference: BTreeMap<String, Results>,
    /// The state of every job in the store.
    pub states: BTreeMap<String, JobState>,
    /// What every job stored.
    pub results: BTreeMap<String, Results>,
    /// Dead letters: their id and their job.
    pub letters: Vec<(String, Option<String>)>,
    /// Messages in queues that should be empty.
    pub left: BTreeMap<String, u32>,
}

/// Something in a history that may not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A job was accepted, and there is neither an end of it nor a dead letter.
    Lost(String),
    /// A job or a dead letter that nobody asked for.
    Unexpected(String),
    /// A job ended without a result and without a dead letter.
    Silent(String),
    /// A job has a result and a dead letter.
    Both(String),
    /// A job has several dead letters, copies of one not counted.
    BuriedTwice(String),
    /// Two results of one source are not the same, or one is not what it has to be.
    Differs {
        /// Whose.
        job: String,
        /// Where in the folder of the job.
        place: String,
    },
    /// A queue is not empty.
    Left {
        /// Which.
        queue: String,
        /// How many messages are in it.
        count: u32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(job) => write!(formatter, "job {job} is lost"),
            Self::Unexpected(what) => write!(formatter, "nobody asked for {what}"),
            Self::Silent(job) => write!(formatter, "job {job} failed without a dead letter"),
            Self::Both(job) => write!(formatter, "job {job} has a result and a dead letter"),
            Self::BuriedTwice(job) => write!(formatter, "job {job} has several dead letters"),
            Self::Differs { job, place } => {
                write!(formatter, "job {job} stored something else at {place}")
            }
            Self::Left { queue, count } => {
                write!(formatter, "{count} messages are left in {queue}")
            }
        }
    }
}

impl Ledger {
    /// A history in which nothing has happened.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a job that was accepted.
    pub fn submitted(&mut self, job: &JobId, source: impl Into<String>) {
        self.submitted.insert(job.to_string(), source.into());
    }

    /// Makes what the jobs stored what their sources have to give.
    ///
    /// # Panics
    /// If one of them has no result.
    pub async fn learn(&mut self, client: &Client, store: &dyn Artifacts, calm: &[JobId]) {
        for id in calm {
            let status = client.status(id).await.unwrap();
            assert_eq!(status.state, JobState::Done, "{status:?}");
            let source = self.submitted[id.as_str()].clone();
            self.reference.insert(source, results(store, id).await);
        }
    }

    /// Reads the rest of the history from the store and the broker.
    ///
    /// # Panics
    /// If one of them does not answer.
    pub async fn read(
        &mut self,
        client: &Client,
        transport: &dyn Transport,
        store: &dyn Artifacts,
    ) {
        for id in ids(store).await {
            let status = client.status(&id).await.unwrap();
            self.states.insert(id.to_string(), status.state);
            if status.state.has_result() {
                let found = results(store, &id).await;
                self.results.insert(id.to_string(), found);
            }
        }
        let letters = Letters(client).list(&LetterFilter::default()).await;
        self.letters = letters
            .unwrap()
            .into_iter()
            .map(|letter| (letter.id, letter.job_id))
            .collect();
        for name in working_queues() {
            let ready = transport.depth(&name).await.unwrap().ready;
            self.left.insert(name, ready);
        }
    }

    /// Everything that may not be, sorted.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let letters = self.letters_by_job();
        let mut faults: Vec<_> = self
            .submitted
            .keys()
            .filter_map(|job| self.fate(job, letters.get(job.as_str()).map_or(0, BTreeSet::len)))
            .collect();
        let known = |job: &&String| self.submitted.contains_key(*job);
        let others = self.states.keys().filter(|job| !known(job));
        faults.extend(others.cloned().map(Fault::Unexpected));
        let strays = self
            .letters
            .iter()
            .filter(|(_, job)| job.as_ref().is_none_or(|job| !known(&job)));
        faults.extend(strays.map(|(id, _)| Fault::Unexpected(format!("dead letter {id}"))));
        faults.extend(self.differences());
        let left = self.left.iter().filter(|(_, count)| **count > 0);
        faults.extend(left.map(|(queue, count)| Fault::Left {
            queue: queue.clone(),
            count: *count,
        }));
        faults.sort();
        faults
    }

    /// As [`Ledger::check`].
    ///
    /// # Panics
    /// If there is anything.
    pub fn assert_clean(&self) {
        let faults: Vec<String> = self.check().iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{}\n{self:#?}", faults.join("\n"));
    }

    fn letters_by_job(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut by_job: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (id, job) in &self.letters {
            if let Some(job) = job {
                by_job.entry(job).or_default().insert(id);
            }
        }
        by_job
    }

    fn fate(&self, job: &str, letters: usize) -> Option<Fault> {
        let job = || job.to_owned();
        let state = self.states.get(&job()).copied();
        let ended = state.is_some_and(JobState::is_final);
        let has_result = state.is_some_and(JobState::has_result);
        match letters {
            0 if !ended => Some(Fault::Lost(job())),
            0 if state == Some(JobState::Failed) => Some(Fault::Silent(job())),
            0 => None,
            _ if has_result => Some(Fault::Both(job())),
            1 => None,
            _ => Some(Fault::BuriedTwice(job())),
        }
    }

    /// Whole results of one source are the same, whatever else happened.
    fn differences(&self) -> Vec<Fault> {
        let mut expected: BTreeMap<&str, &Results> = self
            .reference
            .iter()
            .map(|(source, results)| (source.as_str(), results))
            .collect();
        let mut faults = Vec::new();
        for (job, found) in &self.results {
            let whole = self.states.get(job) == Some(&JobState::Done);
            let Some(source) = self.submitted.get(job).filter(|_| whole) else {
                continue;
            };
            let wanted = *expected.entry(source).or_insert(found);
            let places: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
            let differing = places
                .into_iter()
                .filter(|place| wanted.get(*place) != found.get(*place));
            faults.extend(differing.map(|place| Fault::Differs {
                job: job.clone(),
                place: place.clone(),
            }));
        }
        faults
    }
}

/// Queues that are empty once everything is done.
fn working_queues() -> Vec<String> {
    let dead: Vec<String> = FLOW.iter().map(|spec| queue::dead(spec.name)).collect();
    let mut names = queue::all();
    names.retain(|name| name != queue::UNROUTABLE && !dead.contains(name));
    names
}

/// The jobs of a store.
async fn ids(store: &dyn Artifacts) -> BTreeSet<JobId> {
    let keys = store.list("jobs/").await.unwrap();
    let names = keys.iter().filter_map(|key| key.as_str().split('/').nth(1));
    names.map(|name| JobId::new(name).unwrap()).collect()
}

/// What a job stored, besides what says when and by whom.
async fn results(store: &dyn Artifacts, job: &JobId) -> Results {
    let folder = format!("jobs/{job}/");
    let mut found = Results::new();
    for key in store.list(&folder).await.unwrap() {
        let says_when = matches!(key.file_name(), "job.json" | "manifest.json")
            || key.as_str().contains("/attempts/");
        if says_when {
            continue;
        }
        let place = key.as_str()[folder.len()..].to_owned();
        // Reading proves what is known of it.
        let stored = store.find(&key).await.unwrap().unwrap();
        let bytes = store.get(&stored).await.unwrap();
        found.insert(place, Sha256::of(&bytes));
    }
    found
}

/// Whether a job has ended, which costs a question or two: the timeline, and what may come after it.
///
/// # Panics
/// If the store does not answer.
pub async fn has_ended(store: &dyn Artifacts, job: &JobId) -> bool {
    for stage in [StageName::Timeline, StageName::Insight] {
        let key = ArtifactKey::of_job(job, stage.as_str(), "manifest.json").unwrap();
        if store.find(&key).await.unwrap().is_none() {
            return false;
        }
    }
    true
}

/// How often every stage of a job was tried.
///
/// # Panics
/// If the store does not answer.
pub async fn attempts(jobs: &Jobs, job: &JobId) -> BTreeMap<StageName, u32> {
    let manifests = jobs.manifests(job).await.unwrap();
    let attempts = manifests.values();
    attempts
        .map(|manifest| (manifest.stage, manifest.attempts))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(text: &[u8]) -> Results {
        Results::from([("timeline/seen.json".to_owned(), Sha256::of(text))])
    }

    /// Two jobs of one source with the same result, and one that is buried.
    fn clean() -> Ledger {
        let mut ledger = Ledger::new();
        for job in ["one", "two", "bad"] {
            ledger.submitted(&JobId::new(job).unwrap(), "clip");
        }
        for (job, state) in [
            ("one", JobState::Done),
            ("two", JobState::Done),
            ("bad", JobState::Failed),
        ] {
            ledger.states.insert(job.into(), state);
        }
        ledger.results.insert("one".into(), results(b"same"));
        ledger.results.insert("two".into(), results(b"same"));
        // A copy of a dead letter is no second one.
        for _ in 0..2 {
            ledger.letters.push(("letter".into(), Some("bad".into())));
        }
        ledger.left.insert("detect".into(), 0);
        ledger
    }

    fn after(change: impl FnOnce(&mut Ledger)) -> Vec<Fault> {
        let mut ledger = clean();
        change(&mut ledger);
        ledger.check()
    }

    #[test]
    fn a_clean_history_has_no_faults() {
        assert_eq!(clean().check(), []);
        clean().assert_clean();
    }

    #[test]
    fn what_has_no_end_is_lost() {
        let lost = [Fault::Lost("one".into())];
        let gone = |ledger: &mut Ledger| {
            ledger.states.remove("one");
            ledger.results.remove("one");
        };
        assert_eq!(after(gone), lost);
        let stuck = |ledger: &mut Ledger| {
            ledger.states.insert("one".into(), JobState::Running);
        };
        assert_eq!(after(stuck), lost);
    }

    #[test]
    fn what_nobody_asked_for_is_unexpected() {
        let job = after(|ledger| {
            ledger.states.insert("other".into(), JobState::Done);
        });
        assert_eq!(job, [Fault::Unexpected("other".into())]);
        let letter = after(|ledger| ledger.letters.push(("stray".into(), None)));
        assert_eq!(letter, [Fault::Unexpected("dead letter stray".into())]);
    }

    #[test]
    fn a_job_has_a_result_or_one_dead_letter() {
        let silent = after(|ledger| ledger.letters.clear());
        assert_eq!(silent, [Fault::Silent("bad".into())]);
        let both = after(|ledger| ledger.letters.push(("other".into(), Some("one".into()))));
        assert_eq!(both, [Fault::Both("one".into())]);
        let twice = after(|ledger| ledger.letters.push(("other".into(), Some("bad".into()))));
        assert_eq!(twice, [Fault::BuriedTwice("bad".into())]);
    }

    #[test]
    fn results_of_one_source_are_the_same() {
        let differs = |job: &str| Fault::Differs {
            job: job.into(),
            place: "timeline/seen.json".into(),
        };
        let two = after(|ledger| {
            ledger.results.insert("two".into(), results(b"another"));
        });
        assert_eq!(two, [differs("two")]);
        let both = after(|ledger| {
            ledger.reference.insert("clip".into(), results(b"right"));
        });
        assert_eq!(both, [differs("one"), differs("two")]);
        let missing = after(|ledger| {
            ledger.results.insert("two".into(), Results::new());
        });
        assert_eq!(missing, [differs("two")]);
    }

    #[test]
    fn queues_are_empty_in_the_end() {
        let left = after(|ledger| {
            ledger.left.insert("ocr.retry.5s".into(), 2);
        });
        let queue = "ocr.retry.5s".to_owned();
        assert_eq!(left, [Fault::Left { queue, count: 2 }]);
    }
}
