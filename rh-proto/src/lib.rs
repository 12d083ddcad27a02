#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions))]

/// [`Bytes`](bytes::Bytes) is part of this crate's interface.
pub use bytes;

pub mod credential;
pub mod error;
pub mod frame;
#[cfg(feature = "__fuzzing")]
pub mod fuzzing;
pub mod io;
pub mod limits;
pub mod mode;
pub mod msg;
pub mod nego;
pub mod session;
pub mod wire;
