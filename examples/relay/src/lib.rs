//! The service on port 443: authority, relay, reports; and its client.

pub mod api;
pub mod client;
mod wire;
