//! One signal, told field by field while the model writes.

use super::{
    body::Body,
    error::{ApiError, RequestId},
    signal::{SignalAnswer, checked},
};
use crate::{
    compute::filter::{Signal, SignalInput},
    failure::Failure,
    ports::Field,
    service::Service,
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, stream};
use llm::error::Code;
use serde::Serialize;
use serde_json::json;
use std::{convert::Infallible, time::Duration};
use tokio::sync::mpsc;

/// How often a silent stream says that it lives.
const PING: Duration = Duration::from_secs(15);
/// Events that may wait for a slow reader.
const WAITING: usize = 64;

type Events = mpsc::Sender<Event>;

pub(super) async fn classify(
    State(service): State<Service>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    Body(input): Body<SignalInput>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    if !service.settings.enable_streaming {
        let message = "streaming is off; set ENABLE_STREAMING, or ask without it";
        return Err(ApiError::new(StatusCode::CONFLICT, "StreamingOff", message));
    }
    let signal = checked(&service, &headers, &input)?;
    let (sender, receiver) = mpsc::channel(WAITING);
    // Both end with the connection: who hangs up stops the model.
    let late = service.late.clone().cancelled_owned();
    let work = stream::once(tell(service, signal, request_id, sender));
    let work = work.filter_map(|()| async { None });
    let told = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|event| (Ok(event), receiver))
    });
    let ping = KeepAlive::new()
        .interval(PING)
        .event(named("ping", &json!({})));
    let events = stream::select(told, work).take_until(late);
    Ok(Sse::new(events).keep_alive(ping))
}

fn named(name: &str, data: &impl Serialize) -> Event {
    let event = Event::default().event(name);
    event
        .json_data(data)
        .unwrap_or_else(|_| Event::default().event(name))
}

async fn tell(service: Service, signal: Signal, request_id: String, events: Events) {
    let start = json!({"request_id": request_id, "model": service.scorer.model()});
    send(&events, "start", &start).await;
    match answered(&service, &signal, &events).await {
        Ok(answer) => send(&events, "result", &answer).await,
        Err(failure) => {
            let retryable = failure.code.is_retryable();
            let told = json!({
                "code": failure.code, "message": failure.message, "retryable": retryable,
            });
            send(&events, "error", &told).await;
        }
    }
    send(&events, "done", &json!({})).await;
}

async fn answered(
    service: &Service,
    signal: &Signal,
    events: &Events,
) -> Result<SignalAnswer, Failure> {
    let situation = service.situation().await?;
    let question = service.question(signal, &situation);
    let (sender, fields) = mpsc::channel(WAITING);
    let asked = service.ask_streaming(&question, sender);
    let (answer, told) = tokio::join!(asked, forward(fields, events));
    let concluded = service.conclude(signal, &situation, answer?).await?;
    if told == 0 {
        // Known answers come in one piece.
        let fields = serde_json::to_value(&concluded.classification)
            .map_err(|error| Failure::new(Code::InvalidJson, error.to_string()))?;
        for (name, value) in fields.as_object().into_iter().flatten() {
            send(events, "field", &json!({"name": name, "value": value})).await;
        }
    }
    Ok(concluded)
}

async fn forward(mut fields: mpsc::Receiver<Field>, events: &Events) -> usize {
    let mut told = 0;
    while let Some(field) = fields.recv().await {
        send(events, "field", &field).await;
        told += 1;
    }
    told
}

/// Who hung up hears nothing.
async fn send(events: &Events, name: &str, data: &impl Serialize) {
    let _ = events.send(named(name, data)).await;
}
