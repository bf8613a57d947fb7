//! One question from a template to an answer: rendered, named for the cache, asked, written down.

use crate::{
    failure::{Code, Failure},
    ledger::{Asked, Ledger},
    ports::{Answer, LlmFacts},
    settings::Asking,
};
use cache::Mode;
use llm::{
    Cached, Check, Failed, Options, Question,
    completion::Completion,
    provider::Deltas,
    request::{CacheControl, Message, Request, Sampling, TemplateRef},
};
use prompts::{Choice, Context, Rendered, Repository, TemplateError, framing::Marks};
use serde_json::Value;
use std::sync::Arc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// What questions are asked with.
pub struct AskerParts {
    /// Models, with a cache before them.
    pub cached: Cached,
    /// What they are told.
    pub templates: Arc<Repository>,
    /// Marks of text from outside.
    pub marks: Marks,
    /// Whether case and whitespace of signals are set aside for the cache.
    pub normalises: bool,
    /// How freely models speak, and how long.
    pub asking: Asking,
    /// Where it is written down what asking took.
    pub ledger: Ledger,
    /// Calls off what nobody waits for.
    pub stop: CancellationToken,
}

/// Asks questions. Its copies share everything.
#[derive(Clone)]
pub struct Asker(Arc<Inner>);

struct Inner {
    parts: AskerParts,
    /// Questions to versions that are tried out beside the one that is used.
    shadows: TaskTracker,
}

/// What a question is for, and what its answer looks like.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) task: &'static str,
    pub(super) alias: &'static str,
    pub(super) max_output_tokens: u32,
    pub(super) schema: Value,
    pub(super) sampling: Sampling,
}

/// What a template is filled with: for the model, and for the name of its answer.
pub(super) struct Filling<C> {
    pub(super) told: C,
    pub(super) named: C,
    /// Whoever gets which version, and whom the answer is about: the digest of a signal.
    pub(super) unit: String,
}

/// A question, ready to be asked.
pub(super) struct Prompt {
    pub(super) request: Request,
    /// What names the answer; without it the answer is found again by nobody.
    named_by: Option<Request>,
    /// The template, as `name@version#digest`.
    pub(super) template: String,
    /// Whom the answer is about.
    subject: String,
    /// The same question by other versions.
    shadows: Vec<(Request, String)>,
}

impl Asker {
    /// An asker of parts.
    #[must_use]
    pub fn new(parts: AskerParts) -> Self {
        Self(Arc::new(Inner {
            parts,
            shadows: TaskTracker::new(),
        }))
    }

    /// What it asks with.
    #[must_use]
    pub fn parts(&self) -> &AskerParts {
        &self.0.parts
    }

    /// Waits for the questions nobody waits for; they are called off by the token of the parts.
    pub async fn close(&self) {
        self.0.shadows.close();
        self.0.shadows.wait().await;
    }

    /// Makes a question of a template.
    pub(super) fn prompt<C: Context>(
        &self,
        filling: &Filling<C>,
        kind: &Kind,
        mode: Mode,
    ) -> Result<Prompt, Failure> {
        let parts = &self.0.parts;
        let set = parts.templates.set();
        let name = filling.told.template();
        let chosen = set.choose(name, &filling.unit);
        let Choice { template, shadows } = chosen.map_err(|error| unrendered(&error))?;
        let variables = filling.told.variables();
        let rendered = template.render(&variables, &parts.marks);
        let identity = &template.identity;
        telemetry::signals::template_rendered(&identity.name, &identity.version, rendered.is_ok());
        let rendered = rendered.map_err(|error| unrendered(&error))?;
        let naming = template.render(&filling.named.variables(), &Marks::known());
        let shadows = shadows.iter().filter_map(|shadow| {
            let rendered = shadow.render(&variables, &parts.marks).ok()?;
            let identity = rendered.identity.to_string();
            Some((request(rendered, kind, Mode::Off), identity))
        });
        Ok(Prompt {
            named_by: naming.ok().map(|naming| request(naming, kind, mode)),
            template: rendered.identity.to_string(),
            subject: filling.unit.clone(),
            shadows: shadows.collect(),
            request: request(rendered, kind, mode),
        })
    }

    fn question<'a>(
        &'a self,
        prompt: &'a Prompt,
        check: Option<&'a Check<'a>>,
        deltas: Option<&'a Deltas>,
    ) -> Question<'a> {
        let normaliser = if self.0.parts.normalises {
            "trim_lower"
        } else {
            "none"
        };
        Question {
            named_by: prompt.named_by.as_ref().map(|named| (named, normaliser)),
            subject: Some(&prompt.subject),
            options: Options {
                deltas,
                check,
                ..Options::default()
            },
            ..Question::new(&prompt.request)
        }
    }

    /// Asks, the cache first.
    pub(super) async fn ask(
        &self,
        prompt: &Prompt,
        check: &Check<'_>,
        deltas: Option<&Deltas>,
    ) -> Result<Answer, Failure> {
        let parts = &self.0.parts;
        let question = self.question(prompt, Some(check), deltas);
        // Called off by being dropped.
        let never = CancellationToken::new();
        match parts.cached.complete(&question, &never).await {
            Ok(completion) => {
                if !completion.attempts.is_empty() {
                    let task = &prompt.request.task;
                    let asked = Asked::answered(task, &prompt.template, &completion);
                    parts.ledger.asked(&asked);
                    self.try_out(prompt);
                }
                answer(&completion, &prompt.template)
            }
            Err(failed) => {
                self.note(prompt, &failed);
                Err(failure(&failed))
            }
        }
    }

    /// What the cache knows.
    pub(super) async fn lookup(&self, prompt: &Prompt) -> Option<Answer> {
        let question = self.question(prompt, None, None);
        let completion = self.0.parts.cached.lookup(&question).await?;
        answer(&completion, &prompt.template).ok()
    }

    /// Writes a failure down. Whoever only waited for one has no attempts.
    fn note(&self, prompt: &Prompt, failed: &Failed) {
        if failed.attempts.is_empty() {
            return;
        }
        self.0.parts.ledger.asked(&Asked {
            task: &prompt.request.task,
            template: &prompt.template,
            provider: &failed.failure.provider,
            model: &failed.failure.model,
            usage: &failed.usage,
            cost_usd: failed.cost_usd,
            took_ms: failed.latency.total_ms,
            code: Some(failed.failure.code),
        });
    }

    /// Asks by other versions too, for nobody but the ledger.
    fn try_out(&self, prompt: &Prompt) {
        for (request, template) in prompt.shadows.clone() {
            let asker = self.clone();
            self.0.shadows.spawn(async move {
                let parts = &asker.0.parts;
                let shadow = Prompt {
                    named_by: None,
                    shadows: Vec::new(),
                    subject: String::new(),
                    request,
                    template,
                };
                let client = parts.cached.client();
                let asked = client
                    .complete(&shadow.request, &parts.stop, Options::default())
                    .await;
                match asked {
                    Ok(completion) => {
                        let task = &shadow.request.task;
                        let asked = Asked::answered(task, &shadow.template, &completion);
                        parts.ledger.asked(&asked);
                    }
                    Err(failed) => asker.note(&shadow, &failed),
                }
            });
        }
    }
}

fn request(rendered: Rendered, kind: &Kind, mode: Mode) -> Request {
    let identity = rendered.identity;
    Request {
        system: rendered.system,
        messages: vec![Message::user(rendered.user)],
        output_schema: Some(kind.schema.clone()),
        sampling: kind.sampling,
        cache: CacheControl {
            mode,
            ..CacheControl::default()
        },
        template: Some(TemplateRef {
            name: identity.name,
            version: identity.version,
            sha256: identity.digest,
        }),
        ..Request::new(
            Uuid::now_v7(),
            kind.task,
            kind.alias,
            String::new(),
            kind.max_output_tokens,
        )
    }
}

fn unrendered(error: &TemplateError) -> Failure {
    Failure::new(Code::TemplateError, error.to_string())
}

/// An answer as the service has it.
pub(super) fn answer(completion: &Completion, template: &str) -> Result<Answer, Failure> {
    let raw = completion.json.clone().ok_or_else(|| {
        let message = "the answer is no JSON though it was to be";
        Failure::new(llm::error::Code::InvalidJson, message)
    })?;
    Ok(Answer {
        raw,
        llm: LlmFacts {
            model: completion.model_served.clone(),
            provider: completion.provider.clone(),
            cache: completion.cache.as_str().into(),
            template: template.into(),
            latency_ms: completion.latency.total_ms,
            cost_usd: completion.cost_usd,
            attempts: u32::try_from(completion.attempts.len()).unwrap_or(u32::MAX),
            trimmed_chars: 0,
        },
    })
}

/// A failure as the service has it.
pub(super) fn failure(failed: &Failed) -> Failure {
    Failure {
        attempts: u32::try_from(failed.attempts.len()).unwrap_or(u32::MAX),
        ..of_model(&failed.failure)
    }
}

/// The same of a single call.
pub(super) fn of_model(failure: &llm::error::Failure) -> Failure {
    Failure {
        retry_after: failure.retry_after,
        ..Failure::new(failure.code, failure.message.clone())
    }
}
