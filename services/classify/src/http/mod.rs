//! What is answered over HTTP.

mod access;
mod admin;
mod batch;
mod body;
mod cors;
mod costs;
mod day_batch;
mod error;
mod health;
mod icps;
mod leads;
mod metrics;
mod signal;
mod stream;
mod tools;

use crate::service::Service;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, patch, post},
};

/// Most bytes of a request.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Every route.
pub(crate) fn router(service: &Service) -> Router {
    Router::new()
        .route("/", get(health::root))
        .route("/health", get(health::health))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::prometheus))
        .merge(classify())
        .merge(leads())
        .merge(tools(service))
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(
            service.clone(),
            access::until_late,
        ))
        .layer(middleware::from_fn_with_state(
            service.clone(),
            access::check,
        ))
        .layer(middleware::from_fn(error::with_request_id))
        .layer(middleware::from_fn_with_state(service.clone(), cors::tell))
        .with_state(service.clone())
}

fn classify() -> Router<Service> {
    Router::new()
        .route("/api/classify/signal", post(signal::classify))
        .route("/api/classify/signal/batch", post(batch::classify))
        .route("/api/classify/signal/stream", post(stream::classify))
        .route("/api/classify/metrics", get(metrics::metrics))
        .route("/api/classify/cache/clear", post(admin::clear_cache))
        .route("/api/classify/templates", get(admin::templates))
        .route("/api/classify/templates/reload", post(admin::reload))
        .route("/api/classify/templates/{name}", get(admin::template))
        .route("/api/classify/templates/{name}/render", post(admin::render))
        .route("/api/llm/models", get(admin::models))
        .route("/api/llm/config", get(admin::config))
        .route("/api/llm/costs", get(costs::costs))
        .route("/api/llm/batches", post(day_batch::hand_in))
        .route("/api/llm/batches/{id}", get(day_batch::look))
        .route("/api/jobs/{id}", get(batch::job))
}

fn leads() -> Router<Service> {
    Router::new()
        .route("/api/icp/", post(icps::create).get(icps::list))
        .route("/api/icp", post(icps::create).get(icps::list))
        .route(
            "/api/icp/{id}",
            get(icps::one).put(icps::update).delete(icps::delete),
        )
        .route("/api/icp/templates/{name}", post(icps::preset))
        .route("/api/leads/", get(leads::list))
        .route("/api/leads", get(leads::list))
        .route(
            "/api/leads/score-distribution/bucket-counts",
            get(leads::bucket_counts),
        )
        .route("/api/leads/{id}", get(leads::one).delete(leads::delete))
        .route("/api/leads/{id}/status", patch(leads::status))
        .route("/api/leads/{id}/notes", patch(leads::notes))
        .route(
            "/api/leads/{id}/dossier",
            get(leads::dossier).post(leads::renew_dossier),
        )
}

/// Routes that exist only where somebody wants them.
fn tools(service: &Service) -> Router<Service> {
    if !service.settings.enable_lead_tools {
        return Router::new();
    }
    Router::new()
        .route(
            "/api/classify/funding-events",
            post(tools::add_funding).get(tools::funding),
        )
        .route(
            "/api/classify/leads/{id}/override-score",
            post(tools::override_score),
        )
        .route(
            "/api/classify/leads/{id}/score-history",
            get(tools::score_history),
        )
        .route("/api/classify/leads/auto-park", post(tools::auto_park))
}
