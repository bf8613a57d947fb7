//! Log lines: what happened, and which trace and job it belongs to.

use crate::{attribute, config::LogFormat, job::job_of};
use opentelemetry::{Context, trace::TraceContextExt};
use std::fmt;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Json, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// Field of a log line with the id of its trace.
pub(crate) const TRACE_ID: &str = "trace_id";

/// Writes one event as one line.
pub(crate) struct Lines {
    format: LogFormat,
    json: Format<Json>,
}

impl Lines {
    pub(crate) fn new(format: LogFormat) -> Self {
        let json = Format::default().json();
        let json = json.with_current_span(false).with_span_list(false);
        Self { format, json }
    }
}

/// Where a line belongs.
struct Place {
    trace: Option<String>,
    job: Option<String>,
}

impl Place {
    fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let trace = self.trace.as_deref().map(|trace| (TRACE_ID, trace));
        let job = self.job.as_deref().map(|job| (attribute::JOB_ID, job));
        trace.into_iter().chain(job)
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // Entering a span makes its context the current one.
        let current = Context::current();
        let span = current.span();
        let found = span.span_context();
        let place = Place {
            trace: found.is_valid().then(|| found.trace_id().to_string()),
            job: context.event_scope().and_then(job_of),
        };
        match self.format {
            LogFormat::Json => self.object(context, writer, event, &place),
            LogFormat::Text { ansi } => text(context, writer, event, &place, ansi),
        }
    }
}

impl Lines {
    fn object<S, N>(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
        place: &Place,
    ) -> fmt::Result
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        N: for<'a> FormatFields<'a> + 'static,
    {
        let mut line = String::new();
        self.json
            .format_event(context, Writer::new(&mut line), event)?;
        let body = line.trim_end();
        let body = body.strip_suffix('}').unwrap_or(body);
        writer.write_str(body)?;
        for (name, value) in place.fields() {
            write!(writer, ",\"{name}\":{}", serde_json::Value::from(value))?;
        }
        writeln!(writer, "}}")
    }
}

fn text<S, N>(
    context: &FmtContext<'_, S, N>,
    mut writer: Writer<'_>,
    event: &Event<'_>,
    place: &Place,
    ansi: bool,
) -> fmt::Result
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    let (dim, plain) = if ansi {
        ("\u{1b}[2m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    let level = *event.metadata().level();
    let colour = if ansi { colour_of(level) } else { "" };
    write!(writer, "{dim}")?;
    SystemTime.format_time(&mut writer)?;
    write!(writer, "{plain} {colour}{level:>5}{plain} ")?;
    context.format_fields(writer.by_ref(), event)?;
    for (name, value) in place.fields() {
        write!(writer, " {dim}{name}={value}{plain}")?;
    }
    writeln!(writer)
}

const fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}
