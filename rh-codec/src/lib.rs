#![doc = include_str!("../README.md")]

pub mod avc;
mod cache;
mod classify;
pub mod clear;
mod decoder;
mod diff;
pub mod egfx;
mod encoder;
mod error;
#[cfg(feature = "h264")]
mod film;
#[cfg(feature = "__fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod image;
mod limits;
mod motion;
mod native;
pub mod nsc;
mod owed;
mod pace;
mod paint;
pub mod planar;
mod profile;
pub mod progressive;
mod region;
pub mod rfx;
mod room;
mod settings;
mod workers;

pub use decoder::{Decoder, Update};
pub use encoder::Encoder;
pub use error::Error;
pub use image::{FrameView, Move, PixelFormat, Rect, Surface};
pub use limits::Limits;
pub use pace::Pace;
pub use settings::{Budget, Effort, Encoded, FirstPaint, Hints, Profile, Settings};
pub use workers::Workers;
