#![doc = include_str!("../README.md")]

mod config;
mod geometry;
mod motion;
mod sampling;
mod tracks;

pub use config::{Fault, TrackConfig};
pub use geometry::{BoundingBox, Detection, suppress};
pub use sampling::evenly;
pub use tracks::{Frame, Linked, Sight, link};
