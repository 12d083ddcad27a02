//! What the two people, and whoever sits between them, would notice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests stand outside the pure crate: they have clocks, threads and sockets"
)]

mod allocations;
mod attack;
mod code;
mod cost;
mod decide;
mod exchange;
mod lifetime;
mod matrix;
mod support;
mod vectors;
