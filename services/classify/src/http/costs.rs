//! What asking models took, day by day.

use super::{body::Params, error::ApiError};
use crate::{
    ledger::Taken,
    service::Service,
    store::{CostSum, CostsBy},
};
use axum::{Json, extract::State};
use jiff::civil::Date;
use llm::catalogue;
use serde::Deserialize;
use serde_json::{Value, json};

/// Days that are told if nobody says which.
const USUAL_DAYS: i64 = 30;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Period {
    from: Option<String>,
    to: Option<String>,
    group_by: Option<String>,
}

fn day(field: &str, said: Option<&str>, otherwise: Date) -> Result<Date, ApiError> {
    let Some(said) = said else {
        return Ok(otherwise);
    };
    said.parse()
        .map_err(|_| ApiError::invalid(format!("`{field}` is no day, as 2026-11-20")))
}

pub(super) async fn costs(
    State(service): State<Service>,
    Params(period): Params<Period>,
) -> Result<Json<Value>, ApiError> {
    let group = period.group_by.as_deref().unwrap_or("task");
    let by = CostsBy::parse(group)
        .ok_or_else(|| ApiError::invalid("`group_by` is neither task nor model"))?;
    let today: Date = catalogue::day(service.clock.now())
        .parse()
        .unwrap_or(Date::MAX);
    let to = day("to", period.to.as_deref(), today)?;
    let usual = to
        .checked_sub(jiff::Span::new().days(USUAL_DAYS - 1))
        .unwrap_or(Date::MIN);
    let from = day("from", period.from.as_deref(), usual)?;
    if from > to {
        return Err(ApiError::invalid("`from` is after `to`"));
    }
    service.keep_costs().await?;
    let (from, to) = (from.to_string(), to.to_string());
    let sums = service.store.costs(&from, &to, by).await?;
    Ok(Json(json!({
        "from": from, "to": to, "group_by": group, "total": whole(&sums), "days": sums,
    })))
}

fn whole(sums: &[CostSum]) -> Taken {
    let mut whole = Taken::default();
    for sum in sums {
        whole.add(&sum.taken);
    }
    whole
}
