//! Checking one statement.

mod numbers;

use super::{
    Evidence, Fault, Reason,
    evidence::folded,
    mentions::{Mention, Written, mentions},
    walk::CITATIONS,
};
use numbers::{Numbers, is_near, written_of};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Fields that hold ids of events.
const ID_FIELDS: [&str; 4] = [CITATIONS, "events", "event_id", "event_ids"];
/// The one that holds an id beside citations, and words elsewhere.
const EVENT_FIELD: &str = "event";
/// The list of ids that answers name so.
const ID_LIST: &str = "timestamps";
/// Fields of instants.
const INSTANT_FIELDS: [&str; 7] = [
    "timestamp",
    "timestamps",
    "time",
    "start",
    "end",
    "second",
    "seconds",
];
/// Part of the names of fields that hold lengths.
const LENGTH_FIELD: &str = "duration";

/// What came of one statement.
pub(super) struct Check<'a> {
    numbers: Numbers<'a>,
    evidence: &'a Evidence,
    /// How many things were checked.
    pub(super) checked: usize,
    /// What does not hold.
    pub(super) reasons: Vec<Reason>,
}

impl<'a> Check<'a> {
    /// Checks a statement that stands under this name.
    pub(super) fn of(evidence: &'a Evidence, name: &str, statement: &Value) -> Self {
        let mut ids = Vec::new();
        cited(name, statement, &mut ids);
        let distinct: BTreeSet<&String> = ids.iter().collect();
        let events = distinct.into_iter().filter_map(|id| evidence.event(id));
        let mut check = Self {
            numbers: Numbers::new(evidence, events.collect()),
            evidence,
            checked: 0,
            reasons: Vec::new(),
        };
        for id in ids {
            let is_known = evidence.event(&id).is_some();
            check.note(is_known, Fault::UnknownEvent, &id);
        }
        check.value(name, statement);
        check
    }

    fn note(&mut self, holds: bool, fault: Fault, said: &str) {
        self.checked += 1;
        if !holds {
            self.reasons.push(Reason {
                fault,
                said: said.to_owned(),
            });
        }
    }

    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => self.object(fields),
            Value::Array(items) => {
                for item in items {
                    self.value(name, item);
                }
            }
            Value::String(text) if !is_id_field(name) && !is_id_in_list(name, text) => {
                self.text(name, text);
            }
            Value::Number(_) if !is_id_field(name) => self.number(name, value),
            _ => {}
        }
    }

    fn object(&mut self, fields: &Map<String, Value>) {
        let metric = fields
            .get("name")
            .and_then(Value::as_str)
            .zip(fields.get("value"));
        if let Some((name, value)) = metric {
            self.metric(name, value);
        }
        for (name, value) in fields {
            let is_metric = metric.is_some() && (name == "name" || name == "value");
            if !is_metric {
                self.value(role(fields, name), value);
            }
        }
    }

    /// A metric by its name, with its value.
    fn metric(&mut self, name: &str, value: &Value) {
        let called = || {
            self.evidence
                .metrics()
                .iter()
                .filter(|one| one.is_called(name))
        };
        let is_known = called().next().is_some();
        let holds = called().any(|one| is_same(&one.value, value));
        let fault = if is_known {
            Fault::MetricDiffers
        } else {
            Fault::UnknownMetric
        };
        self.note(is_known && holds, fault, &format!("{name}: {value}"));
    }

    fn number(&mut self, name: &str, value: &Value) {
        let Some(written) = written_of(value) else {
            return;
        };
        let mut called = self
            .evidence
            .metrics()
            .iter()
            .filter(|one| one.leaf == name);
        let is_known = called.clone().next().is_some();
        if called.any(|one| is_same(&one.value, value)) {
            self.note(true, Fault::MetricDiffers, name);
        } else if INSTANT_FIELDS.contains(&name) {
            self.instant(&written);
        } else if name.to_lowercase().contains(LENGTH_FIELD) {
            self.seconds(&written);
        } else if is_known {
            self.note(false, Fault::MetricDiffers, &format!("{name}: {value}"));
        } else {
            let holds = self.numbers.has_number(&written, None);
            self.note(holds, Fault::NumberNotMeasured, &format!("{name}: {value}"));
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        if let (true, Some(written)) = (INSTANT_FIELDS.contains(&name), written_of(&text.into())) {
            self.instant(&written);
            return;
        }
        for mention in mentions(text) {
            match mention {
                Mention::Quote(quote) => {
                    let holds = self.is_said(&quote);
                    self.note(holds, Fault::QuoteNotFound, &quote);
                }
                Mention::Id(_) => {}
                Mention::Instant(written) => self.instant(&written),
                Mention::Seconds(written) => self.seconds(&written),
                Mention::Percent(written) => {
                    let holds = self.numbers.has_share(&written);
                    self.note(
                        holds,
                        Fault::ShareNotMeasured,
                        &format!("{} %", written.said),
                    );
                }
                Mention::Number(written, noun) => {
                    let holds = self.numbers.has_number(&written, noun.as_deref());
                    self.note(holds, Fault::NumberNotMeasured, &written.said);
                }
                Mention::Unclear(written) => {
                    let holds = self.numbers.has_instant(&written)
                        || self.numbers.has_number(&written, None);
                    self.note(holds, self.time_fault(&written), &written.said);
                }
            }
        }
    }

    fn instant(&mut self, written: &Written) {
        let holds = self.numbers.has_instant(written);
        self.note(holds, self.time_fault(written), &written.said);
    }

    fn seconds(&mut self, written: &Written) {
        let holds = self.numbers.has_instant(written) || self.numbers.has_length(written);
        self.note(holds, self.time_fault(written), &written.said);
    }

    fn time_fault(&self, written: &Written) -> Fault {
        let is_beyond = |duration| written.value > duration + written.half;
        if self.evidence.duration.is_some_and(is_beyond) {
            Fault::BeyondTheEnd
        } else {
            Fault::TimeNotMeasured
        }
    }

    /// Whether somebody said or showed this, or it is the name of something measured.
    fn is_said(&self, quote: &str) -> bool {
        let quote = folded(quote);
        let texts = self.evidence.texts();
        let mut said = texts.said.iter();
        texts.names.contains(&quote) || said.any(|text| holds_words(text, &quote))
    }
}

/// What a field is read as: `event` beside citations holds an id like these.
fn role<'a>(fields: &Map<String, Value>, name: &'a str) -> &'a str {
    if name == EVENT_FIELD && fields.contains_key(CITATIONS) {
        CITATIONS
    } else {
        name
    }
}

fn is_id_field(name: &str) -> bool {
    ID_FIELDS.contains(&name)
}

/// Whether a text in the list of that name is an id and no time.
fn is_id_in_list(name: &str, text: &str) -> bool {
    name == ID_LIST && text.starts_with(|c: char| c.is_alphabetic())
}

/// Every id a statement names.
fn cited(name: &str, value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::String(text) if is_id_field(name) || is_id_in_list(name, text) => {
            ids.push(text.clone())
        }
        Value::String(text) => {
            ids.extend(
                mentions(text)
                    .into_iter()
                    .filter_map(|mention| match mention {
                        Mention::Id(id) => Some(id),
                        _ => None,
                    }),
            );
        }
        Value::Number(_) if is_id_field(name) => ids.push(value.to_string()),
        Value::Array(items) => items.iter().for_each(|item| cited(name, item, ids)),
        Value::Object(fields) if fields.contains_key("name") && fields.contains_key("value") => {
            // The name of a metric is no text.
            let others = fields
                .iter()
                .filter(|(name, _)| *name != "name" && *name != "value");
            others.for_each(|(name, value)| cited(name, value, ids));
        }
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| cited(role(fields, name), value, ids)),
        _ => {}
    }
}

/// Whether a value is a metric, as it was written.
fn is_same(metric: &Value, said: &Value) -> bool {
    match (metric.as_f64(), written_of(said)) {
        (Some(measured), Some(written)) if said.is_number() => is_near(&written, measured),
        _ => metric == said,
    }
}

/// Whether a text holds another as whole words; where words are not parted by spaces, anywhere.
fn holds_words(text: &str, quote: &str) -> bool {
    if quote.is_ascii() {
        format!(" {text} ").contains(&format!(" {quote} "))
    } else {
        text.contains(quote)
    }
}
