//! The commands besides `analyze`.

pub mod compare;
pub mod doctor;
pub mod explain;
pub mod models;
pub mod schemas;
pub mod stage;
pub mod verify;
