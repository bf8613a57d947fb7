//! What was measured and handed to a model: events with ids and times, and metrics.

use super::collect;
use contracts::analysis::AnalysisName;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most events of one kind that are handed to a model; of more, every so many.
pub const MAX_EVENTS_PER_KIND: usize = 60;

/// One measured event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Its id, as `shot_3`.
    pub id: String,
    /// What it is, as `shot`.
    pub kind: String,
    /// What it says or shows; null if there is nothing to say.
    pub label: Option<String>,
    /// When, as pairs of seconds; both the same for an instant.
    pub times: Vec<(f64, f64)>,
}

/// What an answer is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Length of the video in seconds; `None` if it is not known.
    pub duration: Option<f64>,
    events: Vec<Event>,
    /// How many events of a kind were measured, also of those that are not handed over.
    counts: BTreeMap<String, usize>,
    metrics: Vec<Metric>,
    texts: Texts,
    /// Lengths in the names of metrics, as of `first_5_seconds`.
    windows: Vec<f64>,
}

/// One value among the metrics.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metric {
    /// Names on the way to it, without places in lists, with points between them.
    pub(super) path: String,
    /// The last of these names.
    pub(super) leaf: String,
    /// The words of that name.
    pub(super) words: Vec<String>,
    pub(super) value: Value,
    /// Whether it is the length of a list.
    pub(super) is_count: bool,
}

impl Metric {
    fn new(path: &[String], value: Value, is_count: bool) -> Self {
        let leaf = path.last().cloned().unwrap_or_default();
        Self {
            path: path.join("."),
            words: words(&leaf),
            leaf,
            value,
            is_count,
        }
    }

    /// Whether `name` is its path, or the end of it.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let before = self.path.strip_suffix(name);
        !name.is_empty() && before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }
}

/// What quotations may be of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Texts {
    /// What was said or shown, and texts among the metrics, as [`folded`].
    pub(super) said: BTreeSet<String>,
    /// Names of metrics, kinds and ids of events, as [`folded`].
    pub(super) names: BTreeSet<String>,
}

impl Evidence {
    /// Events and metrics, as they are handed over. Of events with the same id the first counts,
    /// and of a kind with more than [`MAX_EVENTS_PER_KIND`] every so many.
    #[must_use]
    pub fn new(duration: Option<f64>, events: Vec<Event>, metrics: &Value) -> Self {
        let mut by_kind: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for event in events {
            if ids.insert(event.id.clone()) {
                by_kind.entry(event.kind.clone()).or_default().push(event);
            }
        }
        let counts = by_kind.iter().map(|(kind, all)| (kind.clone(), all.len()));
        let counts = counts.collect();
        let mut events: Vec<Event> = by_kind.into_values().flat_map(spread).collect();
        events.sort_by(|a, b| first(a).total_cmp(&first(b)).then_with(|| a.id.cmp(&b.id)));
        let mut flat = Vec::new();
        flatten(metrics, &mut Vec::new(), &mut flat);
        let texts = Texts {
            said: said(&events, &flat),
            names: names(&events, &flat),
        };
        let windows = flat.iter().flat_map(|one| words(&one.path));
        Self {
            duration,
            events,
            counts,
            windows: windows.filter_map(|word| word.parse().ok()).collect(),
            metrics: flat,
            texts,
        }
    }

    /// What a unified analysis holds for one analysis, and the metrics of that analysis. What was
    /// not measured has no events.
    #[must_use]
    pub fn of_unified(analysis: AnalysisName, unified: &Value, metrics: &Value) -> Self {
        let duration = unified.get("duration").and_then(Value::as_f64);
        let wanted = collect::kinds(analysis);
        let mut events = collect::events(unified);
        events.retain(|event| wanted.contains(&event.kind.as_str()));
        Self::new(duration, events, metrics)
    }

    /// The events that may be cited.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Their ids, in their order.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.id.as_str()).collect()
    }

    /// The event of this id.
    #[must_use]
    pub fn event(&self, id: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.id == id)
    }

    /// The events as they stand in a prompt.
    #[must_use]
    pub fn for_prompt(&self) -> Value {
        let events = self.events.iter().map(|event| {
            let times = event.times.iter();
            let times: Vec<Value> = times
                .map(|(start, end)| json!({"start": start, "end": end}))
                .collect();
            let mut told = Map::new();
            told.insert("id".into(), json!(event.id));
            told.insert("kind".into(), json!(event.kind));
            told.extend(
                event
                    .label
                    .iter()
                    .map(|label| ("label".to_owned(), json!(label))),
            );
            told.insert("times".into(), json!(times));
            Value::Object(told)
        });
        events.collect()
    }

    pub(super) fn counts(&self) -> &BTreeMap<String, usize> {
        &self.counts
    }

    pub(super) fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    pub(super) const fn texts(&self) -> &Texts {
        &self.texts
    }

    pub(super) fn windows(&self) -> &[f64] {
        &self.windows
    }
}

fn first(event: &Event) -> f64 {
    event
        .times
        .first()
        .map_or(f64::INFINITY, |(start, _)| *start)
}

/// All of a few, and every so many of more.
fn spread(events: Vec<Event>) -> Vec<Event> {
    let count = events.len();
    if count <= MAX_EVENTS_PER_KIND {
        return events;
    }
    let kept = |place: &usize| {
        (place * MAX_EVENTS_PER_KIND) / count != ((place + 1) * MAX_EVENTS_PER_KIND) / count
    };
    let events = events.into_iter().enumerate();
    events
        .filter(|(place, _)| kept(place))
        .map(|(_, event)| event)
        .collect()
}

/// Every value, and the length of every list, under the names on the way to it.
fn flatten(value: &Value, path: &mut Vec<String>, found: &mut Vec<Metric>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                path.push(name.clone());
                flatten(value, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            found.push(Metric::new(path, json!(items.len()), true));
            for item in items {
                flatten(item, path, found);
            }
        }
        leaf => found.push(Metric::new(path, leaf.clone(), false)),
    }
}

fn said(events: &[Event], metrics: &[Metric]) -> BTreeSet<String> {
    let labels = events.iter().filter_map(|event| event.label.as_deref());
    let metrics = metrics.iter().filter_map(|one| one.value.as_str());
    labels.chain(metrics).map(folded).collect()
}

fn names(events: &[Event], metrics: &[Metric]) -> BTreeSet<String> {
    let events = events.iter().flat_map(|event| [&event.id, &event.kind]);
    let metrics = metrics.iter().flat_map(|one| [&one.leaf, &one.path]);
    events.chain(metrics).map(|name| folded(name)).collect()
}

/// The words of a text, whatever their case and what stands between them.
pub(super) fn folded(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

/// The words of a name: `totalScenes` is `total` and `scenes`.
fn words(name: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for letter in name.chars() {
        if letter.is_uppercase() || !letter.is_alphanumeric() {
            found.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), found.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    found.retain(|word| !word.is_empty());
    found
}
