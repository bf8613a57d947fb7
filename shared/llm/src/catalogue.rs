//! What models can do, until when there are any, and what they cost: one table, built in and
//! replaceable by a file.

mod cost;

pub use cost::{Billing, Cost};

use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, SystemTime},
};

/// The table that is built in.
const BUILT_IN: &str = include_str!("catalogue/models.json");
/// Version of the table's form.
const VERSION: u32 = 1;
/// The row of every model of a provider that has none of its own.
const ANY: &str = "*";
/// Room for answers of models that nobody knows, in tokens.
const UNKNOWN_OUTPUT: u32 = 8192;
/// Context of models that nobody knows, in tokens.
const UNKNOWN_CONTEXT: u32 = 200_000;
/// Tokenisers of late models make more of the same text; for unknown ones the larger number is
/// assumed.
const UNKNOWN_FACTOR: f64 = 1.3;

/// Whether a model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// Never.
    None,
    /// As it finds fit.
    Adaptive,
    /// Always.
    Always,
    /// If it is told to, which it is not.
    Extended,
}

impl Thinking {
    /// Whether room for it is needed.
    #[must_use]
    pub const fn can_run(self) -> bool {
        matches!(self, Self::Adaptive | Self::Always)
    }
}

/// Where a model stands between its beginning and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// It is offered.
    Active,
    /// It is offered, and there is a better one.
    Legacy,
    /// It has an end.
    Deprecated,
    /// It has ended.
    Retired,
}

/// Prices in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Most tokens read for which they hold; `None` is any number.
    pub up_to_input_tokens: Option<u64>,
    /// Of tokens read.
    pub input: f64,
    /// Of tokens said.
    pub output: f64,
    /// Of tokens read into the prompt cache of five minutes; `None` if there is no price.
    pub cache_write_5m: Option<f64>,
    /// Of tokens read into the prompt cache of an hour.
    pub cache_write_1h: Option<f64>,
    /// Of tokens read from a prompt cache.
    pub cache_read: Option<f64>,
}

/// Prices from a day on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The day, as `2026-10-07`.
    pub effective_from: String,
    /// By the number of tokens read, the smallest number first.
    pub tiers: Vec<Tier>,
}

/// What one model can do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Who offers it.
    pub provider: String,
    /// Its name.
    pub id: String,
    /// What it can read and say in all, in tokens.
    pub context_tokens: u32,
    /// What it can say, in tokens.
    pub max_output_tokens: u32,
    /// Whether it takes temperature and its kind.
    pub sampling: bool,
    /// Whether it can be made to use a tool.
    pub forced_tool: bool,
    /// Whether its answer can be held to a schema.
    pub structured: bool,
    /// Whether its answer can be begun for it.
    pub prefill: bool,
    /// Whether it thinks.
    pub thinking: Thinking,
    /// Whether it can be told how hard to think.
    pub effort: bool,
    /// Shortest beginning of a prompt that the provider keeps, in tokens.
    pub min_prompt_cache_tokens: u64,
    /// The version of the interface it is asked through, if not the usual one.
    pub api_version: Option<String>,
    /// How many more tokens its tokeniser makes than is estimated.
    pub token_factor: f64,
    /// Where it stands.
    pub lifecycle: Lifecycle,
    /// Its last day, as `2026-11-30`.
    pub retires_at: Option<String>,
    /// What it costs, the oldest prices first.
    pub prices: Vec<Prices>,
}

impl Model {
    /// The row of a model that nobody knows: it can little, and its price is not known.
    fn unknown(provider: &str, id: &str) -> Self {
        Self {
            provider: provider.into(),
            id: id.into(),
            context_tokens: UNKNOWN_CONTEXT,
            max_output_tokens: UNKNOWN_OUTPUT,
            sampling: false,
            forced_tool: false,
            structured: false,
            prefill: false,
            thinking: Thinking::None,
            effort: false,
            min_prompt_cache_tokens: u64::MAX,
            api_version: None,
            token_factor: UNKNOWN_FACTOR,
            lifecycle: Lifecycle::Active,
            retires_at: None,
            prices: Vec::new(),
        }
    }

    /// Whether it has ended on a day.
    #[must_use]
    pub fn is_retired(&self, today: &str) -> bool {
        let ended = self.retires_at.as_deref().is_some_and(|last| last <= today);
        self.lifecycle == Lifecycle::Retired || ended
    }

    /// Days until it ends; negative if it has, `None` if no end is known.
    #[must_use]
    pub fn retires_in_days(&self, today: &str) -> Option<i32> {
        let last: jiff::civil::Date = self.retires_at.as_deref()?.parse().ok()?;
        let today: jiff::civil::Date = today.parse().ok()?;
        today.until(last).ok().map(|span| span.get_days())
    }
}

/// Why the table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It cannot be read.
    #[error("cannot read the table of models {0}")]
    Read(String, #[source] std::io::Error),
    /// It says something that is not understood.
    #[error("the table of models {0} is not understood")]
    Form(String, #[source] serde_json::Error),
    /// It says something that cannot be.
    #[error("the table of models {0}: {1}")]
    Content(String, String),
}

/// A model that has ended, and nothing takes its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "model {model} ended on {ended}; set another, name a replacement in claude_model_replacements, or set allow_retired_models"
)]
pub struct Retired {
    /// Which.
    pub model: String,
    /// When, if it is known.
    pub ended: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    as_of: String,
    #[serde(default)]
    replacements: BTreeMap<String, String>,
    models: Vec<Model>,
}

/// The table.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    as_of: String,
    replacements: BTreeMap<String, String>,
    models: BTreeMap<(String, String), Model>,
}

impl Catalogue {
    /// The table that is built in.
    ///
    /// # Errors
    /// [`CatalogueError`]; a test sees to it that there is none.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::parse("built in", BUILT_IN)
    }

    /// The table of a file, of the same form as the one that is built in.
    ///
    /// # Errors
    /// [`CatalogueError`] if it cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| CatalogueError::Read(name.clone(), error))?;
        Self::parse(&name, &text)
    }

    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, CatalogueError> {
        let file: File =
            serde_json::from_str(text).map_err(|error| CatalogueError::Form(name.into(), error))?;
        let wrong = |what: String| Err(CatalogueError::Content(name.into(), what));
        if file.version != VERSION {
            return wrong(format!(
                "version is {}, {VERSION} is understood",
                file.version
            ));
        }
        let mut models = BTreeMap::new();
        for model in file.models {
            if let Some(what) = implausible(&model) {
                return wrong(format!("{} {what}", model.id));
            }
            let key = (
                model.provider.clone(),
                normalised(&model.provider, &model.id),
            );
            if let Some(twice) = models.insert(key, model) {
                return wrong(format!("{} stands there twice", twice.id));
            }
        }
        Ok(Self {
            as_of: file.as_of,
            replacements: file.replacements,
            models,
        })
    }

    /// The same table with the prices of another.
    #[must_use]
    pub fn with_prices_of(mut self, other: &Self) -> Self {
        for (key, model) in &mut self.models {
            if let Some(priced) = other.models.get(key) {
                model.prices.clone_from(&priced.prices);
            }
        }
        self
    }

    /// The day up to which it is known to be right.
    #[must_use]
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// Every model, those of a provider together.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.values()
    }

    /// The row of a model: its own, the provider's for all others, or that of one nobody knows.
    #[must_use]
    pub fn row(&self, provider: &str, model: &str) -> Model {
        let of = |id: &str| {
            self.models
                .get(&(provider.to_owned(), normalised(provider, id)))
        };
        match of(model).or_else(|| of(ANY)) {
            Some(row) => Model {
                id: model.into(),
                ..row.clone()
            },
            None => Model::unknown(provider, model),
        }
    }

    /// The model that is asked when `model` is: the same, or what takes the place of one that has
    /// ended. `replacements` go before those of the table.
    ///
    /// # Errors
    /// [`Retired`] if it has ended and nothing takes its place.
    pub fn resolve(
        &self,
        provider: &str,
        model: &str,
        replacements: &BTreeMap<String, String>,
        allow_retired: bool,
        today: &str,
    ) -> Result<String, Retired> {
        let row = self.row(provider, model);
        if allow_retired || !row.is_retired(today) {
            return Ok(model.to_owned());
        }
        let found = replacements
            .get(model)
            .or_else(|| self.replacements.get(model));
        let usable = found.filter(|other| !self.row(provider, other).is_retired(today));
        usable.cloned().ok_or_else(|| Retired {
            model: model.into(),
            ended: row.retires_at.unwrap_or_else(|| "an unknown day".into()),
        })
    }
}

/// What cannot be true of a row.
fn implausible(model: &Model) -> Option<&'static str> {
    let sane = |price: f64| price.is_finite() && price >= 0.0;
    let tiers = || model.prices.iter().flat_map(|prices| &prices.tiers);
    let all_sane = tiers().all(|tier| {
        let optional = [tier.cache_write_5m, tier.cache_write_1h, tier.cache_read];
        sane(tier.input) && sane(tier.output) && optional.into_iter().flatten().all(sane)
    });
    let sorted = |prices: &Prices| {
        prices.tiers.windows(2).all(|pair| match pair {
            [one, next] => {
                let end = next.up_to_input_tokens.unwrap_or(u64::MAX);
                one.up_to_input_tokens.is_some_and(|limit| limit < end)
            }
            _ => true,
        })
    };
    let dates: Vec<&str> = model
        .prices
        .iter()
        .map(|one| one.effective_from.as_str())
        .collect();
    if !all_sane {
        Some("has a price that is none")
    } else if !model.prices.iter().all(sorted) {
        Some("has tiers that are not in order")
    } else if !dates.is_sorted() {
        Some("has prices that are not in order of their days")
    } else if model.context_tokens == 0 || model.max_output_tokens == 0 {
        Some("has no context or no room for answers")
    } else {
        None
    }
}

/// A name as it is compared: Ollama takes a name without a tag for the latest of it.
fn normalised(provider: &str, id: &str) -> String {
    if provider == crate::ollama::NAME && id != ANY {
        crate::ollama::tagged(id)
    } else {
        id.to_owned()
    }
}

/// The day of a moment, in UTC, as the table writes days.
#[must_use]
pub fn day(now: SystemTime) -> String {
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    let timestamp = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    timestamp.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: &str = "2026-11-20";

    #[test]
    fn promise_17_models_that_ended_are_replaced_or_refused() {
        let catalogue = Catalogue::built_in().unwrap();
        let none = BTreeMap::new();
        let resolve = |model: &str, own: &BTreeMap<_, _>, allow, today| {
            catalogue.resolve("claude", model, own, allow, today)
        };
        let seed = "claude-3-haiku-20240307";
        assert_eq!(
            resolve(seed, &none, false, TODAY).unwrap(),
            "claude-haiku-5-5"
        );
        assert_eq!(resolve(seed, &none, true, TODAY).unwrap(), seed);
        let own = BTreeMap::from([(seed.to_owned(), "claude-haiku-4-5-20251001".to_owned())]);
        assert_eq!(
            resolve(seed, &own, false, TODAY).unwrap(),
            "claude-haiku-4-5-20251001"
        );
        let ending = "claude-sonnet-4-5-20250929";
        assert_eq!(resolve(ending, &none, false, TODAY).unwrap(), ending);
        let error = resolve(ending, &none, false, "2026-11-30").unwrap_err();
        assert!(error.to_string().contains("2026-11-30"), "{error}");
        let circle = BTreeMap::from([(ending.to_owned(), seed.to_owned())]);
        assert!(resolve(ending, &circle, false, "2026-12-01").is_err());
    }

    #[test]
    fn the_end_of_a_model_is_seen_coming() {
        let catalogue = Catalogue::built_in().unwrap();
        let row = catalogue.row("claude", "claude-sonnet-4-5-20250929");
        assert_eq!(row.retires_in_days(TODAY), Some(10));
        assert_eq!(row.retires_in_days("2026-12-02"), Some(-2));
        assert_eq!(row.retires_in_days("2026-06-01"), Some(182));
        assert_eq!(
            catalogue
                .row("claude", "claude-haiku-5-5")
                .retires_in_days(TODAY),
            None
        );
    }

    #[test]
    fn a_model_nobody_knows_can_little_and_has_no_price() {
        let catalogue = Catalogue::built_in().unwrap();
        let row = catalogue.row("claude", "claude-mythos-5-2");
        assert_eq!(
            (row.sampling, row.structured, row.prices.len()),
            (false, false, 0)
        );
        let local = catalogue.row("ollama", "phi4");
        assert_eq!((local.id.as_str(), local.sampling), ("phi4", true));
        let same = catalogue.row("ollama", "nomic-embed-text:latest");
        assert_eq!(same.context_tokens, 2048);
    }

    #[test]
    fn a_table_that_cannot_be_right_is_refused() {
        let spoil =
            |from: &str, to: &str| Catalogue::parse("test", &BUILT_IN.replacen(from, to, 1));
        for (from, to, said) in [
            ("\"version\": 1", "\"version\": 2", "version"),
            ("\"input\": 0.25", "\"input\": -0.25", "no"),
            (
                "\"up_to_input_tokens\": 100000",
                "\"up_to_input_tokens\": null",
                "order",
            ),
            (
                "claude-sonnet-5-5\", \"context",
                "claude-sonnet-5\", \"context",
                "twice",
            ),
        ] {
            let error = spoil(from, to).unwrap_err().to_string();
            assert!(error.contains(said), "{from}: {error}");
        }
        assert!(matches!(
            spoil("\"sampling\"", "\"sampeling\""),
            Err(CatalogueError::Form(..))
        ));
        let missing = Catalogue::read(Path::new("/nowhere/models.json")).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/models.json"));
    }

    #[test]
    fn a_file_takes_the_place_of_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.json");
        std::fs::write(&path, BUILT_IN.replace("\"input\": 0.25", "\"input\": 9.0")).unwrap();
        let read = Catalogue::read(&path).unwrap();
        let built_in = Catalogue::built_in().unwrap();
        assert_ne!(read, built_in);
        assert_eq!(built_in.with_prices_of(&read), read);
    }

    #[test]
    fn days_are_written_as_in_the_table() {
        let at = |seconds| day(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(1_795_132_800), "2026-11-20");
        assert_eq!(at(1_795_132_799), "2026-11-19");
    }
}
