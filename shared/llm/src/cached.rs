//! Asking models, the cache first: what was answered before is not asked again, and what many ask
//! at the same time is asked once.

mod kept;

use crate::{
    client::{Client, Failed, Options},
    completion::{Completion, Stop},
    error::{Code, Failure},
    request::Request,
};
use cache::{Cache, Found, Key, Mode, Produced, Task, Validated};
use contracts::Sha256;
use kept::Kept;
use serde_json::Value;
use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A client with a cache before it. Its copies share everything.
#[derive(Clone)]
pub struct Cached {
    client: Client,
    cache: Arc<Cache<Failed>>,
}

/// A question and what is to be done about it.
pub struct Question<'a> {
    /// What is asked.
    pub request: &'a Request,
    /// What names the answer, if it is not the request itself: the same with a text that was
    /// normalised, and the name of what was done to it.
    pub named_by: Option<(&'a Request, &'a str)>,
    /// Money, pieces, what a schema cannot say. Pieces of an answer that was there come as one.
    pub options: Options<'a>,
    /// Whom the answer is about, so that it can be forgotten.
    pub subject: Option<&'a str>,
}

impl<'a> Question<'a> {
    /// A request with nothing special about it.
    #[must_use]
    pub fn new(request: &'a Request) -> Self {
        Self {
            request,
            named_by: None,
            options: Options::default(),
            subject: None,
        }
    }
}

impl Cached {
    /// A client with a cache before it.
    #[must_use]
    pub fn new(client: Client, cache: Arc<Cache<Failed>>) -> Self {
        Self { client, cache }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache<Failed> {
        &self.cache
    }

    /// Gives the answer that is there, or asks for it as [`Client::complete`]. An answer that was
    /// there cost nothing and took no attempt; [`Completion::cache`] says so. Whoever is called off
    /// while others wait for the same answer hands the question over to them, and who waits for
    /// another waits no longer than its own deadline.
    ///
    /// # Errors
    /// [`Failed`] as of the client. Those who asked the same at the same time share the reason, and
    /// not what it cost: attempts and money are those of the one who asked. What concerns that one
    /// alone (its deadline, its money, its being called off) is not shared: the next one asks.
    pub async fn complete(
        &self,
        question: &Question<'_>,
        cancel: &CancellationToken,
    ) -> Result<Completion, Arc<Failed>> {
        let began = Instant::now();
        let deadline = question.request.deadline().map(|within| began + within);
        let mut lookup = self.lookup_of(question).map_err(refused)?;
        loop {
            let own = Own::default();
            let produce = || self.produce(question, deadline, &own);
            let found = tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    return Err(refused(Failure::new(Code::Cancelled, "called off")));
                }
                found = self.cache.get_or_produce(&lookup, produce) => found,
                () = own.waited_in_vain(deadline) => {
                    let message = "the deadline came while another asked the same";
                    return Err(refused(Failure::new(Code::DeadlineExceeded, message)));
                }
            };
            let took = began.elapsed();
            match found {
                Ok(found) => {
                    if let Some(completion) = own.taken() {
                        let cache = found.state;
                        return Ok(Completion {
                            cache,
                            ..completion
                        });
                    }
                    match read(&found, took) {
                        Ok(completion) => return Ok(told(completion, question, cancel).await),
                        // What is there is none: it is produced anew in its place.
                        Err(_) => lookup.mode = instead(lookup.mode),
                    }
                }
                Err(failed) if own.has_asked() => return Err(failed),
                Err(failed) if concerns_one(&failed) => {}
                Err(failed) => return Err(Arc::new(failed.of_another(took))),
            }
        }
    }

    /// The answer if it is there; nobody is asked.
    pub async fn lookup(&self, question: &Question<'_>) -> Option<Completion> {
        let began = Instant::now();
        let found = self.cache.lookup(&self.lookup_of(question).ok()?).await?;
        read(&found, began.elapsed()).ok()
    }

    fn lookup_of(&self, question: &Question<'_>) -> Result<cache::Request, Failure> {
        let request = question.request;
        let (named_by, normaliser) = question.named_by.unwrap_or((request, "none"));
        let print = self.client.fingerprint(named_by, normaliser)?;
        let unusable = |error: cache::TaskError| Failure::new(Code::BadRequest, error.to_string());
        let task = Task::new(&request.task).map_err(unusable)?;
        let document = Value::String(Sha256::of(&print).to_string());
        let control = request.cache;
        let lookup = cache::Request {
            mode: control.mode,
            max_age: control.max_age_s.map(Duration::from_secs),
            ttl: control.ttl_s.map(Duration::from_secs),
            schema: Some(kept::VERSION.into()),
            ..cache::Request::new(Key::of(&task, &document))
        };
        Ok(match question.subject {
            Some(subject) => lookup.about(subject),
            None => lookup,
        })
    }

    /// Asks; the answer also goes to `own`, with what only the one who asked has of it.
    async fn produce(
        &self,
        question: &Question<'_>,
        deadline: Option<Instant>,
        own: &Own,
    ) -> Result<Produced, Failed> {
        own.asked.store(true, Ordering::SeqCst);
        // Called off by being dropped, so that the question goes to the next one who waits.
        let never = CancellationToken::new();
        let request = within(question.request, deadline);
        let asking = self.client.complete(&request, &never, question.options);
        let completion = asking.await?;
        let cost = completion.cost_usd;
        let bytes = Kept::of(&completion).bytes();
        let fit = fitting(&completion);
        own.put(completion);
        Ok(match Validated::new(bytes.clone(), |_| fit) {
            Ok(value) => Produced::validated(value, cost),
            Err(reason) => Produced::unstorable(bytes, cost, reason),
        })
    }
}

/// What became of one's own asking, if it came to that.
#[derive(Default)]
struct Own {
    asked: AtomicBool,
    completion: Mutex<Option<Completion>>,
}

impl Own {
    fn has_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    fn put(&self, completion: Completion) {
        *self.lock() = Some(completion);
    }

    fn taken(&self) -> Option<Completion> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Completion>> {
        self.completion
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends at the deadline of one who waits for another. Who asks ends by itself, and says what
    /// was tried.
    async fn waited_in_vain(&self, deadline: Option<Instant>) {
        if let Some(deadline) = deadline {
            tokio::time::sleep_until(deadline).await;
            if !self.has_asked() {
                return;
            }
        }
        std::future::pending().await
    }
}

/// The request with what is left of its time: who waited for another before has less.
fn within(request: &Request, deadline: Option<Instant>) -> Cow<'_, Request> {
    let Some(deadline) = deadline else {
        return Cow::Borrowed(request);
    };
    let left = deadline.saturating_duration_since(Instant::now());
    Cow::Owned(Request {
        deadline_ms: Some(whole_ms(left)),
        ..request.clone()
    })
}

/// Whether a failure is one of the circumstances of the one who asked, and says nothing to others.
fn concerns_one(failed: &Failed) -> bool {
    match failed.failure.code {
        Code::Cancelled | Code::DeadlineExceeded => true,
        // No model said so: it is one's own money that is used up.
        Code::QuotaExhausted => failed.attempts.is_empty(),
        _ => false,
    }
}

/// What is done about an entry that is none: whoever may write puts an answer in its place.
fn instead(mode: Mode) -> Mode {
    match mode {
        Mode::ReadOnly => Mode::Off,
        _ => Mode::Refresh,
    }
}

/// Tells an answer that was there to who listens, as one piece.
async fn told(
    completion: Completion,
    question: &Question<'_>,
    cancel: &CancellationToken,
) -> Completion {
    if let Some(deltas) = question.options.deltas {
        // Whoever no longer listens still gets the answer.
        tokio::select! {
            () = cancel.cancelled() => {}
            _gone = deltas.send(completion.text.clone()) => {}
        }
    }
    completion
}

/// Why an answer is given once and not kept, if so.
fn fitting(completion: &Completion) -> Result<(), &'static str> {
    if completion.fallback_from.is_some() {
        // Under the name of a model only its own answers are kept.
        return Err("fallback");
    }
    match completion.stop {
        Stop::Complete | Stop::StopSequence => Ok(()),
        Stop::Length | Stop::Refusal | Stop::ContextExceeded | Stop::Tool => Err("incomplete"),
    }
}

/// An answer that somebody else asked for: it took nothing.
fn read(found: &Found, took: Duration) -> Result<Completion, Failure> {
    Ok(Kept::read(&found.value)?.given(found.state, whole_ms(took)))
}

fn whole_ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn refused(failure: Failure) -> Arc<Failed> {
    Arc::new(Failed::before(failure))
}
