//! What a user of the crate would notice, by subject.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests: a failure is a panic with its place")]

mod allocations;
mod rules;
#[cfg(all(unix, feature = "x11"))]
mod x11;
