//! Whether the service lives, takes requests, and is well. Nothing is claimed that was not asked.

use super::metrics;
use crate::{
    ports::{HealthState, ProviderHealth},
    service::Service,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) async fn root() -> Json<Value> {
    Json(json!({"status": "ok", "service": "rumiai-classify", "version": VERSION}))
}

pub(super) async fn live() -> StatusCode {
    StatusCode::OK
}

pub(super) async fn ready(State(service): State<Service>) -> StatusCode {
    let serving = service.serving.load(Ordering::SeqCst);
    if serving && service.admin.is_ready() && service.store.ping().await.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

pub(super) async fn prometheus(State(service): State<Service>) -> Response {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, (service.metrics)()).into_response()
}

/// One word for a provider, as older readers know it.
fn word(provider: &ProviderHealth) -> &'static str {
    match (provider.is_configured, provider.state) {
        (false, _) => "off",
        (true, HealthState::Healthy) => "ok",
        (true, HealthState::Degraded) => "degraded",
        (true, HealthState::Unhealthy) => "unhealthy",
        (true, HealthState::Unknown) => "unknown",
    }
}

/// Without its database the service can do nothing; without its models it can still tell what it
/// knows.
fn overall(database: bool, providers: &[&ProviderHealth], cache_degraded: bool) -> &'static str {
    if !database {
        return "unhealthy";
    }
    let used: Vec<&str> = providers
        .iter()
        .map(|one| word(one))
        .filter(|word| *word != "off")
        .collect();
    let none_left = !used.is_empty() && used.iter().all(|word| *word == "unhealthy");
    if none_left {
        "unhealthy"
    } else if cache_degraded || used.iter().any(|word| *word != "ok") {
        "degraded"
    } else {
        "ok"
    }
}

pub(super) async fn health(State(service): State<Service>) -> Response {
    let snapshot = service.admin.snapshot();
    let database = service.store.ping().await.is_ok();
    let cache = &snapshot.cache;
    let status = overall(
        database,
        &[&snapshot.ollama, &snapshot.claude],
        cache.degraded,
    );
    let settings = &service.settings;
    let cache_status = match (cache.enabled, cache.degraded) {
        (false, _) => "off",
        (true, true) => "degraded",
        (true, false) => "ok",
    };
    let prompts_status = if snapshot.templates.errors.is_empty() {
        "ok"
    } else {
        "degraded"
    };
    let body = json!({
        "api": "ok",
        "database": if database { "ok" } else { "unreachable" },
        "ollama": {
            "status": word(&snapshot.ollama),
            "models": snapshot.ollama.models,
            "health_monitoring": settings.enable_health_monitoring,
            "health_stats": metrics::health(&snapshot.ollama),
        },
        "claude": {
            "status": word(&snapshot.claude),
            "breaker": snapshot.claude.breaker,
            "reason": snapshot.claude.reason,
        },
        "cache": {"status": cache_status, "backend": cache.backend, "enabled": cache.enabled},
        "prompts": {
            "status": prompts_status,
            "custom_enabled": snapshot.custom_templates,
            "template_count": snapshot.templates.templates.len(),
            "generation": snapshot.templates.generation,
        },
        "features": {
            "embeddings": settings.enable_embeddings,
            "streaming": settings.enable_streaming,
            "batch_parallel": settings.batch_enable_parallel,
            "health_monitoring": settings.enable_health_monitoring,
        },
        "status": status,
        "version": VERSION,
        "uptime_s": service.clock.monotonic().saturating_sub(service.started).as_secs(),
    });
    let code = if status == "unhealthy" {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    (code, Json(body)).into_response()
}
