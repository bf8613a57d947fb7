//! Money that companies raised, totals that people give, leads that are parked.

use super::{
    body::{Body, Id, Params},
    error::ApiError,
    leads::Page,
};
use crate::{
    compute::filter::{time_s, website_host},
    service::Service,
    store::{FundingEvent, HistoryEntry, Lead, NewFunding},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Funding {
    company_name: Option<String>,
    company_website: Option<String>,
    announced_at: String,
    round: Option<String>,
    amount_usd: Option<f64>,
    source_url: Option<String>,
}

pub(super) async fn add_funding(
    State(service): State<Service>,
    Body(funding): Body<Funding>,
) -> Result<(StatusCode, Json<FundingEvent>), ApiError> {
    let name = funding.company_name.map(|name| name.trim().to_owned());
    let company_name = name.filter(|name| !name.is_empty());
    let website_host = website_host(funding.company_website.as_deref())?;
    if company_name.is_none() && website_host.is_none() {
        let message = "name the company: `company_name`, `company_website` or both";
        return Err(ApiError::invalid(message));
    }
    if funding
        .amount_usd
        .is_some_and(|amount| !amount.is_finite() || amount < 0.0)
    {
        return Err(ApiError::invalid("`amount_usd` is no amount"));
    }
    let announced_at_s = time_s("announced_at", Some(&funding.announced_at))?
        .ok_or_else(|| ApiError::invalid("`announced_at` is empty"))?;
    let event = NewFunding {
        company_name,
        website_host,
        announced_at_s,
        round: funding.round,
        amount_usd: funding.amount_usd,
        source_url: funding.source_url,
    };
    Ok((
        StatusCode::CREATED,
        Json(service.store.add_funding(&event).await?),
    ))
}

pub(super) async fn funding(
    State(service): State<Service>,
    Params(page): Params<Page>,
) -> Result<Json<Vec<FundingEvent>>, ApiError> {
    let (limit, offset) = page.checked()?;
    Ok(Json(service.store.funding(limit, offset).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreChange {
    score: f64,
    reason: String,
    user: String,
}

pub(super) async fn override_score(
    State(service): State<Service>,
    Id(id): Id,
    Body(change): Body<ScoreChange>,
) -> Result<Json<Lead>, ApiError> {
    if !(0.0..=100.0).contains(&change.score) {
        return Err(ApiError::invalid("`score` is not within 0 to 100"));
    }
    if change.reason.trim().is_empty() || change.user.trim().is_empty() {
        return Err(ApiError::invalid(
            "`reason` and `user` say why and who; neither may be empty",
        ));
    }
    let store = &service.store;
    store
        .override_score(id, change.score, change.reason.trim(), change.user.trim())
        .await?;
    Ok(Json(store.lead(id).await?))
}

pub(super) async fn score_history(
    State(service): State<Service>,
    Id(id): Id,
) -> Result<Json<Vec<HistoryEntry>>, ApiError> {
    Ok(Json(service.store.score_history(id).await?))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Rehearsal {
    #[serde(default)]
    dry_run: bool,
}

pub(super) async fn auto_park(
    State(service): State<Service>,
    Params(rehearsal): Params<Rehearsal>,
) -> Result<Json<Value>, ApiError> {
    let days = service.settings.auto_park_days;
    let parked = service
        .store
        .auto_park(i64::from(days), rehearsal.dry_run)
        .await?;
    Ok(Json(json!({
        "dry_run": rehearsal.dry_run, "days": days, "count": parked.len(), "lead_ids": parked,
    })))
}
