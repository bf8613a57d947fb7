//! What a long computation off the runtime's threads finds around it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use contracts::StageName;
use testkit::Bench;
use tracing::{Instrument, Span};
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::test]
async fn it_goes_on_in_the_span_it_was_started_in() {
    tracing_subscriber::registry().init();
    let context = Bench::default().context(StageName::Detect);
    let span = tracing::info_span!("stage");
    let here = std::thread::current().id();

    let work = || Ok((Span::current().id(), std::thread::current().id()));
    let found = context.blocking(work).instrument(span.clone()).await;

    let (found, there) = found.unwrap();
    assert!(span.id().is_some());
    assert_eq!(found, span.id());
    assert_ne!(here, there);
}
