//! What the two people, and whoever sits between them, would notice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod code;
mod exchange;
mod lifetime;
mod support;
mod vectors;
