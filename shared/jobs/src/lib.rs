#![doc = include_str!("../README.md")]

mod client;
mod letters;
mod status;

pub use client::{Client, ClientError, Reader};
pub use letters::{Letter, LetterFilter, Letters, MAX_LETTERS, Replayed, counts as letter_counts};
pub use status::{Failure, JobState, JobStatus, StageState, StageStatus, status};
