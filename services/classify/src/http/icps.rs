//! Descriptions of ideal customers.

use super::{
    body::{Body, Id, Name},
    error::ApiError,
};
use crate::{
    compute::{icp::Profile, presets},
    service::Service,
    store::IcpRecord,
};
use axum::{Json, extract::State, http::StatusCode};

type Made = (StatusCode, Json<IcpRecord>);

fn checked(mut profile: Profile) -> Result<Profile, ApiError> {
    profile.name = profile.name.trim().to_owned();
    profile.check().map_err(ApiError::invalid)?;
    Ok(profile)
}

pub(super) async fn create(
    State(service): State<Service>,
    Body(profile): Body<Profile>,
) -> Result<Made, ApiError> {
    let made = service.store.create_icp(&checked(profile)?).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

pub(super) async fn list(State(service): State<Service>) -> Result<Json<Vec<IcpRecord>>, ApiError> {
    Ok(Json(service.store.icp_set().await?.records))
}

pub(super) async fn one(
    State(service): State<Service>,
    Id(id): Id,
) -> Result<Json<IcpRecord>, ApiError> {
    Ok(Json(service.store.icp(id).await?))
}

pub(super) async fn update(
    State(service): State<Service>,
    Id(id): Id,
    Body(profile): Body<Profile>,
) -> Result<Json<IcpRecord>, ApiError> {
    Ok(Json(
        service.store.update_icp(id, &checked(profile)?).await?,
    ))
}

pub(super) async fn delete(
    State(service): State<Service>,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    service.store.delete_icp(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn preset(
    State(service): State<Service>,
    Name(name): Name,
) -> Result<Made, ApiError> {
    let profile = presets::preset(&name).ok_or_else(|| {
        let message = format!(
            "there is no such preset; there are {}",
            presets::NAMES.join(", ")
        );
        ApiError::new(StatusCode::NOT_FOUND, "NotFound", message)
    })?;
    let made = service.store.create_icp(&profile).await?;
    Ok((StatusCode::CREATED, Json(made)))
}
