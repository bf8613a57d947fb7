#![doc = include_str!("../README.md")]

mod builtin;
mod choice;
mod context;
mod contract;
mod engine;
mod error;
mod file;
pub mod framing;
mod identity;
mod load;
mod repository;
mod set;
mod template;
mod variable;
mod watch;

pub use builtin::write_defaults;
pub use choice::{bucket, is_sampled};
pub use context::{
    AnalysisContext, ClassificationContext, Context, DossierContext, IcpEmbeddingContext,
    SignalEmbeddingContext,
};
pub use contract::{Expected, Handed, NAMES, expected};
pub use engine::Engine;
pub use error::{LoadProblem, ReloadError, TemplateError};
pub use identity::Identity;
pub use load::Limits;
pub use repository::{Failure, Report, Repository, Settings};
pub use set::{Choice, Set};
pub use template::{Origin, Rendered, Status, Template};
pub use variable::{Declaration, Kind, Variables};
pub use watch::watch;
