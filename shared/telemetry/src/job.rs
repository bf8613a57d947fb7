//! The job a span belongs to, kept where log lines and child spans find it.

use crate::attribute;
use std::fmt;
use tracing::{
    Span, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::Context,
    registry::{LookupSpan, Scope},
};

struct JobOf(String);

/// Remembers the field `job.id` of spans.
pub(crate) struct JobLayer;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JobLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = JobVisitor(None);
        attributes.record(&mut found);
        if let (Some(job), Some(span)) = (found.0, context.span(id)) {
            span.extensions_mut().insert(JobOf(job));
        }
    }
}

struct JobVisitor(Option<String>);

impl Visit for JobVisitor {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == attribute::JOB_ID {
            self.0 = Some(format!("{value:?}"));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == attribute::JOB_ID {
            self.0 = Some(value.into());
        }
    }
}

/// The job of the innermost span that names one.
pub(crate) fn job_of<'a, R: LookupSpan<'a>>(mut scope: Scope<'a, R>) -> Option<String> {
    scope.find_map(|span| span.extensions().get::<JobOf>().map(|job| job.0.clone()))
}

/// The job of the current span.
pub(crate) fn current_job() -> Option<String> {
    Span::current()
        .with_subscriber(|(id, subscriber)| {
            let registry = subscriber.downcast_ref::<Registry>()?;
            job_of(registry.span(id)?.scope())
        })
        .flatten()
}
