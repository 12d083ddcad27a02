//! The codec from outside: frames in, pictures out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod clear;
mod coarse;
mod egfx;
mod exact;
#[cfg(feature = "h264")]
mod film;
#[cfg(feature = "__fuzzing")]
mod fuzz;
mod hostile;
mod motion;
mod nsc;
mod pace;
mod pipeline;
mod planar;
mod progressive;
mod rfx;
mod screen;
mod stream;
mod workers;
mod zgfx;
