//! Whatever a model invents is dropped; whatever it repeats is kept.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{evidence, metrics, unified};
use contracts::analysis::SCENE_PACING;
use llm::grounding::{Event, Evidence, Fault, ground};
use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Map, Value, json};

fn blocks(claims: Vec<Value>) -> Map<String, Value> {
    Map::from_iter([("Dynamics".to_owned(), json!({"transitions": claims}))])
}

/// Ways to write an instant or a length with all its digits.
fn written(way: usize, seconds: f64) -> String {
    let (minutes, rest) = ((seconds / 60.0).floor(), seconds % 60.0);
    match way % 6 {
        0 => format!("It turns at {seconds} s."),
        1 => format!("It turns at {seconds} seconds."),
        2 => format!("It turns after {seconds}s."),
        3 => format!("In second {seconds} it turns."),
        4 => format!("It turns at {minutes}:{rest:05.2}."),
        _ => format!("It turns between {seconds} and {seconds} s."),
    }
}

/// Times and lengths that something of the evidence has, to the hundredth.
fn known(evidence: &Evidence) -> Vec<f64> {
    let mut known = vec![0.0, 10.4];
    let spans = evidence
        .events()
        .iter()
        .flat_map(|event| event.times.clone());
    for (start, end) in spans {
        known.extend([start, end, end - start]);
    }
    for event in evidence.events() {
        known.push(event.times.iter().map(|(start, end)| end - start).sum());
    }
    numbers(&metrics(), &mut known);
    known
}

fn numbers(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Array(items) => {
            found.push(items.len() as f64);
            items.iter().for_each(|item| numbers(item, found));
        }
        Value::Object(fields) => fields.values().for_each(|item| numbers(item, found)),
        _ => found.extend(value.as_f64()),
    }
}

/// Every name of a metric with its value.
fn named(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                named(value, &path, found);
            }
        }
        Value::Array(_) => {}
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

fn event() -> impl Strategy<Value = Event> {
    select(evidence().events().to_vec())
}

/// A true claim about one event.
fn truth() -> impl Strategy<Value = Value> {
    (event(), any::<Index>(), 0..8_usize, any::<bool>()).prop_map(|(event, place, way, cites)| {
        let (start, end) = *place.get(&event.times);
        let exact = |seconds: f64| (seconds * 1e4).round() / 1e4;
        let statement = match way {
            6 => format!("It lasts {} s.", exact(end - start)),
            7 => match &event.label {
                Some(label) => format!("It shows \"{label}\" from {start} to {end} s."),
                None => format!("{} lasts from {start} to {end} s.", event.id),
            },
            4 => format!("It begins at {start} s."),
            way => written(way, exact(if cites { start } else { end })),
        };
        let citations = if cites { vec![event.id] } else { vec![] };
        json!({"statement": statement, "citations": citations})
    })
}

fn metric() -> impl Strategy<Value = Value> {
    let mut all = Vec::new();
    named(&metrics(), "", &mut all);
    select(all).prop_map(|(name, value)| json!({"name": name, "value": value, "citations": []}))
}

proptest! {
    #[test]
    fn a_truthful_answer_loses_nothing(claims in prop::collection::vec(prop_oneof![truth(), metric()], 1..20)) {
        let answer = blocks(claims);
        let (kept, told) = ground(&answer, &evidence());
        prop_assert_eq!(&told.dropped, &vec![]);
        prop_assert_eq!(kept, answer);
        prop_assert_eq!((told.unchecked, told.grounding_rate), (0, Some(1.0)));
    }

    /// In hundredths of seconds, also beyond the end; with and without real ids beside it.
    #[test]
    fn invented_times_are_all_dropped_and_counted(
        times in prop::collection::vec((1_u32..3000, 0..6_usize, prop::option::of(event())), 1..20),
    ) {
        let evidence = evidence();
        let known = known(&evidence);
        let invented: Vec<(f64, usize, Option<Event>)> = times
            .into_iter()
            .map(|(time, way, event)| (f64::from(time) / 100.0 + 0.001, way, event))
            // Nothing measured is near, whatever the rounding.
            .filter(|(time, ..)| known.iter().all(|one| (one - time).abs() > 0.051 && (one - time).abs() > 0.05 * one))
            .collect();
        let claims = invented.iter().map(|(time, way, event)| {
            let citations: Vec<&str> = event.iter().map(|event| event.id.as_str()).collect();
            let time = if *way == 4 { (time * 100.0).round() / 100.0 } else { *time };
            json!({"statement": written(*way, time), "citations": citations})
        });
        let (kept, told) = ground(&blocks(claims.collect()), &evidence);
        prop_assert_eq!(&kept["Dynamics"]["transitions"], &json!([]));
        prop_assert_eq!(told.dropped.len(), invented.len());
        let counted = [Fault::BeyondTheEnd, Fault::TimeNotMeasured].map(|fault| told.faults.get(&fault).copied().unwrap_or(0));
        let mentioned: usize = invented.iter().map(|(_, way, _)| if *way == 5 { 2 } else { 1 }).sum();
        prop_assert_eq!(counted.iter().sum::<usize>(), mentioned);
        let rate = if invented.is_empty() { None } else { Some(0.0) };
        prop_assert_eq!(told.grounding_rate, rate);
    }

    #[test]
    fn invented_ids_are_all_dropped(numbers in prop::collection::vec(100_u32..9999, 1..10), kind in "[a-z]{2,8}") {
        let ids: Vec<String> = numbers.iter().map(|number| format!("{kind}_{number}")).collect();
        let claims = ids.iter().flat_map(|id| [
            json!({"statement": "It turns.", "citations": [id]}),
            json!({"statement": "It turns.", "citations": ["shot_1", id]}),
            json!({"statement": format!("It turns with {id}."), "citations": []}),
            json!({"event": id, "statement": "It turns.", "citations": ["shot_1"]}),
        ]);
        let (kept, told) = ground(&blocks(claims.collect()), &evidence());
        prop_assert_eq!(&kept["Dynamics"]["transitions"], &json!([]));
        prop_assert_eq!(told.faults[&Fault::UnknownEvent], 4 * ids.len());
    }

    /// Mixed answers lose the inventions and nothing else.
    #[test]
    fn what_is_invented_takes_nothing_true_with_it(truths in prop::collection::vec(truth(), 1..8), at in any::<Index>()) {
        let lie = json!({"statement": "It turns at 77.7 s.", "citations": ["shot_1"]});
        let mut claims = truths.clone();
        claims.insert(at.index(truths.len() + 1), lie.clone());
        let (kept, told) = ground(&blocks(claims), &evidence());
        prop_assert_eq!(&kept["Dynamics"]["transitions"], &json!(truths));
        prop_assert_eq!(&told.dropped[0].statement, &lie);
    }

    #[test]
    fn grounding_twice_is_grounding_once(claims in prop::collection::vec(
        prop_oneof![truth(), "[a-z0-9 :.%\"_]{0,40}".prop_map(Value::from), any::<f64>().prop_map(Value::from)], 0..12,
    )) {
        let (once, first) = ground(&blocks(claims), &evidence());
        let (twice, second) = ground(&once, &evidence());
        prop_assert_eq!(once, twice);
        prop_assert_eq!(second.dropped, vec![]);
        prop_assert_eq!(first.statements, second.statements + first.dropped.len());
    }

    #[test]
    fn any_text_is_held_against_any_evidence(text in any::<String>(), duration in prop::option::of(any::<f64>())) {
        let hostile = Event { id: text.clone(), kind: text.clone(), label: Some(text.clone()), times: vec![(f64::NAN, -1.0)] };
        let evidence = Evidence::new(duration, vec![hostile], &json!({&text: [1e308, text]}));
        let answer = json!({"a": [text, {"citations": [text]}], "b": text, "c": {"name": text, "value": 1e308}});
        let (_, told) = ground(answer.as_object().unwrap(), &evidence);
        prop_assert_eq!(told.statements, told.grounded + told.unchecked + told.dropped.len());
    }
}

#[test]
fn the_evidence_of_the_properties_is_worth_it() {
    let all = Evidence::of_unified(SCENE_PACING, &unified(), &metrics());
    let kinds: std::collections::BTreeSet<&str> = all
        .events()
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    assert!(all.events().len() >= 18, "{}", all.events().len());
}
