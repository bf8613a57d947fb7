//! One signal is classified and stored.

use super::{body::Body, error::ApiError};
use crate::{
    compute::{
        classification::Classification,
        filter::{self, Signal, SignalInput},
        score::{Adjustment, Explanation},
        violation::Note,
    },
    failure::Failure,
    pipeline::{Judged, Situation},
    ports::{Answer, LlmFacts},
    service::Service,
    store::DossierState,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use cache::Mode;
use serde::Serialize;

/// What a request wants of the cache.
const CACHE_MODE: HeaderName = HeaderName::from_static("x-cache-mode");
/// Where an answer comes from.
const CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Whether there will be a dossier.
#[derive(Debug, Clone, Serialize)]
struct DossierStatus {
    status: Option<DossierState>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The answer. Its first six keys are as older readers expect them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SignalAnswer {
    icp_match: bool,
    total_score: f64,
    score_bucket: &'static str,
    pub(super) classification: Classification,
    company_id: Option<i64>,
    lead_id: Option<i64>,
    signal_id: Option<i64>,
    icp_matches: Vec<i64>,
    heuristic_adjustments: Vec<Adjustment>,
    score_explanation: Explanation,
    notes: Vec<Note>,
    /// Characters of the signal that no model was shown.
    #[serde(skip_serializing_if = "is_zero")]
    trimmed_chars: usize,
    dossier: DossierStatus,
    pub(super) llm: LlmFacts,
}

impl Service {
    /// Makes a lead of an answer, and says so.
    pub(super) async fn conclude(
        &self,
        signal: &Signal,
        situation: &Situation,
        answer: Answer,
    ) -> Result<SignalAnswer, Failure> {
        let judged = self.judge(signal, answer).await?;
        let near = self.nearness(signal, situation).await?;
        let matches = self.matches(signal, situation, near.as_ref());
        let kept = self
            .keep(signal, situation, &judged, matches.clone())
            .await?;
        let Judged {
            classification,
            notes,
            findings,
            explanation,
            llm,
        } = judged;
        Ok(SignalAnswer {
            icp_match: classification.icp_match,
            total_score: explanation.final_score,
            score_bucket: explanation.score_bucket.as_str(),
            classification,
            company_id: kept.and_then(|kept| kept.company_id),
            lead_id: kept.map(|kept| kept.lead_id),
            signal_id: kept.map(|kept| kept.signal_id),
            icp_matches: matches,
            heuristic_adjustments: findings.adjustments,
            score_explanation: explanation,
            notes,
            trimmed_chars: signal.trimmed_chars + llm.trimmed_chars,
            dossier: DossierStatus {
                status: kept.and_then(|kept| kept.dossier),
            },
            llm,
        })
    }
}

/// What was handed in, with what the header wants of the cache.
pub(super) fn checked(
    service: &Service,
    headers: &HeaderMap,
    input: &SignalInput,
) -> Result<Signal, ApiError> {
    let mut signal = filter::check(input, service.signal_limit())?;
    if let Some(value) = headers.get(CACHE_MODE) {
        let mode = value.to_str().ok().and_then(Mode::parse);
        let wanted = "X-Cache-Mode is none of on, off, read_only, write_only, refresh";
        signal.cache = mode.ok_or_else(|| ApiError::invalid(wanted))?;
    }
    Ok(signal)
}

pub(super) async fn classify(
    State(service): State<Service>,
    headers: HeaderMap,
    Body(input): Body<SignalInput>,
) -> Result<Response, ApiError> {
    let signal = checked(&service, &headers, &input)?;
    let situation = service.situation().await?;
    let answer = service.ask(&service.question(&signal, &situation)).await?;
    let answer = service.conclude(&signal, &situation, answer).await?;
    let cache = told(&answer.llm.cache);
    Ok(([(CACHE, HeaderValue::from_static(cache))], Json(answer)).into_response())
}

fn told(cache: &str) -> &'static str {
    match cache {
        "l1" => "HIT-L1",
        "l2" => "HIT-L2",
        "coalesced" => "COALESCED",
        "bypass" => "BYPASS",
        _ => "MISS",
    }
}
