#![doc = include_str!("../README.md")]

pub mod answer;
pub mod breaker;
pub mod budget;
pub mod cached;
pub mod catalogue;
pub mod claude;
pub mod client;
pub mod completion;
pub mod context;
pub mod error;
pub mod grounding;
pub mod health;
mod http;
pub mod json;
pub mod limits;
pub mod ollama;
pub mod prompt;
pub mod provider;
pub mod request;
pub mod retry;
pub mod settings;
pub mod timeout;
pub mod tokens;

pub use cached::{Cached, Question};
pub use client::{
    Aliases, Check, Client, ClientError, ClientParts, Failed, Options, Random, Target,
};
pub use http::SetupError;
