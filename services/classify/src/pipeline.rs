//! One signal from what was handed in to what is stored. Whatever goes wrong on the way is a
//! failure: nothing is stored of it, and nothing is put in its place.

use crate::{
    compute::{
        classification::{self, Classification},
        filter::{Signal, deserves_dossier},
        heuristics::{self, Findings},
        icp,
        score::{self, Explanation},
        trim,
        violation::Note,
    },
    failure::Failure,
    ports::{Answer, Embedding, Field, LlmFacts, ScoreRequest},
    service::Service,
    settings::SignalTrim,
    store::{IcpSet, NewLead, Persisted},
};
use llm::error::Code;
use std::time::Duration;
use telemetry::signals::SignalClassified;
use tokio::sync::mpsc;

/// Fewest characters of a signal that are worth asking about.
const LEAST_CHARS: usize = 200;

/// Who is looked for, as one request sees it.
pub(crate) struct Situation {
    pub(crate) set: IcpSet,
    context: String,
}

/// A signal that was classified.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) classification: Classification,
    pub(crate) notes: Vec<Note>,
    pub(crate) findings: Findings,
    pub(crate) explanation: Explanation,
    pub(crate) llm: LlmFacts,
}

impl Judged {
    pub(crate) fn total(&self) -> f64 {
        self.explanation.final_score
    }
}

/// How near a signal is to each description.
pub(crate) type Nearness = Vec<(i64, f64)>;

impl Service {
    /// Who is looked for at this moment.
    pub(crate) async fn situation(&self) -> Result<Situation, Failure> {
        let set = self.store.icp_set().await?;
        let profiles: Vec<_> = set.records.iter().map(|one| one.profile.clone()).collect();
        Ok(Situation {
            context: icp::context(&profiles),
            set,
        })
    }

    pub(crate) fn question(&self, signal: &Signal, situation: &Situation) -> ScoreRequest {
        ScoreRequest {
            signal_text: signal.text.clone(),
            icp_context: situation.context.clone(),
            cache: signal.cache,
        }
    }

    /// Asks the model, as soon as it is this question's turn.
    pub(crate) async fn ask(&self, question: &ScoreRequest) -> Result<Answer, Failure> {
        let _turn = self.turn().await?;
        let asked = self.fitting(question, |question| async move {
            self.scorer.score(&question).await
        });
        self.counters.note_failure(asked.await)
    }

    /// Asks, and again without more and more of the signal's middle while it fits no context, if
    /// signals may be trimmed.
    async fn fitting<F: Future<Output = Result<Answer, Failure>>>(
        &self,
        question: &ScoreRequest,
        ask: impl Fn(ScoreRequest) -> F,
    ) -> Result<Answer, Failure> {
        let trims = self.settings.signal_trim == SignalTrim::HeadTail;
        let whole = question.signal_text.chars().count();
        let (mut room, mut trimmed_chars) = (whole, 0);
        let mut shorter = question.clone();
        loop {
            let asked = ask(shorter.clone()).await;
            let too_long = |failure: &Failure| failure.code == Code::ContextExceeded.into();
            match asked {
                Err(failure) if trims && too_long(&failure) && room >= 2 * LEAST_CHARS => {}
                asked => {
                    return asked.map(|mut answer| {
                        answer.llm.trimmed_chars = trimmed_chars;
                        answer
                    });
                }
            }
            room /= 2;
            (shorter.signal_text, trimmed_chars) = trim::head_tail(&question.signal_text, room);
        }
    }

    /// The same, telling fields as soon as they are complete.
    pub(crate) async fn ask_streaming(
        &self,
        question: &ScoreRequest,
        fields: mpsc::Sender<Field>,
    ) -> Result<Answer, Failure> {
        let _turn = self.turn().await?;
        let asked = self.fitting(question, |question| {
            let fields = fields.clone();
            async move { self.scorer.stream(&question, fields).await }
        });
        let asked = asked.await;
        drop(fields);
        self.counters.note_failure(asked)
    }

    async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Failure> {
        let turn = self.gate.clone().acquire_owned().await;
        turn.map_err(|_| Failure::new(Code::Cancelled, "the service stops"))
    }

    /// What the rules of thumb find, whether or not they count.
    pub(crate) async fn findings(&self, signal: &Signal) -> Result<Findings, Failure> {
        let now = self.store.now_s();
        let funding_points = match self.raised(signal, now).await? {
            true => Some(self.settings.funding_boost_score),
            false => None,
        };
        let age = signal
            .posted_at_s
            .map(|posted| (now - posted).div_euclid(86_400));
        Ok(heuristics::find(
            &self.lexicon,
            heuristics::Facts {
                text: &signal.text,
                company_name: signal
                    .company_name
                    .as_deref()
                    .or(signal.website_host.as_deref()),
                age_days: age,
                industry: signal.industry.as_deref(),
                funding_points,
            },
        ))
    }

    /// Whether the very company of this signal raised money shortly before it was posted.
    async fn raised(&self, signal: &Signal, now_s: i64) -> Result<bool, Failure> {
        let (host, name) = (
            signal.website_host.as_deref(),
            signal.company_name.as_deref(),
        );
        let Some(company) = self.store.find_company(host, name).await? else {
            return Ok(false);
        };
        let posted = signal.posted_at_s.unwrap_or(now_s);
        let days = i64::from(self.settings.funding_boost_days);
        Ok(self.store.raised_before(company, posted, days).await?)
    }

    /// Checks an answer and makes a total of it.
    pub(crate) async fn judge(&self, signal: &Signal, answer: Answer) -> Result<Judged, Failure> {
        let checked = classification::check(&answer.raw, &signal.text);
        let (classification, notes) = checked.map_err(|violation| {
            self.ledger.broke_a_rule(&answer.llm.template);
            self.counters.count_failure(violation.into())
        })?;
        let findings = if self.settings.enable_scoring_heuristics {
            self.findings(signal).await?
        } else {
            Findings::default()
        };
        let weights = self.settings.scoring_weights;
        let explanation = score::explain(&classification, weights, &findings.adjustments);
        self.counters.note_classified(&answer.llm);
        if answer.llm.attempts > 0 {
            let bucket = explanation.score_bucket.as_str();
            let template = &answer.llm.template;
            self.ledger
                .scored(template, explanation.final_score, bucket);
        }
        SignalClassified {
            source_type: signal.source_type.as_str(),
            bucket: explanation.score_bucket.as_str(),
            total: explanation.final_score,
            took: Duration::from_millis(answer.llm.latency_ms),
        }
        .emit();
        Ok(Judged {
            classification,
            notes,
            findings,
            explanation,
            llm: answer.llm,
        })
    }

    /// How near a signal is to each description; `None` if nobody compares by meaning.
    pub(crate) async fn nearness(
        &self,
        signal: &Signal,
        situation: &Situation,
    ) -> Result<Option<Nearness>, Failure> {
        let Some(embedder) = self
            .embedder
            .as_ref()
            .filter(|_| self.settings.enable_embeddings)
        else {
            return Ok(None);
        };
        let of_signal = embedder.embed(&signal.text).await?;
        self.counters.note_embedding();
        let mut near = Nearness::new();
        for record in &situation.set.records {
            let of_icp = self.direction_of(record).await?;
            let similar = icp::cosine(&of_signal.vector, &of_icp.vector)
                .map_err(|error| Failure::new(Code::Protocol, error.to_string()))?;
            near.push((record.id, similar));
        }
        if let Some(nearest) = near.iter().map(|(_, similar)| *similar).reduce(f64::max) {
            telemetry::signals::compared(nearest);
        }
        Ok(Some(near))
    }

    /// The direction of a description: the one that is kept, if it is of this text and model.
    async fn direction_of(&self, record: &crate::store::IcpRecord) -> Result<Embedding, Failure> {
        let off = || Failure::new(Code::ModelNotFound, "no model compares by meaning");
        let embedder = self.embedder.as_ref().ok_or_else(off)?;
        let digest = icp::text_digest(&record.profile);
        if let Some((known, of)) = &record.embedding
            && *of == digest
            && known.model == embedder.model()
        {
            return Ok(known.clone());
        }
        let made = embedder.embed(&record.profile.as_text()).await?;
        self.store.keep_embedding(record.id, &made, &digest).await?;
        Ok(made)
    }

    /// From which similarity on a signal fits a description.
    pub(crate) fn threshold(&self) -> f64 {
        let model = self.embedder.as_ref().map(|embedder| embedder.model());
        self.settings
            .similarity_threshold(&model.unwrap_or_default())
    }

    /// Which descriptions a signal fits.
    pub(crate) fn matches(
        &self,
        signal: &Signal,
        situation: &Situation,
        near: Option<&Nearness>,
    ) -> Vec<i64> {
        if let Some(near) = near {
            let threshold = self.threshold();
            let fitting = near.iter().filter(|(_, similar)| *similar >= threshold);
            return fitting.map(|(id, _)| *id).collect();
        }
        let records = situation.set.records.iter();
        let profiles: Vec<_> = records.map(|one| (one.id, one.profile.clone())).collect();
        icp::matches_by_keyword(&signal.text, &profiles)
    }

    /// Stores a lead, unless it is a rehearsal.
    pub(crate) async fn keep(
        &self,
        signal: &Signal,
        situation: &Situation,
        judged: &Judged,
        icp_matches: Vec<i64>,
    ) -> Result<Option<Persisted>, Failure> {
        if signal.dry_run {
            return Ok(None);
        }
        let threshold = self.settings.classifier_score_threshold;
        let wants_dossier = deserves_dossier(judged.total(), threshold);
        let kept = self
            .store
            .persist(&NewLead {
                signal: signal.clone(),
                classification: judged.classification.clone(),
                adjustments: judged.findings.adjustments.clone(),
                explanation: judged.explanation.clone(),
                icp_matches,
                icp_set_version: situation.set.version,
                template: judged.llm.template.clone(),
                model: judged.llm.model.clone(),
                wants_dossier,
            })
            .await?;
        if wants_dossier {
            self.dossiers_wanted.notify_one();
        }
        Ok(Some(kept))
    }
}
