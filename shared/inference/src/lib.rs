#![doc = include_str!("../README.md")]

mod archive;
mod cache;
mod convert;
mod elf;
pub mod engine;
pub mod error;
pub mod fetch;
pub mod golden;
pub mod image;
pub mod model;
pub mod own;
mod packages;
mod pool;
pub mod registry;
mod run;
mod runtime;
pub mod tensor;
pub mod verify;

pub use cache::CacheDir;
pub use engine::{Engine, EngineConfig, PassedOver, Provider, Served};
pub use error::{Error, ErrorClass, Result};
pub use image::Sampling;
pub use model::Model;
pub use own::OwnModel;
pub use registry::{Manifest, ModelSet};
pub use tensor::{Input, Kept, NamedTensor, Tensor};
