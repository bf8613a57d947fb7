//! One analysis: asked for, read, held against what was measured.

use crate::{Config, Parts, Said, compute};
use contracts::{ArtifactRef, VideoId, analysis::AnalysisName};
use llm::{
    Failed, Options, Question,
    answer::{self, Citable, Record},
    budget::Budget,
    completion::Completion,
    grounding::{Evidence, ground},
    request::{CacheControl, Message, Request, Sampling, TemplateRef, Trace},
};
use prompts::{AnalysisContext, Rendered, TemplateError, framing::Marks};
use serde_json::Value;
use stage::{StageContext, StageError};

/// What was done to a prompt for the name of its answer: its marks are known ones.
const KNOWN_MARKS: &str = "known_marks";

/// What all questions about one video share.
pub(crate) struct Asker<'a> {
    pub config: &'a Config,
    pub parts: &'a Parts,
    pub budget: Budget,
    pub unified: &'a Value,
    pub video: &'a VideoId,
    pub duration_s: f64,
    pub context: &'a StageContext,
}

impl Asker<'_> {
    /// Asks, reads and checks. What goes wrong with a model is in the record.
    ///
    /// # Errors
    /// What keeps the metrics from being read.
    pub async fn ask(
        &self,
        analysis: AnalysisName,
        metrics: ArtifactRef,
    ) -> Result<Said, StageError> {
        let metrics: Value = self.context.load_json(&metrics).await?;
        let source = compute::source(self.config.commentator);
        let record = Record::new(analysis, source, self.now());
        Ok(
            match compute::alias(self.config, compute::coverage(&metrics)) {
                Some(alias) => self.say(record, analysis, alias, metrics).await,
                None => Said::alone(measured(record, metrics)),
            },
        )
    }

    async fn say(
        &self,
        record: Record,
        analysis: AnalysisName,
        alias: &'static str,
        metrics: Value,
    ) -> Said {
        let evidence = Evidence::of_unified(analysis, self.unified, &metrics);
        let context = AnalysisContext {
            analysis,
            precomputed_metrics: metrics,
            video_duration: self.duration_s,
            video_id: self.video.clone(),
            evidence: evidence.for_prompt(),
        };
        let [rendered, known] = match self.rendered(&context) {
            Ok(rendered) => rendered,
            Err(error) => return Said::alone(record.failed(stage::chain(&error))),
        };
        let record = Record {
            template: Some(rendered.identity.to_string()),
            ..record
        };
        let request = self.request(analysis, alias, &evidence, rendered);
        let name = Request {
            system: known.system,
            messages: vec![Message::user(known.user)],
            ..request.clone()
        };
        let check = move |answer: &Value| answer::check(analysis, answer);
        let question = Question {
            named_by: Some((&name, KNOWN_MARKS)),
            options: Options {
                budget: Some(&self.budget),
                check: Some(&check),
                ..Options::default()
            },
            subject: Some(self.video.as_str()),
            ..Question::new(&request)
        };
        match self
            .parts
            .models
            .complete(&question, &self.context.cancel)
            .await
        {
            Ok(completion) => Said {
                cache: Some(completion.cache),
                record: self.read(record, analysis, &completion, &evidence),
                failure: None,
            },
            Err(failed) => self.unanswered(record, analysis, &failed, &evidence),
        }
    }

    /// The prompt as it is sent, and with marks that are the same in every process.
    fn rendered(&self, context: &AnalysisContext) -> Result<[Rendered; 2], TemplateError> {
        let templates = self.parts.templates.set();
        let unit = self.video.as_str();
        Ok([
            templates.render(context, unit, &self.parts.marks)?,
            templates.render(context, unit, &Marks::known())?,
        ])
    }

    fn request(
        &self,
        analysis: AnalysisName,
        alias: &'static str,
        evidence: &Evidence,
        rendered: Rendered,
    ) -> Request {
        let ids = evidence.ids();
        let citable = if ids.is_empty() {
            Citable::Any
        } else {
            Citable::Among(&ids)
        };
        Request {
            request_id: compute::request_id(&self.context.job, analysis),
            task: format!("video.{}", analysis.name),
            alias: alias.into(),
            system: rendered.system,
            messages: vec![Message::user(rendered.user)],
            max_output_tokens: self.config.max_output_tokens,
            output_schema: answer::schema(analysis, citable),
            sampling: Sampling {
                temperature: Some(0.0),
                ..Sampling::default()
            },
            stop: Vec::new(),
            deadline_ms: None,
            cache: CacheControl::default(),
            prompt_cache: None,
            effort: None,
            template: Some(TemplateRef {
                name: rendered.identity.name,
                version: rendered.identity.version,
                sha256: rendered.identity.digest,
            }),
            trace: Trace::default(),
        }
    }

    fn read(
        &self,
        record: Record,
        analysis: AnalysisName,
        completion: &Completion,
        evidence: &Evidence,
    ) -> Record {
        let record = Record {
            processing_time: Some(completion.latency.seconds()),
            tokens_used: Some(completion.usage.total()),
            estimated_cost: completion.cost_usd,
            retry_attempts: retries(completion.attempts.len()),
            model: Some(completion.model_served.clone()),
            timestamp: self.now(),
            ..record
        };
        checked(record, analysis, completion.text.clone(), evidence)
    }

    /// A question that no model answered as it was to: what the last one said may still do as text
    /// below headings.
    fn unanswered(
        &self,
        record: Record,
        analysis: AnalysisName,
        failed: &Failed,
        evidence: &Evidence,
    ) -> Said {
        let was_asked = !failed.attempts.is_empty();
        let record = Record {
            processing_time: was_asked.then(|| failed.latency.seconds()),
            tokens_used: was_asked.then(|| failed.usage.total()),
            estimated_cost: failed.cost_usd.filter(|_| was_asked),
            retry_attempts: retries(failed.attempts.len()),
            timestamp: self.now(),
            ..record
        };
        let reason = failed.failure.to_string();
        let record = match &failed.said {
            Some(said) => {
                let read = checked(record, analysis, said.clone(), evidence);
                if read.success {
                    read
                } else {
                    read.failed(reason)
                }
            }
            None => record.failed(reason),
        };
        Said {
            failure: (!record.success).then(|| failed.failure.clone()),
            record,
            cache: None,
        }
    }

    fn now(&self) -> String {
        answer::timestamp(self.context.clock.now())
    }
}

/// What was measured, as it is.
fn measured(record: Record, metrics: Value) -> Record {
    match metrics {
        Value::Object(blocks) => record.succeeded(blocks),
        _ => record.failed("the analysis has no blocks".into()),
    }
}

/// Reads what a model said and drops what does not hold.
fn checked(record: Record, analysis: AnalysisName, said: String, evidence: &Evidence) -> Record {
    let read = record.answered(said.clone(), answer::validate(analysis, &said));
    match &read.parsed_response {
        Some(blocks) => {
            let (blocks, grounding) = ground(blocks, evidence);
            read.grounded(blocks, grounding)
        }
        None => read,
    }
}

fn retries(attempts: usize) -> u32 {
    u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX)
}
