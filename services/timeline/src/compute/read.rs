//! Stored results of other stages, read item by item: a bad item is dropped and counted, never a
//! whole stream.

mod emotions;
mod objects;
mod people;
mod scene;
mod shots;
mod sound;
mod speech;
mod text;

pub use emotions::emotions;
pub use objects::objects;
pub(super) use objects::track_order;
pub use people::people;
pub use scene::{labels, moderation};
pub use shots::shots;
pub use sound::sound;
pub(super) use sound::window_of;
pub use speech::speech;
pub use text::text;

use super::measure::{Measured, Reason};
use crate::Limits;
use contracts::people::Rectangle;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

const MAX_NAME_CHARS: usize = 64;
/// Far above what fits on a screen or into one breath.
const MAX_TEXT_CHARS: usize = 4_096;

/// Number of dropped items by list, as `yolo.objectAnnotations`.
pub type Dropped = BTreeMap<String, u64>;

/// A result and how many of its items were dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// The result, sorted, with counts that agree with its lists.
    pub result: T,
    /// What was dropped; lists of which nothing was are not named.
    pub dropped: Dropped,
}

fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn is_text(text: &str) -> bool {
    text.chars().count() <= MAX_TEXT_CHARS
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS
}

fn is_rectangle(one: &Rectangle) -> bool {
    one.x.is_finite() && one.y.is_finite() && one.width >= 0.0 && one.height >= 0.0
}

fn is_box([x1, y1, x2, y2]: &[f64; 4]) -> bool {
    x1 <= x2 && y1 <= y2
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A result in which nothing is wrong, in one pass over its bytes; `None` if item by item has to be
/// looked at.
fn clean<T: DeserializeOwned>(bytes: &[u8], is_clean: impl FnOnce(&T) -> bool) -> Option<Read<T>> {
    let result: T = serde_json::from_slice(bytes).ok()?;
    is_clean(&result).then(|| Read {
        result,
        dropped: Dropped::new(),
    })
}

/// Items with one key that are compared with each other one by one; where there are more, hashes
/// are cheaper.
const MOST_ALIKE: usize = 64;

/// Whether a list is within its limit, all its items are valid, and none stands in it twice. Items
/// can only be the same if their `key` is.
fn all_valid<T: PartialEq>(
    items: &[T],
    limits: &Limits,
    key: impl Fn(&T) -> f64,
    valid: impl Fn(&T) -> bool,
) -> bool {
    if items.len() > limits.max_list_items || !items.iter().all(valid) {
        return false;
    }
    let mut sorted: Vec<&T> = items.iter().collect();
    sorted.sort_by(|a, b| key(a).total_cmp(&key(b)));
    sorted
        .chunk_by(|a, b| key(a).total_cmp(&key(b)).is_eq())
        .all(|alike| {
            if alike.len() > MOST_ALIKE {
                return false;
            }
            let mut rest = alike.iter();
            std::iter::from_fn(|| rest.next().map(|one| (one, rest.clone())))
                .all(|(one, mut later)| later.all(|other| one != other))
        })
}

/// A result on its way from bytes to its type.
struct Document<'a> {
    service: &'static str,
    fields: Map<String, Value>,
    limits: &'a Limits,
    dropped: Dropped,
}

impl<'a> Document<'a> {
    fn parse(service: &'static str, bytes: &[u8], limits: &'a Limits) -> Measured<Self> {
        Ok(Self {
            fields: serde_json::from_slice(bytes).map_err(|error| unreadable(service, &error))?,
            service,
            limits,
            dropped: Dropped::new(),
        })
    }

    /// Keeps the items of a list that are a valid `T`, each once.
    fn keep<T: DeserializeOwned>(
        &mut self,
        list: &str,
        valid: impl Fn(&T) -> bool,
    ) -> Measured<()> {
        let items = self.fields.get_mut(list).and_then(Value::as_array_mut);
        let dropped = retain(items, self.limits, valid);
        self.note(list, dropped)
    }

    /// The same for a list within an object.
    fn keep_within<T: DeserializeOwned>(
        &mut self,
        object: &str,
        list: &str,
        valid: impl Fn(&T) -> bool,
    ) -> Measured<()> {
        let object_fields = self.fields.get_mut(object).and_then(Value::as_object_mut);
        let items = object_fields.and_then(|fields| fields.get_mut(list)?.as_array_mut());
        let dropped = retain(items, self.limits, valid);
        self.note(&format!("{object}.{list}"), dropped)
    }

    /// The same for a list that may be null, because nobody looked.
    fn keep_if_listed<T: DeserializeOwned>(
        &mut self,
        list: &str,
        valid: impl Fn(&T) -> bool,
    ) -> Measured<()> {
        match self.fields.get(list) {
            None | Some(Value::Null) => Ok(()),
            Some(_) => self.keep(list, valid),
        }
    }

    /// The same for the entries of a map.
    fn keep_entries<T: DeserializeOwned>(
        &mut self,
        map: &str,
        valid: impl Fn(&str, &T) -> bool,
    ) -> Measured<()> {
        let entries = self.fields.get_mut(map).and_then(Value::as_object_mut);
        let dropped = entries
            .filter(|all| all.len() <= self.limits.max_list_items)
            .map(|all| {
                let before = all.len();
                all.retain(|key, value| {
                    T::deserialize(&*value).is_ok_and(|value| valid(key, &value))
                });
                before - all.len()
            });
        self.note(map, dropped)
    }

    fn note(&mut self, list: &str, dropped: Option<usize>) -> Measured<()> {
        let dropped = dropped.ok_or_else(|| {
            Reason::new(format!(
                "result of {} has no usable {list} of at most {} items",
                self.service, self.limits.max_list_items
            ))
        })?;
        if dropped > 0 {
            let name = format!("{}.{list}", self.service);
            self.dropped.insert(name, dropped as u64);
        }
        Ok(())
    }

    fn finish<T: DeserializeOwned>(self) -> Measured<Read<T>> {
        let result = serde_json::from_value(Value::Object(self.fields))
            .map_err(|error| unreadable(self.service, &error))?;
        Ok(Read {
            result,
            dropped: self.dropped,
        })
    }
}

/// Number of items dropped, those that are repeated included; `None` if there is no list or it is too long.
fn retain<T: DeserializeOwned>(
    items: Option<&mut Vec<Value>>,
    limits: &Limits,
    valid: impl Fn(&T) -> bool,
) -> Option<usize> {
    let items = items.filter(|items| items.len() <= limits.max_list_items)?;
    let before = items.len();
    let mut repeated = repeats(items).into_iter();
    items.retain(|item| {
        let repeats = repeated.next().unwrap_or_default();
        !repeats && T::deserialize(item).is_ok_and(|item| valid(&item))
    });
    Some(before - items.len())
}

/// Which items stand in the list before already: what is told twice happened once.
fn repeats(items: &[Value]) -> Vec<bool> {
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().map(|item| !seen.insert(item)).collect()
}

fn unreadable(service: &str, error: &serde_json::Error) -> Reason {
    Reason::new(format!("result of {service} cannot be read: {error}"))
}
