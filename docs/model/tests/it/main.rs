//! The handshake against an active relay and those who work with it, explored to the last state. What is modelled, and what follows from it:
//! `docs/model/README.md`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(missing_docs, unreachable_pub, reason = "nobody uses this but the test itself")]

mod authority;
mod controls;
mod ends;
mod exploration;
mod queries;
mod relay;
mod scenario;
mod terms;
mod world;
