//! What models, cache, templates and batches did so far, in one object for people.

use crate::{
    ports::{HealthState, ProviderHealth, Snapshot},
    service::Service,
    store::Moment,
};
use axum::{Json, extract::State};
use serde_json::{Value, json};

/// A share of a whole in percent, with two decimals; nothing of nothing is unknown.
fn percent(part: u64, whole: u64) -> Option<f64> {
    if whole == 0 {
        return None;
    }
    #[allow(clippy::cast_precision_loss, reason = "for people, with two decimals")]
    let share = part as f64 / whole as f64;
    Some((share * 10_000.0).round() / 100.0)
}

/// Health, with the keys that older readers know.
pub(super) fn health(of: &ProviderHealth) -> Value {
    let checks = of.success_count + of.error_count;
    let healthy = match of.state {
        HealthState::Unknown => None,
        HealthState::Healthy | HealthState::Degraded => Some(true),
        HealthState::Unhealthy => Some(false),
    };
    json!({
        "is_healthy": healthy,
        "state": of.state,
        "last_check": of.last_check_s.map(Moment),
        "last_latency_ms": of.last_latency_ms,
        "success_count": of.success_count,
        "error_count": of.error_count,
        "success_rate_percent": percent(of.success_count, checks),
        "total_checks": checks,
    })
}

fn ollama(service: &Service, snapshot: &Snapshot) -> Value {
    let counts = service.counters.counts();
    let model = |name: &str| snapshot.ollama.models.get(name).cloned();
    let embeds = service.settings.enable_embeddings;
    let embedder = service.embedder.as_ref().filter(|_| embeds);
    let embedding_model = embedder.map(|embedder| embedder.model());
    json!({
        "model_1b": model("1b"),
        "model_4b": model("4b"),
        "embedding_model": embedding_model.or_else(|| model("embedding")),
        "classification_count": counts.classifications,
        "dossier_count": counts.dossiers,
        "embedding_count": counts.embeddings,
        "cache_enabled": snapshot.cache.enabled,
        "health": health(&snapshot.ollama),
    })
}

fn claude(snapshot: &Snapshot) -> Value {
    let spent = &snapshot.spent;
    json!({
        "models": snapshot.claude.models,
        "requests": spent.requests,
        "tokens": {
            "input": spent.input_tokens,
            "output": spent.output_tokens,
            "cache_read": spent.cache_read_tokens,
            "cache_write": spent.cache_write_tokens,
        },
        "cost_usd": spent.cost_usd,
        "health": health(&snapshot.claude),
    })
}

fn cache(snapshot: &Snapshot) -> Value {
    let cache = &snapshot.cache;
    let total = cache.hits + cache.misses;
    json!({
        "backend": cache.backend,
        "hits": cache.hits,
        "misses": cache.misses,
        "total_requests": total,
        "hit_rate_percent": percent(cache.hits, total),
        "cache_size": cache.cache_size,
        "max_size": cache.max_size,
        "ttl_seconds": cache.ttl_seconds,
        "l1_hits": cache.l1_hits,
        "l2_hits": cache.l2_hits,
        "coalesced": cache.coalesced,
        "saved_usd": cache.saved_usd,
    })
}

pub(super) async fn metrics(State(service): State<Service>) -> Json<Value> {
    let snapshot = service.admin.snapshot();
    let counts = service.counters.counts();
    let limit = service.settings.llm_max_concurrency;
    Json(json!({
        "ollama": ollama(&service, &snapshot),
        "claude": claude(&snapshot),
        "cache": cache(&snapshot),
        "templates": {
            "generation": snapshot.templates.generation,
            "count": snapshot.templates.templates.len(),
            "variants": snapshot.variants,
            "report": service.ledger.variants(),
        },
        "batch": {
            "in_flight": counts.in_flight,
            "asking": limit.saturating_sub(service.gate.available_permits()),
            "filtered_total": counts.filtered,
        },
        "errors": counts.errors,
    }))
}
