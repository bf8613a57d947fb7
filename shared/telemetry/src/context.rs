//! The trace context that travels with messages: W3C `traceparent`, version 00.
//!
//! What comes in is text from outside. A value that is not a trace context is as good as none.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The context of the current span as `traceparent`; `None` outside of spans.
#[must_use]
pub fn current_traceparent() -> Option<String> {
    traceparent(&Span::current())
}

/// The context of `span` as `traceparent`; `None` if nobody records it.
#[must_use]
pub fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let found = span.span_context();
    found.is_valid().then(|| {
        let flags = found.trace_flags().to_u8();
        format!("00-{}-{}-{flags:02x}", found.trace_id(), found.span_id())
    })
}

/// The id of the current trace, as 32 hexadecimal digits; `None` outside of spans.
#[must_use]
pub fn trace_id() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let found = span.span_context();
    found.is_valid().then(|| found.trace_id().to_string())
}

/// Makes `span` continue the trace of `traceparent`. To be called before the span is entered.
/// A text that is no trace context changes nothing.
pub fn set_parent(span: &Span, traceparent: &str) {
    if let Some(parent) = parse(traceparent) {
        // Fails only where nobody records the span.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// Links `span` to the span of `traceparent`. A text that is no trace context changes nothing.
pub fn add_link(span: &Span, traceparent: &str) {
    if let Some(linked) = parse(traceparent) {
        span.add_link(linked);
    }
}

/// Reads a `traceparent` of version 00; `None` if it is none.
pub(crate) fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let fits = |part: &str, length: usize| {
        part.len() == length
            && part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let whole = version == "00" && fits(trace, 32) && fits(span, 16) && fits(flags, 2);
    if !whole || parts.next().is_some() {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).ok()? & 1;
    let found = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(sampled),
        true,
        TraceState::default(),
    );
    found.is_valid().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_context_is_read() {
        let found = parse(GOOD).unwrap();
        assert_eq!(
            found.trace_id().to_string(),
            "4bf92f3577b34da6a3ce929d0e0e4736"
        );
        assert_eq!(found.span_id().to_string(), "00f067aa0ba902b7");
        assert!(found.is_sampled() && found.is_remote());
    }

    #[test]
    fn what_is_no_trace_context_is_none() {
        let zero_trace = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
        let zero_span = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16));
        let upper = GOOD.to_uppercase();
        let longer = format!("{GOOD}-x");
        let other = GOOD.replacen("00", "01", 1);
        let plus = GOOD.replace("-01", "-+1");
        for text in [
            "",
            "00",
            &zero_trace,
            &zero_span,
            &upper,
            &longer,
            &other,
            &plus,
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_ignored(text in "\\PC{0,80}") {
            let span = tracing::info_span!("any");
            set_parent(&span, &text);
            add_link(&span, &text);
            prop_assert!(parse(&text).is_none());
        }

        #[test]
        fn a_good_one_with_one_byte_changed_is_read_as_written_or_not_at_all(
            at in 0_usize..55, byte in 0_u8..128,
        ) {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            if let Some(found) = parse(&text) {
                let written = format!("00-{}-{}-", found.trace_id(), found.span_id());
                prop_assert!(text.starts_with(&written));
            }
        }
    }
}
