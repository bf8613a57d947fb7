//! Caches, templates and models, for those who look after them.

use super::{
    access::Granted,
    body::{Body, Name, Optional},
    error::ApiError,
};
use crate::{
    ports::{ClearScope, Preview, TemplateDetails, TemplateSet},
    service::Service,
    settings::{Scope, Settings},
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clear {
    scope: Option<String>,
    task: Option<String>,
    key: Option<String>,
}

impl Clear {
    fn scope(self) -> Result<ClearScope, ApiError> {
        match (self.scope.as_deref().unwrap_or("all"), self.task, self.key) {
            ("all", None, None) => Ok(ClearScope::All),
            ("task", Some(task), None) => Ok(ClearScope::Task(task)),
            ("key", None, Some(key)) => Ok(ClearScope::Key(key)),
            _ => Err(ApiError::invalid(
                "`scope` is `all`, `task` with a `task`, or `key` with a `key`",
            )),
        }
    }
}

pub(super) async fn clear_cache(
    State(service): State<Service>,
    Optional(clear): Optional<Clear>,
) -> Result<Json<Value>, ApiError> {
    let cleared = service.admin.clear_cache(clear.scope()?).await?;
    let told = json!({"status": "ok", "message": "Cache cleared", "cleared": cleared});
    Ok(Json(told))
}

pub(super) async fn templates(State(service): State<Service>) -> Json<TemplateSet> {
    Json(service.admin.snapshot().templates)
}

pub(super) async fn reload(State(service): State<Service>) -> Result<Json<Value>, ApiError> {
    let set = service.admin.reload_templates().await?;
    let (status, message) = if set.errors.is_empty() {
        ("ok", "Templates reloaded")
    } else {
        ("partial", "Some templates could not be reloaded")
    };
    Ok(Json(json!({
        "status": status,
        "message": message,
        "templates": set.templates,
        "generation": set.generation,
        "set_sha256": set.set_sha256,
        "errors": set.errors,
    })))
}

pub(super) async fn template(
    State(service): State<Service>,
    Extension(Granted(granted)): Extension<Granted>,
    Name(name): Name,
) -> Result<Json<TemplateDetails>, ApiError> {
    let with_text = granted == Scope::Admin;
    Ok(Json(service.admin.template(&name, with_text).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rendering {
    variables: BTreeMap<String, String>,
}

pub(super) async fn render(
    State(service): State<Service>,
    Name(name): Name,
    Body(rendering): Body<Rendering>,
) -> Result<Json<Preview>, ApiError> {
    Ok(Json(
        service.admin.render(&name, rendering.variables).await?,
    ))
}

pub(super) async fn models(State(service): State<Service>) -> Json<Value> {
    Json(service.admin.models())
}

/// The settings of the service, and those of others below their names.
#[derive(Debug, Serialize)]
pub(super) struct InEffect {
    #[serde(flatten)]
    service: Settings,
    #[serde(flatten)]
    others: Value,
}

pub(super) async fn config(State(service): State<Service>) -> Json<InEffect> {
    Json(InEffect {
        service: service.settings.clone(),
        others: service.admin.config(),
    })
}
