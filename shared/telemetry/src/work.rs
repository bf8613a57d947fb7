//! Spans of the work itself: stages, batches of models, artifacts.

use crate::{attribute, context, job::current_job};
use contracts::{ArtifactKey, JobId, StageName};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of one attempt of a stage, `stage <stage>`: a child of the current span.
#[must_use]
pub fn stage_span(stage: StageName, job: &JobId, attempt: u32) -> Span {
    let name = format!("stage {stage}");
    let span = tracing::info_span!("stage", otel.name = name.as_str(), job.id = %job);
    span.set_attribute(attribute::STAGE, stage.as_str());
    span.set_attribute(attribute::ATTEMPT, i64::from(attempt));
    span
}

/// The span of one batch shown to a model, `infer <model>`: a child of the current span, and
/// linked to it, as a batch of several jobs would be to each of them.
#[must_use]
pub fn infer_span(model: &str, provider: &str, batch_size: usize) -> Span {
    let origin = context::current_traceparent();
    let name = format!("infer {model}");
    let span = tracing::info_span!("infer", otel.name = name.as_str());
    of_current_job(&span);
    span.set_attribute(attribute::MODEL_NAME, model.to_owned());
    span.set_attribute(attribute::MODEL_PROVIDER, provider.to_owned());
    let size = i64::try_from(batch_size).unwrap_or(i64::MAX);
    span.set_attribute(attribute::MODEL_BATCH_SIZE, size);
    if let Some(origin) = origin {
        context::add_link(&span, &origin);
    }
    span
}

/// The span of one time a language model is asked, `ask <model>`: a child of the span that
/// `traceparent` names, which is the caller's, or else of the current one.
#[must_use]
pub fn ask_span(provider: &'static str, model: &str, attempt: u32, caller: Option<&str>) -> Span {
    let name = format!("ask {model}");
    let span = tracing::info_span!("ask", otel.name = name.as_str(), otel.kind = "client");
    if let Some(caller) = caller {
        context::set_parent(&span, caller);
    }
    of_current_job(&span);
    span.set_attribute(attribute::MODEL_NAME, model.to_owned());
    span.set_attribute(attribute::MODEL_PROVIDER, provider);
    span.set_attribute(attribute::ATTEMPT, i64::from(attempt));
    span
}

/// Notes on a span what the provider calls the request, if it said so.
pub fn named_by_provider(span: &Span, request_id: Option<&str>) {
    let id = request_id.unwrap_or_default().to_owned();
    span.set_attribute(attribute::PROVIDER_REQUEST_ID, id);
}

/// The span of one operation on the store, `<operation> artifact`: a child of the current span.
#[must_use]
pub fn artifact_span(operation: &'static str, prefix: &str) -> Span {
    let name = format!("{operation} artifact");
    let span = tracing::info_span!("artifact", otel.name = name.as_str(), otel.kind = "client");
    of_current_job(&span);
    span.set_attribute(attribute::ARTIFACT_PREFIX, prefix.to_owned());
    span
}

fn of_current_job(span: &Span) {
    if let Some(job) = current_job() {
        span.set_attribute(attribute::JOB_ID, job);
    }
}

/// Notes on a span how many bytes were moved.
pub fn moved(span: &Span, bytes: u64) {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    span.set_attribute(attribute::ARTIFACT_BYTES, bytes);
}

/// What of a key may be told: `jobs/<job>/<stage>` or `media/<digest>`, never the file's name.
#[must_use]
pub fn prefix_of(key: &ArtifactKey) -> &str {
    let key = key.as_str();
    let depth = if key.starts_with("jobs/") { 3 } else { 2 };
    let segments = key.match_indices('/').map(|(at, _)| at);
    let end = segments.take(depth).last();
    end.and_then(|end| key.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_names_no_file() {
        let prefix = |key: &str| prefix_of(&ArtifactKey::new(key).unwrap()).to_owned();
        assert_eq!(prefix("jobs/j1/detect/objects.json"), "jobs/j1/detect");
        assert_eq!(prefix("jobs/j1/detect/deep/er.json"), "jobs/j1/detect");
        assert_eq!(prefix("media/abc/decoded@1/frames.bin"), "media/abc");
        assert_eq!(prefix("media/abc"), "media");
        assert_eq!(prefix("alone"), "");
    }
}
