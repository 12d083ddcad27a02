//! What an embedder and a peer would notice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(feature = "tls")]
mod tls;
