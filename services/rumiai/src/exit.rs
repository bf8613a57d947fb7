//! What the process says by ending.

use contracts::{Manifest, Outcome, flow::Device, manifest::FailureClass};
use inference::Error as InferenceError;
use std::process::ExitCode;

pub use stage::chain;

/// Exit codes, in the order in which one outweighs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything asked for was done.
    Success,
    /// Something failed, or we were interrupted.
    Failure,
    /// A model could not do its work, or is not there.
    Models,
    /// A video could not be fetched.
    Fetch,
    /// A setting is wrong (`EX_USAGE` of sysexits.h).
    Settings,
}

impl Exit {
    /// The code of a command that ended with `error`.
    #[must_use]
    pub fn of(error: &anyhow::Error) -> Self {
        if error.downcast_ref::<InferenceError>().is_some() {
            Self::Models
        } else {
            Self::Failure
        }
    }

    /// The code of a stage that ended so: a network that could not be opened or could not do its
    /// work outweighs anything else a stage may fail at.
    #[must_use]
    pub fn of_stage(manifest: &Manifest) -> Self {
        match &manifest.outcome {
            Outcome::Done { .. } => Self::Success,
            Outcome::Failed { class, .. } => {
                let on_device = manifest.stage.spec().map(|spec| spec.device);
                let never_tried = *class == FailureClass::Exhausted && manifest.attempts == 0;
                if on_device == Some(Device::Gpu) || never_tried {
                    Self::Models
                } else {
                    Self::Failure
                }
            }
        }
    }

    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Fetch => 3,
            Self::Models => 4,
            Self::Settings => 64,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
