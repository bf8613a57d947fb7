//! Holding an answer against what was measured: what does not hold is dropped, and counted.
//!
//! **The unit** is the statement, which is kept or dropped as a whole:
//!
//! - an item of a list in a block, whether an object, a text or a number; lists inside an item
//!   belong to it;
//! - outside of lists, an object with `citations`: if it is dropped, its `value` becomes null and
//!   its citations empty;
//! - outside of lists and of such objects, a single text or number; if it is dropped, it becomes
//!   null;
//! - of a block that is a text, a line.
//!
//! **What is checked** of a statement, and must hold in all its parts:
//!
//! - *ids*: every item of `citations`, `events`, `event_id`, `event_ids`, of the list `timestamps`,
//!   `event` beside citations, and every word in a text that ends in an underscore and digits, is the
//!   id of an event;
//! - *instants* (`0:12`, `at 3 s`, `second 3`, numbers under `timestamp`, `timestamps`, `time`,
//!   `start`, `end`, `second`): the beginning or end of a cited event, a time among the metrics, or
//!   the beginning or end of the video. A statement that cites nothing may name the time of any
//!   event;
//! - *seconds* (`12.4 s`, `between 3 and 5 s`): an instant as above, or the length of such an event,
//!   of a pause between two, or among the metrics;
//! - *shares* (`45 %`): a metric, as it is or times 100;
//! - *numbers*: where the word after it is the name of a kind of events or part of the name of a
//!   metric, that count or that metric; else any metric, count, or time as above;
//! - *metrics*: an object with `name` and `value` names a metric and has its value; a number under
//!   the name of a metric has its value;
//! - *quotations* in double marks: stand so in the label of an event or in a text among the metrics,
//!   word for word, or are the name of a metric or an event.
//!
//! The time of a cited event may be rounded to the last digit that is written, and a clock without
//! fractions cut; other times must be exact to [`EXACT_SECONDS`]. Other numbers may be rounded if
//! that takes no more than a twentieth away.
//!
//! **What is not checked**: sense; whether true numbers belong together; numbers written as words
//! (but before a unit of time or `percent`); words such as `half` or `most`; what is said without
//! ids, numbers or quotations. Statements with nothing to check are kept and counted as unchecked. A
//! small count without a telling word after it can hold by chance.

mod check;
mod collect;
mod evidence;
mod mentions;
mod tokens;
mod walk;

pub use evidence::{Event, Evidence, MAX_EVENTS_PER_KIND};
pub use mentions::{Mention, Written, mentions};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How far a time may be off that is not written rounded, in seconds.
pub const EXACT_SECONDS: f64 = 0.05;

/// Why something does not hold.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No event has this id.
    UnknownEvent,
    /// A time after the end of the video.
    BeyondTheEnd,
    /// Nothing begins or ends then, or lasts so long.
    TimeNotMeasured,
    /// No metric is this share.
    ShareNotMeasured,
    /// Nothing measured is this number.
    NumberNotMeasured,
    /// A metric that was not handed over.
    UnknownMetric,
    /// A metric that has another value.
    MetricDiffers,
    /// Nobody said or showed this.
    QuoteNotFound,
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Why.
    pub fault: Fault,
    /// What the answer says.
    pub said: String,
}

/// A statement that was dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// Where it stood in the answer, as a JSON Pointer.
    pub path: String,
    /// It.
    pub statement: Value,
    /// Everything in it that does not hold.
    pub reasons: Vec<Reason>,
}

/// What held of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Grounding {
    /// Number of statements.
    pub statements: usize,
    /// Of these, the ones with something to check, all of which holds.
    pub grounded: usize,
    /// Of these, the ones with nothing to check.
    pub unchecked: usize,
    /// The share of grounded ones among those with something to check; null if there is none.
    pub grounding_rate: Option<f64>,
    /// What was dropped.
    pub dropped: Vec<Dropped>,
    /// How many things do not hold, by why.
    pub faults: BTreeMap<Fault, usize>,
}

/// Drops from the blocks of an answer what does not hold, and says what held.
#[must_use]
pub fn ground(blocks: &Map<String, Value>, evidence: &Evidence) -> (Map<String, Value>, Grounding) {
    let mut walk = walk::Walk::new(evidence);
    let kept = walk.blocks(blocks);
    (kept, walk.done())
}
