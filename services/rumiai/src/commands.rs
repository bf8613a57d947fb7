//! The commands besides `analyze`.

pub mod doctor;
pub mod explain;
pub mod models;
pub mod stage;
