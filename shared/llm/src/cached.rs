//! Asking models, the cache first: what was answered before is not asked again, and what many ask
//! at the same time is asked once.

mod kept;

use crate::{
    client::{Client, Failed, Options},
    completion::{Completion, Stop},
    error::{Code, Failure},
    request::Request,
};
use cache::{Cache, Found, Key, Produced, Task, Validated};
use contracts::Sha256;
use kept::Kept;
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Why an answer is given once and not kept.
pub type Unfit = &'static str;

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
    /// Money and pieces. Pieces of an answer that was there come as one.
    pub options: Options<'a>,
    /// Whether an answer may be kept: within its ranges, of its kind.
    pub check: &'a (dyn Fn(&Completion) -> Result<(), Unfit> + Send + Sync),
    /// Whom the answer is about, so that it can be forgotten.
    pub subject: Option<&'a str>,
}

/// Every answer that fits its schema is kept.
fn anything(_: &Completion) -> Result<(), Unfit> {
    Ok(())
}

impl<'a> Question<'a> {
    /// A request with nothing special about it.
    #[must_use]
    pub fn new(request: &'a Request) -> Self {
        Self {
            request,
            named_by: None,
            options: Options::default(),
            check: &anything,
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
    /// while others wait for the same answer hands the question over to them.
    ///
    /// # Errors
    /// [`Failed`] as of the client, shared by those who asked the same at the same time.
    pub async fn complete(
        &self,
        question: &Question<'_>,
        cancel: &CancellationToken,
    ) -> Result<Completion, Arc<Failed>> {
        let began = tokio::time::Instant::now();
        let lookup = self.lookup_of(question).map_err(refused)?;
        let own = Mutex::new(None);
        let produce = || self.produce(question, &own);
        let found = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                return Err(refused(Failure::new(Code::Cancelled, "called off")));
            }
            found = self.cache.get_or_produce(&lookup, produce) => found?,
        };
        let own = own.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(completion) = own {
            let cache = found.state;
            return Ok(Completion {
                cache,
                ..completion
            });
        }
        let completion = read(&found, began.elapsed()).map_err(refused)?;
        if let Some(deltas) = question.options.deltas {
            // Whoever no longer listens still gets the answer.
            let _gone = deltas.send(completion.text.clone()).await;
        }
        Ok(completion)
    }

    /// The answer if it is there; nobody is asked.
    pub async fn lookup(&self, question: &Question<'_>) -> Option<Completion> {
        let began = tokio::time::Instant::now();
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
        own: &Mutex<Option<Completion>>,
    ) -> Result<Produced, Failed> {
        // Called off by being dropped, so that the question goes to the next one who waits.
        let never = CancellationToken::new();
        let (request, options) = (question.request, question.options);
        let completion = self.client.complete(request, &never, options).await?;
        let cost = completion.cost_usd;
        let bytes = Kept::of(&completion).bytes();
        let fit = fitting(&completion).and_then(|()| (question.check)(&completion));
        *own.lock().unwrap_or_else(PoisonError::into_inner) = Some(completion);
        Ok(match Validated::new(bytes.clone(), |_| fit) {
            Ok(value) => Produced::validated(value, cost),
            Err(reason) => Produced::unstorable(bytes, cost, reason),
        })
    }
}

fn fitting(completion: &Completion) -> Result<(), Unfit> {
    match completion.stop {
        Stop::Complete | Stop::StopSequence => Ok(()),
        Stop::Length | Stop::Refusal | Stop::ContextExceeded | Stop::Tool => Err("incomplete"),
    }
}

/// An answer that somebody else asked for: it took nothing.
fn read(found: &Found, took: Duration) -> Result<Completion, Failure> {
    let total_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Ok(Kept::read(&found.value)?.given(found.state, total_ms))
}

fn refused(failure: Failure) -> Arc<Failed> {
    Arc::new(Failed::before(failure))
}
