//! The development identity provider, as apps, people and strangers meet it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod authorize;
mod doors;
mod key;
mod people;
mod sign_in;
mod support;
mod token;
