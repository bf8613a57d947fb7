//! Signals that are handed in for a day, at half the price. Whoever looks at the batch once it is
//! over has its answers made into leads, once; the service itself looks from time to time.

use crate::{
    batch::ItemEnd,
    compute::{
        filter::{self, Signal, SignalInput},
        text,
    },
    failure::{Code, Failure},
    ports::{BatchAnswer, Batches},
    service::Service,
    store::{BatchRecord, BatchState},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// What was begun this long ago is not being done any more.
const ABANDONED_AFTER_S: i64 = 3600;

/// What is kept of a batch until its answers are read.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    model: String,
    signals: Vec<SignalInput>,
    templates: Vec<String>,
}

/// What became of one signal.
#[derive(Debug, Serialize)]
struct Item {
    signal: String,
    #[serde(flatten)]
    end: ItemEnd,
}

/// A batch and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    pub(crate) record: BatchRecord,
    /// What the provider says, where it was asked.
    pub(crate) counts: Value,
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::new(Code::StoreUnavailable, error.to_string())
}

impl Service {
    /// Hands signals in; every one of them must be one that can be classified.
    pub(crate) async fn hand_in(
        &self,
        batches: &Arc<dyn Batches>,
        signals: Vec<SignalInput>,
    ) -> Result<BatchRecord, Failure> {
        let situation = self.situation().await?;
        let checked: Vec<Signal> = signals
            .iter()
            .map(|input| self.checked(input))
            .collect::<Result<_, _>>()?;
        let questions: Vec<_> = checked
            .iter()
            .map(|signal| self.question(signal, &situation))
            .collect();
        let handed_in = self
            .counters
            .note_failure(batches.hand_in(&questions).await)?;
        let kept = Kept {
            model: handed_in.model,
            signals,
            templates: handed_in.templates,
        };
        let request = serde_json::to_string(&kept).map_err(unwritable)?;
        let id = Uuid::now_v7().to_string();
        self.store.keep_batch(&id, &handed_in.id, &request).await?;
        Ok(self.store.batch(&id).await?)
    }

    /// Looks at every batch that has no report yet; what is wrong with one keeps none of the others.
    pub(crate) async fn look_at_all(&self, batches: &Arc<dyn Batches>) -> Result<(), Failure> {
        for id in self.store.open_batches().await? {
            let record = self.store.batch(&id).await?;
            match self.standing(batches, record).await {
                Ok(standing) if standing.record.status == BatchState::Done => {
                    tracing::info!(batch = id, "a batch for a day has become leads");
                }
                Ok(_) => {}
                Err(failure) => tracing::warn!(batch = id, reason = %failure, "a batch waits"),
            }
        }
        Ok(())
    }

    /// Where a batch stands; one that is over is made into leads by whoever looks first.
    pub(crate) async fn standing(
        &self,
        batches: &Arc<dyn Batches>,
        record: BatchRecord,
    ) -> Result<Standing, Failure> {
        if record.status == BatchState::Done {
            return Ok(Standing {
                record,
                counts: Value::Null,
            });
        }
        let look = batches.look(&record.provider_id).await?;
        let counts = json!(look.counts);
        let id = record.id.clone();
        if !look.is_over || !self.store.claim_batch(&id, ABANDONED_AFTER_S).await? {
            let record = self.store.batch(&id).await?;
            return Ok(Standing { record, counts });
        }
        let report = self.read_answers(batches, &record).await;
        self.store.settle_batch(&id, report.as_ref().ok()).await?;
        report?;
        let record = self.store.batch(&id).await?;
        Ok(Standing { record, counts })
    }

    async fn read_answers(
        &self,
        batches: &Arc<dyn Batches>,
        record: &BatchRecord,
    ) -> Result<Value, Failure> {
        let kept: Kept = serde_json::from_str(&record.request).map_err(unwritable)?;
        let answers = batches
            .answers(&record.provider_id, &kept.templates)
            .await?;
        let mut by_place: BTreeMap<usize, BatchAnswer> = BTreeMap::new();
        for answer in answers {
            by_place.entry(answer.place).or_insert(answer);
        }
        let mut items = Vec::with_capacity(kept.signals.len());
        for (place, input) in kept.signals.iter().enumerate() {
            let end = self.ended(input, by_place.remove(&place)).await?;
            items.push(Item {
                signal: text::excerpt(&input.signal_text),
                end,
            });
        }
        let count = |wanted: fn(&ItemEnd) -> bool| items.iter().filter(|i| wanted(&i.end)).count();
        Ok(json!({
            "model": kept.model,
            "count": items.len(),
            "created_leads": count(|end| matches!(end, ItemEnd::Ok { lead_id: Some(_), .. })),
            "errors": count(|end| matches!(end, ItemEnd::Error { .. })),
            "results": items,
        }))
    }

    /// What becomes of one signal. A database that is away ends the reading, to be done again;
    /// whatever else goes wrong is this signal's own.
    async fn ended(
        &self,
        input: &SignalInput,
        answer: Option<BatchAnswer>,
    ) -> Result<ItemEnd, Failure> {
        let missing = || {
            let message = "the provider gave no result for it";
            Failure::new(llm::error::Code::Protocol, message)
        };
        let outcome = async {
            let answer = answer.ok_or_else(missing)?.answer;
            let answer = self.counters.note_failure(answer)?;
            let signal = self.checked(input)?;
            let situation = self.situation().await?;
            let judged = self.judge(&signal, answer).await?;
            let near = self.nearness(&signal, &situation).await?;
            let matches = self.matches(&signal, &situation, near.as_ref());
            let kept = self.keep(&signal, &situation, &judged, matches).await?;
            Ok::<_, Failure>(ItemEnd::Ok {
                total_score: judged.total(),
                lead_id: kept.map(|kept| kept.lead_id),
                classification: Box::new(judged.classification),
            })
        };
        match outcome.await {
            Ok(end) => Ok(end),
            Err(failure) if failure.code == Code::StoreUnavailable => Err(failure),
            Err(failure) => Ok(ItemEnd::failed(&failure)),
        }
    }

    fn checked(&self, input: &SignalInput) -> Result<Signal, Failure> {
        let checked = filter::check(input, self.signal_limit());
        checked.map_err(|unusable| Failure::new(Code::Invalid, unusable.to_string()))
    }
}
