//! What the two people, and whoever sits between them, would notice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests stand outside the pure crate: they have clocks, threads and sockets"
)]

mod allocations;
mod attack;
#[cfg(feature = "tokens")]
mod audit;
mod code;
mod cost;
mod decide;
mod enforce;
mod exchange;
#[cfg(feature = "__fuzzing")]
mod fuzz_policy;
#[cfg(feature = "__fuzzing")]
mod fuzz_tokens;
#[cfg(feature = "tokens")]
mod handshake;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "policy-files")]
mod in_force;
mod lifetime;
mod matrix;
#[cfg(feature = "policy-files")]
mod policy_docs;
#[cfg(feature = "policy-files")]
mod policy_files;
mod support;
#[cfg(feature = "tokens")]
mod tokens;
mod vectors;
