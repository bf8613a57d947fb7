#![doc = include_str!("../README.md")]

pub mod compare;
mod error;
pub mod folder;
pub mod verify;

pub use error::Error;
