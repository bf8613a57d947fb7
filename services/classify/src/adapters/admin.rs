//! Looking after models, caches and templates.

mod health;
mod templates;

use super::{CLASSIFY, DOSSIER, EMBED, asker::Asker};
use crate::ports::{
    Admin, AdminError, CacheFacts, ClearScope, Cleared, Preview, Snapshot, Spent, TemplateDetails,
    TemplateSet,
};
use async_trait::async_trait;
use cache::{Key, Scope, Task};
use llm::{
    Aliases,
    catalogue::{self, Model, Thinking},
    claude,
    client::claude_model,
    settings::LlmSettings,
};
use serde::Serialize;
use serde_json::{Value, json};
use stage::Clock;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

/// What answers are kept of.
const TASKS: [&str; 3] = [CLASSIFY, DOSSIER, EMBED];

/// Looks after models, caches and templates.
pub struct ModelAdmin {
    asker: Asker,
    settings: LlmSettings,
    clock: Arc<dyn Clock>,
    config: Value,
    caches: bool,
    begun: AtomicBool,
}

impl ModelAdmin {
    /// Looks after what an asker asks with. `caches` says whether answers are kept at all.
    #[must_use]
    pub fn new(asker: Asker, settings: LlmSettings, clock: Arc<dyn Clock>, caches: bool) -> Self {
        Self {
            config: json!({"llm": settings}),
            asker,
            settings,
            clock,
            caches,
            begun: AtomicBool::new(false),
        }
    }

    /// Tells these settings too to those who ask; secrets must be left out.
    #[must_use]
    pub fn telling(mut self, name: &str, settings: &impl Serialize) -> Self {
        if let Some(told) = self.config.as_object_mut() {
            told.insert(name.to_owned(), json!(settings));
        }
        self
    }

    /// Notes that models were looked for once: before, nobody knows whether any answers.
    pub fn has_begun(&self) {
        self.begun.store(true, SeqCst);
    }

    fn cache(&self) -> CacheFacts {
        let stats = self.asker.parts().cached.cache().stats();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        CacheFacts {
            backend: stats.backend.into(),
            enabled: self.caches,
            degraded: stats.degraded,
            hits: stats.hits,
            misses: stats.misses,
            cache_size: count(stats.cache_size),
            max_size: count(stats.max_size),
            ttl_seconds: stats.ttl_seconds,
            l1_hits: stats.l1_hits,
            l2_hits: stats.l2_hits,
            coalesced: stats.coalesced,
            saved_usd: stats.saved_usd,
        }
    }

    fn spent(&self) -> Spent {
        let taken = self.asker.parts().ledger.of_provider(claude::NAME);
        Spent {
            requests: taken.calls,
            input_tokens: taken.input_tokens,
            output_tokens: taken.output_tokens,
            cache_read_tokens: taken.cache_read_tokens,
            cache_write_tokens: taken.cache_write_tokens,
            cost_usd: taken.cost_usd,
        }
    }

    /// The models of Ollama, by what they are for.
    fn local_models(&self) -> BTreeMap<String, String> {
        let aliases = Aliases::of_ollama(&self.settings);
        let first = |alias| aliases.chain(alias).first().map(|one| one.model.clone());
        let named = [
            ("1b", first(Aliases::FAST)),
            ("4b", first(Aliases::DEEP)),
            ("embedding", first(Aliases::EMBEDDING)),
        ];
        let known = named.into_iter();
        known
            .filter_map(|(name, model)| Some((name.to_owned(), model?)))
            .collect()
    }

    /// The models of Claude that are asked today, by what they are for.
    fn paid_models(&self) -> BTreeMap<String, String> {
        let catalogue = self.asker.parts().cached.client().catalogue();
        let today = self.today();
        let asked = |model| claude_model(model, &self.settings, &catalogue, &today).ok();
        let named = [
            ("haiku", asked(&self.settings.claude_model_haiku)),
            ("sonnet", asked(&self.settings.claude_model_sonnet)),
        ];
        let known = named.into_iter();
        known
            .filter_map(|(name, model)| Some((name.to_owned(), model?)))
            .collect()
    }

    fn today(&self) -> String {
        catalogue::day(self.clock.now())
    }

    /// How often each version of each template was used.
    fn uses(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        let mut uses: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (identity, variant) in self.asker.parts().ledger.variants() {
            let Some((name, rest)) = identity.split_once('@') else {
                continue;
            };
            let version = rest.split('#').next().unwrap_or_default();
            let of_name = uses.entry(name.to_owned()).or_default();
            *of_name.entry(version.to_owned()).or_default() += variant.calls;
        }
        uses
    }
}

#[async_trait]
impl Admin for ModelAdmin {
    fn snapshot(&self) -> Snapshot {
        let reports = self.asker.parts().cached.client().health();
        let paid = self.settings.claude_key().is_some();
        Snapshot {
            ollama: health::of(&reports, self.local_models(), true),
            claude: health::of(&reports, self.paid_models(), paid),
            spent: self.spent(),
            cache: self.cache(),
            templates: self.template_set(),
            custom_templates: self.has_custom_templates(),
            variants: self.uses(),
        }
    }

    fn config(&self) -> Value {
        self.config.clone()
    }

    async fn forget(&self, signal_digest: &str) {
        let cleared = self
            .asker
            .parts()
            .cached
            .cache()
            .forget(signal_digest)
            .await;
        if !cleared.complete {
            tracing::warn!(
                "the shared cache is away; answers about a lead may stay until they expire"
            );
        }
    }

    fn is_ready(&self) -> bool {
        let client = self.asker.parts().cached.client();
        self.begun.load(SeqCst) && client.is_ready(Aliases::FAST) && client.is_ready(Aliases::DEEP)
    }

    async fn clear_cache(&self, scope: ClearScope) -> Result<Cleared, AdminError> {
        let cache = self.asker.parts().cached.cache();
        let cleared = cache.clear(&meant(scope)?).await;
        let generation = cleared.generation.unwrap_or(cache.stats().generation);
        Ok(Cleared {
            l1: cleared.l1,
            l2_generation: generation,
        })
    }

    async fn reload_templates(&self) -> Result<TemplateSet, AdminError> {
        self.reload().await
    }

    async fn template(&self, name: &str, with_text: bool) -> Result<TemplateDetails, AdminError> {
        self.details(name, with_text)
    }

    async fn render(
        &self,
        name: &str,
        variables: BTreeMap<String, String>,
    ) -> Result<Preview, AdminError> {
        self.preview(name, &variables)
    }

    fn models(&self) -> Value {
        let catalogue = self.asker.parts().cached.client().catalogue();
        let today = self.today();
        let local = self.local_models();
        let used: Vec<String> = local
            .values()
            .chain(self.paid_models().values())
            .cloned()
            .collect();
        let mut rows: Vec<Model> = catalogue.models().cloned().collect();
        let named = local
            .values()
            .map(|model| catalogue.row(llm::ollama::NAME, model));
        rows.extend(named);
        let rows = rows.iter().filter(|row| row.id != "*");
        let rows: Vec<Value> = rows.map(|row| told(row, &used, &today)).collect();
        json!({"as_of": catalogue.as_of(), "today": today, "models": rows})
    }
}

fn meant(scope: ClearScope) -> Result<Scope, AdminError> {
    let task = |name: &str| {
        let known = TASKS
            .contains(&name)
            .then(|| Task::new(name).ok())
            .flatten();
        known.ok_or_else(|| {
            AdminError::Unknown(format!("task {name}; there are {}", TASKS.join(", ")))
        })
    };
    Ok(match scope {
        ClearScope::All => Scope::All,
        ClearScope::Task(name) => Scope::Task(task(&name)?),
        ClearScope::Key(key) => {
            let wanted = || AdminError::Unknown("such key; write task:digest".into());
            let (name, digest) = key.split_once(':').ok_or_else(wanted)?;
            Scope::Key(Key::from_hex(&task(name)?, digest).ok_or_else(wanted)?)
        }
    })
}

/// One row of the table of models, for people.
fn told(row: &Model, used: &[String], today: &str) -> Value {
    let prices = row
        .prices
        .iter()
        .rfind(|one| one.effective_from.as_str() <= today);
    let tiers = prices.map(|prices| {
        let tiers = prices.tiers.iter().map(|tier| {
            json!({
                "up_to_input_tokens": tier.up_to_input_tokens,
                "input": tier.input, "output": tier.output,
                "cache_write_5m": tier.cache_write_5m, "cache_write_1h": tier.cache_write_1h,
                "cache_read": tier.cache_read,
            })
        });
        json!({"effective_from": prices.effective_from, "tiers": tiers.collect::<Vec<_>>()})
    });
    json!({
        "provider": row.provider, "model": row.id, "in_use": used.contains(&row.id),
        "context_tokens": row.context_tokens, "max_output_tokens": row.max_output_tokens,
        "capabilities": {
            "sampling": row.sampling, "forced_tool": row.forced_tool,
            "structured": row.structured, "prefill": row.prefill, "effort": row.effort,
            "thinking": match row.thinking {
                Thinking::None => "none",
                Thinking::Adaptive => "adaptive",
                Thinking::Always => "always",
                Thinking::Extended => "extended",
            },
            "min_prompt_cache_tokens": row.min_prompt_cache_tokens,
        },
        "is_retired": row.is_retired(today),
        "lifecycle": lifecycle(row), "retires_at": row.retires_at,
        "retires_in_days": row.retires_in_days(today),
        "usd_per_million_tokens": tiers,
    })
}

fn lifecycle(row: &Model) -> &'static str {
    match row.lifecycle {
        catalogue::Lifecycle::Active => "active",
        catalogue::Lifecycle::Legacy => "legacy",
        catalogue::Lifecycle::Deprecated => "deprecated",
        catalogue::Lifecycle::Retired => "retired",
    }
}
