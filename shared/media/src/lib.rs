#![doc = include_str!("../README.md")]

pub mod audio;
mod child;
mod collect;
pub mod command;
pub mod decoder;
pub mod error;
pub mod frames;
pub mod limits;
pub mod output;
pub mod parameters;
pub mod pictures;
pub mod protocol;

pub use audio::AudioError;
pub use command::DecoderCommand;
pub use decoder::Decoder;
pub use error::Error;
pub use limits::{Claim, InvalidSetting, Limits};
pub use output::{AudioFile, DecodedMedia, Installation, PictureFile, Progress};
pub use parameters::{DecodeParameters, SamplingRate};
pub use pictures::{PictureError, RgbPicture};
