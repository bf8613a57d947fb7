//! Many signals at once, now or later.

use super::{
    body::{Body, Name, Params},
    error::ApiError,
};
use crate::{compute::filter::SignalInput, service::Service, store::JobRecord};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use llm::error::Code;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// When to ask again if too many jobs wait.
const JOBS_RETRY_AFTER: Duration = Duration::from_secs(30);

/// What is wanted of a whole batch.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// What is wanted of the cache, for items that do not say.
    cache: Option<String>,
    /// Whether nothing is to be stored.
    dry_run: bool,
}

/// Signals and what is wanted of all of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    signals: Vec<SignalInput>,
    #[serde(default)]
    options: Options,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct When {
    #[serde(default, rename = "async")]
    later: bool,
}

/// Both forms of a batch: the list alone, or with what is wanted of all of it.
fn inputs(body: Value, most: usize) -> Result<Vec<SignalInput>, ApiError> {
    let misfit = |error: serde_json::Error| {
        ApiError::invalid(format!(
            "the body is neither a list of signals nor an object with `signals`: {error}"
        ))
    };
    let mut wrapped = if body.is_array() {
        Wrapped {
            signals: serde_json::from_value(body).map_err(misfit)?,
            options: Options::default(),
        }
    } else {
        serde_json::from_value(body).map_err(misfit)?
    };
    if wrapped.signals.len() > most {
        let message = format!("the batch has more than {most} signals; send less at once");
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TooLarge",
            message,
        ));
    }
    for signal in &mut wrapped.signals {
        signal.dry_run |= wrapped.options.dry_run;
        signal.cache = signal
            .cache
            .take()
            .or_else(|| wrapped.options.cache.clone());
    }
    Ok(wrapped.signals)
}

pub(super) async fn classify(
    State(service): State<Service>,
    Params(when): Params<When>,
    Body(body): Body<Value>,
) -> Result<Response, ApiError> {
    let inputs = inputs(body, service.settings.batch_max_items)?;
    if when.later {
        return queue(&service, &inputs).await;
    }
    let concurrency = service.settings.batch_width();
    tracing::info!(
        "processing {} signals in parallel (concurrency={concurrency})",
        inputs.len()
    );
    let report = service.run_batch(&inputs).await?;
    Ok(Json(report).into_response())
}

async fn queue(service: &Service, inputs: &[SignalInput]) -> Result<Response, ApiError> {
    let request = serde_json::to_string(inputs)
        .map_err(|error| ApiError::invalid(format!("the batch cannot be kept: {error}")))?;
    let id = Uuid::now_v7().to_string();
    let most = i64::from(service.settings.jobs_max_waiting);
    if !service.store.queue_job(&id, &request, most).await? {
        let message = format!("{most} batches wait already; try again later");
        let error = ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Code::Overloaded.as_str(),
            message,
        );
        return Err(error.retry_after(JOBS_RETRY_AFTER));
    }
    service.jobs_wanted.notify_one();
    let location = format!("/api/jobs/{id}");
    let body = json!({"job_id": id, "status": "queued", "count": inputs.len(), "url": location});
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(body)).into_response())
}

pub(super) async fn job(
    State(service): State<Service>,
    Name(id): Name,
) -> Result<Json<JobRecord>, ApiError> {
    Ok(Json(service.store.job(&id).await?))
}
