#![doc = include_str!("../README.md")]

mod classify;
mod decoder;
mod diff;
mod encoder;
mod error;
#[cfg(feature = "__fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod image;
mod limits;
mod motion;
mod native;
mod pace;
mod region;

pub use decoder::{Decoder, Update};
pub use encoder::{Budget, Effort, Encoded, Encoder, Hints, Profile, Settings};
pub use error::Error;
pub use image::{FrameView, Move, PixelFormat, Rect};
pub use limits::Limits;
pub use pace::Pace;
