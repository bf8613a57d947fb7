//! Many signals at once. What needs no model is decided before one is asked, and one item's failure
//! is its own.

use crate::{
    compute::{
        classification::Classification,
        filter::{self, Signal, SignalInput},
        statistics::{StageName, StageReport, Statistics},
        text,
    },
    failure::{Code, Failure},
    pipeline::{Judged, Nearness, Situation},
    ports::Answer,
    service::Service,
};
use cache::Mode;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde::Serialize;
use std::{collections::HashMap, pin::pin, time::Duration};
use telemetry::signals::BatchEnded;
use tokio::time::sleep;

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ItemEnd {
    /// It is a lead.
    Ok {
        /// Its total.
        total_score: f64,
        /// Where it was stored; nothing is for a rehearsal.
        lead_id: Option<i64>,
        /// What the model said.
        classification: Box<Classification>,
    },
    /// It was sorted out.
    Filtered {
        /// By which stage.
        filtered_by: StageName,
        /// Its total, if a model was asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        total_score: Option<f64>,
        /// What the model said, if one was asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        classification: Option<Box<Classification>>,
    },
    /// It could not be classified.
    Error {
        /// Why.
        error: Code,
        /// In words.
        message: String,
        /// Whether handing it in again may help.
        retryable: bool,
    },
}

impl ItemEnd {
    pub(crate) fn failed(failure: &Failure) -> Self {
        Self::Error {
            error: failure.code,
            message: failure.message.clone(),
            retryable: failure.code.is_retryable(),
        }
    }
}

/// One item of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchItem {
    /// The beginning of the signal.
    pub signal: String,
    /// What became of it.
    #[serde(flatten)]
    pub end: ItemEnd,
    /// The place of the item whose result it shares, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<usize>,
}

/// What became of a batch; items in the order in which they were handed in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchReport {
    /// Items.
    pub count: usize,
    /// Leads that were stored.
    pub created_leads: usize,
    /// Items that were sorted out.
    pub filtered: usize,
    /// Items that could not be classified.
    pub errors: usize,
    /// Every item.
    pub results: Vec<BatchItem>,
    /// What every stage did.
    pub stages: Vec<StageReport>,
    /// Items for which a model was asked.
    pub model_calls: u64,
    /// Items that could have been shown to a model, and were not.
    pub model_calls_saved: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// What one item did at the stages.
type Marks = Vec<(StageName, bool, Duration)>;

/// Where an item stands, what became of it, what it did, and whether a model was asked.
type Walked = (usize, ItemEnd, Marks, bool);

/// One item on its way: where it is, and what it has done so far.
struct Walk<'a> {
    service: &'a Service,
    signal: &'a Signal,
    situation: &'a Situation,
    marks: Marks,
    since: Duration,
    asked: bool,
}

impl Walk<'_> {
    /// Notes the stage that just ended.
    fn mark(&mut self, stage: StageName, went_on: bool) {
        let now = self.service.clock.monotonic();
        let took = now.saturating_sub(self.since);
        self.marks.push((stage, went_on, took));
        self.since = now;
    }

    async fn through(&mut self) -> Result<ItemEnd, Failure> {
        if self.service.settings.enable_rules_filter {
            let hopeless = self.service.findings(self.signal).await?.is_hopeless();
            self.mark(StageName::Rules, !hopeless);
            if hopeless {
                return Ok(filtered(StageName::Rules, None));
            }
        }
        let question = self.service.question(self.signal, self.situation);
        let known = match self.signal.cache {
            Mode::On | Mode::ReadOnly => self.service.scorer.lookup(&question).await,
            Mode::Off | Mode::WriteOnly | Mode::Refresh => None,
        };
        self.mark(StageName::Cache, known.is_none());
        let mut near = None;
        let answer = match known {
            Some(answer) => answer,
            None => {
                near = self.service.nearness(self.signal, self.situation).await?;
                if self.is_far(near.as_ref()) {
                    return Ok(filtered(StageName::Embedding, None));
                }
                self.ask(&question).await?
            }
        };
        self.judged(answer, near).await
    }

    /// Whether it is far from every description; without descriptions nothing is far.
    fn is_far(&mut self, near: Option<&Nearness>) -> bool {
        let Some(near) = near else {
            return false;
        };
        let threshold = self.service.threshold();
        let far = !near.is_empty() && near.iter().all(|(_, similar)| *similar < threshold);
        self.mark(StageName::Embedding, !far);
        far
    }

    async fn ask(&mut self, question: &crate::ports::ScoreRequest) -> Result<Answer, Failure> {
        self.asked = true;
        let answer = self.service.ask(question).await;
        self.mark(StageName::Model, answer.is_ok());
        let answer = answer?;
        // Somebody else may have asked the same in the meantime.
        self.asked = answer.llm.attempts > 0;
        Ok(answer)
    }

    async fn judged(&mut self, answer: Answer, near: Option<Nearness>) -> Result<ItemEnd, Failure> {
        let judged = self.service.judge(self.signal, answer).await?;
        let below = filter::is_below(
            judged.total(),
            self.service.settings.prefilter_score_threshold,
        );
        self.mark(StageName::Score, !below);
        if below {
            return Ok(filtered(StageName::Score, Some(judged)));
        }
        let near = match near {
            Some(near) => Some(near),
            None => self.service.nearness(self.signal, self.situation).await?,
        };
        let matches = self
            .service
            .matches(self.signal, self.situation, near.as_ref());
        let kept = self
            .service
            .keep(self.signal, self.situation, &judged, matches)
            .await;
        self.mark(StageName::Persist, kept.is_ok());
        let kept = kept?;
        let wanted = kept.is_some_and(|kept| kept.dossier.is_some());
        self.mark(StageName::Dossier, wanted);
        Ok(ItemEnd::Ok {
            total_score: judged.total(),
            lead_id: kept.map(|kept| kept.lead_id),
            classification: Box::new(judged.classification),
        })
    }
}

fn filtered(by: StageName, judged: Option<Judged>) -> ItemEnd {
    ItemEnd::Filtered {
        filtered_by: by,
        total_score: judged.as_ref().map(Judged::total),
        classification: judged.map(|judged| Box::new(judged.classification)),
    }
}

/// The items of a batch, checked, with the place of the first of each kind.
struct Sorted {
    signals: Vec<Result<Signal, Failure>>,
    first: Vec<usize>,
    statistics: Statistics,
}

impl Service {
    /// Classifies many signals; dropping the future stops what has not begun.
    ///
    /// # Errors
    /// [`Failure`] if nothing could be tried. What goes wrong with single items stands in the
    /// report.
    pub async fn run_batch(&self, inputs: &[SignalInput]) -> Result<BatchReport, Failure> {
        let _flying = self.counters.batch_begins();
        let begun = self.clock.monotonic();
        let mut late = pin!(sleep(self.settings.batch_timeout));
        let situation = self.situation().await?;
        let sorted = self.sorted(inputs);
        let mut statistics = sorted.statistics;
        // Nothing of them begins before it is its turn.
        let mut waiting: Vec<BoxFuture<'_, Walked>> = Vec::new();
        for (place, signal) in sorted.signals.iter().enumerate() {
            if let (Ok(signal), true) = (signal, sorted.first.get(place) == Some(&place)) {
                waiting.push(self.walk(place, signal, &situation).boxed());
            }
        }
        let mut walks = stream::iter(waiting).buffer_unordered(self.settings.batch_width());
        let mut ends: HashMap<usize, ItemEnd> = HashMap::new();
        let mut asked = 0;
        loop {
            let ended = tokio::select! {
                biased;
                ended = walks.next() => ended,
                () = &mut late => break,
            };
            let Some((place, end, marks, was_asked)) = ended else {
                break;
            };
            for (stage, went_on, took) in marks {
                statistics.note(stage, went_on, took);
            }
            asked += u64::from(was_asked);
            ends.insert(place, end);
        }
        let took = self.clock.monotonic().saturating_sub(begun);
        let items = items(inputs, &sorted.signals, &sorted.first, &ends);
        Ok(self.report(items, &statistics, asked, took))
    }

    fn sorted(&self, inputs: &[SignalInput]) -> Sorted {
        let mut sorted = Sorted {
            signals: Vec::with_capacity(inputs.len()),
            first: Vec::with_capacity(inputs.len()),
            statistics: Statistics::default(),
        };
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (place, input) in inputs.iter().enumerate() {
            let signal = filter::check(input, self.signal_limit());
            let statistics = &mut sorted.statistics;
            statistics.note(StageName::Validate, signal.is_ok(), Duration::ZERO);
            let first = signal.as_ref().map_or(place, |signal| {
                let first = *seen.entry(filter::same_as(signal)).or_insert(place);
                statistics.note(StageName::Dedupe, first == place, Duration::ZERO);
                first
            });
            sorted.first.push(first);
            let invalid =
                |unusable: filter::Unusable| Failure::new(Code::Invalid, unusable.to_string());
            sorted.signals.push(signal.map_err(invalid));
        }
        sorted
    }

    async fn walk<'a>(
        &'a self,
        place: usize,
        signal: &'a Signal,
        situation: &'a Situation,
    ) -> Walked {
        let mut walk = Walk {
            service: self,
            signal,
            situation,
            marks: Marks::new(),
            since: self.clock.monotonic(),
            asked: false,
        };
        let end = walk.through().await;
        let end = end.unwrap_or_else(|failure| ItemEnd::failed(&failure));
        (place, end, walk.marks, walk.asked)
    }

    fn report(
        &self,
        results: Vec<BatchItem>,
        statistics: &Statistics,
        asked: u64,
        took: Duration,
    ) -> BatchReport {
        let count =
            |wanted: fn(&BatchItem) -> bool| results.iter().filter(|one| wanted(one)).count();
        let stored = |one: &BatchItem| {
            one.duplicate_of.is_none()
                && matches!(
                    one.end,
                    ItemEnd::Ok {
                        lead_id: Some(_),
                        ..
                    }
                )
        };
        let report = BatchReport {
            count: results.len(),
            created_leads: count(stored),
            filtered: count(|one| matches!(one.end, ItemEnd::Filtered { .. })),
            errors: count(|one| matches!(one.end, ItemEnd::Error { .. })),
            stages: statistics.report(),
            model_calls: asked,
            model_calls_saved: statistics.entered(StageName::Dedupe).saturating_sub(asked),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            results,
        };
        self.tell(&report, took);
        report
    }

    fn tell(&self, report: &BatchReport, took: Duration) {
        for item in &report.results {
            if let ItemEnd::Filtered { .. } = item.end {
                self.counters.note_filtered();
            }
            let (status, filtered_by) = match &item.end {
                ItemEnd::Ok { .. } => ("ok", "none"),
                ItemEnd::Filtered { filtered_by, .. } => ("filtered", filtered_by.as_str()),
                ItemEnd::Error { .. } => ("error", "none"),
            };
            telemetry::signals::item_ended(status, filtered_by);
        }
        for stage in &report.stages {
            let took = Duration::from_millis(stage.ms);
            telemetry::signals::stage_ended(stage.name.as_str(), took);
        }
        BatchEnded {
            items: report.count,
            created_leads: report.created_leads,
            filtered: report.filtered,
            errors: report.errors,
            model_calls: report.model_calls,
            took,
        }
        .emit();
    }
}

/// Items in their order; what did not end in time says so.
fn items(
    inputs: &[SignalInput],
    signals: &[Result<Signal, Failure>],
    first: &[usize],
    ends: &HashMap<usize, ItemEnd>,
) -> Vec<BatchItem> {
    let late = || {
        let message = "the batch ended before it was its turn; hand it in again";
        ItemEnd::failed(&Failure::new(llm::error::Code::DeadlineExceeded, message))
    };
    let inputs = inputs.iter().zip(signals).zip(first).enumerate();
    inputs
        .map(|(place, ((input, signal), first))| BatchItem {
            signal: text::excerpt(&input.signal_text),
            end: match signal {
                Err(failure) => ItemEnd::failed(failure),
                Ok(_) => ends.get(first).cloned().unwrap_or_else(late),
            },
            duplicate_of: (*first != place).then_some(*first),
        })
        .collect()
}
