//! What an embedder and a peer would notice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests are embedders: they have a clock and files")]

mod alloc;
#[cfg(feature = "codec")]
mod codec;
mod document;
mod flow;
mod frames;
#[cfg(feature = "__fuzzing")]
mod fuzz;
mod handshake;
mod input;
mod limits;
mod link;
mod malformed;
mod messages;
mod modes;
mod sim;
mod table;
#[cfg(feature = "tls")]
mod tls;
