//! Leads and their dossiers.

use super::{
    body::{Body, Id, Params},
    error::ApiError,
};
use crate::{
    compute::{score::Bucket, text},
    service::Service,
    store::{BucketCounts, DossierRecord, Lead, LeadFilter, LeadStatus},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;

/// Leads of one answer, if nobody says.
const DEFAULT_LIMIT: i64 = 50;
/// Leads of one answer at most.
const MAX_LIMIT: i64 = 200;
/// Most characters of notes.
const NOTES_CHARS: usize = 10_000;

/// A part of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    limit: Option<i64>,
    offset: Option<i64>,
}

impl Page {
    pub(super) fn checked(&self) -> Result<(i64, i64), ApiError> {
        let (limit, offset) = (
            self.limit.unwrap_or(DEFAULT_LIMIT),
            self.offset.unwrap_or(0),
        );
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(ApiError::invalid(format!(
                "`limit` is not within 1 to {MAX_LIMIT}"
            )));
        }
        if offset < 0 {
            return Err(ApiError::invalid("`offset` is below 0"));
        }
        Ok((limit, offset))
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    score_min: Option<f64>,
    score_max: Option<f64>,
    status: Option<LeadStatus>,
    score_bucket: Option<Bucket>,
    limit: Option<i64>,
    offset: Option<i64>,
}

pub(super) async fn list(
    State(service): State<Service>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Vec<Lead>>, ApiError> {
    let page = Page {
        limit: wanted.limit,
        offset: wanted.offset,
    };
    let (limit, offset) = page.checked()?;
    let leads = service.store.leads(LeadFilter {
        score_min: wanted.score_min,
        score_max: wanted.score_max,
        status: wanted.status,
        bucket: wanted.score_bucket,
        limit,
        offset,
    });
    Ok(Json(leads.await?))
}

pub(super) async fn one(
    State(service): State<Service>,
    Id(id): Id,
) -> Result<Json<Lead>, ApiError> {
    Ok(Json(service.store.lead(id).await?))
}

pub(super) async fn delete(
    State(service): State<Service>,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    let lead = service.store.lead(id).await?;
    service.store.delete_lead(id).await?;
    // What models said of it goes with it.
    let digest = text::digest(&lead.signal_text);
    service.admin.forget(&digest).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusChange {
    status: LeadStatus,
}

pub(super) async fn status(
    State(service): State<Service>,
    Id(id): Id,
    Body(change): Body<StatusChange>,
) -> Result<Json<Lead>, ApiError> {
    Ok(Json(service.store.set_status(id, change.status).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotesChange {
    notes: String,
}

pub(super) async fn notes(
    State(service): State<Service>,
    Id(id): Id,
    Body(change): Body<NotesChange>,
) -> Result<Json<Lead>, ApiError> {
    if change.notes.chars().count() > NOTES_CHARS {
        let message = format!("`notes` has more than {NOTES_CHARS} characters; shorten it");
        return Err(ApiError::invalid(message));
    }
    Ok(Json(service.store.set_notes(id, &change.notes).await?))
}

pub(super) async fn bucket_counts(
    State(service): State<Service>,
) -> Result<Json<BucketCounts>, ApiError> {
    Ok(Json(service.store.bucket_counts().await?))
}

pub(super) async fn dossier(
    State(service): State<Service>,
    Id(id): Id,
) -> Result<Json<DossierRecord>, ApiError> {
    let found = service.store.dossier(id).await?;
    found.map(Json).ok_or_else(|| {
        let message = format!("lead {id} has no dossier; ask for one with POST");
        ApiError::new(StatusCode::NOT_FOUND, "NotFound", message)
    })
}

pub(super) async fn renew_dossier(
    State(service): State<Service>,
    Id(id): Id,
) -> Result<(StatusCode, Json<DossierRecord>), ApiError> {
    service.store.renew_dossier(id).await?;
    service.dossiers_wanted.notify_one();
    let Json(record) = dossier(State(service), Id(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(record)))
}
