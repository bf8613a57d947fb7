//! The commands besides `analyze`.

pub mod classify;
pub mod compare;
pub mod dead_letters;
pub mod doctor;
pub mod explain;
pub mod jobs;
pub mod models;
pub mod schemas;
pub mod stage;
pub mod submit;
pub mod verify;
pub mod worker;
