//! Signals that are handed in for a day, at half the price.

use super::{
    body::{Body, Name},
    error::ApiError,
};
use crate::{compute::filter::SignalInput, day_batch::Standing, ports::Batches, service::Service};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signals {
    signals: Vec<SignalInput>,
}

fn batches(service: &Service) -> Result<&Arc<dyn Batches>, ApiError> {
    service.batches.as_ref().ok_or_else(|| {
        let message =
            "batches are off; set CLAUDE_BATCH_MODE=on and CLAUDE_API_KEY, then start anew";
        ApiError::new(StatusCode::CONFLICT, "BatchModeOff", message)
    })
}

pub(super) async fn hand_in(
    State(service): State<Service>,
    Body(Signals { signals }): Body<Signals>,
) -> Result<Response, ApiError> {
    let batches = batches(&service)?;
    let most = service.settings.batch_max_items;
    if signals.is_empty() {
        return Err(ApiError::invalid(
            "`signals` is empty; hand in one at least",
        ));
    }
    if signals.len() > most {
        let message = format!("the batch has more than {most} signals; send less at once");
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TooLarge",
            message,
        ));
    }
    let count = signals.len();
    let record = service.hand_in(batches, signals).await?;
    let location = format!("/api/llm/batches/{}", record.id);
    let body = json!({
        "batch_id": record.id, "provider_id": record.provider_id, "status": record.status,
        "count": count, "url": location,
    });
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(body)).into_response())
}

pub(super) async fn look(
    State(service): State<Service>,
    Name(id): Name,
) -> Result<Json<Value>, ApiError> {
    let batches = batches(&service)?;
    let record = service.store.batch(&id).await?;
    let Standing { record, counts } = service.standing(batches, record).await?;
    Ok(Json(json!({
        "batch_id": record.id, "provider_id": record.provider_id, "status": record.status,
        "counts": counts, "result": record.result,
        "created_at": record.created_at, "updated_at": record.updated_at,
    })))
}
