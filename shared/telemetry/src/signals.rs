//! What happens to signals, as one value per kind of event. Nothing here holds what a signal says.

use crate::metric;
use metrics::{counter, gauge, histogram};
use std::time::Duration;
use tracing::{info, warn};

fn ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// A signal was classified.
#[derive(Debug, Clone, Copy)]
pub struct SignalClassified {
    /// Where it comes from, one of few fixed words.
    pub source_type: &'static str,
    /// Its bucket, one of few fixed words.
    pub bucket: &'static str,
    /// Its total.
    pub total: f64,
    /// How long the answer took.
    pub took: Duration,
}

impl SignalClassified {
    /// Says so.
    pub fn emit(self) {
        let Self {
            source_type,
            bucket,
            total,
            took,
        } = self;
        info!(
            source_type,
            bucket,
            total,
            took_ms = ms(took),
            "signal classified"
        );
        counter!(metric::SIGNALS, "source_type" => source_type, "bucket" => bucket).increment(1);
        histogram!(metric::SIGNAL_SCORE).record(total);
    }
}

/// A batch of signals is over.
#[derive(Debug, Clone, Copy)]
pub struct BatchEnded {
    /// Items.
    pub items: usize,
    /// Leads that were stored.
    pub created_leads: usize,
    /// Items that were sorted out.
    pub filtered: usize,
    /// Items that could not be classified.
    pub errors: usize,
    /// Items for which a model was asked.
    pub model_calls: u64,
    /// How long it took.
    pub took: Duration,
}

impl BatchEnded {
    /// Says so.
    pub fn emit(self) {
        let Self {
            items,
            created_leads,
            filtered,
            errors,
            model_calls,
            took,
        } = self;
        let took_ms = ms(took);
        info!(
            items,
            created_leads, filtered, errors, model_calls, took_ms, "batch ended"
        );
        let items = u32::try_from(items).unwrap_or(u32::MAX);
        histogram!(metric::BATCH_SIZE).record(f64::from(items));
    }
}

/// An item of a batch is over; both are one of few fixed words.
pub fn item_ended(status: &'static str, filtered_by: &'static str) {
    counter!(metric::BATCH_ITEMS, "status" => status, "filtered_by" => filtered_by).increment(1);
}

/// The items of a batch are through a stage, one of few fixed words.
pub fn stage_ended(stage: &'static str, took: Duration) {
    histogram!(metric::BATCH_STAGE_DURATION, "stage" => stage).record(took);
}

/// An attempt to write a dossier is over.
#[derive(Debug, Clone, Copy)]
pub struct DossierEnded {
    /// Of which lead.
    pub lead_id: i64,
    /// `done`, `again` or `failed`.
    pub status: &'static str,
    /// Why it was not written, one of few fixed words.
    pub reason: Option<&'static str>,
}

impl DossierEnded {
    /// Says so.
    pub fn emit(self) {
        let Self {
            lead_id,
            status,
            reason,
        } = self;
        match reason {
            None => info!(lead_id, status, "dossier ended"),
            Some(reason) => warn!(lead_id, status, reason, "dossier ended"),
        }
        counter!(metric::DOSSIERS, "status" => status).increment(1);
    }
}

/// A text was given a direction.
pub fn embedded(took: Duration) {
    histogram!(metric::EMBEDDING_DURATION).record(took);
}

/// A signal was compared with descriptions; the cosine of the nearest one.
pub fn compared(similarity: f64) {
    histogram!(metric::EMBEDDING_SIMILARITY).record(similarity);
}

/// A prompt was made of a template, or was not. Names and versions are those of loaded templates.
pub fn template_rendered(name: &str, version: &str, ok: bool) {
    let result = if ok { "ok" } else { "failed" };
    counter!(
        metric::TEMPLATE_RENDERS,
        "name" => name.to_owned(), "version" => version.to_owned(), "result" => result
    )
    .increment(1);
}

/// Somebody asked for templates to be read anew; `result` is one of few fixed words.
pub fn templates_reloaded(result: &'static str) {
    counter!(metric::TEMPLATE_RELOADS, "result" => result).increment(1);
}

/// The set of templates that is in use.
pub fn templates_in_use(generation: u64, versions: usize) {
    #[allow(clippy::cast_precision_loss, reason = "small numbers, for a metric")]
    gauge!(metric::TEMPLATES_GENERATION).set(generation as f64);
    let versions = u32::try_from(versions).unwrap_or(u32::MAX);
    gauge!(metric::TEMPLATES_LOADED).set(f64::from(versions));
}
