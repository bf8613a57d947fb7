//! From tensors to a judgement: values in, values out.

mod judge;
mod moderator;
mod nudenet;

pub use judge::{Scene, judge, rating};
pub use moderator::{Error, Moderator, Prepared, Seen};
pub use nudenet::{CLASSES, Part, is_explicit};
